"""The arithmetic of the grid: nothing overlaps, everything is found again, and the cost does not grow with the rows."""

import pytest
from PySide6.QtCore import QRect

from model_manager.bridge.library_model import Section
from model_manager.ui.grid.layout import GAP, HEADING, MARGIN, GridLayout

GROUPS = (Section("SDXL", 0, 7), Section("Empty", 7, 0), Section("", 7, 1), Section("Flux", 8, 40))


@pytest.mark.parametrize("width", [1, 90, 300, 611, 1000, 1283, 2560])
@pytest.mark.parametrize("card", [120, 168, 233, 360])
@pytest.mark.parametrize("sections", [(), GROUPS])
def test_every_card_is_found_where_it_lies(width: int, card: int, sections: tuple[Section, ...]) -> None:
    layout = GridLayout(width, card, 48, sections)
    rects = [layout.rect(row) for row in range(48)]
    for row, rect in enumerate(rects):
        assert layout.row_at(rect.left(), rect.top()) == row
        assert layout.row_at(rect.right(), rect.bottom()) == row
        assert layout.row_at(rect.left() - 1, rect.top()) != row
        assert layout.row_at(rect.left(), rect.bottom() + 1) != row
        assert rect.bottom() < layout.height
        assert not any(rect.intersects(other) for other in rects[:row])


@pytest.mark.parametrize("width", [300, 611, 1000, 1283])
def test_columns_fill_the_width(width: int) -> None:
    layout = GridLayout(width, 168, 100)
    last = layout.rect(layout.columns - 1)
    assert layout.rect(0).left() == MARGIN
    assert last.right() == width - MARGIN - 1
    assert layout.card_width > 0.75 * 168


@pytest.mark.parametrize("sections", [(), GROUPS])
def test_rows_between_are_those_that_touch_the_band(sections: tuple[Section, ...]) -> None:
    layout = GridLayout(700, 150, 48, sections)
    for top in range(0, layout.height, 37):
        band = QRect(0, top, 700, 400)
        touched = [row for row in range(48) if layout.rect(row).intersects(band)]
        assert list(layout.rows_between(top, top + 399)) == touched


@pytest.mark.parametrize("sections", [(), GROUPS])
@pytest.mark.parametrize("rect", [QRect(0, 0, 700, 900), QRect(180, 90, 200, 500), QRect(5, 5, 4, 4), QRect(-50, -50, 2000, 5000)])
def test_ranges_in_a_rectangle_are_the_cards_that_touch_it(sections: tuple[Section, ...], rect: QRect) -> None:
    layout = GridLayout(700, 150, 48, sections)
    found = [row for run in layout.ranges_in(rect) for row in run]
    assert found == [row for row in range(48) if layout.rect(row).intersects(rect)]


def test_a_rectangle_over_all_columns_is_one_range_however_long() -> None:
    layout = GridLayout(1000, 168, 1_000_000)
    assert layout.ranges_in(QRect(0, 0, 1000, layout.height)) == [range(1_000_000)]


def test_headings_take_room_and_empty_groups_none() -> None:
    layout = GridLayout(700, 150, 48, GROUPS)
    blocks = list(layout.blocks_between(0, layout.height))
    assert [(block.first, block.size) for block in blocks] == [(0, 7), (7, 1), (8, 40)]
    assert layout.rect(0).top() == HEADING
    assert layout.rect(7).top() == blocks[1].top + HEADING
    assert layout.is_grouped and not GridLayout(700, 150, 48).is_grouped


def test_sections_may_be_behind_the_rows() -> None:
    layout = GridLayout(700, 150, 5, GROUPS)
    assert list(layout.rows_between(0, layout.height)) == list(range(5))
    assert GridLayout(700, 150, 0, GROUPS).height > 0
    assert GridLayout(700, 150, 0).rows_between(0, 900) == range(0)


def test_lines_up_and_down_keep_the_column() -> None:
    layout = GridLayout(700, 150, 48)
    columns = layout.columns
    assert layout.by_lines(1, 1) == 1 + columns
    assert layout.by_lines(1, -1) == 1
    assert layout.by_lines(40, -3) == 40 - 3 * columns
    assert layout.by_lines(47 - columns, 1) == 47
    assert layout.by_lines(3, 1000) // columns == 47 // columns


def test_lines_go_through_groups() -> None:
    layout = GridLayout(700, 150, 48, GROUPS)
    assert layout.columns == 4
    assert layout.by_lines(5, 1) == 7  # the only card of the next group
    assert layout.by_lines(7, 1) == 8
    assert layout.by_lines(8, -1) == 7
    assert layout.by_lines(7, -1) == 4
    assert layout.by_lines(2, 2) == 7
    assert layout.by_lines(10, 1) == 14


def test_gaps_hold_no_card() -> None:
    layout = GridLayout(700, 150, 48)
    rect = layout.rect(0)
    assert layout.row_at(rect.right() + GAP // 2, rect.center().y()) == -1
    assert layout.row_at(2, 2) == -1
    assert layout.row_at(rect.center().x(), layout.height + 500) == -1
