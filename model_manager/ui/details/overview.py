"""The first tab: what is wrong, words to copy, settings, description, tags, file facts, links, and where each fact came from.

Sections are made once and filled for each model; one without content is hidden. Must never look at the disk.
"""

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from model_manager.core.library.entry import ModelRecord
from model_manager.core.words import tr
from model_manager.ui.details import record_facts, wording
from model_manager.ui.details.chips import ChipRow, ChipText
from model_manager.ui.details.description import Description
from model_manager.ui.details.fact_table import FactTable
from model_manager.ui.details.labels import Notice, SectionHead, WrapLabel
from model_manager.ui.details.parts import Copier, TextLink, held, show_if
from model_manager.ui.details.safe_text import is_web_link

_GRAVE = {"truncated", "zero_filled", "not_a_model", "bad_header", "unreadable"}
MOST_NOTICES = 8


class Section(QWidget):
    """A heading and what belongs below it."""

    def __init__(self, title: str, body: QWidget, action: QWidget | None = None) -> None:
        super().__init__()
        self.head = SectionHead(title, action)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.head)
        column.addWidget(body)


class Overview(QWidget):
    """All sections of the first tab."""

    text_copied = Signal(str)
    link_opened = Signal(str)
    tag_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._notices: list[Notice] = []
        self._record: ModelRecord | None = None
        self._build()
        self._connect()

    def _build(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._alarm = QVBoxLayout()
        self._alarm.setSpacing(6)
        self._column.addLayout(self._alarm)
        self._build_words()
        self.description = Description()
        self._described = self._section(tr("Description"), self.description)
        self.tags, self.trained = ChipRow(tr("Tags"), copies=False), ChipRow(tr("Training tags"), limit=12)
        self._tagged = self._section(tr("Tags"), self.tags)
        self._build_facts()
        self.links = ChipRow(tr("Links"), copies=False)
        self._linked = self._section(tr("Links"), self.links)
        self._build_sources()
        self._column.addStretch(1)

    def _build_words(self) -> None:
        self.words, self.negative = ChipRow(tr("Trigger words"), limit=14), ChipRow(tr("Negative words"))
        self.settings, self.hint = ChipRow(tr("Recommended settings")), WrapLabel(12, "muted")
        self._copy_all = Copier(TextLink(tr("Copy all")))
        self._worded = self._section(tr("Trigger words"), self.words, self._copy_all.button)
        self._negated = self._section(tr("Negative words"), self.negative)
        self._advised = self._section(tr("Recommended"), self.settings)
        self._column.addWidget(self.hint)

    def _build_facts(self) -> None:
        self.file, self.training, self.about, self.places = FactTable(), FactTable(), FactTable(), FactTable()
        self._filed = self._section(tr("File"), self.file)
        self._trained_on = self._section(tr("Training"), self.training)
        self._tag_counts = self._section(tr("Training tags"), self.trained)
        self._placed = self._section(tr("Places"), self.places)
        self._abouts = self._section(tr("About"), self.about)

    def _build_sources(self) -> None:
        self.sources = FactTable()
        self._sourced = self._section(tr("Sources"), self.sources)

    def _section(self, title: str, body: QWidget, action: QWidget | None = None) -> Section:
        section = Section(title, body, action)
        self._column.addWidget(section)
        return section

    def _connect(self) -> None:
        for row in (self.words, self.negative, self.settings, self.trained):
            row.chip_clicked.connect(self.text_copied)
        for table in (self.file, self.training, self.about, self.places, self.sources):
            table.text_copied.connect(self.text_copied)
        self._copy_all.copied.connect(self.text_copied)
        self.tags.chip_clicked.connect(self.tag_chosen)
        self.links.chip_clicked.connect(self.link_opened)
        self.description.link_opened.connect(self.link_opened)

    def show_record(self, record: ModelRecord, is_away: bool) -> None:
        """Fill all sections."""
        self._record = record
        with held(self._column):
            self._fill(record, is_away)

    def _fill(self, record: ModelRecord, is_away: bool) -> None:
        self._show_alarm(record, is_away)
        self._show_words(record)
        self._show_description(record)
        self._show_facts(record)
        self._show_links(record)
        self._show_sources(record)

    def show_away(self, is_away: bool) -> None:
        """The model's folder went away or came back."""
        if self._record is not None:
            self._show_alarm(self._record, is_away)

    def redraw(self) -> None:
        """Take over the colours of another theme."""
        self.description.redraw()

    def _show_alarm(self, record: ModelRecord, is_away: bool) -> None:
        said = [(problem.text, "bad" if problem.code in _GRAVE else "warn") for problem in (*record.problems, *record.details.problems)]
        said = list(dict.fromkeys(said))[:MOST_NOTICES]
        if is_away:
            said.insert(0, (tr("This folder is away. You see what was last known; connect the drive to use the model."), "accent"))
        while len(self._notices) < len(said):
            self._notices.append(Notice())
            self._alarm.addWidget(self._notices[-1])
        for index, notice in enumerate(self._notices):
            if index < len(said):
                notice.show_text(*said[index])
            show_if(notice, index < len(said))
        self._alarm.setContentsMargins(0, 10 if said else 0, 0, 0)

    def notices(self) -> list[str]:
        """The sentences on show."""
        return [notice.text() for notice in self._notices if not notice.isHidden()]

    def _show_words(self, record: ModelRecord) -> None:
        details, tip = record.details, tr("Click to copy")
        self.words.show_chips([ChipText(words, tip=f"{words}\n{tip}") for words in details.trigger_words])
        self._copy_all.set_payload(", ".join(details.trigger_words))
        show_if(self._copy_all.button, len(details.trigger_words) > 1)
        self.negative.show_chips([ChipText(details.negative_words, tip=f"{details.negative_words}\n{tip}")])
        self.settings.show_chips([_setting_chip(*pair) for pair in details.recommended])
        self.hint.show_text(record.facts.usage_hint)
        show_if(self.hint, bool(record.facts.usage_hint))
        self._show(self._worded, bool(details.trigger_words), "trigger_words")
        self._show(self._negated, bool(details.negative_words), "negative_words")
        self._show(self._advised, bool(details.recommended), "recommended")

    def _show_description(self, record: ModelRecord) -> None:
        details = record.details
        self.description.show_text(details.description, details.description_is_html)
        self._show(self._described, bool(details.description.strip()), "description")
        self.tags.show_chips([ChipText(tag, tip=tr("Show all models with the tag “{tag}”", tag=tag), payload=tag) for tag in details.tags])
        self._show(self._tagged, bool(details.tags), "tags")
        counts = [ChipText(tag, f"{count:,}", tag, tr("Click to copy")) for tag, count in record.facts.tags]
        self.trained.show_chips(counts)
        self._show(self._tag_counts, bool(counts), "", "header")

    def _show_facts(self, record: ModelRecord) -> None:
        self.file.show_facts(record_facts.file_facts(record, time.time()))
        training = record_facts.training_facts(record)
        self.training.show_facts(training)
        self._show(self._trained_on, bool(training), "", "header")
        places = record_facts.place_facts(record)
        self.places.show_facts(places)
        show_if(self._placed, bool(places))
        about = record_facts.about_facts(record)
        self.about.show_facts(about)
        show_if(self._abouts, bool(about))

    def _show_links(self, record: ModelRecord) -> None:
        links = [(label, url) for label, url in record.details.links if is_web_link(url)]
        self.links.show_chips([ChipText(label or url, "↗", url, url) for label, url in links])
        self._show(self._linked, bool(links), "links")

    def _show_sources(self, record: ModelRecord) -> None:
        rows = record_facts.source_facts(record)
        self.sources.show_facts(rows)
        show_if(self._sourced, bool(rows))

    def _show(self, section: Section, is_shown: bool, field: str, source: str = "") -> None:
        show_if(section, is_shown)
        if is_shown and self._record is not None:
            origin = source or self._record.details.sources.get(field, "")
            section.head.show_source(wording.short_source(origin, self._record.path), wording.from_text(origin))


def _setting_chip(label: str, value: str) -> ChipText:
    said = f"{label} {value}".strip()
    return ChipText(said, payload=value or label, tip=tr("{setting}\nClick to copy the value", setting=f"{label}: {value}"))
