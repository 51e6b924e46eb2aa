"""Opens one sidecar and turns its bytes into text or a JSON object, with a plain sentence for every way that can fail.

Called by merge and notes. It must never write, never follow a pipe for ever, and never hold more than the limits below.
"""

import codecs
import errno
import json
import locale
import os
from typing import Any

from model_manager.core.errors import BadSidecar
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr

JSON_LIMIT = 8 << 20
TEXT_LIMIT = 1 << 20
_CHUNK = 1 << 16
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_bytes(path: str, limit: int) -> bytes:
    """Return the content of a file of at most `limit` bytes. Raises OSError as the system does, BadSidecar when it is larger."""
    handle = os.open(long_path(path), _FLAGS)
    try:
        data = os.read(handle, _CHUNK)
        if more := os.read(handle, _CHUNK) if data else b"":
            parts, size = [data, more], len(data) + len(more)
            while size <= limit and (more := os.read(handle, _CHUNK)):
                parts.append(more)
                size += len(more)
            data = b"".join(parts)
    finally:
        os.close(handle)
    if len(data) > limit:
        raise BadSidecar(too_large(os.path.basename(path), limit))
    return data


def too_large(name: str, limit: int) -> str:
    """Return the sentence for a sidecar over its limit in bytes."""
    return tr("{file} is larger than {limit} MB, so it was not read. Make it smaller or move it away.", file=name, limit=limit >> 20)


def unreadable(name: str, error: OSError | ValueError) -> str:
    """Return the sentence for a sidecar the system does not give us."""
    reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        reason = tr("it is a link to a file that is not there")
    return tr("{file} could not be read: {reason}. What it says is not shown.", file=name, reason=reason)


def decode(data: bytes) -> tuple[str, str]:
    """Return text and its encoding: UTF-16 by its mark, UTF-8, this system's, Windows Western, Latin-1. A mark stays the first character.

    `text.encode(encoding)` is `data` again, so what stands before somebody's notes can be written back byte for byte.
    """
    marked = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    for encoding in (*marked, "utf-8", locale.getencoding(), "cp1252"):
        try:
            text = data.decode(encoding)
            if encoding == "utf-8" or text.encode(encoding) == data:
                return text, encoding
        except (UnicodeError, LookupError):
            continue
    return data.decode("latin-1"), "latin-1"


def plain_text(name: str, data: bytes) -> tuple[str, str]:
    """Return the text of a sidecar for people and its encoding. Raises BadSidecar when it is no text."""
    text, encoding = decode(data)
    if "\0" in text:
        raise BadSidecar(_not_shown(name, tr("it is not text")))
    return text, encoding


def parse_object(name: str, data: bytes, any_encoding: bool = False) -> dict[str, Any]:
    """Return the JSON object in `data` (UTF-8 or UTF-16, mark or none; NaN allowed). Raises BadSidecar with what to do.

    any_encoding: the file may be in the code page of the system that wrote it, as `.civitai.info` is on Windows
    (butaixianran/Stable-Diffusion-Webui-Civitai-Helper:scripts/ch_lib/model.py).
    """
    try:
        found = json.loads(data)
    except RecursionError:
        raise BadSidecar(_not_shown(name, tr("it is nested too deeply"))) from None
    except ValueError as error:
        if any_encoding and isinstance(error, UnicodeDecodeError):
            return parse_object(name, decode(data)[0].encode("utf-8", "replace"))
        raise BadSidecar(_not_shown(name, _json_reason(data, error))) from None
    if type(found) is not dict:
        raise BadSidecar(_not_shown(name, tr("it holds a single value or a list in place of named values")))
    return found


def _json_reason(data: bytes, error: ValueError) -> str:
    if not data.strip(b" \t\r\n\0"):
        return tr("it is empty")
    if isinstance(error, UnicodeDecodeError):
        return tr("it is not UTF-8 text")
    if isinstance(error, json.JSONDecodeError):
        return tr("it is not valid JSON (line {line})", line=error.lineno)
    return tr("it is not valid JSON")


def _not_shown(name: str, reason: str) -> str:
    return tr(
        "{file} cannot be understood: {reason}. Mend it in a text editor or delete it; the model is not affected.",
        file=name,
        reason=reason,
    )


def bad_header(name: str, reason: str) -> BadSidecar:
    """Return the fault for notes whose front matter (the part between the `---` lines) cannot be used."""
    return BadSidecar(
        tr(
            "The first part of {file} (between the lines ---) cannot be understood: {reason}. The notes below it are shown.",
            file=name,
            reason=reason,
        )
    )
