"""Plans to let several files share the bytes of one: as names of one file (hard links), or as files of their own that share blocks.

Called by the window's jobs and the command line with groups that a search found. It looks at the files again, since time passed, and
never changes anything; what it plans is done by carrying, which compares all bytes first.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from model_manager.core.amounts import size_text
from model_manager.core.errors import FileFault
from model_manager.core.hashes.compute import mark_of
from model_manager.core.journal.steps import HARD, Act, Plan, Refused, Step
from model_manager.core.paths import long_path
from model_manager.core.twins.records import SAME_FILE, SAME_WEIGHTS, Group, Member
from model_manager.core.words import tr, trn


class Choice(NamedTuple):
    """What a person decided on a group. kept: ids of the members that stay as they are, at least one."""

    group: Group
    kept: frozenset[int]

    @property
    def main(self) -> Member | None:
        """The member of which the others become names, or that takes over what was written beside them."""
        kept = [one for one in self.group.members if one.id in self.kept]
        return next((one for one in kept if one.id == self.group.keep), kept[0] if kept else None)

    @property
    def others(self) -> list[Member]:
        """The members that are not kept."""
        return [one for one in self.group.members if one.id not in self.kept]


def as_suggested(group: Group) -> Choice:
    """The choice to keep what the search suggests."""
    return Choice(group, frozenset((group.keep,)) if group.keep else frozenset(one.id for one in group.members))


def short(member: Member) -> str:
    """A member's place as people read it: "loras / style / ink.safetensors"."""
    if not member.root or not member.path.startswith(member.root):
        return member.path
    return " / ".join([os.path.basename(member.root), *member.path[len(member.root) :].strip(os.sep).split(os.sep)])


def names_of(one: Member, other: Member) -> tuple[str, str]:
    """The places of two members, in full where they would read the same."""
    return (short(one), short(other)) if short(one) != short(other) else (one.path, other.path)


def plan_link(choices: Sequence[Choice], how: str = HARD) -> Plan:
    """Return the plan to let what is not kept share the bytes of what is. how: HARD or SHARE. Only what is surely the same is linked."""
    plans = _Links(how, kept_in(choices))
    for choice in choices:
        plans.add(choice)
    acts, won = tuple(plans.acts), sum(act.size for act in plans.acts)
    return Plan(
        "twins", trn("Link {count} duplicate", "Link {count} duplicates", len(acts)),
        trn("Link {count} file", "Link {count} files", len(acts)), acts, tuple(plans.refused), _chips(acts, won, how),
        tr("All names stay, and ComfyUI lists them as before."), (_warning(how),) if acts else (),
    )  # fmt: skip


def kept_in(choices: Sequence[Choice]) -> frozenset[int]:
    """The models that some choice keeps: no other one may take them away."""
    return frozenset().union(*(choice.kept for choice in choices))


def trouble(member: Member) -> str:
    """Why a member is not what the search saw, "" when it is. Looks at the disk."""
    try:
        mark = mark_of(member.real)
    except FileFault as fault:
        return fault.text
    if (mark.size, mark.mtime_ns) != (member.size, member.mtime_ns) or (member.inode and mark.inode != member.inode):
        return tr("It has changed since the search. Look for duplicates again.")
    return ""


@dataclass(slots=True)
class _Links:
    how: str
    kept: Collection[int]
    acts: list[Act] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def add(self, choice: Choice) -> None:
        """Plan one group."""
        source = choice.main
        if source is None:
            return
        reason = trouble(source)
        for other in choice.others:
            if other.real in self._taken:
                continue
            self._taken.add(other.real)
            if text := reason or self._reason(choice.group, source, other):
                self.refused.append(Refused(other.name, names_of(other, source)[0], text, model=other.id))
            else:
                self.acts.append(self._act(source, other))

    def _reason(self, group: Group, source: Member, other: Member) -> str:
        if other.id in self.kept:
            return tr("It is kept in another group.")
        if group.sort == SAME_WEIGHTS and source.content != other.content:
            return tr("Its weights are the same, its metadata is not: a link would replace it. Remove it, or keep both.")
        if group.equal != SAME_FILE and source.content != other.content:
            return tr("It holds something else.")
        if text := trouble(other):
            return text
        if source.is_link or other.is_link:
            return tr("It is a link already.")
        if _is_one_file(source, other):
            return tr("It is one file already.")
        if other.device != source.device:
            return tr("It is on another drive than {path}. Only a symbolic link can lead there.", path=short(source))
        if other.links > 1:
            return tr("It has {count} names, which would be divided. Keep this one, and link the others to it.", count=other.links)
        return ""

    def _act(self, source: Member, other: Member) -> Act:
        place, kept = names_of(other, source)
        note = tr("one file with {path}", path=kept) if self.how == HARD else tr("shares the bytes of {path}", path=kept)
        step = Step(self.how, source.real, other.real, planned=(other.size, other.mtime_ns))
        return Act(
            other.name, (step,), other.real, other.real, place, note=note, tone="info", size=other.allocated,
            comfy_before=other.comfy, comfy_after=other.comfy, model=other.id,
        )  # fmt: skip


def _is_one_file(one: Member, other: Member) -> bool:
    try:
        return os.path.samefile(long_path(one.real), long_path(other.real))
    except OSError:
        return False


def _chips(acts: Sequence[Act], won: int, how: str) -> tuple[str, ...]:
    if not acts:
        return ()
    amount = tr("{size} to be won", size=size_text(won)) if how == HARD else tr("up to {size} to be won", size=size_text(won))
    return trn("{count} file", "{count} files", len(acts)), amount, tr("same drive, no copying")


def _warning(how: str) -> str:
    if how == HARD:
        return tr("Linked files are one file from then on: a program that writes into one of them changes it under all its names.")
    return tr("Only some kinds of drives can share blocks between files (Btrfs, XFS, APFS, ReFS). On others nothing is changed.")
