"""A new preview for many models: first a plan that can be shown, then the work, one fault never stopping the rest.

Plans are made by bridge, runs are the work of a stored task (`tasks/previewing`). What only Qt can paint (drawn cards, video frames) and
what is on a site comes from the caller as bytes.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from model_manager.core.errors import BadPicture, FileFault
from model_manager.core.library.entry import ModelRecord
from model_manager.core.paths import long_path
from model_manager.core.previews.beside import PREVIEW
from model_manager.core.previews.history import History
from model_manager.core.previews.makers import Makers, Wish
from model_manager.core.previews.reading import Opened
from model_manager.core.previews.records import (
    BESIDE,
    CIVITAI,
    DRAWN,
    EMBEDDED,
    FIT,
    OUTPUT,
    PAINTED,
    VIDEO,
    BulkItem,
    BulkOptions,
    BulkPlan,
    Ended,
    Form,
    Look,
    Made,
    Output,
    Report,
    Source,
)
from model_manager.core.previews.regenerate import apply, require_model
from model_manager.core.previews.sources import sources_for
from model_manager.core.previews.state import read_state
from model_manager.core.sidecars.suffixes import INFO, stem_of
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

MOST_OF_A_SORT = 2  # sources that are tried; the first nearly always does
_STILL = ("still", "animated")
_COUNTED = {
    BESIDE: ("{count} from a picture beside the model", "{count} from pictures beside the models"),
    EMBEDDED: ("{count} from the cover inside the file", "{count} from the covers inside the files"),
    OUTPUT: ("{count} from your outputs", "{count} from your outputs"),
    VIDEO: ("{count} from a video", "{count} from videos"),
    CIVITAI: ("{count} from Civitai", "{count} from Civitai"),
    DRAWN: ("{count} drawn", "{count} drawn"),
}

Paint = Callable[[BulkItem, Source], bytes]
OutputsOf = Callable[[ModelRecord], Sequence[Output]]
OnlineOf = Callable[[ModelRecord], Sequence[Source]]


def plan(
    records: Iterable[ModelRecord], outputs_of: OutputsOf, options: BulkOptions, work: Work, online_of: OnlineOf | None = None
) -> BulkPlan:
    """Return what would be done to the models; nothing is opened but sidecars. Raises Cancelled.

    online_of: the pictures a site has of a model, by what its sidecars tell; they are fetched by `paint` when the plan is run.
    """
    items: list[BulkItem] = []
    locked = kept = bare = 0
    taken: set[str] = set()
    for number, record in enumerate(records):
        work.check()
        work.progress(tr("Looking for pictures"), number)
        has_still = any(preview.sort in _STILL for preview in record.previews)
        stem = stem_of(record.path)
        is_fine = not is_other_form(record, options.form) if options.is_conversion else has_still and options.only_missing
        if stem in taken or is_fine:  # models with one stem share their picture
            kept += 1
            continue
        state = read_state(record.path) if any(name.lower().endswith(INFO) for name in record.sidecars) else None
        if state is not None and state.is_locked:
            locked += 1
            continue
        sources = _present(record) if options.is_conversion else _sources(record, outputs_of, options, has_still, online_of)
        if sources:
            taken.add(stem)
            look = Look(FIT) if options.is_conversion else (state and state.look) or Look()
            items.append(BulkItem(record.id, record.path, record.name, sources, look))
        else:
            bare += 1
    found = Counter(item.sources[0].sort for item in items)
    return BulkPlan(tuple(items), options, {sort: found[sort] for sort in options.order if found[sort]}, locked, kept, bare)


def _present(record: ModelRecord) -> tuple[Source, ...]:
    """The picture that is shown of a model, if it is a still one beside it: of an animated one only a frame would be left."""
    first = record.previews[0] if record.previews else None
    return (Source(BESIDE, first.path),) if first is not None and first.sort == "still" else ()


def is_other_form(record: ModelRecord, form: Form) -> bool:
    """Whether the picture of a model is of another format than `form` says, or larger in pixels or bytes. It is opened, not decoded."""
    for source in _present(record):
        try:
            is_large = os.path.getsize(long_path(source.path)) > form.most_bytes
        except OSError:
            return True  # the run says what is wrong with it
        if is_large or not source.path.lower().endswith(form.suffix.removeprefix(PREVIEW)):
            return True
        try:
            with Opened(source.path) as opened:
                return max(opened.width, opened.height) > form.edge
        except BadPicture:
            return True
    return False


def _sources(
    record: ModelRecord, outputs_of: OutputsOf, options: BulkOptions, has_still: bool, online_of: OnlineOf | None
) -> tuple[Source, ...]:
    outputs = outputs_of(record) if OUTPUT in options.order or VIDEO in options.order else ()
    online = online_of(record) if online_of is not None and CIVITAI in options.order else ()
    by_sort = sources_for(record, outputs, online)
    order = [sort for sort in options.order if sort != DRAWN or not has_still or options.order == (DRAWN,)]
    return tuple(source for sort in order for source in by_sort[sort][:MOST_OF_A_SORT])


def plan_text(plan: BulkPlan) -> str:
    """Return the plan in a few plain sentences."""
    total = len(plan.items)
    if plan.options.is_conversion:
        return _conversion_text(plan)
    sentences = [tr("No new preview would be made.")]
    if total:
        sentences = [trn("{count} model: {parts}.", "{count} models: {parts}.", total, parts=_parts(plan.counts))]
    if plan.locked:
        sentences.append(trn("{count} locked one is left out.", "{count} locked ones are left out.", plan.locked))
    if plan.kept:
        sentences.append(trn("{count} has a preview already.", "{count} have a preview already.", plan.kept))
    if plan.bare:
        sentences.append(trn("For {count} there is no picture.", "For {count} there is no picture.", plan.bare))
    return " ".join(sentences)


def _conversion_text(plan: BulkPlan) -> str:
    total = len(plan.items)
    sentences = [trn("{count} picture would be written anew.", "{count} pictures would be written anew.", total)]
    if plan.kept:
        sentences.append(trn("{count} model has no such picture.", "{count} models have no such picture.", plan.kept))
    if plan.locked:
        sentences.append(trn("{count} locked one is left out.", "{count} locked ones are left out.", plan.locked))
    return " ".join(sentences)


def report_text(report: Report) -> str:
    """Return what became of a plan in a few plain sentences."""
    total = sum(report.counts.values())
    sentences = [tr("No new preview was made.")]
    if total:
        parts = _parts(report.counts)
        sentences = [trn("{count} new preview: {parts}.", "{count} new previews: {parts}.", total, parts=parts)]
    if report.faults:
        count = len(report.faults)
        sentences.append(trn("{count} could not be made.", "{count} could not be made.", count))
    if report.kept:
        sentences.append(trn("{count} was locked or had a picture by then.", "{count} were locked or had a picture by then.", report.kept))
    if report.undone:
        sentences.append(trn("{count} was taken back.", "{count} were taken back.", report.undone))
    if report.left:
        sentences.append(trn("Stopped before the end: {count} is left.", "Stopped before the end: {count} are left.", report.left))
    return " ".join(sentences)


def _parts(counts: Mapping[str, int]) -> str:
    return ", ".join(trn(*_COUNTED.get(sort, _COUNTED[BESIDE]), count) for sort, count in counts.items())


def run(
    items: Sequence[BulkItem],
    form: Form,
    history: History,
    makers: Makers,
    paint: Paint,
    work: Work,
    ended: Callable[[Ended], None],
    mark_of: Callable[[BulkItem], str] = lambda item: "",
) -> None:
    """Make and write a preview for each model; `ended` hears of each, once. Raises Cancelled between two; what is done stays.

    `paint` gives the bytes of a drawn card, a video frame or a picture of a site (raises BadPicture). mark_of: by what the history is to
    know the change again (see `History.begin`). All of it runs in this thread, but for the pictures.
    """
    _Run(form, history, paint, work, ended, mark_of).through(items, makers)


class _Run:
    """One bulk run under way."""

    def __init__(
        self, form: Form, history: History, paint: Paint, work: Work, ended: Callable[[Ended], None], mark_of: Callable[[BulkItem], str]
    ) -> None:
        self._form, self._history, self._paint, self._work = form, history, paint, work
        self._ended, self._mark_of = ended, mark_of
        self._reasons: dict[int, str] = {}

    def through(self, items: Sequence[BulkItem], makers: Makers) -> None:
        """Do all items; those whose first sources will not do have their turn again with the next ones. Raises Cancelled."""
        pending = [(item, _attempts(item.sources)) for item in items]
        while pending:
            again = []
            results = makers.make(self._wish(item, attempts[0]) for item, attempts in pending)
            for (item, attempts), (made, source, fault) in zip(pending, results, strict=True):
                self._work.check()
                if made is not None and source is not None:
                    self._write(item, source, made)
                    continue
                self._reasons.setdefault(item.id, fault)
                if len(attempts) > 1:
                    again.append((item, attempts[1:]))
                else:
                    self._ended(Ended(item, fault=self._reasons[item.id]))
            pending = again

    def _wish(self, item: BulkItem, sources: tuple[Source, ...]) -> Wish:
        self._work.check()
        if sources[0].sort in PAINTED and not sources[0].data:
            try:
                sources = (replace(sources[0], data=self._paint(item, sources[0])),)
            except BadPicture as fault:
                self._reasons.setdefault(item.id, fault.text)
                sources = ()
        return Wish(sources, item.look, self._form)

    def _write(self, item: BulkItem, source: Source, made: Made) -> None:
        try:
            require_model(item.path)
            applied = apply(item.path, made, self._history, self._mark_of(item))
        except FileFault as fault:
            self._ended(Ended(item, fault=fault.text))
            return
        self._ended(Ended(item, source.sort, applied, warnings=(*made.notes, *applied.warnings)))


def _attempts(sources: tuple[Source, ...]) -> list[tuple[Source, ...]]:
    """Return the sources in turns: those that can be tried one after the other in a process, and each that must be painted first."""
    turns: list[tuple[Source, ...]] = []
    for source in sources:
        if turns and source.sort not in PAINTED and turns[-1][-1].sort not in PAINTED:
            turns[-1] = (*turns[-1], source)
        else:
            turns.append((source,))
    return turns
