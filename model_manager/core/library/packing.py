"""Frozen records as short JSON text for the index, and back.

Only fields that differ from their default are kept, so a model of which nothing is known costs two letters.
"""

import json
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

from model_manager.core.library.entry import Details, Facts, Problem


@cache
def _defaults(cls: type[Facts | Details]) -> tuple[tuple[str, Any], ...]:
    pairs = []
    for one in fields(cls):
        factory = one.default_factory
        pairs.append((one.name, factory() if factory is not MISSING else one.default))
    return tuple(pairs)


def pack(record: Facts | Details) -> str:
    """Return the record as JSON text (ASCII only, so that odd letters of a header cannot break the index)."""
    kept: dict[str, Any] = {}
    for name, default in _defaults(type(record)):  # type: ignore[arg-type]
        value = getattr(record, name)
        if value != default:
            kept[name] = value
    if "problems" in kept:
        kept["problems"] = [(problem.code, problem.text) for problem in kept["problems"]]
    return json.dumps(kept, default=dict, separators=(",", ":")) if kept else "{}"


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _values(text: str) -> dict[str, Any]:
    return {name: _frozen(value) for name, value in json.loads(text).items()}


def unpack_facts(text: str) -> Facts:
    """The Facts that `pack` made `text` of."""
    return Facts(**_values(text)) if text != "{}" else Facts()


def unpack_details(text: str) -> Details:
    """The Details that `pack` made `text` of."""
    values = _values(text)
    values["problems"] = tuple(Problem(*pair) for pair in values.get("problems", ()))
    return Details(**values)
