"""The task that looks for newer versions of the models that are here, a hundred models in one request.

Made by the command line and the session (`updates_task`), run by the engine. It downloads nothing and writes only into `updates.sqlite`;
what could not be asked keeps what was found before.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from model_manager.core.hashes.compute import SHA256
from model_manager.core.hashes.store import Store
from model_manager.core.library import catalogue
from model_manager.core.library.index import Index
from model_manager.core.online.matching import in_parts
from model_manager.core.online.records import Offer, Update, Version
from model_manager.core.online.updates import Updates, ignored, newer, to_tell
from model_manager.core.sidecars.suffixes import INFO
from model_manager.core.tasks.details import PATIENCE
from model_manager.core.tasks.hashing import LIST, clean
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.lists import DONE, NOT_FOUND, Lists, NewTask, Result
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import UPDATES
from model_manager.core.words import tr, trn

AT_A_TIME: Final = 100
_ONLY: Final = "only"


class _Here(NamedTuple):
    """A model of the library that is on Civitai."""

    path: str
    model_id: int
    version_id: int
    base_model: str
    size: int
    precision: str
    has_info: bool


def updates_task(folder: Path, paths: Iterable[str] | None = None) -> NewTask:
    """Return the task that looks for updates of the models at `paths` (as shown), None for the whole library. Raises IndexFault."""
    title = tr("Updates for the library")
    if paths is None:
        return NewTask(UPDATES, "all", title, {_ONLY: "", "began": time.time()})
    wanted = list(paths)
    with Lists(folder) as lists:
        name = lists.make(wanted, UPDATES)
    title = trn("Updates for {count} model", "Updates for {count} models", len(wanted))
    return NewTask(UPDATES, name, title, {_ONLY: name, "began": time.time()})


def updates_kind(tools: Tools) -> TaskKind:
    """Return the kind for the engine."""
    return TaskKind(UPDATES, partial(_run, tools), partial(clean, tools.folder), lambda: 1, PATIENCE)


def _run(tools: Tools, running: Running) -> str:
    payload = running.task.payload
    with Store(tools.folder) as store, Lists(tools.folder) as lists, Updates(tools.folder) as updates:
        with Index(tools.index) as index:
            library = list(_library(index, store, running))
        chosen = {one.path for one in lists.results(str(payload[_ONLY]))} if payload[_ONLY] else None
        here: dict[int, list[_Here]] = defaultdict(list)
        for model in library:
            if chosen is None or model.path in chosen:
                here[model.model_id].append(model)
        name = lists.make(map(str, sorted(here)), UPDATES, payload["began"])
        running.save({**payload, LIST: name})
        if chosen is None:
            updates.keep_only({model.path for model in library})
        owned = {model.version_id for model in library}
        _ask(tools, running, lists, name, _Judge(store, owned, updates, here))
        return _closing(updates, {model.path for models in here.values() for model in models})


def _library(index: Index, store: Store, running: Running) -> Iterator[_Here]:
    """Yield the models of which the page on Civitai is known, from their sidecars or from an answer about their hash."""
    answered = store.answered_paths()
    for record in catalogue.records(index):
        running.work.check()
        details = record.details
        ids = details.model_id, details.version_id
        if not ids[0] and answered:
            ids = answered.get(os.path.realpath(record.path), ids)
        if ids[0] and not record.is_away:
            base = details.base_model or record.facts.base_model
            has_info = any(name.lower().endswith(INFO) for name in record.sidecars)
            yield _Here(record.path, *ids, base, record.size, record.facts.precision, has_info)


def _ask(tools: Tools, running: Running, lists: Lists, name: str, judge: "_Judge") -> None:
    """Ask for all models of the list that are left, and keep what is new of each hundred."""
    left = lists.left(name)
    total = sum(lists.counts(name).values())
    done = total - len(left)
    waiting = iter(left)
    running.tell(done, total)
    while step := list(islice(waiting, AT_A_TIME)):
        running.work.check()
        offers = in_parts(partial(tools.sites.civitai.models, work=running.work), [int(id_) for id_ in step])
        results = [Result(id_, DONE if int(id_) in offers else NOT_FOUND, model_id=int(id_)) for id_ in step]
        for offer in offers.values():
            judge.judge(offer)
        lists.set(name, results)
        done += len(step)
        running.tell(done, total, trn("{count} update", "{count} updates", judge.count))


class _Judge:
    """Finds what is new of a model for each of its files here."""

    def __init__(self, store: Store, owned: set[int], updates: Updates, here: dict[int, list[_Here]]) -> None:
        self._store, self._owned, self._updates, self._here = store, owned, updates, here
        self.count = 0

    def judge(self, offer: Offer) -> None:
        """Keep the updates of one model."""
        found: list[Update] = []
        none: list[str] = []
        kept = {one.path: ignored(one.path) for one in self._here[int(offer.id)] if one.has_info}
        is_ignored = any(int(offer.id) in one.models for one in kept.values())
        for model in self._here[int(offer.id)]:
            own = kept.get(model.path)
            update = None if is_ignored or (own and own.is_file) else self._update(offer, model, own.versions if own else frozenset())
            if update is None:
                none.append(model.path)
            else:
                found.append(update)
        self.count += len(found)
        self._updates.set(found, none)

    def _update(self, offer: Offer, model: _Here, unwanted: frozenset[int]) -> Update | None:
        version, others, is_other = newer(offer, model.version_id, model.base_model, self._is_owned, unwanted)
        if version is None:
            return None
        here = next((one for one in offer.versions if one.id == str(model.version_id)), Version(""))
        return Update(
            model.path, model.model_id, offer.name, version, others, offer.author, offer.type, model.version_id, here.name,
            here.base_model or model.base_model, here.published, model.size, model.precision, is_other, found=time.time(),
        )  # fmt: skip

    def _is_owned(self, version: Version) -> bool:
        hashes = [file.hashes.get(SHA256, "") for file in version.files if file.is_model]
        return int(version.id) in self._owned or any(hash and self._store.paths_of(hash) for hash in hashes)


def _closing(updates: Updates, paths: set[str]) -> str:
    found = [one for one in updates.all() if one.path in paths]
    if not found:
        return tr("Nothing newer was found.")
    new = len(to_tell(found))
    parts = [trn("{count} update", "{count} updates", len(found))]
    parts += [trn("{count} new", "{count} new", new)] if new else []
    return " · ".join(parts)
