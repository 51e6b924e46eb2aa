"""The plan for many models: which of them, taken from where and in what order, with examples; and the start.

Made by the picture desk. Plans are made in a worker each time something is chosen; it writes nothing itself.
"""

from collections.abc import Sequence
from itertools import zip_longest

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QRadioButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from model_manager.bridge.library_model import Card
from model_manager.bridge.preview_tasks import Planned
from model_manager.bridge.previews import Previews, plan_words
from model_manager.core.amounts import short_size
from model_manager.core.previews.records import BESIDE, CIVITAI, DRAWN, EMBEDDED, OUTPUT, VIDEO, WEBP, BulkItem, BulkOptions, Source
from model_manager.core.words import tr, trn
from model_manager.ui.details.labels import WrapLabel
from model_manager.ui.details.parts import set_role
from model_manager.ui.pictures.dialog_parts import Foot, Head, rule, stack
from model_manager.ui.pictures.tiles import StripDelegate, Tile, TileView
from model_manager.ui.sheet import Sheet
from model_manager.ui.theme import dress

EXAMPLES, EACH, EXAMPLE_HEIGHT, EDGE = 15, 5, 138, 160


def source_words() -> dict[str, str]:
    """What each source is called, in the order that is tried at first."""
    return {
        EMBEDDED: tr("Inside the file"), OUTPUT: tr("Your outputs"), VIDEO: tr("Video frame"),
        CIVITAI: tr("From Civitai"), DRAWN: tr("Draw a card"), BESIDE: tr("Pictures beside the model"),
    }  # fmt: skip


def _examples(items: Sequence[BulkItem]) -> list[BulkItem]:
    """Some of each source, those with pictures first."""
    by_sort: dict[str, list[BulkItem]] = {}
    for item in items:
        by_sort.setdefault(item.sources[0].sort, []).append(item)
    drawn = by_sort.pop(DRAWN, [])
    mixed = [item for turn in zip_longest(*by_sort.values()) for item in turn if item is not None]
    return [*mixed[: EXAMPLES if len(drawn) < EACH else EXAMPLES - EACH], *drawn][:EXAMPLES]


class OrderList(QWidget):
    """Sources with a mark each; the ones above are tried first."""

    changed = Signal()

    def __init__(self, words: dict[str, str], chosen: Sequence[str]) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._rows: list[tuple[str, QCheckBox, QWidget]] = []
        for sort, text in words.items():
            self._add(sort, text, sort in chosen)
        self._mark_ends()

    def _add(self, sort: str, text: str, is_chosen: bool) -> None:
        row, box = QWidget(), QCheckBox(text)
        box.setChecked(is_chosen)
        box.toggled.connect(lambda _: self.changed.emit())
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(box, 1)
        for step, sign, name in ((-1, "chevron-up", tr("Try {source} earlier", source=text)),
                                 (1, "chevron-down", tr("Try {source} later", source=text))):  # fmt: skip
            line.addWidget(self._mover(sort, step, sign, name))
        self._rows.append((sort, box, row))
        self._column.addWidget(row)

    def _mover(self, sort: str, step: int, sign: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "small")
        button.setToolTip(name)
        button.setAccessibleName(name)
        dress(button, sign, 12, "muted")
        button.clicked.connect(lambda: self._move(sort, step))
        return button

    def _move(self, sort: str, step: int) -> None:
        place = next(number for number, row in enumerate(self._rows) if row[0] == sort)
        goal = place + step
        if 0 <= goal < len(self._rows):
            self._rows.insert(goal, self._rows.pop(place))
            self._column.insertWidget(goal, self._rows[goal][2])
            self._mark_ends()
            self.changed.emit()

    def _mark_ends(self) -> None:
        for number, (_, _, row) in enumerate(self._rows):
            up, down = row.findChildren(QToolButton)
            up.setEnabled(number > 0)
            down.setEnabled(number < len(self._rows) - 1)

    def order(self) -> tuple[str, ...]:
        """The marked ones, from above."""
        return tuple(sort for sort, box, _ in self._rows if box.isChecked())


class BulkDialog(Sheet):
    """Regenerate thumbnails, for several models."""

    start_asked = Signal(object)  # Planned

    def __init__(self, previews: Previews, ids: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._previews, self._ids = previews, list(ids)
        self._planned: Planned | None = None
        self.setWindowTitle(tr("Regenerate thumbnails"))
        self.resize(912, 560)
        self._build()
        self._connect()
        self._plan()

    def _build(self) -> None:
        title = trn("Regenerate the thumbnail of {count} model", "Regenerate thumbnails of {count} models", len(self._ids))
        self.head, self.foot = Head(title), Foot()
        self.missing = QRadioButton(tr("Only those without a preview"))
        self.all = QRadioButton(tr("All that are selected"))
        self.other = QRadioButton(tr("Those of another size or format"))
        self.other.setToolTip(tr("Their own pictures, written anew as the settings say"))
        self.missing.setChecked(True)
        self.order = OrderList(source_words(), BulkOptions().order)
        self.summary, self.note = WrapLabel(13, "text"), WrapLabel(12, "faint")
        self.examples = TileView(tr("Examples"), StripDelegate(EXAMPLE_HEIGHT, has_words=True), is_upright=False)
        self.examples.setWrapping(True)
        self.examples.setResizeMode(TileView.ResizeMode.Adjust)
        self.examples.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.examples.setSelectionMode(TileView.SelectionMode.NoSelection)
        self.cancel = self.foot.add(tr("Cancel"))
        self.start = self.foot.add(tr("Make previews"), "primary")
        self.start.setDefault(True)
        self.start.setEnabled(False)
        self._build_layout()

    def _build_layout(self) -> None:
        side = QVBoxLayout()
        side.setContentsMargins(22, 16, 16, 16)
        side.setSpacing(6)
        for widget in (
            set_role(QLabel(tr("Which")), "heading"), self.missing, self.all, self.other,
            set_role(QLabel(tr("Take them from, in this order")), "heading"), self.order,
        ):  # fmt: skip
            side.addWidget(widget)
        side.insertSpacing(4, 14)
        side.addSpacing(6)
        side.addWidget(self.note)
        side.addStretch(1)
        options = QWidget()
        options.setLayout(side)
        options.setFixedWidth(290)
        work = QVBoxLayout()
        work.setContentsMargins(20, 16, 14, 8)
        work.setSpacing(10)
        work.addWidget(self.summary)
        work.addWidget(self.examples, 1)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(options)
        body.addWidget(rule(is_upright=True))
        body.addLayout(work, 1)
        stack(self, self.head, body, self.foot)
        self.head.line.show_text(tr("Every picture that is replaced goes to the history and can be brought back, also tomorrow."))
        self.examples.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _connect(self) -> None:
        previews = self._previews
        previews.planned.connect(self._on_planned)
        previews.plan_progressed.connect(self._on_progress)
        previews.plan_failed.connect(self._on_failed)
        previews.pictures.ready.connect(self._on_picture)
        previews.pictures.refused.connect(self._on_picture_refused)
        for radio in (self.missing, self.all, self.other):
            radio.toggled.connect(self._on_which)
        self.order.changed.connect(self._plan)
        self.cancel.clicked.connect(self.reject)
        self.start.clicked.connect(self._on_start)

    def _on_which(self, is_on: bool) -> None:
        if is_on:
            self.order.setEnabled(not self.other.isChecked())
            self._plan()

    def _plan(self) -> None:
        if self.other.isChecked():
            self._plan_conversion()
            return
        order = self.order.order()
        is_all_drawn = order == (DRAWN,) and self.all.isChecked()
        drawn = tr("Pictures give way to drawn cards.") if is_all_drawn else tr("A drawn card never takes the place of a picture.")
        self.note.show_text(f"{drawn} {tr('Locked ones are left as they are.')}")
        self._planned = None
        self.start.setEnabled(False)
        self.start.setText(tr("Make previews"))
        if not order:
            self._previews.drop_plan()
            self.summary.show_text(tr("Choose at least one source."))
            self.examples.show_tiles([])
            return
        self.foot.say(tr("Looking for pictures…"))
        self._previews.plan(self._ids, BulkOptions(order, self.missing.isChecked(), self._previews.form))

    def _plan_conversion(self) -> None:
        """Pictures that are not as the settings say, from themselves."""
        form = self._previews.form
        words = tr(
            "They become {format} of at most {edge} pixels and {size}, as in Settings → General. Nothing is cut off. "
            "Animated ones and locked ones are left as they are.",
            format="WebP" if form.suffix == WEBP else "PNG", edge=f"{form.edge:,}", size=short_size(form.most_bytes),
        )  # fmt: skip
        self.note.show_text(words)
        self._planned = None
        self.start.setEnabled(False)
        self.start.setText(tr("Make previews"))
        self.foot.say(tr("Looking at the pictures…"))
        self._previews.plan(self._ids, BulkOptions((BESIDE,), False, form, is_conversion=True))

    def _on_progress(self, text: str, done: int, total: int) -> None:
        self.foot.say(tr("{text} {done} of {total}", text=text, done=f"{done:,}", total=f"{total:,}") if total else f"{text}…")

    def _on_failed(self, text: str) -> None:
        self.foot.say(text, "bad")

    def _on_planned(self, planned: Planned) -> None:
        self._planned = planned
        count = len(planned.plan.items)
        self.foot.say("")
        self.summary.show_text(plan_words(planned))
        self.start.setEnabled(count > 0)
        self.start.setText(trn("Make {count} preview", "Make {count} previews", count) if count else tr("Make previews"))
        shown = _examples(planned.plan.items)
        self.examples.show_tiles([Tile((item.id, item.sources[0]), item.name, value=item.id) for item in shown])
        edge = round(EDGE * self.devicePixelRatioF())
        missing = {tile.key for tile in self.examples.tiles.missing()}
        asks = [(item.sources[0], planned.cards[item.id]) for item in shown if (item.id, item.sources[0]) in missing]
        self._previews.pictures.ask(asks, edge)

    def _on_picture(self, source: Source, card: Card, image: QImage) -> None:
        self.examples.tiles.set_image((card.id, source), image)

    def _on_picture_refused(self, source: Source, card: Card, text: str) -> None:
        self.examples.tiles.set_fault((card.id, source), text)

    def _on_start(self) -> None:
        if self._planned is not None:
            self.start_asked.emit(self._planned)
            self.accept()

    def done(self, result: int) -> None:
        """The sheet closes: no plan is wanted any more."""
        self._previews.drop_plan()
        super().done(result)
