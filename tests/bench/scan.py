"""Measures scans of a library against F: one os.scandir per folder and one stat per file, all of it, taken in the same round.

`python tests/bench/scan.py /tmp/lib --rounds 5` prints milliseconds and ratios, lowest and median: the first scan as a command and in
this process, the first rows told to a screen, an unchanged library looked at quickly and in full. It reads only.
"""

import argparse
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from model_manager.core.errors import Cancelled  # noqa: E402
from model_manager.core.library.index import Index  # noqa: E402
from model_manager.core.library.index_place import usable_index  # noqa: E402
from model_manager.core.library.roots import Roots, collect  # noqa: E402
from model_manager.core.library.scanner import Batch, ScanResult, quick_check, scan  # noqa: E402
from model_manager.core.work import Work  # noqa: E402

Figures = dict[str, list[float]]  # milliseconds, one a round


def floor(top: str) -> float:
    """List every folder below `top` once and ask for every file once; milliseconds."""
    start = time.perf_counter()
    folders = [top]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
    return (time.perf_counter() - start) * 1000


def timed(function: Callable[[], object]) -> tuple[float, object]:
    """Milliseconds a call took, and its result."""
    start = time.perf_counter()
    found = function()
    return (time.perf_counter() - start) * 1000, found


def command(arguments: list[str], data: str) -> float:
    """A scan by a program of its own, from its start to its end."""
    words = [sys.executable, "-m", "model_manager", "scan", "--json", *arguments, "--data-dir", data]
    return timed(lambda: subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL, check=True))[0]


def first_rows(roots: Roots) -> float:
    """From the start of a first scan to the first batch with rows, as beside a window; the scan is then stopped."""
    work, told = Work(), [0.0]
    start = time.perf_counter()

    def emit(batch: Batch) -> None:
        if batch.rows and not told[0]:
            told[0] = (time.perf_counter() - start) * 1000
            work.cancel()

    with tempfile.TemporaryDirectory() as data, Index(usable_index(Path(data))[0]) as index:
        start = time.perf_counter()
        with contextlib.suppress(Cancelled):
            scan(index, roots.groups, work, emit)
    return told[0]


def one_round(top: str, arguments: list[str], roots: Roots, figures: Figures) -> None:
    """Take every figure once."""

    def note(what: str, milliseconds: float) -> None:
        figures.setdefault(what, []).append(milliseconds)

    note("F", min(floor(top) for _ in range(3)))
    with tempfile.TemporaryDirectory() as data:
        note("first scan, command", command(arguments, data))
    note("first rows", first_rows(roots))
    with tempfile.TemporaryDirectory() as data, Index(usable_index(Path(data))[0]) as index:
        note("first scan, here", timed(lambda: scan(index, roots.groups, Work(), None))[0])
        for _ in range(3):  # the first one after a scan finds the caches of the processor cold
            note("quick check", timed(lambda: quick_check(index, Work()))[0])
            milliseconds, found = timed(lambda: scan(index, roots.groups, Work(), None))
            note("full rescan", milliseconds)
        assert isinstance(found, ScanResult)
        note("opened", found.opened)
    note("F", min(floor(top) for _ in range(3)))


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path, help="a library of make_library.py")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    top = str(chosen.library.resolve())
    arguments = json.loads((chosen.library / "summary.json").read_text(encoding="utf-8"))["arguments"]
    found = argparse.ArgumentParser()
    found.add_argument("--comfyui", action="append", default=[])
    found.add_argument("--extra-model-paths-config", action="append", default=[], dest="configs")
    named = found.parse_args(arguments)
    roots = collect(named.comfyui, named.configs)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # as the command line sets it
    figures: Figures = {}
    for _ in range(chosen.rounds):
        one_round(top, arguments, roots, figures)
    f_low, f_middle = min(figures["F"]), statistics.median(figures["F"])
    print(f"{'F':22} {f_low:7.0f} ms lowest {f_middle:7.0f} ms median")
    print(f"{'files opened by rescans':22} {max(figures.pop('opened')):7.0f}")
    for what, values in figures.items():
        if what != "F":
            low, middle = min(values), statistics.median(values)
            print(f"{what:22} {low:7.0f} ms lowest {middle:7.0f} ms median   {low / f_low:6.2f} F lowest {middle / f_middle:6.2f} F median")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
