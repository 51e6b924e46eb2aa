"""Looks through the folders for what no model needs any more: strays beside models, empty folders, broken links, dead partials.

Called by report in a worker, once per look. It lists every folder once, opens only files that may be sidecars, and never changes anything.
It keeps away from what other programs own: hidden folders, diffusers models, caches of Hugging Face, bins.
"""

import os
import stat
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.health.records import DELETE, EMPTY, LINKS, PARTIALS, REMOVE_FOLDER, Item
from model_manager.core.library.entry import Root
from model_manager.core.library.kinds import OTHER, is_diffusers_folder, is_ignored_folder, is_model, is_partial, kind_of
from model_manager.core.library.layouts import guess_kind
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

DEAD_AFTER: Final = 2 * 86_400.0  # seconds; an unfinished download that nothing was added to for so long
_OURS: Final = (".mm-", ".tmp")
_PARTIALS: Final = (
    *(".part", ".partial", ".aria2", ".crdownload", ".opdownload", ".download", ".downloading", ".incomplete", ".filepart"),
    *(".fdmdownload", ".unfinished", ".!qb", ".!ut", ".!bt"),
)
_FOREIGN: Final = ("models--", "datasets--", "spaces--", "snapshots", "blobs", "refs")


@dataclass(slots=True)
class Folder:
    """One real folder as listed. files: plain files and links to files by name, with size and mtime in epoch seconds; models: those of
    them, and of what is broken or unfinished, that are models. is_foreign: other programs keep their own things in it."""  # fmt: skip

    path: str
    kind: str
    parent: str = ""
    files: dict[str, tuple[int, float]] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    is_foreign: bool = False
    has_more: bool = False


class Look:
    """One walk. `items`: links, partials and empty folders; `folders`: all of them, for whoever looks at what lies in them."""

    def __init__(self, roots: Mapping[Root, str], owned: Collection[str], work: Work) -> None:
        """`owned`: real paths of partials that a task of ours still fills."""
        self._roots = {root: os.path.realpath(root.path) for root in roots if not kind_of(root.kind).is_hidden}
        self._owned, self._work, self._now = owned, work, time.time()
        self._kept = set(self._roots.values()) | {root.path for root in self._roots}
        self.items: list[Item] = []
        self.folders: dict[str, Folder] = {}
        self.unread = 0

    def walk(self) -> None:
        """Look through all roots. Raises Cancelled."""
        for root, real in self._roots.items():
            steps = [Folder(real, root.kind)]
            while steps:
                self._work.check()
                folder = steps.pop()
                if folder.path not in self.folders:
                    self._work.progress(tr("Looking through {folder}", folder=os.path.basename(folder.path)), len(self.folders))
                    steps += self._list(folder)
        self._empty()

    def _list(self, folder: Folder) -> list[Folder]:
        inner: list[Folder] = []
        try:
            with os.scandir(long_path(folder.path)) as entries:
                for entry in entries:
                    self._entry(folder, entry, inner)
        except OSError as fault:
            self.unread += not isinstance(fault, FileNotFoundError | NotADirectoryError)  # a category may have no folder
            folder.has_more = True
        self.folders[folder.path] = folder
        if is_diffusers_folder(folder.files):
            folder.is_foreign = True
        for one in inner:
            one.is_foreign = folder.is_foreign or one.is_foreign
        return inner

    def _entry(self, folder: Folder, entry: os.DirEntry[str], inner: list[Folder]) -> None:
        path = os.path.join(folder.path, entry.name)
        try:
            if entry.is_symlink():
                self._link(folder, entry, path, inner)
            elif entry.is_dir(follow_symlinks=False):
                folder.has_more = True
                if not entry.name.startswith(".") and not is_ignored_folder(entry.name):
                    inner.append(Folder(path, folder.kind, folder.path, is_foreign=entry.name.startswith(_FOREIGN)))
                else:
                    self.folders.setdefault(path, Folder(path, folder.kind, folder.path, has_more=True))
            else:
                about = entry.stat(follow_symlinks=False)
                self._file(folder, entry.name, path, about)
        except OSError:
            folder.has_more = True

    def _link(self, folder: Folder, entry: os.DirEntry[str], path: str, inner: list[Folder]) -> None:
        folder.has_more = True
        try:
            about = os.stat(long_path(path))
        except OSError as fault:
            if not folder.is_foreign:
                self._broken(folder, entry.name, path, fault)
            if is_model(folder.kind, entry.name) or is_model(OTHER, entry.name):
                folder.models.add(entry.name)
            return
        if stat.S_ISDIR(about.st_mode):
            real = os.path.realpath(path)
            if not is_ignored_folder(entry.name) and real not in self.folders:
                inner.append(Folder(real, folder.kind, is_foreign=entry.name.startswith(_FOREIGN)))
                self._kept.add(real)
        else:
            self._file(folder, entry.name, path, about)

    def _broken(self, folder: Folder, name: str, path: str, fault: OSError) -> None:
        target = os.path.join(folder.path, os.readlink(long_path(path)))
        text = tr("This link leads to {target}: {reason}. If that is on a drive, connect it.", target=target, reason=plain_reason(fault))
        self.items.append(Item(LINKS, name, path, text, (path,), 0, mends=(DELETE,)))

    def _file(self, folder: Folder, name: str, path: str, about: os.stat_result) -> None:
        folder.has_more = True
        if is_partial(name):
            self._partial(folder, name, path, about)
            return
        folder.files[name] = (about.st_size, about.st_mtime)
        if is_model(folder.kind, name) or is_model(OTHER, name):
            folder.models.add(name)

    def _partial(self, folder: Folder, name: str, path: str, about: os.stat_result) -> None:
        low = name.lower()
        whole = name[: -len(next((end for end in _PARTIALS if low.endswith(end)), ""))] or name
        if is_model(OTHER, whole):
            folder.models.add(whole)  # what is beside it waits for it
        is_ours = low.startswith(_OURS[0]) and low.endswith(_OURS[1])
        age = self._now - about.st_mtime
        if folder.is_foreign or path in self._owned or age < DEAD_AFTER or not (is_ours or low.endswith(_PARTIALS)):
            return
        days = trn("{count} day", "{count} days", int(age // 86_400))
        mends: tuple[str, ...] = (DELETE,)
        text = tr("An unfinished download. Nothing was added to it for {days}, and no task here goes on with it.", days=days)
        if is_ours:
            text = tr("Left by a run of this program that was cut off {days} ago.", days=days)
        elif low.endswith(".aria2"):
            text = tr("aria2 did not finish the file beside it ({days}). Have it go on, or remove both.", days=days)
            mends = ()
        self.items.append(Item(PARTIALS, name, path, text, (path,), about.st_size, mends=mends))

    # empty folders

    def _empty(self) -> None:
        inner: defaultdict[str, list[str]] = defaultdict(list)
        for folder in self.folders.values():
            if folder.parent:
                inner[folder.parent].append(folder.path)
        bare: dict[str, list[str]] = {}
        for path, folder in reversed(self.folders.items()):  # what lies in a folder was listed after it
            below = inner.get(path, [])
            is_kept = folder.is_foreign or path in self._kept or not folder.parent or guess_kind(path)
            holds = folder.files or folder.models or is_kept
            if not holds and all(one in bare for one in below) and (below or not folder.has_more) and self._is_bare(folder, below):
                bare[path] = [*(deep for one in below for deep in bare[one]), path]
        for path, all_ in bare.items():
            if self.folders[path].parent not in bare:
                text = (
                    tr("There is nothing in this folder.") if len(all_) == 1 else tr("There is nothing in this folder but empty folders.")
                )
                self.items.append(Item(EMPTY, os.path.basename(path), path, text, tuple(all_), mends=(REMOVE_FOLDER,)))

    @staticmethod
    def _is_bare(folder: Folder, below: Iterable[str]) -> bool:
        """Whether a folder holds nothing but the folders below it."""
        try:
            with os.scandir(long_path(folder.path)) as entries:
                return {os.path.join(folder.path, entry.name) for entry in entries} == set(below)
        except OSError:
            return False
