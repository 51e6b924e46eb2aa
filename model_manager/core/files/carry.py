"""Carries a plan out: every model with all beside it, or nothing of it; never over a file that is there.

Called by bridge/intake in the one writing thread. What is finished stays when it is stopped or fails later; sources are only removed
after what was made of them is verified and has its name. It raises nothing: every model has its outcome in the report.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.files.copying import copy_verified, partial_name
from model_manager.core.files.gather import Part
from model_manager.core.files.intake import GOES, Line, Plan
from model_manager.core.files.leftovers import Ledger
from model_manager.core.files.volumes import RESERVE, volume_of
from model_manager.core.paths import long_path, plain_reason, rename_new, require_inside
from model_manager.core.words import tr
from model_manager.core.work import Work

DONE, FAILED, STOPPED = "done", "failed", "stopped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line. path: where the model is now. text: why it failed, or what else there is to say."""

    name: str
    state: str
    path: str = ""
    text: str = ""
    size: int = 0


@dataclass(slots=True)
class Report:
    """What became of all. folders: real folders in which files are new, or gone after a move. here: already there before."""

    moves: bool
    outcomes: list[Outcome] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    here: int = 0
    is_stopped: bool = False

    def count(self, state: str) -> int:
        """How many lines came to this."""
        return sum(outcome.state == state for outcome in self.outcomes)


def carry(plan: Plan, taken: Sequence[int], moves: bool, data: Path, work: Work) -> Report:
    """Copy (or move) the lines with these numbers; `data` is the data folder, which remembers partials."""
    lines = [plan.lines[number] for number in taken if plan.lines[number].state in GOES]
    report = Report(moves, here=sum(line.state == "here" for line in plan.lines))
    with Ledger(data) as ledger:
        run = _Run(lines, moves, ledger, work, report)
        for line in lines:
            run.take(line)
        run.remove_shared()
    return report


class _Run:
    def __init__(self, lines: Sequence[Line], moves: bool, ledger: Ledger, work: Work, report: Report) -> None:
        self.moves, self.ledger, self.work, self._report = moves, ledger, work, report
        uses = Counter(part.source for line in lines for part, _ in line.targets)
        self._shared = {source for source, count in uses.items() if count > 1}
        self._kept = set[str]()  # shared sources that a failed line still needs
        self._total = sum(2 * part.size for line in lines for part, _ in line.targets)
        self._count, self._number, self._done = len(lines), 0, 0

    def take(self, line: Line) -> None:
        """Bring one line; a failure is its outcome."""
        self._number += 1
        name, before = line.known.find.name, self._done
        try:
            self.work.check()
            text = _Bringing(self, line).bring()
            self._report.outcomes.append(Outcome(name, DONE, line.targets[-1][1], text, line.size))
            self._note_folders(line)
        except Cancelled:
            self._report.is_stopped = True
            self._fail(line, Outcome(name, STOPPED))
        except FileFault as fault:
            self._fail(line, Outcome(name, FAILED, text=fault.text))
        self._done = before
        self.told(2 * sum(part.size for part, _ in line.targets))

    def _fail(self, line: Line, outcome: Outcome) -> None:
        self._report.outcomes.append(outcome)
        self._kept.update(part.source for part, _ in line.targets)

    def _note_folders(self, line: Line) -> None:
        self._report.folders.update(os.path.realpath(os.path.dirname(path)) for _, path in line.targets)
        if self.moves:
            self._report.folders.update(os.path.realpath(os.path.dirname(part.source)) for part, _ in line.targets)

    def told(self, count: int) -> None:
        """Count bytes written or verified."""
        self._done += count
        self.work.progress(f"{self._number}/{self._count}", self._done, self._total)

    def renames(self, part: Part, line: Line) -> bool:
        """Whether a part only gets another name: moved within its drive, not a link, and nobody else needs it."""
        return self.moves and line.is_near and part.source not in self._shared and not os.path.islink(part.source)

    def removes(self, part: Part) -> bool:
        """Whether a copied source goes at once; a link stays, for it leads to a file of some other program's."""
        return self.moves and part.source not in self._shared and not os.path.islink(part.source)

    def remove_shared(self) -> None:
        """After a move take away the sources that belonged to several models, if all of them are through."""
        for source in sorted(self._shared - self._kept if self.moves else ()):
            with contextlib.suppress(OSError):
                if not os.path.islink(source):
                    os.unlink(long_path(source))


class _Bringing:
    """One line on its way: first all its partials, then all its names, then its sources go. Undoes itself on any failure."""

    def __init__(self, run: _Run, line: Line) -> None:
        self._run, self._line = run, line
        self._partials: list[tuple[Part, str, str, os.stat_result]] = []
        self._named: list[tuple[str, str]] = []  # (where it is now, what it was before)
        self._made: list[str] = []  # folders

    def bring(self) -> str:
        """Do it and return what else there is to say. Raises FileFault with a sentence for the person, or Cancelled."""
        target = self._line.targets[-1][1]
        try:
            self._prepare()
            for part, path in self._line.targets:
                if not self._run.renames(part, self._line):
                    self._copy(part, path)
            self._name()
        except OSError as fault:
            self._undo()
            raise FileFault(self._sentence(fault, target)) from fault
        except (FileFault, Cancelled):
            self._undo()
            raise
        return self._remove_sources()

    def _prepare(self) -> None:
        """Make the target's folders, and look whether there is room now."""
        if self._line.destination is None:
            raise FileFault(tr("It has no folder to go to."))
        for _, path in self._line.targets:
            require_inside(self._line.destination.path, path)
            self._make_folder(os.path.dirname(path))
        wanted = sum(part.size for part, _ in self._line.targets if not self._run.renames(part, self._line))
        if wanted and wanted + RESERVE > volume_of(self._line.destination.path)[2]:
            raise FileFault(tr("There is not enough room on the drive of {folder}.", folder=self._line.destination.path))

    def _make_folder(self, folder: str) -> None:
        missing = []
        while not os.path.isdir(long_path(folder)):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for one in reversed(missing):
            os.mkdir(long_path(one))
            self._made.append(one)

    def _copy(self, part: Part, path: str) -> None:
        partial = os.path.join(os.path.dirname(path), partial_name())
        self._run.ledger.add(partial)
        try:
            about = copy_verified(part.source, partial, self._run.work, self._run.told)
        except (OSError, FileFault, Cancelled):
            with contextlib.suppress(OSError):
                os.unlink(long_path(partial))
            raise
        self._partials.append((part, partial, path, about))

    def _name(self) -> None:
        """Give everything its name, the model last. Each step fails if the name was taken meanwhile."""
        partials = {path: partial for _, partial, path, _ in self._partials}
        for part, path in self._line.targets:
            before = partials.get(path, part.source)
            rename_new(before, path)
            self._named.append((path, before))

    def _undo(self) -> None:
        """Take back what this line did: moved files return, copies and folders made for them go."""
        partials = {partial for _, partial, _, _ in self._partials}
        for path, before in reversed(self._named):
            with contextlib.suppress(OSError):
                if before in partials:
                    os.unlink(long_path(path))
                else:
                    rename_new(path, before)
        for partial in partials:
            with contextlib.suppress(OSError):
                os.unlink(long_path(partial))
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                os.rmdir(long_path(folder))

    def _remove_sources(self) -> str:
        """After a move by copying take the sources away, unless one changed since; returns what stayed and why."""
        stayed = ""
        for part, _, _, about in self._partials:
            if not self._run.removes(part):
                continue
            try:
                now = os.stat(long_path(part.source))
                if (now.st_size, now.st_mtime_ns) != (about.st_size, about.st_mtime_ns):
                    stayed = tr("Copied, but not removed from where it was: it has changed since.")
                    continue
                os.unlink(long_path(part.source))
            except OSError as fault:
                stayed = tr("Copied, but could not be removed from where it was: {reason}.", reason=plain_reason(fault))
        if self._run.moves and os.path.islink(self._line.known.find.path):
            return tr("It was a link: its content was copied, and the link stays.")
        return stayed

    def _sentence(self, fault: OSError, target: str) -> str:
        reason = plain_reason(fault)
        if isinstance(fault, FileExistsError):
            return tr("{name} came to be there meanwhile. Nothing was replaced.", name=os.path.basename(target))
        sources = {part.source for part, _ in self._line.targets}
        if fault.filename in sources and fault.filename2 is None:
            return tr("{name} cannot be read: {reason}.", name=os.path.basename(str(fault.filename)), reason=reason)
        return tr("It could not be written to {folder}: {reason}.", folder=os.path.dirname(target), reason=reason)
