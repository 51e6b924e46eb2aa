"""What people noted in other programs, taken into this program's own files so that it stays when theirs go.

Called for a selection or the whole library. It reads Lora Manager's favourites, notes, tags and strength, the web UI's notes and
activation text, and Stability Matrix' titles; those are shown as they are, too, as long as their files are there. It writes nothing.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.journal.steps import Plan, Refused
from model_manager.core.library.entry import Details, Facts
from model_manager.core.sidecars import cm_info, lora_manager, webui
from model_manager.core.sidecars.layer import Layer, labels, mapping
from model_manager.core.sidecars.merge import read_both
from model_manager.core.sidecars.notes import read_notes
from model_manager.core.sidecars.own_values import Edits, family_of
from model_manager.core.sidecars.own_wishes import joined_words
from model_manager.core.sidecars.reading import JSON_LIMIT, parse_object, read_bytes, unreadable
from model_manager.core.sidecars.record import Record, record_of, without_ours
from model_manager.core.sidecars.suffixes import CM_INFO, INFO, LORA_MANAGER, WEBUI, stem_of
from model_manager.core.tidy.editing import plan_each
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

_READERS = {WEBUI: webui.layers, LORA_MANAGER: lora_manager.layers, CM_INFO: cm_info.layers}


def plan_import(subjects: Iterable[Subject], refused: Sequence[Refused] = (), work: Work | None = None) -> Plan:
    """Return the plan that writes into `.info` and the notes what other programs' files say of these models and ours do not yet.

    What the person set here already stays; notes are put below those that are there. Fetched values in those files are left alone.
    """
    wanted: list[tuple[Subject, Edits]] = []
    told = list(refused)
    for subject in subjects:
        if work is not None:
            work.check()
        try:
            values = noted_elsewhere(subject)
        except (BadSidecar, FileFault) as fault:
            told.append(Refused(subject.name, subject.path, fault.text, model=subject.id))
            continue
        if values:
            wanted.append((subject, Edits(values, pins=True)))
    title = trn("Take in notes of {count} model", "Take in notes of {count} models", len(wanted))
    plan = plan_each(wanted, title, told, work)
    foot = tr("What you noted in other programs is written into this program's own files. Theirs stay as they are.")
    return replace(plan, foot=foot)


def noted_elsewhere(subject: Subject) -> dict[str, object]:
    """Return the values to be taken over for one model, {} for none. Raises BadSidecar and FileFault."""
    folder, model = os.path.split(subject.real)
    family = family_of(folder, model, subject.names)
    found: dict[str, object] = {}
    notes: list[str] = []
    record = _record(folder, model, family.sidecars)
    shown, _ = read_both(folder, model, family, Facts())
    for name in family.sidecars:
        suffix = name[len(stem_of(model)) :].lower()
        if suffix not in _READERS:
            continue
        data = without_ours(_object(os.path.join(folder, name)), record.marks.get(suffix, {}))
        mine = _READERS[suffix](data, model)[0].layer
        for field, value in _values(mine, shown).items():
            found.setdefault(field, value)
        notes += [text for text in (mine.get("notes", ""),) if text and text not in notes]
        added = _added_tags(data) if suffix == LORA_MANAGER else set()
        if added and (shown.sources.get("tags") == name or not added <= set(shown.tags)):
            found["tags"] = joined_words(shown.tags, labels(data.get("tags")), ())
    return found | _notes(notes, folder, model)


def _values(mine: Layer, shown: Details) -> dict[str, object]:
    """Return what a program's person said in this layer and has no value of ours against it."""
    weight = dict(mine.get("recommended", ())).get(tr("Weight"), "")
    told: dict[str, Any] = {
        "name": mine.get("name", ""),
        "favourite": mine.get("favourite", False),
        "trigger_words": mine.get("trigger_words", ()),
        "strength": weight,
    }
    return {field: value for field, value in told.items() if value and field not in shown.own}


def _added_tags(data: dict[str, Any]) -> set[str]:
    """Return the tags of Lora Manager's file that are not Civitai's own, which it keeps beside them."""
    return set(labels(data.get("tags"))) - set(labels(mapping(mapping(data.get("civitai")).get("model")).get("tags")))


def _notes(notes: list[str], folder: str, model: str) -> dict[str, object]:
    body = read_notes(folder, model).strip()
    new = [text for text in notes if text not in body]
    return {"notes": "\n\n".join(filter(None, (body, *new)))} if new else {}


def _record(folder: str, model: str, sidecars: Sequence[str]) -> Record:
    stem = stem_of(model)
    name = next((one for one in sidecars if one[len(stem) :].lower() == INFO), "")
    return record_of(_object(os.path.join(folder, name))) if name else Record()


def _object(path: str) -> dict[str, Any]:
    name = os.path.basename(path)
    try:
        return parse_object(name, read_bytes(path, JSON_LIMIT))
    except (OSError, ValueError) as error:
        raise FileFault(unreadable(name, error)) from error
