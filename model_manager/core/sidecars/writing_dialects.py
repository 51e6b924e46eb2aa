"""The new bytes of each sidecar: what was told, put into what is there, in the encoding and indentation its own program uses.

Called by writing's plan. Nothing here touches the disk; what must not be written raises BadSidecar.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from model_manager.core.errors import BadSidecar
from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.json_text import Raw, dumped, value_text, with_values
from model_manager.core.sidecars.keeping import Kept, keep, mark
from model_manager.core.sidecars.own_key import KEY
from model_manager.core.sidecars.own_object import USER_KEY
from model_manager.core.sidecars.reading import JSON_LIMIT, decode, parse_object, too_large
from model_manager.core.sidecars.record import NAME, Marks, Record
from model_manager.core.sidecars.speaks_of import speaks_of_other
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, CM_INFO, INFO, LORA_MANAGER, NOTES, WEBUI
from model_manager.core.sidecars.surroundings import Surroundings
from model_manager.core.sidecars.writing_info import info_kept
from model_manager.core.sidecars.writing_notes import front_of, notes_bytes
from model_manager.core.sidecars.writing_others import (
    LORA_WORDS,
    Target,
    cm_imported,
    cm_repaired,
    cm_told,
    helper_told,
    lora_before,
    lora_repaired,
    lora_told,
    webui_before,
    webui_told,
)
from model_manager.core.words import tr

_INFO_INDENT = 4  # the seed's downloader


def require_ours(name: str, data: Mapping[str, Any], target: Target, fetched: Fetched, last: str = "") -> None:
    """Raise BadSidecar when a sidecar that two models share speaks of the other one."""
    if speaks_of_other(data, target.name, fetched.hashes(target.sha256), target.sharing, last):
        other = ", ".join(target.sharing)
        raise BadSidecar(
            tr("{file} was left as it is: it speaks of {other}, which has the same name. Rename one of the two.", file=name, other=other)
        )


# `.info`


def new_info(beside: Surroundings, before: Mapping[str, Any], old: Record, new: Record, target: Target, fetched: Fetched) -> bytes | None:
    """Return the new `.info`, None when it says all of it already; completes the marks of `new`. before: its values now."""
    name, data = beside.name(INFO), beside.contents.get(INFO)
    kept, moved = info_kept(before, fetched, target.sha256, target.name, old.marks.get(INFO, {}), old.is_other(new))
    new.marks[INFO] = kept.marks
    own = before.get(KEY)
    if not (kept.changes or kept.gone or moved) and new.values() | {"time": 0} == old.values() | {"time": 0}:
        return None
    values = kept.changes | dict.fromkeys(kept.gone)
    mine = (own if isinstance(own, dict) else {}) | {NAME: new.values()}
    if data is None:
        return (dumped({**values, KEY: mine}, _INFO_INDENT) + "\n").encode()
    text = decode(data)[0].lstrip("\ufeff")
    if moved:
        user = value_text(name, text, USER_KEY)
        values[USER_KEY] = Raw(with_values(name, user, moved)) if user.startswith("{") else moved
    return _small(name, with_values(name, text, {**values, KEY: mine}).encode("utf-8", "replace"))


def marked_info(beside: Surroundings, before: Mapping[str, Any], record: Record) -> bytes:
    """Return `.info` with another record in our own object, and everything else as it is. Raises BadSidecar."""
    name, data, own = beside.name(INFO), beside.contents.get(INFO), before.get(KEY)
    mine = (own if isinstance(own, dict) else {}) | {NAME: record.values()}
    if data is None:
        return (dumped({KEY: mine}, _INFO_INDENT) + "\n").encode()
    return _small(name, with_values(name, decode(data)[0].lstrip("\ufeff"), {KEY: mine}).encode("utf-8", "replace"))


def _small(name: str, data: bytes) -> bytes:
    """Return the bytes unless they are more than we would read again."""
    if len(data) > JSON_LIMIT:
        raise BadSidecar(too_large(name, JSON_LIMIT))
    return data


# `.md`


def new_notes(beside: Surroundings, target: Target, fetched: Fetched, marks: Marks, is_other: bool) -> tuple[bytes | None, Marks]:
    """Return the new `.md`, None when it says all of it already, and the marks of its front matter."""
    name, data = beside.name(NOTES), beside.contents.get(NOTES)
    if target.sharing and data is not None:
        require_ours(name, front_of(name, data), target, fetched)
    new, kept = notes_bytes(name, data, fetched, target.sha256, marks, is_other)
    return (None if new == (data or b"") else new), kept.marks


# the files of other programs


def _helper(before: dict[str, Any], target: Target, fetched: Fetched, marks: Marks, is_other: bool) -> tuple[dict[str, Any], Kept]:
    kept = keep(before, helper_told(fetched), marks, (), is_other)
    return _changed(before, kept), kept


def _stability(before: dict[str, Any], target: Target, fetched: Fetched, marks: Marks, is_other: bool) -> tuple[dict[str, Any], Kept]:
    told = cm_told(fetched, target)
    told["ImportedAt"] = cm_imported(before, told["ImportedAt"])
    kept = keep(before, told, marks, (), is_other)
    return cm_repaired(_changed(before, kept), told), kept


def _lora(before: dict[str, Any], target: Target, fetched: Fetched, marks: Marks, is_other: bool) -> tuple[dict[str, Any], Kept]:
    told = lora_told(fetched, target)
    if type(modified := before.get("modified")) in (int, float) and modified:  # the time it was added
        told["modified"] = modified
    kept = keep(lora_before(before, target), told, marks, LORA_WORDS, is_other)
    is_ours = "civitai" in before and marks.get("civitai") == mark(before["civitai"])
    found = lora_repaired(_changed(before, kept), told, {} if is_ours else before)
    if found is None:
        raise BadSidecar(
            tr(
                "{file} was not written: Lora Manager needs the model's SHA-256 and size, which are not known yet.",
                file=target.stem + LORA_MANAGER,
            )
        )
    return found, kept


def _webui(before: dict[str, Any], target: Target, fetched: Fetched, marks: Marks, is_other: bool) -> tuple[dict[str, Any], Kept]:
    told = webui_told(fetched)
    kept = keep(webui_before(before), told, marks, told, is_other)
    return _changed(before, kept), kept


def _changed(before: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    return {key: value for key, value in before.items() if key not in kept.gone} | kept.changes


class Dialect(NamedTuple):
    """How one program's file is made: put together, indented, in ASCII or not; is_civitai_only: it knows nothing of other sites."""

    make: Callable[[dict[str, Any], Target, Fetched, Marks, bool], tuple[dict[str, Any], Kept]]
    indent: int | None
    is_ascii: bool = False
    is_civitai_only: bool = False


DIALECTS = {
    CIVITAI_INFO: Dialect(_helper, 4, True, True),  # read in the code page of the system
    CM_INFO: Dialect(_stability, None),
    LORA_MANAGER: Dialect(_lora, 2),
    WEBUI: Dialect(_webui, 4),
}


def new_object(
    suffix: str, beside: Surroundings, target: Target, fetched: Fetched, marks: Marks, is_other: bool
) -> tuple[bytes | None, Marks]:
    """Return the new file of another program, None when there is nothing to write, and the marks of our values in it."""
    dialect, name, data = DIALECTS[suffix], beside.name(suffix), beside.contents.get(suffix)
    if dialect.is_civitai_only and not fetched.version_id:
        return None, marks
    before = parse_object(name, data, suffix == CIVITAI_INFO) if data is not None else {}
    require_ours(name, before, target, fetched)
    found, kept = dialect.make(before, target, fetched, marks, is_other)
    new_marks = {key: mark(found[key]) for key in kept.marks if key in found}
    if found == before or not found:
        return None, new_marks
    text = json.dumps(found, indent=dialect.indent) if dialect.is_ascii else dumped(found, dialect.indent)
    return _small(name, text.encode("utf-8", "replace")), new_marks
