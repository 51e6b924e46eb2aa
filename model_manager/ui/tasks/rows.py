"""Paints the rows of tasks and knows where their buttons are. No widget per row: ten thousand cost what the visible ones cost.

Used by the view, which asks `button_at` for what the pointer is on. Only shows records.
"""

import time
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.bridge.task_model import TASK_ROLE
from model_manager.core.tasks import words
from model_manager.core.tasks.states import (
    ADD,
    BACKUP,
    CHANGE,
    CHECK,
    DETAILS,
    DOWNLOAD,
    HASH,
    PREVIEWS,
    QUEUED,
    RETRY,
    RUNNING,
    SCAN,
    TWINS,
    UPDATES,
    Task,
)
from model_manager.ui.tasks.words import (
    AGAIN,
    CANCEL,
    FIX,
    PAUSE,
    REMOVE,
    RESUME,
    SHOW,
    TONES,
    action_words,
    can,
    main_action,
    share,
    state_word,
)
from model_manager.ui.theme import icon, tokens

Index = QModelIndex | QPersistentModelIndex
ROW, SIDE, GAP = 71, 14, 16
THUMB = QSize(40, 52)
BUTTON, BAR, LEADING = 28, 5, 3
SHORT = 26  # letters of a part of a sentence that is not broken
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ICONS = {PAUSE: "pause", RESUME: "play", AGAIN: "refresh", CANCEL: "close", REMOVE: "close"}
_KINDS = {
    DOWNLOAD: "download", HASH: "hash", DETAILS: "info", UPDATES: "refresh", PREVIEWS: "image", SCAN: "folder", ADD: "inbox",
    CHANGE: "swap",
    BACKUP: "save",
    TWINS: "layers",
    CHECK: "check",
}  # fmt: skip


class Button(NamedTuple):
    """Something to click in a row."""

    action: str
    rect: QRect


class Places(NamedTuple):
    """Where the parts of a row are."""

    thumb: QRect
    text: QRect
    progress: QRect
    state: QRect
    actions: QRect


def places(rect: QRect) -> Places:
    """The columns of a row: from the right actions, state and progress of fitting widths; the title takes what is left."""
    width = rect.width()
    actions, state = (150, 128) if width >= 900 else (128, 124)
    progress = max(180, min(320, round(width * 0.235)))
    right = rect.right() + 1 - SIDE
    top, height = rect.top(), rect.height()
    thumb = QRect(rect.left() + SIDE, top + (height - THUMB.height()) // 2, THUMB.width(), THUMB.height())
    acts = QRect(right - actions, top, actions, height)
    word = QRect(acts.left() - state, top, state, height)
    bar = QRect(word.left() - 12 - progress, top, progress, height)
    left = thumb.right() + GAP
    return Places(thumb, QRect(left, top, max(40, bar.left() - GAP - left), height), bar, word, acts)


def buttons(task: Task, rect: QRect, font: QFont, is_hot: bool) -> list[Button]:
    """What can be clicked in a row, from the left. is_hot: the pointer or the keyboard is on it, then what is over can be removed."""
    area = places(rect).actions
    word = main_action(task)
    names = [action for action in (PAUSE, RESUME, AGAIN, CANCEL, REMOVE) if can(action, task) and _has_room(action, task, word, is_hot)]
    made, right, top = list[Button](), area.right() + 7, area.center().y() - BUTTON // 2  # signs end at the margin, their grounds beyond
    for name in reversed(names):
        made.append(Button(name, QRect(right - BUTTON, top, BUTTON, BUTTON)))
        right -= BUTTON
    if word:
        wide = QFontMetrics(font).horizontalAdvance(action_words(word, task)) + 18
        made.append(Button(word, QRect(right - wide - (6 if names else 0), top, wide, BUTTON)))
    return made[::-1]


def _has_room(action: str, task: Task, word: str, is_hot: bool) -> bool:
    """Whether a row has this button. The menu has all; a row has those that are wanted, and more where the pointer is."""
    if action == PAUSE:
        return task.state in (QUEUED, RUNNING)
    if action == AGAIN:
        return word != FIX or (is_hot and task.fix != RETRY)
    return action != REMOVE or is_hot


def button_at(task: Task, rect: QRect, font: QFont, is_hot: bool, point: QPoint) -> str:
    """The action under a point; "" where there is none."""
    return next((button.action for button in buttons(task, rect, font, is_hot) if button.rect.contains(point)), "")


class TaskDelegate(QStyledItemDelegate):
    """Paints picture, title and target, bar and words, state and buttons."""

    def __init__(self, picture: Callable[[str], QPixmap | None], parent: QObject | None = None) -> None:
        """`picture(path)` gives a picture when there is one."""
        super().__init__(parent)
        self._picture = picture
        self.wanted = QRect()  # what of the list is painted now; parts of rows beside it are left alone
        self.hot = (-1, "")  # id of the task and the action under the pointer
        self.clock: Callable[[], float] = time.time

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high."""
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        task: Task = index.data(TASK_ROLE)
        rect, state, colours = option.rect, option.state, tokens()
        is_over = bool(state & QStyle.StateFlag.State_MouseOver)
        is_on = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_on or is_over:
            painter.fillRect(rect, colours.accent_soft if is_on else colours.hover)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colours.line)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(colours.accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(2.75, 2.75, -2.75, -3.75), 6, 6)
        where = places(rect)
        _paint_progress(painter, where.progress, option.font, task, self.clock())
        if self.wanted.left() < where.progress.left():
            self._paint_thumb(painter, where.thumb, task)
            _paint_title(painter, where.text, option.font, task)
        if self.wanted.right() > where.progress.right():
            _paint_state(painter, where.state, option.font, task)
            self._paint_buttons(painter, option, task, is_over or is_on)
        painter.restore()

    def _paint_thumb(self, painter: QPainter, rect: QRect, task: Task) -> None:
        path = QPainterPath()
        path.addRoundedRect(QRectF(rect), 6, 6)
        pixmap = self._picture(task.picture) if task.picture else None
        painter.save()
        if pixmap is None:
            painter.fillPath(path, _ground(rect, task.title or task.kind))
            icon(_KINDS.get(task.kind, "file"), 18, "on_accent").paint(painter, QRect(rect.center() - QPoint(8, 8), QSize(18, 18)))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setClipPath(path)
            painter.drawPixmap(QRectF(rect), pixmap, _middle(pixmap, rect))
        painter.restore()

    def _paint_buttons(self, painter: QPainter, option: QStyleOptionViewItem, task: Task, is_hot: bool) -> None:
        colours = tokens()
        hot = self.hot[1] if self.hot[0] == task.id else ""
        for action, rect in buttons(task, option.rect, option.font, is_hot):
            is_word = action in (FIX, SHOW)
            if action == hot or is_word:
                painter.setPen(QPen(_veil(0.14), 1) if is_word else Qt.PenStyle.NoPen)
                painter.setBrush(_veil(0.15 if action == hot else 0.06))
                painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
            if is_word:
                painter.setFont(option.font)
                painter.setPen(colours.text)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, action_words(action, task))
            else:
                corner = rect.center() - QPoint(7, 7)
                icon(_ICONS[action], 16, "text" if action == hot else "muted").paint(painter, QRect(corner, QSize(16, 16)))


def _veil(share: float) -> QColor:
    """Ink as thin as this, for what must be seen on a selected row, too."""
    colour = QColor(tokens().text)
    colour.setAlphaF(share)
    return colour


def _ground(rect: QRect, name: str) -> QBrush:
    """A quiet ground of its own for each name, where there is no picture."""
    seed = crc32(name.casefold().encode("utf-8", "surrogatepass"))
    hue, light = seed % 360, 0.42 if tokens().is_dark else 0.56
    gradient = QLinearGradient(QPointF(rect.topLeft()), QPointF(rect.bottomLeft()))
    gradient.setColorAt(0, QColor.fromHslF(hue / 360, 0.42, light))
    gradient.setColorAt(1, QColor.fromHslF((hue + 50) % 360 / 360, 0.38, light - 0.18))
    return QBrush(gradient)


def _middle(pixmap: QPixmap, rect: QRect) -> QRectF:
    """The largest middle part of a picture in the shape of `rect`."""
    width, height = pixmap.width(), pixmap.height()
    scale = min(width / rect.width(), height / rect.height())
    part = QRectF(0, 0, rect.width() * scale, rect.height() * scale)
    part.moveCenter(QPointF(width / 2, height * 0.5))
    return part


def _sized(font: QFont, pixels: int, is_bold: bool = False) -> QFont:
    made = QFont(font)
    made.setPixelSize(pixels)
    if is_bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


def _paint_title(painter: QPainter, rect: QRect, font: QFont, task: Task) -> None:
    colours = tokens()
    bold, small = _sized(font, 13, True), _sized(font, 12)
    line = QFontMetrics(bold).height()
    below = QFontMetrics(small).height() + LEADING if task.where else 0
    top = rect.center().y() - (line + below) // 2
    painter.setFont(bold)
    painter.setPen(colours.text)
    room = QRect(rect.left(), top, rect.width(), line)
    painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(task.title, Qt.TextElideMode.ElideMiddle, room.width()))
    painter.setFont(small)
    painter.setPen(colours.muted)
    room = QRect(rect.left(), top + line + LEADING, rect.width(), painter.fontMetrics().height())
    painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(task.where, Qt.TextElideMode.ElideMiddle, room.width()))


def _paint_progress(painter: QPainter, rect: QRect, font: QFont, task: Task, now: float) -> None:
    """The bar, and one or two lines of words below it."""
    colours, text, small = tokens(), words.told(task, now), _sized(font, 12)
    lines = _lines(text, small, rect.width())
    high = QFontMetrics(small).height()
    top = rect.center().y() - (BAR + 5 + high * max(1, len(lines))) // 2
    track = QRectF(rect.left(), top, rect.width(), BAR)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_veil(0.10))
    painter.drawRoundedRect(track, 2.5, 2.5)
    painter.setBrush(getattr(colours, TONES.get(task.state, "muted")))
    done = share(task)
    if done < 0:  # nobody knows how much there is: a piece that wanders
        wide = track.width() * 0.28
        left = (track.width() + wide) * (now % 1.6 / 1.6) - wide
        track = track.intersected(track.translated(left, 0).adjusted(0, 0, wide - track.width(), 0))
    else:
        track.setWidth(track.width() * done)
    if track.width() >= 1:
        painter.drawRoundedRect(track, 2.5, 2.5)
    painter.setFont(small)
    painter.setPen(colours.muted)
    for number, line in enumerate(lines):
        painter.drawText(QRect(rect.left(), top + BAR + 5 + number * high, rect.width(), high), _LEFT, line)


def _lines(text: str, font: QFont, width: int) -> list[str]:
    """The text in at most two lines, the second one shortened; short parts ("2 min left") stay together."""
    metrics = QFontMetrics(font)
    text = " · ".join(part.replace(" ", "\u00a0") if len(part) < SHORT else part for part in text.split(" · "))
    if metrics.horizontalAdvance(text) <= width:
        return [text] if text else []
    layout = QTextLayout(text, font)
    layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(width)
    layout.endLayout()
    cut = first.textLength()
    return [text[:cut].rstrip().removesuffix(" ·"), metrics.elidedText(text[cut:].lstrip(), Qt.TextElideMode.ElideRight, width)]


def _paint_state(painter: QPainter, rect: QRect, font: QFont, task: Task) -> None:
    painter.setFont(font)
    painter.setPen(getattr(tokens(), TONES.get(task.state, "muted")))
    room = rect.adjusted(12, 0, 0, 0)
    painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(state_word(task), Qt.TextElideMode.ElideRight, room.width()))
