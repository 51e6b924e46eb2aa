"""What was a model's picture before: kept in the user's data folder, newest first, with exact names and bytes.

Called by regenerate for every change and by the dialog. Nothing beside a model is touched here but to finish what a crash left half
done. A change begins in `pending/`; its folder moves to `models/` in one step when the change is complete.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from model_manager.core.alone import alone
from model_manager.core.errors import FileFault
from model_manager.core.paths import path_key, plain_reason
from model_manager.core.previews.entries import NOTE, Entry, New, discard, finish, read_entry, write_entry
from model_manager.core.previews.records import Earlier
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.words import tr
from model_manager.core.work import Work

FOLDER_NAME = "previews-history"
PENDING, MODELS = "pending", "models"


class History:
    """A folder of earlier pictures that keeps at most `per_model` states of each model and about `most_bytes` in all.

    The oldest go first; the newest state of a model is never removed to make room.
    """

    def __init__(self, folder: str | os.PathLike[str], per_model: int = 20, most_bytes: int = 512_000_000) -> None:
        """`folder`: `previews-history` in the data folder. Nothing is read or made here."""
        self._folder, self._per_model, self._most_bytes = Path(folder), max(1, per_model), most_bytes
        self._bytes = -1  # not measured yet

    def earlier(self, model_path: str) -> list[Earlier]:
        """Return the earlier states of a model's pictures, newest first; empty names: it had none then."""
        stem = stem_of(os.path.basename(model_path))
        entries = [entry for path in _entries(self._of(model_path)) if (entry := read_entry(path))]
        return [entry.renamed(stem).earlier() for entry in reversed(entries)]

    def places(self, model_path: str) -> list[Path]:
        """Return the folders of a model's earlier states, oldest first, for a backup."""
        return [path for path in _entries(self._of(model_path)) if (path / NOTE).is_file()]

    def place_of(self, model_path: str, id_: str) -> Path:
        """Return the folder a state of a model has, or would have."""
        return self._of(model_path) / id_

    def find(self, model_path: str, id_: str) -> Earlier:
        """Return one state by its id. Raises FileFault when it was removed to make room."""
        return self.entry(model_path, id_).earlier()

    def follow(self, moves: Iterable[tuple[str, str]]) -> None:
        """Follow models from (old, new) path, both in real folders; those without earlier pictures cost next to nothing.

        Harmless when done twice. Raises FileFault.
        """
        there = {path.name for path in _entries(self._folder / MODELS)}
        if not there:
            return
        with self.held():
            for old, new in moves:
                if _key(os.path.join(os.path.dirname(old), stem_of(os.path.basename(old)))) in there:
                    self.moved(old, new)

    def moved(self, old_path: str, new_path: str) -> None:
        """Follow a model that was renamed or moved. Raises FileFault."""
        old, new = self._of(old_path), self._of(new_path)
        if old == new or not old.is_dir():
            return
        try:
            new.mkdir(parents=True, exist_ok=True)
            for path in _entries(old):
                os.replace(path, new / path.name)
            old.rmdir()
        except OSError as error:
            text = tr("The earlier pictures of {model} could not follow it: {reason}.", model=new_path, reason=plain_reason(error))
            raise FileFault(text) from error

    # for regenerate

    def entry(self, model_path: str, id_: str) -> Entry:
        """Return the entry of one state, with the names its files have now. Raises FileFault when it is not there any more."""
        entry = read_entry(self._of(model_path) / id_) if id_ and os.path.basename(id_) == id_ else None
        if entry is None:
            raise FileFault(tr("This earlier picture is not in the history any more. Nothing was changed."))
        return entry.renamed(stem_of(os.path.basename(model_path)))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other copies of the program from changing pictures meanwhile."""
        with contextlib.suppress(OSError):  # `begin` says what is wrong
            self._folder.mkdir(parents=True, exist_ok=True)
        with alone(self._folder / "lock", Work()):
            yield

    def marked(self, model_path: str, mark: str) -> str:
        """Return the id of the state that a change with this mark left behind, "" when there was none."""
        return next((path.name for path in reversed(_entries(self._of(model_path))) if path.name.endswith("-" + mark)), "")

    def begin(self, model_path: str, names: tuple[str, ...], news: tuple[New, ...], mark: str = "") -> Entry:
        """Copy the pictures `names` beside the model and note what is to come. Raises FileFault; nothing is changed then.

        mark: hex digits by which whoever was killed right after the change finds it again (`marked`); chance without it.
        """
        folder = os.path.dirname(model_path)
        newest = max((path.name for path in _entries(self._of(model_path))), default="")
        number = max(time.time_ns(), int(newest.partition("-")[0] or 0) + 1)
        place = self._folder / PENDING / f"{number:020d}-{mark or os.urandom(3).hex()}"
        try:
            place.mkdir(parents=True)
            return write_entry(place, number / 1e9, folder, stem_of(os.path.basename(model_path)), names, news)
        except (OSError, ValueError) as error:
            discard(place)
            reason = plain_reason(error) if isinstance(error, OSError) else str(error)
            raise FileFault(
                tr("The picture that is there could not be kept in the history: {reason}. It is unchanged.", reason=reason)
            ) from error

    def complete(self, entry: Entry) -> None:
        """Put a change that is done among the earlier states of its model, and make room. Raises FileFault."""
        goal = self._of(os.path.join(entry.folder, entry.stem + ".")) / entry.place.name
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
            os.replace(entry.place, goal)
        except OSError as error:
            raise FileFault(tr("The history of pictures could not be written: {reason}.", reason=plain_reason(error))) from error
        self._make_room(goal)

    def forget(self, model_path: str, id_: str) -> None:
        """Remove one state, because it is the present one again."""
        self._remove(self._of(model_path) / id_)

    def finish_pending(self) -> list[str]:
        """Bring to an end what a crash interrupted: a new picture that is in place stays and the old ones go, else all is as before.

        Returns plain sentences about what was found. Call it once at the start of the program, in a write job.
        """
        if not (self._folder / PENDING).is_dir():
            return []
        with self.held():
            return [text for place in _entries(self._folder / PENDING) if (text := self._finish(place))]

    def _finish(self, place: Path) -> str:
        entry = read_entry(place)
        if entry is None:  # it was being written: nothing had been touched
            discard(place)
            return ""
        if not os.path.isdir(entry.folder):  # on a drive that is away
            return ""
        is_new, is_needed = finish(entry)
        if is_needed:
            with contextlib.suppress(FileFault):
                self.complete(entry)
        else:
            discard(place)
        if is_new:
            return tr("A new picture of {model} was interrupted and is now in place. The old one is in the history.", model=entry.stem)
        return tr("A new picture of {model} was interrupted. The old one is still there.", model=entry.stem)

    # room

    def _of(self, model_path: str) -> Path:
        return self._folder / MODELS / _key(_stem_path(model_path))

    def trim(self) -> int:
        """Make room as the limit asks now; returns the bytes that became free."""
        with self.held():
            before = self._bytes = sum(_size(path) for path in self._all())
            self._let_go()
            return before - self._bytes

    def _make_room(self, newest: Path) -> None:
        for path in _entries(newest.parent)[: -self._per_model]:
            self._remove(path)
        if self._bytes < 0:
            self._bytes = sum(_size(path) for path in self._all())
        else:
            self._bytes += _size(newest)
        self._let_go()

    def _let_go(self) -> None:
        if self._bytes <= self._most_bytes:
            return
        last = {path.parent: path for path in self._all()}
        for path in sorted(self._all(), key=lambda path: path.name):
            if self._bytes <= self._most_bytes:
                return
            if last[path.parent] != path:
                self._remove(path)

    def _remove(self, path: Path) -> None:
        if self._bytes >= 0:
            self._bytes -= _size(path)
        discard(path)

    def _all(self) -> Iterator[Path]:
        """Every complete entry, those of one model in order."""
        for folder in _entries(self._folder / MODELS):
            yield from _entries(folder)


def _stem_path(model_path: str) -> str:
    """Return the real path of a model without its extension: models with one stem share their pictures, links change nothing."""
    folder, name = os.path.split(model_path)
    return os.path.join(os.path.realpath(folder), stem_of(name))


def _key(stem_path: str) -> str:
    return blake2b(path_key(stem_path).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _size(place: Path) -> int:
    total = 0
    for path in _entries(place):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total
