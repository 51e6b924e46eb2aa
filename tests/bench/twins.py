"""Measures the search for duplicates over thousands of small models: pairs with the same weights in other clothes, and near misses.

`python tests/bench/twins.py [--twins 10000] [--seed 1]` makes as many pairs, each with a third file that is nearly the same, in a temporary
folder, scans it, and searches twice. It prints what was found, what was missed, what was found though it is none, and the times; it ends
with 1 when anything was missed or is false.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from itertools import combinations
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "core")]

from library_case import Library  # noqa: E402
from twins_case import GGUF_NEARLY, GGUF_TWINS, NEARLY, TWINS, Tensor, gguf, safetensors, tensors  # noqa: E402

from model_manager.core.twins.finding import find  # noqa: E402
from model_manager.core.twins.records import SAME_WEIGHTS, Found  # noqa: E402
from model_manager.core.work import Work  # noqa: E402

OF_ONE_TRAINER = 40  # pairs in a row whose tables of tensors are the same, and all of whose bytes but a few


def make(root: Path, count: int, random: Random) -> tuple[set[tuple[str, str]], Counter[str]]:
    """Write the files; returns the pairs of names that are twins, and how many there are of each sort."""
    pairs, sorts = set(), Counter[str]()
    held: list[Tensor] = []
    for number in range(count):
        if number % OF_ONE_TRAINER == 0:
            is_large = number // OF_ONE_TRAINER % 8 == 0  # more than the samples that are compared first
            held = tensors(random, random.randrange(2, 6), (64, 128) if is_large else (4, 8))
        first = held[0]
        held = [Tensor(first.name, first.dtype, first.shape, random.randbytes(8) + first.data[8:]), *held[1:]]
        is_gguf = number % 5 == 4
        twins, nearly = (GGUF_TWINS, GGUF_NEARLY) if is_gguf else (TWINS, NEARLY)
        ending = "gguf" if is_gguf else "safetensors"
        twin, near = list(twins)[number // 5 % len(twins)], list(nearly)[number // 7 % len(nearly)]
        folder = root / f"{number // 500:03}"
        folder.mkdir(exist_ok=True)
        base = gguf(held, {"general.name": "base"}) if is_gguf else safetensors(held, {"format": "pt"})
        for part, data in (("a", base), ("b", twins[twin](held, random)), ("c", nearly[near](held, random))):
            (folder / f"{number:06}{part}.{ending}").write_bytes(data)
        pairs.add((f"{number:06}a.{ending}", f"{number:06}b.{ending}"))
        sorts.update((f"twin, {ending}: {twin}", f"near miss, {ending}: {near}"))
    return pairs, sorts


def pairs_of(found: Found) -> set[tuple[str, str]]:
    """All pairs in the groups of the same weights."""
    groups = [sorted(Path(one.real).name for one in group.members) for group in found.of(SAME_WEIGHTS)]
    return {pair for group in groups for pair in combinations(group, 2)}


def main() -> int:
    """Make the files and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--twins", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="twins-") as name:
        library = Library(Path(name))
        wanted, sorts = make(library.root(), chosen.twins, Random(chosen.seed))
        for sort, count in sorted(sorts.items()):
            print(f"  {count:6} {sort}")
        began = time.perf_counter()
        library.scan()
        print(f"{3 * chosen.twins} files; scanned in {time.perf_counter() - began:.1f} s", flush=True)
        found = Found()
        for what in ("first search", "second search"):
            began = time.perf_counter()
            found = find(library.data, library.path, Work())
            print(f"{what}: {time.perf_counter() - began:.1f} s, {found.read / 1e6:.1f} MB read, {len(found.unread)} could not be read")
        got = pairs_of(found)
        print(f"twins {len(wanted)}, found {len(got & wanted)}, missed {len(wanted - got)}, false {len(got - wanted)}")
        for what, pairs in (("missed", wanted - got), ("false", got - wanted)):
            print(*(f"  {what}: {one} {other}" for one, other in sorted(pairs)[:10]), sep="\n", end="\n" if pairs else "")
        return int(got != wanted)


if __name__ == "__main__":
    sys.exit(main())
