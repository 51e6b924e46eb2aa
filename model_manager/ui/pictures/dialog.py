"""The dialog that gives one model another picture: sources at the left, candidates, now and new, and the history.

Made by the picture desk on a `Choosing`, which does all the work. It shows what comes and asks for what is chosen; nothing waits here.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from model_manager.bridge.choosing import Choosing
from model_manager.bridge.preview_tasks import Choices
from model_manager.core.amounts import short_size
from model_manager.core.previews.records import CIVITAI, DRAWN, FILE, FILL, FIT, Applied, Look, Made, Source, SourceGroup
from model_manager.core.words import tr
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.pictures import intake
from model_manager.ui.pictures.dialog_parts import Foot, Head, Pair, rule, stack
from model_manager.ui.pictures.entries import ORDER, back_words, earlier_tile, effect_words, first_of, sign_of, wanted_sort
from model_manager.ui.pictures.tiles import SourceDelegate, StripDelegate, Tile, TileView
from model_manager.ui.pictures.web_strip import WebStrip
from model_manager.ui.sheet import Sheet
from model_manager.ui.theme import dress

SIDE_WIDTH, STRIP_HEIGHT = 262, 128
SMALL, LARGE = 160, 1024  # edges at which pictures are decoded, device pixels


class RegenerateDialog(Sheet):
    """Regenerate thumbnail, for one model."""

    def __init__(self, choosing: Choosing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choosing = choosing
        self._choices: Choices | None = None
        self._group: str | None = None
        self._source: Source | None = None
        self._wanted_file: Source | None = None
        self._is_history = self._is_busy = self._is_touched = False
        self._looks: dict[Source, Look] = {}
        self._usual = Look()
        self.setWindowTitle(tr("Regenerate thumbnail"))
        self.setAcceptDrops(True)
        self.resize(940, 568)
        self._build()
        self._connect()
        choosing.open()

    # building

    def _build(self) -> None:
        self.head, self.foot, self.pair = Head(tr("Regenerate thumbnail")), Foot(), Pair()
        self.sources = TileView(tr("Sources"), SourceDelegate(), is_upright=True)
        self.sources.setFixedWidth(SIDE_WIDTH)
        self.sources.setViewportMargins(10, 8, 8, 8)
        self.strip = TileView(tr("Pictures"), StripDelegate(STRIP_HEIGHT - 14), is_upright=False)
        self.history = TileView(tr("Earlier pictures"), StripDelegate(STRIP_HEIGHT - 32, has_words=True), is_upright=False)
        for strip in (self.strip, self.history):
            strip.setFixedHeight(STRIP_HEIGHT)
        self.history.hide()
        self.web = WebStrip(self._choosing.web, STRIP_HEIGHT)
        self.lock = self.foot.add(tr("Lock"), sign="unlock")
        self.lock.setCheckable(True)
        self.lock.setToolTip(tr("A locked picture is left alone when many models get new ones."))
        self.cancel = self.foot.add(tr("Cancel"))
        self.use = self.foot.add(tr("Use this picture"), "primary")
        self.use.setDefault(True)
        self.use.setEnabled(False)
        self._build_layout()
        self.setTabOrder(self.sources, self.strip)
        self.setTabOrder(self.strip, self.history)
        self.setTabOrder(self.history, self.pair.new)

    def _build_layout(self) -> None:
        work = QVBoxLayout()
        work.setContentsMargins(20, 12, 22, 16)
        work.setSpacing(8)
        for widget in (self.strip, self.history, self.web):
            work.addWidget(widget)
        work.addWidget(self.pair, 1)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.sources)
        body.addWidget(rule(is_upright=True))
        body.addLayout(work, 1)
        stack(self, self.head, body, self.foot)

    def _connect(self) -> None:
        choosing, pair = self._choosing, self.pair
        choosing.opened.connect(self._on_opened)
        choosing.small_ready.connect(self._on_small)
        choosing.small_refused.connect(self._on_small_refused)
        choosing.large_ready.connect(self._on_large)
        choosing.large_refused.connect(self._on_large_refused)
        choosing.chosen.connect(self._on_file_chosen)
        choosing.searching.connect(self._on_searching)
        choosing.made.connect(self._on_made)
        choosing.refused.connect(self._on_refused)
        choosing.written.connect(self._on_written)
        choosing.failed.connect(self._on_failed)
        choosing.lock_changed.connect(self._show_lock)
        self.sources.current_changed.connect(self._on_group)
        self.sources.tile_clicked.connect(self._on_source_clicked)
        self.sources.tile_activated.connect(self._on_source_activated)
        self.strip.current_changed.connect(self._on_candidate)
        self.strip.tile_activated.connect(lambda _: self._on_use())
        for signal in (self.history.tile_clicked, self.history.tile_activated):
            signal.connect(self._on_earlier)
        pair.new.look_changed.connect(self._on_look)
        pair.lines.fit_chosen.connect(self._on_fit)
        pair.lines.history_asked.connect(lambda: self._show_history(not self._is_history))
        self.lock.clicked.connect(choosing.set_locked)
        self.cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self._on_use)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self).activated.connect(self._on_paste)

    # what there is

    def look_anew(self) -> None:
        """What Civitai may tell or show has changed."""
        self._choosing.web.look_anew()

    def _on_opened(self, choices: Choices) -> None:
        is_first = self._choices is None
        self._choices = choices
        details = choices.record.details
        line = [details.name or choices.record.name, details.version, choices.card.base, choices.card.kind_label]
        self.head.line.show_text(" · ".join(dict.fromkeys(part for part in line if part)))
        if is_first and choices.state.look is not None:
            self._usual = Look(choices.state.look.fit)
        self._show_lock(choices.state.is_locked)
        self._show_now()
        is_free = not self._is_touched or self._wanted_file is not None
        self._show_groups(wanted_sort(choices.groups, self._wanted_file) if is_free else self._group)
        self._show_history(self._is_history and bool(choices.earlier))
        if is_first:
            self.sources.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_groups(self, current: str | None) -> None:
        assert self._choices is not None
        groups = sorted(self._choices.groups, key=lambda group: ORDER.index(group.sort))
        tiles = [Tile(first_of(group), group.title, group.note, sign_of(group), group.sort) for group in groups]
        self.sources.show_tiles(tiles, current)
        self._ask_small(self.sources)
        self._fill_strip(current)

    def _group_of(self, sort: str | None) -> SourceGroup | None:
        groups = self._choices.groups if self._choices is not None else ()
        return next((group for group in groups if group.sort == sort), None)

    def _on_group(self, tile: Tile) -> None:
        self._is_touched = True
        if self._is_history:
            self._show_history(False)
        self._fill_strip(tile.value)

    def _on_candidate(self, tile: Tile) -> None:
        self._is_touched = True
        self._show_source(tile.value)

    def _fill_strip(self, sort: str | None) -> None:
        """Show the candidates of a source; the one that was on show stays if it is among them."""
        group = self._group_of(sort)
        sources = group.sources if group is not None else ()
        wanted, self._wanted_file = self._wanted_file, None
        self._group = sort
        here = next((one for one in (wanted, self._source) if one in sources), sources[0] if sources else None)
        self.strip.show_tiles([Tile(source, source.note or tr("Picture"), value=source) for source in sources], here)
        self._ask_small(self.strip)
        self._show_strip()
        if here is None:
            self._show_none()
        elif here != self._source or not self.pair.new.has_picture:
            self._show_source(here)

    def _show_strip(self) -> None:
        """Show the candidates, the history, or the way to Civitai's pictures."""
        is_web = self._group == CIVITAI and self.strip.tiles.rowCount() == 0
        shown = self.history if self._is_history else self.web if is_web else self.strip
        self.web.show_state()
        for widget in sorted((self.strip, self.history, self.web), key=lambda one: one is shown):  # hide first, or the dialog grows
            widget.setVisible(widget is shown)

    def _ask_small(self, view: TileView) -> None:
        if self._choices is not None:
            edge = round(SMALL * self.devicePixelRatioF())
            card = self._choices.card
            self._choosing.small.ask([(tile.key, card) for tile in view.tiles.missing() if isinstance(tile.key, Source)], edge)

    def _show_now(self) -> None:
        assert self._choices is not None
        now = self._choices.now
        self.pair.now_said.setText(tr("NOW") if now is not None else tr("NOW · no picture yet"))
        self.pair.now.show_loading()
        self._choosing.large.ask([(now or Source(DRAWN), self._choices.card)], LARGE)

    def _on_small(self, source: Source, image: QImage) -> None:
        for view in (self.sources, self.strip, self.history):
            view.tiles.set_image(source, image)

    def _on_small_refused(self, source: Source, text: str) -> None:
        for view in (self.sources, self.strip, self.history):
            view.tiles.set_fault(source, text)

    def _on_searching(self, is_searching: bool) -> None:
        if not self._is_busy:
            self._say(tr("Looking through the output folders…") if is_searching else "")

    # one candidate

    def _show_none(self) -> None:
        """A source that has nothing yet: a file is to be chosen, dropped or pasted."""
        self._source = None
        self.use.setEnabled(False)
        self.pair.new_said.setText(tr("NEW"))
        if self._group == FILE:
            self.pair.new.show_text(tr("Choose a file, drop a picture here, or paste one."))
        else:
            self.pair.new.show_text(tr("There is no picture here."))
        self.pair.lines.set_notes(())

    def _show_source(self, source: Source) -> None:
        assert self._choices is not None
        self._source = source
        look = self._looks.get(source, self._usual)
        self.pair.new.set_look(look)
        self.pair.lines.set_fit(look.fit)
        self.pair.new.show_loading()
        self._choosing.large.ask([(source, self._choices.card)], LARGE)
        self._want()

    def _on_large(self, source: Source, image: QImage) -> None:
        if self._choices is not None and source == (self._choices.now or Source(DRAWN)):
            self.pair.now.show_image(image)
        if source == self._source:
            self.pair.new.show_image(image)

    def _on_large_refused(self, source: Source, text: str) -> None:
        if self._choices is not None and source == self._choices.now:
            self.pair.now.show_text(tr("The picture it has cannot be shown."))
            self.pair.now.setToolTip(plain_tip(text))
        if source == self._source:
            self._on_refused(source, text)

    def _on_look(self, look: Look) -> None:
        self._is_touched = True
        if self._source is not None:
            self._looks[self._source] = look
            self._want()

    def _on_fit(self, fit: str) -> None:
        look = Look(fit=FIT if fit == FIT else FILL)
        self.pair.new.set_look(look)
        self._on_look(look)

    def _show_effect(self) -> None:
        """Say what using a picture would do to the files, or why none can be used."""
        if self._choices is not None:
            is_refused = bool(self._choices.effect.refusal)
            words = effect_words(self._choices, self.pair.new.look.fit, self.lock.isChecked())
            self.pair.lines.effect.show_text(words, "bad" if is_refused else "muted")
            self.use.setEnabled(not self._is_busy and self._source is not None and not is_refused)

    def _want(self) -> None:
        """Have the file made that would be written, for its size."""
        if self._source is None:
            return
        self._show_effect()
        self.pair.new_said.setText(tr("NEW"))
        self._choosing.want(self._source, self.pair.new.look)

    def _on_made(self, source: Source, look: Look, made: Made) -> None:
        if source != self._source or self._choices is None:
            return
        size = tr("{width} × {height}", width=made.width, height=made.height)
        self.pair.new_said.setText(f"{tr('NEW')} · {size} · {short_size(len(made.data))}")
        self.pair.lines.saved.show_text(self._choices.effect.target)
        self.pair.lines.set_notes(made.notes)

    def _on_refused(self, source: Source, text: str) -> None:
        if source == self._source:
            self._set_busy(False)
            self.use.setEnabled(False)
            self.pair.new.show_text(text, "bad")
            self.pair.new_said.setText(tr("NEW"))

    # files, drops, the clipboard

    def _on_source_clicked(self, tile: Tile) -> None:
        if tile.value == FILE and tile.sign:
            self._choose_file()
        elif tile.value == CIVITAI:
            self._choosing.web.look()

    def _on_source_activated(self, tile: Tile) -> None:
        if tile.value == FILE:
            self._choose_file()
        elif tile.value == CIVITAI and self._source is None:
            self._choosing.web.look()
        else:
            self._on_use()

    def _choose_file(self) -> None:
        intake.choose_file(self, self._choosing)

    def _on_paste(self) -> None:
        if not intake.paste(self._choosing):
            self._say(tr("There is no picture on the clipboard."), "warn")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: D102
        if intake.has_picture(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: D102
        if intake.take(event.mimeData(), self._choosing):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def _on_file_chosen(self, source: Source) -> None:
        self._wanted_file = source
        self._show_history(False)
        self._say("")

    # the history

    def _show_history(self, is_open: bool) -> None:
        earlier = self._choices.earlier if self._choices is not None else ()
        self._is_history = is_open
        self._show_strip()
        self.pair.lines.set_earlier(len(earlier), is_open)
        if not is_open:
            return
        self.history.show_tiles([earlier_tile(one) for one in earlier])
        self._ask_small(self.history)
        self.history.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say(tr("A click brings a picture back; the present one is kept in the history."))

    def _on_earlier(self, tile: Tile) -> None:
        if not self._is_busy and self._choices is not None and not self._choices.effect.refusal:
            self._set_busy(True)
            self._choosing.bring_back(tile.value)

    # the end

    def _on_use(self) -> None:
        if self._source is not None and self.use.isEnabled():
            self._set_busy(True)
            self._say(tr("Saving…"))
            self._choosing.use(self._source, self.pair.new.look)

    def _on_written(self, applied: Applied) -> None:
        self._set_busy(False)
        if not self._is_history and not applied.warnings:
            self.accept()
            return
        self._say(" ".join(applied.warnings) or back_words(applied), "warn" if applied.warnings else "ok")
        self._is_history, self._is_touched = False, True
        for view in (self.sources, self.strip):
            view.tiles.forget()
        self._choosing.look_again()

    def _on_failed(self, text: str) -> None:
        self._set_busy(False)
        self._say(text, "bad")

    def _set_busy(self, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._show_effect()

    def _show_lock(self, is_locked: bool) -> None:
        self.lock.setChecked(is_locked)
        self.lock.setText(tr("Locked") if is_locked else tr("Lock"))
        dress(self.lock, "lock" if is_locked else "unlock", 14, "accent" if is_locked else "text")
        self._show_effect()

    def _say(self, text: str, tone: str = "muted") -> None:
        usual = tr("The present picture is kept in the history.") if self._choices is not None and self._choices.now else ""
        self.foot.say(text or usual, tone if text else "muted")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter uses the picture unless the keyboard is on a button; Esc closes."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._is_history and self.button_in_hand() is None:
            self._on_use()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """The dialog closes: nothing more is wanted."""
        self._choosing.close()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102
        self._choosing.close()
        super().closeEvent(event)
