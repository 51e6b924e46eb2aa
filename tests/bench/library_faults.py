"""Broken models of every sort in known numbers, each with the verdicts that are right for it.

Used by make_library.py. Where two verdicts are equally true the record names both.
"""

import itertools
import json
import random
from collections.abc import Iterator
from typing import Final

from library_templates import SORTS, Content, Sort, Templates
from library_writer import Root, Writer

_PAGE: Final = b"<!DOCTYPE html>\n<html><body>Please sign in.</body></html>\n" + b"<!-- filler -->\n" * 40
_POINTER: Final = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4" * 64 + b"\nsize 228457840\n"
_LORA: Final = next(sort for sort in SORTS if sort.table == "lora_sdxl")
_CHECKPOINT: Final = next(sort for sort in SORTS if sort.table == "sd15" and sort.suffix == ".safetensors")
_VAE: Final = next(sort for sort in SORTS if sort.table == "vae")
_GGUF: Final = next(sort for sort in SORTS if sort.suffix == ".gguf")
_PTH: Final = next(sort for sort in SORTS if sort.table == "compact")
_serials: Final = itertools.count()
Fault = tuple[str, str, str, Content, tuple[str, ...]]  # note, kind, suffix, content, verdicts


def add_faults(writer: Writer, templates: Templates, roots: dict[str, Root], each: int) -> dict[str, int]:
    """Write `each` files of every fault; return the count per fault."""
    counts: dict[str, int] = {}
    for index in range(each):
        for note, kind, suffix, content, verdicts in _faults(writer.rng, templates):
            problems = [verdicts[0]] if len(verdicts) == 1 and verdicts[0] != "ok" else []
            record = writer.model(
                roots[kind], "faults", f"{note.replace(' ', '-')}-{index:03}{suffix}", content, verdict=list(verdicts), note=note
            )
            record |= {"problems": problems if len(verdicts) == 1 else None, "architecture": None, "base_model": None, "format": None}
            counts[note] = counts.get(note, 0) + 1
        _broken_sidecars(writer, templates, roots["loras"], index)
    counts["broken sidecar"] = each * 2
    return counts


def _faults(rng: random.Random, templates: Templates) -> Iterator[Fault]:
    yield from _cut(rng, templates)
    yield from _not_models(rng)
    yield from _bad_headers(rng, templates)
    lora = _sound(templates, _LORA)
    yield "safetensors named ckpt", "loras", ".ckpt", lora, ("wrong_extension",)
    yield "pickle named safetensors", "upscale_models", ".safetensors", templates.content(_PTH, None), ("wrong_extension",)
    yield "gguf named safetensors", "diffusion_models", ".safetensors", templates.content(_GGUF, None), ("wrong_extension",)
    yield "lora among checkpoints", "checkpoints", ".safetensors", _sound(templates, _LORA), ("wrong_folder",)
    yield "checkpoint among loras", "loras", ".safetensors", _sound(templates, _CHECKPOINT), ("wrong_folder",)
    yield "vae among loras", "loras", ".safetensors", _sound(templates, _VAE), ("wrong_folder",)
    yield "extension in capitals", "loras", ".SAFETENSORS", _sound(templates, _LORA), ("ok",)


def _cut(rng: random.Random, templates: Templates) -> Iterator[Fault]:
    whole = _sound(templates, _LORA)
    yield (
        "data cut",
        "loras",
        ".safetensors",
        Content(whole.head, len(whole.head) + (whole.size - len(whole.head)) // 2, "", None, 64),
        ("truncated",),
    )
    yield "data one byte short", "loras", ".safetensors", Content(whole.head, whole.size - 1, "", None, 64), ("truncated",)
    half = whole.head[: max(64, len(whole.head) // 2)]
    yield "header cut", "loras", ".safetensors", Content(half, len(half), ""), ("truncated", "bad_header")
    yield (
        "trailing data",
        "loras",
        ".safetensors",
        Content(whole.head, whole.size + rng.randrange(1, 5000), "", None, 64),
        ("trailing_data",),
    )
    archive = templates.content(_PTH, None)
    yield (
        "zip cut",
        "upscale_models",
        ".pth",
        Content(archive.head[: archive.size * 2 // 3], archive.size * 2 // 3, ""),
        ("truncated", "bad_header"),
    )
    gguf = templates.content(_GGUF, None)
    yield "gguf cut", "diffusion_models", ".gguf", Content(gguf.head[: gguf.size * 2 // 3], gguf.size * 2 // 3, ""), ("truncated",)


def _not_models(rng: random.Random) -> Iterator[Fault]:
    nothing = ("truncated", "bad_header", "not_a_model", "zero_filled")
    serial = b"%d" % rng.getrandbits(60)
    yield "zeros", "loras", ".safetensors", Content(b"", rng.randrange(1 << 16, 1 << 24), ""), ("zero_filled",)
    yield "zeros checkpoint", "checkpoints", ".ckpt", Content(b"", rng.randrange(1 << 16, 1 << 24), ""), ("zero_filled",)
    yield "html page", "loras", ".safetensors", _whole(_PAGE + serial), ("not_a_model",)
    yield "html page as pth", "upscale_models", ".pth", _whole(_PAGE + serial), ("not_a_model",)
    yield (
        "json answer",
        "checkpoints",
        ".safetensors",
        _whole(json.dumps({"error": "Unauthorized", "id": serial.decode()}).encode()),
        ("not_a_model",),
    )
    yield "lfs pointer", "vae", ".safetensors", _whole(_POINTER), ("not_a_model",)
    yield "plain text", "loras", ".safetensors", _whole(b"Access denied. " * 20 + serial), ("not_a_model", "bad_header")
    yield "empty file", "loras", ".safetensors", _whole(b""), nothing
    yield "seven bytes", "loras", ".safetensors", _whole(b"\x40\0\0\0\0\0\0"), nothing


def _bad_headers(rng: random.Random, templates: Templates) -> Iterator[Fault]:
    def header(text: bytes, data: int = 16, length: int | None = None) -> Content:
        return _whole((len(text) if length is None else length).to_bytes(8, "little") + text + rng.randbytes(data))

    row = b'{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[%d,%d]}}'
    bad = ("bad_header",)
    yield "header length huge", "loras", ".safetensors", header(row % (0, 16), length=1 << 63), ("bad_header", "not_a_model")
    yield "header length zero", "loras", ".safetensors", header(row % (0, 16), length=0), ("bad_header", "not_a_model")
    yield "header not json", "loras", ".safetensors", header(b'{"w":{"dtype":"F32","shape":[2,2' + b" " * 32), bad
    yield "header a list", "loras", ".safetensors", header(b"[1,2,3]" + b" " * 57), ("bad_header", "not_a_model")
    yield "header not utf-8", "loras", ".safetensors", header(b'{"\xff\xfe":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'), bad
    yield "offsets with a hole", "loras", ".safetensors", header(row % (8, 24), 24), bad
    yield "offsets against shape", "loras", ".safetensors", header(row % (0, 12), 12), bad
    yield "only metadata", "loras", ".safetensors", header(b'{"__metadata__":{"format":"pt","n":"%d"}}' % rng.getrandbits(60), 0), ("ok",)
    yield "metadata with a number", "loras", ".safetensors", header(b'{"__metadata__":{"n":5},' + (row % (0, 16))[1:]), ("ok", "bad_header")


def _broken_sidecars(writer: Writer, templates: Templates, root: Root, index: int) -> None:
    for suffix, text in ((".civitai.info", b'{"id": 5, "trainedWords": ["torn'), (".metadata.json", b'["a", "list"]')):
        stem = f"broken-sidecar{suffix.replace('.', '-')}-{index:03}"
        record = writer.model(
            root, "faults", f"{stem}.safetensors", _sound(templates, _LORA), problems=["bad_sidecar"], note="broken sidecar"
        )
        writer.beside(record, stem + suffix, text)


def _sound(templates: Templates, sort: Sort) -> Content:
    return templates.content(sort, {"format": "pt", "serial": str(next(_serials))})


def _whole(data: bytes) -> Content:
    return Content(data, len(data), "")
