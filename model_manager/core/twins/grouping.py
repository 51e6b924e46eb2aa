"""Makes groups of what finding found: all that is known of each member, and which one is worth keeping.

Called by finding at the end of a search, for the models in groups only. It reads the index.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from model_manager.core.library.entry import Details, Place, Root
from model_manager.core.library.index import FolderRow
from model_manager.core.library.packing import unpack_details
from model_manager.core.library.records import places_of
from model_manager.core.library.rows import Row, stem_of
from model_manager.core.paths import long_path
from model_manager.core.tidy.subjects import Subject
from model_manager.core.tidy.transfers import Uses
from model_manager.core.twins.files import Content, File, Files
from model_manager.core.twins.listing import Listing, Named
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Group, Member
from model_manager.core.words import tr

_NOWHERE: Final = 1 << 30


class _Reason(NamedTuple):
    """Why one member is worth more than another: what counts, largest first, and the words for it."""

    worth: Callable[[Member], Any]
    words: Callable[[], str]


_REASONS: Final = (
    _Reason(lambda one: one.favourite, lambda: tr("It is a favourite.")),
    _Reason(lambda one: one.rating, lambda: tr("You rated it highest.")),
    _Reason(lambda one: one.has_notes, lambda: tr("It has your notes.")),
    _Reason(lambda one: one.has_preview, lambda: tr("It has a preview.")),
    _Reason(lambda one: one.has_details, lambda: tr("It has details.")),
    _Reason(lambda one: one.links, lambda: tr("It has more than one name already.")),
    _Reason(lambda one: bool(one.comfy) and one.is_seen, lambda: tr("ComfyUI finds it under its name.")),
    _Reason(lambda one: -one.order, lambda: tr("It is in the folder that ComfyUI looks in first.")),
    _Reason(lambda one: -one.mtime_ns, lambda: tr("It is the oldest.")),
    _Reason(lambda one: -len(one.path), lambda: tr("It has the shortest path.")),
)
_METADATA: Final = _Reason(lambda one: one.size, lambda: tr("It is the largest: the same weights with more metadata."))


def suggestion(members: Sequence[Member], sort: str) -> tuple[int, str]:
    """Return the id of the member worth keeping, and why: the first thing in which it is ahead of all others."""
    reasons = (*_REASONS[:5], _METADATA, *_REASONS[5:]) if sort == SAME_WEIGHTS else _REASONS
    left = list(members)
    why = ""
    for reason in reasons:
        best = max(map(reason.worth, left))
        ahead = [one for one in left if reason.worth(one) == best]
        if len(ahead) < len(left):
            why = reason.words()
        left = ahead
        if len(left) == 1:
            break
    return left[0].id, why or tr("All are equally good.")


class Grouping:
    """Makes groups with one look at the index."""

    def __init__(
        self, listing: Listing, folders: Mapping[int, FolderRow], roots: Mapping[Root, str], files: Files, uses: Uses | None
    ) -> None:
        """uses: what counts the pictures of a model, if that is known."""
        self._listing, self._folders, self._roots, self._files, self._uses = listing, folders, roots, files, uses
        self._orders = {(root.kind, root.path): order for order, root in enumerate(roots)}

    def group(self, sort: str, contents: Sequence[Content]) -> Group:
        """A group of files that are the same: of one content, or of several with the same weights."""
        members = [self._member(file, number) for number, content in enumerate(contents) for file in content.files]
        members.sort(key=lambda one: (one.order, one.path))
        keep, why = suggestion(members, sort)
        return Group(sort, _key(sort, members), tuple(members), keep, why, sort)

    def named(self, named: Sequence[Named], contents: Sequence[Content], of_weights: Mapping[int, int]) -> Group:
        """A group of files of one name. of_weights: number of a class of the same weights, by id of a content."""
        numbers = {id(content): number for number, content in enumerate(dict.fromkeys(contents))}
        members: dict[str, Member] = {}
        for one in named:
            file = self._files.get(one.entry.id)
            if file is not None and file.path not in members:
                content = next(content for content in contents if file in content.files)
                members[file.path] = self._member(file, numbers[id(content)], one, is_seen=not members)
        classes = {of_weights.get(id(content), -1) for content in contents}
        is_alike = len(classes) == 1 and -1 not in classes
        equal = SAME_FILE if len(numbers) == 1 else SAME_WEIGHTS if is_alike else ""
        found = tuple(members.values())
        keep, why = suggestion(found, SAME_NAME) if equal else (0, "")
        return Group(SAME_NAME, _key(SAME_NAME, found), found, keep, why, equal)

    def one_file(self, file: File) -> Group:
        """A file with its several names."""
        return Group(ONE_FILE, _key(ONE_FILE, [member := self._member(file, 0)]), (member,), equal=ONE_FILE)

    def _member(self, file: File, content: int, named: Named | None = None, is_seen: bool | None = None) -> Member:
        entry = named.entry if named is not None else file.entries[0]
        model, known = self._listing.model(entry.id), self._listing.known(entry.id)
        places = places_of(model, self._folders[entry.folder]) if model is not None else []
        place = _place(places, named)
        details = unpack_details(known.details) if known is not None else Details()
        row = model.row if model is not None else None
        real = self._files.real(entry)
        uses = self._uses(Subject(entry.id, real, real, entry.kind, "", "", places=tuple(places))) if self._uses is not None else 0
        path = place.path if place is not None else real
        return Member(
            id=entry.id, path=path, real=real, name=details.name or stem_of(entry.file), kind=place.kind if place else entry.kind,
            root=place.root if place else "", comfy=place.name if place and place.listed else "", size=file.mark.size,
            allocated=file.allocated, mtime_ns=file.mark.mtime_ns, device=file.mark.device, inode=file.mark.inode, links=file.links,
            names=self._names(real, file, places), is_link=os.path.islink(long_path(real)), order=self._order(place), content=content,
            uses=uses,
            is_seen=self._is_seen(place) if is_seen is None else is_seen, **_worth(row, details),
        )  # fmt: skip

    def _order(self, place: Place | None) -> int:
        return self._orders.get((place.kind, place.root), _NOWHERE) if place is not None else _NOWHERE

    def _is_seen(self, place: Place | None) -> bool:
        """Whether no earlier folder of its category has a file of that name."""
        if place is None:
            return False
        group = next((group for root, group in self._roots.items() if (root.kind, root.path) == (place.kind, place.root)), None)
        for root, other in self._roots.items():
            if root.kind == place.kind and other == group:
                if root.path == place.root:
                    return True
                if os.path.lexists(long_path(os.path.join(root.path, place.name))):
                    return False
        return True

    def _names(self, real: str, file: File, places: Iterable[Place]) -> tuple[str, ...]:
        """The other names of the file that we know, real paths. Ways to one name through linked folders are no other names."""
        found = {_real_name(place.path) for place in places} | {self._files.real(entry) for entry in file.entries}
        return tuple(sorted(found - {real, ""}))


def _place(places: Sequence[Place], named: Named | None) -> Place | None:
    wanted = (place for place in places if named is not None and place.path == named.path)
    return next(wanted, places[0] if places else None)


def _real_name(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def _worth(row: Row | None, details: Details) -> dict[str, Any]:
    return {
        "has_preview": row is not None and row.preview_sort not in ("", "embedded"), "has_notes": bool(details.notes.strip()),
        "has_details": bool(details.model_id or details.description), "favourite": details.favourite, "rating": details.rating,
        "tags": details.tags,
    }  # fmt: skip


def _key(sort: str, members: Iterable[Member]) -> str:
    """A name for a group that stays while its members do."""
    text = "\n".join([sort, *sorted(one.real for one in members)])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
