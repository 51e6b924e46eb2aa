"""A small library on disk, its index, and a screen that shows what scans tell: used by the tests of walk, scanner and index."""

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.library import catalogue
from model_manager.core.library.entry import ModelRecord, Root
from model_manager.core.library.index import FolderRow, Index, ModelRow
from model_manager.core.library.rows import AWAY, Row
from model_manager.core.library.scanner import Batch, ScanResult, quick_check, scan
from model_manager.core.work import Work


def model_bytes(mark: str = "a") -> bytes:
    """A valid LoRA of about 200 bytes; other marks, other content and (by length) another size."""
    return safetensors_bytes({"lora_unet_x.lora_down.weight": ("F16", [4, 8])}, {"ss_output_name": mark})


class Library:
    """Roots below one folder. After each scan that could be saved, the screen must equal the index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir()
        self.path = self.data / "index.sqlite"
        self.roots: dict[Root, str] = {}
        self.screen: dict[int, Row] = {}
        self.folders: dict[int, FolderRow] = {}
        self.batches: list[Batch] = []

    def root(self, kind: str = "loras", path: str | Path | None = None, make: bool = True) -> Path:
        """Configure a root (made if need be)."""
        place = Path(path) if path is not None else self.folder / "models" / kind
        if make:
            place.mkdir(parents=True, exist_ok=True)
        self.roots[Root(kind, str(place), "ComfyUI")] = "one"
        return place

    def forget(self, kind: str) -> None:
        """Take a root out of the configuration."""
        self.roots = {root: group for root, group in self.roots.items() if root.kind != kind}

    def emit(self, batch: Batch) -> None:
        """What the window does with news."""
        self.batches.append(batch)
        self.folders.update((folder.id, folder) for folder in batch.folders)
        self.screen.update((row.id, row) for row in batch.rows)
        for id_ in batch.gone:
            self.screen.pop(id_, None)

    def scan(self, only: Iterable[str | Path] | None = None, work: Work | None = None) -> ScanResult:
        with closing(Index(self.path)) as index:
            folders = None if only is None else [str(path) for path in only]
            result = scan(index, self.roots, work or Work(), self.emit, folders)
            if not result.unsaved:
                self.check_screen(index)
        return result

    def check_screen(self, index: Index) -> None:
        rows = {row.id: row for row in index.rows()}
        assert self.screen == rows
        known = {folder.id: folder.path for folder in index.folders()}
        for row in rows.values():
            assert self.folders[row.folder].path == known[row.folder]

    def quick(self) -> set[str]:
        with closing(Index(self.path)) as index:
            return quick_check(index, Work())

    def models(self) -> dict[str, ModelRow]:
        """What the index holds, by real path; no two rows of one file."""
        with closing(Index(self.path)) as index:
            folders = {folder.id: folder.path for folder in index.folders()}
            rows = index.models()
        found = {os.path.join(folders[model.row.folder], model.row.file): model for model in rows}
        assert len(found) == len(rows)
        return found

    def names(self) -> list[str]:
        return sorted(os.path.basename(path) for path in self.models())

    def one(self) -> ModelRow:
        """The only model."""
        (model,) = self.models().values()
        return model

    def records(self) -> dict[str, ModelRecord]:
        """Records by file name."""
        with closing(Index(self.path)) as index:
            return {os.path.basename(record.path): record for record in catalogue.records(index)}

    def away(self) -> set[str]:
        return {model.row.file for model in self.models().values() if model.row.flags & AWAY}

    def check_disk(self) -> None:
        """The index says what a plain walk finds (for libraries without links)."""
        found = {}
        for root in self.roots:
            for folder, _, names in os.walk(root.path):
                for name in names:
                    if name.endswith(".safetensors"):
                        about = os.stat(os.path.join(folder, name))
                        found[os.path.join(folder, name)] = (about.st_size, about.st_mtime_ns)
        assert {path: (model.row.size, model.row.mtime_ns) for path, model in self.models().items()} == found


def put(path: Path, mark: str = "a", mtime: float | None = None) -> Path:
    """Write a model file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model_bytes(mark))
    if mtime is not None:
        os.utime(path, (mtime, mtime))
    return path
