"""Where cards and headings lie: plain arithmetic over the number of rows, nothing stored per card; used by the grid view.

Knows no widgets and no model. All figures are logical pixels of the whole content, before scrolling.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
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
        self._blocks = list(self._place(sections)) or [self._block("", 0, rows, 0)]
        self._firsts = [block.first for block in self._blocks]
        self._tops = [block.top for block in self._blocks]
        self.height = self._blocks[-1].bottom

    @property
    def is_grouped(self) -> bool:
        """True when cards stand under headings."""
        return bool(self._blocks[0].title)

    @property
    def pitch(self) -> int:
        """From the top of one line of cards to the next."""
        return self.card_height + GAP

    def _place(self, sections: Sequence[Section]) -> Iterator[Block]:
        top = 0
        for title, first, count in sections:
            shown = min(count, self.rows - first)
            if shown > 0:
                block = self._block(title or " ", first, shown, top)
                top = block.bottom
                yield block

    def _block(self, title: str, first: int, count: int, top: int) -> Block:
        cards = top + (HEADING if title else MARGIN)
        lines = -(-count // self.columns)
        bottom = cards + lines * self.pitch - (GAP if lines else 0) + MARGIN
        return Block(title, first, count, top, cards, bottom)

    def _number_of(self, row: int) -> int:
        return max(0, bisect_right(self._firsts, row) - 1)

    def _lines_in(self, block: Block) -> int:
        return -(-block.size // self.columns)

    def block_of(self, row: int) -> Block:
        """Return the block that holds `row`."""
        return self._blocks[self._number_of(row)]

    def block_at(self, y: int) -> Block:
        """Return the block at height `y` (the nearest one outside)."""
        return self._blocks[max(0, bisect_right(self._tops, y) - 1)]

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
        for block in self._blocks[max(0, bisect_right(self._tops, top) - 1) : bisect_right(self._tops, bottom)]:
            if block.bottom >= top:
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
        block = self._blocks[number]
        line, column = divmod(row - block.first, self.columns)
        goal = line + lines
        while goal < 0 and number > 0:
            number -= 1
            goal += self._lines_in(self._blocks[number])
        while goal >= (there := self._lines_in(self._blocks[number])) and number < len(self._blocks) - 1:
            goal -= there
            number += 1
        block = self._blocks[number]
        goal = max(0, min(goal, self._lines_in(block) - 1))
        return block.first + min(goal * self.columns + column, block.size - 1)
