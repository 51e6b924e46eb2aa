"""Kills a process that organises a thousand files, at any moment, and looks whether families are whole: for a test and for the bench.

Each round: a fresh library, a child that does (or undoes) it, SIGKILL, then finish or roll back in this process, which is killed no more.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from model_manager.core.tidy import carrying
from model_manager.core.work import Work
from tests.core.journal_case import tree
from tests.core.journal_worker import ENDINGS, organise

WORKER = Path(__file__).parent / "core" / "journal_worker.py"
SHM = Path("/dev/shm")
PAST = 1_600_000_000_000_000_000
Tree = dict[str, tuple[object, ...]]


@dataclass
class Kills:
    """What came of it. moments: how many acts were done when it was killed, by tenths; wrong: sentences."""

    rounds: int = 0
    halves: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    moments: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def kill_often(rounds: int, families: int, seed: int, folder: Path | None = None) -> Kills:
    """Do it so often."""
    luck, kills = random.Random(seed), Kills()
    longest = {"do": 0.0, "undo": 0.0}
    for number in range(rounds):
        with tempfile.TemporaryDirectory(dir=folder) as top, tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else folder) as far:
            what, is_finished = luck.choice(("do", "do", "undo")), luck.random() < 0.5
            _one(_Library(Path(top), Path(far), families), what, is_finished, luck, longest, kills)
            kills.rounds = number + 1
    return kills


class _Library:
    def __init__(self, top: Path, far: Path, families: int) -> None:
        self.top, self.far, self.data, self.families = top / "models", far, top / "data", families
        (self.top / "in").mkdir(parents=True)
        self.data.mkdir()
        for number in range(families):
            for ending in ENDINGS:
                path = self.top / "in" / f"m{number:04d} name{ending}"
                path.write_bytes(f"{number} {ending}".encode() * 20)
                os.utime(path, ns=(PAST, PAST + number))
        os.utime(self.top / "in", ns=(PAST, PAST))
        os.utime(self.top, ns=(PAST, PAST))
        os.utime(self.far, ns=(PAST, PAST))
        self.before = self.now()

    def now(self) -> Tree:
        return tree(self.top) | {f"far:{name}": value for name, value in tree(self.far).items()}

    def done(self) -> set[str]:
        """The names that are there once all is done."""
        found = {".", "in", "out", "far:."}
        for act in organise(str(self.top), str(self.far)).acts:
            for step in act.steps:
                path = Path(step.target)
                name = f"far:{path.relative_to(self.far)}" if path.is_relative_to(self.far) else str(path.relative_to(self.top))
                found |= {name, *(str(parent) for parent in Path(name).parents if str(parent) != "." and parent.parts)}
        return found

    def halves(self, found: Tree) -> int:
        """How many families are neither here nor there."""
        homes: dict[str, Counter[str]] = {}
        for name, (_, _, content) in found.items():
            folder, _, file = name.rpartition("/")
            for ending in ENDINGS:
                if isinstance(content, bytes) and file.endswith(ending):
                    homes.setdefault(file.removesuffix(ending), Counter())[folder] += 1
        return sum(len(home) != 1 or sum(home.values()) != len(ENDINGS) for home in homes.values()) + self.families - len(homes)


def _one(library: _Library, what: str, is_finished: bool, luck: random.Random, longest: dict[str, float], kills: Kills) -> None:
    wanted = library.done()
    if what == "undo":
        carrying.carry_out(library.data, organise(str(library.top), str(library.far)), Work())
    seconds = longest[what] or 2.0
    took = _kill(library, what, luck.random() * seconds if longest[what] else 60.0)
    if not longest[what]:
        longest[what] = took
    lost = _contents(library.before) - _contents(library.now())
    kills.wrong += [f"lost right after the kill: {len(lost)}"] if lost else []
    kills.halves += library.halves(library.now()) > 0
    changes = carrying.interrupted(library.data)
    kills.ends[f"{what}, {'not' if not changes else 'finished' if is_finished else 'rolled back'}"] += 1
    for change in changes:
        report = (carrying.finish if is_finished else carrying.roll_back)(library.data, change.id, Work())
        kills.moments[10 * (library.families - len(report.outcomes)) // library.families] += 1
        kills.wrong += [f"{outcome.name}: {outcome.text}" for outcome in report.outcomes if outcome.text]
    kills.wrong += _look(library, wanted, what)


def _look(library: _Library, wanted: set[str], what: str) -> list[str]:
    """Say what is wrong with a library that was made whole, and with its undo."""
    wrong, found = [], library.now()
    changes = carrying.changes(library.data)
    state = changes[0].state if changes else "undone"
    if library.halves(found):
        wrong.append(f"{what}: {library.halves(found)} families are halves")
    if state == "done" and set(found) != wanted:
        wrong.append(f"{what}: done, but {sorted(set(found) ^ wanted)[:4]}")
    if state == "done":
        carrying.take_back(library.data, changes[0].id, Work())
    now = library.now()
    if now != library.before:
        differ = [name for name in sorted(set(now) | set(library.before)) if now.get(name) != library.before.get(name)]
        wrong.append(f"{what}: {state}, then not as before: {differ[:4]}")
    if carrying.interrupted(library.data) or (changes and carrying.changes(library.data)[0].state != "undone"):
        wrong.append(f"{what}: the history says {carrying.changes(library.data)[0]}")
    return wrong


def _contents(found: Tree) -> Counter[object]:
    return Counter(content for _, _, content in found.values() if isinstance(content, bytes))


def _kill(library: _Library, what: str, seconds: float) -> float:
    """Let a child work for so long, then kill it; returns how long it lived."""
    line = [sys.executable, str(WORKER), str(library.top), str(library.data), str(library.far), what]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdout.readline()
        begin = time.monotonic()
        child.stdin.write("\n")
        child.stdin.flush()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        return time.monotonic() - begin
