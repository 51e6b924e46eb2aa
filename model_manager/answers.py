"""What the commands that change files print: a line for each model and the totals, or an object each in JSON.

Used by commands_tidy, commands_undo and others of their kind. The fields are kept for scripts.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, ACT_WAITS, Outcome, Plan, Refused, Report
from model_manager.core.library.index_place import usable_index
from model_manager.core.words import tr, trn

_STATES = {ACT_DONE: "done", ACT_FAILED: "failed", ACT_UNDONE: "undone", ACT_WAITS: "waits"}


def time_text(seconds: float) -> str:
    """A moment as the lists show it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def print_plan(chosen: argparse.Namespace, plan: Plan) -> None:
    """Say what a plan would do: a line for each model, and the totals."""
    for act in plan.acts:
        if chosen.json:
            _print_json("planned", act.name, act.path, act.new_path, act.before, act.after, act.note, size=act.size, files=act.extra + 1,
                        comfyui_before=act.comfy_before, comfyui_after=act.comfy_after)  # fmt: skip
        else:
            _print_line("planned", act.before, act.after, act.note)
    _print_refused(chosen, plan.refused)
    if chosen.json:
        models = sum(bool(act.path) for act in plan.acts)
        print(json.dumps({"change": 0, "title": plan.title, "planned": models, "stays": len(plan.refused), "needs": plan.needs,
                          "chips": list(plan.chips), "warnings": list(plan.warnings), "can_undo": plan.can_undo}))  # fmt: skip
    else:
        print(" · ".join(plan.chips))


def _print_refused(chosen: argparse.Namespace, refused: Sequence[Refused]) -> None:
    for one in refused:
        if chosen.json:
            _print_json("stays", one.name, "", "", one.before, "", one.text)
        else:
            _print_line("stays", one.before or one.name, "", one.text)


def print_report(chosen: argparse.Namespace, report: Report, plan: Plan | None = None) -> None:
    """Say what became of each model, and the totals. plan: what was carried out, with its notes and what it left out."""
    notes = {number: act.note for number, act in enumerate(plan.acts)} if plan else {}
    print_outcomes(chosen, report.outcomes, notes)
    if plan is not None:
        _print_refused(chosen, plan.refused)
    counts = {word: report.counts(state) for state, word in _STATES.items()}
    folders = sum(count for _, count in counts.values())
    if chosen.json:
        print(json.dumps({"change": report.change, "title": report.title, **{word: count for word, (count, _) in counts.items()},
                          "folders": folders, "stays": len(plan.refused) if plan else 0, "is_stopped": report.is_stopped,
                          "note": report.note}))  # fmt: skip
    else:
        told = ", ".join(f"{count:,} {word}" for word, (count, _) in counts.items() if count)
        told += trn(", and {count} folder", ", and {count} folders", folders) if folders else ""
        print(tr("{title}: {told} (change {id})", title=report.title, told=told or tr("nothing"), id=report.change))


def print_outcomes(chosen: argparse.Namespace, outcomes: Sequence[Outcome], notes: dict[int, str] | None = None) -> None:
    """Say what became of each act; notes: what else there is to say, by number."""
    for one in outcomes:
        text = one.text or (notes or {}).get(one.number, "")
        if chosen.json:
            _print_json(_STATES[one.state], one.name, one.path, one.new_path, one.before, one.after, text, size=one.size)
        else:
            before, after = (one.after, one.before) if one.state == ACT_UNDONE and one.after else (one.before, one.after)
            _print_line(_STATES[one.state], before, after, text)


def _print_json(state: str, name: str, path: str, new_path: str, before: str, after: str, text: str, **more: Any) -> None:
    about = {"state": state, "name": name, "path": path, "new_path": new_path, "before": before, "after": after, "text": text}
    print(json.dumps(about | more))


def _print_line(state: str, before: str, after: str, text: str) -> None:
    print("\t".join(filter(None, (state, f"{before} → {after}" if after else before, text))))


def complain(text: str) -> None:
    """Say something beside the answer."""
    print(text, file=sys.stderr)


def index_path(data: Path) -> Path:
    """Return the index file of the data folder, and say it when a damaged one was set aside."""
    path, notice = usable_index(data)
    if notice:
        complain(notice)
    return path
