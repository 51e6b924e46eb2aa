"""The model of cards: what Qt may ask at any moment, what a card says, and when views are told of what."""

import json
import random

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from model_manager.bridge.library_model import COLUMNS, SORT_OF, IdRole, LibraryModel, PictureKey
from model_manager.core.library.arrange import GROUPS, SORTS, Arrangement
from model_manager.core.library.index import FolderRow
from model_manager.core.library.order import fold
from model_manager.core.library.query import parse
from model_manager.core.library.rows import AWAY, FAVOURITE, Row, plain_row
from model_manager.core.library.shelf import Shelf

pytestmark = pytest.mark.usefixtures("qapp")


def folder(id_: int, path: str, root: str, kind: str, real: str = "") -> FolderRow:
    return FolderRow(id_, real or path, 0, 1, b"", b"", "", json.dumps([[kind, root, path, bool(real)]]))


FOLDERS = [folder(1, "/m/loras/style", "/m/loras", "loras", "/disk/style"), folder(2, "/m/vae", "/m/vae", "vae")]


def row(id_: int, name: str = "", **changes: object) -> Row:
    made = plain_row(id_, 1, name or f"m{id_}.safetensors", "loras", id_ * 10**8, 1_700_000_000 * 10**9, 1_700_000_000.0)
    made = made._replace(**changes)  # type: ignore[arg-type]
    return made._replace(search=fold(f"{made.file}\n{made.title}\n{made.tags}"))


@pytest.fixture
def model() -> LibraryModel:
    made = LibraryModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    made.change([row(id_) for id_ in range(1, 9)], folders=FOLDERS)
    return made


def ids(model: LibraryModel) -> list[int]:
    return [model.id_at(place) for place in range(model.rowCount())]


def test_the_tester_is_content_after_every_change(model: LibraryModel) -> None:
    dice = random.Random(2)
    for step in range(150):
        match dice.randrange(5):
            case 0:
                model.set_query(parse(dice.choice(("", "m1", "-m2", "is:away", "nothing at all"))))
            case 1:
                model.set_order(dice.choice(SORTS), dice.random() < 0.5, dice.choice(GROUPS))
            case 2:
                gone = dice.sample(range(1, 30), 3)
                model.change([row(dice.randrange(30, 40))], gone, [dice.choice(FOLDERS)])
            case 3:
                model.change([row(dice.randrange(1, 40), base=dice.choice("ab"), flags=dice.choice((0, AWAY))) for _ in range(3)])
            case _:
                arrangement = Arrangement(Shelf())
                arrangement.shelf.set_folders(FOLDERS)
                arrangement.shelf.fill([row(id_) for id_ in range(1, step % 7 + 1)])
                arrangement.refill()
                model.set_arrangement(arrangement)
        assert [model.row_of(id_) for id_ in ids(model)] == list(range(model.rowCount()))


def test_a_card_says_all_that_is_painted(model: LibraryModel) -> None:
    model.change([row(1, "ink.safetensors", title="Ink Wash", base="Pony", size=228_400_000, flags=FAVOURITE, preview="ink.png",
                      preview_sort="still", preview_mtime_ns=5, preview_size=6)])  # fmt: skip
    card = model.card(model.row_of(1))
    assert card[:6] == (1, "Ink Wash", "loras", "LoRA", "Pony", "228 MB")
    assert (card.badge, card.is_favourite, card.is_away) == ("", True, False)
    assert card.picture == PictureKey("/disk/style/ink.png", 5, 6, "still", 0), "the real folder, so that one file has one thumbnail"


def test_what_is_wrong_shows_as_a_badge(model: LibraryModel) -> None:
    problems = ("truncated", "wrong_folder", "truncated", "code of another day")
    model.change([row(id_, problem=code, flags=AWAY * (id_ == 3)) for id_, code in enumerate(problems, 1)])
    badges = {id_: model.card(model.row_of(id_))[6:8] for id_ in (1, 2, 3, 4)}
    assert badges == {1: ("Cut off", "bad"), 2: ("Wrong folder", "warn"), 3: ("Away", ""), 4: ("", "")}


def test_pictures_inside_the_model_are_keyed_by_the_model(model: LibraryModel) -> None:
    model.change([row(1, preview_sort="embedded", preview_mtime_ns=7, preview_size=8)])
    assert model.card(model.row_of(1)).picture == PictureKey("/disk/style/m1.safetensors", 7, 8, "embedded", 0)
    assert model.card(model.row_of(2)).picture is None
    assert model.card(model.row_of(2)).base == ""


def test_without_a_base_the_architecture_stands_on_the_card(model: LibraryModel) -> None:
    model.change([row(1, architecture="Flux.1 VAE")])
    assert model.card(model.row_of(1)).base == "Flux.1 VAE"


def test_columns_of_the_table(model: LibraryModel) -> None:
    model.change([row(1, base="Pony", architecture="SDXL", size=6_617_000_000, rating=3)])
    place = model.row_of(1)
    texts = {name: model.index(place, column).data() for column, name in enumerate(COLUMNS)}
    assert texts.pop("modified") == texts.pop("added"), "the same day"
    assert (texts.pop("rating"), texts.pop("folder")) == ("★★★", "loras/style")
    assert texts == {"name": "m1", "type": "LoRA", "base": "Pony", "architecture": "SDXL", "size": "6.6 GB"}
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Name"
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.index(place, 0).data(IdRole) == 1
    assert model.index(place, 0).data(Qt.ItemDataRole.ToolTipRole) == "/m/loras/style/m1.safetensors", "the path as configured"
    assert model.index(place, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "m1, LoRA, Pony, 6.6 GB"
    assert model.rowCount(model.index(0, 0)) == model.columnCount(model.index(0, 0)) == 0
    assert model.data(QModelIndex()) is None


@pytest.mark.parametrize("mtime_ns", [-(2**62), 2**62, 0])
def test_dates_of_odd_clocks_do_no_harm(model: LibraryModel, mtime_ns: int) -> None:
    model.change([row(1, mtime_ns=mtime_ns)])
    assert isinstance(model.index(model.row_of(1), COLUMNS.index("modified")).data(), str)


def test_a_click_on_a_heading_asks_and_changes_nothing(model: LibraryModel) -> None:
    asked = QSignalSpy(model.order_asked)
    before = ids(model)
    for column in range(-1, len(COLUMNS) + 1):
        model.sort(column, Qt.SortOrder.DescendingOrder)
    assert [asked.at(number) for number in range(asked.count())] == [[SORT_OF[name], True] for name in COLUMNS if name in SORT_OF]
    assert ids(model) == before


def test_sections_are_the_groups(model: LibraryModel) -> None:
    changed = QSignalSpy(model.sections_changed)
    assert model.sections() == ()
    model.change([row(1, base="Pony"), row(2, base="Pony")])
    model.set_order("name", False, "base")
    assert [tuple(section) for section in model.sections()] == [("Pony", 0, 2), ("Not known", 2, 6)]
    assert changed.count() == 1, "new texts on cards are no new sections"


def test_a_change_on_cards_only_leaves_views_as_they_are(model: LibraryModel) -> None:
    reset, changed = QSignalSpy(model.modelReset), QSignalSpy(model.dataChanged)
    model.change([row(3, base="Pony", preview_sort="still", preview="m3.png")])
    assert (reset.count(), changed.count()) == (0, 1)
    assert model.card(model.row_of(3)).base == "Pony"
    model.change([row(3, title="A new name")])
    assert (reset.count(), ids(model)[0]) == (1, 3)
    model.set_query(parse("is:away"))
    model.change([row(3, title="A new name", flags=AWAY)])
    assert ids(model) == [3], "what the search asks for may have changed"


def test_nothing_to_tell_is_not_told(model: LibraryModel) -> None:
    spies = [QSignalSpy(model.modelReset), QSignalSpy(model.dataChanged)]
    model.change([], [])
    assert [spy.count() for spy in spies] == [0, 0]


def test_folders_reached_in_other_ways_are_shown_anew(model: LibraryModel) -> None:
    model.set_query(parse("folder:/n/loras"))
    assert model.rowCount() == 0
    model.change([], folders=[folder(1, "/n/loras", "/n/loras", "loras", "/disk/style")])
    assert model.rowCount() == 8


@pytest.mark.parametrize("group", ["none", "base"])
def test_several_changes_are_told_as_one(model: LibraryModel, group: str) -> None:
    model.set_order("name", False, group)
    reset, sections = QSignalSpy(model.modelReset), QSignalSpy(model.sections_changed)
    with model.together():
        model.change([row(3, base="b")])
        model.change([row(9, base="a"), row(1, "a name of its own.safetensors", base="b")], [2])
        assert reset.count() == 0
    assert reset.count() == 1 and sections.count() == 1
    assert ids(model) == ([1, 3, 4, 5, 6, 7, 8, 9] if group == "none" else [9, 1, 3, 4, 5, 6, 7, 8])
    assert [part.size for part in model.sections()] == ([] if group == "none" else [1, 2, 5])
    model.change([row(2, base="a")])
    assert reset.count() == 2 and model.rowCount() == 9, "each by itself as ever"
