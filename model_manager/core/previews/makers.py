"""Makes many previews at once in processes of their own, so that all cores work and the window stays smooth.

Called by bulk. Each process is this program started with `ARGUMENT`; it is told where a picture is and answers with the new file. A
process that dies of a picture does not take the others along: that one is tried once more alone, and then reported.
"""

import gc
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from model_manager.core import processes
from model_manager.core.errors import BadPicture
from model_manager.core.previews.make import make
from model_manager.core.previews.records import Form, Look, Made, Source
from model_manager.core.previews.sources import picture_of
from model_manager.core.words import tr

ARGUMENT = "--make-previews"
AHEAD = 2
WORTH_IT = 3  # previews; a process takes a third of a second to start

Result = tuple[Made | None, Source | None, str]  # the preview, what it was made from, else why there is none


@dataclass(frozen=True, slots=True)
class Wish:
    """A preview to make: of the first of `sources` that will do."""

    sources: tuple[Source, ...]
    look: Look
    form: Form


class Makers:
    """Processes that make previews, started when made; close them. Without any, everything is made here."""

    def __init__(self, is_polite: bool = True, count: int | None = None) -> None:
        """`is_polite`: give way to everything else, as beside a window. Without `count`, as many as there are cores, at most four."""
        self._workers: processes.Workers[Wish, Result] = processes.Workers(ARGUMENT, is_polite, count, AHEAD)
        self._is_alone = count == 0

    def make(self, wishes: Iterable[Wish]) -> Iterator[Result]:
        """Yield the result of each wish, in order; wishes are taken as they are needed, so memory stays flat."""
        return self._workers.run(wishes, fulfil if self._is_alone else self._once_more)

    def close(self) -> None:
        """End the processes; they write nothing."""
        self._workers.close()

    def _once_more(self, wish: Wish) -> Result:
        """Try again what a process died of, not here: it may have taken all memory."""
        try:
            found = self._workers.alone(wish)
        except OSError:  # no process can be started at all
            return fulfil(wish)
        name = os.path.basename(wish.sources[0].path) if wish.sources else ""
        return found or (None, None, tr("{file} could not be read to the end; it takes too much memory.", file=name or tr("The picture")))


def fulfil(wish: Wish) -> Result:
    """Make one preview here; where no source will do, the text says why the first one did not."""
    fault = tr("There is no picture to take.")
    for number, source in enumerate(wish.sources):
        try:
            return make(picture_of(source), wish.look, wish.form), source, ""
        except BadPicture as bad:
            fault = fault if number else bad.text
    return None, None, fault


def serve(nice: int) -> int:
    """Be a process that makes previews; returns the exit code."""
    gc.set_threshold(50_000)
    return processes.serve(fulfil, nice)
