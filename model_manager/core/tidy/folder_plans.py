"""Plans about folders themselves: another extra_model_paths.yaml, a folder that is to be made.

Called by the bridge for the page of folders. Looks at the disk and changes nothing.
"""

import os

from model_manager.core.errors import BadConfig
from model_manager.core.journal.steps import FOLDER, WRITE, Act, Plan, Refused, Step
from model_manager.core.library import extra_paths
from model_manager.core.paths import long_path
from model_manager.core.words import tr, trn

KIND = "folders"


def plan_yaml(path: str, before: str, after: str) -> Plan:
    """Return the plan that writes `after` into the file, which must still hold `before` ("" when it was not there)."""
    name = os.path.basename(path)
    title, button = tr("Change {name}", name=name), tr("Save")
    if before == after:
        return Plan(KIND, title, button)
    try:
        now = extra_paths.text_of(path) if os.path.lexists(long_path(path)) else ""
        read = extra_paths.parse(after, os.path.abspath(path))
    except BadConfig as fault:
        return Plan(KIND, title, button, refused=(Refused(name, path, fault.text),))
    if now != before:
        text = tr("This file was changed by somebody else meanwhile. Nothing was written: open it again.")
        return Plan(KIND, title, button, refused=(Refused(name, path, text),))
    data = after.encode()
    target = os.path.realpath(path)  # a link to it stays one
    note = trn("{count} folder in it", "{count} folders in it", len(read.paths))
    warnings = tuple(tr("Line {line}: {text}", line=one.line, text=one.text) for one in read.problems)
    act = Act(name, (Step(WRITE, target=target, data=data),), before=path, note=note, size=len(data))
    foot = tr("ComfyUI reads this file when it starts. All other lines stay as they are.")
    return Plan(KIND, title, button, (act,), foot=foot, warnings=warnings)


def plan_make(path: str) -> Plan:
    """Return the plan that makes a folder, and those above it that are missing."""
    title, button = tr("Make the folder {name}", name=os.path.basename(path)), tr("Make the folder")
    missing: list[str] = []
    place = path
    while not os.path.lexists(long_path(place)) and os.path.dirname(place) != place:
        missing.insert(0, place)
        place = os.path.dirname(place)
    if not missing:
        return Plan(KIND, title, button, refused=(Refused(os.path.basename(path), path, tr("This folder is there already."), ""),))
    if not os.path.isdir(long_path(place)):
        text = tr("{path} is no folder, so there can be none in it.", path=place)
        return Plan(KIND, title, button, refused=(Refused(os.path.basename(path), path, text),))
    real = os.path.realpath(place)
    steps = tuple(Step(FOLDER, target=os.path.join(real, os.path.relpath(one, place))) for one in missing)
    return Plan(KIND, title, button, (Act(os.path.basename(path), steps, before=path, note=tr("new folder"), tone="info"),))
