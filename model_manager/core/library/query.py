"""What a person types into the search box, taken apart: words and typed tokens.

`type: base: ext: tag: folder: has: no: is:` with a value, `size>2gb`, `added<7d`, `modified>1y`, `-` before anything to leave it out,
quotes around exact words. Several words mean all of them. Parsing touches neither disk nor library; see `find` for the answer.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from model_manager.core.errors import BadQuery
from model_manager.core.library.kinds import KINDS, label, label_one
from model_manager.core.library.order import fold
from model_manager.core.library.rows import AWAY, FAVOURITE, HAS_NOTES
from model_manager.core.library.shelf import Shelf
from model_manager.core.words import tr

KEYS = ("type", "base", "ext", "tag", "folder", "has", "no", "is")
AMOUNTS = ("size", "added", "modified")
STATES = ("preview", "notes", "tags", "problem", "title")
MARKS = ("favourite", "away", "embedded", "video")
_TOKEN = re.compile(r'(-?)(?:(\w+)(:|<=|>=|<|>))?("[^"]*"?|\S*)')
_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]*)")
_SIZES = {"": 1, "b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9, "t": 10**12, "tb": 10**12,
          "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}  # fmt: skip
_TIMES = {"": 86_400, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "m": 30 * 86_400, "y": 365 * 86_400}

Test = Callable[[Shelf], Callable[[int], bool]]


@dataclass(frozen=True)
class Query:
    """A parsed search: words that must be there, words that must not, and tests that slots must pass."""

    text: str = ""
    words: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    tests: tuple[Test, ...] = ()
    marks: tuple[str, ...] = ()

    def narrows(self, other: "Query") -> bool:
        """True when every hit of this query is surely a hit of `other`, so that only those need looking at."""
        same_rest = self.marks == other.marks and self.unwanted == other.unwanted
        return same_rest and all(any(old in new for new in self.words) for old in other.words)


def parse(text: str) -> Query:
    """Take a search text apart; raises BadQuery with a sentence about the first token that makes no sense."""
    words: list[str] = []
    unwanted: list[str] = []
    tests: list[Test] = []
    marks: list[str] = []
    for found in _TOKEN.finditer(text):
        minus, key, sign, raw = found.groups()
        value = raw.strip('"')
        if key and (key.lower() not in KEYS if sign == ":" else key.lower() not in AMOUNTS):
            value, key = found.group()[len(minus) :].strip('"'), ""  # "epoch:10" or "a<b" are just words
        if not value:
            continue
        if not key:
            (unwanted if minus else words).append(fold(value))
            continue
        test = _test(key.lower(), sign, value)
        tests.append(_not(test) if minus else test)
        marks.append(found.group().lower())
    return Query(text, tuple(words), tuple(unwanted), tuple(tests), tuple(marks))


def _not(test: Test) -> Test:
    def opposite(shelf: Shelf) -> Callable[[int], bool]:
        passes = test(shelf)
        return lambda slot: not passes(slot)

    return opposite


def _test(key: str, sign: str, value: str) -> Test:
    if sign != ":":
        return _amount(key, sign, value)
    tests: dict[str, Callable[[str], Test]] = {
        "type": _type, "base": _base, "ext": _ext, "tag": _tag, "folder": _folder, "has": _has, "is": _is,
        "no": lambda value: _not(_has(value)),
    }  # fmt: skip
    return tests[key](value)


def _type(value: str) -> Test:
    wanted = fold(value)
    kinds = frozenset(kind for kind in KINDS if wanted in (kind, fold(label(kind)), fold(label_one(kind)), fold(label_one(kind)) + "s"))
    if not kinds:
        return lambda shelf: lambda slot: wanted in fold(shelf.kind[slot]) or wanted in fold(label(shelf.kind[slot]))
    return lambda shelf: lambda slot: shelf.kind[slot] in kinds


def _base(value: str) -> Test:
    wanted = fold(value)

    def test(shelf: Shelf) -> Callable[[int], bool]:
        bases = frozenset(base for base in {*shelf.base} if wanted in fold(base))
        architectures = frozenset(one for one in {*shelf.architecture} if wanted in fold(one))
        return lambda slot: shelf.base[slot] in bases or shelf.architecture[slot] in architectures

    return test


def _ext(value: str) -> Test:
    wanted = "." + value.lower().lstrip(".")
    return lambda shelf: lambda slot: shelf.file[slot].lower().endswith(wanted)


def _tag(value: str) -> Test:
    wanted = fold(value)

    def test(shelf: Shelf) -> Callable[[int], bool]:
        matches = frozenset(tag for tag in shelf.counts["tag"] if fold(tag) == wanted or fnmatchcase(fold(tag), wanted))
        return lambda slot: not matches.isdisjoint(shelf.tags[slot])

    return test


def _folder(value: str) -> Test:
    wanted = value.rstrip("/\\") or value
    part = fold(wanted).replace("\\", "/")

    def is_in(path: str, root: str) -> bool:
        if path == wanted or path.startswith((wanted + "/", wanted + "\\")):
            return True
        return part in fold(path[len(root) :]).replace("\\", "/")

    def test(shelf: Shelf) -> Callable[[int], bool]:
        folders = frozenset(id_ for id_, folder in shelf.folders.items() if any(is_in(way.path, way.root) for way in folder.ways))
        return lambda slot: shelf.folder[slot] in folders

    return test


def _has(value: str) -> Test:
    state = value.lower()
    tests: dict[str, Test] = {
        "preview": lambda shelf: lambda slot: bool(shelf.preview_sort[slot]),
        "notes": lambda shelf: lambda slot: bool(shelf.flags[slot] & HAS_NOTES),
        "tags": lambda shelf: lambda slot: bool(shelf.tags[slot]),
        "problem": lambda shelf: lambda slot: bool(shelf.problem[slot]),
        "title": lambda shelf: lambda slot: bool(shelf.title[slot]),
    }
    if state not in tests:
        raise BadQuery(tr("After has: or no: comes one of {words}.", words=", ".join(STATES)))
    return tests[state]


def _is(value: str) -> Test:
    mark = value.lower()
    tests: dict[str, Test] = {
        "favourite": lambda shelf: lambda slot: bool(shelf.flags[slot] & FAVOURITE),
        "away": lambda shelf: lambda slot: bool(shelf.flags[slot] & AWAY),
        "embedded": lambda shelf: lambda slot: shelf.preview_sort[slot] == "embedded",
        "video": lambda shelf: lambda slot: shelf.preview_sort[slot] == "video",
    }
    if mark not in tests:
        raise BadQuery(tr("After is: comes one of {words}.", words=", ".join(MARKS)))
    return tests[mark]


def _amount(key: str, sign: str, value: str) -> Test:
    found = _AMOUNT.fullmatch(value.lower())
    units = _SIZES if key == "size" else _TIMES
    if not found or found[2] not in units:
        hint = tr("a size like 2gb") if key == "size" else tr("a time like 7d, 2w or 1y")
        raise BadQuery(tr("After {key}{sign} comes {hint}.", key=key, sign=sign, hint=hint))
    amount = float(found[1].replace(",", ".")) * units[found[2]]
    is_less = sign.startswith("<")
    if key == "size":
        return lambda shelf: lambda slot: shelf.size[slot] <= amount if is_less else shelf.size[slot] >= amount
    since = time.time() - amount  # added<7d: less than seven days ago
    if key == "added":
        return lambda shelf: lambda slot: (shelf.added[slot] >= since) == is_less
    return lambda shelf: lambda slot: (shelf.mtime_ns[slot] / 1e9 >= since) == is_less


def find(shelf: Shelf, query: Query, slots: list[int]) -> list[int]:
    """Return those of `slots` that match, in the order given. 100,000 names take about ten milliseconds per word."""
    search = shelf.search
    for word in query.words:
        slots = [slot for slot in slots if word in search[slot]]
    for word in query.unwanted:
        slots = [slot for slot in slots if word not in search[slot]]
    for test in query.tests:
        slots = list(filter(test(shelf), slots))
    return slots


def completions(shelf: Shelf, prefix: str) -> list[tuple[str, str]]:
    """What could follow `prefix`, the last token typed: (text to put in, count or hint), most frequent first, at most twelve."""
    minus = "-" if prefix.startswith("-") else ""
    key, colon, value = prefix[len(minus) :].partition(":")
    if not colon:
        keys = [f"{name}:" for name in KEYS] + [f"{name}>" for name in AMOUNTS]
        return [(minus + name, _HINTS[name[:-1]]()) for name in keys if name.startswith(key.lower()) and key]
    wanted = fold(value.strip('"'))
    pairs = [(text, count) for text, count in _values(shelf, key.lower()) if text and count > 0 and wanted in fold(text)]
    pairs.sort(key=lambda pair: (not fold(pair[0]).startswith(wanted), -pair[1], pair[0]))
    return [(f"{minus}{key}:{_quoted(text)}", f"{count:,}") for text, count in pairs[:12]]


_HINTS: dict[str, Callable[[], str]] = {
    "type": lambda: tr("kind of model"), "base": lambda: tr("base model"), "ext": lambda: tr("file ending"), "tag": lambda: tr("tag"),
    "folder": lambda: tr("part of the folder"), "has": lambda: tr("has a preview, notes, a problem …"),
    "no": lambda: tr("has no preview, notes …"), "is": lambda: tr("favourite, away …"), "size": lambda: tr("larger than, such as 2gb"),
    "added": lambda: tr("longer ago than, such as 7d"), "modified": lambda: tr("longer ago than, such as 1y"),
}  # fmt: skip


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _values(shelf: Shelf, key: str) -> list[tuple[str, int]]:
    counts = shelf.counts
    if key == "type":
        return [(label(kind), count) for kind, count in counts["kind"].items()]
    if key in ("has", "no"):
        return [(state, len(shelf)) for state in STATES]
    if key == "is":
        return [(mark, len(shelf)) for mark in MARKS]
    if key == "folder":
        names = {way.path[len(way.root) + 1 :] for folder in shelf.folders.values() for way in folder.ways}
        return [(name, 1) for name in names]
    return list(counts[{"ext": "ending"}.get(key, key)].items()) if key in ("base", "ext", "tag") else []
