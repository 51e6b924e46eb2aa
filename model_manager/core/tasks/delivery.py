"""The last steps of a download: the file is looked at, its papers and picture are put beside its place, and it gets its name last.

Called by downloads when a partial is filled and proven. It never replaces a file, and takes back what it wrote if the name cannot be given.
"""

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final

from model_manager.core.errors import BadDownload, BadPicture, Cancelled, FileFault, FolderFault, ModelManagerError, OnlineFault
from model_manager.core.files.names import free_stem
from model_manager.core.files.same import Compared
from model_manager.core.formats.read import read_facts
from model_manager.core.library.entry import Facts
from model_manager.core.online.packing import from_plain
from model_manager.core.online.partials import Partial
from model_manager.core.online.pictures import place_first, place_video, preview_bytes
from model_manager.core.online.records import Image, Offer, RemoteFile, Version
from model_manager.core.online.web import Web
from model_manager.core.paths import long_path, marked, plain_reason, remove_marked, rename_new
from model_manager.core.previews.records import Made, form_of
from model_manager.core.settings import Settings
from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.sidecars.writing import save_details
from model_manager.core.words import tr
from model_manager.core.work import Work

PREVIEW_SECONDS: Final = 40.0  # a model does not wait longer for its picture
VIDEO_SECONDS: Final = 120.0
_BROKEN: Final = frozenset(("truncated", "bad_header", "not_a_model", "zero_filled", "unreadable"))
_PROMISE: Final = frozenset((".safetensors", ".sft", ".gguf"))


@dataclass(slots=True)
class Papers:
    """What a page tells of a model, to be put beside it. level: what its picture may show; chosen: one that the person chose."""

    fetched: Fetched
    level: int
    chosen: Image | None = None


@dataclass(slots=True)
class Delivery:
    """One file at the end of its way. may_rename: a taken name may become "name (2)"; else it is a fault. turn: held while papers and
    name are given, so that two files of one name do not take each other's papers for their own.

    notes: what there is to say of it afterwards. picture: path of its preview. written: called with the path the model will have and the
    paths of what is new beside it, before it has its name, so that they can be removed if it never comes; with none when they are.
    """

    web: Web
    settings: Settings
    work: Work
    may_rename: bool = True
    turn: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    written: Callable[[str, list[str]], None] = lambda target, paths: None
    notes: list[str] = field(default_factory=list)
    picture: str = ""

    def check(self, path: str, size: int, name: str) -> Facts:
        """Return what the partial says of itself; raises BadDownload when it is no model that could be loaded."""
        facts = read_facts(path, size, name=name)
        unknown = not facts.format and os.path.splitext(name)[1].lower() in _PROMISE
        if facts.verdict in _BROKEN or unknown:
            reason = facts.reason or tr("It does not begin like a model.")
            raise BadDownload(tr("What came is not a usable model, and nothing of it was kept. {reason}", reason=reason), "not_a_model")
        if facts.verdict != "ok":
            self.notes.append(facts.reason)
        return facts

    def deliver(self, partial: Partial, target: str, papers: Papers | None, sha256: str) -> str:
        """Give the partial its name, papers first, and return the path it has now; where the same content is, that is left as it is.

        Raises FileFault when the name is taken and may not be another, FolderFault, NoRoom, Cancelled.
        """
        partial.flush()
        made = self._made(papers) if papers is not None else None  # first, as the network takes its time, and others want their turn
        for _ in range(20):
            if os.path.lexists(long_path(target)):
                if Compared().are_same(partial.path, target, self.work):
                    self.notes.append(tr("already there"))
                    partial.discard()
                    return target
                target = self.another(target)
            with self.turn():
                if not os.path.lexists(long_path(target)) and self._named(partial, target, papers, made, sha256):
                    return target
        raise _taken(target)

    def _named(self, partial: Partial, target: str, papers: Papers | None, made: Made | None, sha256: str) -> bool:
        """Put the papers beside and give the partial its name; False when something took that meanwhile."""
        with marked(partial.mark):
            new = self._put_beside(target, papers, made, sha256, partial)
        try:
            rename_new(partial.path, target)
        except FileExistsError:
            self._take_back(target, new)
            return False
        except OSError as fault:
            self._take_back(target, new)
            text = tr("{path} could not get its name: {reason}. It is kept as {part}.", path=target, reason=plain_reason(fault),
                      part=os.path.basename(partial.path))  # fmt: skip
            raise FolderFault(text) from fault
        partial.forget()
        return True

    def another(self, target: str) -> str:
        """Return a free name for a file whose own is taken; raises FileFault where it must keep its own."""
        if not self.may_rename:
            raise _taken(target)
        folder, name = os.path.split(target)
        stem = stem_of(name)
        ending = name[len(stem) :]
        try:
            taken = {stem_of(other).casefold() for other in os.listdir(long_path(folder))}
        except OSError as fault:
            raise FolderFault(tr("{folder} cannot be read: {reason}.", folder=folder, reason=plain_reason(fault))) from fault
        found = free_stem(stem, (ending + ".99.part", ".cm-info.json"), lambda one: one.casefold() not in taken)
        self.notes.append(tr("the name was taken, so it is called {name}", name=found + ending))
        return os.path.join(folder, found + ending)

    def _put_beside(self, target: str, papers: Papers | None, made: Made | None, sha256: str, partial: Partial) -> list[str]:
        """Write sidecars and preview for a model that is not there yet; returns the paths of those that are new."""
        folder = os.path.dirname(target)
        remove_marked(folder, partial.mark)
        before = _names(folder)
        names: list[str] = []
        if papers is not None:
            names += self._preview(target, made)  # first, since other programs' files name it
            names += self._details(target, papers, sha256, partial.count)
        new = [os.path.join(folder, name) for name in names if name not in before]
        self.written(target, new)
        return new

    def _take_back(self, target: str, new: Sequence[str]) -> None:
        """Remove what was put beside a model that did not get its name, and say so: what comes under these names later is not ours."""
        for path in new:
            with contextlib.suppress(OSError):
                os.unlink(long_path(path))
        self.written(target, [])

    def _details(self, target: str, papers: Papers, sha256: str, size: int) -> list[str]:
        faults: list[str] = []
        names: list[str] = []
        try:
            names = save_details(target, papers.fetched, self.settings.compatible_sidecars, sha256, size, faults)
        except (FileFault, FolderFault) as fault:
            faults.append(fault.text)
        self.notes += [tr("its details could not be written: {reason}", reason=text) for text in faults[:1]]
        return names

    def _made(self, papers: Papers) -> Made | None:
        """The preview, None when there is none to be had."""
        images, form = papers.fetched.version.images, form_of(self.settings)
        try:
            return preview_bytes(images, papers.level, self.web, form, _Patience(self.work, PREVIEW_SECONDS), chosen=papers.chosen)
        except Cancelled:
            self.work.check()
            self._no_preview(tr("It took too long."))
        except (BadPicture, OnlineFault, FileFault) as fault:
            self._no_preview(fault.text)
        return None

    def bring_video(self, path: str, papers: Papers | None) -> None:
        """Put an example video beside a model that has its name, where the person wants videos; a fault is a note."""
        if papers is None or not self.settings.takes_videos:
            return
        patience = _Patience(self.work, VIDEO_SECONDS)
        try:
            if place_video(path, papers.fetched.version.images, papers.level, self.web, patience):
                self.notes.append(tr("video saved"))
        except Cancelled:
            self.work.check()
            self.notes.append(tr("its video could not be loaded: {reason}", reason=tr("It took too long.")))
        except (BadPicture, OnlineFault, FileFault) as fault:
            self.notes.append(tr("its video could not be loaded: {reason}", reason=fault.text))

    def _no_preview(self, reason: str) -> None:
        self.notes.append(tr("its preview could not be loaded: {reason}", reason=reason))

    def _preview(self, target: str, made: Made | None) -> list[str]:
        try:
            name = place_first(target, made) if made is not None else ""
        except FileFault as fault:
            self._no_preview(fault.text)
            return []
        if name:
            self.picture = os.path.join(os.path.dirname(target), name)
            self.notes.append(tr("preview saved"))
        return [name] if name else []


class _Patience(Work):
    """Another work's request to stop, and one of its own after some seconds."""

    def __init__(self, work: Work, seconds: float) -> None:
        super().__init__()
        self._work, self._until = work, time.monotonic() + seconds

    @property
    def is_cancelled(self) -> bool:
        """True once somebody asked to stop, or the time is over."""
        return self._work.is_cancelled or time.monotonic() > self._until

    def check(self) -> None:
        """Raise Cancelled then."""
        if self.is_cancelled:
            raise Cancelled


def papers_of(payload: dict[str, Any], entry: dict[str, Any], level: int) -> Papers | None:
    """Return what a task's payload holds for sidecars and preview of one of its files."""
    if not payload.get("offer"):
        return None
    offer, version = from_plain(Offer, payload["offer"]), from_plain(Version, payload.get("version"))
    file = from_plain(RemoteFile, entry.get("remote")) if entry.get("remote") else None
    fetched = Fetched(str(entry.get("site") or offer.site), offer, version, file, time.time())
    return Papers(fetched, level, from_plain(Image, payload["image"]) if payload.get("image") else None)


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(long_path(folder)))
    except OSError:
        return set()


def _taken(target: str) -> ModelManagerError:
    return FileFault(tr("{name} is there already, and it is another file. Nothing was replaced.", name=os.path.basename(target)))
