"""The part of the grid that lays out, scrolls and paints; GridView adds mouse and keyboard.

Nothing is stored per card: places are arithmetic, and only what is on screen is asked of the model. Must stay as fast with
100,000 rows as with 100, so no loop here runs over rows that are not visible.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
    Slot,
)  # fmt: skip
from PySide6.QtGui import QFont, QHideEvent, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from model_manager.bridge.library_model import Card, PictureKey, Section
from model_manager.ui.grid.card_face import HALO, Faces
from model_manager.ui.grid.grip import paint_grip
from model_manager.ui.grid.headings import paint_band, paint_headings
from model_manager.ui.grid.layout import CARD_MAX, CARD_MIN, CARD_USUAL, HEADING, MARGIN, GridLayout
from model_manager.ui.grid.model import CardModel, Pictures
from model_manager.ui.theme import theme_changed, tokens

WHEEL_STEP = 40  # pixels a line of the wheel; three lines a notch
LINES_AHEAD = 2  # of cards below the screen whose pictures are asked for as well
STILL = 80  # milliseconds after which a size that changed stands still; meanwhile cards are shown scaled
PATIENCE = 120  # milliseconds a card stays blank before it is drawn without its picture: most come sooner
RANGES_MANY = 400  # selection ranges beyond which the whole screen is repainted instead
Index = QModelIndex | QPersistentModelIndex


class CardArea(QAbstractItemView):
    """Cards in columns that fill the width, in groups with headings if the model has sections."""

    card_width_changed = Signal(int)

    def __init__(self, thumbnails: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._card_asked = CARD_USUAL
        self._layout = GridLayout(1, CARD_USUAL, 0)
        self._laid_out: tuple[tuple[int, int, int], Sequence[Section]] = ((0, 0, 0), ())  # what `_layout` was made from
        self._faces = Faces()
        self._anchor: tuple[int, int, float] | None = None  # id, row, how far its card is scrolled out (in cards)
        self._is_laying_out = False
        self._hover, self._is_on_grip = -1, False
        self.can_be_node: Callable[[int], bool] = lambda _id: False  # asked of the card under the pointer only
        self._shows_focus = False
        self._behind = QRegion()  # cards that the last frame left to the next one
        self._band = QRect()
        self._wanted_for: tuple[range, int] | None = None
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._next_frame = QTimer(self, singleShot=True, interval=0)
        self._still = QTimer(self, singleShot=True, interval=STILL)
        self._build()
        self._patience.timeout.connect(self._on_patience)
        self._next_frame.timeout.connect(self._on_next_frame)
        self._still.timeout.connect(self._on_still)
        thumbnails.ready.connect(self._on_thumbnails_ready)
        theme_changed.connect(self._relayout)

    def _build(self) -> None:
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else its coming and going would move the columns
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(False)
        self.setAutoScroll(False)  # or cards that come in above the current one would push the view down
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.verticalScrollBar().setSingleStep(WHEEL_STEP)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)

    # --- what the rest of the window says

    @property
    def card_width(self) -> int:
        """The width asked for, in logical pixels; cards are shown somewhat wider to fill the line."""
        return self._card_asked

    def set_card_width(self, width: int) -> None:
        """Show cards about `width` logical pixels wide (120 to 360); the cards on top stay on top."""
        width = max(CARD_MIN, min(CARD_MAX, width))
        if width != self._card_asked:
            self._card_asked = width
            self._relayout()
            self.card_width_changed.emit(width)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show `model`, which also answers what `CardModel` asks."""
        for signal in _layout_signals(self.model()):
            signal.disconnect(self._relayout)
        super().setModel(model)
        for signal in _layout_signals(model):
            signal.connect(self._relayout)
        self._relayout()

    def visible_rows(self) -> range:
        """Return the rows at least partly on screen."""
        top = self.verticalOffset()
        return self._layout.rows_between(top, top + self.viewport().height() - 1)

    def is_settled(self) -> bool:
        """Tell whether every picture on screen has arrived, or is known not to exist, and is painted."""
        keys = [key for row in self.visible_rows() if (key := self._card(row).picture) is not None]
        is_sharp = self._behind.isEmpty() and not self._still.isActive()
        return is_sharp and all(self._thumbnails.state(key) != "asked" for key in keys)

    # --- Qt's questions about places

    def _cards(self) -> CardModel:
        return cast(CardModel, self.model())

    def _card(self, row: int) -> Card:
        return self._cards().card(row)

    def _rows(self) -> int:
        model = self.model()
        return 0 if model is None else model.rowCount()

    def _index(self, row: int) -> QModelIndex:
        return self.model().index(row, 0) if 0 <= row < self._rows() else QModelIndex()

    def _row_rect(self, row: int) -> QRect:
        """Return where the card of `row` is in the viewport."""
        return self._layout.rect(row).translated(0, -self.verticalOffset())

    def _row_at(self, point: QPoint) -> int:
        return self._layout.row_at(point.x(), point.y() + self.verticalOffset())

    def visualRect(self, index: Index) -> QRect:
        """Return the card's place in the viewport."""
        return self._row_rect(index.row()) if index.isValid() and index.row() < self._layout.rows else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the card at `point` of the viewport."""
        return self._index(self._row_at(point))

    def horizontalOffset(self) -> int:
        """Return 0: there is no scrolling sideways."""
        return 0

    def verticalOffset(self) -> int:
        """Return how many pixels the content is scrolled."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        """Return False: every row has a card."""
        return False

    def scrollTo(self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible) -> None:
        """Scroll as little as possible until the card is in full view, clear of a sticky heading."""
        if not index.isValid() or index.row() >= self._layout.rows:
            return
        rect, bar, height = self._layout.rect(index.row()), self.verticalScrollBar(), self.viewport().height()
        block = self._layout.block_of(index.row())
        above = HEADING if block.title else MARGIN
        low, high = rect.top() - above, rect.bottom() + MARGIN - height
        hints = QAbstractItemView.ScrollHint
        if hint == hints.PositionAtCenter:
            bar.setValue(rect.center().y() - height // 2)
        elif hint == hints.PositionAtTop or bar.value() > low:
            bar.setValue(low)
        elif hint == hints.PositionAtBottom or bar.value() < high:
            bar.setValue(min(low, high))

    def _rows_in(self, selection: QItemSelection) -> Iterable[int]:
        """Return the visible rows of `selection`."""
        visible = self.visible_rows()
        if selection.count() > RANGES_MANY:
            return visible
        parts = cast(Iterable[QItemSelectionRange], selection)
        runs = [(max(part.top(), visible.start), min(part.bottom() + 1, visible.stop)) for part in parts]
        return {row for start, end in runs for row in range(start, end)}

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return the places of selected cards on screen; those elsewhere are not looked at."""
        region = QRegion()
        for row in self._rows_in(selection):
            region += self._row_rect(row).adjusted(-HALO, -HALO, HALO, HALO)
        return region

    # --- what changes the layout

    @Slot()
    def _relayout(self, *_: object) -> None:
        """Take over the number of rows, the width, the card size and the sections; keep the top card where it was."""
        sections = self._cards().sections() if self.model() is not None else ()
        viewport = self.viewport()
        wanted = (viewport.width(), self._card_asked, self._rows())
        if wanted != self._laid_out[0] or sections is not self._laid_out[1]:  # a reset tells of the same thing twice
            self._layout, self._laid_out = GridLayout(*wanted, sections), (wanted, sections)
        self._fit_faces(is_moving=True)
        self._wanted_for = None
        self._behind = QRegion()
        self._is_laying_out = True
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._layout.height - viewport.height()))
        bar.setPageStep(max(1, viewport.height()))
        bar.setValue(self._anchored())
        self._is_laying_out = False
        self._hover = -1
        viewport.update()

    def _fit_faces(self, is_moving: bool) -> None:
        viewport, ratio = self.viewport(), self.devicePixelRatioF()
        size = QSize(self._layout.card_width, self._layout.card_height)
        pixels = int(viewport.width() * viewport.height() * ratio * ratio)
        is_fit = self._faces.fit(size, ratio, QFont(self.font()), pixels, is_moving)
        (self._still.stop if is_fit else self._still.start)()

    @Slot()
    def _on_still(self) -> None:
        """The size stands still: draw the cards anew."""
        self._fit_faces(is_moving=False)
        self.viewport().update()

    def _anchored(self) -> int:
        """Return the scroll value that puts the remembered card where it was."""
        if self._anchor is None or not self._layout.rows:
            return 0
        id, row, out = self._anchor
        found = self._cards().row_of(id)
        row = found if found >= 0 else min(row, self._layout.rows - 1)
        return self._layout.rect(row).top() + round(out * self._layout.pitch)

    def _remember_top(self) -> None:
        """Remember the card on top, unless nothing is scrolled: then new cards may come in above it."""
        rows = self.visible_rows()
        top = self.verticalOffset()
        if not top or not rows:
            self._anchor = None
            return
        out = (top - self._layout.rect(rows.start).top()) / self._layout.pitch
        self._anchor = (self._cards().id_at(rows.start), rows.start, out)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted and paint only what comes in."""
        if self._is_laying_out:
            return
        self._remember_top()
        viewport = self.viewport()
        viewport.scroll(0, dy)
        self._behind = self._behind.translated(0, dy) & viewport.rect()
        if self._layout.is_grouped:
            viewport.update(0, 0, viewport.width(), HEADING + abs(dy))
        if self._band.isValid():
            viewport.update()
        self._set_hover(self._row_at(viewport.mapFromGlobal(self.cursor().pos())) if viewport.underMouse() else -1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new width."""
        super().resizeEvent(event)
        self._relayout()

    def reset(self) -> None:
        """Take over a model that has changed as a whole."""
        super().reset()
        self._relayout()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """Take over new rows."""
        super().rowsInserted(parent, start, end)
        self._relayout()

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Iterable[int] = ()) -> None:
        """Repaint changed cards that are on screen."""
        self._wanted_for = None
        visible = self.visible_rows()
        for row in range(max(visible.start, top_left.row()), min(visible.stop, bottom_right.row() + 1)):
            self.viewport().update(self._row_rect(row))

    def changeEvent(self, event: QEvent) -> None:
        """Lay out anew for another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._relayout()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for no more pictures while out of sight."""
        super().hideEvent(event)
        self._wanted_for = None
        self._thumbnails.want((), 1)

    @Slot(object)
    def _on_thumbnails_ready(self, keys: tuple[PictureKey, ...]) -> None:
        if not self.isVisible():
            return
        arrived = set(keys)
        for row in self.visible_rows():
            if self._card(row).picture in arrived:
                self.viewport().update(self._row_rect(row))

    @Slot()
    def _on_next_frame(self) -> None:
        self.viewport().update(self._behind)

    def _set_hover(self, row: int) -> None:
        if row == self._hover:
            return
        for changed in (self._hover, row):
            if 0 <= changed < self._layout.rows:
                self.viewport().update(self._row_rect(changed).adjusted(-HALO, -HALO, HALO, HALO))
        self._hover = row

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cards and headings in the exposed part."""
        dirty = event.region()
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(event.rect(), tokens().window)
        self._faces.begin_frame()
        self._behind -= dirty
        if self._layout.rows:
            if self._faces.ratio != self.devicePixelRatioF():
                self._relayout()
            self._paint_cards(painter, dirty)
            if self._layout.is_grouped:
                paint_headings(painter, self.font(), self._layout, self.verticalOffset(), self.viewport().size(), dirty)
        if self._band.isValid():
            paint_band(painter, self._band.translated(0, -self.verticalOffset()))
        painter.end()

    def _paint_cards(self, painter: QPainter, dirty: QRegion) -> None:
        edge = round(self._layout.card_height * self._faces.ratio)
        visible = self.visible_rows()
        self._want(visible, edge)
        offset = self.verticalOffset()
        for row in visible:
            rect = self._layout.rect(row).translated(0, -offset)
            if dirty.intersects(rect.adjusted(-HALO, -HALO, HALO, HALO)):
                self._paint_card(painter, row, self._card(row), rect, edge)
        if self._faces.has_former and self.is_settled():
            self._faces.forget_former()

    def _want(self, visible: range, edge: int) -> None:
        """Ask for the pictures on screen and of the next lines, once for each place."""
        if (visible, edge) == self._wanted_for:
            return
        self._wanted_for = (visible, edge)
        self._patience.start()
        self._thumbnails.want([key for row in visible if (key := self._card(row).picture) is not None], edge)

    def _on_patience(self) -> None:
        """The view stands still: draw cards without their pictures, and ask for those of the next lines."""
        self.viewport().update()
        visible, edge = self._wanted_for or (range(0), 0)
        ahead = range(visible.start, min(self._layout.rows, visible.stop + LINES_AHEAD * self._layout.columns))
        if ahead and self.is_settled():
            self._thumbnails.want([key for row in ahead if (key := self._card(row).picture) is not None], edge)

    def _paint_card(self, painter: QPainter, row: int, card: Card, rect: QRect, edge: int) -> None:
        face, outer = self._face(card, edge), rect.adjusted(-HALO, -HALO, HALO, HALO)
        if face is None:
            self._behind += rect & self.viewport().rect()
            self._next_frame.start()
        painter.drawPixmap(rect, self._faces.stand_in(card) if face is None else face)
        selected = self.selectionModel().isSelected(self.model().index(row, 0))
        if selected:
            painter.drawPixmap(outer, self._faces.ring("selected"))
        elif row == self._hover:
            painter.drawPixmap(outer, self._faces.ring("hover"))
        if self._shows_focus and row == self.currentIndex().row() and self.hasFocus():
            painter.drawPixmap(outer, self._faces.ring("focus"))
        if row == self._hover and self._has_grip(card):
            paint_grip(painter, rect, self._is_on_grip)

    def _has_grip(self, card: Card) -> bool:
        return not card.is_away and self.can_be_node(card.id)

    def _face(self, card: Card, edge: int) -> QPixmap | None:
        """Return the card's face, a stand-in while its picture may come any moment, or None if this frame has no time left to draw it."""
        picture = None if card.picture is None else self._thumbnails.picture(card.picture, edge)
        is_waiting = picture is None and card.picture is not None and self._thumbnails.state(card.picture) == "asked"
        if is_waiting and self._patience.isActive():
            return self._faces.stand_in(card)
        return self._faces.face(card, picture, is_waiting)


def _layout_signals(model: QAbstractItemModel | None) -> tuple[SignalInstance, ...]:
    """What a model says when cards or headings may lie elsewhere, beside what Qt's views listen to."""
    return () if model is None else (model.rowsRemoved, model.layoutChanged, cast(CardModel, model).sections_changed)
