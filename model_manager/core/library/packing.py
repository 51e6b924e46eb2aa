"""Frozen records as short JSON text for the index, and back.

Only fields that differ from their default are kept, so a model of which nothing is known costs two letters.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from model_manager.core.library.entry import Details, Facts, Problem
from model_manager.core.library.index import damaged

_encode = json.JSONEncoder(separators=(",", ":"), default=dict).encode  # json.dumps would make a new encoder for each record
_quoted = json.encoder.encode_basestring_ascii


@cache
def _fields(cls: type[Facts | Details]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], tuple[Any, ...]]:
    """Names, a getter of all values at once, and the defaults."""
    names = tuple(one.name for one in fields(cls))
    values = attrgetter(*names)
    return names, values, values(cls())


def pack(record: Facts | Details) -> str:
    """Return the record as JSON text (ASCII only, so that odd letters of a header cannot break the index)."""
    names, values, defaults = _fields(type(record))  # type: ignore[arg-type]
    kept = {name: value for name, value, default in zip(names, values(record), defaults, strict=True) if value != default}
    if "problems" in kept:
        kept["problems"] = [(problem.code, problem.text) for problem in kept["problems"]]
    parts = [f'"{name}":{_quoted(value) if type(value) is str else _encode(value)}' for name, value in kept.items()]
    return f"{{{','.join(parts)}}}"


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _values(text: str) -> dict[str, Any]:
    return {name: _frozen(value) for name, value in json.loads(text).items()}


def unpack_facts(text: str) -> Facts:
    """The Facts that `pack` made `text` of; raises IndexDamaged when it made none such."""
    try:
        return Facts(**_values(text)) if text != "{}" else Facts()
    except (TypeError, ValueError, AttributeError) as fault:
        raise damaged(fault) from fault


def unpack_details(text: str) -> Details:
    """The Details that `pack` made `text` of; raises IndexDamaged when it made none such."""
    try:
        values = _values(text)
        values["problems"] = tuple(Problem(*pair) for pair in values.get("problems", ()))
        return Details(**values)
    except (TypeError, ValueError, AttributeError) as fault:
        raise damaged(fault) from fault
