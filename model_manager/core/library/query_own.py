"""What the search understands of the person's own order: collections, category, group, colour label and rating.

Called by query. Questions are asked of columns of codes, once for each different text. It touches neither disk nor library.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from operator import eq, ge, gt, le, lt
from typing import Final

from model_manager.core.errors import BadQuery
from model_manager.core.library.colours import colour_label
from model_manager.core.library.order import fold
from model_manager.core.library.shelf import Shelf
from model_manager.core.library.texts import Texts
from model_manager.core.words import tr

KEYS: Final = ("collection", "category", "group", "colour", "rating")
STATES: Final = ("rating", "colour", "collection", "category", "group")
_COMPARE: dict[str, Callable[[int, int], bool]] = {":": eq, "<": lt, "<=": le, ">": gt, ">=": ge}

Test = Callable[[Shelf], Callable[[int], bool]]


def rating(sign: str, value: str) -> Test:
    """The test for `rating>=4`; a model without stars has none: `rating<3` finds it, too. Raises BadQuery."""
    stars = value.count("★") or (int(value) if value.isascii() and value.isdigit() and len(value) < 3 else -1)
    if stars < 0 or stars > 5:
        raise BadQuery(tr("After rating{sign} comes a number of stars, 0 to 5.", sign=sign))
    compare = _COMPARE[sign]
    return lambda shelf: lambda slot: compare(shelf.rating[slot], stars)


def is_called(key: str, value: str) -> Test:
    """The test for `collection:"For work"` and the like; `*` stands for anything."""
    wanted = fold(value)

    def is_wanted(name: str) -> bool:
        return name != "" and (fold(name) == wanted or fnmatchcase(fold(name), wanted))

    if key == "collection":
        return lambda shelf: shelf.collections.tests(lambda joined: any(map(is_wanted, joined.split("\n"))))
    if key == "colour":
        return lambda shelf: shelf.colour.tests(lambda colour: is_wanted(colour) or is_wanted(colour_label(colour)))
    return lambda shelf: _column(shelf, key).tests(is_wanted)


def has(state: str) -> Test:
    """The test whether a model has a rating, a colour, is in a collection ..."""
    if state == "rating":
        return lambda shelf: lambda slot: shelf.rating[slot] > 0
    return lambda shelf: _column(shelf, state).tests(bool)


def _column(shelf: Shelf, key: str) -> Texts:
    return {"collection": shelf.collections, "category": shelf.category, "group": shelf.own_group, "colour": shelf.colour}[key]
