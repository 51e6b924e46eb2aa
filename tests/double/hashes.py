"""Writes the table of hashes of the demo library's files: `python -m tests.double.hashes`, when the demo's models or headers change."""

from pathlib import Path

from model_manager.core.demo import site_hashes, site_offers

_BEFORE, _AFTER = '_LINES: Final = """\n', '"""\n\n\ndef _known('  # what stands around the table in the module


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
    path = Path(site_hashes.__file__)
    top, _, rest = path.read_text("utf-8").partition(_BEFORE)
    path.write_text(top + _BEFORE + "".join(lines) + _AFTER + rest.partition(_AFTER)[2], encoding="utf-8")
    print(len(lines), "files")


if __name__ == "__main__":
    main()
