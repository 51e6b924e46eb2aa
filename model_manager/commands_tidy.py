"""The commands that move, copy, rename, delete and organise models; each with --dry-run and --json.

Called by cli with parsed arguments. They look at the folders first, as `list` does, go through the journal, and bring the index up to date
with the folders concerned. Progress goes to stderr, what became of each model to stdout. Uses the same core as the window and no Qt.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from model_manager.answers import complain, index_path, print_plan, print_report
from model_manager.commands import roots_for, update_index
from model_manager.core.errors import BadQuery, FolderFault
from model_manager.core.files.destinations import destination_for, destinations
from model_manager.core.journal.steps import ACT_DONE, Change, Plan, Refused, Report
from model_manager.core.library import catalogue
from model_manager.core.library.index import Index
from model_manager.core.library.query import parse
from model_manager.core.library.roots import Roots
from model_manager.core.library.scanner import scan
from model_manager.core.paths import data_dir, inside, normalize
from model_manager.core.tasks.naming import parse_target
from model_manager.core.tidy import carrying
from model_manager.core.tidy.away import require_drive
from model_manager.core.tidy.held import plan_delete
from model_manager.core.tidy.moving import plan_copy, plan_move, plan_rename
from model_manager.core.tidy.organising import Options, plan_organise, problem
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.tidy.uses import known_uses
from model_manager.core.words import tr
from model_manager.core.work import Work


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    if chosen.command == "organise" and (wrong := problem(chosen.template)):
        raise FolderFault(wrong)
    path = index_path(data_dir())
    with Index(path) as index:
        roots = roots_for(chosen, data_dir(), index.roots())
        if is_barred(chosen):
            return 2
        update_index(index, roots)
        return _planned(chosen, index, roots)


def _planned(chosen: argparse.Namespace, index: Index, roots: Roots) -> int:
    """Plan what the command says, and do it."""
    words = _words(chosen)
    models, refused = models_named(words[:-1] if chosen.command in ("move", "copy") else words, chosen.command == "organise", index)
    if not models and not refused:
        complain(tr("There is no model."))
        return 1
    if chosen.command == "rename" and len(models) + len(refused) != 1:
        raise BadQuery(tr("{path} means {count} models. Name one.", path=chosen.path, count=len(models) + len(refused)))
    folder = _folder(words[-1], roots) if chosen.command in ("move", "copy") else ""
    if folder:
        require_drive(index.path, folder)
    with known_uses(data_dir()) as uses:
        if chosen.command == "move":
            plan = plan_move(models, folder, roots.groups, chosen.taken, refused, uses)
        elif chosen.command == "copy":
            plan = plan_copy(models, folder, roots.groups, chosen.taken, refused)
        elif chosen.command == "rename":
            plan = plan_rename(models[0], chosen.name, roots.groups, uses) if models else Plan("rename", "", refused=tuple(refused))
        elif chosen.command == "delete":
            plan = plan_delete(models, roots.groups, chosen.for_good, chosen.links, refused, uses)
        else:
            options = Options(chosen.empty, not chosen.keep_folders, chosen.taken)
            plan = plan_organise(models, chosen.template, roots.groups, options, refused, uses)
    return do(chosen, plan, index, roots)


def _words(chosen: argparse.Namespace) -> list[str]:
    if chosen.command in ("move", "copy"):
        if len(chosen.words) < 2:
            raise BadQuery(tr("Name the models, and at last the folder to which they go."))
        return list(chosen.words)
    return [chosen.path] if chosen.command == "rename" else list(chosen.query)


def models_named(words: Sequence[str], is_all: bool, index: Index) -> tuple[list[Subject], list[Refused]]:
    """Return the models that are named: by paths that exist, below folders, and those that all other words find as one query.

    is_all: no words mean all models. Raises BadQuery where a path is not there, or the words find nothing: a slip of the finger must not
    change the rest.
    """
    paths = [normalize(word) for word in words if os.path.lexists(word)]
    rest = [word for word in words if not os.path.lexists(word)]
    if missing := next((word for word in rest if os.path.isabs(word) or word.startswith(("./", "../", ".\\", "..\\"))), ""):
        raise BadQuery(tr("{path} is not there.", path=missing))
    ids: list[int] = []
    if rest or (is_all and not words):
        query = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in rest)
        arrangement = catalogue.load(index)
        arrangement.set_query(parse(query))
        ids = [arrangement.shelf.ids[slot] for slot in arrangement.slots]
        if rest and not ids:
            raise BadQuery(tr("No model matches {query}, and there is no file of that name.", query=query))
    ids += _below([path for path in paths if os.path.isdir(path)], index)
    return subjects(index.path, ids, [path for path in paths if not os.path.isdir(path)])


def _below(folders: Sequence[str], index: Index) -> list[int]:
    """The models in these folders and all below them."""
    tops = [os.path.realpath(folder) for folder in folders]
    inner = {row.id for row in index.folders() if any(inside(top, row.path) for top in tops)} if tops else set()
    return [row.id for row in index.rows() if row.folder in inner] if inner else []


def _folder(word: str, roots: Roots) -> str:
    """The folder that is meant: a path, or a category with what is below it."""
    if os.path.isabs(word) or word.startswith((".", "~")) or os.path.exists(word):
        return normalize(os.path.expanduser(word))
    try:
        kind, below = parse_target(word)
    except FolderFault:
        return normalize(word)
    place = destination_for(kind, destinations(roots))
    if place is None:
        raise FolderFault(tr("There is no folder for {kind} that can be written to.", kind=kind))
    return os.path.join(place.path, below or "")


# for all commands that change files


def is_barred(chosen: argparse.Namespace) -> bool:
    """Whether a change that was interrupted has to be ended first; that is said. One whose drive is away, perhaps for ever, can wait."""
    is_barred = False
    for change in () if chosen.dry_run else carrying.interrupted(data_dir()):
        folder = carrying.waits_for(data_dir(), change.id)
        named = {"id": change.id, "title": change.title, "folder": folder}
        text = tr("Change {id} ({title}) was interrupted and waits for the drive of {folder}.", **named)
        complain(text if folder else how_to_end(change))
        is_barred = is_barred or not folder
    return is_barred


def how_to_end(change: Change) -> str:
    """What to do about a change that was interrupted."""
    return tr(
        "Change {id} ({title}) was interrupted after {done} of {acts}. Write undo {id} --finish to go on with it, or undo {id} --roll-back "
        "to take back what it did.",
        id=change.id, title=change.title, done=change.done, acts=change.acts,
    )  # fmt: skip


def do(chosen: argparse.Namespace, plan: Plan, index: Index, roots: Roots) -> int:
    """Do a plan, or only say what it would do."""
    for warning in plan.warnings:
        complain(warning)
    leaves = any(one.tone in ("warn", "bad") for one in plan.refused)
    if chosen.dry_run or plan.is_empty:
        print_plan(chosen, plan)
        return int(leaves or (plan.is_empty and not plan.refused and chosen.command not in ("organise", "tag")))
    with working() as work:
        report = carrying.carry_out(data_dir(), plan, work)
    look_again(report, index, roots)
    print_report(chosen, report, plan)
    return int(leaves or is_short(report, ACT_DONE))


def look_again(report: Report, index: Index, roots: Roots) -> None:
    """Bring the index up to date with the folders in which something changed."""
    if report.folders:
        scan(index, roots.groups, Work(), None, report.folders)


def is_short(report: Report, wanted: str) -> bool:
    """Whether something needs attention; it is said."""
    if report.note:
        complain(report.note)
    if report.is_stopped:
        complain(tr("It was stopped. What was done can be undone with: undo {id}", id=report.change))
    return report.is_stopped or any(outcome.state != wanted for outcome in report.outcomes) or bool(report.note)


@contextmanager
def working() -> Iterator[Work]:
    """Work that tells how far it is on a terminal, and that Ctrl+C stops between two models."""
    is_terminal = sys.stderr.isatty()

    def tell(text: str, done: int, total: int) -> None:
        share = f" {done * 100 // total}%" if total else ""
        print(f"\r{text}{share}\x1b[K", end="", file=sys.stderr, flush=True)

    work = Work(tell if is_terminal else None)
    before = signal.signal(signal.SIGINT, lambda *_: work.cancel())
    try:
        yield work
    finally:
        signal.signal(signal.SIGINT, before)
        if is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
