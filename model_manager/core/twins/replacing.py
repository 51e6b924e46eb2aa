"""Plans to put a symbolic link in the place of a file, to another one with the same bytes or weights, also on another drive.

Called by the window's jobs and the command line, only where a person asked for just that. What was there goes to "Recently deleted"; what
is beside it stays. It looks at the files again and never changes anything.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import LINK, Act, Plan, Refused, Step
from model_manager.core.library.index import Index
from model_manager.core.tidy.held import plan_delete
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.twins.linking import Choice, kept_in, names_of, trouble
from model_manager.core.twins.losing import lost_words
from model_manager.core.twins.records import SAME_FILE, SAME_WEIGHTS, Group, Member
from model_manager.core.words import tr, trn


def plan_replace(choices: Sequence[Choice], index: Path) -> Plan:
    """Return the plan to put links to what is kept in the place of what is not. Raises IndexFault."""
    kept, going, refused = kept_in(choices), dict[int, tuple[Member, Member]](), list[Refused]()
    for choice in choices:
        main = choice.main
        if main is None:
            continue
        reason = trouble(main) or (tr("What would stay is only a link. Keep the file that it leads to.") if main.is_link else "")
        for other in choice.others:
            if text := reason or _reason(choice.group, main, other, other.id in kept):
                refused.append(Refused(other.name, names_of(other, main)[0], text, model=other.id))
            else:
                going.setdefault(other.id, (other, main))
    looked, missing = subjects(index, list(going))
    found = [_alone(one) for one in looked if one.real == going[one.id][0].real]
    with Index(index) as opened:
        plan = plan_delete(found, opened.roots(), refused=(*refused, *missing))
    acts = tuple(_linked(act, *going[act.model]) for act in plan.acts if act.model in going)
    won = sum(going[act.model][0].frees for act in acts)
    return replace(
        plan, kind="twins", title=trn("Replace {count} duplicate by a link", "Replace {count} duplicates by links", len(acts)),
        button=trn("Replace {count} file", "Replace {count} files", len(acts)), acts=acts,
        chips=(*plan.chips, tr("{size} to be won when it is emptied", size=size_text(won))) if acts else (),
        warnings=(*plan.warnings, *_warnings([going[act.model] for act in acts])),
    )  # fmt: skip


def _reason(group: Group, main: Member, other: Member, is_kept: bool) -> str:
    if is_kept:
        return tr("It is kept in another group.")
    if other.content != main.content and SAME_WEIGHTS not in (group.sort, group.equal) and group.equal != SAME_FILE:
        return tr("It holds something else.")
    return tr("It is a link already.") if other.is_link else trouble(other)


def _alone(subject: Subject) -> Subject:
    """The model without what is beside it, which stays where it is."""
    return replace(subject, names=subject.names[:1], sizes=subject.sizes[:1], marks=subject.marks[:1], shares=(), shared=())


def _linked(act: Act, other: Member, main: Member) -> Act:
    """The act of a deletion, with a link put in the place of the file."""
    lost = lost_words(main.real, other.real) if main.content != other.content else ""
    note = " · ".join(filter(None, (tr("a link to {path}", path=names_of(main, other)[0]), lost)))
    steps = (*act.steps, Step(LINK, main.real, other.real))
    return replace(act, steps=steps, after="", note=note, tone="warn" if lost else "info", comfy_after=act.comfy_before)


def _warnings(going: Sequence[tuple[Member, Member]]) -> list[str]:
    warnings = []
    if count := sum(other.device != main.device for other, main in going):
        text = trn("{count} link leads to another drive. While that is away, the model is, too.",
                   "{count} links lead to another drive. While that is away, the models are, too.", count)  # fmt: skip
        warnings.append(text)
    if any(other.content != main.content for other, main in going):
        warnings.append(tr("Some have the same weights and other metadata. Through the link only the metadata of what stays is seen."))
    return warnings
