"""Where a new preview of a model can come from, in one fixed order, and the picture behind each.

Called by the dialog's jobs and by bulk. It looks at names beside the model and opens a file only when its picture is asked for.
"""

import os
import time
from collections.abc import Sequence

from model_manager.core.errors import BadPicture, FileFault
from model_manager.core.formats.tree import embedded_covers
from model_manager.core.library.entry import ModelRecord
from model_manager.core.previews.beside import Beside, look_beside
from model_manager.core.previews.records import (
    BESIDE,
    CIVITAI,
    DRAWN,
    EMBEDDED,
    FILE,
    OUTPUT,
    PAINTED,
    SORTS,
    VIDEO,
    Output,
    Source,
    SourceGroup,
)
from model_manager.core.words import tr, trn

_TITLES = {
    FILE: "Choose a file…",
    BESIDE: "Beside the model",
    EMBEDDED: "Inside the file",
    OUTPUT: "Best from your outputs",
    VIDEO: "Video frame",
    CIVITAI: "From Civitai",
    DRAWN: "Draw a card",
}


def groups_for(
    record: ModelRecord, outputs: Sequence[Output] = (), chosen: Sequence[Source] = (), online: Sequence[Source] = ()
) -> list[SourceGroup]:
    """Return the groups that have something, in the order of SORTS; what is to be chosen and the drawn card are always there.

    outputs: pictures and videos that used the model, best first. chosen: what was chosen, dropped or pasted so far. online: what a site
    has of it, best first; nothing while offline or when it is not known there.
    """
    found = sources_for(record, outputs, online)
    found[FILE] = tuple(chosen)
    shown = [sort for sort in SORTS if found[sort] or sort in (FILE, DRAWN)]
    return [SourceGroup(sort, tr(_TITLES[sort]), _note(sort, found[sort]), found[sort]) for sort in shown]


def sources_for(record: ModelRecord, outputs: Sequence[Output] = (), online: Sequence[Source] = ()) -> dict[str, tuple[Source, ...]]:
    """Return the sources of a model by sort, each sort best first."""
    beside = _beside(record.path)
    covers = sum(preview.sort == "embedded" for preview in record.previews)
    stills = [Source(OUTPUT, one.path, note=_day(one)) for one in outputs if not one.is_video]
    moving = [Source(VIDEO, one.path, note=os.path.basename(one.path)) for one in outputs if one.is_video]
    return {
        FILE: (),
        BESIDE: tuple(Source(BESIDE, os.path.join(beside.folder, name), note=name) for name in beside.stills),
        EMBEDDED: tuple(Source(EMBEDDED, record.path, number, tr("cover {number}", number=number + 1)) for number in range(covers)),
        OUTPUT: tuple(stills),
        VIDEO: (*(Source(VIDEO, os.path.join(beside.folder, name), note=name) for name in beside.videos), *moving),
        CIVITAI: tuple(online),
        DRAWN: (Source(DRAWN, note=tr("name and base model")),),
    }


def picture_of(source: Source) -> str | bytes:
    """Return what `make` takes: a path or a file's bytes. Raises BadPicture, also for one of PAINTED that does not bring its `data`."""
    if source.data:
        return source.data
    if source.sort == EMBEDDED:
        try:
            covers = embedded_covers(source.path)
        except FileFault as fault:
            raise BadPicture(fault.text) from fault
        if source.number >= len(covers):
            raise BadPicture(tr("The picture inside {file} cannot be read.", file=os.path.basename(source.path)))
        return covers[source.number]
    if source.sort in PAINTED or not source.path:
        raise BadPicture(tr("There is no picture to take."))
    return source.path


def _beside(model_path: str) -> Beside:
    try:
        return look_beside(model_path)
    except FileFault:  # writing will say so
        return Beside(os.path.dirname(model_path), "")


def _day(output: Output) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(output.time)) if output.time > 0 else ""


def _note(sort: str, sources: Sequence[Source]) -> str:
    count = len(sources)
    if sort == FILE:
        return trn("{count} picture", "{count} pictures", count) if sources else tr("or drop, or paste")
    if sort == OUTPUT:
        return trn("{count} picture used this model", "{count} pictures used this model", count)
    if sort == EMBEDDED:
        return trn("{count} cover", "{count} covers", count)
    if sort == DRAWN:
        return tr("name and base model")
    if sort == CIVITAI:
        return trn("{count} picture", "{count} pictures", count)
    return sources[0].note if count == 1 else trn("{count} file", "{count} files", count)
