"""The plain functions that read the history and Recently deleted in a worker. They change nothing."""

from itertools import dropwhile, islice
from pathlib import Path
from typing import NamedTuple

from model_manager.core.journal.steps import Change, Outcome
from model_manager.core.library.index import Index
from model_manager.core.tidy import held, past
from model_manager.core.tidy.holding import HeldItem
from model_manager.core.work import Work


class Found(NamedTuple):
    """Changes, newest first, and whether there are older ones."""

    changes: list[Change]
    has_more: bool


def changes(data: Path, text: str, limit: int, before: int, work: Work) -> Found:
    """Changes older than `before` (0: all) whose title or models have all words of the text. Raises Cancelled."""
    words = text.casefold().split()
    all_ = past.changes(data)
    older = islice(dropwhile(lambda change: change.id != before, all_), 1, None) if before else all_
    found = list(islice((change for change in older if not words or _has(data, change, words, work)), limit + 1))
    return Found(found[:limit], len(found) > limit)


def _has(data: Path, change: Change, words: list[str], work: Work) -> bool:
    work.check()  # another letter was typed
    title = change.title.casefold()
    rest = [word for word in words if word not in title]
    return not rest or any(
        all(word in f"{one.name} {one.path} {one.new_path}".casefold() for word in rest) for one in past.outcomes(data, change.id)
    )


def outcomes(data: Path, change: int) -> list[Outcome]:
    """What became of each act of a change."""
    return past.outcomes(data, change)


def held_now(data: Path, index: Path) -> list[HeldItem]:
    """Everything that is held, also what only the drives know of, the newest first."""
    known = held.held(data)
    with Index(index) as opened:
        more = held.found(opened.roots(), known)
    return sorted([*known, *more], key=lambda item: -item.when)


def expired(data: Path, days: int) -> list[HeldItem]:
    """What has been held for longer than so many days."""
    return held.expired(data, days)
