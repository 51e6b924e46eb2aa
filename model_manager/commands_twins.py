"""The commands `duplicates` and `link`: what is here twice, and letting it share its bytes.

Called by cli with parsed arguments. They look at the folders first, as `list` does. A search remembers what it found out, so a second one
reads nothing; linking goes through the journal, so `undo` takes it back. Progress goes to stderr, the answer to stdout.
"""

import argparse
import json
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from model_manager.answers import complain, index_path
from model_manager.commands import query_of, roots_for, update_index
from model_manager.commands_tidy import do, is_barred, models_named, working
from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import HARD, SHARE
from model_manager.core.library import catalogue
from model_manager.core.library.index import Index
from model_manager.core.library.query import parse
from model_manager.core.library.roots import Roots
from model_manager.core.paths import data_dir
from model_manager.core.twins.finding import find
from model_manager.core.twins.linking import Choice, plan_link
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Found, Group
from model_manager.core.twins.replacing import plan_replace
from model_manager.core.words import tr, trn

_WORDS = {SAME_FILE: "same_file", SAME_WEIGHTS: "same_weights", SAME_NAME: "same_name", ONE_FILE: "one_file"}


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    path = index_path(data_dir())
    query = query_of(chosen) if chosen.command == "duplicates" else ""
    with Index(path) as index:
        roots = roots_for(chosen, data_dir(), index.roots())
        if chosen.command == "link" and is_barred(chosen):
            return 2
        update_index(index, roots)
        return _duplicates(chosen, index, query) if chosen.command == "duplicates" else _link(chosen, index, roots)


def _duplicates(chosen: argparse.Namespace, index: Index, query: str) -> int:
    """List the groups, those first of which most is to be won; 1 when a file could not be compared."""
    wanted: list[int] | None = None
    if query:
        arrangement = catalogue.load(index)
        arrangement.set_query(parse(query))
        wanted = [arrangement.shelf.ids[slot] for slot in arrangement.slots]
    found = _found(index, chosen.weights, wanted)
    sorts = [SAME_FILE, ONE_FILE, *([SAME_WEIGHTS] if chosen.weights else []), *([SAME_NAME] if chosen.names else [])]
    groups = [group for sort in sorts for group in found.of(sort)]
    for group in groups:
        if chosen.json:
            print(json.dumps(_as_json(group)))
        else:
            _print_group(group)
    twins = [group for group in groups if group.sort != ONE_FILE]
    won = found.to_win(SAME_FILE)
    if chosen.json:
        unread = [asdict(one) for one in found.unread]
        print(json.dumps({"groups": len(twins), "to_win": won, "files": found.files, "read": found.read, "unread": unread}))
    else:
        print(trn("{count} group, {size} to be won", "{count} groups, {size} to be won", len(twins), size=size_text(won)))
    for one in found.unread:
        complain(f"{one.path}: {one.reason}")
    return int(bool(found.unread))


def _found(index: Index, has_weights: bool, wanted: Collection[int] | None) -> Found:
    with working() as work:
        return find(data_dir(), index.path, work, has_weights, wanted)


def _link(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    """Link what is here twice; only what was named becomes a name of another file."""
    named = {one.id for one in models_named(chosen.query, True, index)[0]} if chosen.query else None
    found = _found(index, False, named)
    choices = [_choice(group, named) for group in found.of(SAME_FILE)]
    choices = [choice for choice in choices if choice.others]
    plan = plan_replace(choices, index.path) if chosen.symbolic else plan_link(choices, SHARE if chosen.reflink else HARD)
    if plan.is_empty and not plan.refused:
        complain(tr("There is nothing to link."))
        return 0
    return do(chosen, plan, index, roots)


def _choice(group: Group, named: Collection[int] | None) -> Choice:
    """What stays in a group: what is worth keeping, and what was not named. Of two that were named the better one stays."""
    if named is None:
        return Choice(group, frozenset((group.keep,)))
    return Choice(group, frozenset((group.keep, *(one.id for one in group.members if one.id not in named))))


def _print_group(group: Group) -> None:
    print("\t".join((_WORDS[group.sort], size_text(group.to_win), group.why)).rstrip())
    for one in group.members:
        mark = "keep" if one.id == group.keep else "seen" if group.sort == SAME_NAME and one.is_seen else ""
        print(f"\t{mark}\t{one.path}")
        for name in one.names:
            print(f"\tlink\t{name}")


def _as_json(group: Group) -> dict[str, Any]:
    """A group as `duplicates --json` gives it; the fields are kept for scripts."""
    members = [
        {
            "path": one.path, "real": one.real, "size": one.size, "allocated": one.allocated, "mtime": one.mtime_ns / 1e9, "kind": one.kind,
            "comfyui_name": one.comfy or None, "root": one.root, "names": list(one.names), "links": one.links, "is_link": one.is_link,
            "content": one.content, "is_seen": one.is_seen, "keep": one.id == group.keep, "favourite": one.favourite,
            "rating": one.rating, "has_notes": one.has_notes, "has_preview": one.has_preview, "has_details": one.has_details,
        }
        for one in group.members
    ]  # fmt: skip
    equal = {"equal": _WORDS.get(group.equal)} if group.sort == SAME_NAME else {}
    return {"sort": _WORDS[group.sort], "key": group.key, "to_win": group.to_win, "why": group.why, **equal, "members": members}
