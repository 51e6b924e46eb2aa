"""200 small downloads, eight at once, with every fault there is: what ended how, what was loaded twice, what should not be there.

    python tests/bench/storm.py [--count 200] [--seed 1] [--folder DIR]
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.storm import storm


def main() -> int:
    """Run and print; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where it happens; a temporary folder without it")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=chosen.folder))
    try:
        report = storm(folder, chosen.count, chosen.seed, at_once=8, seconds=400)
    finally:
        shutil.rmtree(folder)
    print(f"{chosen.count} downloads, {report.size / 1e6:.0f} MB, in {report.seconds:.0f} s: {dict(report.states)}")
    print(f"{report.requests} requests, {report.sent / 1e6:.1f} MB of files sent")
    for sort, count in report.twice.items():
        print(f"  {sort:20} {count / 1e3:9.0f} kB sent twice")
    print("\n".join(report.wrong) or "nothing is wrong")
    return int(bool(report.wrong))


if __name__ == "__main__":
    sys.exit(main())
