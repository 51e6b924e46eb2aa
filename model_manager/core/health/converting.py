"""Writes the weights of a pickle as safetensors: into a file of another name, proven by reading it back, in a process of its own.

`serve` is that process: this program started with `ARGUMENT`, with limits of memory and time. `convert` is called in it; `converted` starts
it and is called by conversions. Messages are lines of JSON. The pickle is never changed.
"""

import contextlib
import faulthandler
import json
import os
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from model_manager.core import processes
from model_manager.core.errors import BadFormat, FileFault
from model_manager.core.health.storages import Source
from model_manager.core.health.unpickling import Tensor, weights
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr
from model_manager.core.work import Work

ARGUMENT: Final = "--convert-model"
MOST_MEMORY: Final = 3 << 30
MOST_SECONDS: Final = 300  # without a step forward
_OFTEN: Final = 0.1
_MOST_NAMES: Final = 20
_GROWTH: Final = 4  # times the size of the pickle: what tensors that share numbers may come to

Told = Callable[[int, int], None]
if sys.platform != "win32":
    import resource


@dataclass(frozen=True, slots=True)
class Made:
    """A new file. tensors: how many; size: bytes; left: names of what else was in the pickle and is not in it."""

    tensors: int
    size: int
    left: tuple[str, ...] = ()


def convert(source: str, target: str, told: Told) -> Made:
    """Write the weights of `source` into the new file `target` and compare every byte. Raises BadFormat or OSError; what was begun of
    `target` is removed then."""  # fmt: skip
    with open(long_path(source), "rb") as file:
        before = os.fstat(file.fileno())
        opened = Source(file, before.st_size)
        tensors, left = weights(opened.value)
        sizes = {name: opened.size_of(tensor) for name, tensor in tensors.items()}
        total = sum(sizes.values())
        if total > before.st_size * _GROWTH + (1 << 20):
            raise BadFormat(tr("It would become many times larger. It was not converted."))
        head = _header(tensors, sizes, os.path.basename(source), left)
        progress = _Progress(told, 2 * total)
        handle = os.open(long_path(target), os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with contextlib.ExitStack() as taken_back:
            taken_back.callback(_remove, target)
            with open(handle, "r+b") as new:
                _write(new, head, opened, tensors, progress)
                _compare(new, head, opened, tensors, progress)
            after = os.stat(long_path(source))
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise BadFormat(tr("It changed while it was converted. Try again when nothing writes to it."))
            taken_back.pop_all()
    return Made(len(tensors), len(head) + total, tuple(left[:_MOST_NAMES]))


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(long_path(path))


class _Progress:
    def __init__(self, told: Told, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def add(self, count: int) -> None:
        self._done += count
        self._told(self._done, self._total)


def _header(tensors: dict[str, Tensor], sizes: dict[str, int], name: str, left: list[str]) -> bytes:
    """The head of a safetensors file, padded to eight bytes (huggingface/safetensors:safetensors/src/tensor.rs)."""
    notes = {"format": "pt", "converted_from": name, "converted_by": "Model Manager for ComfyUI"}
    if left:
        notes["left_out"] = ", ".join(left[:_MOST_NAMES])
    header: dict[str, Any] = {"__metadata__": notes}
    end = 0
    for key, tensor in tensors.items():
        header[key] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [end, end + sizes[key]]}
        end += sizes[key]
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _write(new: BinaryIO, head: bytes, opened: Source, tensors: dict[str, Tensor], progress: _Progress) -> None:
    new.write(head)
    for tensor in tensors.values():
        for piece in opened.pieces(tensor):
            new.write(piece)
            progress.add(len(piece))
    new.flush()
    os.fsync(new.fileno())


def _compare(new: BinaryIO, head: bytes, opened: Source, tensors: dict[str, Tensor], progress: _Progress) -> None:
    """Read the new file as a loader would, by its own table, and compare each tensor with the pickle."""
    new.seek(0)
    length = struct.unpack("<Q", new.read(8))[0]
    table = json.loads(new.read(length))
    if 8 + length != len(head):
        raise _differs()
    for name, tensor in tensors.items():
        about = table[name]
        begin, end = about["data_offsets"]
        if about["dtype"] != tensor.dtype or tuple(about["shape"]) != tensor.shape:
            raise _differs()
        new.seek(len(head) + begin)
        for piece in opened.pieces(tensor):
            begin += len(piece)
            if new.read(len(piece)) != piece:
                raise _differs()
            progress.add(len(piece))
        if begin != end:
            raise _differs()
    if new.read(1) and tensors:
        raise _differs()


def _differs() -> BadFormat:
    return BadFormat(tr("The drive gave back other bytes than were written. Check the drive."))


# the process


def serve(nice: int) -> int:
    """Be the process: read one wish, say how far it is, then what came of it; returns the exit code."""
    if hasattr(os, "nice"):
        os.nice(nice)
    _limit()
    with os.fdopen(0, "rb") as wishes, os.fdopen(1, "wb") as answers, contextlib.suppress(OSError, ValueError):
        wish = json.loads(wishes.readline())
        _say(answers, **_answer(wish["source"], wish["target"], answers))
    return 0


def _limit() -> None:
    """Bound memory and time; a process that exceeds them ends, and whoever started it says so."""
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=_nowhere())
    if sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


_open: list[Any] = []


def _nowhere() -> Any:
    if not _open:
        _open.append(open(os.devnull, "w"))  # noqa: SIM115 - it has to be open to the end of the process
    return _open[0]


def _answer(source: str, target: str, answers: BinaryIO) -> dict[str, Any]:
    last = 0.0

    def told(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > _OFTEN:
            last = time.monotonic()
            faulthandler.dump_traceback_later(MOST_SECONDS, exit=True, file=_nowhere())
            _say(answers, done=done, total=total)

    try:
        made = convert(source, target, told)
        return {"tensors": made.tensors, "size": made.size, "left": made.left}
    except BadFormat as fault:
        return {"fault": fault.text}
    except OSError as fault:
        return {"fault": tr("It could not be written: {reason}.", reason=plain_reason(fault))}
    except (MemoryError, RecursionError):
        return {"fault": _gave_up()}


def _say(answers: BinaryIO, **values: Any) -> None:
    answers.write(json.dumps(values).encode() + b"\n")
    answers.flush()


def _gave_up() -> str:
    return tr("It takes too much memory or time. It was not converted.")


def converted(source: str, target: str, work: Work, told: Told, is_polite: bool = True) -> Made:
    """Have a process of its own write the weights of `source` into the new file `target`. Raises FileFault with a sentence, Cancelled;
    nothing is left of `target` then."""  # fmt: skip
    if os.path.lexists(long_path(target)):
        raise FileFault(tr("{file} is there already.", file=os.path.basename(target)))
    try:
        process = processes.started(ARGUMENT, is_polite)
    except OSError as fault:
        raise FileFault(tr("No process could be started for it: {reason}.", reason=plain_reason(fault))) from fault
    with contextlib.ExitStack() as taken_back:
        taken_back.callback(_remove, target)
        taken_back.callback(processes.end, process)  # before its file is removed
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps({"source": source, "target": target}).encode() + b"\n")
            process.stdin.flush()
        while line := process.stdout.readline():
            work.check()
            try:
                values = json.loads(line)
            except ValueError as fault:  # it ended in the middle of a line
                raise FileFault(_gave_up()) from fault
            if "done" not in values:
                made = _made(values)
                taken_back.pop_all()
                processes.end(process)
                return made
            told(values["done"], values["total"])
        raise FileFault(_gave_up())


def _made(values: dict[str, Any]) -> Made:
    if "fault" in values:
        raise FileFault(str(values["fault"]))
    return Made(int(values["tensors"]), int(values["size"]), tuple(map(str, values["left"])))
