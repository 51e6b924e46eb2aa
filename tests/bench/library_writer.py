"""Writes the files of the benchmark library fast, and the ground truth about each model beside them.

Used by make_library.py and the modules of faults, links and names. A record of the manifest is explained in README.md.
"""

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from library_templates import Content

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_BLOCK: Final = 4096
_EMPTY: Final = bytes(_BLOCK)
_SMALL: Final = 32768
_BASE_TIME: Final = 1_760_000_000
_TWO_YEARS: Final = 63_000_000
# The order in which a preview is chosen; stills, then videos.
PREVIEW_ORDER: Final = (
    ".preview.png",
    ".preview.webp",
    ".preview.jpeg",
    ".preview.jpg",
    ".png",
    ".webp",
    ".jpeg",
    ".jpg",
    ".preview.gif",
    ".gif",
    ".preview.mp4",
    ".preview.webm",
    ".mp4",
    ".webm",
)


@dataclass(frozen=True, slots=True)
class Root:
    """One configured folder of a category; source: default, nested or flat."""

    kind: str
    path: str
    source: str


@dataclass(slots=True)
class Writer:
    """Where the library goes, and what was written so far."""

    out: Path
    rng: random.Random
    records: list[dict[str, Any]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    files: int = 0

    def folder(self, path: str) -> str:
        """Make a folder once; return it."""
        if path not in self.folders:
            os.makedirs(path, exist_ok=True)
            self.folders.add(path)
        return path

    def time(self) -> float:
        """Return a time within two years, to the quarter second, so that every file system keeps it."""
        return _BASE_TIME - self.rng.randrange(_TWO_YEARS) + self.rng.randrange(4) / 4

    def file(self, path: str, data: bytes, modified: float, size: int | None = None, noise: int = 0) -> None:
        """Write `data`, a hole, and `noise` random bytes at the end, `size` in all; zero blocks of large data become holes."""
        handle = os.open(path, _FLAGS, 0o644)
        if len(data) > _SMALL and _EMPTY in data:
            for offset in range(0, len(data), _BLOCK):
                block = data[offset : offset + _BLOCK]
                if block != _EMPTY:
                    os.lseek(handle, offset, os.SEEK_SET)
                    os.write(handle, block)
            os.ftruncate(handle, len(data) if size is None else size)
        else:
            os.write(handle, data)
        if size is not None and size > len(data):
            os.ftruncate(handle, size)
            if noise:
                noise = min(noise, size - len(data))
                os.lseek(handle, size - noise, os.SEEK_SET)
                os.write(handle, self.rng.randbytes(noise))
        os.close(handle)
        os.utime(path, ns=(int(modified * 4) * 250_000_000, int(modified * 4) * 250_000_000))
        self.files += 1

    def model(self, root: Root, sub: str, name: str, content: Content, **truth: Any) -> dict[str, Any]:
        """Write one model and its record; `truth` overrides what follows from the content. Returns the record."""
        folder = self.folder(os.path.join(root.path, sub) if sub else root.path)
        path, modified = os.path.join(folder, name), self.time()
        self.file(path, content.head, modified, content.size, content.noise)
        sort = content.sort
        record: dict[str, Any] = {
            "path": path,
            "kind": [root.kind],
            "comfyui_name": os.path.join(sub, name) if sub else name,
            "size": content.size,
            "mtime": modified,
            "format": content.format or None,
            "architecture": list(sort.words) if sort and sort.words else None,
            "base_model": list(sort.header_bases) if sort and sort.header_bases else None,
            "verdict": ["ok"],
            "preview": "",
            "sidecars": [],
            "tags": None,
            "trigger_words": None,
            "places": [path],
            "problems": [],
            "optional": False,
            "note": "",
        }
        if sort and sort.kinds:
            record |= {"kind": list(sort.kinds), "comfyui_name": None}
        if name.endswith((".gguf", ".onnx")):
            record["comfyui_name"] = None  # ComfyUI's core lists neither
        record.update(truth)
        self.records.append(record)
        return record

    def beside(self, record: dict[str, Any], name: str, data: bytes, is_preview: bool = False) -> None:
        """Write a file that belongs to the model: one of its sidecars or previews."""
        self.file(os.path.join(os.path.dirname(record["path"]), name), data, record["mtime"] + 60)
        if not is_preview:
            record["sidecars"].append(name)
            return
        stem = os.path.splitext(os.path.basename(record["path"]))[0]
        names = [other for other in (record["preview"], name) if other and other != "embedded"]
        record["preview"] = min(names, key=lambda other: PREVIEW_ORDER.index(other[len(stem) :].lower()))

    def close(self, summary: dict[str, Any]) -> None:
        """Write manifest.jsonl and summary.json."""
        with open(self.out / "manifest.jsonl", "w", encoding="utf-8") as file:
            for record in self.records:
                file.write(json.dumps(record) + "\n")
        (self.out / "summary.json").write_text(json.dumps(summary | {"absent": self.absent}, indent=2), encoding="utf-8")
