"""Pictures that only Qt can make, drawn cards and frames of videos, made in one process beside this one.

Called by the task that makes many previews, in the window and on the command line alike: core knows no Qt, and what hangs or dies over a
video takes nobody along. The process is this program started with `ARGUMENT` (`bridge/painting`). Nothing is written.
"""

import os
from dataclasses import dataclass

from model_manager.core import processes
from model_manager.core.errors import BadPicture
from model_manager.core.library.entry import ModelRecord
from model_manager.core.previews.records import Source
from model_manager.core.words import tr

ARGUMENT = "--paint-previews"

Painted = tuple[bytes, str]  # the picture, else why there is none


@dataclass(frozen=True, slots=True)
class PaintWish:
    """A picture to paint: a source of the sort DRAWN or VIDEO, for this model."""

    record: ModelRecord
    source: Source


class Painter:
    """Paints one picture after the other; its process is started when first needed. Close it."""

    def __init__(self) -> None:
        self._workers: processes.Workers[PaintWish, Painted] | None = None

    def paint(self, record: ModelRecord, source: Source) -> bytes:
        """Return the picture as a file's bytes. Raises BadPicture."""
        if self._workers is None:
            self._workers = processes.Workers(ARGUMENT, is_polite=True, count=1)
        data, fault = next(self._workers.run([PaintWish(record, source)], self._once_more))
        if fault:
            raise BadPicture(fault)
        return data

    def close(self) -> None:
        """End the process."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None

    def _once_more(self, wish: PaintWish) -> Painted:
        """The process died: of this picture, or because somebody ended it."""
        fault = tr("{file} could not be painted.", file=os.path.basename(wish.source.path) or tr("The card"))
        try:
            found = self._workers.alone(wish) if self._workers is not None else None
        except OSError:
            found = None
        return found or (b"", fault)
