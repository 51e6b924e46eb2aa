"""What a change of files consists of: a plan of acts, one for each model, each of steps, one for each file.

Made by the rooms that plan (tidy, twins, health), shown by ui before anything happens, written down and carried out by the journal.
Frozen and plain: nothing here looks at a disk. All paths are absolute and lie in real folders; the last part may be a link.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

# The sorts of steps. Each can be taken back unless it says otherwise.
MOVE: Final = "move"
"""source gets the name target, which nothing has; to another drive by a proven copy. A link moves as a link and leads where it led."""
COPY: Final = "copy"
"""source is copied to target, which nothing has, and proven."""
WRITE: Final = "write"
"""The file target gets the bytes data (it may be new); the bytes it had are kept in the journal. data None: it goes."""
LINK: Final = "link"
"""target, which nothing has, becomes a symbolic link that leads to source."""
UNLINK: Final = "unlink"
"""target, a symbolic link, goes, so that its name is free for what the same act puts there. Taken back, it is there as it was."""
RELINK: Final = "relink"
"""target, a symbolic link that is there, leads to source from now on: relative if it was, absolute if it was."""
HARD: Final = "hard"
"""target, a file with the same bytes as source, becomes another name of it. Taken back, it has bytes of its own again."""
SHARE: Final = "share"
"""As HARD, but target shares the blocks of source and stays a file of its own (reflink); fails where the drive cannot."""
KIN: Final = "kin"
"""source is another name (hard link) of the file target, which this act moves to another drive, and stays. Nothing is done to it; taken
back, target becomes another name of it again."""
FOLDER: Final = "folder"
"""The folder target is made."""
NO_FOLDER: Final = "no folder"
"""The folder target goes, if it is empty."""
REMOVE: Final = "remove"
"""source is removed for good; this cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one file. sort: one of the constants above, which say what source, target and data are for it.

    planned: (size, mtime_ns) that the file which is changed (target of a WRITE, else source) had when it was looked at for the
    plan, ABSENT when it was not there; another file then is left alone. None: nothing was looked at. Two steps of an act must
    not concern one file: to change what moves, WRITE the new name and WRITE None to the old one.
    """

    sort: str
    source: str = ""
    target: str = ""
    data: bytes | None = None
    planned: tuple[int, int] | None = None


ABSENT: Final = (-1, 0)


@dataclass(frozen=True, slots=True)
class Act:
    """What becomes of one model (or one stray file): all of its steps or none.

    name: what a person calls it. before, after: where it is and will be, short ("loras / ink.safetensors"), for the sheet; after is
    "" when it stays where it is. path, new_path: the model file now and afterwards ("" when there is none). extra: files beside
    it that go along. note, tone: what is special ("name is taken, keeps both"), and how it is coloured: "", "info", "warn", "bad".
    size: bytes of all its files. comfy_before, comfy_after: what ComfyUI calls it, "" when it does not list it. model: id in the index.
    steps are in the order in which they are done: folders first, then the model, then what is beside it.
    """

    name: str
    steps: tuple[Step, ...]
    path: str = ""
    new_path: str = ""
    before: str = ""
    after: str = ""
    extra: int = 0
    note: str = ""
    tone: str = ""
    size: int = 0
    comfy_before: str = ""
    comfy_after: str = ""
    model: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """A model that a plan leaves as it is, and why; tone as in Act ("" where there is simply nothing to do)."""

    name: str
    before: str
    text: str
    tone: str = "bad"
    model: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that would happen. kind: a name of KINDS. title: what it is called in the sheet and in the history ("Organise 212
    models"). button: what the sheet's button says ("Move 211 models"). chips: short facts for the sheet ("same drive, no copying").
    foot: a sentence for the foot of the sheet. needs: bytes that must be free, by nearest folder that exists. warnings: sentences
    that stand above the list. can_undo: False when a step removes for good.
    """  # fmt: skip

    kind: str
    title: str
    button: str = ""
    acts: tuple[Act, ...] = ()
    refused: tuple[Refused, ...] = ()
    chips: tuple[str, ...] = ()
    foot: str = ""
    warnings: tuple[str, ...] = ()
    needs: dict[str, int] = field(default_factory=dict)
    can_undo: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing would happen."""
        return not self.acts


KINDS: Final = (
    *("move", "rename", "copy", "delete", "organise", "edit", "convert", "preview", "twins", "link away", "mend", "restore", "folders"),
)
HOLDING: Final = ("delete", "twins", "mend")  # those that may put files where deleted ones are held
HELD: Final = ".held"  # how the names of such files end

# States of a change in the history.
PLANNED, RUNNING, DONE, STOPPED, UNDOING, UNDONE = "planned", "running", "done", "stopped", "undoing", "undone"
"""STOPPED: ended before all acts were done, by the person; what was done stays and can be undone.
RUNNING or UNDOING without a process that works on it: a crash or kill interrupted it; it waits to be finished or rolled back."""

# What became of an act.
ACT_WAITS, ACT_DONE, ACT_FAILED, ACT_UNDONE = "waits", "done", "failed", "undone"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many acts there are, and in which state."""

    acts: int = 0
    done: int = 0
    failed: int = 0
    undone: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history. id grows. time: epoch seconds of its beginning. acts, done, failed, undone: numbers of acts.
    folders: which of these numbers are of acts that only make or remove folders. size: bytes of the files in it. note: a sentence on
    how it ended. is_interrupted: see STOPPED above. can_undo: whether anything of it can be taken back now."""  # fmt: skip

    id: int
    kind: str
    title: str
    time: float
    state: str
    acts: int = 0
    done: int = 0
    failed: int = 0
    undone: int = 0
    size: int = 0
    note: str = ""
    is_interrupted: bool = False
    can_undo: bool = False
    folders: Counts = Counts()

    @property
    def told(self) -> Counts:
        """Its numbers as people are told them: without folders, unless it is about nothing else."""
        less = Counts() if self.folders.acts == self.acts else self.folders
        return Counts(self.acts - less.acts, self.done - less.done, self.failed - less.failed, self.undone - less.undone)


class Outcome(NamedTuple):
    """What became of one act. number: its place in the change. text: why it failed, or what else there is to say."""

    number: int
    name: str
    state: str
    before: str = ""
    after: str = ""
    path: str = ""
    new_path: str = ""
    text: str = ""
    size: int = 0


@dataclass(slots=True)
class Report:
    """What a run of the journal came to. folders: real folders in which files came, went or changed, without those where
    deleted ones are held. moves: (from, to) of every model that has another path now, as it stands after the run. is_stopped: the person
    stopped it. note: a sentence on the whole, "" when there is nothing to say."""  # fmt: skip

    change: int
    title: str
    outcomes: list[Outcome] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    moves: list[tuple[str, str]] = field(default_factory=list)
    is_stopped: bool = False
    note: str = ""

    def count(self, state: str) -> int:
        """How many acts came to this."""
        return sum(outcome.state == state for outcome in self.outcomes)

    def counts(self, state: str) -> tuple[int, int]:
        """How many models (or files) came to this, and how many mere folders beside them; folders alone are told as the former."""
        found = [outcome for outcome in self.outcomes if outcome.state == state]
        folders = sum(not outcome.path for outcome in found)
        return (len(found) - folders, folders) if folders < len(found) else (folders, 0)
