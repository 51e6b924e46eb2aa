"""The command that changes the person's own order: `tag QUERY|PATH ... +TAG -TAG`, with --dry-run and --json.

Called by cli with parsed arguments. It looks at the folders first, goes through the journal, and can be undone as any other change.
"""

import argparse
from collections.abc import Sequence

from model_manager.answers import index_path
from model_manager.cli_tidy import as_typed
from model_manager.commands import roots_for, update_index
from model_manager.commands_tidy import do, is_barred, models_named
from model_manager.core.errors import BadQuery
from model_manager.core.library.index import Index
from model_manager.core.library.query import AMOUNTS, KEYS
from model_manager.core.paths import data_dir
from model_manager.core.sidecars.own_values import Edits
from model_manager.core.tidy.editing import plan_edit
from model_manager.core.words import tr, trn


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    words, added, removed = parted([as_typed(word) for word in chosen.words])
    if not added and not removed:
        raise BadQuery(tr("Name the tags, such as +style to add one and -old to take one out."))
    if not words:
        raise BadQuery(tr("Name the models: paths, or words as in the search box."))
    path = index_path(data_dir())
    with Index(path) as index:
        roots = roots_for(chosen, data_dir(), index.roots())
        if is_barred(chosen):
            return 2
        update_index(index, roots)
        models, refused = models_named(words, False, index)
        title = trn("Tag {count} model", "Tag {count} models", len(models))
        plan = plan_edit(models, Edits(add_tags=added, remove_tags=removed), title, refused)
        return do(chosen, plan, index, roots)


def parted(words: Sequence[str]) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """Return the words that name models, the tags to add and those to take out. `-type:lora` is part of the search, as in its box."""
    added = tuple(word[1:] for word in words if word.startswith("+") and len(word) > 1)
    removed = tuple(word[1:] for word in words if _is_tag(word))
    return [word for word in words if not word.startswith("+") and not _is_tag(word)], added, removed


def _is_tag(word: str) -> bool:
    key = word[1:].partition(":")[0].lower()
    is_search = ":" in word and key in (*KEYS, *AMOUNTS)
    return word.startswith("-") and len(word) > 1 and not is_search
