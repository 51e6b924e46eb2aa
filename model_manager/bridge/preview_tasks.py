"""The plain functions behind "Regenerate thumbnail": what there is to choose from, pictures of it, and plans for many models.

Run by `choosing` and `previews` in workers; nothing here knows the window, and `preview_writing` writes. Only drawn cards and video frames
are made here, all else is core's.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage

from model_manager.bridge import pictures, video
from model_manager.bridge.card_art import card_of, file_card
from model_manager.bridge.library_model import Card
from model_manager.bridge.preview_web import Asker, Known, known_of
from model_manager.core.comfyui.usage import Usage, output_folders
from model_manager.core.errors import BadPicture
from model_manager.core.formats.tree import embedded_covers
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.index import Index
from model_manager.core.library.records import read_record
from model_manager.core.paths import replace_file
from model_manager.core.previews import bulk
from model_manager.core.previews.effect import effect_of
from model_manager.core.previews.history import History
from model_manager.core.previews.make import make
from model_manager.core.previews.records import (
    BESIDE,
    CIVITAI,
    DRAWN,
    EMBEDDED,
    FILE,
    OUTPUT,
    VIDEO,
    BulkOptions,
    BulkPlan,
    Earlier,
    Effect,
    Form,
    Look,
    Made,
    Output,
    PreviewState,
    Report,
    Source,
    SourceGroup,
)
from model_manager.core.previews.sources import groups_for, picture_of
from model_manager.core.previews.state import read_state
from model_manager.core.sidecars.suffixes import INFO, stem_of
from model_manager.core.tasks import previewing
from model_manager.core.tasks.lists import NewTask
from model_manager.core.tasks.preview_runs import Runs
from model_manager.core.words import tr
from model_manager.core.work import Work


@dataclass(frozen=True, slots=True)
class Choices:
    """What the dialog of one model shows. now: the picture it has, None for none; card: what a drawn card shows.

    effect: what a new preview would do to the files. known: by what Civitai can be asked for its pictures, None when it cannot.
    """

    record: ModelRecord
    card: Card
    groups: tuple[SourceGroup, ...]
    now: Source | None
    state: PreviewState
    earlier: tuple[Earlier, ...]
    effect: Effect
    known: Known | None = None

    @property
    def info(self) -> str:
        """The name of the file that remembers how the picture is put on the card."""
        return stem_of(os.path.basename(self.record.path)) + INFO


@dataclass(frozen=True, slots=True)
class Planned:
    """A bulk plan, and the cards of its models by id."""

    plan: BulkPlan
    cards: dict[int, Card]


class Reported(NamedTuple):
    """The report of a run, and the real folders in which it wrote."""

    report: Report
    folders: set[str]


# one model


def choices(
    index: Path, data: Path, history: History, id_: int, suffix: str, chosen: Sequence[Source], online: Sequence[Source] = ()
) -> Choices | None:
    """All there is to choose from, with outputs as far as they are known; None when the model is gone. suffix: of the new preview.

    online: what Civitai has of it. Before it was asked its group is there, too, when it can be asked, with nothing in it.
    """
    with Index(index) as opened:
        record = read_record(opened, id_)
    if record is None:
        return None
    known, groups = known_of(record, data), tuple(groups_for(record, _outputs(data, record), chosen, online))
    if known is not None and not online:
        groups = (*groups, SourceGroup(CIVITAI, tr("From Civitai"), tr("Look at Civitai"), ()))
    earlier = tuple(history.earlier(record.path))
    state, effect = read_state(record.path), effect_of(record.path, suffix)
    return Choices(record, card_of(record), groups, _present(record, groups), state, earlier, effect, known)


def outputs_looked_through(data: Path, installs: Sequence[str], work: Work) -> int:
    """Look for new pictures in the output folders; returns how many were opened."""
    usage = Usage(data)
    try:
        return usage.refresh(output_folders(installs), work)
    finally:
        usage.close()


def _outputs(data: Path, record: ModelRecord) -> list[Output]:
    usage = Usage(data)
    try:
        return usage.outputs_of(record)
    finally:
        usage.close()


def _present(record: ModelRecord, groups: Sequence[SourceGroup]) -> Source | None:
    """The picture that is shown of a model, as the disk is now: the index may not have heard of a change yet."""
    by_sort = {group.sort: group.sources for group in groups}
    folder = os.path.realpath(os.path.dirname(record.path))
    videos = [source for source in by_sort.get(VIDEO, ()) if os.path.realpath(os.path.dirname(source.path)) == folder]
    return next(iter((*by_sort.get(BESIDE, ()), *videos, *by_sort.get(EMBEDDED, ()))), None)


def chosen_file(path: str) -> Source:
    """A file that was chosen or dropped."""
    name = Path(path).name
    return Source(VIDEO if path.lower().endswith(pictures.VIDEO_ENDINGS) else FILE, path, note=name)


def pasted(image: QImage) -> Source:
    """A picture from the clipboard. Raises BadPicture."""
    if image.isNull():
        raise BadPicture(tr("There is no picture on the clipboard."))
    return Source(FILE, note=tr("pasted"), data=_png(image))


def image_of(source: Source, card: Card, edge: int) -> QImage:
    """The picture of a source, decoded to cover `edge` pixels. Raises BadPicture."""
    if source.data:
        return pictures.decode_bytes(source.data, edge)
    if source.sort == DRAWN:
        return pictures.shrunk(file_card(card), edge)
    if source.sort != EMBEDDED:
        return pictures.decode(source.path, edge)
    covers = embedded_covers(source.path)
    if source.number >= len(covers):
        raise BadPicture(tr("The picture inside {path} is gone.", path=source.path))
    return pictures.decode_bytes(covers[source.number], edge)


def made(source: Source, card: Card, look: Look, form: Form) -> Made:
    """The file that would be written. Raises BadPicture."""
    return make(picture_of(painted(source, card)), look, form)


def painted(source: Source, card: Card) -> Source:
    """The source with its bytes, where core cannot make them; what Civitai has is fetched by others."""
    if source.data or source.sort not in (DRAWN, VIDEO):
        return source
    return replace(source, data=_png(file_card(card) if source.sort == DRAWN else video.poster(source.path)))


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", 90)  # type: ignore[call-overload]  # 90: fast, hardly larger
    return bytes(buffer.data().data())


# many


def planned(
    index: Path, data: Path, installs: Sequence[str], ids: Sequence[int], options: BulkOptions, asker: Asker, level: int, work: Work
) -> Planned:
    """Look what could be done for these models; writes nothing. level: what pictures of Civitai may show.

    Civitai is asked only when it is one of the sources. Raises Cancelled, OnlineFault.
    """
    cards: dict[int, Card] = {}
    usage = Usage(data)
    try:
        if OUTPUT in options.order:
            usage.refresh(output_folders(installs), work)
        with Index(index) as opened:
            records: Iterable[ModelRecord] = _records(opened, ids, cards, work)
            online_of = None
            if CIVITAI in options.order:
                records = list(records)
                online_of = asker.ask(records, level, work)
            return Planned(bulk.plan(records, usage.outputs_of, options, work, online_of), cards)
    finally:
        usage.close()


def _records(index: Index, ids: Sequence[int], cards: dict[int, Card], work: Work) -> Iterator[ModelRecord]:
    for done, id_ in enumerate(ids):
        work.check()
        work.progress(tr("Looking for pictures"), done, len(ids))
        record = read_record(index, id_)
        if record is not None:
            cards[id_] = card_of(record)
            yield record


def stored(data: Path, planned: Planned) -> NewTask:
    """Store a plan; returns the task to ask the engine for. Raises IndexFault."""
    return previewing.new_run(data, planned.plan)


def reported(data: Path, run: str) -> Reported:
    """What a run did so far, and the folders it wrote into. Raises IndexFault."""
    with Runs(data) as runs:
        folders = {os.path.realpath(os.path.dirname(one.path)) for one in runs.written(run)}
        return Reported(runs.report(run), folders)


def save_text(path: str, text: str) -> str:
    """Write a report where the person wants it; returns the path. Raises FileFault."""
    replace_file(Path(path), text.encode("utf-8"))
    return path
