"""Where the bytes of each tensor lie in a file, for whoever compares weights and not files: safetensors and GGUF.

Called by the search for duplicates. It reads headers only and believes nothing: a table that breaks a rule of its format, or that does not
fit the file it stands in, raises Damage.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Final, NamedTuple

from model_manager.core.formats import gguf, safetensors
from model_manager.core.formats.contents import broken_header
from model_manager.core.formats.dtypes import GGML
from model_manager.core.formats.read import HEAD, header_of
from model_manager.core.formats.tables import pairs_of, problem_of, rows_from_pairs, rows_of
from model_manager.core.words import tr

MARK_SIZE: Final = 32  # bytes of a digest


class Span(NamedTuple):
    """Where a tensor lies: begin and end, counted from the start of the data."""

    name: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """What tensors a file has. spans: in order of name. mark: the same for any two files, however laid out, whose format, names, types
    and shapes are the same. length: bytes of data that it speaks of."""  # fmt: skip

    spans: tuple[Span, ...]
    mark: bytes
    length: int

    @property
    def has_hollow(self) -> bool:
        """Whether there is nothing to compare: no tensor at all, or one without bytes."""
        return not self.spans or any(span.begin == span.end for span in self.spans)


class Layout(NamedTuple):
    """A table, and where its data starts in this file."""

    table: Table
    start: int


def layout_of(file: io.FileIO, size: int) -> Layout | None:
    """Return the layout of an open file of `size` bytes, None when it is of another format; raises Damage when it is not sound."""
    file.seek(0)
    head = file.read(HEAD)
    if safetensors.looks_like(head, size):
        return _safetensors(file, size)
    if head.startswith(gguf.MAGIC):
        file.seek(0)
        return _gguf(gguf.read_header(file, size), size)
    return None


def forget() -> None:
    """Drop the remembered tables; call it when a search is over."""
    _table_of.cache_clear()
    gguf.forget()


def _safetensors(file: io.FileIO, size: int) -> Layout:
    buffer, end = header_of(file, size)
    text = safetensors.table_text(buffer, end)
    if text is None:  # metadata among the tensors
        try:
            text = str(memoryview(buffer)[8:end], "utf-8")
        except UnicodeDecodeError:
            raise broken_header(tr("The header is not UTF-8 text.")) from None
    table = _table_of(text)
    if table.length != size - end:
        raise broken_header(tr("The header speaks of another number of bytes than there are."))
    return Layout(table, end)


@lru_cache(maxsize=64)  # files of one trainer have one table, and a scan of thousands of them need not parse it again
def _table_of(text: str) -> Table:
    if text.lstrip().startswith("{"):
        rows = rows_from_pairs([pair for pair in pairs_of(text) if pair[0] != "__metadata__"])
    else:
        rows = rows_of(text)
    if problem := problem_of(rows):
        raise broken_header(problem)
    meanings = [f"{dtype}{list(shape)}" for dtype, shape in rows.values]
    spans = map(Span, rows.names, rows.begins, rows.ends)
    return _table("safetensors", list(zip(spans, meanings, strict=True)), max(rows.ends, default=0))


def _gguf(header: gguf.Header, size: int) -> Layout:
    """The data may have holes (alignment), so only what lies in the file and does not overlap is asked for."""
    found = []
    for one in header.placed:
        _, block, width = GGML.get(one.kind, ("", 1, 0))
        if not width or (one.sides[0] if one.sides else 1) % block:
            raise broken_header(tr("The tensor “{name}” is of a type that is not known.", name=one.name[:80]))
        meaning = f"{one.kind}{list(one.sides)}{list(header.tensors[one.name][1])}"
        found.append((Span(one.name, one.offset, one.offset + one.size), meaning))
    if len(header.tensors) != len(found) or header.end > size or _overlap([span for span, _ in found]):
        raise broken_header(tr("The tensors in the header overlap, or lie outside of the file."))
    return Layout(_table("gguf", found, max((span.end for span, _ in found), default=0)), header.start)


def _overlap(spans: Sequence[Span]) -> bool:
    places = sorted((span.begin, span.end) for span in spans)
    return any(before[1] > after[0] for before, after in pairwise(places))


def _table(form: str, found: list[tuple[Span, str]], length: int) -> Table:
    found.sort()
    digest = blake2b(form.encode(), digest_size=MARK_SIZE)
    for span, meaning in found:
        name = span.name.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%s%d:%s" % (len(name), name, len(meaning), meaning.encode("utf-8", "surrogatepass")))
    return Table(tuple(span for span, _ in found), digest.digest(), length)
