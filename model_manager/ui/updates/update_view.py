"""One update: what is here and what there is now, side by side; what changed, the files, other new versions; and what can be done.

Part of the page of updates. It shows what it is given and tells what is asked.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.offer_parts import groups_of
from model_manager.bridge.updates import Unwanted
from model_manager.core.online.records import Update
from model_manager.core.words import tr, trn
from model_manager.ui.browse.file_lines import FileLines
from model_manager.ui.details.description import Description
from model_manager.ui.details.fact_table import FactTable
from model_manager.ui.details.labels import Notice, TitleLabel, WrapLabel
from model_manager.ui.details.overview import Section
from model_manager.ui.details.parts import push_button, set_role, show_if
from model_manager.ui.theme import dress
from model_manager.ui.updates.words import here_facts, ignore_words, new_facts, unwanted_words


class UpdateView(QStackedWidget):
    """One update, several, one that is ignored, or nothing."""

    download_asked = Signal()
    ignore_asked = Signal(str)
    page_asked = Signal(str)
    library_asked = Signal()
    back_asked = Signal()  # what is ignored is to be told again

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._page_address = ""
        self._build_parts()
        self._build_layout()
        self._connect()
        self.show_nothing()

    # showing

    def show_update(self, update: Update, has_place: bool) -> None:
        """Show one. has_place: it is in the library."""
        self._page_address = update.version.page
        self._title.show_title(update.name, update.version.name)
        self._about.show_text(tr("by {author}", author=update.author) if update.author else "")
        self._here.show_facts(here_facts(update))
        self._new.show_facts(new_facts(update.version))
        other = tr("It is for another base model: {base}.", base=update.version.base_model) if update.is_other_base else ""
        notice = update.version.barred or other
        self._notice.show_text(notice, "warn")
        show_if(self._notice, bool(notice))
        changed = update.version.description.strip()
        self._changes.show_text(changed or f"<p>{tr('The author does not say.')}</p>", is_html=True)
        self._files.show_groups(groups_of(update.version))
        show_if(self._filed, bool(update.version.files))
        lines = [" · ".join(filter(None, (one.name or one.id, one.base_model, one.published[:10]))) for one in update.others]
        self._others.show_text("\n".join(lines))
        show_if(self._othered, bool(lines))
        show_if(self._library, has_place)
        self._fill_ignore(1)
        self._scroll.verticalScrollBar().setValue(0)
        self._show_buttons(is_unwanted=False)
        self._show_parts(has_parts=True)

    def show_many(self, updates: Sequence[Update]) -> None:
        """Several are selected."""
        count = len(updates)
        self._title.show_title(trn("{count} update", "{count} updates", count), "")
        self._about.show_text(tr("Download… looks all of them up, and you choose what to take."))
        self._fill_ignore(count)
        self._show_buttons(is_unwanted=False)
        self._show_parts(has_parts=False)

    def show_unwanted(self, rows: Sequence[Unwanted]) -> None:
        """What is ignored: one or several."""
        name = rows[0].name if len(rows) == 1 else trn("{count} model", "{count} models", len(rows))
        self._title.show_title(name, "")
        words = unwanted_words(rows[0]) if len(rows) == 1 else tr("Some of their updates are ignored")
        self._about.show_text(tr("{what}. Once taken back, the next look finds its updates again.", what=words))
        self._show_buttons(is_unwanted=True)
        self._show_parts(has_parts=False)

    def show_nothing(self) -> None:
        """Nothing is selected."""
        self.setCurrentWidget(self._nothing)

    def _show_buttons(self, is_unwanted: bool) -> None:
        for button in (self.download, self.ignore):
            show_if(button, not is_unwanted)
        show_if(self._back, is_unwanted)

    def _show_parts(self, has_parts: bool) -> None:
        for part in (self._sides, self._changed):
            show_if(part, has_parts)
        for part in (self.page, *(() if has_parts else (self._library, self._notice, self._filed, self._othered))):
            show_if(part, has_parts)
        self.setCurrentWidget(self._scroll)

    def _fill_ignore(self, count: int) -> None:
        menu = self._menu
        menu.clear()
        for what, words in ignore_words(count):
            menu.addAction(words).triggered.connect(lambda _=False, what=what: self.ignore_asked.emit(what))

    # building

    def _build_parts(self) -> None:
        self._title, self._about, self._notice = TitleLabel(), WrapLabel(13, "muted"), Notice()
        self.download, self.ignore, self.page = push_button(f" {tr('Download…')}", "primary"), push_button(tr("Ignore")), push_button("")
        dress(self.download, "download", tone="on_accent")
        self.ignore.setProperty("menu", "yes")
        self._menu = QMenu(self.ignore)
        self.ignore.setMenu(self._menu)
        self.page.setText(tr("Open page"))
        self._library, self._back = push_button(tr("Show in library")), push_button(tr("Take back"), "primary")
        self._here, self._new = FactTable(), FactTable()
        self._changes, self._files, self._others = Description(), FileLines(), WrapLabel(12, "muted")

    def _build_layout(self) -> None:
        body = QFrame()
        body.setProperty("role", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(22, 18, 22, 20)
        column.setSpacing(10)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.download, self.ignore, self._back, self.page, self._library):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._sides = QWidget()
        self._row = QHBoxLayout(self._sides)
        self._row.setContentsMargins(0, 2, 0, 2)
        self._row.setSpacing(12)
        for title, table in ((tr("Here"), self._here), (tr("New"), self._new)):
            self._row.addWidget(_side(title, table), 1, Qt.AlignmentFlag.AlignTop)
        self._changed, self._filed = Section(tr("What changed"), self._changes), Section(tr("Files"), self._files)
        self._othered = Section(tr("Other new versions"), self._others)
        column.addWidget(self._title)
        column.addWidget(self._about)
        column.addLayout(buttons)
        for widget in (self._notice, self._sides, self._changed, self._filed, self._othered):
            column.addWidget(widget)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing = QFrame()
        self._nothing.setProperty("role", "panel")
        self.addWidget(self._scroll)
        self.addWidget(self._nothing)

    def _connect(self) -> None:
        self.download.clicked.connect(self.download_asked)
        self.page.clicked.connect(lambda: self.page_asked.emit(self._page_address))
        self._library.clicked.connect(self.library_asked)
        self._back.clicked.connect(self.back_asked)
        self._changes.link_opened.connect(self.page_asked)


def _side(title: str, table: FactTable) -> QFrame:
    frame = QFrame()
    frame.setProperty("role", "raised")
    column = QVBoxLayout(frame)
    column.setContentsMargins(14, 10, 14, 12)
    column.setSpacing(6)
    column.addWidget(set_role(QLabel(title), "heading"))
    column.addWidget(table)
    return frame
