"""Grades a pickle by what it would import: safe, suspicious, dangerous, or not to be checked. Nothing is ever loaded.

Called by the report, before a conversion and for single models. Two readers look at each pickle: our own walk over its opcodes, which
follows names through stack and memo, and picklescan with its list of known tricks. The worse of both counts, and where one of them
gives up or misses what the other sees, the file is not called safe. Names that picklescan merely does not know are judged by us.
"""

import io
import logging
import os
import re
from typing import BinaryIO, Final

from picklescan.scanner import SafetyLevel, scan_pickle_bytes  # type: ignore[import-untyped]

from model_manager.core.formats.inert import Pickle
from model_manager.core.formats.opcodes import COMPUTED, CutOff, Odd, Walker
from model_manager.core.formats.pickles import is_legacy
from model_manager.core.health.dangers import judge
from model_manager.core.health.records import DANGEROUS, LEVELS, SAFE, SUSPICIOUS, UNCHECKED, Grade, Import
from model_manager.core.health.streams import NUMBERS, SURELY, Streams
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr

MOST_OPCODES: Final = 500_000  # of all pickles in a file; picklescan keeps every one in memory
MOST_IN_A_ROW: Final = 200
_LEGACY_ROW: Final = 5  # pytorch/pytorch:torch/serialization.py (_legacy_load): magic, version, system, the object, keys of storages
_FEW: Final = 64
_BEHIND: Final = 1 << 16
_PLAUSIBLE: Final = re.compile(r"[^\W\d][\w.]* [^\W\d][\w.]*")
_FAULTS: Final = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, RecursionError, MemoryError, OSError)

logging.getLogger("picklescan").setLevel(logging.CRITICAL + 1)  # it says line by line what is in the grade


def grade(path: str) -> Grade:
    """Grade the file at `path`; trouble with reading it becomes UNCHECKED, nothing is raised."""
    try:
        with open(long_path(path), "rb") as file:
            return grade_file(file, os.fstat(file.fileno()).st_size)
    except OSError as fault:
        return Grade(UNCHECKED, doubts=(tr("It cannot be read: {reason}.", reason=plain_reason(fault)),))


def grade_file(file: BinaryIO, size: int) -> Grade:
    """Grade an open file of `size` bytes. Raises OSError."""
    look = _Look()
    streams = Streams(file, size, look.take)
    streams.look()
    imports = [Import(name, *judge(name)) for name in look.imports]
    imports = [Import(one.name, DANGEROUS, one.text or _known_tricks()) if one.name in look.tricks else one for one in imports]
    imports.sort(key=lambda one: (-LEVELS.index(one.level), one.name))
    doubts, gaps = tuple(streams.doubts), (*streams.gaps, *look.gaps)
    levels = [one.level for one in imports] + [SUSPICIOUS] * bool(doubts) + [UNCHECKED] * bool(gaps) + [SAFE] * bool(look.pickles)
    return Grade(max(levels, key=LEVELS.index, default=""), tuple(imports), (*doubts, *dict.fromkeys(gaps)))


def _known_tricks() -> str:
    return tr("Known from files that do harm.")


class _Look:
    """What both readers find in the pickles of one file. tricks: what picklescan knows to be dangerous."""

    def __init__(self) -> None:
        self.imports: dict[str, None] = {}
        self.tricks: set[str] = set()
        self.gaps: dict[str, None] = {}
        self.pickles = 0
        self._left = MOST_OPCODES

    def take(self, data: bytes, sureness: int, is_whole: bool) -> bool:
        """Look at the pickles in a row that `data` begins with; False when it ends too early and is not whole."""
        place, left, is_row = 0, self._left, is_legacy(data)
        for number in range(MOST_IN_A_ROW):
            if is_row and number == _LEGACY_ROW:
                sureness = NUMBERS
            if place >= len(data):
                return self._done(is_whole, left)
            if self._left <= 0:
                break
            walker = Walker(data, place, self._left)
            try:
                found = walker.walk()
            except CutOff:
                if not is_whole:
                    return self._done(False, left)
                return self._broken(data, place, walker.found, number, sureness)
            except Odd:
                return self._broken(data, place, walker.found, number, sureness)
            self._whole(data[place : found.end], found, sureness)
            place = found.end
        self._gap(tr("It holds more than can be checked."))
        return True

    def _done(self, is_whole: bool, left: int) -> bool:
        """The same pickles come again where there is more."""
        self._left = self._left if is_whole else left
        return is_whole

    def _gap(self, text: str) -> None:
        self.gaps[text] = None

    def _whole(self, data: bytes, found: Pickle, sureness: int) -> None:
        self._left -= found.count
        if sureness == NUMBERS and not any(judge(name).level == DANGEROUS for name in found.imports) and data[:1] != b"\x80":
            return
        self.pickles += 1
        self.imports.update(dict.fromkeys(found.imports))
        self._second(data, found)

    def _broken(self, data: bytes, place: int, found: Pickle, number: int, sureness: int) -> bool:
        """A loader would have done all that comes before the fault; numbers that merely look like a pickle are not held against a file."""
        self._left -= found.count
        names = [name for name in found.imports if name != COMPUTED and _PLAUSIBLE.fullmatch(name)]
        grave = [name for name in names if judge(name).level == DANGEROUS]
        rest = data[place:]
        is_one = sureness > NUMBERS
        is_marked = rest[:1] == b"\x80" and rest[1:2] < b"\x06"
        if is_one and (is_marked or names or found.count >= _FEW or (sureness == SURELY and not number)):
            self.imports.update(dict.fromkeys(found.imports))
            self._second(data[place : found.end + _BEHIND], found)
            self._gap(tr("It is damaged, or made so that it cannot be followed to its end."))
        elif grave:
            self.imports.update(dict.fromkeys(grave))
        elif is_one and number and rest.strip(b"\0"):
            self._gap(tr("Something that cannot be checked stands behind its contents."))
        return True

    def _second(self, data: bytes, found: Pickle) -> None:
        """Have picklescan look at one pickle; it must see all that we see."""
        try:
            result = scan_pickle_bytes(io.BytesIO(data), "", multiple_pickles=False)
        except _FAULTS:
            self._gap(tr("One of two ways to check it fails."))
            return
        seen = {f"{one.module} {one.name}": one.safety for one in result.globals}
        unknown = {name for name in seen if "unknown" in name.split(" ")}
        self.imports.update(dict.fromkeys(COMPUTED if name in unknown else name for name in seen))
        self.tricks.update(name for name, safety in seen.items() if safety is SafetyLevel.Dangerous and name not in unknown)
        if result.scan_err or (set(found.imports) - {COMPUTED, *seen} and not unknown):
            self._gap(tr("One of two ways to check it fails."))
