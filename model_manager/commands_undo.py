"""The commands `restore`, `undo` and `history`: what was changed, and back; each with --dry-run and --json.

Called by cli with parsed arguments. They go through the journal and bring the index up to date with the folders concerned.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from model_manager.answers import complain, print_outcomes, print_plan, print_report, time_text
from model_manager.commands import roots_for
from model_manager.commands_tidy import how_to_end, is_barred, is_short, look_again, working
from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, Change, Report
from model_manager.core.library.index import Index, usable_index
from model_manager.core.library.roots import Roots
from model_manager.core.paths import data_dir
from model_manager.core.tidy import carrying, past
from model_manager.core.tidy.held import found, held, plan_restore, restore
from model_manager.core.tidy.holding import HeldItem
from model_manager.core.words import tr, trn


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    if chosen.command == "history":
        return _history(chosen)
    path, notice = usable_index(data_dir())
    if notice:
        complain(notice)
    with Index(path) as index:
        roots = roots_for(chosen, data_dir(), index.roots())
        if chosen.command == "undo":
            return _undo(chosen, index, roots)
        return 2 if is_barred(chosen) else _restore(chosen, index, roots)


def _restore(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    items = held(data_dir())
    items += found(roots.groups, items)
    if not chosen.ids:
        for item in items:
            _print_held(chosen, item)
        return 0
    wanted = items if "all" in chosen.ids else [item for item in items if item.id in chosen.ids or item.id.split(".")[0] in chosen.ids]
    known = {item.id for item in items} | {item.id.split(".")[0] for item in items} | {"all"}
    unknown = [word for word in chosen.ids if word not in known]
    for word in unknown:
        complain(tr("Nothing that is held has the ID {id}.", id=word))
    if not wanted:
        return 2 if unknown else 0
    if chosen.dry_run:
        print_plan(chosen, plan_restore(wanted, roots.groups))
        return int(bool(unknown))
    with working() as work:
        reports = restore(data_dir(), wanted, roots.groups, work)
    code = int(bool(unknown))
    for report in reports:
        look_again(report, index, roots)
        print_report(chosen, report)
        code |= int(any(outcome.state == ACT_FAILED for outcome in report.outcomes) or report.is_stopped)
    return code


def _print_held(chosen: argparse.Namespace, item: HeldItem) -> None:
    if chosen.json:
        files = [file.path for file in item.files]
        print(json.dumps({"id": item.id, "name": item.name, "path": item.path, "size": item.size, "when": item.when, "files": files,
                          "is_there": item.is_there, "kind": item.kind}))  # fmt: skip
    else:
        away = "" if item.is_there else tr("its drive is away")
        print("\t".join(filter(None, (item.id, time_text(item.when), size_text(item.size), item.path, away))))


def _undo(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    data = data_dir()
    waiting = carrying.interrupted(data)
    change = past.change(data, chosen.id) if chosen.id else _newest(waiting)
    if change is None:
        complain(tr("There is no change {id}.", id=chosen.id) if chosen.id else tr("There is nothing to undo."))
        return 2 if chosen.id else 1
    is_cut_off = any(one.id == change.id for one in waiting)
    if is_cut_off and not (chosen.finish or chosen.roll_back):
        complain(how_to_end(change))
        return 2
    if not is_cut_off and (chosen.finish or chosen.roll_back):
        complain(tr("Change {id} was not interrupted.", id=change.id))
        return 2
    if not is_cut_off and not change.can_undo:
        complain(tr("Change {id} ({title}) cannot be undone any more.", id=change.id, title=change.title))
        return 2
    if chosen.dry_run:
        print_outcomes(chosen, past.outcomes(data, change.id))
        return 0
    act: Callable[..., Report] = carrying.finish if chosen.finish else carrying.roll_back if chosen.roll_back else past.take_back
    with working() as work:
        report = act(data, change.id, work)
    look_again(report, index, roots)
    print_report(chosen, report)
    return int(is_short(report, ACT_DONE if chosen.finish else ACT_UNDONE) if not is_cut_off else report.count(ACT_FAILED) > 0)


def _newest(waiting: Sequence[Change]) -> Change | None:
    """The change that is undone where none is named: one that was interrupted, else the newest that can be."""
    if waiting:
        return waiting[0]
    return next((change for change in past.changes(data_dir()) if change.can_undo), None)


def _history(chosen: argparse.Namespace) -> int:
    for change in past.changes(data_dir()):
        _print_change(chosen, change)
    return 0


def _print_change(chosen: argparse.Namespace, change: Change) -> None:
    if chosen.json:
        print(json.dumps(asdict(change)))
        return
    state = tr("interrupted") if change.is_interrupted else change.state
    folders = change.folders.acts if change.folders.acts < change.acts else 0
    counts = trn("{count} act", "{count} acts", change.told.acts) + trn(", {count} folder", ", {count} folders", folders) * bool(folders)
    counts += tr(", {failed} failed", failed=change.failed) if change.failed else ""
    print("\t".join(filter(None, (str(change.id), time_text(change.time), state, change.title, counts, change.note))))
