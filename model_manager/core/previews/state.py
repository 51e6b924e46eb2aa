"""What `<stem>.info` remembers of a model's preview: locked or not, and how its picture is cut.

Called by the dialog's jobs, the model menu and bulk. It is written only when the person asked for something that must be remembered.
"""

import math
from typing import Any

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.previews.records import FILL, FIT, Look, PreviewState
from model_manager.core.sidecars.own_key import read_own, save_own
from model_manager.core.sidecars.turns import turn

NAME = "preview"
_OURS = frozenset(("locked", "fit", "focus", "zoom"))


def read_state(model_path: str) -> PreviewState:
    """Return what is remembered; what cannot be read or understood counts as not there."""
    try:
        found = read_own(model_path).get(NAME)
    except (BadSidecar, FileFault):
        return PreviewState()
    if not isinstance(found, dict):
        return PreviewState()
    return PreviewState(found.get("locked") is True, _look(found))


def save_state(model_path: str, state: PreviewState) -> None:
    """Remember `state`. Raises BadSidecar when the `.info` is not JSON, FileFault when it cannot be written; it is then as it was."""
    with turn(model_path):
        _save(model_path, state)


def _save(model_path: str, state: PreviewState) -> None:
    before = read_own(model_path).get(NAME)
    values = {key: value for key, value in before.items() if key not in _OURS} if isinstance(before, dict) else {}
    if state.is_locked:
        values["locked"] = True
    if state.look is not None:
        values |= {"fit": state.look.fit, "focus": [round(part, 4) for part in state.look.focus]}
        if state.look.zoom > 1:
            values["zoom"] = round(state.look.zoom, 4)
    save_own(model_path, NAME, values or None)


def _look(found: dict[str, Any]) -> Look | None:
    if found.get("fit") not in (FILL, FIT):
        return None
    focus, zoom = found.get("focus"), _number(found.get("zoom"), 1.0)
    parts = focus if isinstance(focus, list) and len(focus) == 2 else [None, None]
    usual = Look()
    x, y = (min(max(_number(part, other), 0.0), 1.0) for part, other in zip(parts, usual.focus, strict=True))
    return Look(found["fit"], (x, y), max(1.0, zoom))


def _number(value: object, other: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return other
