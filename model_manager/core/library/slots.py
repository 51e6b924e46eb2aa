"""Ordered lists of slots from which many are taken, or into which many are put, without going through all of them.

Used by the arrangement. Knows nothing of models: callers say where a slot belongs.
"""

from array import array
from collections.abc import Callable, Collection, Iterable
from typing import Any


def places_of(listed: "array[int]", slots: Collection[int], place_of: Callable[[int], int]) -> list[int]:
    """Where slots are in a list, in rising order; they often stand side by side, so each is looked for behind the one before, too."""
    found: dict[int, int] = {}
    for slot in slots:
        if slot in found:
            continue
        place = place_of(slot)
        while place < len(listed) and (there := listed[place]) in slots and there not in found:
            found[there] = place
            place += 1
    return sorted(found.values())


def without(listed: "array[int]", places: Iterable[int]) -> "array[int]":
    """A copy without what is at these places, which rise."""
    kept, done = array("i"), 0
    for place in places:
        kept.extend(listed[done:place])
        done = place + 1
    kept.extend(listed[done:])
    return kept


def merged(old: "array[int]", keyed: Iterable[tuple[Any, int]], place_of: Callable[[Any, int], int]) -> "array[int]":
    """A copy of `old` with slots put in; keyed: (key, slot) in rising order; place_of(key, low): where a key belongs in `old`."""
    found, done = array("i"), 0
    for key, slot in keyed:
        place = place_of(key, done)
        found.extend(old[done:place])
        found.append(slot)
        done = place
    found.extend(old[done:])
    return found
