"""What the link sheet says of links, files and places, in words. Plain functions."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from model_manager.bridge.links import Pick
from model_manager.core.amounts import size_text
from model_manager.core.errors import ModelManagerError, OnlineFault
from model_manager.core.library.kinds import label
from model_manager.core.online.records import PG13, SITE_NAMES, XXX, Image, R, X
from model_manager.core.tasks.states import ADD_KEY, OPEN_PAGE, RETRY
from model_manager.core.words import tr, trn
from model_manager.ui.links.file_list import scan_words
from model_manager.ui.pictures.tiles import Tile

if TYPE_CHECKING:
    from model_manager.bridge.links import Proposal

PROMPT = 400  # letters of a prompt in a tooltip
LEVEL_WORDS = {PG13: "PG-13", R: "R", X: "X", XXX: "XXX"}


def link_tile(pick: Pick) -> Tile:
    """Return a link as it stands in the list."""
    site, short = SITE_NAMES.get(pick.link.site, "") or tr("Address"), short_link(pick.link.text)
    if pick.fault is not None:
        tip = f"{pick.link.text}\n{pick.fault.text}"
        return Tile(pick.key, short, tr("Cannot be used · {site}", site=site), "warning", pick, "bad", tip)
    if pick.found is None:
        return Tile(pick.key, short, tr("Looking… · {site}", site=site), "search", pick, tip=pick.link.text)
    name, (words, tone) = pick.found.offer.name, _stand(pick)
    return Tile(pick.key, name, f"{words} · {site}", "box", pick, tone, f"{name}\n{pick.link.text}")


def _stand(pick: Pick) -> tuple[str, str]:
    """What becomes of a link that was found: words and tone."""
    states = {plan.state for place, plan in pick.plans.items() if place in pick.taken}
    if pick.plan_fault or "stuck" in states:
        return tr("No folder"), "bad"
    if "ask" in states:
        return tr("Choose a folder"), "warn"
    if states and states <= {"here"}:
        return tr("Already here"), "ok"
    if pick.found is not None and pick.found.version.barred:
        return tr("Cannot be downloaded"), "warn"
    if pick.found is not None and any(scan_words(pick.found.groups[place])[1] == "bad" for place in pick.taken):
        return tr("Unsafe"), "bad"
    return (trn("{count} file", "{count} files", len(pick.taken)), "") if pick.taken else (tr("Nothing chosen"), "warn")


def short_link(text: str) -> str:
    """Return an address without what all of them have: the site is told beside it."""
    return re.sub(r"^https?://(www\.)?(civitai\.[a-z]+|huggingface\.co|hf\.co|github\.com)/(?=.)", "", text)


def picture_tile(image: Image, number: int) -> Tile:
    """Return a picture of the site as it stands in the strip."""
    title = tr("Video") if image.is_video else tr("Picture {number}", number=number)
    size = f"{image.width:,} × {image.height:,}" if image.width and image.height else ""
    level = next((words for bit, words in LEVEL_WORDS.items() if image.level & bit), "")
    prompt = image.prompt if len(image.prompt) <= PROMPT else image.prompt[:PROMPT] + "…"
    tip = "\n".join(part for part in (" · ".join(part for part in (title, size, level) if part), prompt) if part)
    return Tile(image.url, title, value=image, tip=tip, badge="play" if image.is_video else "")


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


def total_words(plans: Sequence["Proposal"]) -> str:
    """Return what would be downloaded, and where to if it is one place."""
    size, places = sum(plan.size for plan in plans), {(plan.kind, plan.below) for plan in plans}
    parts = [trn("{count} model", "{count} models", len(plans)), size_text(size) if size else ""]
    text = " · ".join(part for part in parts if part)
    if len(places) != 1:
        return text
    kind, below = places.pop()
    return f"{text} → {'/'.join(part for part in (label(kind), below.replace(os.sep, '/')) if part)}"


def nothing_words(picks: Iterable[Pick]) -> str:
    """Return why nothing can be downloaded, where one step of the person's would change that."""
    found = [pick for pick in picks if pick.found is not None]
    states = {plan.state for pick in found for place, plan in pick.plans.items() if place in pick.taken}
    if states & {"ask", "stuck"}:
        return tr("Choose a folder.")
    if any(pick.found and pick.found.groups and not pick.taken for pick in found):
        return tr("Choose a file.")
    return tr("All of it is here already.") if states == {"here"} else tr("There is nothing to download.")


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
