"""One model as the grid, the table, the search and the index need it: a flat tuple.

Made by the scanner from what the disk says, kept by the index, turned into columns by the shelf. Everything else that is known of
a model (Facts, Details) stays in the index until somebody asks for its record.
"""

from typing import NamedTuple

from model_manager.core.library.entry import Details, Facts
from model_manager.core.library.order import fold, natural_key

FAVOURITE, AWAY, HAS_NOTES, ADULT = 1, 2, 4, 8
SEARCHED_NOTES = 1_000  # letters of a note that can be found by searching; longer ones would cost memory for every model


class Row(NamedTuple):
    """What is shown and searched of one model.

    folder: id of its real folder in the index; file: its name there. title: "" when it is the file's stem. mtime_ns and
    preview_mtime_ns in nanoseconds, added in epoch seconds. flags: FAVOURITE, AWAY ... problem: the worst Problem code or "".
    preview: file name in the same folder, "" if none; preview_sort: still, animated, video, embedded or "". tags: joined by newlines.
    rating (0 to 5), colour, collections (joined by newlines), category, own_group: the person's own order.
    search: folded text that words are looked for in.
    """

    id: int
    folder: int
    file: str
    title: str
    kind: str
    base: str
    architecture: str
    size: int
    mtime_ns: int
    added: float
    flags: int
    problem: str
    preview: str
    preview_sort: str
    preview_mtime_ns: int
    preview_size: int
    tags: str
    natural: str
    search: str
    rating: int = 0
    colour: str = ""
    collections: str = ""
    category: str = ""
    own_group: str = ""


def stem_of(file: str) -> str:
    """The file name without its last extension; a name that only starts with a dot is its own stem."""
    cut = file.rfind(".")
    return file[:cut] if cut > 0 else file


def plain_row(id_: int, folder: int, file: str, kind: str, size: int, mtime_ns: int, added: float) -> Row:
    """The row of a model of which only its place on disk is known yet."""
    return Row(id_, folder, file, "", kind, "", "", size, mtime_ns, added, 0, "", "", "", 0, 0, "", natural_key(stem_of(file)), fold(file))


def search_text(file: str, title: str, facts: Facts, details: Details) -> str:
    """Join all that a word is looked for in: name, file name, tags, trigger words, author, own order, start of the notes."""
    parts = [file]
    if title:
        parts.append(title)
    parts += details.trigger_words
    parts += details.tags
    parts += details.collections
    told = (details.version, details.author, details.category, details.group, details.notes[:SEARCHED_NOTES])
    parts += [text for text in told if text]
    if facts.trigger_phrase and facts.trigger_phrase not in details.trigger_words:
        parts.append(facts.trigger_phrase)
    return fold("\n".join(parts))
