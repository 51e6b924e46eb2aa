"""What the link sheet says of links, files and places, in words. Plain functions."""

from model_manager.bridge.links import Pick
from model_manager.core.amounts import size_text
from model_manager.core.errors import ModelManagerError, OnlineFault
from model_manager.core.online.records import SITE_NAMES
from model_manager.core.tasks.states import ADD_KEY, OPEN_PAGE, RETRY
from model_manager.core.words import tr, trn


def link_title(pick: Pick) -> tuple[str, str, str]:
    """Return title, note and icon of a link in the list."""
    site = SITE_NAMES.get(pick.link.site, "") or tr("Address")
    if pick.fault is not None:
        return pick.link.text, tr("{site} · cannot be used", site=site), "warning"
    if pick.found is None:
        return pick.link.text, tr("{site} · looking…", site=site), "search"
    count = trn("{count} file", "{count} files", len(pick.taken)) if pick.taken else tr("nothing chosen")
    return pick.found.offer.name, f"{site} · {count}", "box"


def fault_words(fault: ModelManagerError) -> tuple[str, str]:
    """Return what mends a fault, and the button's word for it."""
    code = fault.code if isinstance(fault, OnlineFault) else ""
    if code in ("needs_key", "bad_key"):
        return ADD_KEY, tr("Add key…")
    if isinstance(fault, OnlineFault) and fault.page:
        return OPEN_PAGE, tr("Open page")
    return RETRY, tr("Try again")


def row_notes(pick: Pick) -> dict[int, tuple[str, str]]:
    """Return what there is to say of groups beyond their scan: place -> (words, tone)."""
    notes = {}
    for place, plan in pick.plans.items():
        if plan.state == "here":
            notes[place] = (tr("Already here"), "ok")
        elif plan.state == "barred":
            notes[place] = (tr("Cannot be downloaded"), "warn")
    return notes


def place_words(pick: Pick) -> tuple[str, str]:
    """Return what there is to say of the place of the group in hand, and its tone."""
    plan = pick.plan
    if pick.plan_fault:
        return pick.plan_fault, "bad"
    if pick.found is not None and not pick.found.groups:
        return pick.found.version.barred or tr("This version has no files."), "warn"
    if plan is None:
        return (pick.found.notice if pick.found and pick.found.notice and not pick.taken else tr("Looking for a place…")), "muted"
    if plan.state in ("barred", "here", "ask", "stuck"):
        return plan.note, {"here": "ok", "barred": "warn"}.get(plan.state, "bad")
    if plan.missing:
        return tr("The drive lacks {size}. Make room, or choose another folder.", size=size_text(plan.missing)), "bad"
    parts = [plan.why, tr("{size} free", size=size_text(plan.free)) if plan.free else ""]
    parts.append(tr("ComfyUI sees it there") if plan.listed else plan.unseen)
    words = " · ".join(part for part in parts if part)
    warnings = [*plan.warnings, *([plan.note] if plan.note else [])]
    return " ".join([*warnings, words]), "warn" if warnings or not plan.listed else "muted"
