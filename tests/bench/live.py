"""Measures how soon a change on disk is in the grid, and whether a burst of files is taken in whole.

`python tests/bench/live.py LIBRARY` with a folder of make_library.py; the session (or `--window`, the whole window) runs here, another
process writes. It writes only into folders of its own, which it removes again.
"""

import argparse
import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from live_cases import CASES
from live_stage import OWN, Stage
from live_writer import Writer


def measure_cases(stage: Stage, writer: Writer, rounds: int, wanted: list[str]) -> list[float]:
    """Print the delays of each sort of change in milliseconds; return all."""
    base = f"{stage.library}/ComfyUI/models/loras/{OWN}"
    writer.do("makedirs", f"{base}/sub")
    writer.do("makedirs", f"{stage.library}/vault/lora/{OWN}")
    writer.do("makedirs", f"{stage.library}/{OWN} outside")
    stage.settle()
    everything: list[float] = []
    for name, case in CASES.items():
        if wanted and name not in wanted:
            continue
        delays = []
        for number in range(rounds):
            steps = case(stage, writer, base, f"{name} {number}")
            writer.start(*next(steps))
            stage.until(lambda: writer.is_ready)
            _, end = writer.end()
            claim = next(steps)
            try:
                delays.append((stage.until(claim, 8) - end) * 1000)
                next(steps, None)
            except TimeoutError:
                delays.append(float("inf"))
            stage.settle()
        everything += delays
        print(f"  {name:24} median {middle(delays, 0.5):6.0f}   95 % {middle(delays, 0.95):6.0f}   worst {max(delays):6.0f} ms", flush=True)
    return everything


def middle(values: list[float], part: float) -> float:
    """The value that `part` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure_burst(stage: Stage, writer: Writer, files: int, folders: int) -> None:
    """Print how long after a burst the index and the grid are as the disk is."""
    base = f"{stage.library}/ComfyUI/models/loras/{OWN} burst"
    before = len(stage.session.model.shelf)
    stage.clear()
    writer.start("burst", base, files, folders)
    stage.until(lambda: writer.is_ready)
    start, end = writer.end()
    during = len(stage.scans)
    grid = index = float("inf")
    with contextlib.suppress(TimeoutError):
        grid = stage.until(lambda: len(stage.session.model.shelf) == before + files) - end
        index = stage.until(lambda: _count(stage) == before + files) - end
    stage.settle()
    on_disk = {os.path.join(top, name) for top, _, names in os.walk(base) for name in names}
    report(f"{files} files into {folders} folders in {end - start:.1f} s", stage, grid, index, during)
    for name, found in (("index", stage.in_index()), ("grid", stage.in_grid())):
        mine = {path for path in found if path.startswith(base)}
        print(f"    {name} = disk: {mine == on_disk} ({len(on_disk - mine)} missing, {len(mine - on_disk)} too many)")
    stage.clear()
    writer.start("rmtree", base)
    stage.until(lambda: writer.is_ready)
    start, end = writer.end()
    during = len(stage.scans)
    grid = index = float("inf")
    with contextlib.suppress(TimeoutError):
        grid = stage.until(lambda: len(stage.session.model.shelf) == before) - end
        index = stage.until(lambda: _count(stage) == before) - end
    stage.settle()
    report(f"and removed again in {end - start:.1f} s", stage, grid, index, during)


def report(what: str, stage: Stage, grid: float, index: float, during: int) -> None:
    """Print the figures of a burst."""
    late = sum(gap > 0.0167 + 0.004 for gap in stage.gaps) / len(stage.gaps)
    seconds = " ".join(f"{result.seconds:.2f}" for _, result in stage.scans)
    print(
        f"  {what}: grid {grid:.2f} s after the end, index {index:.2f} s; {len(stage.scans)} scans ({during} meanwhile; {seconds} s), "
        f"{stage.hints} hints, {stage.lost} overflows; window still for {max(stage.gaps) * 1000:.0f} ms at most, {late:.1%} late, "
        f"{stage.news_seconds:.2f} s spent on rows",
        flush=True,
    )


def _count(stage: Stage) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{stage.session.index_path}?mode=ro", uri=True)) as index:
        return int(index.execute("SELECT COUNT(*) FROM models WHERE gone IS NULL").fetchone()[0])


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--burst", type=int, default=40_000, help="0: none")
    parser.add_argument("--folders", type=int, nargs="*", default=[1, 400], help="into how many folders the burst goes")
    parser.add_argument("--case", action="append", default=[], help="only these")
    parser.add_argument("--no-cases", action="store_true")
    parser.add_argument("--window", action="store_true", help="with the whole window")
    chosen = parser.parse_args()
    library = chosen.library.resolve()
    for folder in library.rglob(f"{OWN}*"):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as data:
        writer = Writer()
        start = time.monotonic()
        stage = Stage(library, Path(data), chosen.window)
        scanned = stage.until(lambda: stage.session.is_settled) - start
        watched = stage.until(lambda: bool(stage.watch)) - start
        print(f"{len(stage.session.model.shelf)} models; scanned after {scanned:.2f} s, watched after {watched:.2f} s: {stage.watch}")
        stage.settle()
        print(f"  window still for {max(stage.gaps) * 1000:.0f} ms at most", flush=True)
        try:
            if not chosen.no_cases:
                everything = measure_cases(stage, writer, chosen.rounds, chosen.case)
                print(f"all changes: median {middle(everything, 0.5):.0f}, 95 % {middle(everything, 0.95):.0f} ms", flush=True)
            for folders in chosen.folders if chosen.burst else ():
                measure_burst(stage, writer, chosen.burst, folders)
        finally:
            for text in stage.problems:
                print("problem:", text)
            writer.do("rmtree", f"{library}/ComfyUI/models/loras/{OWN}")
            for name in (f"ComfyUI/models/loras/{OWN}", f"ComfyUI/models/loras/{OWN} burst", f"vault/lora/{OWN}", f"{OWN} outside"):
                writer.do("rmtree", f"{library}/{name}")
            writer.close()
            print(f"closed in {stage.close():.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
