"""The commands of the command line: scan, list, show, check, folders.

Called by cli with parsed arguments; prints the answer and returns the exit code. Uses the same core as the window and no Qt.
"""

import argparse
import dataclasses
import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model_manager.core.errors import BadConfig
from model_manager.core.formats.health import judge
from model_manager.core.formats.read import read_facts
from model_manager.core.library import catalogue
from model_manager.core.library.entry import ModelRecord, Root
from model_manager.core.library.folder_states import report
from model_manager.core.library.index import Index, IndexDamaged, set_aside
from model_manager.core.library.index_place import usable_index
from model_manager.core.library.places import by_listing
from model_manager.core.library.query import parse
from model_manager.core.library.records import read_record
from model_manager.core.library.roots import Roots, collect
from model_manager.core.library.rows import stem_of
from model_manager.core.library.scanner import ScanResult, quick_check, scan
from model_manager.core.paths import data_dir
from model_manager.core.settings import load_settings
from model_manager.core.tidy.following import follow
from model_manager.core.words import tr
from model_manager.core.work import Work


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # a scan makes many small things and hardly any circles of them
    path, notice = usable_index(data_dir())
    if notice:
        _complain(notice)
    try:
        return _carry_out(chosen, path)
    except IndexDamaged as fault:  # damage in the middle shows itself only when that part is read
        _complain(fault.text)
        set_aside(path)
        return _carry_out(chosen, path)


def _carry_out(chosen: argparse.Namespace, path: Path) -> int:
    with Index(path) as index:
        roots = roots_for(chosen, data_dir(), index.roots())
        command = {"scan": _scan, "list": _list, "show": _show, "check": _check, "folders": _folders}[chosen.command]
        return command(chosen, index, roots)


def roots_for(chosen: argparse.Namespace, folder: Path, known: Mapping[Root, str]) -> Roots:
    """The roots named by the arguments, else by the settings; raises BadConfig when there are none."""
    settings, _ = load_settings(folder)
    installs, configs = list(chosen.comfyui), list(chosen.extra_model_paths_config)
    own: list[tuple[str, str]] = []
    off: list[str] = []
    if chosen.demo:
        from model_manager.core.demo import build_demo

        installs.append(str(build_demo(folder / "demo")))
    if not installs and not configs:
        installs, configs = list(settings.comfyui_dirs), list(settings.config_files)
        own, off = [(kind, path) for kind, path in settings.own_folders], settings.folders_off
    if not installs and not configs and not own:
        raise BadConfig(tr("No folder is known yet. Name one with --comfyui, or start the window and choose one."))
    return collect(installs, configs, own, tuple(known), off)


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


def update_index(index: Index, roots: Roots, is_quick: bool = False) -> ScanResult:
    """Look through the folders; what could not be saved is said on stderr."""
    only = quick_check(index, Work()) if is_quick and index.roots() else None
    result = scan(index, roots.groups, Work(), None, only)
    follow(data_dir(), result.moves)
    if result.unsaved:
        _complain(result.unsaved)
    return result


def _scan(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    result = update_index(index, roots, chosen.quick)
    models, by_kind = index.totals()
    problems = [{"path": fault.path, "code": "away" if fault.is_away else "unreadable", "text": fault.reason} for fault in result.faults]
    problems += [{"path": path, "code": "link_broken", "text": tr("This link leads nowhere.")} for path in result.broken_links]
    problems += [{"path": item.file, "code": "bad_config", "text": item.text} for item in roots.problems]
    problems += index_problems(index)
    answer = {
        "models": models, "added": result.added, "changed": result.changed, "removed": result.removed, "by_kind": by_kind,
        "problems": problems, "opened": result.opened, "away": result.away, "seconds": round(result.seconds, 4),
    }  # fmt: skip
    if chosen.json:
        print(json.dumps(answer))
    else:
        print(tr("{models} models: {added} new, {changed} changed, {removed} gone, {problems} problems. {seconds} s",
                 **{**answer, "problems": len(problems)}))  # fmt: skip
    return 0


def index_problems(index: Index) -> list[dict[str, str]]:
    """The models with a problem, as the scan answer lists them."""
    records = (read_record(index, row.id) for row in list(index.rows()) if row.problem)
    found = [(record.path, record.problems[0]) for record in records if record is not None and record.problems]
    return [{"path": path, "code": problem.code, "text": problem.text} for path, problem in found]


def _list(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    query = query_of(chosen)
    if not chosen.no_scan:
        update_index(index, roots)
    for record in catalogue.records(index, query):
        if chosen.json:
            print(json.dumps(as_listed(record)))
        else:
            print(f"{record.kind}\t{_comfyui_name(record) or os.path.basename(record.path)}\t{record.size}")
    return 0


def query_of(chosen: argparse.Namespace) -> str:
    """The words of the search, put together again; raises BadQuery before anything is looked at."""
    text = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in chosen.query)
    parse(text)
    return text


def _show(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    if not chosen.no_scan:
        update_index(index, roots)
    id_ = catalogue.find_model(index, chosen.path)
    record = read_record(index, id_) if id_ is not None else None
    if record is None:
        _complain(tr("There is no model at {path} in the library.", path=chosen.path))
        return 1
    answer = as_listed(record) | {"facts": dataclasses.asdict(record.facts), "details": _plain(record.details)}
    if chosen.json:
        print(json.dumps(answer))
    else:
        print("\n".join(_lines(answer)))
    return 0


def _lines(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield f"{indent}{name}:"
            yield from _lines(item, indent + "  ")
        elif item not in ("", None, [], (), 0, False):
            yield f"{indent}{name}: {item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)}"


def _check(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    query = query_of(chosen)
    update_index(index, roots)
    is_bad = False
    for record in catalogue.records(index, query):
        facts = read_facts(record.path, record.size, is_thorough=True)
        verdict, reason = judge(facts, os.path.basename(record.path), record.kind)
        is_bad |= verdict != "ok"
        if chosen.json:
            print(json.dumps({"path": record.path, "verdict": verdict, "reason": reason}))
        elif verdict != "ok":
            print(f"{verdict}\t{record.path}\t{reason}")
    return int(is_bad)


def _folders(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    for folder in report(roots, index.used_roots()):
        if chosen.json:
            print(json.dumps(dataclasses.asdict(folder)))
        else:
            print(f"{folder.state}\t{folder.kind}\t{folder.path}\t{folder.reason}")
    return 0


def as_listed(record: ModelRecord) -> dict[str, Any]:
    """A record as `list --json` gives it; the fields are kept for scripts."""
    facts, details = record.facts, record.details
    preview = record.previews[0] if record.previews else None
    return {
        "path": record.path, "name": record.name, "kind": record.kind, "comfyui_name": _comfyui_name(record), "size": record.size,
        "mtime": record.modified, "format": facts.format, "architecture": facts.architecture,
        "base_model": details.base_model or facts.base_model, "preview": preview.path if preview else None,
        "preview_sort": preview.sort if preview else None, "sidecars": list(record.sidecars), "tags": list(details.tags),
        "trigger_words": list(details.trigger_words), "places": [dataclasses.asdict(place) for place in record.places],
        "problems": [dataclasses.asdict(problem) for problem in record.problems], "file": os.path.basename(record.path),
        "stem": stem_of(os.path.basename(record.path)), "version": details.version, "author": details.author,
        "precision": facts.precision, "parameters": facts.parameters, "added": record.added, "is_away": record.is_away,
        "favourite": details.favourite, "listed": any(place.listed for place in record.places),
    }  # fmt: skip


def _comfyui_name(record: ModelRecord) -> str | None:
    """The name as ComfyUI spells it: relative to its root. A place that ComfyUI's own list shows comes before one only nodes know."""
    places = by_listing(record.places)
    return places[0].name if places else None


def _plain(details: Any) -> dict[str, Any]:
    return {field.name: _json_ready(getattr(details, field.name)) for field in dataclasses.fields(details)}


def _json_ready(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return [_json_ready(item) for item in value] if isinstance(value, tuple) else value
