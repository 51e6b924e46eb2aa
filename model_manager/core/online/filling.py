"""What all readers of one transfer share: the file that is wanted, its partial, the address, the hash that follows, and what was learned.

Used by reading and transfer. Reading a part of a file may fail in many ways; what they mean for the whole is kept and decided here.
"""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.errors import BadDownload, NetworkFault, Refused
from model_manager.core.online.answers import Answer
from model_manager.core.online.bodies import Body, is_strong
from model_manager.core.online.partials import Partial, Range
from model_manager.core.online.streams import BLAKE3, GIT_SHA1, SHA256, TURNS, Flusher, Follower
from model_manager.core.online.throttle import Throttle
from model_manager.core.online.web import Web
from model_manager.core.words import tr
from model_manager.core.work import Work

SPLIT_FROM: Final = 64 << 20  # bytes; smaller files are through before a second connection is worth its handshake
SEGMENTS: Final = 4
OVERLAP: Final = 64 << 10  # bytes read again and compared where no strong ETag says that it is the same file
_LOOK_EVERY: Final = 64 << 20  # bytes between two looks at the room on the drive
_TELL_EVERY: Final = 0.1
_MOST_RESTARTS: Final = 4
_BAD_RANGES: Final = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file as the site promised it. size in bytes, 0 unknown; hashes as in RemoteFile. url: before redirects."""

    url: str
    name: str
    size: int = 0
    is_size_exact: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        """Which hash is computed."""
        if self.hashes.get(SHA256) or self.hashes.get("autov2"):
            return SHA256
        if self.hashes.get(BLAKE3):
            return BLAKE3
        return GIT_SHA1 if self.hashes.get(GIT_SHA1) and self.is_size_exact else SHA256

    @property
    def expected(self) -> str:
        """What the hash must begin with; "" when the site gives none."""
        return (self.hashes.get(self.algorithm) or (self.hashes.get("autov2", "") if self.algorithm == SHA256 else "")).lower()

    def is_near(self, size: int) -> bool:
        """Whether a size fits the promised one; sites round to KiB."""
        return not self.size or (size == self.size if self.is_size_exact else abs(size - self.size) <= max(1024, self.size // 1000))


@dataclass(frozen=True, slots=True)
class Hands:
    """What a transfer needs from whoever ordered it.

    told(bytes here, bytes in all or 0). room(bytes still to come) raises NoRoom. verifying(bytes hashed) once all bytes are here.
    """

    work: Work
    throttle: Throttle
    told: Callable[[int, int], None]
    room: Callable[[int], None]
    verifying: Callable[[int], None]


class Source:
    """The address of the file. Storage behind a signed link is asked directly until the link expires; then the site is asked again."""

    def __init__(self, web: Web, url: str) -> None:
        self._web, self._url, self._signed = web, url, ""

    def open(self, headers: Mapping[str, str], work: Work) -> Answer:
        """Open a connection; raises NetworkFault or Refused as the site does, never for a link that merely expired."""
        signed = self._signed
        if signed:
            try:
                return self._web.open(signed, headers, work)
            except NetworkFault as fault:
                if fault.code != "expired":
                    raise
            except Refused:
                pass
            self._signed = ""
        answer = self._web.open(self._url, headers, work)
        self._signed = answer.url if answer.url != self._url else ""
        return answer

    def forget(self) -> None:
        """Ask the site again next time."""
        self._signed = ""


class Filling:
    """One file on its way. Several readers may use it at once, of which one is the main one and the only one to throw bytes away."""

    def __init__(self, source: Source, wanted: Wanted, partial: Partial, hands: Hands) -> None:
        self.source, self.wanted, self.partial, self.hands = source, wanted, partial, hands
        self.is_single = not wanted.expected  # segments only where a hash proves that all is whole
        self.asks_plainly = self.asks_whole = self.is_ended = self.is_halted = False
        self.stop_helpers: Callable[[], None] = lambda: None
        self.restarts = self.bad_ranges = self.pages = 0
        self._claims: list[Range] = []
        self._lock = threading.Lock()
        self._next_look, self._next_word = 0, 0.0
        self.follower = Follower(partial.path, wanted.algorithm, wanted.size)
        self.follower.reach(partial.prefix)
        self.flusher = Flusher(partial.path)

    @property
    def total(self) -> int:
        """Bytes of the whole file, 0 while nobody told."""
        return self.wanted.size if self.wanted.is_size_exact else self.partial.total

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are here."""
        return self.is_ended or bool(self.total and not self.partial.gaps(self.total))

    @property
    def may_split(self) -> bool:
        """Whether segments of it may be read at once."""
        return not self.is_single and not self.asks_whole and (self.total or self.wanted.size) >= SPLIT_FROM

    def take(self) -> Range | None:
        """Claim the next part that nobody reads; (start, 0) for all from there on. None when the rest is claimed by others."""
        with self._lock:
            about = self.total or self.wanted.size
            if not self.may_split and not self.partial.is_spread:
                return (self.partial.prefix, 0)
            unit = -(-about // SEGMENTS) if self.may_split else about
            for start, end in self.partial.gaps(about):
                claim = next(((place, stop) for place, stop in _pieces(start, end, unit) if not self._is_claimed(place, stop)), None)
                if claim is not None:
                    self._claims.append(claim)
                    return claim
            return None if self._claims else (self.partial.prefix, 0)

    def _is_claimed(self, start: int, end: int) -> bool:
        return any(start < stop and place < end for place, stop in self._claims)

    def release(self, claim: Range) -> None:
        """Give back a claim; what is missing of it may be taken again."""
        with self._lock:
            if claim in self._claims:
                self._claims.remove(claim)

    def has_unclaimed(self) -> bool:
        """Whether a helper would find something to do."""
        claim = self.take() if self.total and self.may_split else None
        if claim is not None:
            self.release(claim)
        return claim is not None

    def put(self, handle: int, place: int, data: memoryview) -> None:
        """Write bytes where they belong and let everybody know."""
        with TURNS.turn():
            self.partial.write(handle, place, data)
        self.follower.reach(self.partial.prefix)
        now = time.monotonic()
        if now >= self._next_word:
            self._next_word = now + _TELL_EVERY
            count = self.partial.count
            self.hands.told(count, self.total)
            self.flusher.reach(count)
            self.look()

    def look(self) -> None:
        """Raise NoRoom when the drive fills up; looks only now and then."""
        count = self.partial.count
        if self.total and (count >= self._next_look or not count):
            self._next_look = count + _LOOK_EVERY
            self.hands.room(self.total - count)

    def cut(self, length: int) -> None:
        """Throw away all behind the first `length` bytes; only the main reader may."""
        self.is_halted = True
        self.stop_helpers()
        self.is_halted = False
        self.follower.close()
        self.partial.cut(length)
        self.is_ended = False
        self.follower = Follower(self.partial.path, self.wanted.algorithm, self.wanted.size)
        self.follower.reach(self.partial.prefix)

    def restart(self) -> None:
        """Begin anew because it is another file now; raises NetworkFault when that happens again and again."""
        self.restarts += 1
        self.cut(0)
        self.partial.know("", "", 0)
        if self.restarts > _MOST_RESTARTS:
            raise NetworkFault(tr("The file keeps changing on the server."), "dropped")

    def count_bad_range(self) -> NetworkFault:
        """Note that an answer to a Range cannot be used; after some of them the file is asked for as a whole once."""
        self.bad_ranges += 1
        self.asks_whole = self.bad_ranges % _BAD_RANGES == 0
        return NetworkFault(tr("The server sent another part of the file than was asked for."), "server")

    def count_page(self) -> NetworkFault:
        """Note that a page came; raises BadDownload when it was not the first time."""
        self.pages += 1
        self.source.forget()
        text = tr("The site sent a web page instead of the file. Open its page to see what it asks for.")
        if self.pages > 1:
            raise BadDownload(text, "html")
        return NetworkFault(text, "not_json")

    def check_size(self, body: Body) -> None:
        """Raise BadDownload when the server's size is not the promised one and no hash could tell whether that matters."""
        if body.total and not self.wanted.expected and not self.wanted.is_near(body.total):
            raise self.wrong_size(body.total)

    def may_be_total(self, body: Body) -> bool:
        """Whether the size that came with a part is the known one, or may take its place: near the promised one, with a hash to decide."""
        if not body.total or not self.total or body.total == self.total:
            return True
        may_change = bool(self.wanted.expected and self.wanted.size) and not self.wanted.is_size_exact and not self.partial.is_spread
        if may_change and self.wanted.is_near(body.total) and not self.is_other(body):
            self.learn(body)
            return True
        return False

    def wrong_size(self, size: int) -> BadDownload:
        """The fault of a file that has another size than the site promised."""
        text = tr("The file has {size:,} bytes, but the site promised {wanted:,}. Nothing was kept.", size=size, wanted=self.wanted.size)
        return BadDownload(text, "wrong_size")

    def is_other(self, body: Body) -> bool:
        """Whether the server's file is not the one that is half here."""
        if not self.partial.count:
            return False
        if is_strong(self.partial.etag) and body.etag:
            return body.etag != self.partial.etag
        both = self.partial.modified and body.modified
        return bool(both and not self.wanted.expected and body.modified != self.partial.modified)

    def learn(self, body: Body) -> None:
        """Keep what the server says of the file."""
        self.partial.know(body.etag, body.modified, body.total or self.partial.total)


def _pieces(start: int, end: int, unit: int) -> list[Range]:
    """Cut a gap at the borders of segments."""
    borders = [start, *range((start // unit + 1) * unit, end, unit), end]
    return list(itertools.pairwise(borders))
