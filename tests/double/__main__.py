"""Runs the double by hand or for a benchmark: `python -m tests.double --help`."""

import argparse
import json
import sys

from tests.double import Double, all_faults, faults


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.double", epilog="faults: " + ", ".join(all_faults()))
    parser.add_argument("--port", type=int, default=0, help="of the Civitai double; the next three are Hugging Face, GitHub and storage")
    parser.add_argument("--library", action="store_true", help="offer the models of the demo library")
    parser.add_argument("--many", action="store_true", help="and 240 more")
    parser.add_argument("--big", type=float, action="append", default=[], metavar="MIB", help="offer a file of that size; may be repeated")
    parser.add_argument("--faults", nargs="*", default=[], metavar="CALL", help='such as "cut(300000)"')
    parser.add_argument("--json", action="store_true", help="tell the addresses in JSON and end with the standard input")
    chosen = parser.parse_args()
    double = Double([eval(call, vars(faults)) for call in chosen.faults], chosen.library or chosen.many, chosen.many)
    double.open(chosen.port)
    urls = {f"big{place}": double.download_url(double.add_big(f"big{place}", size)) for place, size in enumerate(chosen.big)}
    if chosen.json:
        print(json.dumps({"environ": double.environ, "storage": double.storage, "urls": urls}), flush=True)
    else:
        print("\n".join(f"export {name}={value}" for name, value in double.environ.items()))
        print(f"key {double.key}\ntoken {double.token}", *urls.values(), sep="\n", flush=True)
    sys.stdin.readline()
    double.close()


if __name__ == "__main__":
    main()
