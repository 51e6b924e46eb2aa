"""How long the journal takes to rename many families in one folder, against the least that any journal could take.

`python tests/bench/rename.py [FAMILIES]`. The floor: rows with both names in batches of 500, each on the disk before its files are renamed
by a bare `os.rename`. It prints both times (best of several), their ratio, and what undoing takes.
"""

import argparse
import gc
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, MOVE, Act, Plan, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work

T = TypeVar("T")
ENDINGS = (".safetensors", ".info", ".preview.png")
BATCH = 500


def make(folder: Path, families: int) -> None:
    """Families of three files with names as they are."""
    for number in range(families):
        for ending in ENDINGS:
            (folder / f"some model name v{number}{ending}").write_bytes(b"x" * 100)


def pairs(folder: Path, families: int) -> list[list[tuple[str, str]]]:
    """(old, new) of each family's files."""
    old, new = str(folder / "some model name v"), str(folder / "another name of model ")
    return [[(f"{old}{number}{ending}", f"{new}{number}{ending}") for ending in ENDINGS] for number in range(families)]


def floor(folder: Path, data: Path, families: int) -> float:
    """Seconds of bare renames, each batch written down before."""
    return bare([pair for family in pairs(folder, families) for pair in family], data)


def bare(files: Sequence[tuple[str, str]], data: Path) -> float:
    """Seconds it takes to write (old, new) names down in batches, each on the disk before its files are renamed, and to rename them."""
    begin = time.perf_counter()
    with sqlite3.connect(data / "floor.sqlite", isolation_level=None) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE renames (old TEXT, new TEXT)")
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            db.execute("BEGIN")
            db.executemany("INSERT INTO renames VALUES (?, ?)", batch)
            db.execute("COMMIT")
            for old, new in batch:
                os.rename(old, new)
    db.close()
    return time.perf_counter() - begin


def journal(folder: Path, data: Path, families: int) -> tuple[float, float]:
    """Seconds of doing and of undoing."""
    acts = tuple(
        Act(
            os.path.basename(family[0][0]),
            tuple(Step(MOVE, old, new) for old, new in family),
            family[0][0],
            family[0][1],
            "before",
            "after",
        )
        for family in pairs(folder, families)
    )
    begin = time.perf_counter()
    report = carrying.carry_out(data, Plan("rename", "Rename", acts=acts), Work())
    done = time.perf_counter() - begin
    assert report.count(ACT_DONE) == families
    begin = time.perf_counter()
    back = carrying.take_back(data, report.change, Work())
    undone = time.perf_counter() - begin
    assert back.count(ACT_UNDONE) == families
    return done, undone


def fresh(top: Path, families: int, measure: Callable[[Path, Path, int], T]) -> T:
    """Measure with new files and a new data folder."""
    place = Path(tempfile.mkdtemp(dir=top))
    folder, data = place / "models", place / "data"
    folder.mkdir()
    data.mkdir()
    make(folder, families)
    os.sync()
    gc.collect()
    found = measure(folder, data, families)
    shutil.rmtree(place)
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="?", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=None, help="where to make the files")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # as the command line has it; the window looks for garbage at rest only
    with tempfile.TemporaryDirectory(dir=options.folder) as top:
        floors, dones, undones = [], [], []
        for _ in range(options.times):
            floors.append(fresh(Path(top), options.families, floor))
            done, undone = fresh(Path(top), options.families, journal)
            dones.append(done)
            undones.append(undone)
    files = options.families * len(ENDINGS)
    for name, times in (("bare rename and a journal write per batch", floors), ("carried out", dones), ("undone", undones)):
        print(f"{name:44} {min(times):6.2f} s  {min(times) / files * 1e6:6.1f} us a file  {min(times) / min(floors):5.2f} x")
    print("all runs:", " ".join(f"{floor:.2f}/{done:.2f}/{undone:.2f}" for floor, done, undone in zip(floors, dones, undones, strict=True)))


if __name__ == "__main__":
    main()
