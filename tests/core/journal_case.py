"""Families of model files on a real disk, plans made of them, and what a tree is to the last byte."""

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from model_manager.core.errors import Cancelled
from model_manager.core.journal.steps import FOLDER, MOVE, WRITE, Act, Plan, Report, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work

SHM = Path("/dev/shm")
PAST = 1_600_000_000_123_456_789


@contextmanager
def other_drive(near: Path) -> Iterator[Path]:
    """A folder on another file system than `near`, if there is one."""
    if not SHM.is_dir() or os.stat(SHM).st_dev == os.stat(near).st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir=SHM, prefix="mm-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Ground:
    """A folder with models and a data folder beside it."""

    def __init__(self, top: Path) -> None:
        self.top, self.data = top / "models", top / "data"
        self.top.mkdir(parents=True)
        self.data.mkdir()

    def family(self, path: str, *endings: str, mtime_ns: int = PAST) -> list[str]:
        """Make a model (relative path) with files of these endings beside it; returns their names, the model first."""
        model = self.top / path
        model.parent.mkdir(parents=True, exist_ok=True)
        names = [model.name, *(model.stem + ending for ending in endings)]
        for number, name in enumerate(names):
            place = model.parent / name
            place.write_bytes(f"{path} {name}".encode("utf-8", "surrogateescape") * (number + 3))
            os.utime(place, ns=(mtime_ns, mtime_ns + number))
        return names

    def at(self, path: str) -> str:
        """The absolute path of a relative one."""
        return str(self.top / path)

    def move(self, path: str, new: str, *endings: str, folders: Iterable[str] = ()) -> Act:
        """The act that moves a family."""
        old_stem, new_stem = os.path.splitext(path)[0], os.path.splitext(new)[0]
        pairs = [(path, new), *((old_stem + ending, new_stem + ending) for ending in endings)]
        steps = [Step(FOLDER, target=self.at(folder)) for folder in folders]
        steps += [Step(MOVE, self.at(one), self.at(other)) for one, other in pairs]
        return Act(os.path.basename(path), tuple(steps), self.at(path), self.at(new), path, new)

    def write(self, path: str, data: bytes | None) -> Act:
        """The act that writes one file."""
        return Act(path, (Step(WRITE, target=self.at(path), data=data),), before=path)

    def carry_out(self, *acts: Act, kind: str = "move") -> Report:
        """Carry acts out."""
        return carrying.carry_out(self.data, Plan(kind, "Some changes", acts=acts), Work())

    def take_back(self, report: Report, *acts: int) -> Report:
        """Undo a change."""
        return carrying.take_back(self.data, report.change, Work(), acts or None)

    def tree(self) -> dict[str, tuple[object, ...]]:
        """All that there is to say of the tree: sorts, rights, times to the nanosecond, bytes, links."""
        return tree(self.top)


def tree(top: Path) -> dict[str, tuple[object, ...]]:
    """What lies below a folder, by relative path."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(top):
        for name in [".", *folders, *files] if folder == str(top) else [*folders, *files]:
            path = os.path.normpath(os.path.join(folder, name))
            about = os.lstat(path)
            content: object = None
            if stat.S_ISLNK(about.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(about.st_mode):
                content = Path(path).read_bytes()
            found[os.path.relpath(path, top)] = (about.st_mode, about.st_mtime_ns, content)
    return found


def contents(top: Path) -> list[bytes]:
    """The bytes of all files, in order: what must not get less."""
    return sorted(path.read_bytes() for path in top.rglob("*") if path.is_file() and not path.is_symlink())


class Stop(Work):
    """Work that is cancelled at a certain look."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._left = looks

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Cancelled
