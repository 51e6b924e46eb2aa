"""What a link offers: pictures to choose the preview from, versions, files, trigger words, licence, and how grown-up it is.

Part of the link sheet. It shows an offer and tells what is chosen; where it goes is the target's business.
"""

from PySide6.QtCore import QSignalBlocker, QUrl, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from model_manager.core.library.kinds import label_one
from model_manager.core.online.records import CIVITAI, PG, PG13, Image, Offer, R, Version
from model_manager.core.words import tr, trn
from model_manager.ui.details.chips import ChipRow, ChipText
from model_manager.ui.details.description import Description
from model_manager.ui.details.labels import TitleLabel
from model_manager.ui.details.parts import TextLink, set_role
from model_manager.ui.elided_label import ElidedLabel, plain_tip
from model_manager.ui.links.file_list import FileList
from model_manager.ui.links.words import picture_tile
from model_manager.ui.pictures.tiles import StripDelegate, TileView
from model_manager.ui.theme import restyle

STRIP = 124  # pixels


class OfferView(QWidget):
    """One offer."""

    version_chosen = Signal(str)
    files_chosen = Signal(object, int)  # places of groups, and the row in hand
    picture_chosen = Signal(object)  # Image
    page_asked = Signal(str)
    level_asked = Signal()  # the settings of what may be shown

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self._offer: Offer | None = None
        self._version: Version | None = None
        self._level = 0
        self._build_parts()
        self._build_layout()
        self._versions.currentIndexChanged.connect(lambda row: self.version_chosen.emit(str(self._versions.itemData(row))))
        self.files.chosen.connect(self.files_chosen)
        self.strip.current_changed.connect(lambda tile: self.picture_chosen.emit(tile.value))
        self._page.clicked.connect(lambda: self.page_asked.emit(self._version.page or self._offer.page if self._version else ""))

    def show_offer(self, offer: Offer, version: Version, picture: Image | None, level: int) -> None:
        """Show a version of an offer; `level`: bits of what may be shown. What is shown already stays."""
        if self._offer is offer and self._version is version and self._level == level:
            return
        self._offer, self._version, self._level = offer, version, level
        self._title.show_title(offer.name, "")
        self._about.show_text(_about(offer, version))
        self._show_page(version.page or offer.page)
        self._show_marks(offer, version)
        self._show_versions(offer, version)
        self._show_pictures(version, picture, level)
        self._words.show_chips([ChipText(words, "", words) for words in version.trigger_words])
        for widget in (self._words, self._words_said):
            widget.setVisible(bool(version.trigger_words))
        self._licence.setText("\n".join(offer.licence))
        for widget in (self._licence, self._licence_said):
            widget.setVisible(bool(offer.licence))
        self._show_texts(offer, version)

    def show_picture(self, image: Image, picture: QImage) -> None:
        """A picture of the strip has come."""
        self.strip.tiles.set_image(image.url, picture)

    def refuse_picture(self, image: Image, text: str) -> None:
        """A picture of the strip cannot be shown."""
        self.strip.tiles.set_fault(image.url, text)

    def missing_pictures(self) -> list[Image]:
        """Pictures of the strip that are not there yet."""
        return [tile.value for tile in self.strip.tiles.missing()]

    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab stops, in its order."""
        return (self._versions, self.strip, self._more_pictures, self.files, self._page)

    def _build_parts(self) -> None:
        self._title, self._about, self._page = TitleLabel(), ElidedLabel("muted"), TextLink()
        self._marks = [QLabel() for _ in range(4)]
        self._notice = set_role(QLabel(), "warn")
        self._versions, self.files = QComboBox(), FileList()
        self._versions.setAccessibleName(tr("Version"))
        self.strip = TileView(tr("Pictures to choose the preview from"), StripDelegate(STRIP), is_upright=False)
        self.strip.setFixedHeight(STRIP + 10)
        self._no_picture = set_role(QLabel(), "faint")
        self._words = ChipRow(tr("Trigger words"))
        self._more_pictures = TextLink(tr("Change what is shown…"))
        self._more_pictures.clicked.connect(self.level_asked)
        self._licence = set_role(QLabel(), "muted")
        self._about_version, self._about_offer = Description(), Description()
        for text in (self._about_version, self._about_offer):
            text.link_opened.connect(self.page_asked)
        for label in (self._notice, self._licence):
            label.setWordWrap(True)
        names = (tr("Trigger words"), tr("Licence"), tr("About this version"), tr("Description"))
        heads = [set_role(QLabel(name), "heading") for name in names]
        for head in heads:
            head.setContentsMargins(0, 8, 0, 0)
        self._words_said, self._licence_said, self._version_said, self._offer_said = heads

    def _build_layout(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 14, 22, 14)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._page)
        marks = QHBoxLayout()
        marks.setSpacing(6)
        for mark in self._marks:
            marks.addWidget(set_role(mark, "chip"))
        marks.addWidget(self._about, 1)
        row = QHBoxLayout()
        row.addWidget(set_role(QLabel(tr("Version")), "muted"))
        row.addWidget(self._versions, 1)
        column.addLayout(head)
        column.addLayout(marks)
        hidden = QHBoxLayout()
        hidden.setSpacing(8)
        hidden.addWidget(self._no_picture)
        hidden.addWidget(self._more_pictures)
        hidden.addStretch(1)
        column.addWidget(self._notice)
        column.addLayout(row)
        column.addWidget(self.strip)
        column.addLayout(hidden)
        below: tuple[QWidget, ...] = (
            self.files, self._words_said, self._words, self._licence_said, self._licence, self._version_said, self._about_version,
            self._offer_said, self._about_offer,
        )  # fmt: skip
        for widget in below:
            column.addWidget(widget)
        column.addStretch(1)

    def _show_marks(self, offer: Offer, version: Version) -> None:
        level = version.level or offer.level
        marks = [(label_one(offer.kind) if offer.kind else offer.type, ""), (version.base_model, "")]
        if offer.is_adult or level & ~(PG | PG13 | R):
            marks.append((tr("Adult"), "bad"))
        elif level & R and not level & PG:
            marks.append((tr("Mature"), "warn"))
        shown = [mark for mark in marks if mark[0]]
        for place, label in enumerate(self._marks):
            label.setVisible(place < len(shown))
            if place < len(shown):
                label.setText(shown[place][0])
                label.setProperty("tone", shown[place][1])
                restyle(label)
        self._notice.setText(version.barred or offer.notice)
        self._notice.setVisible(bool(version.barred or offer.notice))

    def _show_versions(self, offer: Offer, version: Version) -> None:
        with QSignalBlocker(self._versions):
            self._versions.clear()
            for one in offer.versions:
                words = [one.name or one.id, one.base_model, one.published[:10]]
                self._versions.addItem(" · ".join(word for word in words if word), one.id)
            self._versions.setCurrentIndex(max(0, self._versions.findData(version.id)))
            self._versions.setEnabled(len(offer.versions) > 1)

    def _show_pictures(self, version: Version, picture: Image | None, level: int) -> None:
        shown = [image for image in version.images if not image.level or image.level & level]
        hidden = len(version.images) - len(shown)
        tiles = [picture_tile(image, number) for number, image in enumerate(shown, 1)]
        self.strip.show_tiles(tiles, picture)
        self.strip.setVisible(bool(tiles))
        text = trn("{count} picture is hidden by your settings.", "{count} pictures are hidden by your settings.", hidden) if hidden else ""
        has_none = not version.images and bool(self._offer and self._offer.site == CIVITAI)  # the others have none at all
        self._no_picture.setText(tr("There are no pictures of this version.") if has_none else text)
        self._no_picture.setVisible(bool(self._no_picture.text()))
        self._more_pictures.setVisible(hidden > 0)

    def _show_page(self, page: str) -> None:
        """The link to the page names whose it is: the site's own domain, or a mirror's."""
        self._page.setText(tr("Open page on {site}", site=QUrl(page).host().removeprefix("www.")))
        self._page.setToolTip(plain_tip(page))
        self._page.updateGeometry()
        self._page.setVisible(bool(page))

    def _show_texts(self, offer: Offer, version: Version) -> None:
        for said, shown, text in (
            (self._version_said, self._about_version, version.description), (self._offer_said, self._about_offer, offer.description),
        ):  # fmt: skip
            shown.show_text(text, offer.site == CIVITAI)
            said.setVisible(bool(text.strip()))
            shown.setVisible(bool(text.strip()))


def _about(offer: Offer, version: Version) -> str:
    """Who made it and how often it was loaded, in a line."""
    downloads = version.downloads or offer.downloads
    parts = [tr("by {author}", author=offer.author) if offer.author else "", ", ".join(offer.tags[:4])]
    parts.insert(1, trn("{count} download", "{count} downloads", downloads) if downloads else "")
    return " · ".join(part for part in parts if part)
