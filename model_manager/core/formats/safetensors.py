"""Reads the header of a safetensors file: metadata always, the table of tensors only when no file before had the same one.

Called by read.py and tree.py with a buffer that holds the header; it opens nothing. A scan runs it thousands of times, so the usual
layout never becomes one JSON object: `json.loads` of a real header takes 2.5 ms and keeps the interpreter for all of it.
"""

import json
import re
from contextlib import suppress
from typing import Final

from model_manager.core.formats.contents import HEADER_LIMIT, Contents, Damage, amount, broken_header, missing_text, too_short
from model_manager.core.formats.memo import Memo
from model_manager.core.formats.tables import Table, judge_rows, pairs_of, rows_from_pairs, understand
from model_manager.core.words import tr

COVER_LIST: Final = "ssmd_cover_images"

_METADATA: Final = re.compile(rb'\{\s*"__metadata__"\s*:\s*(?=\{)')
_NEXT: Final = re.compile(rb'\}\s*(?:,\s*(?=")|(?=\}\s*\Z))')
_STARTS: Final = re.compile(rb'\s*+(?:["}]|\Z)')
_MOST_ENDS: Final = 64  # tries to find where the metadata ends before the slow way is taken
_BIG: Final = 256 << 10  # bytes of metadata that are decoded in one go
_PAIR: Final = re.compile(rb'\s*+("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*+:\s*+("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*+([,}])', re.DOTALL)

_decoder = json.JSONDecoder(strict=False)
_decode, _raw_decode = _decoder.decode, _decoder.raw_decode
_memo: Memo[Table] = Memo()


def header_length(head: bytes | bytearray) -> int:
    """Return N, the first eight bytes as a little-endian number."""
    return int.from_bytes(head[:8], "little")


def looks_like(head: bytes, size: int) -> bool:
    """Return True when the first bytes can only be a safetensors header: a possible length, then a JSON object."""
    return 2 <= header_length(head) <= HEADER_LIMIT and head[8:9] == b"{" and (size < 10 or _STARTS.match(head, 9) is not None)


def check_length(head: bytes, size: int) -> int:
    """Return the length N of the header; raises Damage when there cannot be one of that length."""
    if size < 8:
        raise too_short(8 - size)
    length = header_length(head)
    if length == 0:
        raise broken_header(tr("The header is empty: this is not a safetensors file."))
    if length > HEADER_LIMIT:
        raise broken_header(tr("The first bytes are not the length of a safetensors header."))
    if head[8:11] == b"\xef\xbb\xbf":
        raise broken_header(tr("The header starts with a byte order mark, which safetensors does not allow."))
    if size > 8 and head[8:9] != b"{":
        raise broken_header(tr("The header does not start as a table of tensors."))
    if length > size - 8:
        raise too_short(length + 8 - size)
    return length


def contents(buffer: bytes | bytearray, end: int, size: int) -> Contents:
    """Return what the header at buffer[8:end] of a file of `size` bytes says; raises Damage when it is unreadable.

    The buffer may be longer than the header. The soundness of table and length goes into verdict and reason.
    """
    try:
        metadata, start = _metadata(buffer, end)
    except (ValueError, RecursionError):
        metadata, table = _whole(buffer, end)
    else:
        close = buffer.rfind(b"}", 8, end)
        if close < start or (close + 1 < end and buffer[close + 1 : end].strip(b" \n\r\t")):
            raise broken_header(tr("The header is not valid JSON."))
        found = _memo.find(buffer, start, close)
        if found is None:
            metadata, found = _new_table(buffer, start, close, metadata, end)
        table = found
    verdict, reason = _soundness(table, size - end)
    return Contents("safetensors", table.traits, metadata, verdict, reason)


def beginning(buffer: bytes | bytearray, got: int) -> tuple[dict[str, str], int] | None:
    """Return the metadata and where the table starts, from the first `got` bytes of a long header; None when they do not reach."""
    try:
        return _metadata(buffer, got)
    except (ValueError, RecursionError, Damage):
        return None


def glance(beginning: tuple[dict[str, str], int], table_begin: bytes, tail: bytes, end: int, size: int) -> Contents | None:
    """Return the same as `contents` from both ends of a long header, if its table is known already; else None: read it all.

    A table that differs from a known one only in its middle is taken for that one; `contents` would see it.
    """
    metadata, start = beginning
    close = tail.rfind(b"}")
    if close < 0 or tail[close + 1 :].strip(b" \n\r\t"):
        return None
    length = end - len(tail) + close - start
    table = _memo.glance(table_begin, tail[:close], length) if length > len(table_begin) + close else None
    if table is None:
        return None
    verdict, reason = _soundness(table, size - end)
    return Contents("safetensors", table.traits, metadata, verdict, reason)


def forget() -> None:
    """Drop the remembered tables; call it at the end of a scan."""
    _memo.forget()


def all_metadata(buffer: bytes | bytearray, end: int) -> dict[str, object]:
    """Return `__metadata__` with every value whole, however large; raises Damage when the header is unreadable."""
    found = _METADATA.match(buffer, 8, end)
    if found:
        try:
            return _plain_metadata(buffer, found.end(), end)[0]
        except (ValueError, RecursionError):
            pass
    value = dict(pairs_of(_text(buffer, 8, end))).get("__metadata__")
    return dict(value) if isinstance(value, dict) else {}


def table_text(buffer: bytes | bytearray, end: int) -> str | None:
    """Return the entries after the metadata as text, None when metadata and tensors are mixed."""
    try:
        _, start = _metadata(buffer, end)
    except (ValueError, RecursionError):
        return None
    text = _text(buffer, start, buffer.rfind(b"}", start, end))
    return None if '"__metadata__"' in text else text


def _new_table(buffer: bytes | bytearray, start: int, close: int, metadata: dict[str, str], end: int) -> tuple[dict[str, str], Table]:
    if buffer.find(b'"__metadata__"', start, close) >= 0:
        return _whole(buffer, end)
    table = understand(_text(buffer, start, close))
    if not table.problem:  # a glance must never take a sound table for a broken one that looks alike
        _memo.keep(buffer, start, close, table)
    return metadata, table


def _text(buffer: bytes | bytearray, start: int, end: int) -> str:
    try:
        return str(memoryview(buffer)[start:end], "utf-8")
    except UnicodeDecodeError:
        raise broken_header(tr("The header is not UTF-8 text.")) from None


def _metadata(buffer: bytes | bytearray, end: int) -> tuple[dict[str, str], int]:
    """Return the metadata and where the entries of the tensors start; raises ValueError when they cannot be told apart."""
    found = _METADATA.match(buffer, 8, end)
    if found is None:
        return {}, 9
    start = found.end()
    after = _NEXT.search(buffer, start, end)
    if after is not None:
        if after.end() - start > _BIG:
            return _big_metadata(buffer, start, end)
        text = buffer[start : after.start() + 1]
        if text.isascii():
            with suppress(ValueError):  # the `}` may stand inside a text
                value, stop = _raw_decode(text.decode("ascii"))
                if stop == len(text):
                    return _texts(value), after.end()
    value, stop = _plain_metadata(buffer, start, end)
    return _texts(value), stop


def _texts(value: dict[str, object]) -> dict[str, str]:
    """Return the metadata with every value as text: the format allows nothing else, but some writers do."""
    if set(map(type, value.values())) <= {str}:
        return value  # type: ignore[return-value]
    return {key: text if isinstance(text, str) else json.dumps(text) for key, text in value.items()}


def _plain_metadata(buffer: bytes | bytearray, start: int, end: int) -> tuple[dict[str, object], int]:
    """Decode the object at `start`; its end is the first `}` before another entry up to which it is valid JSON."""
    for tries, after in enumerate(_NEXT.finditer(buffer, start, end)):
        if tries == _MOST_ENDS:
            break
        stop = after.start() + 1
        try:
            value = _decode(buffer[start:stop].decode())
        except UnicodeDecodeError:
            raise broken_header(tr("The header is not UTF-8 text.")) from None
        except ValueError:
            continue
        return value, after.end()
    raise ValueError("no end of the metadata")


def _big_metadata(buffer: bytes | bytearray, start: int, end: int) -> tuple[dict[str, str], int]:
    """Decode pair by pair and leave out what is huge: pictures are only counted."""
    found: dict[str, str] = {}
    place = start + 1
    while True:
        pair = _PAIR.match(buffer, place, end)
        if pair is None:
            raise ValueError("metadata with values that are not text")
        key, raw, mark = pair.groups()
        name = _decode(key.decode())
        if len(raw) <= _BIG:
            found[name] = _decode(raw.decode())
        elif name == COVER_LIST:
            found[name] = json.dumps([""] * (raw.count(b'\\"') // 2))
        elif name == "modelspec.thumbnail":
            found[name] = "data:"
        place = pair.end()
        if mark == b"}":
            comma = re.compile(rb"\s*,?\s*").match(buffer, place, end)
            return found, comma.end() if comma else place


def _whole(buffer: bytes | bytearray, end: int) -> tuple[dict[str, str], Table]:
    """Read any layout at all through `json`: slow, for files nobody's usual tool wrote."""
    pairs = pairs_of(_text(buffer, 8, end))
    metadata: dict[str, str] = {}
    for name, value in pairs:
        if name == "__metadata__" and isinstance(value, dict):
            metadata |= _texts(value)
    return metadata, judge_rows(rows_from_pairs([pair for pair in pairs if pair[0] != "__metadata__"]))


def _soundness(table: Table, data: int) -> tuple[str, str]:
    """Compare the table with the bytes of data that are there."""
    if table.problem:
        return "bad_header", tr("{what} Download the file again.", what=table.problem)
    if data < table.end:
        return "truncated", missing_text(table.end - data)
    if data > table.end:
        extra = amount(data - table.end)
        return "trailing_data", tr("The file is {amount} longer than its header says. Download it again if it does not load.", amount=extra)
    return "ok", ""
