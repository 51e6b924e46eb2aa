"""Writes the table of hashes of the demo library's files: `python -m tests.double.hashes`, when the demo's models or headers change."""

from pathlib import Path

from model_manager.core.demo import site_hashes, site_offers

_TOP = '''"""The hashes of the demo library's files, so that the demo site need not read gigabytes at its start.

Written by `python -m tests.double.hashes`; tests compare some of them with the files. Two lines each: name, AutoV1, AutoV3 and
CRC32, then SHA256 and BLAKE3. Files of the pickle format are not here: their containers differ from system to system.
"""

from typing import Final

_LINES: Final = """
'''
_END = '''"""


def _known(lines: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        name, *marks = first.rsplit(None, 3)
        sha256, blake3 = second.split()
        hashes = dict(zip(("AutoV1", "AutoV3", "CRC32"), marks, strict=True))
        found[name] = {key: mark for key, mark in hashes.items() if mark != "-"}
        found[name] |= {"AutoV2": sha256[:10], "SHA256": sha256, "BLAKE3": blake3}
    return found


KNOWN: Final = _known(_LINES.strip("\\n").split("\\n"))
'''


def keys() -> list[tuple[str, "site_offers.Model", bool]]:
    """Every file of the table."""
    models = [model for model in site_offers.known_models() if model.path.endswith(("safetensors", "gguf"))]
    models += [site_offers.newer(model) for model in models if site_offers.has_update(model)]
    return [(f"{'small' if is_small else 'large'}/{model.path}", model, is_small) for model in models for is_small in (False, True)]


def main() -> None:
    lines = []
    for key, model, is_small in keys():
        found = site_offers.content_of(model, is_small, is_known=False).hashes
        marks = [found.get(name, "-") for name in ("AutoV1", "AutoV3", "CRC32")]
        lines.append(f"{key} {' '.join(marks)}\n  {found['SHA256']} {found['BLAKE3']}\n")
    Path(site_hashes.__file__).write_text(_TOP + "".join(lines) + _END, encoding="utf-8")
    print(len(lines), "files")


if __name__ == "__main__":
    main()
