"""The page that searches Civitai: field, choices, the grid of results, the details of one, and a line that says how far it is.

Built by the browse desk over the bridge's `Browse`. It tells what is asked and shows what it is given.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.browse import ASKING, END, FAILED, NEW, TIRED, Browse
from model_manager.core.online.records import Search
from model_manager.core.tasks.states import RETRY
from model_manager.core.words import tr, trn
from model_manager.ui.browse.filters import Filters
from model_manager.ui.browse.offer_panel import OfferPanel
from model_manager.ui.browse.words import count_words
from model_manager.ui.details.parts import TextLink, back_button, push_button
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.grid.view import GridView
from model_manager.ui.links.words import fault_words
from model_manager.ui.message_page import MessagePage
from model_manager.ui.outline import BOTTOM, RIGHT, TOP, columns
from model_manager.ui.theme import dress, icon, theme_changed

TYPING_MS = 400
FIELD_WIDEST = 560
CLEAR = "clear"  # beside what `links.words.fault_words` tells


class BrowsePage(QWidget):
    """All of it. `search_wanted` comes when something was chosen, and a moment after the last letter."""

    closed = Signal()
    search_wanted = Signal(object)  # Search
    rows_seen = Signal(int)  # the last row on screen
    fix_asked = Signal(str)  # as `links.words.fault_words`
    settings_asked = Signal()
    selected = Signal()
    download_asked = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, browse: Browse) -> None:
        super().__init__()
        self._browse = browse
        self.grid, self.panel, self.filters, self.message = GridView(browse.pictures), OfferPanel(), Filters(), MessagePage()
        self.grid.setModel(browse.model)
        self.grid.setAccessibleName(tr("Models on Civitai"))
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._build_head()
        self._build_foot()
        self._build_layout()
        self.filters.set_search(Search())
        self._connect()
        self.show_state()

    # showing

    @property
    def search(self) -> Search:
        """What is searched for, as it stands there."""
        return self.filters.search(self.field.text().strip())

    def show_search(self, text: str = "", tag: str = "", author: str = "") -> None:
        """Put this into the field and the choices, and search at once."""
        self.field.setText(text)
        self.filters.show_more(tag, author)
        self._wish()

    def show_state(self) -> None:
        """Show how far the search is, and what there is."""
        browse, shown = self._browse, self._browse.model.rowCount()
        self._middle.setCurrentWidget(self.grid if shown else self.message)
        if not shown:
            self._show_message()
        self._count.show_text(count_words(browse.state, shown))
        self._bar.setVisible(browse.state == ASKING and shown > 0)
        self._more.setVisible(browse.state == ASKING and shown > 0)
        is_stuck = browse.state in (FAILED, TIRED) and shown > 0
        self._fault.setVisible(is_stuck and browse.fault is not None)
        self._again.setVisible(is_stuck)
        if is_stuck:
            self._fault.show_text(browse.fault.text if browse.fault is not None else "")
            self._fix, words = fault_words(browse.fault) if browse.fault is not None else (RETRY, tr("Look further"))
            self._again.setText(words)
            self._again.updateGeometry()
        self._on_rows()

    def show_selected(self, count: int) -> None:
        """Show how many are selected."""
        self.download.setEnabled(count > 0)
        text = trn("Download {count} model…", "Download {count} models…", count) if count > 1 else tr("Download…")
        self.download.setText(f" {text}")
        self._selected.setText(trn("{count} selected", "{count} selected", count) if count else "")

    def take_keyboard(self) -> None:
        """Give the keyboard to the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def _show_message(self) -> None:
        state, fault = self._browse.state, self._browse.fault
        if state in (NEW, ASKING):
            self.message.show_message("globe", tr("Looking on Civitai"), tr("This takes a moment."), is_busy=True)
        elif state == FAILED and fault is not None:
            fix, words = fault_words(fault)
            buttons = [(fix, words), *([(RETRY, tr("Try again"))] if fix != RETRY else [])]
            self.message.show_message("warning", tr("Nothing came from Civitai"), fault.text, buttons, "warn")
        elif state == END:
            text = tr("No model matches. Take a word away, or choose other types and base models.")
            wide = [(CLEAR, tr("Search wider"))] if self.filters.is_narrow or self.field.text() else []
            self.message.show_message("search", tr("Nothing found"), text, wide)
        else:
            text = tr("The site has found models, but they may not be shown at this level.")
            self.message.show_message("eye", tr("Nothing to show so far"), text, [(RETRY, tr("Look further"))])

    # building

    def _build_head(self) -> None:
        self.back = back_button()
        self.back.clicked.connect(self.closed)
        self._title = QLabel(tr("Civitai"))
        self._title.setProperty("role", "title")
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search Civitai"))
        self.field.setAccessibleName(tr("Search Civitai"))
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(FIELD_WIDEST)
        self.field.setMaxLength(300)
        self.field.installEventFilter(self)
        self._sign = self.field.addAction(icon("search", 16, "muted"), QLineEdit.ActionPosition.LeadingPosition)
        theme_changed.connect(self._on_theme)
        self.download = push_button("")
        dress(self.download, "download")

    def _on_theme(self) -> None:
        self._sign.setIcon(icon("search", 16, "muted"))

    def _build_foot(self) -> None:
        self._count, self._fault = ElidedLabel("faint"), ElidedLabel("warn")
        self._selected, self._more, self._bar, self._again = QLabel(), QLabel(tr("Looking for more…")), QProgressBar(), TextLink()
        for label in (self._selected, self._more):
            label.setProperty("role", "faint")
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(90)
        self._fix = RETRY

    def _build_layout(self) -> None:
        head, foot = QFrame(), QFrame()
        head.setProperty("role", "top")
        head.setFixedHeight(TOP)
        foot.setProperty("role", "status")
        foot.setFixedHeight(BOTTOM)
        row = QHBoxLayout(head)
        row.setContentsMargins(8, 0, 14, 0)
        row.setSpacing(10)
        row.addWidget(self.back)
        row.addWidget(self._title)
        row.addWidget(self.field, 4)
        row.addStretch(1)
        row.addWidget(self.download)
        line = QHBoxLayout(foot)
        line.setContentsMargins(14, 0, 14, 0)
        line.setSpacing(14)
        line.addWidget(self._count, 1)
        for part in (self._fault, self._again, self._more, self._bar, self._selected):
            line.addWidget(part)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.grid)
        self._middle.addWidget(self.message)
        left = QWidget()
        self.splitter = columns(left, self._middle, self.panel)
        left.hide()
        self.splitter.setSizes([0, 1000, RIGHT])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for bar in (head, self.filters, self.splitter, foot):
            column.addWidget(bar, int(bar is self.splitter))

    def _connect(self) -> None:
        self.field.textEdited.connect(lambda _: self._typing.start())
        self.field.textChanged.connect(lambda text: None if text else self._typing.start())
        self.field.returnPressed.connect(self._on_enter)
        self._typing.timeout.connect(self._wish)
        self.filters.changed.connect(self._wish)
        self.filters.settings_asked.connect(self.settings_asked)
        self.message.asked.connect(self._on_message)
        self._again.clicked.connect(lambda: self.fix_asked.emit(self._fix))
        self.grid.verticalScrollBar().valueChanged.connect(self._on_rows)
        self.grid.verticalScrollBar().rangeChanged.connect(self._on_rows)
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self.selected.emit())
        self.grid.opened.connect(lambda _: self.download_asked.emit())
        self.grid.menu_asked.connect(self.menu_asked)
        self.download.clicked.connect(self.download_asked)
        self.panel.download_asked.connect(self.download_asked)
        self._browse.changed.connect(self.show_state)
        self._browse.model.modelAboutToBeReset.connect(lambda: self.grid.verticalScrollBar().setValue(0))
        self._browse.base_models_known.connect(self.filters.set_base_models)

    # what the person does

    def _wish(self) -> None:
        self._typing.stop()
        self.search_wanted.emit(self.search)

    def _on_enter(self) -> None:
        if self._typing.isActive():
            self._wish()
        self.grid.setFocus(Qt.FocusReason.TabFocusReason)

    def _on_message(self, name: str) -> None:
        if name == CLEAR:
            self.filters.clear()
            self.field.clear()
            self._wish()
        else:
            self.fix_asked.emit(name)

    def _on_rows(self, *_: object) -> None:
        if self.isVisible():
            self.rows_seen.emit(max(0, self.grid.visible_rows().stop - 1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes from the field to the cards."""
        is_press = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down
        if watched is self.field and is_press and self._browse.model.rowCount():
            self.grid.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
