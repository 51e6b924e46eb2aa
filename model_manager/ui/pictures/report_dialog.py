"""What a run over many models did: how many by source, each that could not be made with its reason, and the way back.

Made by the picture desk when the person asks for it. It tells what is wanted; writing and bringing back are the desk's.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QFont, QHelpEvent, QPainter
from PySide6.QtWidgets import QFileDialog, QListView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QVBoxLayout, QWidget

from model_manager.bridge.previews import report_words
from model_manager.core.previews.records import Report
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.labels import WrapLabel
from model_manager.ui.details.parts import copy_text, font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.pictures.dialog_parts import Foot, Head, stack
from model_manager.ui.pictures.tiles import Index
from model_manager.ui.sheet import Sheet

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ReportDialog(Sheet):
    """The report of one run."""

    undo_asked = Signal(object)  # Report
    save_asked = Signal(str, str)  # path, text

    def __init__(self, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report = report
        self.setWindowTitle(tr("Regenerated thumbnails"))
        made = report.made
        self.head, self.foot = Head(tr("Thumbnails regenerated")), Foot()
        self.head.line.show_text(tr("Stopped before the end; what was done stays.") if report.left else tr("The run is at its end."))
        self.summary = WrapLabel(13, "text")
        self.summary.show_text(report_words(report))
        entries = [*((name, text, "bad") for name, text in report.faults), *((name, text, "warn") for name, text in report.warnings)]
        self.list = FaultList(entries)
        self.list.setVisible(bool(entries))
        self.undo = self.foot.add(tr("Bring all back"))
        self.undo.setEnabled(made > 0)
        self.copy, self.save = self.foot.add(tr("Copy")), self.foot.add(tr("Save as list…"))
        self.close_button = self.foot.add(tr("Close"), "primary")
        self.close_button.setDefault(True)
        self.resize(720, 460 if entries else 210)
        self._build_layout()
        self.close_button.setFocus()  # nothing is brought back by a thoughtless key
        self.undo.clicked.connect(self._on_undo)
        self.copy.clicked.connect(self._on_copy)
        self.save.clicked.connect(self._on_save)
        self.close_button.clicked.connect(self.accept)

    def _build_layout(self) -> None:
        body = QVBoxLayout()
        body.setContentsMargins(22, 14, 14, 10)
        body.setSpacing(10)
        body.addWidget(self.summary)
        body.addWidget(self.list, 1)
        body.addStretch(0)
        stack(self, self.head, body, self.foot)

    def text(self) -> str:
        """The whole report, to be kept."""
        lines = [report_words(self._report), ""]
        lines += [f"{name}: {text}" for name, text in (*self._report.faults, *self._report.warnings)]
        return "\n".join(lines).rstrip() + "\n"

    def show_undone(self, faults: Sequence[str]) -> None:
        """All that could be is back."""
        self.foot.say(faults[0] if faults else tr("All earlier pictures are back."), "warn" if faults else "ok")

    def _on_undo(self) -> None:
        self.undo.setEnabled(False)
        self.foot.say(tr("Bringing pictures back…"))
        self.undo_asked.emit(self._report)

    def _on_copy(self) -> None:
        copy_text(self.text())
        self.foot.say(tr("Copied."), "ok")

    def _on_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Save the report"), "previews.txt", f"{tr('Texts')} (*.txt)")
        if path:
            self.save_asked.emit(path, self.text())


class FaultList(QListView):
    """Names with what happened to them, each over two lines; all of it in the tooltip."""

    def __init__(self, entries: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self.setAccessibleName(tr("What could not be made"))
        self.setModel(QStringListModel([f"{name}: {text}" for name, text, _ in entries], self))
        self.setItemDelegate(_FaultDelegate(entries, self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)


class _FaultDelegate(QStyledItemDelegate):
    def __init__(self, entries: Sequence[tuple[str, str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._entries = entries

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, 46)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        name, text, tone = self._entries[index.row()]
        colours, rect = theme.tokens(), QRectF(option.rect)
        painter.save()
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), colours.line)
        lines = ((name, font(13, QFont.Weight.DemiBold), colours.text, 4), (text, font(12), getattr(colours, tone), 22))
        for words, used, ink, top in lines:
            painter.setFont(used)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(rect.width()) - 8)
            painter.drawText(QRectF(rect.left() + 2, rect.top() + top, rect.width() - 4, 18), _LEFT, shown)
        painter.restore()

    def helpEvent(self, event: object, view: object, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QHelpEvent) and index.isValid():
            QToolTip.showText(event.globalPos(), plain_tip(self._entries[index.row()][1]))
            return True
        return False
