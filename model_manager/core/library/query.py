"""What a person types into the search box, taken apart: words and typed tokens.

`type: base: ext: tag: folder: has: no: is:` and those of query_own with a value, `size>2gb`, `added<7d`, `modified>1y`, `rating>=4`,
`-` before anything to leave it out, quotes around exact words. Several words mean all of them. Parsing touches neither disk nor
library; see `find` for the answer.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache

from model_manager.core.errors import BadQuery
from model_manager.core.library import query_own
from model_manager.core.library.kinds import KINDS, label, label_one
from model_manager.core.library.order import fold
from model_manager.core.library.rows import AWAY, FAVOURITE, HAS_NOTES
from model_manager.core.library.shelf import Shelf
from model_manager.core.words import tr

KEYS = ("type", "base", "ext", "tag", "folder", "has", "no", "is", *query_own.KEYS)
AMOUNTS = ("size", "added", "modified", "rating")
STATES = ("preview", "notes", "tags", "problem", "title", *query_own.STATES)
MARKS = ("favourite", "away", "embedded", "video")
_TOKEN = re.compile(r'(-?)(?:(\w+)(:|<=|>=|<|>))?("[^"]*"?|\S*)')
_AMOUNT = re.compile(r"(\d{1,18}(?:[.,]\d{0,18})?)([a-z]*)", re.ASCII)
_SIZES = {"": 1, "b": 1, "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9, "t": 10**12, "tb": 10**12,
          "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}  # fmt: skip
_TIMES = {"": 86_400, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "m": 30 * 86_400, "y": 365 * 86_400}

Test = Callable[[Shelf], Callable[[int], bool]]


@dataclass(frozen=True)
class Query:
    """A parsed search: words that must be there, words that must not, and tests that slots must pass.

    marks: the tokens the tests were made from, as typed; those about time also name the moment they count from.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    tests: tuple[Test, ...] = field(default=(), compare=False)
    marks: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """True when every model matches."""
        return not (self.words or self.unwanted or self.tests)

    def narrows(self, other: "Query") -> bool:
        """True when every hit of this query is surely a hit of `other`, so that only those need looking at."""
        is_same_rest = self.marks == other.marks and self.unwanted == other.unwanted
        return is_same_rest and all(any(old in new for new in self.words) for old in other.words)


def parse(text: str) -> Query:
    """Take a search text apart; raises BadQuery with a sentence about the first token that makes no sense."""
    words: list[str] = []
    unwanted: list[str] = []
    tests: list[Test] = []
    marks: list[str] = []
    now = time.time()
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
        test = _test(key.lower(), sign, value, now)
        tests.append(_not(test) if minus else test)
        marks.append(found.group() if sign == ":" or key.lower() in ("size", "rating") else f"{found.group()} {now}")
    return Query(text, tuple(words), tuple(unwanted), tuple(tests), tuple(marks))


def _not(test: Test) -> Test:
    def opposite(shelf: Shelf) -> Callable[[int], bool]:
        passes = test(shelf)
        return lambda slot: not passes(slot)

    return opposite


def _test(key: str, sign: str, value: str, now: float) -> Test:
    if key == "rating":
        return query_own.rating(sign, value)
    if sign != ":":
        return _amount(key, sign, value, now)
    if key in query_own.KEYS:
        return query_own.is_called(key, value)
    tests: dict[str, Callable[[str], Test]] = {
        "type": _type, "base": _base, "ext": _ext, "tag": _tag, "folder": _folder, "has": _has, "is": _is,
        "no": lambda value: _not(_has(value)),
    }  # fmt: skip
    return tests[key](value)


def _type(value: str) -> Test:
    wanted = fold(value)
    kinds = frozenset(kind for kind in KINDS if wanted in (kind, fold(label(kind)), fold(label_one(kind)), fold(label_one(kind)) + "s"))
    if not kinds:
        return lambda shelf: shelf.kind.tests(lambda kind: wanted in fold(kind) or wanted in fold(label(kind)))
    return lambda shelf: shelf.kind.tests(kinds.__contains__)


def _base(value: str) -> Test:
    wanted = fold(value)

    def test(shelf: Shelf) -> Callable[[int], bool]:
        is_base, is_architecture = (column.tests(lambda text: wanted in fold(text)) for column in (shelf.base, shelf.architecture))
        return lambda slot: is_base(slot) or is_architecture(slot)

    return test


def _ext(value: str) -> Test:
    wanted = "." + value.lower().lstrip(".")
    return lambda shelf: lambda slot: shelf.file[slot].lower().endswith(wanted)


def _tag(value: str) -> Test:
    wanted = fold(value)

    def test(shelf: Shelf) -> Callable[[int], bool]:
        is_wanted = cache(lambda tag: fold(tag) == wanted or fnmatchcase(fold(tag), wanted))
        return lambda slot: any(map(is_wanted, shelf.tags[slot]))

    return test


def _folder(value: str) -> Test:
    wanted = value.rstrip("/\\") or value
    part = fold(wanted).replace("\\", "/")

    def is_in(path: str, root: str) -> bool:
        if path == wanted or path.startswith((wanted + "/", wanted + "\\")):
            return True
        return part in fold(path[len(root) :]).replace("\\", "/")

    def test(shelf: Shelf) -> Callable[[int], bool]:
        is_wanted = cache(lambda id_: any(is_in(way.path, way.root) for way in shelf.folders[id_].ways))
        return lambda slot: is_wanted(shelf.folder[slot])

    return test


def _has(value: str) -> Test:
    tests: dict[str, Test] = {
        "preview": lambda shelf: shelf.preview_sort.tests(bool),
        "notes": lambda shelf: lambda slot: bool(shelf.flags[slot] & HAS_NOTES),
        "tags": lambda shelf: lambda slot: bool(shelf.tags[slot]),
        "problem": lambda shelf: shelf.problem.tests(bool),
        "title": lambda shelf: lambda slot: bool(shelf.title[slot]),
        **{state: query_own.has(state) for state in query_own.STATES},
    }
    return _any_of(tests, value, tr("After has: or no: comes one of {words}.", words=", ".join(STATES)))


def _is(value: str) -> Test:
    tests: dict[str, Test] = {
        "favourite": lambda shelf: lambda slot: bool(shelf.flags[slot] & FAVOURITE),
        "away": lambda shelf: lambda slot: bool(shelf.flags[slot] & AWAY),
        "embedded": lambda shelf: shelf.preview_sort.tests("embedded".__eq__),
        "video": lambda shelf: shelf.preview_sort.tests("video".__eq__),
    }
    return _any_of(tests, value, tr("After is: comes one of {words}.", words=", ".join(MARKS)))


def _any_of(tests: dict[str, Test], value: str, fault: str) -> Test:
    """The test of this name; of a name half typed, any that it could become."""
    meant = [test for name, test in tests.items() if name.startswith(value.lower())]
    if not meant:
        raise BadQuery(fault)
    if len(meant) == 1:
        return meant[0]

    def either(shelf: Shelf) -> Callable[[int], bool]:
        passes = [test(shelf) for test in meant]
        return lambda slot: any(one(slot) for one in passes)

    return either


def _amount(key: str, sign: str, value: str, now: float) -> Test:
    found = _AMOUNT.fullmatch(value.lower())
    units = _SIZES if key == "size" else _TIMES
    if not found or found[2] not in units:
        hint = tr("a size like 2gb") if key == "size" else tr("a time like 7d, 2w or 1y")
        raise BadQuery(tr("After {key}{sign} comes {hint}.", key=key, sign=sign, hint=hint))
    amount = float(found[1].replace(",", ".")) * units[found[2]]
    is_less = sign.startswith("<")
    if key == "size":
        return lambda shelf: lambda slot: shelf.size[slot] <= amount if is_less else shelf.size[slot] >= amount
    since = now - amount  # added<7d: less than seven days ago
    if key == "added":
        return lambda shelf: lambda slot: (shelf.added[slot] >= since) == is_less
    return lambda shelf: lambda slot: (shelf.mtime_ns[slot] / 1e9 >= since) == is_less


def find(shelf: Shelf, query: Query, slots: Sequence[int]) -> list[int]:
    """Return those of `slots` that match, in the order given. 100,000 names take about ten milliseconds per word."""
    search, found = shelf.search, slots
    for word in query.words:
        found = [slot for slot in found if word in search[slot]]
    for word in query.unwanted:
        found = [slot for slot in found if word not in search[slot]]
    for test in query.tests:
        found = list(filter(test(shelf), found))
    return list(found)


def matcher(shelf: Shelf, query: Query) -> Callable[[int], bool]:
    """Return the question whether one slot matches; it stays right while models and folders come and change."""
    tests = [test(shelf) for test in query.tests]

    def is_match(slot: int) -> bool:
        text = shelf.search[slot]
        is_found = all(word in text for word in query.words) and not any(word in text for word in query.unwanted)
        return is_found and all(passes(slot) for passes in tests)

    return is_match


def completions(shelf: Shelf, prefix: str) -> list[tuple[str, str]]:
    """What could follow `prefix`, the last token typed: (text to put in, count or hint), most frequent first, at most twelve.

    Where counting would take too long there is no count.
    """
    minus = "-" if prefix.startswith("-") else ""
    key, colon, value = prefix[len(minus) :].partition(":")
    if not colon:
        keys = [f"{name}:" for name in KEYS if name not in AMOUNTS] + [f"{name}>" for name in AMOUNTS]
        return [(minus + name, _HINTS[name[:-1]]()) for name in keys if name.startswith(key.lower()) and key]
    wanted = fold(value.strip('"'))
    pairs = [(text, count) for text, count in _values(shelf, key.lower()) if text and count and wanted in fold(text)]
    pairs.sort(key=lambda pair: (not fold(pair[0]).startswith(wanted), -pair[1], pair[0]))
    return [(f"{minus}{key}:{_quoted(text)}", f"{count:,}" if count > 0 else "") for text, count in pairs[:12]]


_HINTS: dict[str, Callable[[], str]] = {
    "type": lambda: tr("kind of model"), "base": lambda: tr("base model"), "ext": lambda: tr("file ending"), "tag": lambda: tr("tag"),
    "folder": lambda: tr("part of the folder"), "has": lambda: tr("has a preview, notes, a problem …"),
    "no": lambda: tr("has no preview, notes …"), "is": lambda: tr("favourite, away …"), "size": lambda: tr("larger than, such as 2gb"),
    "added": lambda: tr("longer ago than, such as 7d"), "modified": lambda: tr("longer ago than, such as 1y"),
    "collection": lambda: tr("in one of your collections"), "category": lambda: tr("your own category"),
    "group": lambda: tr("your own group"), "colour": lambda: tr("colour label"), "rating": lambda: tr("more stars than, such as 3"),
}  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "") + '"' if any(letter.isspace() or letter == '"' for letter in text) else text


def _values(shelf: Shelf, key: str) -> list[tuple[str, int]]:
    """The values known for a key and how many models have each, -1 where that is not counted."""
    counts = shelf.counts
    if key == "type":
        return [(label(kind), count) for kind, count in counts["kind"].items()]
    if key in ("has", "no"):
        return [(state, -1) for state in STATES]
    if key == "is":
        known = {"favourite": counts["state"]["favourite"], "away": counts["state"]["away"]}
        return [(mark, known.get(mark, -1)) for mark in MARKS]
    if key == "folder":
        below: Counter[str] = Counter()
        for id_, folder in shelf.folders.items():
            for name in {way.path[len(way.root) + 1 :] for way in folder.ways}:
                below[name] += shelf.folder_counts[id_]
        return list(below.items())
    return list(counts[{"ext": "ending"}.get(key, key)].items()) if key in ("base", "ext", "tag", *query_own.KEYS) else []
