"""From a link alone to the files of a download: asks the site, reads the header, chooses folder and names.

Called by downloads for tasks that hold nothing but a link (the command line, a second start); the dialog stores what it chose itself.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from model_manager.core.errors import BadLink, FolderFault, Refused
from model_manager.core.files.destinations import Destination, destinations
from model_manager.core.online.images import best
from model_manager.core.online.links import key_of, page_of
from model_manager.core.online.packing import from_plain
from model_manager.core.online.records import SITE_NAMES, Image, Link, Version
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.proposals import BARRED, GOES, Proposal, download_payload, options_for, proposals_for
from model_manager.core.tasks.remote_facts import Head
from model_manager.core.tasks.states import CLEAN, Task
from model_manager.core.words import tr
from model_manager.core.work import Work


def resolved(tools: Tools, payload: dict[str, Any], work: Work, heads: dict[str, Head] | None = None) -> dict[str, Any]:
    """Return the payload with `files` and all that belongs to them. payload: link, to ("KIND", "KIND/SUB" or ""), name, and place
    (kind, root) where the person chose a folder.

    heads: is given the beginnings of files that were read, by address. Raises BadLink, Refused, NetworkFault, FolderFault, Cancelled.
    """
    text, to, name = (str(payload.get(key) or "") for key in ("link", "to", "name"))
    links = tools.sites.links(text)
    if len(links) != 1 or links[0].problem:
        raise BadLink(links[0].problem if links else tr("The link is empty."))
    options = options_for(to, name, tools.settings.folder_template)
    if place := payload.get("place"):
        options = replace(options, destination=Destination(str(place["kind"]), str(place["root"]), False))
    plans = proposals_for(tools.sites, links[0], destinations(tools.sources()), options, {}, work, heads)
    for plan in plans:
        _require_ready(plan)
    parts = [download_payload(plan, text, None, to, name) for plan in plans]
    files = [entry | {"root": part["root"]} for part in parts for entry in part["files"]]
    return {**payload, **parts[0], "files": files}


def _require_ready(plan: Proposal) -> None:
    page = plan.version.page or plan.offer.page
    if plan.state == BARRED:
        raise Refused(plan.note, "early_access", page)
    if plan.state not in GOES:
        raise FolderFault(plan.note)


def told_fields(payload: dict[str, Any], level: int) -> dict[str, Any]:
    """Return the fields of the task that the panel shows: what is loaded, from where to where, with which picture."""
    files = payload["files"]
    main = next((entry for entry in files if entry.get("is_main")), files[0])
    site = SITE_NAMES.get(str(main.get("site")), "")
    is_alone = len(files) == 1 or "title" not in payload
    below = str((main if is_alone else payload).get("below") or "").replace("\\", "/")
    place = "/".join(part for part in (str(payload.get("kind") or ""), below) if part)
    title = str(main["name"] if is_alone else payload["title"])
    fields: dict[str, Any] = {"title": title, "where": " → ".join(part for part in (site, place) if part), "unit": "bytes"}
    version = from_plain(Version, payload.get("version"))
    image = from_plain(Image, payload["image"]) if payload.get("image") else best(version.images, level)
    if image is not None and not any(entry.get("done") for entry in files):
        fields["picture"] = image.url
    return fields


def elsewhere(task: Task, kind: str, root: str, level: int) -> dict[str, Any]:
    """Return what `Engine.amend` makes of a download that is to go to `root`, for models of the category `kind`; `level` as told_fields."""
    payload = placed_in(task.payload, kind, root)
    told = {"where": told_fields(payload, level)["where"]} if payload.get("files") else {}
    return {"payload": payload, "chore": CLEAN, **told}


def accepted(task: Task) -> dict[str, Any]:
    """Return what it makes of one whose danger the person knows of."""
    return {"payload": {**task.payload, "accepted": True}}


def placed_in(payload: Mapping[str, Any], kind: str, root: str) -> dict[str, Any]:
    """Return the payload with another folder for what is not here yet: `root`, for models of the category `kind`. All else stays."""
    if not payload.get("files"):
        return {**payload, "place": {"kind": kind, "root": root}}
    moved = {"root": root}
    files = [
        entry if entry.get("done") else {**entry, **moved, "folder": os.path.join(root, *_parts(entry.get("below")))}
        for entry in payload["files"]
    ]
    return {**payload, **moved, "kind": kind, "files": files}


def _parts(below: Any) -> list[str]:
    return [part for part in str(below or "").replace("\\", "/").split("/") if part]


def page_of_payload(payload: dict[str, Any]) -> str:
    """Return the page of what is loaded, "" when it is not known."""
    version, offer = payload.get("version") or {}, payload.get("offer") or {}
    return str(version.get("page") or offer.get("page") or "")


def task_key(link: Link, to: str = "", name: str = "") -> str:
    """Return what makes two requests one task: the same thing to the same place under the same name."""
    return "|".join((key_of(link), to, name))


def payload_of(link: Link, to: str = "", name: str = "") -> dict[str, Any]:
    """Return what a download task holds before it was looked up."""
    text = page_of(link) if link.text.lower().startswith("comfy-models:") else link.text
    return {"link": text, "to": to, "name": name}


def title_of(link: Link) -> str:
    """Return what a task is called until the site tells more."""
    return link.path.rpartition("/")[2] or link.repo or page_of(link).partition("?")[0] or link.text
