"""The person's own order in the window: quick edits one after the other, names of collections, smart folders, lists of models.

Made by the desk for it over the orders, which journal every edit. A quick edit shows on its cards at once; what the files say after it
comes by the usual scan. Works on the GUI thread only.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Pool
from model_manager.bridge.order_words import Make
from model_manager.bridge.orders import Orders
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.journal.steps import ACT_FAILED, Plan, Report
from model_manager.core.library.rows import FAVOURITE, Row
from model_manager.core.library.shelf import Shelf
from model_manager.core.words import tr, trn

if TYPE_CHECKING:
    from model_manager.core.sidecars.own_values import Edits

MOST_AT_ONCE = 200  # cards that change before their files do; more would cost frames
LARGE = 50  # models from which on an edit of the sheet is shown as a plan first


@dataclass(frozen=True, slots=True)
class Wish:
    """An edit of some models. values: field -> value, None to give it back; the rest: words to add and to take out.

    is_again: it was carried out, and files had been changed by others between the plan and the deed; those are tried once more.
    """

    ids: tuple[int, ...]
    values: Mapping[str, object] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    add_collections: tuple[str, ...] = ()
    remove_collections: tuple[str, ...] = ()
    title: str = ""
    is_again: bool = False


class OwnOrder(QObject):
    """Edits wait for each other: each is planned when the files are as the one before left them."""

    failed = Signal(str)
    said = Signal(str)
    shown_changed = Signal(object)  # ids of models whose cards have changed before their files did
    names_changed = Signal()

    def __init__(self, session: Session, orders: Orders, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._orders = session, orders
        self._waiting: deque[Wish] = deque()
        self._wish: Wish | None = None
        self._is_carrying = False
        self._orders_begun = 0  # a plan that was made before another order began may not fit its files any more
        orders.began.connect(self._on_began)
        orders.carried.connect(self._on_carried)
        orders.failed.connect(lambda _: self._on_order_failed())
        orders.ended.connect(self._on_ended)
        session.closing.connect(self._finish)

    # edits

    def edit(self, wish: Wish) -> None:
        """Have an edit carried out, after those that were asked before; its cards change at once."""
        if wish.ids:
            self._show_at_once(wish)
            self._waiting.append(wish)
            self._next()

    @staticmethod
    def plan_of(wish: Wish) -> Make:
        """What makes the plan of an edit, to be shown before the person says so."""
        return partial(_plan, wish)

    def take_in(self, ids: Sequence[int]) -> None:
        """Show the plan that takes in what other programs' files say of these models."""
        self._orders.plan(partial(_imports, tuple(ids)))

    def toggle_favourite(self, ids: Sequence[int]) -> None:
        """Make models favourites; if all of them are, make them none."""
        shelf = self._session.model.shelf
        is_on = not all(shelf.flags[slot] & FAVOURITE for slot in map(shelf.slot, ids) if slot >= 0)
        count = len(ids)
        title = (
            trn("Make {count} model a favourite", "Make {count} models favourites", count) if is_on
            else trn("Make {count} model no favourite", "Make {count} models no favourites", count)
        )  # fmt: skip
        self.edit(Wish(tuple(ids), {"favourite": is_on}, title=title))

    def make_favourites(self, ids: Sequence[int]) -> None:
        """Make models favourites, whatever they were."""
        title = trn("Make {count} model a favourite", "Make {count} models favourites", len(ids))
        self.edit(Wish(tuple(ids), {"favourite": True}, title=title))

    def rate(self, ids: Sequence[int], stars: int) -> None:
        """Give models a rating, 0 to 5."""
        self.edit(Wish(tuple(ids), {"rating": stars}, title=trn("Rate {count} model", "Rate {count} models", len(ids))))

    def give_colour(self, ids: Sequence[int], colour: str) -> None:
        """Give models a colour label, "" for none."""
        self.edit(Wish(tuple(ids), {"colour": colour}, title=trn("Colour {count} model", "Colour {count} models", len(ids))))

    def collect(self, ids: Sequence[int], name: str, is_in: bool = True) -> None:
        """Put models into a collection, or take them out."""
        if is_in:
            title = trn("Put {count} model into {name}", "Put {count} models into {name}", len(ids), name=name)
            self.edit(Wish(tuple(ids), add_collections=(name,), title=title))
        else:
            title = trn("Take {count} model out of {name}", "Take {count} models out of {name}", len(ids), name=name)
            self.edit(Wish(tuple(ids), remove_collections=(name,), title=title))

    def sort_into(self, ids: Sequence[int], sort: str, name: str) -> None:
        """Give models a category or group, "" for none."""
        title = trn("Sort {count} model", "Sort {count} models", len(ids))
        self.edit(Wish(tuple(ids), {sort: name}, title=title))

    @property
    def is_settled(self) -> bool:
        """Whether every edit asked for is in its files."""
        return not self._waiting and self._wish is None

    def _next(self) -> None:
        if self._wish is not None or not self._waiting or self._orders.is_busy or self._session.index_path is None:
            return
        wish = self._wish = self._waiting.popleft()
        self._session.runner.start(
            Pool.READ, _plan, wish, self._session.folder, self._session.index_path,
            done=partial(self._on_planned, self._orders_begun), failed=self._on_not_planned,
        )  # fmt: skip

    def _on_planned(self, orders_begun: int, plan: Plan) -> None:
        if orders_begun != self._orders_begun:
            assert self._wish is not None
            self._waiting.appendleft(self._wish)
            self._wish = None
            self._next()
            return
        told = [one for one in plan.refused if one.tone == "bad"]
        if told:
            self.failed.emit(told[0].text)
            self._look_anew([one.model for one in told])
        if plan.is_empty:
            self._wish = None
            self._next()
        else:
            self._is_carrying = True
            self._orders.carry_out(plan)

    def _on_not_planned(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)
        self._look_anew(self._wish.ids if self._wish is not None else ())
        self._wish = None
        self._next()

    def _on_began(self) -> None:
        self._orders_begun += 1

    def _on_carried(self, report: Report) -> None:
        if not self._is_carrying or self._wish is None or not report.count(ACT_FAILED):
            return
        self._on_order_failed()
        if not self._wish.is_again:
            self._waiting.appendleft(replace(self._wish, is_again=True))

    def _on_order_failed(self) -> None:
        """What was shown before it was done is not so: show what the index says, until a scan says more."""
        if self._wish is not None and self._is_carrying:
            self._look_anew(self._wish.ids)

    def _on_ended(self) -> None:
        if self._is_carrying:
            self._wish, self._is_carrying = None, False
        self._next()

    def _finish(self) -> None:
        """What was asked for just before the end is done before it."""
        wishes = [*([self._wish] if self._wish is not None else ()), *self._waiting]
        self._waiting.clear()
        if wishes and self._session.index_path is not None:
            from model_manager.bridge import own_tasks

            own_tasks.finish([partial(_plan, wish) for wish in wishes], self._session.folder, self._session.index_path)

    # what the cards show

    def _show_at_once(self, wish: Wish) -> None:
        shelf = self._session.model.shelf
        if len(wish.ids) > MOST_AT_ONCE:
            return
        rows = [shelf.row(slot) for slot in map(shelf.slot, wish.ids) if slot >= 0]
        new = [changed_row(row, wish) for row in rows]
        if new != rows:
            self._session.model.change(new)
            self.shown_changed.emit(wish.ids)

    def _look_anew(self, ids: Sequence[int]) -> None:
        if self._session.index_path is not None and ids:
            self._session.runner.start(Pool.READ, _rows, self._session.index_path, tuple(ids), done=self._session.model.change)

    def known_words(self, name: str) -> list[str]:
        """What other models have in a field: tags, collections, base models ..., most frequent first; for completing."""
        counts = self._session.model.shelf.counts
        key = {"tags": "tag", "collections": "collection", "base_model": "base"}.get(name, name)
        found = sorted(((-count, word) for word, count in counts.get(key, {}).items() if count > 0 and word), key=lambda pair: pair)
        made = self._session.settings.own_names.get(key, [])
        return list(dict.fromkeys([*(word for _, word in found), *made]))

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)

    # names

    def add_name(self, sort: str, name: str) -> None:
        """Remember a collection, category or group, which need not have models."""
        names = self._session.settings.own_names.setdefault(sort, [])
        if name not in names:
            names.append(name)
            self._names_changed()

    def rename(self, sort: str, old: str, new: str) -> None:
        """Give a collection, category or group another name, with all of its models."""
        ids = self.ids_of(sort, old)
        names = self._session.settings.own_names.setdefault(sort, [])
        names[:] = list(dict.fromkeys([*(name for name in names if name != old), new]))
        self._names_changed()
        title = tr("Rename {old} to {new}", old=old, new=new)
        if sort == "collection":
            self.edit(Wish(tuple(ids), add_collections=(new,), remove_collections=(old,), title=title))
        else:
            self.edit(Wish(tuple(ids), {sort: new}, title=title))

    def remove_name(self, sort: str, name: str) -> None:
        """Take all models out of a collection, category or group, and forget its name."""
        ids = self.ids_of(sort, name)
        names = self._session.settings.own_names.setdefault(sort, [])
        names[:] = [one for one in names if one != name]
        self._names_changed()
        title = tr("Remove {name}", name=name)
        if sort == "collection":
            self.edit(Wish(tuple(ids), remove_collections=(name,), title=title))
        else:
            self.edit(Wish(tuple(ids), {sort: ""}, title=title))

    def ids_of(self, sort: str, name: str) -> list[int]:
        """The models in a collection, category or group."""
        shelf = self._session.model.shelf
        column = {"collection": shelf.collections, "category": shelf.category, "group": shelf.own_group}[sort]
        test = column.tests(lambda text: name in text.split("\n") if sort == "collection" else text == name)
        return [shelf.ids[slot] for slot in shelf.slots() if test(slot)]

    def _names_changed(self) -> None:
        self.names_changed.emit()
        self._session.recount()

    # smart folders

    @property
    def smart_folders(self) -> Sequence[tuple[str, str]]:
        """(name, search) in the order shown."""
        return tuple(self._session.settings.smart_folders)

    def save_smart(self, name: str, text: str, old: str = "") -> None:
        """Keep a search under a name, in the place of `old` if that is given; a name that is there gets this search."""
        folders = self._session.settings.smart_folders
        place = next((number for number, (one, _) in enumerate(folders) if one in (name, old or name)), len(folders))
        rest = [pair for pair in folders if pair[0] not in (name, old)]
        rest.insert(min(place, len(rest)), (name, text))
        folders[:] = rest
        self._names_changed()

    def remove_smart(self, name: str) -> None:
        """Forget a smart folder; its models are not touched."""
        folders = self._session.settings.smart_folders
        folders[:] = [pair for pair in folders if pair[0] != name]
        self._names_changed()

    def move_smart(self, name: str, by: int) -> None:
        """Move a smart folder up or down."""
        folders = self._session.settings.smart_folders
        place = next((number for number, (one, _) in enumerate(folders) if one == name), -1)
        if place >= 0 and 0 <= place + by < len(folders):
            folders.insert(place + by, folders.pop(place))
            self._names_changed()

    # lists

    def export(self, ids: Sequence[int], path: str) -> None:
        """Write a list of models into a file: CSV, JSON or plain paths, by its ending; `said` answers."""
        if self._session.index_path is not None:
            self._session.runner.start(
                Pool.READ, _export, self._session.index_path, tuple(ids), path, done=self.said.emit, failed=self._on_failed
            )


def own_order_of(shelf: Shelf, slot: int) -> tuple[bool, int, str, tuple[str, ...], str, str]:
    """Favourite, rating, colour, collections, category and group of a model on the shelf."""
    return (
        bool(shelf.flags[slot] & FAVOURITE), shelf.rating[slot], shelf.colour[slot], shelf.collections_of(slot), shelf.category[slot],
        shelf.own_group[slot],
    )  # fmt: skip


def changed_row(row: Row, wish: Wish) -> Row:
    """What a card says after an edit, as far as cards show it."""
    values: dict[str, Any] = {name: value for name, value in wish.values.items() if value is not None}
    if "favourite" in values:
        row = row._replace(flags=row.flags & ~FAVOURITE | FAVOURITE * bool(values["favourite"]))
    texts = {"rating": "rating", "colour": "colour", "category": "category", "group": "own_group"}
    row = row._replace(**{column: values[name] for name, column in texts.items() if name in values})
    if wish.add_collections or wish.remove_collections:
        kept = [name for name in row.collections.split("\n") if name and name not in wish.remove_collections]
        row = row._replace(collections="\n".join(dict.fromkeys([*kept, *wish.add_collections])))
    return row


def edits_of(wish: Wish) -> "Edits":
    """The edits as core takes them. Raises BadConfig with a sentence about the first value that no file should get."""
    from model_manager.core.sidecars.own_values import Edits

    return Edits(wish.values, wish.add_tags, wish.remove_tags, wish.add_collections, wish.remove_collections)


def _plan(wish: Wish, data: Path, index: Path) -> Plan:
    from model_manager.bridge import own_tasks  # with all that plans; loaded on first need

    return own_tasks.plan_edits(wish.ids, edits_of(wish), wish.title, data, index)


def _imports(ids: Sequence[int], data: Path, index: Path) -> Plan:
    from model_manager.bridge import own_tasks

    return own_tasks.plan_imports(ids, data, index)


def _rows(index: Path, ids: Sequence[int]) -> list[Row]:
    from model_manager.bridge import own_tasks

    return own_tasks.rows_of(index, ids)


def _export(index: Path, ids: Sequence[int], path: str) -> str:
    from model_manager.bridge import own_tasks

    return own_tasks.export(index, ids, path)
