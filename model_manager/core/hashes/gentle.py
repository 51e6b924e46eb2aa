"""Reads that give way to those of other programs: the system's own low priority for disks, never a slower thread.

Used while hashes are made. A thread of lower priority would keep the window waiting for the interpreter (ARCHITECTURE.md); the priority
of a read does not. Where a system has none, nothing happens and nothing fails.
"""

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Linux: ioprio_set(2), of the calling thread; best effort class, lowest of its eight levels (idle may wait for ever)
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "arm64": 30}
_WHO_THREAD, _USUAL, _LOWEST = 1, 0, (2 << 13) | 7
# macOS: setiopolicy_np(3), disk, calling thread
_DISK, _THREAD, _DEFAULT_POLICY, _UTILITY = 0, 1, 0, 4
# Windows: SetFileInformationByHandle with FileIoPriorityHintInfo, IoPriorityHintLow
_PRIORITY_HINT, _LOW = 12, 1


@contextmanager
def gentle_reads(handle: int) -> Iterator[None]:
    """Let the reads of this thread (on Windows: of this open file) give way to others while inside."""
    if sys.platform == "win32":
        _lower_handle(handle)
        yield
        return
    _set(_LOWEST, _UTILITY)
    try:
        yield
    finally:
        _set(_USUAL, _DEFAULT_POLICY)


def _set(level: int, policy: int) -> None:
    with suppress(OSError, AttributeError):  # a C library without it
        library = ctypes.CDLL(None)
        if sys.platform == "darwin":
            library.setiopolicy_np(_DISK, _THREAD, policy)
        elif number := _IOPRIO_SET.get(platform.machine()):
            library.syscall(number, _WHO_THREAD, 0, level)


def _lower_handle(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        hint = ctypes.c_int(_LOW)
        system = ctypes.c_void_p(msvcrt.get_osfhandle(handle))
        ctypes.windll.kernel32.SetFileInformationByHandle(system, _PRIORITY_HINT, ctypes.byref(hint), ctypes.sizeof(hint))
