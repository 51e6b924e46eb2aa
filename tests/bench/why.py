"""Tells where the window's thread was in its longest steps, what it waited for, and how long garbage was looked for meanwhile.

Used by measurements of the window. An alarm looks every millisecond at what Python runs in the window's thread, which costs it a little
itself; a thread that looks on would hold frames, and with them destroy what belongs to the window.
"""

import gc
import os
import signal
import threading
import time
from collections import Counter
from types import FrameType


class Queue:
    """How long the main thread has waited for a core, which on a busy machine is most of what makes a frame late."""

    def __init__(self) -> None:
        try:
            self._told = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)  # Linux
        except OSError:
            self._told = -1

    def waited(self) -> float:
        """Milliseconds since it began; 0 where the system does not tell."""
        return int(os.pread(self._told, 100, 0).split()[1]) / 1e6 if self._told >= 0 else 0.0


class Garbage:
    """Searches for garbage since it was last asked: the longest in milliseconds, and how many."""

    def __init__(self) -> None:
        self._begun = 0.0
        self._found: list[float] = []
        gc.callbacks.append(self._hear)

    def _hear(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._begun = time.thread_time()
        else:
            self._found.append((time.thread_time() - self._begun) * 1000)

    def take(self) -> tuple[float, int]:
        """The longest one by processor time, and how many there were."""
        found, self._found = self._found, []
        return max(found, default=0.0), len(found)


class Why:
    """Samples of the main thread. Tell each step with `step`; `told` names what the long ones were in."""

    def __init__(self, long_ms: float) -> None:
        self._long = long_ms
        self._samples: list[str] = []
        self._found: list[tuple[float, Counter[str]]] = []
        signal.signal(signal.SIGALRM, lambda _, frame: self._samples.append(" < ".join(_names(frame))))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)

    def step(self, processor: float) -> None:
        """A step ended that took so many milliseconds of processor time."""
        samples, self._samples = self._samples, []
        if processor > self._long:
            self._found.append((processor, Counter(samples)))

    def told(self, most: int = 4) -> list[str]:
        """The longest steps since the last time and where they were."""
        found, self._found = sorted(self._found, key=lambda one: -one[0]), []
        lines = [f"{len(found)} steps over {self._long:.0f} ms of processor"] if found else []
        for took, samples in found[:most]:
            lines.append(f"  {took:.1f} ms")
            lines += [f"    {count:4} {where}" for where, count in samples.most_common(3)]
        return lines


def _names(frame: FrameType | None) -> list[str]:
    found = []
    while frame is not None and len(found) < 6:
        code = frame.f_code
        found.append(f"{code.co_filename.rsplit('/', 1)[-1].removesuffix('.py')}.{code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return found
