"""One connection of a transfer: asks for a part of the file, looks whether the answer is that part, and pours it into the partial.

Called by transfer, for segments in several threads at once. A byte is kept only when it is known where it belongs; what is here
already and comes again is compared, so a server that sends everything each time costs time but never what was reached.
"""

import os
import time
from collections.abc import Callable
from typing import Final

from model_manager.core.errors import NetworkFault
from model_manager.core.online.answers import Answer
from model_manager.core.online.bodies import SNIFFED, Body, body_of, is_page, is_strong, total_of_416
from model_manager.core.online.filling import OVERLAP, Filling
from model_manager.core.online.partials import Range
from model_manager.core.online.throttle import LARGEST
from model_manager.core.words import tr

PROBE_SECONDS: Final = 2.0
WORTH_ASKING: Final = 8 << 20  # bytes here that are worth another request; a refused answer costs what is under way already
FAST: Final = 40_000_000  # bytes a second; one connection that brings this much needs no helpers


def read(filling: Filling, claim: Range, call_helpers: Callable[[], None] | None) -> None:
    """Read what is claimed over one connection. `call_helpers` is given to the main reader alone, called when one line is slow.

    Returns when the part is here. Raises NetworkFault when it is not, with all bytes that came kept.
    """
    ask, headers = _question(filling, claim)
    with filling.source.open(headers, filling.hands.work) as answer:
        if answer.status == 416:
            _beyond(filling, answer, call_helpers is not None)
            return
        body = body_of(answer.status, answer.headers)
        buffer = memoryview(bytearray(LARGEST))
        count = _first(answer, buffer)
        if is_page(bytes(buffer[:count]), answer.headers, filling.wanted.name):
            raise filling.count_page()
        _judge(filling, body, ask, call_helpers is not None)
        handle = filling.partial.open(body.start)
        try:
            _Pouring(filling, answer, body, claim[1], call_helpers).pour(handle, buffer, count)
        finally:
            os.close(handle)


def _question(filling: Filling, claim: Range) -> tuple[int, dict[str, str]]:
    """Return where the answer shall begin, and the headers that ask for it."""
    start, stop = claim
    partial = filling.partial
    strong = is_strong(partial.etag)
    if start and not strong:
        start = max(0, start - OVERLAP) if not partial.is_spread else start
    if filling.asks_whole or not (start or stop):
        filling.asks_whole = False
        return 0, {}
    last = "" if not stop or stop == filling.total else str(stop - 1)
    headers = {"Range": f"bytes={start}-{last}"} if start or last else {}
    if headers and strong and partial.count and not filling.asks_plainly:
        headers["If-Range"] = partial.etag
    return start, headers


def _first(answer: Answer, buffer: memoryview) -> int:
    """Read as many bytes as are needed to see what they are; fewer only if there are no more."""
    count = 0
    while count < SNIFFED and (more := answer.readinto(buffer[count:SNIFFED])):
        count += more
    return count


def _beyond(filling: Filling, answer: Answer, is_main: bool) -> None:
    """The server has nothing there: the partial is whole, or it is not of this file."""
    total, here = total_of_416(answer.headers), filling.partial.count
    if filling.partial.is_spread or (total and total != here):
        if is_main:
            filling.restart()
        raise NetworkFault(tr("What was here does not belong to the file on the server."), "dropped")
    if not filling.wanted.is_near(here) and not filling.wanted.expected:
        raise filling.wrong_size(here)
    if filling.wanted.is_size_exact and here != filling.wanted.size:
        raise filling.wrong_size(here)
    filling.is_ended = True


def _judge(filling: Filling, body: Body, ask: int, is_main: bool) -> None:
    """Let pass what can be used as it is. Raises NetworkFault after having noted what is to be asked otherwise next time."""
    filling.check_size(body)
    if body.is_whole:
        _judge_whole(filling, body, ask, is_main)
    else:
        if body.start != ask or not filling.may_be_total(body):
            raise filling.count_bad_range()
        if filling.is_other(body):
            if is_main:
                filling.restart()
            raise NetworkFault(tr("The file changed on the server."), "dropped")
    if not filling.partial.count or not filling.partial.total:
        filling.learn(body)
    filling.look()


def _judge_whole(filling: Filling, body: Body, ask: int, is_main: bool) -> None:
    """All of the file comes though a part was asked for: once more without a condition, else it is taken from the beginning."""
    is_other = filling.is_other(body)
    if not is_main or (ask > WORTH_ASKING and not is_other and not filling.asks_plainly):
        filling.asks_plainly = True
        raise NetworkFault(tr("The server sent the whole file instead of its rest."), "server")
    if filling.partial.is_spread:
        filling.cut(filling.partial.prefix)
    if is_other:
        filling.restart()
    if body.total and body.total != filling.partial.total:
        filling.learn(body)


class _Pouring:
    """The bytes of one answer on their way into the partial."""

    def __init__(self, filling: Filling, answer: Answer, body: Body, stop: int, call_helpers: Callable[[], None] | None) -> None:
        self._filling, self._answer, self._body, self._call = filling, answer, body, call_helpers
        self._is_helper = call_helpers is None
        total = filling.total
        self._stop = stop if stop and not body.is_whole else total
        self._begun, self._start = time.monotonic(), body.start

    def pour(self, handle: int, buffer: memoryview, count: int) -> None:
        """Write the first `count` bytes of the buffer, then all that follow. Raises NetworkFault if it ends before the part is here."""
        filling, place = self._filling, self._body.start
        work, throttle, readinto = filling.hands.work, filling.hands.throttle, self._answer.readinto
        while True:
            if self._stop:
                count = min(count, self._stop - place)
            if count:
                self._keep(handle, place, buffer[:count])
                buffer = filling.follower.hand_over(place, buffer, count)
                place += count
                throttle.take(count, work)
            work.check()
            if self._stop and place >= self._stop:
                return
            if self._call is not None:
                self._look_at_speed(place)
            elif self._is_helper and filling.is_halted:
                return
            count = readinto(buffer[: throttle.step()])
            if not count:
                self._end(place)
                return

    def _keep(self, handle: int, place: int, data: memoryview) -> None:
        """Compare what is here already, write what is not."""
        filling = self._filling
        known = 0 if filling.partial.is_spread else min(len(data), max(0, filling.partial.prefix - place))
        if known and (same := filling.partial.is_same(handle, place, data[:known])) < known:
            if not self._body.is_whole:
                filling.restart()
                raise NetworkFault(tr("The file changed on the server."), "dropped")
            filling.cut(place + same)
            known = same
        if known < len(data):
            filling.put(handle, place + known, data[known:])

    def _end(self, place: int) -> None:
        """The server has sent all it wanted to; decide whether that was all."""
        filling, total = self._filling, self._filling.total
        is_short = place < max(total, self._body.end) or (not total and not filling.wanted.is_near(place))
        if is_short:
            raise NetworkFault(tr("The connection was cut."), "dropped")
        filling.is_ended = not filling.partial.is_spread

    def _look_at_speed(self, place: int) -> None:
        """After a while let helpers come if this line alone is slow."""
        seconds = time.monotonic() - self._begun
        if seconds >= PROBE_SECONDS and self._call is not None:
            if (place - self._start) / seconds < FAST and is_strong(self._filling.partial.etag) and not self._body.is_whole:
                self._call()
            self._call = None
