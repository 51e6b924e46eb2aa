"""Finds duplicates, cheap questions first: size, then both ends and the middle, then a hash of all bytes; for weights the table of tensors,
then samples, then a digest of all tensors.

Called in a worker or by the command line. What was found out of a file is remembered (store; hashes in the store of hashes), so a search
that was stopped goes on, and a second one opens nothing. One file is read at a time, when its drive is free. It only reads.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from contextlib import ExitStack
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeVar

from model_manager.core.errors import FileFault
from model_manager.core.formats import layout
from model_manager.core.formats.layout import MARK_SIZE
from model_manager.core.hashes.compute import SHA256, mark_of
from model_manager.core.hashes.finding import Listener, hashes_of, turn
from model_manager.core.hashes.store import Store as Hashes
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.tidy.uses import known_uses
from model_manager.core.twins import weights
from model_manager.core.twins.files import Content, File, Files, contents
from model_manager.core.twins.grouping import Grouping
from model_manager.core.twins.listing import Entry, Listing, same_names
from model_manager.core.twins.records import SAME_FILE, SAME_WEIGHTS, Found, Group
from model_manager.core.twins.store import Store
from model_manager.core.words import tr
from model_manager.core.work import Work

_END: Final = 64 << 10  # bytes of each end, and of the middle, that are compared first
_T = TypeVar("_T")


def find(data: Path, index: Path, work: Work, has_weights: bool = True, wanted: Collection[int] | None = None) -> Found:
    """Return all duplicates, and remember them when all was asked for.

    data: the data folder. wanted: ids of models; only groups with one of them are looked for (None: all). Files that cannot be read are
    in `Found.unread`. Raises IndexFault, Cancelled; what was found out until then is kept.
    """
    with ExitStack() as stack:
        store, hashes = stack.enter_context(Store(data)), stack.enter_context(Hashes(data))
        listing = Listing(index)
        stack.callback(listing.close)
        stack.callback(layout.forget)
        search = _Search(data, listing, store, hashes, work, wanted)
        found = search.run(has_weights)
        if wanted is None:
            store.save_result(found)
        return found


class _Search:
    def __init__(self, data: Path, listing: Listing, store: Store, hashes: Hashes, work: Work, wanted: Collection[int] | None) -> None:
        self._data, self._hashes, self._work = data, hashes, work
        self._wanted = None if wanted is None else frozenset(wanted)
        with listing.reading():
            self._entries = [entry for entry in listing.entries() if not entry.is_away]
            self._folders = {folder.id: folder for folder in listing.folders()}
            self._roots = listing.roots()
        self._listing = listing
        self._files = Files(self._folders, store)
        self._content: dict[int, Content] = {}  # by model
        self._read = 0

    def run(self, has_weights: bool) -> Found:
        try:
            same = self._same_files()
            alike = self._same_weights() if has_weights else []
        finally:
            self._files.save()
        with known_uses(self._data) as uses:
            groups = self._groups(Grouping(self._listing, self._folders, self._roots, self._files, uses), same, alike)
        return Found(tuple(groups), self._files.unread, time.time(), len(self._entries), self._read, has_weights)

    def _groups(self, grouping: Grouping, same: list[Content], alike: list[list[Content]]) -> list[Group]:
        groups: list[Group] = [grouping.group(SAME_FILE, [content]) for content in same]
        groups += [grouping.group(SAME_WEIGHTS, found) for found in alike]
        groups += self._names(grouping, alike)
        groups += self._one_file(grouping)
        groups = [group for group in groups if len(group.members) > 1 or group.members[0].names]
        return sorted(groups, key=lambda group: (-group.to_win, group.key))

    # the same bytes

    def _same_files(self) -> list[Content]:
        """Contents of which there is more than one file."""
        sizes = self._grouped(self._entries, lambda entry: entry.size, lambda entry: (entry.id,))
        files = self._files.look([entry for entries in sizes for entry in entries if entry.size > 0])
        classes = self._classes(files, lambda file: file.mark.size)
        classes = self._asked(classes, self._ends, tr("Comparing files of one size"), lambda file: (file.mark.size, file.facts.ends))
        small = [found for found in classes if found[0].mark.size <= _END]
        found = small + self._hashed([found for found in classes if found[0].mark.size > _END])
        same = [Content(files) for files in found]
        for content in same:
            self._content.update((id_, content) for id_ in content.ids)
        return same

    def _ends(self, file: File) -> None:
        if file.facts.ends is not None:
            return
        size, digest = file.mark.size, blake2b(digest_size=MARK_SIZE)
        try:
            with open(long_path(file.path), "rb", buffering=0) as opened:
                for place in dict.fromkeys((0, max(0, (size - _END) // 2), max(0, size - _END))):
                    opened.seek(place)
                    piece = opened.read(_END)
                    digest.update(piece)
                    self._read += len(piece)
        except OSError as error:
            self._files.fail(file.path, plain_reason(error))
            return
        if self._is_as_seen(file):
            file.facts.ends = digest.digest()
            self._files.learned(file)

    def _hashed(self, classes: list[list[File]]) -> list[list[File]]:
        """Classes of the same SHA-256; only hashes that were made of the bytes count, never what a sidecar says."""
        for file in (file for files in classes for file in files):
            file.sha256 = self._hashes.made(file.path, file.mark)
        unknown = [file for files in classes for file in files if not file.sha256]
        self._read_all(unknown, tr("Comparing whole files"), self._hash)
        return [part for files in classes for part in self._classes(files, lambda file: file.sha256 or file)]

    def _hash(self, file: File, told: Callable[[int], None]) -> None:
        found = hashes_of(file.path, self._hashes, self._data, self._work, _Told(told), is_anew=True)
        if found.mark == file.mark:
            file.sha256 = found.hashes[SHA256]
        else:
            self._is_as_seen(file)

    # the same weights

    def _same_weights(self) -> list[list[Content]]:
        """Contents that differ and hold the same tensors."""
        classes = self._grouped((one for one in self._entries if one.class_), lambda entry: entry.class_, lambda entry: (entry.id,))
        self._files.look([entry for entries in classes for entry in entries])
        alike = [[content.files[0] for content in self._contents_of(entries)] for entries in classes]
        several = [files for files in alike if len(files) > 1]
        looked = self._asked(several, self._look, tr("Comparing tables of tensors"), _table_of)
        unknown = [file for files in looked for file in files if file.facts.weights is None]
        self._read_all(unknown, tr("Comparing weights"), self._digest)
        found = [part for files in looked for part in self._classes(files, lambda file: file.facts.weights or file)]
        return [[self._content_of(file) for file in files] for files in found]

    def _contents_of(self, entries: Iterable[Entry]) -> list[Content]:
        files = dict.fromkeys(file for entry in entries if (file := self._files.get(entry.id)) is not None)
        return list(dict.fromkeys(map(self._content_of, files)))

    def _content_of(self, file: File) -> Content:
        id_ = file.entries[0].id
        if id_ not in self._content:
            (content,) = contents([file])
            self._content.update((entry.id, content) for entry in file.entries)
        return self._content[id_]

    def _look(self, file: File) -> None:
        if file.facts.table is not None:
            return
        looked = weights.look(file.path)
        self._read += looked.read
        if self._is_as_seen(file):
            file.facts.table, file.facts.sample = looked.table, looked.sample
            self._files.learned(file)

    def _digest(self, file: File, told: Callable[[int], None]) -> None:
        with turn(self._data, file.mark.device, self._work):
            mark, found = weights.digest(file.path, self._work, told)
        if mark == file.mark:
            file.facts.weights = found
            self._files.learned(file)
        else:
            self._is_as_seen(file)

    # the same name, and one file by several names

    def _names(self, grouping: Grouping, alike: list[list[Content]]) -> Iterable[Group]:
        of_weights = {id(content): place for place, found in enumerate(alike) for content in found}
        for named in same_names(self._entries, self._folders, self._roots):
            if self._is_wanted(one.entry.id for one in named):
                files = self._files.look([one.entry for one in named])
                if len(files) > 1:
                    yield grouping.named(named, list(map(self._content_of, files)), of_weights)

    def _one_file(self, grouping: Grouping) -> Iterable[Group]:
        several = [entry for entry in self._entries if entry.places and self._is_wanted((entry.id,))]
        for file in self._files.look(several):
            yield grouping.one_file(file)

    # parts

    def _is_wanted(self, ids: Iterable[int]) -> bool:
        return self._wanted is None or not self._wanted.isdisjoint(ids)

    def _grouped(self, items: Iterable[_T], key: Callable[[_T], Hashable], ids: Callable[[_T], Iterable[int]]) -> list[list[_T]]:
        """What has a key in common with others, and a wanted model among them."""
        found: defaultdict[Hashable, list[_T]] = defaultdict(list)
        for item in items:
            found[key(item)].append(item)
        return [group for group in found.values() if len(group) > 1 and self._is_wanted(id_ for item in group for id_ in ids(item))]

    def _classes(self, files: Iterable[File], key: Callable[[File], Hashable]) -> list[list[File]]:
        sound = (file for file in files if not self._files.has_failed(file))
        return self._grouped(sound, key, lambda file: self._content_of(file).ids)

    def _asked(
        self, classes: list[list[File]], ask: Callable[[File], None], text: str, key: Callable[[File], Hashable]
    ) -> list[list[File]]:
        """Ask each file something that takes little reading, then part the classes by the answer."""
        total, done = sum(map(len, classes)), 0
        for files in classes:
            for file in files:
                self._work.check()
                try:
                    ask(file)
                except FileFault as fault:
                    self._files.fail(file.path, fault.text)
                done += 1
                self._work.progress(text, done, total)
        return [part for files in classes for part in self._classes(files, key)]

    def _read_all(self, files: list[File], text: str, read: Callable[[File, Callable[[int], None]], None]) -> None:
        """Read files whole, drive by drive in order of path; progress counts bytes."""
        files = sorted(files, key=lambda file: (file.mark.device, file.path))
        total, before = sum(file.mark.size for file in files), 0
        for file in files:
            self._work.check()
            shown = tr("{what}: {name}", what=text, name=os.path.basename(file.path))
            try:
                read(file, partial(self._tell, shown, before, total))
            except FileFault as fault:
                self._files.fail(file.path, fault.text)
            before += file.mark.size
            self._read += file.mark.size

    def _tell(self, text: str, before: int, total: int, done: int) -> None:
        self._work.progress(text, before + done, total)

    def _is_as_seen(self, file: File) -> bool:
        """Whether a file is still what it was when it was looked at; one that is not is left out."""
        if mark_of(file.path) == file.mark:
            return True
        self._files.fail(file.path, tr("It was changed while it was compared."))
        return False


class _Told(Listener):
    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told

    def told(self, done: int) -> None:
        self._told(done)


def _table_of(file: File) -> Hashable:
    return (file.facts.table, file.facts.sample) if file.facts.table else file
