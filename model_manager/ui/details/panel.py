"""The details panel: all that is known of the model in hand, in three tabs. A dumb view that the main window fills.

Takes records by plain setters and tells what was clicked by signals; must never read or write a file.
"""

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from model_manager.bridge.handover import offer_of
from model_manager.core.amounts import size_text
from model_manager.core.library.entry import ModelRecord, Preview
from model_manager.core.library.kinds import label_one
from model_manager.core.words import tr, trn
from model_manager.ui import theme
from model_manager.ui.details import wording
from model_manager.ui.details.gallery import Gallery
from model_manager.ui.details.labels import SourcedLabel, TitleLabel
from model_manager.ui.details.metadata import MetadataTab
from model_manager.ui.details.node_button import NodeButton
from model_manager.ui.details.notes import NotesTab
from model_manager.ui.details.overview import Overview
from model_manager.ui.details.parts import CONFIRM_MS, Tabs, copy_text, held, icon_button, set_role, show_if
from model_manager.ui.own.strip import OwnStrip

NARROWEST, WIDEST, USUAL = 300, 520, 336
EDGE = 12
TALL_TAB = 330
OVERVIEW, METADATA, NOTES = range(3)


class DetailsPanel(QFrame):
    """Previews, name, buttons and tabs of one model; or a word on why there is none."""

    picture_wanted = Signal(object, QSize)  # Preview, the area in device pixels that the picture should cover
    tree_wanted = Signal(int)
    notes_saved = Signal(int, str, str)  # id, new body, body as loaded
    folder_opened = Signal(int)
    text_copied = Signal(str)
    link_opened = Signal(str)
    tag_chosen = Signal(str)
    node_asked = Signal(int)  # to be copied as a ComfyUI node
    regenerate_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("detailsPanel")
        self.setProperty("role", "panel")
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        self._record: ModelRecord | None = None
        self._is_away = False
        self._build()
        self._connect()
        self.show_nothing()

    def sizeHint(self) -> QSize:
        """The usual width."""
        return QSize(USUAL, 700)

    # Filling

    def show_record(self, record: ModelRecord) -> None:
        """Show all that is known of one model."""
        is_same = self._record is not None and self._record.id == record.id
        self._record = record
        self._stack.setCurrentWidget(self._scroll)
        if not is_same:
            self.gallery.set_locked(False)
            self._scroll.verticalScrollBar().setValue(0)
        with held(self._column):
            self.gallery.show_previews(record.previews, keep_page=is_same)
            self._show_head(record)
            self.metadata.show_model(record.id, (record.path, record.size, record.modified))
            self._set_away(record.is_away)
            self.notes.show_notes(record.id, record.details.notes, record.is_away)
            self._fill_tab()

    def show_nothing(self) -> None:
        """Say that no model is selected."""
        self._leave(tr("No model selected"), tr("Select a model to see what is known of it."), "info")

    def show_many(self, count: int, total_size: int) -> None:
        """Sum up a selection; total_size in bytes."""
        title = trn("{count} model selected", "{count} models selected", count)
        self._leave(title, tr("{size} in all", size=size_text(total_size)), "layers")
        self.own_of_many.show_order(False, 0, "", ())
        self.own_of_many.show()

    def show_tree(self, model_id: int, tree: dict[str, Any]) -> None:
        """Answer `tree_wanted` with the header's metadata."""
        self.metadata.show_tree(model_id, tree)

    def show_tree_problem(self, model_id: int, text: str) -> None:
        """Answer `tree_wanted` with the reason why there is none."""
        self.metadata.show_problem(model_id, text)

    def show_picture(self, preview: Preview, image: QImage | None) -> None:
        """Answer `picture_wanted`; None: it cannot be shown. A small picture first and a better one later is fine."""
        self.gallery.show_picture(preview, image)

    def set_locked(self, is_locked: bool) -> None:
        """Whether the preview of the model in hand is locked."""
        self.gallery.set_locked(is_locked)

    def set_away(self, is_away: bool) -> None:
        """The folder of the model in hand is away or back: nothing in it can be opened or saved meanwhile."""
        self._set_away(is_away)
        self.overview.show_away(is_away)
        if self._record is not None:
            self.notes.show_notes(self._record.id, self._record.details.notes, is_away)

    def _set_away(self, is_away: bool) -> None:
        self._is_away = is_away
        self.gallery.set_away(is_away)
        self._folder.setEnabled(not is_away)
        self._folder.setToolTip(tr("The folder is away") if is_away else tr("Open folder"))

    def notes_written(self, model_id: int, body: str) -> None:
        """Answer `notes_saved`: `body` is on disk."""
        self.notes.confirm_saved(model_id, body)

    def notes_failed(self, model_id: int, text: str) -> None:
        """Answer `notes_saved`: why it could not be written. The text typed is kept."""
        self.notes.show_failure(model_id, text)

    @property
    def is_settled(self) -> bool:
        """True when the picture on show is there, or known to be none; for pictures of the window."""
        return self.gallery.is_settled

    @property
    def model_id(self) -> int:
        """The model in hand, -1 when there is none."""
        return self._record.id if self._record is not None else -1

    @property
    def title(self) -> QWidget:
        """Where the name stands."""
        return self._title

    def show_copied(self) -> None:
        """A node of the model was copied."""
        if self._record is not None and self._node.sort != "name":
            self._node.confirm()

    def drafts(self) -> dict[int, str]:
        """All unsaved notes by the model's id."""
        return self.notes.drafts()

    # Building

    def _build(self) -> None:
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.verticalScrollBar().setSingleStep(24)
        self._scroll.setWidget(self._build_content())
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self._build_message())

    def _build_content(self) -> QWidget:
        content = QWidget()
        content.setProperty("role", "plain")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(EDGE, EDGE, EDGE, EDGE)
        self._column.setSpacing(0)
        self.gallery = Gallery()
        self._picture = icon_button("image-new", tr("Regenerate thumbnail (Ctrl+T)"))
        self._picture.setCursor(Qt.CursorShape.ArrowCursor)
        corner = QHBoxLayout(self.gallery)
        corner.setContentsMargins(10, 10, 10, 10)
        corner.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self._column.addWidget(self.gallery)
        self._build_head()
        self.tabs = Tabs([tr("Overview"), tr("Metadata"), tr("Notes")])
        self._column.addSpacing(8)
        self._column.addWidget(self.tabs)
        self.overview, self.metadata, self.notes = Overview(), MetadataTab(), NotesTab()
        self._pages: tuple[QWidget, ...] = (self.overview, self.metadata, self.notes)
        for page in self._pages:
            page.setVisible(page is self.overview)
            self._column.addWidget(page, 1)
        for page in (self.metadata, self.notes):
            page.setMinimumHeight(TALL_TAB)
        return content

    def _build_head(self) -> None:
        self._title, self._subtitle, self.own = TitleLabel(), SourcedLabel("muted"), OwnStrip()
        self._node = NodeButton(self)
        self.grip = icon_button("node", tr("Drag into ComfyUI as a node"))
        self.grip.setCursor(Qt.CursorShape.OpenHandCursor)
        self.grip.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # for the mouse; by keyboard the button beside it copies
        self._folder = icon_button("folder-open", tr("Open folder"))
        self._more = icon_button("more", tr("More to copy"))
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._node.button, 1)
        row.addWidget(self.grip)
        row.addWidget(self._folder)
        row.addWidget(self._more)
        for gap, part in ((10, self._title), (1, self._subtitle)):
            self._column.addSpacing(gap)
            self._column.addWidget(part)
        self._column.addSpacing(9)
        self._column.addLayout(row)
        self._column.addSpacing(7)
        self._column.addWidget(self.own)
        self._more_timer = QTimer(self, interval=CONFIRM_MS, singleShot=True)
        self._menu = QMenu(self)
        texts = (tr("Copy name"), tr("Copy path"), tr("Copy file name"), tr("Copy trigger words"))
        self._actions = [QAction(text, self._menu) for text in texts]
        self._menu.addActions(self._actions)

    def _build_message(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 0, 16, 60)
        column.setSpacing(6)
        self._sign, self._said, self._explained = QLabel(), set_role(QLabel(), "title"), set_role(QLabel(), "muted")
        column.addStretch(1)
        for label in (self._sign, self._said, self._explained):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        self.own_of_many = OwnStrip(is_for_many=True)
        column.addSpacing(12)
        column.addWidget(self.own_of_many)
        column.addStretch(1)
        return page

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._on_tab)
        self.gallery.picture_wanted.connect(self.picture_wanted)
        self.metadata.tree_wanted.connect(self.tree_wanted)
        self.notes.notes_saved.connect(self.notes_saved)
        self.notes.unsaved_changed.connect(lambda is_unsaved: self.tabs.mark(NOTES, is_unsaved))
        self.metadata.text_copied.connect(self.text_copied)
        self.notes.link_opened.connect(self.link_opened)
        self.overview.text_copied.connect(self.text_copied)
        self.overview.link_opened.connect(self.link_opened)
        self.overview.tag_chosen.connect(self.tag_chosen)
        self._node.copied.connect(self.text_copied)
        for asked in (self._node.node_asked, self.grip.clicked):
            asked.connect(lambda: self.node_asked.emit(self.model_id))
        self._folder.clicked.connect(self._on_folder)
        self._picture.clicked.connect(self.regenerate_asked)
        self.gallery.regenerate_asked.connect(self.regenerate_asked)
        self._more.clicked.connect(self._on_more)
        self._more_timer.timeout.connect(lambda: theme.dress(self._more, "more"))
        for action in self._actions:
            action.triggered.connect(self._on_copied)
        self._scroll.verticalScrollBar().installEventFilter(self)
        theme.theme_changed.connect(self._on_theme)

    # Showing

    def _show_head(self, record: ModelRecord) -> None:
        details = record.details
        self._title.show_title(details.name or record.name, details.version)
        base = details.base_model or record.facts.base_model or record.facts.architecture
        origin = wording.from_text(details.sources.get("author", ""))
        self.own.show_order(
            details.favourite, details.rating, details.colour, details.collections, details.category, details.group
        )
        self._subtitle.show_sourced(wording.subtitle(details, base, label_one(record.kind)), origin)
        name = wording.comfy_name(record)
        sort, reason = offer_of(record)
        self._node.show_model(sort, name, reason)
        show_if(self.grip, sort == "node")
        words = ", ".join(details.trigger_words)
        for action, text in zip(self._actions, (name, record.path, wording.file_name(record.path), words), strict=True):
            action.setData(text)
            action.setEnabled(bool(text))

    def _fill_tab(self) -> None:
        """Fill the overview only when it is looked at: it is the costliest part."""
        if self._record is not None and self.tabs.currentIndex() == OVERVIEW:
            self.overview.show_record(self._record, self._is_away)

    def _leave(self, title: str, text: str, sign: str) -> None:
        self._record = None
        self.gallery.show_previews(())
        self.metadata.show_model(-1)
        theme.dress(self._sign, sign, 40, "faint")
        self.own_of_many.hide()
        self._said.setText(title)
        self._explained.setText(text)
        self._stack.setCurrentIndex(1)

    # Answers to clicks

    def _on_tab(self, index: int) -> None:
        for number, page in enumerate(self._pages):
            page.setVisible(number == index)
        self._fill_tab()
        self.metadata.set_open(index == METADATA)
        if index != OVERVIEW:
            QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(self._pages[index], 0, EDGE))

    def _on_folder(self) -> None:
        if self._record is not None:
            self.folder_opened.emit(self._record.id)

    def _on_more(self) -> None:
        self._menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _on_copied(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        text = str(action.data())
        copy_text(text)
        theme.dress(self._more, "check", tone="ok")
        self._more_timer.start()
        self.text_copied.emit(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the content as wide as it is when the scroll bar comes and goes."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide) and watched is self._scroll.verticalScrollBar():
            is_shown = event.type() == QEvent.Type.Show
            bar = self._scroll.verticalScrollBar().sizeHint().width() if is_shown else 0
            self._column.setContentsMargins(EDGE, EDGE, max(2, EDGE - bar), EDGE)
        return super().eventFilter(watched, event)

    def _on_theme(self) -> None:
        for tab in (self.overview, self.metadata, self.notes):
            tab.redraw()
