"""Measures what it takes to find out which local models are what on Civitai: requests and time, for many tiny models beside a double.

`python tests/bench/match.py [--models 3000] [--missing 129] [--previews]` makes a library in a temporary folder, fetches details for all of
it, then again, and looks for updates. The figures are of the program's own work: the double answers at once.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "core")]

from library_case import Library  # noqa: E402
from match_case import BY_HASH, MODELS, SINGLE, MatchCase, lora  # noqa: E402

from model_manager.core.hashes.compute import ALL, CHEAP, compute  # noqa: E402
from model_manager.core.tasks.hashing import hash_tasks  # noqa: E402
from model_manager.core.tasks.updates import updates_task  # noqa: E402
from model_manager.core.work import Work  # noqa: E402
from tests.double import Double  # noqa: E402


def figures(case: MatchCase, what: str, began: float) -> None:
    """Print one line: seconds and requests since the log was emptied."""
    seconds = time.perf_counter() - began
    by_hash, models = case.calls(BY_HASH), case.calls(MODELS)
    calls = f"{by_hash} by-hash in hundreds, {case.calls(SINGLE)} single, {models} models, {len(case.double.log)} in all"
    print(f"{what:<28} {seconds:7.2f} s   {calls}", flush=True)
    case.double.forget()


def throughput(folder: Path, megabytes: int = 512) -> None:
    """Print how fast one file is hashed, from the system's memory."""
    path = folder / "big.safetensors"
    with open(path, "wb") as file:
        file.write(lora("big"))
        for _ in range(megabytes):
            file.write(bytes(1 << 20))
    for name, wanted in (("all six hashes", ALL), ("SHA-256 alone", CHEAP)):
        began = time.perf_counter()
        compute(str(path), Work(), wanted)
        print(f"{name:<28} {megabytes * 1.048576 / (time.perf_counter() - began):7.0f} MB/s")
    path.unlink()


def main() -> None:
    """Make the library and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=3000)
    parser.add_argument("--missing", type=int, default=129)
    parser.add_argument("--previews", action="store_true")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="match-")))
        throughput(folder)
        double = stack.enter_context(Double())
        case = MatchCase(folder, Library(folder), double)
        for number in range(chosen.models):
            name = f"{number % 50}/m{number:05}.safetensors"
            if number < chosen.missing:
                case.put(name, lora(name))
            else:
                case.both(name)
        began = time.perf_counter()
        case.library.scan()
        figures(case, "first scan", began)
        paths = [record.path for record in case.records().values()]
        began = time.perf_counter()
        case.run(*hash_tasks(case.data, paths, False, Work()))
        figures(case, "hashing", began)
        for name in ("details", "details again"):
            began = time.perf_counter()
            case.fetch(paths, previews=chosen.previews)
            figures(case, name, began)
            print(f"  {case.task.state}: {case.task.note}")
        began = time.perf_counter()
        case.run(updates_task(case.data))
        figures(case, "updates", began)


if __name__ == "__main__":
    main()
