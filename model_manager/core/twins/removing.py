"""Plans to keep some files of each group and remove the others: they go to "Recently deleted", from where they can be brought back.

Called by the window's jobs and the command line with groups that a search found. It looks at the files again, since time passed, and
never changes anything. What a person wrote beside a file that goes is taken over by the one that stays, as far as that says nothing itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from model_manager.core.amounts import size_text
from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.journal.steps import Act, Plan, Refused
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import label
from model_manager.core.tidy.held import plan_delete
from model_manager.core.tidy.moving import is_part
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.twins import inheriting
from model_manager.core.twins.linking import Choice, kept_in, names_of, trouble
from model_manager.core.twins.listing import is_part as is_shard
from model_manager.core.twins.losing import lost_words
from model_manager.core.twins.records import SAME_NAME, SAME_WEIGHTS, Group, Member
from model_manager.core.words import tr, trn


def plan_remove(choices: Sequence[Choice], index: Path) -> Plan:
    """Return the plan to remove what is not kept. A group is left alone when what stays is not what it was. Raises IndexFault."""
    removal = _Removal(kept_in(choices))
    for choice in choices:
        removal.add(choice)
    by_id = {one.other.id: one for one in removal.going}
    looked, refused = subjects(index, list(by_id))
    found = [one for one in looked if one.real == by_id[one.id].other.real]
    with Index(index) as opened:
        plan = plan_delete(found, opened.roots(), refused=(*removal.refused, *refused))
    acts = tuple(_noted(act, by_id[act.model]) if act.model in by_id else act for act in plan.acts)
    gone = {act.model for act in acts}
    going = [one for one in removal.going if one.other.id in gone]
    taken, troubles = _taken_over(going, {one.id: one for one in found}, index)
    won = sum(one.other.frees for one in going)
    return replace(
        plan, kind="twins", title=trn("Remove {count} duplicate", "Remove {count} duplicates", len(acts)),
        button=trn("Remove {count} file", "Remove {count} files", len(acts)), acts=(*taken, *acts), refused=(*plan.refused, *troubles),
        chips=(*plan.chips, tr("{size} to be won when it is emptied", size=size_text(won))) if acts else (),
        warnings=(*plan.warnings, *_warnings(going, found)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Going:
    """A member that goes, and the one that stays in its place."""

    group: Group
    other: Member
    main: Member


@dataclass(slots=True)
class _Removal:
    kept: Collection[int]
    going: list[_Going] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)

    def add(self, choice: Choice) -> None:
        """Plan one group."""
        main = choice.main
        if main is None:
            return
        reason = trouble(main) or _unsafe(main, choice.others)
        for other in choice.others:
            if other.id in self._taken:
                continue
            self._taken.add(other.id)
            text = reason or trouble(other)
            if other.id in self.kept:
                text = tr("It is kept in another group.")
            if text:
                self.refused.append(Refused(other.name, names_of(other, main)[0], text, model=other.id))
            else:
                self.going.append(_Going(choice.group, other, main))


def _unsafe(main: Member, others: Sequence[Member]) -> str:
    """Why nothing may go: what stays is a link, which may lead to one of them."""
    return tr("What would stay is only a link. Keep the file that it leads to.") if main.is_link and others else ""


def _noted(act: Act, going: _Going) -> Act:
    """Say what is special about one that goes."""
    other, main = going.other, going.main
    notes = [act.note] if act.note else []
    tone = act.tone
    if going.group.sort == SAME_NAME and not going.group.equal:
        notes.append(tr("holds something else than what stays"))
        tone = "bad"
    elif other.content != main.content and (lost := lost_words(main.real, other.real)):
        notes.append(lost)
        tone = tone if tone == "bad" else "warn"
    if other.kind != main.kind:
        notes.append(tr("was listed as {kind}", kind=label(other.kind)))
        tone = tone if tone == "bad" else "warn"
    return replace(act, note=" · ".join(notes) or tr("{path} stays", path=names_of(main, other)[0]), tone=tone)


def _taken_over(going: Sequence[_Going], found: Mapping[int, Subject], index: Path) -> tuple[list[Act], list[Refused]]:
    """What the ones that stay take over of those that go, an act each; and what could not be read."""
    by_main: dict[int, list[_Going]] = {}
    for one in going:
        if one.other.id in found:
            by_main.setdefault(one.main.id, []).append(one)
    mains, _ = subjects(index, list(by_main))
    acts: list[Act] = []
    refused: list[Refused] = []
    for main in mains:
        ones = by_main[main.id]
        try:
            act = inheriting.act_of(main, [found[one.other.id] for one in ones], names_of(ones[0].main, ones[0].other)[0])
        except (BadSidecar, FileFault) as fault:
            text = tr("What was written beside the files that go could not be taken over: {reason}", reason=fault.text)
            refused.append(Refused(main.name, names_of(ones[0].main, ones[0].other)[0], text, "warn", main.id))
        else:
            acts += [act] if act is not None else []
    return acts, refused


def _warnings(going: Sequence[_Going], found: Sequence[Subject]) -> list[str]:
    warnings = []
    if count := sum(is_part(one) or is_shard(one.file) for one in found):
        text = trn("{count} file is a part of a model in several files, which cannot be loaded without it.",
                   "{count} files are parts of models in several files, which cannot be loaded without them.", count)  # fmt: skip
        warnings.append(text)
    if count := sum(one.other.has_preview and not one.main.has_preview for one in going):
        text = trn("{count} file has a preview, and the one that stays has none.",
                   "{count} files have previews, and those that stay have none.", count)  # fmt: skip
        warnings.append(text)
    if any(one.group.sort == SAME_WEIGHTS for one in going):
        warnings.append(tr("The weights are the same, but not the files: metadata such as training data goes with those that are removed."))
    if any(one.other.kind != one.main.kind for one in going):
        warnings.append(tr("Some are in another category than what stays. Loaders of that category will not list them any more."))
    return warnings
