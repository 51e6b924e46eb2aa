"""The commands `backup` and `restore-backup`. Called by cli with parsed arguments; both look at the folders first, as `list` does.

A restore goes through the journal, so `undo` takes it back. Progress goes to stderr, what was done to stdout.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_manager.answers import complain, index_path
from model_manager.commands import query_of, roots_for, update_index
from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import ACT_FAILED, Plan, Report
from model_manager.core.library.index import Index
from model_manager.core.library.roots import Roots
from model_manager.core.library.scanner import scan
from model_manager.core.paths import data_dir
from model_manager.core.tidy.backup import would_back_up, write_backup
from model_manager.core.tidy.backup_gather import Backed, Options
from model_manager.core.tidy.backup_match import KEPT, NEW, REPLACED, SAME, Comparison, compare
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.tidy.carrying import carry_out, interrupted
from model_manager.core.tidy.restoring import plan_restore, sweep
from model_manager.core.words import tr, trn
from model_manager.core.work import Work


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    return {"backup": backup, "restore-backup": restore}[chosen.command](chosen)


def backup(chosen: argparse.Namespace) -> int:
    """Write an archive; 1 when a file could not be read."""
    query = query_of(chosen)
    index, _ = _looked(chosen)
    options = Options(query, chosen.history, not chosen.no_settings, chosen.replace)
    make = would_back_up if chosen.dry_run else write_backup
    work = Work(_progress)
    backed = make(data_dir(), index, chosen.file, options, work)
    _end_progress()
    if chosen.json:
        print(json.dumps(_as_json(backed, chosen.dry_run)))
    else:
        print(_sentence(backed, chosen.dry_run))
    for path, text in backed.faults:
        complain(f"{path}: {text}")
    return int(bool(backed.faults))


def _as_json(backed: Backed, is_dry: bool) -> dict[str, Any]:
    return {
        "path": backed.path, "models": backed.models, "files": backed.files, "earlier": backed.earlier, "size": backed.size,
        "archive": backed.archive, "dry_run": is_dry, "failed": [{"path": path, "text": text} for path, text in backed.faults],
    }  # fmt: skip


def _sentence(backed: Backed, is_dry: bool) -> str:
    count, size = f"{backed.files:,}", size_text(backed.archive or backed.size)
    models = trn("{count} model", "{count} models", backed.models)
    if is_dry:
        return tr("Would back up {count} files of {models}, {size}, to {path}.", count=count, models=models, size=size, path=backed.path)
    return tr("Backed up {count} files of {models}, {size}, to {path}.", count=count, models=models, size=size, path=backed.path)


def restore(chosen: argparse.Namespace) -> int:
    """Restore from an archive; 1 when something in it could not be."""
    data = data_dir()
    index, roots = _looked(chosen)
    work = Work(_progress)
    with Archive(chosen.file) as archive:
        found = compare(data, index, archive, chosen.rule, work, chosen.history)
        _end_progress()
        if chosen.dry_run:
            _print_found(chosen, found)
            return int(bool(found.faults))
        return _restored(chosen, data, index, roots, archive, found)


def _restored(chosen: argparse.Namespace, data: Path, index: Path, roots: Roots, archive: Archive, found: Comparison) -> int:
    """Carry plans out until nothing is left for a next one: each replaces so much only."""
    failed: dict[str, str] = {}
    plans: list[Plan] = []
    work = Work(_progress)
    try:
        while True:
            plan = plan_restore(data, archive, found, work, chosen.settings)
            plans.append(plan)
            if not plan.is_empty:
                report = carry_out(data, plan, work)
                _end_progress()
                failed |= {one.before or one.name: one.text for one in report.outcomes if one.state == ACT_FAILED}
                _print_report(chosen, plan, report, found)
                _scan(index, roots, report)
            elif not chosen.json:
                print(tr("There is nothing to restore: what the backup holds is here."))
            if plan.is_empty or not any(one.tone == "warn" for one in plan.refused):
                break
            found = compare(data, index, archive, chosen.rule, work, chosen.history)
    finally:
        if not interrupted(data):
            for plan in plans:
                sweep(data, plan)
    failed |= {one.before or one.name: one.text for one in plan.refused if one.tone == "bad"}
    for name, text in failed.items():
        complain(f"{name}: {text}")
    return int(bool(failed))


def _print_report(chosen: argparse.Namespace, plan: Plan, report: Report, found: Comparison) -> None:
    done = len(report.outcomes) - report.count(ACT_FAILED)
    if chosen.json:
        acts = [{"name": one.name, "where": one.before, "state": one.state, "text": one.text} for one in report.outcomes]
        lost = [{"path": f"{model.root}/{model.path}", "text": text} for model, text in found.lost]
        print(json.dumps({"change": report.change, "title": plan.title, "done": done, "acts": acts, "not_here": lost}))
        return
    text = tr("Restored for {count} models. Undo it with: undo {change}", count=f"{done:,}", change=report.change)
    print(f"{text}\n{' · '.join(plan.chips)}")


def _print_found(chosen: argparse.Namespace, found: Comparison) -> None:
    lines = list(_lines(found))
    if chosen.json:
        print(json.dumps({
            "rule": found.rule, "made": found.made, "counts": {state: found.counts[state] for state in (NEW, REPLACED, KEPT, SAME)},
            "size": found.size, "files": [line for line in lines if line["state"] != SAME],
            "not_here": [{"path": f"{model.root}/{model.path}", "text": text} for model, text in found.lost],
            "failed": [{"name": name, "text": text} for name, text in found.faults],
        }))  # fmt: skip
        return
    for line in lines:
        if line["state"] != SAME:
            print(f"{line['state']}\t{line['path']}\t{line['note']}".rstrip())
    for model, text in found.lost:
        print(f"not here\t{model.root}/{model.path}\t{text}")
    for _, text in found.faults:
        complain(text)
    words = tr("{new} new, {replaced} replaced, {kept} kept, {same} the same, {lost} models not here",
               lost=len(found.lost), **{state: found.counts[state] for state in (NEW, REPLACED, KEPT, SAME)})  # fmt: skip
    complain(words)


def _lines(found: Comparison) -> Iterator[dict[str, str]]:
    for match in found.matches:
        for fate in match.fates:
            yield {"state": fate.state, "path": fate.target, "note": match.note}
        for name in match.gone:
            yield {"state": "gives way", "path": str(Path(match.local.folder) / name), "note": ""}


def _looked(chosen: argparse.Namespace) -> tuple[Path, Roots]:
    path = index_path(data_dir())
    with Index(path) as index:
        roots = roots_for(chosen, data_dir(), index.roots())
        update_index(index, roots)
    return path, roots


def _scan(path: Path, roots: Roots, report: Report) -> None:
    with Index(path) as index:
        scan(index, roots.groups, Work(), None, sorted(report.folders))


def _progress(text: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        share = f" {done * 100 // total} %" if total else ""
        print(f"\r{text[:60]:60}{share}", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print(f"\r{'':70}\r", end="", file=sys.stderr, flush=True)
