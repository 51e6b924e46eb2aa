"""What a backup says of itself: the list inside the archive, one JSON object a line, written by `backup` and read by `backup_reading`.

    {"backup": 1, "made": 1732700000.0, "program": "0.1.0", "models": 2, "files": 3}                 the first line
    {"model": 0, "root": "ComfyUI loras", "kind": "loras", "path": "style/ink.safetensors", "size": 228, "mtime_ns": 1, "sha256": "ab..."}
    {"file": "files/ComfyUI loras/style/ink.preview.png", "of": 0, "name": "ink.preview.png", "size": 9, "mtime_ns": 1, "sum": "cd..."}
    {"earlier": "history/0/0001-ab/entry.json", "of": 0, "name": "0001-ab/entry.json", "size": 9, "mtime_ns": 1, "sum": "cd..."}
    {"settings": "settings/settings.json", "size": 9, "mtime_ns": 1, "sum": "cd..."}

A model stands before its files. path: below its root, with "/"; sha256: of the model, where it was known. sum: BLAKE2b of 16 bytes of the
file. JSON is pure ASCII, so any name a disk can have survives. Nothing here touches a disk.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FORMAT: Final = 1
INDEX_NAME: Final = "index.jsonl"
FILES, HISTORY, SETTINGS = "files", "history", "settings"
ENDING: Final = ".zip"


@dataclass(frozen=True, slots=True)
class BackedModel:
    """A model as it was when the backup was made; the model itself is not in it. number: its place in the archive's list."""

    number: int
    root: str
    kind: str
    path: str
    size: int
    mtime_ns: int
    sha256: str = ""

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class BackedFile:
    """A file in a backup. sort: FILES, HISTORY or SETTINGS. entry: its name in the archive. name: in the model's folder (for HISTORY:
    state and file, "0001-ab/entry.json"). sum: BLAKE2b, 32 hex digits."""  # fmt: skip

    sort: str
    entry: str
    of: int
    name: str
    size: int
    mtime_ns: int
    sum: str


@dataclass(slots=True)
class Contents:
    """All that is in a backup. made: epoch seconds. files: number of a model -> its files."""

    made: float = 0.0
    program: str = ""
    models: dict[int, BackedModel] = field(default_factory=dict)
    files: dict[int, list[BackedFile]] = field(default_factory=dict)
    earlier: dict[int, list[BackedFile]] = field(default_factory=dict)
    settings: BackedFile | None = None

    def all_files(self) -> Iterator[BackedFile]:
        """Every file that the list names."""
        for group in (self.files, self.earlier):
            for found in group.values():
                yield from found
        if self.settings is not None:
            yield self.settings


_KEYS: Final = {FILES: "file", HISTORY: "earlier", SETTINGS: "settings"}


def line_of(value: BackedModel | BackedFile | Mapping[str, Any]) -> bytes:
    """Return one line of the list."""
    if isinstance(value, BackedModel):
        value = {
            "model": value.number, "root": value.root, "kind": value.kind, "path": value.path, "size": value.size,
            "mtime_ns": value.mtime_ns, **({"sha256": value.sha256} if value.sha256 else {}),
        }  # fmt: skip
    elif isinstance(value, BackedFile):
        whose = {} if value.sort == SETTINGS else {"of": value.of, "name": value.name}
        value = {_KEYS[value.sort]: value.entry, **whose, "size": value.size, "mtime_ns": value.mtime_ns, "sum": value.sum}
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def add_line(contents: Contents, line: bytes) -> None:
    """Take a line into the contents. Raises ValueError (KeyError, TypeError) for one that is not as it should be."""
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError(line[:40])
    if "model" in found:
        model = BackedModel(
            _number(found["model"]), _text(found["root"]), _text(found["kind"]), _text(found["path"]), _number(found["size"]),
            _whole(found["mtime_ns"]), _text(found.get("sha256", "")).lower(),
        )  # fmt: skip
        if model.number in contents.models:
            raise ValueError("twice")
        contents.models[model.number] = model
    for sort, key in _KEYS.items():
        if key in found:
            _add_file(contents, sort, key, found)


def _add_file(contents: Contents, sort: str, key: str, found: Mapping[str, Any]) -> None:
    of, name = (0, "settings.json") if sort == SETTINGS else (_number(found["of"]), _text(found["name"]))
    numbers = _number(found["size"]), _whole(found["mtime_ns"])
    file = BackedFile(sort, _text(found[key]), of, name, *numbers, _text(found["sum"]))
    if sort == SETTINGS:
        contents.settings = file
        return
    if of not in contents.models:
        raise ValueError("of nobody")
    (contents.files if sort == FILES else contents.earlier).setdefault(of, []).append(file)


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise ValueError(value)
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 4096:
        raise ValueError(value)
    return value
