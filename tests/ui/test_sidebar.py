"""The sidebar: what it lists, what it keeps while counts change, and what it says was chosen."""

import random

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QTreeView
from pytestqt.qtbot import QtBot

from model_manager.core.library import query
from model_manager.ui.sidebar import Sidebar, SidebarRow, SidebarSection
from model_manager.ui.sidebar_delegate import ROW_HEIGHT, arrow_rect
from model_manager.ui.sidebar_model import DEEPEST, SidebarModel
from model_manager.ui.sidebar_rows import (
    BROWSE,
    UPDATES,
    attention_section,
    folders_section,
    grouped,
    library_section,
    quoted,
    tags_section,
    types_section,
)
from model_manager.ui.theme import set_theme, tokens


def folder(name: str, depth: int = 0, count: int = 1, has_children: bool = False) -> SidebarRow:
    return SidebarRow(quoted("folder", name), name, "folder", count, depth, has_children=has_children)


def tree_section(count: int = 1) -> SidebarSection:
    return folders_section([folder("a", 0, count, True), folder("b", 1), folder("c", 2), folder("d", 1), folder("e")])


def outline(model: SidebarModel) -> list[tuple[int, str]]:
    """All rows as (depth, text), headings at 0."""
    found: list[tuple[int, str]] = []

    def walk(parent: QModelIndex, depth: int) -> None:
        for place in range(model.rowCount(parent)):
            index = model.index(place, 0, parent)
            found.append((depth, str(index.data())))
            assert model.parent(index) == parent
            walk(index, depth + 1)

    walk(QModelIndex(), 0)
    return found


@pytest.fixture
def sidebar(qtbot: QtBot, qapp: QApplication) -> Sidebar:
    set_theme("dark", qapp)
    made = Sidebar()
    qtbot.addWidget(made)
    made.resize(226, 600)
    made.show()
    return made


def tree_of(sidebar: Sidebar) -> QTreeView:
    return sidebar._tree


def centre(sidebar: Sidebar, text_query: str) -> QPoint:
    return tree_of(sidebar).visualRect(sidebar._model.index_of(text_query)).center()


def test_rows_stand_below_their_sections_and_folders() -> None:
    model = SidebarModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_sections([library_section(12, 3, 1), tree_section()])
    rows = [(0, "Library"), *((1, text) for text in ("All models", "Favourites", "Recently added", "Updates", "Civitai"))]
    assert outline(model) == [*rows, (0, "Folders"), (1, "a"), (2, "b"), (3, "c"), (2, "d"), (1, "e")]


def test_attention_that_counts_nothing_is_hidden() -> None:
    model = SidebarModel()
    pages = [(0, "Needs attention"), (1, "Health"), (1, "Duplicates")]
    model.set_sections([attention_section(0, 3, 0)])
    assert outline(model) == [*pages, (1, "Problems")]
    model.set_sections([attention_section(0, 0, 0)])
    assert outline(model) == pages
    model.set_sections([attention_section(1, 0, 2)])
    assert outline(model) == [*pages, (1, "No preview"), (1, "Away")]


def test_random_changes_end_in_what_was_asked_for() -> None:
    chance = random.Random(3)
    model = SidebarModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for _ in range(60):
        names = [f"n{number}" for number in range(14) if chance.random() < 0.6]
        chance.shuffle(names)
        rows, depth = [], 0
        for name in names:
            depth = chance.randint(0, depth + 1) if rows else 0
            rows.append(folder(name, depth, chance.randint(0, 9)))
        model.set_sections([library_section(chance.randint(0, 5), 0, 0), folders_section(rows)])
        fresh = SidebarModel()
        fresh.set_sections([library_section(0, 0, 0), folders_section(rows)])
        assert outline(model) == outline(fresh)
        for row in rows:
            assert model.row_at(model.index_of(row.query)) == row


def test_changed_counts_reset_nothing() -> None:
    model = SidebarModel()
    model.set_sections([library_section(1, 1, 1), tree_section()])
    told: list[str] = []
    model.dataChanged.connect(lambda first, last: told.append(str(first.data())))
    for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.layoutChanged):
        signal.connect(lambda *_: told.append("structure"))
    model.set_sections([library_section(1, 1, 1), tree_section()])
    assert told == []
    model.set_sections([library_section(1, 2, 1), tree_section(5)])
    assert told == ["Favourites", "a"]
    row = model.row_at(model.index_of("folder:a"))
    assert row is not None and row.count == 5


def test_a_row_that_comes_twice_is_shown_once() -> None:
    model = SidebarModel()
    model.set_sections([folders_section([folder("a"), folder("a"), folder("b")])])
    assert outline(model) == [(0, "Folders"), (1, "a"), (1, "b")]


def test_a_hostile_depth_is_bounded() -> None:
    model = SidebarModel()
    model.set_sections([folders_section([folder(str(depth), depth) for depth in range(3000)])])
    assert max(depth for depth, _ in outline(model)) == DEEPEST + 1
    model.set_sections([])
    assert model.rowCount() == 0


def test_what_is_open_chosen_and_scrolled_to_stays(sidebar: Sidebar, qtbot: QtBot) -> None:
    folders = [folder("root", 0, 900, True), *(folder(f"sub {number:03}", 1, number) for number in range(200))]
    sidebar.set_rows([library_section(9, 9, 9), folders_section(folders)])
    sidebar.set_open_rows(["folder:root"])
    sidebar.set_current('folder:"sub 090"')
    bar = tree_of(sidebar).verticalScrollBar()
    bar.setValue(60 * ROW_HEIGHT)
    more = [*folders[:100], folder("sub 099 b", 1, 3), *(folder(row.text, 1, row.count + 1) for row in folders[100:])]
    sidebar.set_rows([library_section(10, 9, 9), folders_section(more)])
    assert bar.value() == 60 * ROW_HEIGHT
    assert sidebar.open_rows() == ["folder:root"]
    chosen = tree_of(sidebar).selectionModel().selectedIndexes()
    assert [index.data() for index in chosen] == ["sub 090"]


def test_a_chosen_row_that_goes_and_comes_back_is_marked_again(sidebar: Sidebar, qtbot: QtBot) -> None:
    told: list[str] = []
    sidebar.query_chosen.connect(told.append)
    sidebar.set_rows([library_section(5, 0, 0), attention_section(2, 0, 0)])
    sidebar.set_current("no:preview")
    sidebar.set_rows([library_section(5, 0, 0), attention_section(0, 0, 0)])
    assert tree_of(sidebar).selectionModel().selectedIndexes() == []
    sidebar.set_rows([library_section(5, 0, 0), attention_section(1, 0, 0)])
    assert [index.data() for index in tree_of(sidebar).selectionModel().selectedIndexes()] == ["No preview"]
    assert sidebar.current() == "no:preview"
    assert told == [], "only a person chooses"


def test_an_unknown_search_marks_nothing(sidebar: Sidebar) -> None:
    sidebar.set_rows([library_section(5, 0, 0)])
    sidebar.set_current("")
    assert tree_of(sidebar).currentIndex().data() == "All models"
    sidebar.set_current("ink wash")
    assert tree_of(sidebar).selectionModel().selectedIndexes() == []
    sidebar.set_current(None)
    assert not tree_of(sidebar).currentIndex().isValid()


def test_a_click_chooses_also_a_second_time(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.set_rows([library_section(5, 1, 0), types_section([("loras", "LoRAs", 3)])])
    told: list[str] = []
    sidebar.query_chosen.connect(told.append)
    view = tree_of(sidebar).viewport()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=centre(sidebar, "type:loras"))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=centre(sidebar, "type:loras"))
    heading = tree_of(sidebar).visualRect(sidebar._model.index(0, 0)).center()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=heading)
    assert told == ["type:loras", "type:loras"]


def test_the_keyboard_reaches_every_row_and_passes_headings(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.set_rows([library_section(5, 1, 0), types_section([("loras", "LoRAs", 3)]), tags_section([("portrait", 2)])])
    sidebar.set_current("")
    told: list[str] = []
    sidebar.query_chosen.connect(told.append)
    for _ in range(6):
        qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Down)
    qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Return)
    qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Home)
    assert told == ["is:favourite", "added<7d", "type:loras", "tag:portrait", "tag:portrait", ""]


def test_other_pages_open_by_enter_or_a_click_only(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.set_rows([library_section(5, 1, 0, 14)])
    sidebar.set_current("added<7d")
    told: list[str] = []
    sidebar.query_chosen.connect(told.append)
    sidebar.page_chosen.connect(told.append)
    qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Down)
    assert told == []
    qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Return)
    assert told == [UPDATES] and sidebar.current() == "added<7d"
    place = tree_of(sidebar).visualRect(sidebar._model.index_of(BROWSE)).center()
    qtbot.mouseClick(tree_of(sidebar).viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told == [UPDATES, BROWSE]
    assert tree_of(sidebar).currentIndex() == sidebar._model.index_of("added<7d"), "what is shown behind stays marked"


def test_arrows_open_and_close_without_choosing(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.set_rows([tree_section()])
    told: list[str] = []
    opened: list[str] = []
    sidebar.query_chosen.connect(told.append)
    sidebar.row_opened.connect(opened.append)
    index = sidebar._model.index_of("folder:a")
    at = arrow_rect(tree_of(sidebar).visualRect(index), 0).center()
    for wanted in (True, False, True):
        qtbot.mouseClick(tree_of(sidebar).viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert tree_of(sidebar).isExpanded(index) is wanted
    assert told == [] and opened == ["folder:a", "folder:a"]
    sidebar.set_current("folder:a")
    qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Left)
    assert not tree_of(sidebar).isExpanded(index)
    qtbot.keyClick(tree_of(sidebar), Qt.Key.Key_Right)
    assert tree_of(sidebar).isExpanded(index)


def test_a_row_can_be_opened_before_its_folders_are_known(sidebar: Sidebar) -> None:
    sidebar.set_rows([folders_section([folder("a", 0, 4, has_children=True)])])
    opened: list[str] = []
    sidebar.row_opened.connect(opened.append)
    sidebar.set_open_rows(["folder:a"])
    assert opened == ["folder:a"]
    sidebar.set_rows([folders_section([folder("a", 0, 4, has_children=True), folder("b", 1)])])
    assert tree_of(sidebar).visualRect(sidebar._model.index_of("folder:b")).isValid(), "what was asked for is shown at once"


def test_every_search_is_one_the_library_understands() -> None:
    named = [types_section([("loras", "LoRAs", 1)]), tags_section([("two words", 1)])]
    sections = [library_section(1, 1, 1), attention_section(1, 1, 1), *named]
    for row in (row for section in sections for row in section.rows if row.query and not row.is_page):
        parsed = query.parse(row.query)
        assert len(parsed.tests) == 1 and not parsed.words, row.query


def test_quotes_stand_only_where_they_are_needed() -> None:
    assert quoted("type", "loras") == "type:loras"
    assert quoted("folder", "D:/my models") == 'folder:"D:/my models"'
    assert quoted("tag", 'a"b c') == 'tag:"ab c"'
    assert quoted("tag", "") == 'tag:""'


def test_a_screen_reader_hears_text_and_count(sidebar: Sidebar) -> None:
    sidebar.set_rows([library_section(12408, 1, 0)])
    heard = [sidebar._model.index_of(text).data(Qt.ItemDataRole.AccessibleTextRole) for text in ("", "is:favourite")]
    assert heard == ["All models, 12,408 models", "Favourites, 1 model"]
    assert grouped(12408) == "12,408"


def test_the_chosen_row_is_painted_in_the_accent(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.set_rows([library_section(12408, 86, 0)])
    sidebar.set_current("")
    picture = sidebar.grab().toImage()
    ratio = picture.devicePixelRatio()

    def colours(search: str) -> set[str]:
        rect = tree_of(sidebar).visualRect(sidebar._model.index_of(search)).translated(tree_of(sidebar).mapTo(sidebar, QPoint(0, 0)))
        points = ((x, y) for x in range(rect.left(), rect.right()) for y in range(rect.top(), rect.bottom()))
        return {picture.pixelColor(int(x * ratio), int(y * ratio)).name() for x, y in points}

    assert tokens().accent.name() in colours("")
    assert tokens().accent.name() not in colours("is:favourite")


def test_the_width_is_bounded(sidebar: Sidebar) -> None:
    assert sidebar.sizeHint().width() == 226
    assert (sidebar.minimumWidth(), sidebar.maximumWidth()) == (180, 360)


def test_another_count_or_theme_is_painted_though_rows_are_kept(sidebar: Sidebar, qapp: QApplication) -> None:
    sidebar.set_rows([library_section(12408, 86, 0)])
    first = sidebar.grab().toImage()
    sidebar.set_rows([library_section(12409, 86, 0)])
    second = sidebar.grab().toImage()
    assert second != first
    sidebar.set_rows([library_section(12408, 86, 0)])
    assert sidebar.grab().toImage() == first
    set_theme("light", qapp)
    assert sidebar.grab().toImage().pixelColor(100, 30) == tokens().panel
    set_theme("dark", qapp)
