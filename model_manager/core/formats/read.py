"""The door of this room for the scanner: one model file in, its `Facts` out, whatever the bytes are.

Called by core/library/reading.py in several threads. It never raises for a bad file, never trusts a file's ending over its content
and keeps at most a few megabytes per thread.
"""

import io
import os
import threading
from typing import Final

from model_manager.core.errors import BadFormat
from model_manager.core.formats import adapters, archive, gguf, onnx, pickles, safetensors
from model_manager.core.formats.contents import Contents, Damage, broken_header
from model_manager.core.formats.foreign import foreign
from model_manager.core.formats.metadata import facts_of
from model_manager.core.library.entry import Facts
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr

HEAD: Final = 4096
SAMPLE: Final = 4096
_GLANCES: Final = (HEAD, 16 << 10, 64 << 10)  # bytes that hold most, nearly all, and all usual __metadata__
_TAIL: Final = 1024
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_SMALL: Final = 1 << 20
_LARGEST_KEPT: Final = 4 << 20
_SAMPLES: Final = 16
_ZEROS: Final = bytes(SAMPLE)
# Endings that promise a format; unknown bytes behind others (.bin, .engine, none) may well be a model we do not know.
_PROMISES: Final = {
    **dict.fromkeys((".safetensors", ".sft"), "safetensors"),
    **dict.fromkeys((".ckpt", ".pt", ".pth", ".pkl", ".pt2"), "PyTorch"),
    ".gguf": "GGUF",
    ".onnx": "ONNX",
}


class _Buffers(threading.local):
    """One buffer per thread, reused from file to file."""

    def __init__(self) -> None:
        self.data = bytearray(_SMALL)


_buffers = _Buffers()


def read_facts(path: str, size: int, is_thorough: bool = False, name: str = "") -> Facts:
    """Return what the model file at `path` of `size` bytes says of itself; trouble becomes its verdict, nothing is raised.

    A long header whose table of tensors is known from another file is only looked at from both ends, unless `is_thorough`. `name`: what
    the file will be called, for one that is not finished yet.
    """
    try:
        found = None if is_thorough else _quick(path, size)
        if found is None:
            with io.FileIO(long_path(path)) as file:
                found = _contents(file, name or path, size, is_thorough)
        return facts_of(found)
    except Damage as damage:
        return Facts(format=_format_promised(name or path, damage), verdict=damage.verdict, reason=damage.text)
    except BadFormat as fault:
        return Facts(verdict="bad_header", reason=fault.text)
    except OSError as error:
        return Facts(verdict="unreadable", reason=tr("The file cannot be read: {reason}.", reason=plain_reason(error)))
    except ValueError:  # a name or a place in the file that no system call takes
        return Facts(verdict="unreadable", reason=tr("The file cannot be read: its name or its length is not possible."))


def forget() -> None:
    """Give back what was remembered to make a scan fast; call it when a scan is over."""
    adapters.forget()
    gguf.forget()
    safetensors.forget()
    pickles.forget()


def header_of(file: io.FileIO, size: int, buffer: bytearray | None = None) -> tuple[bytearray, int]:
    """Return a buffer that holds the safetensors header from its first byte, and where it ends; raises Damage when there is none."""
    buffer = buffer if buffer is not None else bytearray(HEAD)
    view = memoryview(buffer)
    file.seek(0)
    end = 8 + safetensors.check_length(bytes(view[: _fill(file, view[:HEAD])]), size)
    view.release()
    return _with_header(file, buffer, end, min(size, HEAD)), end


def _quick(path: str, size: int) -> Contents | None:
    """Return the contents of a usual safetensors file by the fewest calls of the system; None for any other, which `_contents` reads."""
    handle = os.open(long_path(path), _FLAGS)
    try:
        head = _read_at(handle, HEAD, 0)
        if size <= HEAD or len(head) < HEAD or not safetensors.looks_like(head, size):
            return None
        end = 8 + safetensors.check_length(head, size)
        if end <= _GLANCES[-1]:
            rest = _read_at(handle, max(0, end + 64 - HEAD), HEAD)
            if HEAD + len(rest) < min(end + 64, size):
                return None
            found, first = safetensors.contents(head + rest, end, size), (head + rest)[end : end + 64]
        else:
            glanced = _quick_glance(handle, head, end, size)
            if glanced is None:
                return None
            found, first = glanced
        if found.verdict == "ok" and size > _SMALL and first.strip(b"\0") and not _read_at(handle, 64, size - 64).strip(b"\0"):
            return None  # it may have lost its end
        return found
    finally:
        os.close(handle)


def _quick_glance(handle: int, head: bytes, end: int, size: int) -> tuple[Contents, bytes] | None:
    beginning = safetensors.beginning(head, HEAD)
    for stop in _GLANCES[1:]:
        if beginning is None:
            head += _read_at(handle, stop - len(head), len(head))
            beginning = safetensors.beginning(head, len(head))
    if beginning is None:
        return None
    tail = _read_at(handle, _TAIL + 64, end - _TAIL)
    found = safetensors.glance(beginning, head[beginning[1] :], tail[:_TAIL], end, size)
    return None if found is None else (found, tail[_TAIL:])


def _contents(file: io.FileIO, path: str, size: int, is_thorough: bool) -> Contents:
    if size == 0:
        raise Damage("truncated", tr("The file is empty. Download it again."))
    buffer = _buffers.data
    with memoryview(buffer) as view:
        got = _fill(file, view[: _GLANCES[0]])
        head = bytes(view[: min(got, HEAD)])
    if safetensors.looks_like(head, size):
        return _safetensors(file, buffer, head, got, size, is_thorough)
    return _other(file, head, path, size)


def _safetensors(file: io.FileIO, buffer: bytearray, head: bytes, got: int, size: int, is_thorough: bool) -> Contents:
    end = 8 + safetensors.check_length(head, size)
    found, first = None, b""
    if end > _GLANCES[-1] and not is_thorough:
        found, first = _glance(file, buffer, got, end, size)
    try:
        if found is None:
            file.seek(got)  # a glance may have read on
            buffer = _with_header(file, buffer, end, got)
            found, first = safetensors.contents(buffer, end, size), bytes(buffer[end : end + 64])
    finally:
        if len(_buffers.data) > _LARGEST_KEPT:
            _buffers.data = bytearray(_SMALL)
    if found.verdict == "ok" and size > _SMALL and _lost_its_end(file, first, end, size):
        text = tr("The last part of the file is empty: it was never written. Download it again.")
        return Contents("safetensors", found.traits, found.metadata, "zero_filled", text)
    return found


def _glance(file: io.FileIO, buffer: bytearray, got: int, end: int, size: int) -> tuple[Contents | None, bytes]:
    """Look at both ends of a long header; also returns the first bytes of data behind it."""
    beginning = safetensors.beginning(buffer, got)
    for stop in _GLANCES:
        if beginning is None and stop > got:
            with memoryview(buffer) as view, view[got:stop] as rest:
                got += _fill(file, rest)
            beginning = safetensors.beginning(buffer, got)
    if beginning is None:
        return None, b""
    tail = _piece(file, end - _TAIL, _TAIL + 64)
    return safetensors.glance(beginning, bytes(memoryview(buffer)[beginning[1] : got]), tail[:_TAIL], end, size), tail[_TAIL:]


def _with_header(file: io.FileIO, buffer: bytearray, end: int, got: int) -> bytearray:
    """Read on until the header and a little of the data are in the buffer, which grows only now that the length is plausible."""
    need = end + 64
    if need > len(buffer):
        buffer.extend(bytes(need - len(buffer)))
    if need > got:
        with memoryview(buffer) as view, view[got:need] as rest:
            got += _fill(file, rest)
        if got < end:
            raise Damage("truncated", tr("The file became shorter while it was read. Look again when it is complete."))
        if got < need:
            buffer[got:need] = bytes(need - got)
    return buffer


def _fill(file: io.FileIO, view: memoryview) -> int:
    """Read until the view is full or the file ends and return the bytes read."""
    total = len(view)
    got = file.readinto(view) or 0
    while 0 < got < total:
        more = file.readinto(view[got:])
        if not more:
            break
        got += more
    return got


def _lost_its_end(file: io.FileIO, first: bytes, start: int, size: int) -> bool:
    """Say whether data begins but its last quarter is nothing but zeros, as after a download that only reserved its space."""
    if not first.strip(b"\0") or _piece(file, size - SAMPLE) != _ZEROS:
        return False
    quarter = (size - start) // 4
    step = max(1, (quarter - SAMPLE) // _SAMPLES)
    return all(_piece(file, size - quarter + step * place) == _ZEROS for place in range(_SAMPLES))


def _piece(file: io.FileIO, place: int, count: int = SAMPLE) -> bytes:
    return _read_at(file.fileno(), count, place)


def _seek_and_read(handle: int, count: int, place: int) -> bytes:
    os.lseek(handle, place, os.SEEK_SET)
    return os.read(handle, count)


_read_at: Final = getattr(os, "pread", _seek_and_read)  # one call of the system where there is such a one


def _other(file: io.FileIO, head: bytes, path: str, size: int) -> Contents:
    """Read anything that is not plainly safetensors; raises Damage when it is nothing we can name and should be."""
    if size >= 8 and not head.strip(b"\0"):
        raise Damage("zero_filled", tr("The file holds nothing but zeros at its start: its content was never written. Download it again."))
    if head.startswith(gguf.MAGIC):
        return gguf.contents(file, size)
    if head.startswith(archive.ZIP_MAGIC) or pickles.is_pickle(head):
        return pickles.contents(file, head, size)
    if head[257:262] == b"ustar":
        return Contents("tar")
    promise = _PROMISES.get(os.path.splitext(path)[1].lower(), "")
    if onnx.may_be(head):
        try:
            return onnx.contents(file, size)
        except Damage as damage:
            if promise == "ONNX":
                raise
            del damage
    if promise == "PyTorch" and pickles.is_old_pickle(file, head, size):
        return Contents("pickle")
    if size >= 8 and (strange := foreign(head, path)):
        raise strange
    return _unknown(head, size, promise)


def _unknown(head: bytes, size: int, promise: str) -> Contents:
    if not promise:
        return Contents("")
    if size < 8:
        raise Damage("truncated", tr("The file has only {count} bytes. The download was cut off: download it again.", count=size))
    if promise == "safetensors":
        safetensors.check_length(head, size)
    raise broken_header(tr("The file does not begin like a {format} file.", format=promise))


def _format_promised(path: str, damage: Damage) -> str:
    """Name the format only where the damage leaves no doubt that it was one."""
    promise = _PROMISES.get(os.path.splitext(path)[1].lower(), "")
    if damage.verdict not in ("truncated", "bad_header") or promise == "PyTorch":
        return ""
    return promise.lower()
