"""What a file that stays takes over from its duplicates that go: notes, tags, favourite, and whatever else a person wrote there.

Called by removing. The one that stays is always right: only what it does not say itself is taken over, and words are added to its own.
It reads sidecars and must never write; the act holds the new bytes.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from model_manager.core.journal.steps import Act
from model_manager.core.library.entry import FieldValue
from model_manager.core.sidecars.own_values import Edits, family_of, field_values
from model_manager.core.tidy.editing import steps_of
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr

_ADDED = ("tags", "collections", "notes", "favourite", "rating")


def act_of(main: Subject, others: Sequence[Subject], before: str) -> Act | None:
    """Return the act by which `main` takes over what is written beside `others`, None when that is nothing.

    before: where it is, for the sheet. Raises BadSidecar or FileFault when something of it cannot be read; nothing is taken over then.
    """
    own = _values(main)
    theirs = [_values(one) for one in others]
    edits = _edits(own, theirs)
    steps = steps_of(main, edits)
    if not steps:
        return None
    fields = [*edits.values, *(name for name, words in (("tags", edits.add_tags), ("collections", edits.add_collections)) if words)]
    note = tr("takes over {fields}", fields=", ".join(map(_field_words, fields)))
    size = sum(len(step.data or b"") for step in steps)
    return Act(main.name, steps, main.real, main.real, before, note=note, tone="info", size=size, model=main.id)


def _values(subject: Subject) -> dict[str, FieldValue]:
    """What is said of a model. Raises FileFault when its notes or values cannot be read."""
    folder, name = os.path.split(subject.real)
    family = family_of(folder, name, subject.names)
    return field_values(folder, name, family, subject.facts)


def _edits(own: dict[str, FieldValue], theirs: Sequence[dict[str, FieldValue]]) -> Edits:
    values: dict[str, object] = {}
    for name, value in own.items():
        told = [one[name].shown for one in theirs if one[name].is_own and one[name].shown]
        if name not in _ADDED and told and not value.is_own and told[0] != value.shown:
            values[name] = told[0]
    if not own["favourite"].shown and any(one["favourite"].shown for one in theirs):
        values["favourite"] = True
    if not own["rating"].shown and (rating := max((_number(one["rating"].shown) for one in theirs), default=0)):
        values["rating"] = rating
    if notes := _notes(own["notes"], [one["notes"] for one in theirs]):
        values["notes"] = notes
    return replace(Edits(values), add_tags=_words("tags", own, theirs), add_collections=_words("collections", own, theirs))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _notes(own: FieldValue, theirs: Sequence[FieldValue]) -> str:
    """The notes of all of them, each once, "" when the own ones say it all already."""
    found = str(own.shown).strip()
    before = found
    for one in theirs:
        text = str(one.shown).strip() if one.is_own else ""
        if text and text not in found:
            found = f"{found}\n\n{text}" if found else text
    return found if found != before else ""


def _words(name: str, own: dict[str, FieldValue], theirs: Sequence[dict[str, FieldValue]]) -> tuple[str, ...]:
    """Words that persons gave to those that go and that the one that stays has not."""
    known = {str(word).casefold() for word in _list(own[name].shown)}
    found: dict[str, str] = {}
    for one in theirs:
        fetched = {str(word).casefold() for word in _list(one[name].fetched)}
        for word in map(str, _list(one[name].shown)):
            if one[name].is_own and word.casefold() not in known and word.casefold() not in fetched:
                found.setdefault(word.casefold(), word)
    return tuple(found.values())


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, tuple) else ()


def _field_words(name: str) -> str:
    return {
        "notes": tr("notes"), "tags": tr("tags"), "collections": tr("collections"), "favourite": tr("favourite"), "rating": tr("rating"),
        "name": tr("name"), "colour": tr("colour"),
    }.get(name, tr("your {field}", field=name.replace("_", " ")))  # fmt: skip
