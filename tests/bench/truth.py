"""Compares what the program says of a library with the ground truth of make_library.py: false alarms, misses, mismatches per field.

`python tests/bench/truth.py OUT --list list.jsonl --check check.jsonl`; without files it runs the program itself. Ends with 1 when
anything differs. It reads only.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]
Found = tuple[str, str]  # what sort of difference, and where
_SHOWN = 5


def main() -> int:
    """Read the command line, compare, print; 0 when all agrees, 1 when not."""
    options = _options()
    truth = [json.loads(line) for line in (options.out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    summary = json.loads((options.out / "summary.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as data:
        listed = _rows(options.list, options.command, "list", summary["arguments"], options.data_dir or data)
        checked = _rows(options.check, options.command, "check", summary["arguments"], options.data_dir or data)
    found = [*compare_list(truth, listed, summary["absent"]), *compare_check(truth, checked)]
    return _report(found, len(truth), len(listed), len(checked))


def compare_list(truth: list[Record], listed: list[Record], absent: list[str]) -> Iterator[Found]:
    """Yield every difference between the manifest and the rows of `list --json`."""
    by_path = {path: record for record in truth for path in record["places"]}
    seen: collections.Counter[int] = collections.Counter()
    for row in listed:
        record = by_path.get(row["path"])
        if record is None:
            yield ("listed though it must not be" if row["path"] in absent else "listed, unknown to the manifest"), row["path"]
            continue
        seen[id(record)] += 1
        for name, differs in FIELDS.items():
            if differs(record, row):
                note = record["note"] or "sound"
                yield f"field {name}", f"{row['path']}: expected {_expected(record, name)!r}, got {row.get(name)!r} ({note})"
    for record in truth:
        count = seen[id(record)]
        if count == 0 and not record["optional"]:
            yield "missing from the list", f"{record['path']} ({record['note'] or 'sound'})"
        if count > 1 and not record.get("may_be_split"):
            yield "listed more than once", record["path"]


def compare_check(truth: list[Record], checked: list[Record]) -> Iterator[Found]:
    """Yield false alarms, misses and wrong verdicts of `check --json`."""
    by_path = {path: record for record in truth for path in record["places"]}
    seen = set()
    for row in checked:
        record = by_path.get(row["path"])
        if record is None:
            yield "checked, unknown to the manifest", row["path"]
            continue
        seen.add(id(record))
        if row["verdict"] in record["verdict"]:
            continue
        sort = "false alarm" if record["verdict"] == ["ok"] else "fault missed" if row["verdict"] == "ok" else "wrong verdict"
        yield sort, f"{row['path']}: expected {record['verdict']}, got {row['verdict']}: {row.get('reason')} ({record['note'] or 'sound'})"
    for record in truth:
        if id(record) not in seen and not record["optional"]:
            yield "missing from the check", record["path"]


def _path_names(value: object) -> set[str]:
    """Return places or sidecars as a set of texts, whether they come as texts or as objects with a path."""
    items = value if isinstance(value, list) else []
    return {str(item.get("path") if isinstance(item, dict) else item) for item in items}


def _kind(record: Record, row: Record) -> bool:
    return row["kind"] not in record["kind"]


def _comfyui_name(record: Record, row: Record) -> bool:
    return record["comfyui_name"] is not None and row["comfyui_name"] != record["comfyui_name"]


def _size(record: Record, row: Record) -> bool:
    return bool(row["size"] != record["size"])


def _mtime(record: Record, row: Record) -> bool:
    return bool(abs(row["mtime"] - record["mtime"]) > 0.01)


def _format(record: Record, row: Record) -> bool:
    return record["format"] is not None and row["format"] != record["format"]


def _architecture(record: Record, row: Record) -> bool:
    if record["architecture"] is None or record["verdict"] != ["ok"]:
        return False
    said = re.sub(r"[^a-z0-9]", "", (row["architecture"] or "").lower())
    return not any(word in said for word in record["architecture"])


def _base_model(record: Record, row: Record) -> bool:
    return record["base_model"] is not None and (row["base_model"] or "") not in record["base_model"]


def _preview(record: Record, row: Record) -> bool:
    said = row["preview"] or ""
    if isinstance(said, dict):
        said = said.get("path") or ""
    if record["preview"] == "embedded":
        return not (said.startswith("embedded") or any(said.startswith(path) for path in record["places"]))
    return bool(os.path.basename(said) != record["preview"])


def _sidecars(record: Record, row: Record) -> bool:
    return {os.path.basename(name) for name in _path_names(row["sidecars"])} != set(record["sidecars"])


def _split(words: list[str]) -> set[str]:
    return {part.strip() for word in words for part in word.split(",") if part.strip()}


def _trigger_words(record: Record, row: Record) -> bool:
    return record["trigger_words"] is not None and _split(row["trigger_words"]) != _split(record["trigger_words"])


def _tags(record: Record, row: Record) -> bool:
    said = {str(tag[0] if isinstance(tag, list) else tag).casefold() for tag in row["tags"]}
    return record["tags"] is not None and not {tag.casefold() for tag in record["tags"]} <= said


def _places(record: Record, row: Record) -> bool:
    said = _path_names(row["places"])
    return not (said and said <= set(record["places"])) if record.get("may_be_split") else said != set(record["places"])


def _problems(record: Record, row: Record) -> bool:
    said = {str(item.get("code") if isinstance(item, dict) else item) for item in row["problems"]}
    if record["problems"] is None:
        return bool(said - set(record["verdict"]))
    return said != set(record["problems"])


def _expected(record: Record, name: str) -> object:
    return record["verdict"] if record[name] is None else record[name]


FIELDS: dict[str, Callable[[Record, Record], bool]] = {
    "kind": _kind,
    "comfyui_name": _comfyui_name,
    "size": _size,
    "mtime": _mtime,
    "format": _format,
    "architecture": _architecture,
    "base_model": _base_model,
    "preview": _preview,
    "sidecars": _sidecars,
    "trigger_words": _trigger_words,
    "tags": _tags,
    "places": _places,
    "problems": _problems,
}


def _rows(file: Path | None, command: str, verb: str, arguments: list[str], data_dir: str) -> list[Record]:
    """Return the rows of a file, or of the program run now."""
    if file is not None:
        text = file.read_text(encoding="utf-8")
    else:
        words = [*command.split(), verb, "--json", *arguments, "--data-dir", data_dir]
        done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
        text = done.stdout
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _report(found: list[Found], truth: int, listed: int, checked: int) -> int:
    groups: dict[str, list[str]] = {}
    for sort, where in found:
        groups.setdefault(sort, []).append(where)
    print(f"{truth} models in the manifest, {listed} listed, {checked} checked, {len(found)} differences")
    for sort, places in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"\n{sort}: {len(places)}")
        for place in places[:_SHOWN]:
            print(f"  {place}")
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="a library of make_library.py")
    parser.add_argument("--list", type=Path, help="output of `list --json`")
    parser.add_argument("--check", type=Path, help="output of `check --json`")
    parser.add_argument("--command", default=f"{sys.executable} -m model_manager", help="how to run the program")
    parser.add_argument("--data-dir", help="index to use; a new one when left out")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
