"""The plan for models that were dropped: where each goes, under which name, and what is in the way.

Called by bridge/intake, first with what was dropped and again after each choice of the person. It reads and compares, writes nothing,
and never plans over a file that is there.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from model_manager.core.errors import OutsideRoot
from model_manager.core.files.destinations import Destination, classify, destination_for
from model_manager.core.files.gather import Find, Gathered, Part
from model_manager.core.files.names import free_stem, safe_path
from model_manager.core.files.same import Compared
from model_manager.core.files.volumes import volume_of
from model_manager.core.formats.health import judge
from model_manager.core.formats.read import read_facts
from model_manager.core.library.entry import Facts
from model_manager.core.library.kinds import OTHER, is_model
from model_manager.core.library.layouts import guess_kind
from model_manager.core.paths import inside, long_path, name_key, path_key, require_inside
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.words import tr
from model_manager.core.work import Work

READY, BOTH, HERE, TWICE, DAMAGED, ASK, STUCK = "ready", "both", "here", "twice", "damaged", "ask", "stuck"
GOES: Final = (READY, BOTH)
_BROKEN: Final = ("truncated", "zero_filled", "not_a_model", "bad_header", "unreadable")
_PLAIN_FOLDERS: Final = ("models", "comfyui")


@dataclass(frozen=True, slots=True)
class Known:
    """A find with what its header says. kind and why as `destinations.classify` found them."""

    find: Find
    facts: Facts
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person said of one find: a folder other than the planned one, or to take it although it is damaged."""

    destination: Destination | None = None
    takes_damaged: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One model of the plan.

    state: ready, both (its name is taken, so it gets another), here, twice, damaged, ask (no category), stuck (nowhere to go).
    targets: (part, path) pairs, the model last. root: the category's folder. shown: the target below that folder, for people.
    note: why, in a few words; text: the whole sentence where there is more to say. is_near: source and target share a drive.
    """

    known: Known
    state: str
    destination: Destination | None = None
    targets: tuple[tuple[Part, str], ...] = ()
    shown: str = ""
    note: str = ""
    text: str = ""
    volume: int = 0
    is_near: bool = False

    @property
    def size(self) -> int:
        """Bytes of the model and all beside it."""
        return self.known.find.size


@dataclass(frozen=True, slots=True)
class Plan:
    """All lines in the order of the finds, and the drives they go to: number -> (a folder on it, bytes free)."""

    lines: tuple[Line, ...]
    gathered: Gathered
    destinations: tuple[Destination, ...]
    volumes: Mapping[int, tuple[str, int]]


def look(gathered: Gathered, work: Work) -> list[Known]:
    """Read the header of every find. Raises Cancelled."""
    known = []
    for number, find in enumerate(gathered.finds):
        work.check()
        work.progress(tr("Reading headers"), number, len(gathered.finds))
        facts = Facts() if find.is_folder else read_facts(find.path, find.parts[-1].size)
        known.append(Known(find, facts, *classify(find, facts)))
    return known


class Planner:
    """Plans the same finds again and again as the person chooses; remembers what it has compared."""

    def __init__(self, gathered: Gathered, known: Sequence[Known], found: Sequence[Destination]) -> None:
        self._gathered, self._known, self._found = gathered, known, tuple(found)
        self._compared = Compared()

    def plan(self, choices: Mapping[int, Choice], keeps_folders: bool, work: Work) -> Plan:
        """Say for each find where it goes; `choices` by its number. Raises Cancelled."""
        pass_ = _Pass(self._known, self._found, self._compared, keeps_folders, work)
        lines = []
        for number, known in enumerate(self._known):
            work.check()
            work.progress(tr("Looking at what is there already"), number, len(self._known))
            lines.append(pass_.line(known, choices.get(number, Choice())))
        return Plan(tuple(lines), self._gathered, self._found, pass_.volumes)


class _Pass:
    """One run over all finds: knows which names the earlier ones have taken."""

    def __init__(self, known: Sequence[Known], found: tuple[Destination, ...], compared: Compared, keeps: bool, work: Work) -> None:
        self._found, self._compared, self._keeps, self._work = found, compared, keeps, work
        self._claims: dict[str, str] = {}  # target -> source
        self._folders: dict[str, dict[str, str]] = {}
        self.volumes: dict[int, tuple[str, int]] = {}

    def line(self, known: Known, choice: Choice) -> Line:
        """Plan one find."""
        facts = known.facts
        if facts.verdict in _BROKEN and not choice.takes_damaged:
            return Line(known, DAMAGED, note=_damage(facts.verdict), text=facts.reason)
        target = choice.destination or destination_for(known.kind, self._found)
        if target is None:
            note = tr("there is no folder for this type") if known.kind else known.why
            return Line(known, STUCK if known.kind else ASK, note=note)
        try:
            return self._placed(known, target, choice)
        except OutsideRoot as fault:
            return Line(known, STUCK, target, note=tr("its name leads elsewhere"), text=fault.text)

    def _placed(self, known: Known, target: Destination, choice: Choice) -> Line:
        find = known.find
        folder = os.path.join(target.path, *self._below(find))
        require_inside(target.path, folder)
        model = os.path.join(folder, safe_path(find.parts[-1].name if not find.is_folder else find.stem))
        note, text = _why(known, target, choice), self._advice(known, target)
        line = Line(known, READY, target, shown=self._shown(target, model), note=note, text=text)
        if line.text:
            line = replace(line, note=tr("cannot be loaded under this ending"))
        if not find.is_folder and (same := self._same(find, model, target, choice)):
            return replace(line, state=same, note=tr("already here") if same == HERE else tr("is there twice in what you dropped"))
        stem = self._free_stem(find, folder)
        if stem != safe_path(find.stem):
            line = replace(line, state=BOTH, note=tr("name is taken · keeps both"))
        paths = [os.path.join(folder, stem + safe_path(part.name)[len(safe_path(find.stem)) :]) for part in find.parts]
        pairs = zip(find.parts, paths, strict=True)
        targets = tuple((part, path) for part, path in pairs if path_key(path) not in self._claims)  # what another model brings already
        for part, path in targets:
            self._claims[path_key(path)] = part.source
        shown = self._shown(target, targets[-1][1] if not find.is_folder else os.path.join(folder, stem))
        return self._on_volume(replace(line, targets=targets, shown=shown), folder)

    def _below(self, find: Find) -> list[str]:
        """The dropped folders around a find, less those that only name a category."""
        if not self._keeps:
            return []
        names = [name for name in find.below if not guess_kind(name) and name.lower() not in _PLAIN_FOLDERS]
        return [safe_path(name) for name in names]

    @staticmethod
    def _shown(target: Destination, path: str) -> str:
        return os.path.join(os.path.basename(target.path), os.path.relpath(path, target.path))

    @staticmethod
    def _advice(known: Known, target: Destination) -> str:
        verdict, text = judge(known.facts, known.find.name, target.kind)
        return text if verdict == "wrong_extension" else ""

    def _same(self, find: Find, model: str, target: Destination, choice: Choice) -> str:
        """HERE or TWICE where the very content is at its place already, or lies in a folder of that category anyway; else ""."""
        source = find.parts[-1].source
        tops = [one.path for one in self._found if one.kind == target.kind] if choice.destination is None else [target.path]
        if any(inside(os.path.realpath(top), os.path.realpath(source)) for top in tops):
            return HERE
        taken = self._listed(os.path.dirname(model)).get(name_key(os.path.basename(model)))
        if taken and self._compared.are_same(source, os.path.join(os.path.dirname(model), taken), self._work):
            return HERE
        other = self._claims.get(path_key(model))
        return TWICE if other and self._compared.are_same(source, other, self._work) else ""

    def _free_stem(self, find: Find, folder: str) -> str:
        old, names = safe_path(find.stem), [safe_path(part.name) for part in find.parts]
        rests = [name[len(old) :] for name in names]
        sources = [part.source for part in find.parts]
        there = self._listed(folder)
        models = {name_key(stem_of(name)) for name in there.values() if is_model(OTHER, name)} if len(names) > 1 else set()

        def is_free(stem: str) -> bool:
            if name_key(stem) in models:
                return False  # its sidecars would become another model's
            for rest, source in zip(rests, sources, strict=True):
                name, path = (stem + rest).split(os.sep)[0], os.path.join(folder, stem + rest)
                claimed = self._claims.get(path_key(path), source)
                if name_key(name) in there or claimed != source or os.path.lexists(long_path(path)):
                    return False
            return True

        return free_stem(old, rests, is_free)

    def _listed(self, folder: str) -> dict[str, str]:
        """The names in a target folder by what two spellings of one have in common."""
        if folder not in self._folders:
            try:
                names = os.listdir(long_path(folder))
            except OSError:
                names = []
            self._folders[folder] = {name_key(name): name for name in names}
        return self._folders[folder]

    def _on_volume(self, line: Line, folder: str) -> Line:
        number, place, free = volume_of(folder)
        self.volumes.setdefault(number, (place, free))
        try:
            is_near = all(os.lstat(long_path(part.source)).st_dev == number for part, _ in line.targets)
        except OSError:
            is_near = False
        return replace(line, volume=number, is_near=is_near)


def _why(known: Known, target: Destination, choice: Choice) -> str:
    if choice.destination is not None and choice.destination.kind != known.kind:
        return tr("chosen by you")
    if target.kind != known.kind:
        return tr("{why} · there is no folder for this type", why=known.why)
    return tr("{why} · new folder", why=known.why) if target.is_new else known.why


def _damage(verdict: str) -> str:
    return {
        "truncated": tr("cut off"),
        "zero_filled": tr("its content was never written"),
        "not_a_model": tr("not a model"),
        "bad_header": tr("its header makes no sense"),
        "unreadable": tr("cannot be read"),
    }[verdict]


@dataclass(frozen=True, slots=True)
class Need:
    """What a drive must hold: bytes to copy onto it, and bytes free."""

    folder: str
    wanted: int
    free: int


def needs(plan: Plan, taken: Sequence[int], moves: bool) -> list[Need]:
    """Return what the lines with these numbers need on each drive; a move within a drive needs nothing."""
    wanted: dict[int, int] = {}
    for number in taken:
        line = plan.lines[number]
        if line.state in GOES:
            wanted[line.volume] = wanted.get(line.volume, 0) + (0 if moves and line.is_near else line.size)
    return [Need(*plan.volumes[volume][:1], size, plan.volumes[volume][1]) for volume, size in wanted.items()]
