"""Brings one file from an address into its partial, whatever happens on the way, and proves that it is the promised one.

Called by tasks/downloads (one call for each file). It never gives the file its final name, and what it raises leaves the partial such
that the next call goes on from there.
"""

import random
import time
from typing import Final

from model_manager.core.errors import BadDownload, FileFault, FolderFault, ModelManagerError, NetworkFault
from model_manager.core.online.filling import SEGMENTS, Filling, Hands, Source, Wanted
from model_manager.core.online.partials import Partial
from model_manager.core.online.reading import read
from model_manager.core.online.streams import Helpers
from model_manager.core.online.web import Web
from model_manager.core.words import tr

MOST_IDLE: Final = 5  # connections in a row that bring nothing
_NAP: Final = 0.2
_POLL: Final = 0.05


def fill(web: Web, wanted: Wanted, partial: Partial, hands: Hands) -> str:
    """Fill the partial and return the hash of it (`wanted.algorithm`, hex), which is then the promised one if one was promised.

    Raises Cancelled; NetworkFault when it may go on later; Refused, NoRoom, FolderFault; BadDownload (html, wrong_size, wrong_hash), after
    which nothing of the file is kept. A wrong hash is believed only when it comes twice.
    """
    for _ in range(3 if partial.is_adopted else 2):
        partial.make()
        digest = _attempt(web, wanted, partial, hands)
        if digest.startswith(wanted.expected):
            return digest
        partial.discard()
    text = tr("What came is not the file that the site promised: its hash is another. It was loaded twice, and nothing of it was kept.")
    raise BadDownload(text, "wrong_hash")


def _attempt(web: Web, wanted: Wanted, partial: Partial, hands: Hands) -> str:
    try:
        return _Transfer(web, wanted, partial, hands).run()
    except ModelManagerError as fault:
        is_useless = isinstance(fault, BadDownload) and fault.code != "html"
        if is_useless or not partial.count:
            partial.discard()
        raise


class _Transfer:
    """One attempt: connections one after the other, and helpers beside them where one is slow."""

    def __init__(self, web: Web, wanted: Wanted, partial: Partial, hands: Hands) -> None:
        self._filling = Filling(Source(web, wanted.url), wanted, partial, hands)
        self._hands, self._partial = hands, partial
        self._helpers = Helpers()
        self._fault: ModelManagerError | None = None
        self._filling.stop_helpers = self._end_helpers

    def run(self) -> str:
        """Return the hash of the whole file."""
        try:
            self._fetch()
            self._hands.told(self._partial.count, self._filling.total)
            return self._filling.follower.digest(self._partial.count, self._hands.work, self._hands.verifying)
        finally:
            self._filling.is_halted = True
            self._end_helpers()
            self._filling.follower.close()
            self._filling.flusher.close()
            if self._partial.is_spread:
                self._partial.save()

    def _end_helpers(self) -> None:
        while not self._helpers.wait(_POLL):
            pass

    def _fetch(self) -> None:
        """Connect until all is here; what counts as failure is a connection that brings nothing."""
        idle, best = 0, self._partial.count
        while not self._filling.is_whole:
            restarts = self._filling.restarts
            fault = self._connect()
            count = self._partial.count
            if restarts != self._filling.restarts:
                best = 0
            if fault is not None and not self._helpers.wait(0):
                self._nap(1)
            elif count > best or fault is None:
                idle = 0
            else:
                idle += 1
                if idle >= MOST_IDLE or fault.after or fault.code == "busy":
                    raise fault
                self._nap(idle)
            best = max(count, best)

    def _connect(self) -> NetworkFault | None:
        """Read the next part that nobody else reads, or wait for the others; returns what cut it off."""
        self._hands.work.check()
        if isinstance(self._fault, FileFault | FolderFault):
            raise self._fault
        claim = self._filling.take()
        if claim is None:
            self._helpers.wait(_POLL)
            self._hands.told(self._partial.count, self._filling.total)
            return None
        before = self._partial.count
        try:
            read(self._filling, claim, self._call_helpers)
        except NetworkFault as fault:
            return fault
        finally:
            self._filling.release(claim)
        is_idle = self._partial.count <= before and not self._filling.is_whole
        return NetworkFault(tr("The server sent nothing new."), "dropped") if is_idle else None

    def _nap(self, idle: int) -> None:
        until = time.monotonic() + _NAP * 2**idle * random.uniform(0.5, 1.0)
        while (left := until - time.monotonic()) > 0:
            self._hands.work.check()
            time.sleep(min(_POLL, left))

    def _call_helpers(self) -> None:
        """Let more connections read the segments behind the first."""
        if self._filling.is_single or not self._helpers.wait(0) or not self._filling.has_unclaimed():
            return
        if not self._partial.is_spread:
            self._partial.spread()
        for _ in range(SEGMENTS - 1):
            self._helpers.start(self._help)

    def _help(self) -> None:
        """Read segments until none is left; the first trouble ends it, and the main reader goes on alone."""
        try:
            while not self._filling.is_halted and not self._filling.is_single and (claim := self._filling.take()) is not None:
                try:
                    self._help_with(claim)
                finally:
                    self._filling.release(claim)
        except ModelManagerError as fault:
            self._fault = fault

    def _help_with(self, claim: tuple[int, int]) -> None:
        before = self._partial.count
        try:
            read(self._filling, claim, None)
        except NetworkFault as fault:
            if fault.code == "busy" or self._partial.count == before:
                self._filling.is_single = True
