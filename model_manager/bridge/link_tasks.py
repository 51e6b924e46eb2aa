"""What is done for links in workers: looking them up, and planning where their files go.

Called by `links` in the net pool. Nothing is written, and nothing is downloaded but the beginning of a file.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from model_manager.bridge.tasks import Sources
from model_manager.core.errors import BadLink, OnlineFault
from model_manager.core.files.destinations import Destination, destinations
from model_manager.core.hashes.store import Store
from model_manager.core.library.entry import Facts
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import is_ignored_folder
from model_manager.core.online import images
from model_manager.core.online.groups import groups_of
from model_manager.core.online.links import key_of
from model_manager.core.online.offers import Sites
from model_manager.core.online.records import Group, Image, Link, Offer, Version
from model_manager.core.paths import long_path, path_key
from model_manager.core.tasks.placing import main_file
from model_manager.core.tasks.proposals import Options, Proposal, chosen_groups, chosen_version, propose
from model_manager.core.tasks.remote_facts import remote_facts
from model_manager.core.work import Work

MOST, DEEPEST = 2000, 3  # sub-folders that are offered, and how deep they are looked for


@dataclass(frozen=True, slots=True)
class Found:
    """What a link offers. groups: of the version, as they are shown; taken: places in `groups` that the link means."""

    offer: Offer
    version: Version
    groups: tuple[Group, ...]
    taken: tuple[int, ...]
    picture: Image | None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where files can go. folder: the data folder. facts: what was read of remote files so far, by address."""

    folder: Path
    index: Path
    sources: Sources
    template: str
    facts: dict[str, Facts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planned:
    """Where the groups of one link go, by their place, and all folders there are."""

    proposals: Mapping[int, Proposal]
    folders: tuple[Destination, ...]


def understood(sites: Sites, text: str, work: Work) -> list[tuple[str, Link]]:
    """Return the links in a text, each with the key that tells it from others."""
    return [(key_of(link) if not link.problem else "", link) for link in sites.links(text)]


def found(sites: Sites, link: Link, level: int, work: Work) -> Found:
    """Return what a link offers. level: bits of what pictures may show. Raises BadLink, Refused, NetworkFault."""
    offer = sites.find(link, work)
    return version_of(offer, chosen_version(offer), level)


def version_of(offer: Offer, version: Version, level: int) -> Found:
    """Return a version of an offer, with what of it a link alone would mean."""
    groups, notice = groups_of(version), ""
    try:
        meant = chosen_groups(offer, version)
    except BadLink as fault:  # several models: the person chooses
        meant, notice = (), fault.text
    ids = {file.id for group in meant for file in group.files}
    taken = tuple(place for place, group in enumerate(groups) if ids and ids <= {file.id for file in group.files})
    if not taken and ids:
        taken = tuple(place for place, group in enumerate(groups) if any(file.id in ids for file in group.files))
    ranked = images.ranked(version.images, level)
    return Found(offer, version, groups, taken, ranked[0] if ranked else None, notice)


def planned(sites: Sites, ground: Ground, what: Found, options: Sequence[tuple[int, Options]], work: Work) -> Planned:
    """Return where groups go. options: (place in the groups, what the person said of it), in the order in which they take names."""
    with Index(ground.index) as index:
        known = tuple(index.roots())
    sources = ground.sources
    folders = destinations(sources.roots(known))
    taken: frozenset[str] = frozenset()
    proposals = {}
    for place, wish in options:
        work.check()
        group = what.groups[place]
        facts = _facts(sites, ground, group, what.version, wish, work)
        here = _here(ground.folder, group)
        wish = replace(wish, template=ground.template, taken=taken)
        proposals[place] = propose(what.offer, what.version, group.files, folders, wish, here, facts)
        taken |= {path_key(path) for path in proposals[place].targets}
    return Planned(proposals, tuple(folders))


def _facts(sites: Sites, ground: Ground, group: Group, version: Version, wish: Options, work: Work) -> Facts:
    """What the header says, read once; nothing where a key is missing or the way is closed: the download will say so."""
    main = main_file(group.files)
    if version.barred or wish.destination is not None or not main.is_model:
        return Facts()
    if main.url not in ground.facts:
        try:
            ground.facts[main.url] = remote_facts(sites.web, main, work)
        except OnlineFault:
            ground.facts[main.url] = Facts()
    return ground.facts[main.url]


def _here(folder: Path, group: Group) -> dict[str, str]:
    """sha256 -> path of what is here already."""
    wanted = {sha256 for file in group.files if (sha256 := file.hashes.get("sha256", ""))}
    if not wanted:
        return {}
    with Store(folder) as store:
        paths = ((sha256, next(filter(os.path.exists, store.paths_of(sha256)), "")) for sha256 in wanted)
        return {sha256: path for sha256, path in paths if path}


def sub_folders(sites: Sites, folder: str, work: Work) -> list[str]:
    """Return the folders below a folder of models, relative to it and with slashes, as many as are of use while one is typed."""
    found: list[str] = []
    for place, names, _ in os.walk(long_path(folder)):
        work.check()
        below = os.path.relpath(place, long_path(folder))
        names[:] = sorted((name for name in names if not is_ignored_folder(name)), key=str.casefold)
        found += [os.path.normpath(os.path.join(below, name)).replace(os.sep, "/") for name in names]
        if below.count(os.sep) >= DEEPEST:
            names.clear()
        if len(found) > MOST:
            break
    return sorted(found, key=str.casefold)[:MOST]
