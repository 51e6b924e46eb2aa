"""The command `health`: what needs attention.

Called by cli with parsed arguments. It looks at the folders first, as `list` does, then through them for what no model needs any more, and
grades pickles; it changes nothing. Progress goes to stderr, the answer to stdout.
"""

import argparse
import json
from dataclasses import asdict

from model_manager.answers import index_path
from model_manager.commands import roots_for, update_index
from model_manager.commands_tidy import working
from model_manager.core.amounts import size_text
from model_manager.core.health.records import WISHES, Item, Section
from model_manager.core.health.report import look, report
from model_manager.core.health.words import level_words, title
from model_manager.core.library.index import Index
from model_manager.core.paths import data_dir
from model_manager.core.words import tr


def run(chosen: argparse.Namespace) -> int:
    """List the findings; 1 when there are any. Raises ModelManagerError with a text for people."""
    data = data_dir()
    path = index_path(data)
    with Index(path) as index:
        update_index(index, roots_for(chosen, data, index.roots()))
    if not chosen.quick:
        with working() as work:
            look(data, path, work)
    found = report(data, path)
    sections = [section for section in found.sections if chosen.all or section.sort not in WISHES]
    for section in sections:
        _print(section, chosen.json)
    if not sections and not chosen.json:
        print(tr("All is well."))
    return int(found.count > 0)


def _print(section: Section, is_json: bool) -> None:
    if is_json:
        for item in section.items:
            print(json.dumps(asdict(item)))
        return
    print(f"{title(section.sort)}: {section.count:,}" + (f", {size_text(section.size)}" if section.size else ""))
    for item in section.items:
        print("  " + _line(item))
    if section.count > len(section.items):
        print("  " + tr("and {count} more", count=f"{section.count - len(section.items):,}"))


def _line(item: Item) -> str:
    return " · ".join(filter(None, (item.path, level_words(item.level), item.text)))
