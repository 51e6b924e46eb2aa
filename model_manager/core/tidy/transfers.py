"""Plans that bring models to other places or names: every file of every family, what is in the way, what ComfyUI calls it then.

Used by moving and organising. It lists the folders in question and compares names; nothing is changed, and nothing is ever planned over
a file that is there.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from model_manager.core.amounts import short_size
from model_manager.core.files.names import LONGEST
from model_manager.core.files.same import Compared
from model_manager.core.files.volumes import RESERVE
from model_manager.core.formats.health import judge
from model_manager.core.journal.steps import COPY, FOLDER, MOVE, RELINK, Act, Refused, Step
from model_manager.core.library.entry import Facts, Place, Root
from model_manager.core.library.kinds import label
from model_manager.core.paths import WINDOWS_PATH_LIMIT, long_path, path_key
from model_manager.core.tidy.ground import Ground, Target, bytes_of
from model_manager.core.tidy.other_names import OtherNames, kin_steps, note
from model_manager.core.tidy.rooms import Room
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

BOTH: Final = "both"  # a name that is taken: the model gets another one
SKIP: Final = "skip"  # the same, but a model that is there already, byte for byte, stays
REFUSE: Final = "refuse"  # it stays where it is

_TONES: Final = ("", "info", "warn", "bad")
Uses = Callable[[Subject], int]


class Transfers:
    """Collects acts. sort: MOVE or COPY. taken: BOTH, SKIP or REFUSE. uses: tells how many pictures were made with a model."""

    def __init__(self, roots: Mapping[Root, str], sort: str, taken: str = BOTH, uses: Uses | None = None, work: Work | None = None) -> None:
        self.ground = Ground(roots)
        self.sort, self._taken, self._uses, self._work = sort, taken, uses, work or Work()
        self._compared, self._other_names = Compared(), OtherNames()
        self._rooms: dict[str, Room] = {}
        self._reals: dict[str, str] = {}
        self._sources: set[str] = set()
        self._going: set[str] = set()
        self.acts: list[Act] = []
        self.refused: list[Refused] = []
        self.warnings: list[str] = []
        self.both = self.files = self.near = self.copied = 0
        self.needs: dict[str, int] = {}
        self._free: dict[str, int] = {}
        self._links = 0

    def add(self, models: Sequence[tuple[Subject, Target]], stems: Mapping[str, str] | None = None) -> None:
        """Plan models, each to its folder. stems: real path -> the stem it gets, for those that get another."""
        self._going.update(subject.real for subject, _ in models)
        together: dict[tuple[str, str, str], list[Subject]] = {}
        targets: dict[tuple[str, str, str], Target] = {}
        for subject, target in models:
            key = (subject.folder, subject.stem, target.real)
            together.setdefault(key, []).append(subject)
            targets[key] = target
        for number, (key, group) in enumerate(together.items()):
            self._work.check()
            self._work.progress(tr("Looking at what is there already"), number, len(together))
            self._group(group, targets[key], (stems or {}).get(group[0].real, key[1]))
        self._warn()

    def _warn(self) -> None:
        """Say what concerns the plan as a whole."""
        if self._links:
            text = trn("{count} link moves together with its file, and will lead to where that was.",
                       "{count} links move together with their files, and will lead to where those were.", self._links)  # fmt: skip
            self.warnings.append(text)
        for folder, wanted in self.needs.items():
            if wanted + RESERVE > self._free[folder]:
                text = tr("There is not enough room on the drive of {folder}: {wanted} are needed, {free} are free.",
                          folder=folder, wanted=short_size(wanted), free=short_size(self._free[folder]))  # fmt: skip
                self.warnings.append(text)

    def stays(self, subject: Subject, text: str, tone: str = "") -> None:
        """A model that is left as it is."""
        self.refused.append(Refused(subject.file, subject.shown, text, tone, subject.id))

    def _group(self, group: list[Subject], target: Target, stem: str) -> None:
        """Plan the models of one stem that go to one folder: they keep one stem."""
        is_whole = self.sort == COPY or all({one.file for one in group}.issuperset(one.shares) for one in group)
        names = {one.real: list(one.own) for one in group}
        if is_whole:
            names[group[0].real] += group[0].shared
        if self.sort == COPY:  # a link that leads nowhere has nothing to copy
            names = {real: [name for name in found if os.path.exists(_beside(real, name))] for real, found in names.items()}
        room = self._room(target.real)
        is_here = target.real == group[0].folder and self.sort == MOVE
        own = {name for found in names.values() for name in found} if is_here else set()
        cut = len(group[0].stem)
        models = [one.file[cut:] for one in group]
        beside = [name[cut:] for one in group for name in names[one.real][1:]]
        if (longest := max(len(os.fsencode(stem + rest)) for rest in (*models, *beside))) > LONGEST:
            for one in group:
                text = trn("The name is {count} byte too long.", "The name is {count} bytes too long.", longest - LONGEST)
                self.stays(one, text, "bad")
            return
        free = room.free_stem(stem, models, beside, own)
        if free != stem and self._is_refused(group, target, room, stem):
            return
        for one in group:
            self._act(one, target, names[one.real], free, free != stem, bool(one.shared) and not is_whole)
        room.claim(free + rest for rest in (*models, *beside))

    def _is_refused(self, group: list[Subject], target: Target, room: Room, stem: str) -> bool:
        """Leave a group whose name is taken where it is, if that is wanted."""
        if self._taken == REFUSE:
            for one in group:
                self.stays(one, tr("The name is taken there."), "warn")
            return True
        if self._taken != SKIP:
            return False
        for one in group:
            there = room.there(stem + one.file[len(one.stem) :])
            if not there or not self._compared.are_same(one.real, os.path.join(target.real, there), self._work):
                return False
        for one in group:
            self.stays(one, tr("already there"))
        return True

    def _act(self, one: Subject, target: Target, names: list[str], stem: str, is_both: bool, leaves_shared: bool) -> None:
        cut, folder = len(one.stem), one.folder
        pairs = [(path, name) for name in names if (path := os.path.join(folder, name)) not in self._sources]
        if not pairs or pairs[0][1] != one.file:
            return  # it was in the plan before, by another way
        self._sources.update(path for path, _ in pairs)
        steps = [Step(FOLDER, target=folder) for folder in target.missing]
        marks = dict(zip(one.names, one.marks, strict=True)) if self.sort == MOVE else {}
        for path, name in pairs:
            steps.append(Step(self.sort, path, os.path.join(target.real, stem + name[cut:]), planned=marks.get(name)))
        new = os.path.join(target.real, stem + one.file[cut:])
        mended, broken = self._links_of(one)
        steps += [Step(RELINK, new, path) for path in mended]
        size = bytes_of(one, [name for _, name in pairs])
        is_near = one.device == target.device and self.sort == MOVE
        if not is_near and self.sort == MOVE:
            steps += kin_steps(one)
        file = stem + one.file[cut:]
        place = self.ground.place_after(target, file)
        notes = [*_link_notes(mended, broken), *self._notes(one, target, file, place, (is_both, leaves_shared, is_near))]
        shown = self.ground.short(place.root, place.path) if place is not None else new
        note, tone = " · ".join(text for text, _ in notes), max((tone for _, tone in notes), key=_TONES.index, default="")
        named = place.name if place is not None and place.listed else ""
        self.acts.append(
            Act(
                one.name, tuple(steps), one.real, new, one.shown, shown, len(pairs) - 1, note, tone, size,
                self.ground.name_before(one), named, one.id if self.sort == MOVE else 0,
            )
        )  # fmt: skip
        self.files += len(pairs)
        self.both += is_both
        self.near += is_near
        if not is_near:
            if self.sort == MOVE:
                sizes = dict(zip(one.names, one.sizes, strict=True))
                size = sum(self._other_names.bytes_of(path, target.device, sizes[name]) for path, name in pairs)
            self.copied += size
            self.needs[target.nearest] = self.needs.get(target.nearest, 0) + size
            self._free[target.nearest] = target.free

    def _links_of(self, one: Subject) -> tuple[list[str], list[str]]:
        """The links to a model that can be mended when it moves, and those that will lead nowhere."""
        if self.sort != MOVE or one.is_link:
            return [], []
        links = [os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in links_to(one)]
        mended = [path for path in links if path not in self._going and _leads_to(path, one.real)]
        broken = [path for path in links if path in self._going]
        self._links += len(broken)
        return mended, broken

    def _kinds_of(self, one: Subject) -> list[str]:
        """The categories that look into a model's folder, by whatever way."""
        ways = ((place.kind, *os.path.split(place.path)) for place in one.places)
        return list(dict.fromkeys(kind for kind, folder, name in ways if name == one.file and self._real(folder) == one.folder))

    def _real(self, folder: str) -> str:
        if folder not in self._reals:
            self._reals[folder] = os.path.realpath(folder)
        return self._reals[folder]

    def _room(self, folder: str) -> Room:
        if folder not in self._rooms:
            self._rooms[folder] = Room(folder)
        return self._rooms[folder]

    def _notes(self, one: Subject, target: Target, file: str, place: Place | None, what: tuple[bool, bool, bool]) -> list[tuple[str, str]]:
        """What is special of an act, each with its tone. what: whether it keeps both, leaves what it shares, stays on its drive."""
        is_both, leaves_shared, is_near = what
        found = []
        if is_both:
            found.append((tr("name is taken · keeps both"), "warn"))
        if leaves_shared:
            others = ", ".join(one.shares)
            found.append((tr("what it shares with {other} stays", other=others), "warn"))
        if one.is_link and self.sort == MOVE:
            found.append((tr("moves as a link · what it leads to stays"), ""))
        found += self._place_notes(one, target, file, place)
        if os.sep == "\\" and len(os.path.join(target.real, file)) >= WINDOWS_PATH_LIMIT:
            found.append((tr("path is too long for some programs"), "warn"))
        if self._uses is not None and self.sort == MOVE and (count := self._uses(one)):
            found.append((used_words(count), "info"))
        if not is_near and self.sort == MOVE and not one.is_link:
            found.append((tr("to another drive"), ""))
            if text := note(one, self._going):
                found.append((text, "info"))
        return found

    def _place_notes(self, one: Subject, target: Target, file: str, place: Place | None) -> list[tuple[str, str]]:
        if place is None:
            return [(tr("ComfyUI does not look there"), "warn")]
        found = []
        lost = [kind for kind in self._kinds_of(one) if kind not in target.kinds] if self.sort == MOVE else []
        if one.kind not in target.kinds:
            is_wrong = judge(Facts(kind=one.facts.kind), file, place.kind)[0] == "wrong_folder"
            text = "{kind}: the wrong folder for it" if is_wrong else "listed under {kind} then"
            found.append((tr(text, kind=label(place.kind)), "warn" if is_wrong else "info"))
        elif lost:
            found.append((tr("no more listed under {kinds}", kinds=", ".join(map(label, lost))), "warn"))
        before, after = self.ground.shadows(place)
        if before and not _is_same(before, one.real):
            found.append((tr("ComfyUI takes {path} first", path=before), "warn"))
        elif after and not _is_same(after, one.real):
            found.append((tr("hides {path} from ComfyUI", path=after), "warn"))
        return found


def used_words(count: int) -> str:
    """In how many pictures a model was used."""
    return trn("used in {count} picture", "used in {count} pictures", count)


def _link_notes(mended: Sequence[str], broken: Sequence[str]) -> list[tuple[str, str]]:
    notes = []
    if mended:
        notes.append((trn("{count} link to it is mended", "{count} links to it are mended", len(mended)), "info"))
    if broken:
        notes.append((trn("{count} link to it will lead nowhere", "{count} links to it will lead nowhere", len(broken)), "warn"))
    return notes


def _leads_to(link: str, real: str) -> bool:
    """Whether a link leads to a file itself, not by way of another link."""
    try:
        path = os.path.join(os.path.dirname(link), os.readlink(long_path(link)))
    except OSError:
        return False
    return path_key(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))) == path_key(real)


def _beside(path: str, name: str) -> str:
    return long_path(os.path.join(os.path.dirname(path), name))


def links_to(subject: Subject) -> list[str]:
    """The other places of a model that are links to the file itself."""
    found = [place.path for place in subject.places if os.path.islink(place.path)]
    return [path for path in found if path_key(os.path.realpath(path)) == path_key(subject.real)]


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False


def chips(transfers: Transfers, one: str, many: str, stay: int) -> tuple[str, ...]:
    """Short facts for the sheet. one, many: how many models simply go, with {count}; stay: how many do not."""
    plain = len(transfers.acts) - transfers.both
    found = [trn(one, many, plain)] if plain or not transfers.both else []
    if transfers.both:
        found.append(trn("{count} keeps both", "{count} keep both", transfers.both))
    if stay:
        found.append(trn("{count} stays", "{count} stay", stay))
    found.append(trn("{count} file in all", "{count} files in all", transfers.files))
    size = short_size(transfers.copied)
    if transfers.near == len(transfers.acts):
        found.append(tr("same drive, no copying"))
    elif transfers.sort == COPY:
        found.append(tr("{size} are copied", size=size))
    else:
        found.append(tr("{size} are copied to another drive", size=size))
    return tuple(found)
