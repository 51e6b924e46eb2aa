"""The details of a result at the right: pictures, what it is, whether it is here, versions, files, words, description.

Part of the browser page. It shows what it is given and tells what is asked; a version is chosen within it.
"""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.offer_parts import UPDATE, Standing, groups_of, shown_images
from model_manager.core.library.kinds import label_one
from model_manager.core.online.records import PG, PG13, Image, Offer, R, Version
from model_manager.core.words import tr, trn
from model_manager.ui.browse.file_lines import FileLines
from model_manager.ui.details.chips import ChipRow, ChipText
from model_manager.ui.details.description import Description
from model_manager.ui.details.labels import Notice, TitleLabel, WrapLabel
from model_manager.ui.details.overview import Section
from model_manager.ui.details.parts import TextLink, icon_button, push_button, set_role, show_if
from model_manager.ui.outline import RIGHT
from model_manager.ui.pictures.tiles import StripDelegate, Tile, TileView
from model_manager.ui.theme import dress, restyle

STRIP = 176  # pixels: height of the pictures
WIDEST = 520
TAGS = 10


class OfferPanel(QStackedWidget):
    """One result, several, or a word on why there is none."""

    download_asked = Signal()
    page_asked = Signal(str)
    library_asked = Signal(int)  # id of a model in the library
    author_asked = Signal(str)
    tag_asked = Signal(str)
    again_asked = Signal()
    pictures_wanted = Signal(object)  # list[Image]

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.offer: Offer | None = None
        self.version: Version | None = None
        self._level, self._here = PG, 0
        self.setMinimumWidth(260)
        self.setMaximumWidth(WIDEST)
        self._build_parts()
        self._build_pages()
        self._connect()
        self.show_nothing()

    # showing

    def show_offer(self, offer: Offer, standing: Standing, level: int) -> None:
        """Show a model, with the version on show before if it has it, else the newest. level: what pictures may show."""
        if self.offer is not offer or self._level != level:
            before = self.version.id if self.version is not None and self.offer is not None and self.offer.id == offer.id else ""
            self.offer, self._level = offer, level
            version = next((one for one in offer.versions if one.id == before), offer.versions[0] if offer.versions else Version(""))
            self._show_head(offer)
            self._show_versions(offer, version)
            self._show_version(version)
            self._scroll.verticalScrollBar().setValue(0)
        self.show_standing(standing)
        self.setCurrentWidget(self._scroll)

    def show_standing(self, standing: Standing) -> None:
        """Show whether it is here."""
        self._here = standing.id
        is_update = standing.state == UPDATE
        self._standing.setProperty("role", "pill" if is_update else "ok")
        restyle(self._standing)
        self._standing.setText(tr("A newer version than yours") if is_update else tr("In your library"))
        self._standing.updateGeometry()
        for widget in (self._standing, self._library):
            show_if(widget, bool(standing.state) and (widget is self._standing or bool(standing.id)))

    def show_loading(self, name: str) -> None:
        """A model is being looked up."""
        self._say(name, tr("Looking at Civitai…"), "search")

    def show_fault(self, text: str) -> None:
        """A model cannot be shown."""
        self._say(tr("This model cannot be shown"), text, "warning", has_again=True)

    def show_many(self, count: int, most: int) -> None:
        """Several are selected. most: how many can be looked up in one go."""
        text = tr("Download… looks all of them up, and you choose what to take.")
        if count > most:
            text = tr("Download… looks the first {count} of them up, and you choose what to take.", count=most)
        self._say(trn("{count} model selected", "{count} models selected", count), text, "layers")

    def show_nothing(self) -> None:
        """Nothing is selected."""
        self._say(tr("No model selected"), tr("Choose one to see its versions, files and description."), "info")

    def show_picture(self, image: Image, picture: QImage) -> None:
        """A picture has come."""
        self.strip.tiles.set_image(image.url, picture)

    def refuse_picture(self, image: Image, text: str) -> None:
        """A picture cannot be shown."""
        self.strip.tiles.set_fault(image.url, text)

    @property
    def link(self) -> str:
        """The page of the version on show."""
        if self.offer is None:
            return ""
        return (self.version.page if self.version is not None else "") or self.offer.page

    # building

    def _build_parts(self) -> None:
        self.strip = TileView(tr("Example pictures"), StripDelegate(STRIP), is_upright=False)
        self.strip.setFixedHeight(STRIP + 10)
        self._hidden = set_role(QLabel(), "faint")
        self._hidden.setWordWrap(True)
        self._title, self._author = TitleLabel(), TextLink()
        self._marks = [set_role(QLabel(), "chip") for _ in range(3)]
        self._numbers = set_role(QLabel(), "muted")
        self._standing, self._library = QLabel(), TextLink(tr("Show in library"))
        self._notice = Notice()
        self.download, self.page = push_button(f" {tr('Download…')}", "primary"), icon_button("open", tr("Open page on Civitai"))
        dress(self.download, "download", tone="on_accent")
        self.versions = QComboBox()
        self.versions.setAccessibleName(tr("Version"))
        self.files = FileLines()
        self.words, self.tags = ChipRow(tr("Trigger words"), limit=14), ChipRow(tr("Tags"), copies=False, limit=TAGS)
        self.changes, self.description, self.licence = Description(), Description(), WrapLabel(12, "muted")
        self._sign, self._headline, self._sentence = QLabel(), set_role(QLabel(), "title"), set_role(QLabel(), "muted")
        self._again = push_button(tr("Try again"))

    def _build_pages(self) -> None:
        body = QFrame()
        body.setProperty("role", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 14, 16, 18)
        column.setSpacing(8)
        for widget in (self.strip, self._hidden, self._title):
            column.addWidget(widget)
        column.addWidget(self._author, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(_row(*self._marks, self._numbers))
        column.addLayout(_row(self._standing, self._library))
        column.addWidget(self._notice)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.download, 1)
        buttons.addWidget(self.page)
        column.addLayout(buttons)
        column.addWidget(self.versions)
        column.addWidget(self.files)
        self._sections: dict[QWidget, Section] = {
            widget: Section(title, widget) for title, widget in (
                (tr("Trigger words"), self.words), (tr("About this version"), self.changes), (tr("Description"), self.description),
                (tr("Tags"), self.tags), (tr("Licence"), self.licence),
            )
        }  # fmt: skip
        for section in self._sections.values():
            column.addWidget(section)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setMinimumWidth(0)
        self.addWidget(self._scroll)
        self.addWidget(self._built_message())
        self.resize(RIGHT, 400)

    def _built_message(self) -> QWidget:
        self._message = QFrame()
        self._message.setProperty("role", "panel")
        column = QVBoxLayout(self._message)
        column.setContentsMargins(20, 24, 20, 18)
        column.setSpacing(6)
        column.addStretch(4)
        for label in (self._sign, self._headline, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(label is not self._sign)
            column.addWidget(label)
        column.addSpacing(8)
        column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(5)
        return self._message

    def _connect(self) -> None:
        self.download.clicked.connect(self.download_asked)
        self.page.clicked.connect(lambda: self.page_asked.emit(self.link))
        self._library.clicked.connect(lambda: self.library_asked.emit(self._here))
        self._author.clicked.connect(lambda: self.author_asked.emit(self.offer.author if self.offer is not None else ""))
        self._again.clicked.connect(self.again_asked)
        self.tags.chip_clicked.connect(self.tag_asked)
        self.versions.activated.connect(self._on_version)
        for text in (self.changes, self.description):
            text.link_opened.connect(self.page_asked)

    # filling

    def _say(self, headline: str, sentence: str, sign: str, has_again: bool = False) -> None:
        self.offer = self.version = None
        dress(self._sign, sign, 40, "faint")
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._again.setVisible(has_again)
        self.setCurrentWidget(self._message)

    def _show_head(self, offer: Offer) -> None:
        self._title.show_title(offer.name, "")
        self._author.setText(tr("by {author}", author=offer.author))
        self._author.updateGeometry()
        show_if(self._author, bool(offer.author))
        numbers = [trn("{count} download", "{count} downloads", offer.downloads) if offer.downloads else ""]
        self._numbers.setText(" · ".join(filter(None, numbers)))
        show_if(self.page, bool(offer.page))
        self._show_section(self.tags, bool(offer.tags), lambda: self.tags.show_chips([ChipText(tag, "", tag) for tag in offer.tags]))
        self._show_section(self.licence, bool(offer.licence), lambda: self.licence.show_text(" ".join(offer.licence)))
        about = offer.description
        self._show_section(self.description, bool(about.strip()), lambda: self.description.show_text(about, is_html=True))

    def _show_versions(self, offer: Offer, version: Version) -> None:
        with QSignalBlocker(self.versions):
            self.versions.clear()
            for one in offer.versions:
                words = [one.name or one.id, one.base_model, one.published[:10]]
                self.versions.addItem(" · ".join(filter(None, words)), one.id)
            self.versions.setCurrentIndex(max(0, self.versions.findData(version.id)))
            self.versions.setEnabled(len(offer.versions) > 1)

    def _on_version(self, row: int) -> None:
        if self.offer is not None and 0 <= row < len(self.offer.versions):
            self._show_version(self.offer.versions[row])

    def _show_version(self, version: Version) -> None:
        assert self.offer is not None
        self.version = version
        self._show_marks(self.offer, version)
        self._show_pictures(version)
        notice = version.barred or self.offer.notice
        self._notice.show_text(notice, "warn")
        show_if(self._notice, bool(notice))
        self.files.show_groups(groups_of(version))
        words = [ChipText(one, "", one) for one in version.trigger_words]
        self._show_section(self.words, bool(words), lambda: self.words.show_chips(words))
        about = version.description
        self._show_section(self.changes, bool(about.strip()), lambda: self.changes.show_text(about, is_html=True))

    def _show_marks(self, offer: Offer, version: Version) -> None:
        level = version.level or offer.level
        marks = [(label_one(offer.kind) if offer.kind else offer.type, ""), (version.base_model, "")]
        if offer.is_adult or level & ~(PG | PG13 | R):
            marks.append((tr("Adult"), "bad"))
        shown = [mark for mark in marks if mark[0]]
        for place, label in enumerate(self._marks):
            show_if(label, place < len(shown))
            if place < len(shown):
                label.setText(shown[place][0])
                label.setProperty("tone", shown[place][1])
                restyle(label)

    def _show_pictures(self, version: Version) -> None:
        shown, hidden = shown_images(version, self._level)
        self.strip.show_tiles([Tile(image.url, tr("Picture {number}", number=place), value=image) for place, image in enumerate(shown, 1)])
        show_if(self.strip, bool(shown))
        self._hidden.setText(
            trn("{count} picture is hidden by the level.", "{count} pictures are hidden by the level.", hidden) if hidden else ""
        )
        show_if(self._hidden, bool(hidden))
        self.pictures_wanted.emit([tile.value for tile in self.strip.tiles.missing()])

    def _show_section(self, widget: QWidget, is_shown: bool, fill: Callable[[], None]) -> None:
        show_if(self._sections[widget], is_shown)
        if is_shown:
            fill()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
