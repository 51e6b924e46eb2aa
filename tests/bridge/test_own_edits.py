"""Quick edits on a real library: at once on the cards, then in the files, in the order asked for, and back by undo."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from small_library import make_library

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Runner
from model_manager.bridge.orders import Orders
from model_manager.bridge.own_asking import DetailsAsked
from model_manager.bridge.own_counts import OwnCounts
from model_manager.bridge.own_order import OwnOrder, Wish
from model_manager.bridge.session import Session
from model_manager.core.settings import Settings, load_settings

SECONDS = 30_000


class House:
    """A session with orders and own order."""

    def __init__(self, data: Path, comfyui: Path) -> None:
        self.session = Session(data, Settings(), Runner(), tasks.Sources((str(comfyui),)))
        self.parent = QObject()
        self.orders = Orders(self.session, self.parent)
        self.own = OwnOrder(self.session, self.orders, self.parent)
        self.faults: list[str] = []
        self.counts: list[tasks.Counts] = []
        self.own.failed.connect(self.faults.append)
        self.orders.failed.connect(self.faults.append)
        self.session.counted.connect(self.counts.append)

    @property
    def counted(self) -> OwnCounts:
        """What was counted last."""
        return self.counts[-1].own if self.counts else OwnCounts()

    def ids(self, *names: str) -> list[int]:
        shelf = self.session.model.shelf
        by_name = {shelf.name(slot): shelf.ids[slot] for slot in shelf.slots()}
        return [by_name[name] for name in names or ("brush", "ae", "ink")]

    def slot(self, id_: int) -> int:
        return self.session.model.shelf.slot(id_)

    def info(self, id_: int) -> Path:
        return Path(self.session.model.shelf.real_path(self.slot(id_))).with_suffix(".info")

    def user(self, id_: int) -> dict[str, object]:
        path = self.info(id_)
        return dict(json.loads(path.read_bytes())["user"]) if path.exists() else {}

    @property
    def is_still(self) -> bool:
        return self.own.is_settled and not self.orders.is_busy and self.session.is_settled and self.session.runner.is_idle


@pytest.fixture
def house(tmp_path: Path, qtbot: QtBot) -> Iterator[House]:
    made = House(tmp_path / "data", make_library(tmp_path))
    made.session.open()
    made.session.start()
    qtbot.waitUntil(lambda: made.session.is_settled, timeout=SECONDS)
    yield made
    made.session.close()


def settle(qtbot: QtBot, house: House) -> None:
    qtbot.waitUntil(lambda: house.is_still, timeout=SECONDS)
    qtbot.wait(10)
    qtbot.waitUntil(lambda: house.is_still and not house.session.hints.is_held, timeout=SECONDS)


def test_keys_pressed_in_a_row_all_count(house: House, qtbot: QtBot) -> None:
    (id_,) = house.ids()[:1]
    shelf = house.session.model.shelf
    house.own.toggle_favourite([id_])
    house.own.rate([id_], 4)
    house.own.give_colour([id_], "teal")
    house.own.collect([id_], "Best")
    slot = shelf.slot(id_)
    assert (shelf.rating[slot], shelf.colour[slot], shelf.collections[slot]) == (4, "teal", "Best"), "at once"
    settle(qtbot, house)
    assert house.user(id_) == {"favourite": True, "rating": 4, "colour": "teal", "collections": ["Best"]}
    assert house.session.model.card(house.session.model.row_of(id_)).is_favourite and not house.faults
    house.orders.undo_newest()
    qtbot.waitUntil(lambda: house.user(id_) == {"favourite": True, "rating": 4, "colour": "teal"}, timeout=SECONDS)
    settle(qtbot, house)
    assert shelf.collections[shelf.slot(id_)] == ""


def test_favourite_of_several_is_on_until_all_are(house: House, qtbot: QtBot) -> None:
    first, second, *_ = house.ids()
    house.own.toggle_favourite([first])
    settle(qtbot, house)
    house.own.toggle_favourite([first, second])
    settle(qtbot, house)
    assert house.user(first) == house.user(second) == {"favourite": True}
    house.own.toggle_favourite([first, second])
    settle(qtbot, house)
    assert not house.info(first).exists() and not house.info(second).exists()


def test_what_cannot_be_written_is_told_and_the_card_says_so_again(house: House, qtbot: QtBot) -> None:
    (id_,) = house.ids()[:1]
    house.info(id_).write_text("{ broken")
    house.own.rate([id_], 5)
    settle(qtbot, house)
    assert house.faults and house.info(id_).name in house.faults[0]
    shelf = house.session.model.shelf
    qtbot.waitUntil(lambda: shelf.rating[shelf.slot(id_)] == 0, timeout=SECONDS)
    assert house.info(id_).read_text() == "{ broken"


def test_collections_are_counted_renamed_and_removed(house: House, qtbot: QtBot) -> None:
    first, second, *_ = house.ids()
    house.own.add_name("collection", "Empty")
    house.own.collect([first, second], "Work")
    settle(qtbot, house)
    qtbot.waitUntil(lambda: house.counted.names.get("collection") == [("Empty", 0), ("Work", 2)], timeout=SECONDS)
    house.own.rename("collection", "Work", "Done")
    settle(qtbot, house)
    assert house.user(first) == house.user(second) == {"collections": ["Done"]}
    assert house.session.settings.own_names == {"collection": ["Empty", "Done"]}
    house.own.remove_name("collection", "Done")
    settle(qtbot, house)
    assert not house.info(first).exists()
    qtbot.waitUntil(lambda: house.counted.names.get("collection") == [("Empty", 0)], timeout=SECONDS)


def test_smart_folders_count_what_they_find_and_are_remembered(house: House, qtbot: QtBot) -> None:
    own, settings = house.own, house.session.settings
    own.save_smart("Loras", "type:lora")
    own.save_smart("Rated", "rating>=1")
    own.save_smart("Odd", "size>nothing")
    qtbot.waitUntil(lambda: len(house.counted.smart) == 3, timeout=SECONDS)
    loras = sum(kind == "loras" for kind in house.session.model.shelf.kind)
    assert house.counted.smart == [("Loras", "type:lora", loras), ("Rated", "rating>=1", 0), ("Odd", "size>nothing", -1)]
    own.rate(house.ids()[:2], 2)
    settle(qtbot, house)
    qtbot.waitUntil(lambda: house.counted.smart[1][2] == 2, timeout=SECONDS)
    own.move_smart("Rated", -1)
    own.save_smart("All LoRAs", "type:loras", "Loras")
    own.remove_smart("Odd")
    assert settings.smart_folders == [("Rated", "rating>=1"), ("All LoRAs", "type:loras")]
    house.session.close()
    assert load_settings(house.session.folder)[0].smart_folders == settings.smart_folders


def test_fields_of_several_models_and_where_they_differ(house: House, qtbot: QtBot) -> None:
    first, second, *_ = house.ids()
    house.own.edit(Wish((first,), {"tags": ("a", "b"), "rating": 2}))
    house.own.edit(Wish((second,), {"tags": ("b",), "rating": 2}))
    settle(qtbot, house)
    asked = DetailsAsked(house.session, house.own)
    with qtbot.waitSignal(asked.fields_ready, timeout=SECONDS) as blocker:
        asked.fetch_fields([first, second])
    ids, shown = blocker.args
    assert ids == (first, second) and shown.count == 2
    assert {"tags", "name"} <= shown.mixed and "rating" not in shown.mixed
    assert shown.words["tags"]["b"] == 2 and shown.words["tags"]["a"] == 1
    assert shown.values["rating"].shown == 2 and shown.own["rating"] == 2


def test_lists_are_written(house: House, qtbot: QtBot, tmp_path: Path) -> None:
    ids = house.ids()
    for name in ("list.csv", "list.json", "list.txt"):
        with qtbot.waitSignal(house.own.said, timeout=SECONDS):
            house.own.export(ids, str(tmp_path / name))
    lines = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == len(ids) + 1 and lines[0].startswith("name,type")
    assert len(json.loads((tmp_path / "list.json").read_bytes())) == len(ids)
    assert len((tmp_path / "list.txt").read_text().splitlines()) == len(ids)




def test_edits_made_just_before_the_end_are_kept(house: House) -> None:
    (id_,) = house.ids()[:1]
    house.own.toggle_favourite([id_])
    house.own.rate([id_], 4)
    house.own.give_colour([id_], "teal")
    path = house.info(id_)
    house.session.close()
    assert json.loads(path.read_bytes())["user"] == {"favourite": True, "rating": 4, "colour": "teal"}
