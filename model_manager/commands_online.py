"""The commands `fetch`, `hash` and `updates`: tasks for the models of the library, carried out in the foreground.

Called by cli with parsed arguments. They look at the folders first, as `list` does; progress goes to stderr, and what became of each model
to stdout.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from model_manager.commands import query_of, roots_for, update_index
from model_manager.commands_tasks import Progress, complain, working
from model_manager.core.errors import FileFault
from model_manager.core.hashes.compute import SHA256
from model_manager.core.hashes.finding import known_hashes
from model_manager.core.hashes.store import Store
from model_manager.core.library import catalogue
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.index import Index
from model_manager.core.library.index_place import usable_index
from model_manager.core.online.records import Update, Version
from model_manager.core.online.updates import Updates, found
from model_manager.core.paths import data_dir
from model_manager.core.settings import load_settings
from model_manager.core.tasks.details import fetch_tasks
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.hashing import LIST, hash_tasks
from model_manager.core.tasks.lists import AWAY, DONE, FAILED, Lists, NewTask, Result
from model_manager.core.tasks.states import DETAILS, Task
from model_manager.core.tasks.updates import updates_task
from model_manager.core.words import tr
from model_manager.core.work import Work

_T = TypeVar("_T")


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`, one of these; raises ModelManagerError with a text for people."""
    return {"fetch": fetch, "hash": hash_models, "updates": updates}[chosen.command](chosen)


def fetch(chosen: argparse.Namespace) -> int:
    """Fetch details and (or) previews for the models that match; neither named: both."""
    paths, folder = _found(chosen, query_of(chosen), lambda record: record.path), data_dir()
    is_both = not chosen.details and not chosen.previews
    wants = is_both or chosen.details, is_both or chosen.previews
    wanted = fetch_tasks(folder, usable_index(folder)[0], load_settings(folder)[0], paths, *wants, chosen.force, Work())
    code, tasks = _worked(chosen, wanted)
    _print_results(chosen, _results(folder, [task for task in tasks if task.kind == DETAILS]))
    return code


def hash_models(chosen: argparse.Namespace) -> int:
    """Hash the models that match and are not hashed yet; all of them are listed."""
    models, folder = _found(chosen, query_of(chosen), _as_result), data_dir()
    code, tasks = _worked(chosen, hash_tasks(folder, [one.path for one in models if one.state != AWAY], False, Work()))
    failed = {one.path: one for one in _results(folder, tasks) if one.state == FAILED}
    with Store(folder) as store:
        _print_results(chosen, (failed.get(one.path) or _hashed(store, one) for one in models))
    return code


def updates(chosen: argparse.Namespace) -> int:
    """Look for newer versions of all models; those that were found are listed, and count as told from now on."""
    folder = data_dir()
    _found(chosen, "", lambda record: None)
    code, _ = _worked(chosen, [updates_task(folder)])
    listed = found(folder)
    for update in listed:
        if chosen.json:
            print(json.dumps(_as_listed(update)))
        else:
            about = f"{update.name}: {update.here_version or '?'} → {update.version.name}"
            print("\t".join(filter(None, (_state(update), update.path, about, update.version.base_model, update.version.barred))))
    with Updates(folder) as kept:
        kept.tell(listed)
    return code


def _found(chosen: argparse.Namespace, query: str, take: Callable[[ModelRecord], _T]) -> list[_T]:
    """What is taken of each of the models that match, after a look at the folders."""
    path, notice = usable_index(data_dir())
    if notice:
        complain(notice)
    with Index(path) as index:
        update_index(index, roots_for(chosen, data_dir(), index.roots()))
        return [take(record) for record in catalogue.records(index, query)]


def _worked(chosen: argparse.Namespace, wanted: list[NewTask]) -> tuple[int, list[Task]]:
    """Carry out tasks in the foreground; 0 when all are done."""
    if not wanted:
        return 0, []
    with working(chosen) as engine:
        ids = [_added(engine, task).id for task in wanted]
        progress = Progress()
        try:
            ended = engine.wait(ids, progress.show)
        finally:
            progress.end()
    return int(len(ended) < len(ids) or any(task.state != DONE for task in ended)), ended


def _added(engine: Engine, task: NewTask) -> Task:
    return engine.add(task.kind, task.key, task.title, task.payload, unit=task.unit, total=task.total)


def _results(folder: Path, tasks: Iterable[Task]) -> list[Result]:
    with Lists(folder) as lists:
        return [one for task in tasks for one in lists.results(str(task.payload[LIST]))]


def _as_result(record: ModelRecord) -> Result:
    ids = record.details.model_id, record.details.version_id
    return Result(record.path, AWAY if record.is_away else "", tr("It is on a drive that is away.") if record.is_away else "", "", *ids)


def _hashed(store: Store, model: Result) -> Result:
    """What is known now of a model that was to be hashed."""
    if model.state == AWAY:
        return model
    try:
        known = known_hashes(model.path, store)
    except FileFault as fault:
        return replace(model, state=FAILED, reason=fault.text)
    sha256 = known.hashes.get(SHA256, "") if known.is_sure else ""
    answer = store.answers([sha256]).get(sha256)
    ids = (answer.model_id, answer.version_id) if answer else (model.model_id, model.version_id)
    return Result(model.path, DONE if sha256 else "", "", sha256, *ids)


def _print_results(chosen: argparse.Namespace, results: Iterable[Result]) -> None:
    for one in results:
        state = one.state or "waiting"
        if chosen.json:
            ids = {"sha256": one.sha256, "model_id": one.model_id, "version_id": one.version_id}
            print(json.dumps({"path": one.path, "state": state, **ids, "reason": one.reason}))
        else:
            print("\t".join(filter(None, (state, one.path, one.sha256[:10], one.reason))))


def _state(update: Update) -> str:
    if update.version.barred:
        return "barred"
    return "other_base_model" if update.is_other_base else "update"


def _as_listed(update: Update) -> dict[str, Any]:
    """An update as `updates --json` gives it; the fields are kept for scripts."""
    here = {"version_id": update.here_id, "version": update.here_version, "base_model": update.here_base_model,
            "published": update.here_published, "size": update.here_size, "precision": update.here_precision}  # fmt: skip
    return {
        "path": update.path, "state": _state(update), "is_new": update.is_new, "model_id": update.model_id, "name": update.name,
        **_version(update.version), "here": here, "others": [_version(version) for version in update.others],
    }  # fmt: skip


def _version(version: Version) -> dict[str, Any]:
    files = [{"name": file.name, "size": file.size, "precision": file.precision, "type": file.type} for file in version.files]
    return {
        "version_id": int(version.id), "version": version.name, "base_model": version.base_model, "published": version.published,
        "page": version.page, "barred": version.barred, "files": files,
    }  # fmt: skip
