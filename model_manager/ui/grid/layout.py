"""Where cards and headings lie: plain arithmetic over the number of rows, nothing stored per card; used by the grid view.

Knows no widgets and no model. All figures are logical pixels of the whole content, before scrolling.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from PySide6.QtCore import QRect

from model_manager.bridge.library_model import Section

MARGIN = 16
GAP = 16
HEADING = 44
ASPECT = 2.75 / 2
SQUEEZE = 0.3  # of a column: where that little is missing, cards become narrower than asked rather than much wider
CARD_MIN, CARD_MAX, CARD_USUAL = 120, 360, 168


class Block(NamedTuple):
    """A run of cards under one heading (title "" when not grouped); top is where its heading begins, cards begin at `cards`."""

    title: str
    first: int
    size: int
    top: int
    cards: int
    bottom: int


class GridLayout:
    """The arithmetic for one width, card size and number of rows; made anew when one of them changes (costs O(sections))."""

    def __init__(self, width: int, card: int, rows: int, sections: Sequence[Section] = ()) -> None:
        inner = max(1, width - 2 * MARGIN)
        self.width = width
        self.columns = max(1, int((inner + GAP) / (card + GAP) + SQUEEZE))
        self.card_width = max(1, (inner - (self.columns - 1) * GAP) // self.columns)
        self.card_height = round(self.card_width * ASPECT)
        self.rows = rows
        self._spare = inner - self.columns * self.card_width - (self.columns - 1) * GAP
        self._xs = [self._x(column) for column in range(self.columns)]
        self._sections = sections
        self._firsts, self._sizes = list(map(itemgetter(1), sections)), list(map(itemgetter(2), sections))
        if not sections or not rows or 0 in self._sizes or self._firsts[-1] + self._sizes[-1] > rows:
            self._sections = [section for section in sections if section[2] and section[1] < rows] or [Section("", 0, rows)]
            self._firsts = [first for _title, first, _size in self._sections]
            self._sizes = [min(size, rows - first) for _title, first, size in self._sections]
        self.is_grouped = bool(sections) and rows > 0  # True when cards stand under headings
        self._tops = list(accumulate(self._heights(), initial=0))  # one more than there are blocks: the height of all
        self.height = self._tops[-1]

    @property
    def pitch(self) -> int:
        """From the top of one line of cards to the next."""
        return self.card_height + GAP

    def _heights(self) -> Iterable[int]:
        """How high each block is; there may be tens of thousands, so one of each size is reckoned and only those looked at are made."""
        head, columns, pitch = HEADING if self.is_grouped else MARGIN, self.columns, self.pitch
        lines = {size: -(-size // columns) for size in set(self._sizes)}
        heights = {size: head + count * pitch + MARGIN - (GAP if count else 0) for size, count in lines.items()}
        return map(heights.__getitem__, self._sizes)

    def _block(self, number: int) -> Block:
        title, first, size = self._sections[number][0], self._firsts[number], self._sizes[number]
        top = self._tops[number]
        cards = top + (HEADING if self.is_grouped else MARGIN)
        title = (title or " ") if self.is_grouped else ""
        return Block(title, first, size, top, cards, self._tops[number + 1])

    def _number_of(self, row: int) -> int:
        return max(0, bisect_right(self._firsts, row) - 1)

    def _number_at(self, y: int) -> int:
        return max(0, min(len(self._sections), bisect_right(self._tops, y)) - 1)

    def _lines_in(self, block: Block) -> int:
        return -(-block.size // self.columns)

    def block_of(self, row: int) -> Block:
        """Return the block that holds `row`."""
        return self._block(self._number_of(row))

    def block_at(self, y: int) -> Block:
        """Return the block at height `y` (the nearest one outside)."""
        return self._block(self._number_at(y))

    def _x(self, column: int) -> int:
        """Cards are equally wide; pixels left over go into the gaps."""
        spread = self._spare * column // (self.columns - 1) if self.columns > 1 else 0
        return MARGIN + column * (self.card_width + GAP) + spread

    def rect(self, row: int) -> QRect:
        """Return where the card of `row` lies."""
        block = self.block_of(row)
        line, column = divmod(row - block.first, self.columns)
        return QRect(self._xs[column], block.cards + line * self.pitch, self.card_width, self.card_height)

    def row_at(self, x: int, y: int) -> int:
        """Return the row of the card at a point, or -1 between and beside the cards."""
        block = self.block_at(y)
        line = (y - block.cards) // self.pitch
        column = bisect_right(self._xs, x) - 1
        place = line * self.columns + column
        if y < block.cards or column < 0 or place >= block.size:
            return -1
        return block.first + place if self.rect(block.first + place).contains(x, y) else -1

    def blocks_between(self, top: int, bottom: int) -> Iterator[Block]:
        """Yield the blocks that touch the band from `top` to `bottom`."""
        for number in range(self._number_at(top), self._number_at(bottom) + 1):
            block = self._block(number)
            if block.bottom >= top and block.top <= bottom:
                yield block

    def _lines(self, block: Block, top: int, bottom: int) -> tuple[int, int]:
        """Return the first line of `block` that touches the band and the one after the last."""
        last = self._lines_in(block)
        start = (top - block.cards + GAP) // self.pitch
        end = (bottom - block.cards) // self.pitch + 1
        return max(0, min(start, last)), max(0, min(end, last))

    def rows_between(self, top: int, bottom: int) -> range:
        """Return the rows of cards that touch the band from `top` to `bottom`."""
        found = [
            (block.first + start * self.columns, min(block.first + end * self.columns, block.first + block.size))
            for block in self.blocks_between(top, bottom)
            for start, end in (self._lines(block, top, bottom),)
            if start < end
        ]
        return range(found[0][0], found[-1][1]) if found else range(0)

    def ranges_in(self, rect: QRect) -> list[range]:
        """Return runs of rows whose cards touch `rect`, one run a line, or one a block where all columns are touched."""
        columns = [c for c, x in enumerate(self._xs) if x <= rect.right() and x + self.card_width > rect.left()]
        if not columns:
            return []
        found: list[range] = []
        for block in self.blocks_between(rect.top(), rect.bottom()):
            start, end = self._lines(block, rect.top(), rect.bottom())
            last = block.first + block.size
            if len(columns) == self.columns:
                found.append(range(block.first + start * self.columns, min(last, block.first + end * self.columns)))
                continue
            for line in range(start, end):
                left = block.first + line * self.columns
                found.append(range(left + columns[0], min(last, left + columns[-1] + 1)))
        return [run for run in found if run]

    def by_lines(self, row: int, lines: int) -> int:
        """Return the row `lines` lines below (above if negative), in the same column where there is one."""
        number = self._number_of(row)
        block = self._block(number)
        line, column = divmod(row - block.first, self.columns)
        goal = line + lines
        while goal < 0 and number > 0:
            number -= 1
            goal += self._lines_in(self._block(number))
        while goal >= (there := self._lines_in(self._block(number))) and number < len(self._sections) - 1:
            goal -= there
            number += 1
        block = self._block(number)
        goal = max(0, min(goal, self._lines_in(block) - 1))
        return block.first + min(goal * self.columns + column, block.size - 1)
