"""What would become of an offer's files: which belong together, where they go, under which names, and what is in the way.

Called by the link dialog, downloads and the command line, in worker threads: it lists target folders and asks how much room there is.
It writes nothing, and never plans over a file that is there; who downloads must look again, since time passes in between.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from model_manager.core.errors import BadLink, OutsideRoot
from model_manager.core.files.destinations import Destination, destination_for, kind_of_name
from model_manager.core.files.volumes import RESERVE, volume_of
from model_manager.core.library.entry import Facts
from model_manager.core.library.kinds import current_name, label, label_one
from model_manager.core.online.groups import group_of, groups_of
from model_manager.core.online.offers import Sites
from model_manager.core.online.packing import to_plain
from model_manager.core.online.records import FOLDER, ONE, SITE_NAMES, Group, Image, Link, Offer, RemoteFile, Version
from model_manager.core.paths import path_key, require_inside
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.tasks import naming
from model_manager.core.tasks.placing import main_file, targets_of, unseen
from model_manager.core.tasks.remote_facts import Head, remote_facts
from model_manager.core.words import tr
from model_manager.core.work import Work

READY, BOTH, HERE, ASK, STUCK, BARRED = "ready", "both", "here", "ask", "stuck", "barred"
GOES: Final = (READY, BOTH)
# What Civitai calls a checkpoint though it is a diffusion model alone; asked only where no header tells
# (willmiao/ComfyUI-Lora-Manager:py/utils/constants.py; without SVD, which comes whole)
_BARE_BASES: Final = re.compile(
    r"flux|auraflow|chroma|hidream|hunyuan (1|video)|kolors|lumina|pixart|cogvideo|ltxv|mochi|wan (video|image)|qwen"
    r"|z ?image|krea|anima\b|ernie",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the person or the settings want.

    kind: category, "" by itself. below: sub-folder, None by the template. name: of the model, with or without its ending. destination:
    a folder chosen from the list. taken: `path_key` of targets that other tasks have.
    """

    kind: str = ""
    below: str | None = None
    name: str = ""
    template: str = ""
    destination: Destination | None = None
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would become of files that belong together.

    state: ready, both (its name is taken, so it gets another), here (the very content is here already), ask (no category), stuck (no
    folder), barred (the site does not give it). kind, why: category and what tells it. targets: where each of the group's files goes,
    in its order. below: the sub-folder within the destination. note: the state in a sentence, "" when ready. here: paths of the same
    content. listed: ComfyUI will see it; unseen: why not. size: bytes, as far as known; free: bytes on the drive; missing: bytes that
    lack. warnings: sentences about the files.
    """

    offer: Offer
    version: Version
    group: Group
    state: str
    kind: str = ""
    why: str = ""
    destination: Destination | None = None
    below: str = ""
    targets: tuple[str, ...] = ()
    note: str = ""
    here: tuple[str, ...] = ()
    listed: bool = True
    unseen: str = ""
    free: int = 0
    missing: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files, as far as they are known."""
        return self.group.size

    @property
    def name(self) -> str:
        """What it is called: the model's file name, or its folder's."""
        return os.path.basename(self.targets[0]) if self.group.sort == ONE and self.targets else self.group.title or self.offer.name


def options_for(to: str = "", name: str = "", template: str = "") -> Options:
    """Return the options that `--to KIND[/SUB]` and `--name` mean. Raises FolderFault for a type or a sub-folder that cannot be."""
    kind, below = naming.parse_target(to) if to else ("", None)
    return Options(kind=kind, below=below, name=name, template=template)


def chosen_version(offer: Offer) -> Version:
    """Return the version that the link named, else the newest that can be downloaded. Raises BadLink when there is none at all."""
    if not offer.versions:
        raise BadLink(offer.notice or tr("{name} has nothing to download.", name=offer.name))
    named = next((version for version in offer.versions if version.id == offer.chosen), None)
    free = (version for version in offer.versions if not version.barred and any(file.is_model for file in version.files))
    return named or next(free, offer.versions[0])


def chosen_groups(offer: Offer, version: Version, kind: str = "") -> tuple[Group, ...]:
    """Return what a link means without a word more: the file or folder it names, else the main model.

    kind: the category that was asked for; "diffusers" means the whole folder in diffusers' layout, whatever else there is.
    Raises BadLink where a repository or a release holds several models and none is the main one, with their names.
    """
    groups = groups_of(version)
    if offer.chosen_file:
        holder = next((group for group in groups if any(file.id == offer.chosen_file for file in group.files)), None)
        if holder is not None and holder.sort == FOLDER:
            files = tuple(file for file in holder.files if file.id == offer.chosen_file)
            return (Group(ONE, files[0].name, files),)
        if holder is not None:
            return (holder,)
    models = tuple(group for group in groups if any(file.is_model for file in group.files))
    main = tuple(group for group in models if any(file.is_primary for file in group.files))
    if main or len(models) == 1 or offer.below:
        return main[:1] or models
    if not models:
        raise BadLink(version.barred or tr("{name} has no model among its files.", name=offer.name))
    if kind == "diffusers" and (folders := tuple(group for group in models if group.sort == FOLDER)):
        return folders[:1]
    if single := _single(models):
        return (single,)
    names = ", ".join(group.title or tr("the whole folder (as type diffusers)") for group in models[:8])
    names += " ..." if len(models) > 8 else ""
    raise BadLink(tr("{name} holds several models. Paste the link of one of them: {names}", name=offer.name, names=names))


def _single(models: Sequence[Group]) -> Group | None:
    """The one that is meant among several: one model in several formats, or beside its own folder in diffusers' layout; else None."""
    loose = [group for group in models if group.sort == ONE and not group.files[0].below]
    others = [group for group in models if group.sort != FOLDER and group not in loose]
    if others or len({stem_of(group.title).lower() for group in loose}) != 1:
        return None
    return next((group for group in loose if group.title.lower().endswith(".safetensors")), loose[0])


def propose(
    offer: Offer,
    version: Version,
    files: Sequence[RemoteFile],
    found: Sequence[Destination],
    options: Options,
    known_hashes: Mapping[str, str],
    facts: Facts,
) -> Proposal:
    """Return what would become of files that belong together.

    found: as `destinations` gives it. known_hashes: sha256 -> path of what is here. facts: of the main file, as `remote_facts` gives it;
    empty when the header is not known. Raises FolderFault for a template that is not right.
    """
    group = group_of([naming.with_ending(file, facts.format) if len(files) == 1 else file for file in files])
    kind, why = _kind(offer, version, group, options, facts)
    plan = Proposal(offer, version, group, READY, kind, why, warnings=_warnings(group))
    target = options.destination or destination_for(kind, found)
    if target is not None:
        plan = _placed(plan, target, options)
    if version.barred:
        return replace(plan, state=BARRED, note=version.barred)
    if here := _here(group, known_hashes):
        return replace(plan, state=HERE, here=here, note=tr("Already here: {path}", path=here[0]))
    if target is None:
        note = tr("There is no folder for {kind}.", kind=label(kind)) if kind else tr("Nothing tells what it is: choose a type.")
        return replace(plan, state=STUCK if kind else ASK, note=note)
    return plan


def _kind(offer: Offer, version: Version, group: Group, options: Options, facts: Facts) -> tuple[str, str]:
    """The category and why: the person's word, the header, the site's word on the file, on the model, then names."""
    if options.destination is not None or options.kind:
        return options.destination.kind if options.destination is not None else current_name(options.kind), tr("chosen by you")
    if group.sort == FOLDER and any(file.name == "model_index.json" for file in group.files):
        return "diffusers", tr("a folder in diffusers' layout")
    if facts.kind:
        what = label_one(facts.kind)
        base = (facts.architecture or facts.base_model).replace(what, "").strip()
        by_header = tr("{what} by its header", what=what)
        return facts.kind, f"{by_header} · {base}" if base else by_header
    main = main_file(group.files)
    kind = main.kind or offer.kind
    if kind == "checkpoints" and _BARE_BASES.search(version.base_model):
        return "diffusion_models", tr("{what} by its base model", what=label_one("diffusion_models"))
    if kind:
        return kind, tr("{what} by {site}", what=label_one(kind), site=SITE_NAMES.get(offer.site) or tr("its page"))
    if kind := kind_of_name(stem_of(main.name)) or kind_of_name(offer.name):
        return kind, tr("{what} by its name", what=label_one(kind))
    return "", tr("nothing tells what it is")


def _warnings(group: Group) -> tuple[str, ...]:
    found = []
    for file in group.files:
        if "Danger" in (file.pickle_scan, file.virus_scan):
            found.append(tr("The site's scan found something dangerous in {name}. Do not use it.", name=file.name))
        elif file.is_model and "Error" in (file.pickle_scan, file.virus_scan):
            found.append(tr("The site could not scan {name}.", name=file.name))
    return tuple(found)


def _here(group: Group, known: Mapping[str, str]) -> tuple[str, ...]:
    """Where the content of all models of a group lies already, nothing unless it is all of them."""
    models = [file for file in group.files if file.is_model] or list(group.files)
    paths = [known.get(file.hashes.get("sha256", "?"), "") for file in models]
    return tuple(paths) if all(paths) else ()


def _placed(plan: Proposal, target: Destination, options: Options) -> Proposal:
    """The proposal with its targets in `target`."""
    kind = plan.kind or target.kind
    below = options.below
    if below is None:
        below = naming.subfolder(options.template, plan.offer, plan.version, kind)
    folder = os.path.join(target.path, below) if below else target.path
    targets, is_taken = targets_of(plan.offer, plan.version, plan.group, folder, options.name, options.taken)
    number, _, free = volume_of(folder)
    missing = max(0, plan.size + RESERVE - free) if number or free else 0
    plan = replace(plan, destination=target, below=below, targets=targets, free=free, missing=missing)
    if target.kind != kind:
        plan = replace(plan, why=tr("{why} · there is no folder for this type", why=plan.why))
    try:
        for path in targets:
            require_inside(target.path, path)
    except OutsideRoot as fault:
        return replace(plan, state=STUCK, note=fault.text)
    if is_taken:
        plan = replace(plan, state=BOTH, note=tr("The name is taken by another file: it becomes {name}, and both stay.", name=_shown(plan)))
    why = unseen(target, plan.group, targets[plan.group.files.index(main_file(plan.group.files))])
    return replace(plan, listed=not why, unseen=why)


def _shown(plan: Proposal) -> str:
    return os.path.basename(plan.targets[0] if plan.group.sort == ONE else os.path.dirname(plan.targets[0]))


def proposals_for(
    sites: Sites,
    link: Link,
    found: Sequence[Destination],
    options: Options,
    known_hashes: Mapping[str, str],
    work: Work | None = None,
    heads: dict[str, Head] | None = None,
) -> list[Proposal]:
    """Return what a link alone would bring, header read: what the command line and a task do that hold nothing but the link.

    heads: is given the beginnings that were read, as by `remote_facts`. Raises BadLink, FolderFault, Refused, NetworkFault, Cancelled.
    """
    offer = sites.find(link, work)
    version = sites.completed(offer, chosen_version(offer), work)
    plans = []
    for group in chosen_groups(offer, version, current_name(options.kind)):
        main = main_file(group.files)
        is_placed = bool(options.kind or options.destination) and naming.ending_of(main) != ""
        is_asked = not (version.barred or is_placed) and main.is_model
        facts = remote_facts(sites.web, main, work, heads) if is_asked else Facts()
        plans.append(propose(offer, version, group.files, found, options, known_hashes, facts))
        options = replace(options, taken=options.taken | {path_key(path) for path in plans[-1].targets})
    return plans


def download_payload(proposal: Proposal, link: str = "", image: Image | None = None, to: str = "", name: str = "") -> dict[str, Any]:
    """Return what a download task needs, as plain JSON.

    files: one entry each with url, site, id, name (final), folder (absolute), below (within `root`), size, is_size_exact, hashes,
    is_model, is_main and `remote`, the whole RemoteFile. title, below: what all is called, and its sub-folder within `root`. offer
    (without its versions), version, image: as `packing.to_plain` has them.
    """
    root = proposal.destination.path if proposal.destination else ""
    main = main_file(proposal.group.files)
    files = []
    for file, target in zip(proposal.group.files, proposal.targets, strict=True):
        folder, final = os.path.split(target)
        below = os.path.relpath(folder, root)
        files.append(
            {
                "url": file.url,
                "site": proposal.offer.site,
                "id": file.id,
                "name": final,
                "folder": folder,
                "below": "" if below == "." else below,
                "size": file.size,
                "is_size_exact": file.is_size_exact,
                "hashes": dict(file.hashes),
                "is_model": file.is_model,
                "is_main": file is main,
                "remote": to_plain(file),
            }
        )
    return {
        "link": link,
        "to": to,
        "name": name,
        "root": root,
        "kind": proposal.kind,
        "title": proposal.name,
        "below": proposal.below,
        "files": files,
        "offer": to_plain(replace(proposal.offer, versions=())),
        "version": to_plain(proposal.version),
        "image": to_plain(image) if image else None,
    }
