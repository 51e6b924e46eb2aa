"""Kills the program at random moments of organising a thousand files, and says whether anything was lost or left half done.

`python tests/bench/journal_kills.py [ROUNDS]`. Ends with 1 if anything is wrong.
"""

import argparse
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO), str(REPO / "tests" / "core")]

from tests.journal_kills import kill_often  # noqa: E402


def main() -> int:
    """Kill, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=200)
    parser.add_argument("--families", type=int, default=334)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where to make the files")
    options = parser.parse_args()
    kills = kill_often(options.rounds, options.families, options.seed, options.folder)
    print(f"{kills.rounds} rounds of {3 * options.families} files; a family was in between at {kills.halves} of the kills")
    print("what came then:", ", ".join(f"{name} {count}" for name, count in sorted(kills.ends.items())))
    print("families settled before the kill, by tenths:", dict(sorted(kills.moments.items())))
    print(f"wrong: {len(kills.wrong)}", *kills.wrong[:20], sep="\n  ")
    return bool(kills.wrong)


if __name__ == "__main__":
    sys.exit(main())
