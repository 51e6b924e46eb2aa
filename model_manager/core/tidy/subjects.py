"""The models that a plan is about: where each lies in truth, what it is, and every file beside it that is its own.

Called by whoever makes a plan, in a worker or on the command line, right before it. It reads the index and lists each folder once; it
opens no model, and must never change anything.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from model_manager.core.files.gather import strangers
from model_manager.core.journal.steps import Refused
from model_manager.core.library import catalogue
from model_manager.core.library.entry import Facts, Family, Place
from model_manager.core.library.index import FolderRow, Index, KnownRow, ModelRow
from model_manager.core.library.kinds import OTHER, is_model, is_partial
from model_manager.core.library.packing import unpack_details, unpack_facts
from model_manager.core.library.records import places_of
from model_manager.core.library.rows import AWAY
from model_manager.core.online.records import CIVITAI, SITE_NAMES
from model_manager.core.paths import long_path, normalize, path_key, plain_reason
from model_manager.core.release import let_go
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.tidy.shown import root_names, short
from model_manager.core.words import tr

_MANY = 400  # models from which on the index is read in one pass


@dataclass(frozen=True, slots=True)
class Subject:
    """One model with its family, as they are on disk now.

    path: as shown; real: its real folder and its name there, which may be a link (is_link). kind and root: of the shown place; places:
    all ways to it, the shown first. names: every file of the family, the model first; sizes: their bytes (a link has none); marks: their
    (size, mtime_ns), links not followed. shares: other models of its stem in its folder; shared: those of names that belong to them as
    well. size: bytes of the model. device: its drive.
    id: 0 for one more name of a model that the index has elsewhere (a link to it). root_name: what the root is called among all roots.
    """

    id: int
    path: str
    real: str
    kind: str
    root: str
    name: str
    base_model: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    version: str = ""
    size: int = 0
    mtime_ns: int = 0
    names: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    is_link: bool = False
    shared: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()
    device: int = 0
    places: tuple[Place, ...] = ()
    facts: Facts = field(default_factory=Facts)
    is_adult: bool = False
    site: str = ""
    root_name: str = ""

    @property
    def folder(self) -> str:
        """The real folder it lies in."""
        return os.path.dirname(self.real)

    @property
    def file(self) -> str:
        """The name of the model file."""
        return os.path.basename(self.real)

    @property
    def stem(self) -> str:
        """What the names of its family begin with."""
        return stem_of(self.file)

    @property
    def shown(self) -> str:
        """Its place as a person reads it."""
        return self.shown_at(self.path)

    def shown_at(self, path: str) -> str:
        """Another place below its root as a person reads it."""
        return short(self.root, path, self.root_name)

    @property
    def own(self) -> tuple[str, ...]:
        """The names that are nobody else's, the model first."""
        return tuple(name for name in self.names if name not in self.shared)


def subjects(index_path: Path, ids: Sequence[int] | None, paths: Sequence[str] = ()) -> tuple[list[Subject], list[Refused]]:
    """Return the models with these ids, and at these paths, each once; and those that cannot be touched, with the reason.

    A path may be one of several ways to a model; where that way is a link of its own, the link is meant. Raises IndexFault.
    """
    with Index(index_path) as index:
        look = _Look(index, ids or ())
        for id_ in dict.fromkeys(ids or ()):
            look.take(id_)
        for path in dict.fromkeys(map(normalize, paths)):
            look.take_path(path)
        look.end()
    return look.found, look.refused


def led_to(link: Subject) -> Subject | Refused:
    """Return the file that a link leads to, with all that is beside it, or why it cannot be touched."""
    real = os.path.realpath(link.real)
    subject = replace(link, id=0, path=real, real=real, root="", places=())
    try:
        listing = _Listing(subject.folder, subject.kind)
    except OSError as error:
        return Refused(subject.file, real, tr("Its folder cannot be read: {reason}.", reason=plain_reason(error)))
    reason = _trouble(subject, False, listing)
    return Refused(subject.file, real, reason) if reason else _with_family(subject, listing)


class _Look:
    def __init__(self, index: Index, ids: Sequence[int]) -> None:
        self._index = index
        self.found: list[Subject] = []
        self.refused: list[Refused] = []
        self._folders: dict[int, FolderRow | None] = {}
        self._listings: dict[tuple[str, str], _Listing | OSError] = {}
        self._taken: set[str] = set()
        self._root_names = root_names(root.path for root in index.roots())
        is_many = len(ids) > _MANY
        self._models = {model.row.id: model for model in index.models()} if is_many else {}
        self._known = {known.id: known for known in index.all_known()} if is_many else {}

    def take(self, id_: int) -> None:
        """Look at one model of the index."""
        model = self._models.get(id_) or self._index.model(id_)
        folder = self._folder(model.row.folder) if model is not None else None
        if model is None or folder is None or model.gone is not None:
            name = model.row.file if model is not None else tr("a model")
            self.refused.append(Refused(name, "", tr("It is not in the library any more."), model=id_))
            return
        self._add(self._subject(model, folder), bool(model.row.flags & AWAY))

    def end(self) -> None:
        """Let go of what was only needed to look."""
        let_go(self._models, self._known)

    def take_path(self, path: str) -> None:
        """Look at the model at a path."""
        id_ = catalogue.find_model(self._index, path)
        model = self._index.model(id_) if id_ is not None else None
        folder = self._folder(model.row.folder) if model is not None else None
        if model is None or folder is None:
            text = tr("There is no model at {path} in the library.", path=path)
            self.refused.append(Refused(os.path.basename(path), path, text))
            return
        subject = self._subject(model, folder)
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        shown = next((place for place in subject.places if place.path == path), None) or _place_at(subject.places, real)
        if shown is not None:
            subject = replace(subject, path=path, kind=shown.kind, root=shown.root, root_name=self._root_names.get(shown.root, ""))
        if path_key(real) != path_key(subject.real):
            subject = replace(subject, id=0, real=real)
        self._add(subject, bool(model.row.flags & AWAY))

    def _folder(self, id_: int) -> FolderRow | None:
        if id_ not in self._folders:
            self._folders[id_] = self._index.folder(id_)
        return self._folders[id_]

    def _subject(self, model: ModelRow, folder: FolderRow) -> Subject:
        row = model.row
        known = self._known.get(row.id) or self._index.known(row.id) or KnownRow(row.id, "{}", "{}", "", "")
        facts, details = unpack_facts(known.facts), unpack_details(known.details)
        places = tuple(places_of(model, folder))
        shown = places[0] if places else Place(row.kind, "", os.path.join(folder.path, row.file), row.file)
        return Subject(
            row.id, shown.path, os.path.join(folder.path, row.file), shown.kind, shown.root, row.title or stem_of(row.file),
            details.base_model or facts.base_model, details.author or facts.author, details.tags, details.version, row.size, row.mtime_ns,
            places=places, facts=facts, is_adult=details.adult, site=SITE_NAMES[CIVITAI] if details.model_id else "",
            root_name=self._root_names.get(shown.root, ""),
        )  # fmt: skip

    def _add(self, subject: Subject, is_away: bool) -> None:
        key = path_key(subject.real)
        if key in self._taken:
            return
        self._taken.add(key)
        listing = self._listing(subject)
        reason = _trouble(subject, is_away, listing)
        if isinstance(listing, OSError) or reason:
            self.refused.append(Refused(subject.file, subject.path, reason, model=subject.id))
        else:
            self.found.append(_with_family(subject, listing))

    def _listing(self, subject: Subject) -> "_Listing | OSError":
        key = (subject.folder, subject.kind)
        if key not in self._listings:
            try:
                self._listings[key] = _Listing(*key)
            except OSError as error:
                self._listings[key] = error
        return self._listings[key]


class _Listing:
    """The files of one folder, and what belongs to whom."""

    def __init__(self, folder: str, kind: str) -> None:
        """Raises OSError when the folder cannot be listed."""
        self.device = _device(folder)
        with os.scandir(long_path(folder)) as entries:
            self.files = {entry.name for entry in entries if not _is_folder(entry)}
        self.models = {name for name in self.files if is_model(OTHER, name) or is_model(kind, name)}
        self._families: dict[str, Family] | None = None
        self._strangers: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}

    def of_stem(self, stem: str, model: str) -> tuple[str, ...]:
        """The other models of a stem."""
        return tuple(sorted(name for name in self._by_stem.get(stem, ()) if name != model))

    def family(self, model: str) -> tuple[str, ...]:
        """Every file beside a model that is its own, or its and another's of the same stem."""
        if model not in self.models:
            self.models.add(model)
            self._families = None
        if self._families is None:
            self._families = families(self.models, self.files)
            self._strangers = strangers(self.models, self.files)
            self._by_stem = {}
            for name in self.models:
                self._by_stem.setdefault(stem_of(name), []).append(name)
        found = self._families.get(model, Family())
        own = dict.fromkeys((*found.sidecars, *found.previews, *sorted(self._strangers.get(model, ()))))
        return tuple(name for name in own if not is_partial(name))


def _trouble(subject: Subject, is_away: bool, listing: _Listing | OSError) -> str:
    """Why a model cannot be touched, "" when it can."""
    if is_away and isinstance(listing, OSError):
        return tr("It is on a drive that is away.")
    if isinstance(listing, OSError):
        return tr("Its folder cannot be read: {reason}.", reason=plain_reason(listing))
    if subject.file not in listing.files:
        return tr("It is on a drive that is away.") if is_away else tr("It is not there any more.")
    if not os.path.exists(long_path(subject.real)):
        return tr("This link leads nowhere.")
    return ""


def _with_family(subject: Subject, listing: _Listing) -> Subject:
    beside = listing.family(subject.file)
    shares = listing.of_stem(subject.stem, subject.file)
    theirs = {name for other in shares for name in listing.family(other)}
    names: list[str] = []
    sizes: list[int] = []
    marks: list[tuple[int, int]] = []
    folder, is_link = subject.folder, False
    for name in (subject.file, *beside):
        try:
            about = os.lstat(long_path(os.path.join(folder, name)))
        except OSError:
            continue  # it went since the folder was listed
        is_link |= not names and name == subject.file and stat.S_ISLNK(about.st_mode)
        names.append(name)
        sizes.append(0 if stat.S_ISLNK(about.st_mode) else about.st_size)
        marks.append((about.st_size, about.st_mtime_ns))
    shared = tuple(name for name in names if name in theirs)
    return replace(
        subject, names=tuple(names), sizes=tuple(sizes), marks=tuple(marks), shares=shares, shared=shared, device=listing.device,
        is_link=is_link,
    )  # fmt: skip


def _device(folder: str) -> int:
    try:
        return os.stat(long_path(folder)).st_dev
    except OSError:
        return 0


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link loop
        return False


def _place_at(places: Iterable[Place], real: str) -> Place | None:
    """The place that is this real file."""
    folder, name = os.path.split(real)
    for place in places:
        above, file = os.path.split(place.path)
        if file == name and os.path.realpath(above) == folder:
            return place
    return None
