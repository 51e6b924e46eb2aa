"""The page of space: ways to look at it, the trail of what was gone into, the map, a legend with sizes, and the drives.

Built by the space desk over the bridge's `SpaceMap`. Tells what is asked and shows what it is given.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QHideEvent, QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from model_manager.bridge.places import PlaceRow
from model_manager.bridge.space_map import BASE, FOLDER, KIND, USE, Part, Space, shown_parts
from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn
from model_manager.ui.details.labels import WrapLabel
from model_manager.ui.details.parts import TextLink, back_button, font, push_button, set_role, show_if
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import page_head
from model_manager.ui.places.drive_bars import DriveBars
from model_manager.ui.places.space_view import SpaceView, tip_of
from model_manager.ui.places.tile_colours import ground
from model_manager.ui.theme import tokens

MOST_LEGEND = 14
PANEL = 312
INDENT = 6  # of what stands below the legend, whose lines have that much ground around them


class LegendLine(QAbstractButton):
    """One part in the legend: its colour, name, size and share. A click goes into it."""

    def __init__(self) -> None:
        super().__init__()
        self.part, self._rank, self._share = Part(""), 0, 0.0
        self.setFixedHeight(26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_part(self, part: Part, rank: int, whole: Part) -> None:
        """Show another part."""
        self.part, self._rank, self._share = part, rank, part.size / whole.size if whole.size else 0.0
        self.setAccessibleName(tip_of(part, whole))
        self.setToolTip(tip_of(part, whole))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(200, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        colours, painter = tokens(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() or self.hasFocus():
            painter.setBrush(colours.hover)
            painter.drawRoundedRect(QRectF(self.rect()), 5, 5)
        painter.setBrush(ground(self._rank))
        painter.drawRoundedRect(QRectF(6, 7, 12, 12), 3, 3)
        painter.setFont(font(12))
        painter.setPen(colours.muted)
        size = f"{size_text(self.part.size)}  {share_words(self._share)}"
        room = painter.fontMetrics().horizontalAdvance(size) + 14
        inside = QRectF(26, 0, self.width() - 32, self.height())
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, size)
        painter.setFont(font(12, QFont.Weight.Medium))
        painter.setPen(colours.text)
        name = painter.fontMetrics().elidedText(self.part.name, Qt.TextElideMode.ElideMiddle, int(inside.width() - room))
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()


def share_words(share: float) -> str:
    """A share in percent; what is less than one is no nothing."""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


class SpacePage(QWidget):
    """All of it."""

    closed = Signal()
    shown = Signal(bool)
    way_chosen = Signal(str)
    outputs_asked = Signal()
    menu_asked = Signal(object, QPoint)  # Part

    def __init__(self) -> None:
        super().__init__()
        self._space: Space | None = None
        self._trail: list[Part] = []
        self._links: list[TextLink] = []
        self.view = SpaceView(lambda part: shown_parts(self._space, part) if self._space is not None else [])
        self.drives, self.message = DriveBars(), MessagePage()
        self._build_head()
        self._build_side()
        self._build_layout()
        self._connect()
        self.message.show_message("layers", tr("Measuring"), tr("The sizes are known; this takes a moment."), is_busy=True)

    # showing

    def show_space(self, space: Space) -> None:
        """Show a map; what one has gone into stays, as far as it is there still."""
        names = [part.query or part.name for part in self._trail[1:]] if self._space is not None and self._space.way == space.way else []
        self._space, self._trail = space, [space.top]
        for name in names:
            found = next((one for one in self._trail[-1].parts.values() if (one.query or one.name) == name), None)
            if found is None:
                break
            self._trail.append(found)
        self.chips[space.way].setChecked(True)
        is_empty = space.top.size == 0
        self._middle.setCurrentWidget(self.message if is_empty else self._ground)
        if not is_empty and self.back.hasFocus():  # it stood there for want of a map
            self.view.setFocus()
        if is_empty:
            self.message.show_message("box", tr("Nothing takes room yet"), tr("There are no models in the library."))
        self._show()

    def show_rows(self, rows: Sequence[PlaceRow]) -> None:
        """Show the drives that these folders are on."""
        self.drives.show_rows(rows)

    def show_looking(self, text: str = "") -> None:
        """Say how far looking through the outputs is; "" when it is over."""
        self._outputs.setEnabled(not text)
        self._outputs.setText(text or tr("Look through your outputs"))

    def _show(self) -> None:
        part = self._trail[-1]
        self.view.show_part(part)
        self._total.setText(tr("{size} in {count}", size=size_text(part.size), count=trn("{count} model", "{count} models", part.count)))
        parts = self.view.parts
        for place, line in enumerate(self._lines):
            show_if(line, place < len(parts))
            if place < len(parts):
                line.show_part(parts[place], place, part)
        rest = len(parts) - MOST_LEGEND
        show_if(self._rest, rest > 0)
        self._rest.setText(trn("and {count} smaller one", "and {count} smaller ones", max(0, rest)))
        is_use = self._space is not None and self._space.way == USE
        show_if(self._uses, is_use)
        has_uses = self._space is not None and self._space.has_uses
        said = tr("Uses are known from your outputs. A model that no output names is shown by its age.")
        self._uses_text.show_text(said if has_uses else tr("No output was looked through yet, so models are shown by their age."))
        self._show_trail()

    def _show_trail(self) -> None:
        while len(self._links) < len(self._trail):
            link = TextLink()
            place = len(self._links)
            link.clicked.connect(lambda _=False, place=place: self.go_back_to(place))
            self._links.append(link)
            self._crumbs.insertWidget(self._crumbs.count() - 1, link)
        for place, link in enumerate(self._links):
            show_if(link, place < len(self._trail))
            if place < len(self._trail):
                is_last = place == len(self._trail) - 1
                name = self._trail[place].name
                link.setText(name if is_last else f"{name}  ›")
                link.setEnabled(not is_last)
                link.updateGeometry()

    # going

    def enter(self, part: Part) -> None:
        """Go into a part."""
        if part.parts or part.slots:
            self._trail.append(part)
            self._show()

    def go_back_to(self, place: int) -> None:
        """Go back to a part of the trail."""
        del self._trail[place + 1 :]
        self._show()

    def go_back(self) -> None:
        """Go one step back; from the whole, leave."""
        if len(self._trail) > 1:
            self.go_back_to(len(self._trail) - 2)
        else:
            self.closed.emit()

    # building

    def _build_head(self) -> None:
        self.back, self._title, self._total = back_button(), set_role(QLabel(tr("Space")), "title"), set_role(QLabel(), "muted")
        self._group = QButtonGroup(self)
        self.chips: dict[str, QPushButton] = {}
        for way, words in ((FOLDER, tr("Folders")), (KIND, tr("Types")), (BASE, tr("Base models")), (USE, tr("Last use"))):
            chip = self.chips[way] = QPushButton(words)
            chip.setCheckable(True)
            chip.setProperty("role", "filter")
            self._group.addButton(chip)
            chip.clicked.connect(lambda _=False, way=way: self.way_chosen.emit(way))
        self.chips[FOLDER].setChecked(True)

    def _build_side(self) -> None:
        self._lines = [LegendLine() for _ in range(MOST_LEGEND)]
        self._rest = set_role(QLabel(), "faint")
        self._rest.setContentsMargins(INDENT, 2, 0, 0)
        self._uses, self._uses_text = QWidget(), WrapLabel(12, "muted")
        self._outputs = push_button(tr("Look through your outputs"))
        self._outputs.setToolTip(tr("Finds out which pictures and videos used which models. Only new ones are opened."))
        column = QVBoxLayout(self._uses)
        column.setContentsMargins(INDENT, 8, 0, 4)
        column.addWidget(self._uses_text)
        column.addWidget(self._outputs)

    def _build_layout(self) -> None:
        head = page_head((self.back, self._title, self._total), tuple(self.chips.values()))
        strip = QFrame()
        strip.setProperty("role", "strip")
        self._crumbs = QHBoxLayout(strip)
        self._crumbs.setContentsMargins(14, 7, 14, 7)
        self._crumbs.setSpacing(6)
        self._crumbs.addStretch(1)
        body = QFrame()
        body.setProperty("role", "panel")
        side = QVBoxLayout(body)
        side.setContentsMargins(12, 12, 14, 14)
        side.setSpacing(1)
        for line in self._lines:
            side.addWidget(line)
        for widget in (self._rest, self._uses):
            side.addWidget(widget)
        side.addSpacing(14)
        heading = set_role(QLabel(tr("Drives")), "heading")
        heading.setContentsMargins(INDENT, 0, 0, 0)
        side.addWidget(heading)
        side.addSpacing(4)
        side.addWidget(self.drives)
        side.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFixedWidth(PANEL)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._ground = QFrame()
        self._ground.setProperty("role", "panel")
        row = QHBoxLayout(self._ground)
        row.setContentsMargins(12, 12, 0, 12)
        row.setSpacing(6)
        row.addWidget(self.view, 1)
        row.addWidget(scroll)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.message)
        self._middle.addWidget(self._ground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (head, strip):
            column.addWidget(widget)
        column.addWidget(self._middle, 1)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.view.entered.connect(self.enter)
        self.view.left.connect(self.go_back)
        self.view.menu_asked.connect(self.menu_asked)
        self._outputs.clicked.connect(self.outputs_asked)
        for line in self._lines:
            line.clicked.connect(lambda _=False, line=line: self.enter(line.part))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes one step back."""
        if event.key() == Qt.Key.Key_Escape:
            self.go_back()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102
        super().hideEvent(event)
        self.shown.emit(False)
