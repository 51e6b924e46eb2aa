"""The command `download`: each link becomes a task, which the running program does, or this process with --wait.

Called by cli with parsed arguments. Nothing is stored unless there is a folder for it to go to, and a bad link never keeps a good one back.
"""

import argparse
import os

from model_manager.commands_tasks import complain, in_foreground, show, tools_for, working
from model_manager.core.errors import BadConfig
from model_manager.core.library.kinds import current_name
from model_manager.core.online.links import key_of
from model_manager.core.online.records import SITE_NAMES, Link
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.resolving import payload_of, task_key, title_of
from model_manager.core.tasks.states import DONE, DOWNLOAD, Task
from model_manager.core.words import tr


def run(chosen: argparse.Namespace) -> int:
    """Store the tasks, wait for them where that is asked for; 2 when a link was bad, 1 when one did not end done."""
    tools = tools_for(chosen)
    to = _place(chosen.to, tools)
    links, code = _links(chosen.links, tools)
    if chosen.name and len(links) > 1:
        raise BadConfig(tr("A name fits one link only. Nothing was stored."))
    if not links:
        return 2
    with working(chosen) as engine:
        tasks = [_task(engine, link, to, chosen.name) for link in links]
        if not chosen.wait:
            return max(code, show(tasks, chosen.json))
        return max(code, in_foreground(engine, [task.id for task in tasks], chosen.json))


def _place(to: str, tools: Tools) -> str:
    """What --to says, checked, before anything is stored. Raises BadConfig, also when no folder is known at all."""
    roots = tools.sources()
    to = to.replace("\\", "/").strip("/")
    kind, _, below = to.partition("/")
    if not to:
        return ""
    known = {root.kind for root in roots.roots}
    kind = kind if kind in known else current_name(kind)
    if kind not in known:
        raise BadConfig(tr("There is no category {kind}. Known are: {known}.", kind=kind, known=", ".join(sorted(known))))
    if any(part in ("", ".", "..") for part in below.split("/")) and below:
        raise BadConfig(tr("{below} is no folder within a category.", below=below))
    return f"{kind}/{below}" if below else kind


def _links(texts: list[str], tools: Tools) -> tuple[list[Link], int]:
    """The links that can be used, each once, and 2 when one could not."""
    found: dict[str, Link] = {}
    code = 0
    for link in tools.sites.links("\n".join(texts)):
        if link.problem:
            complain(f"{link.text}: {link.problem}")
            code = 2
        else:
            found.setdefault(key_of(link), link)
    return list(found.values()), code or (0 if found else 2)


def _task(engine: Engine, link: Link, to: str, name: str) -> Task:
    """The task for a link: the one that is there for the same link to the same place, else a new one."""
    key = task_key(link, to, name)
    for task in engine.tasks():
        if (task.kind, task.key, task.state) == (DOWNLOAD, key, DONE) and os.path.isfile(task.path):
            complain(tr("{title}: already here, as {path}", title=task.title, path=task.path))
            return task
    return engine.add(DOWNLOAD, key, title_of(link), payload_of(link, to, name), where=SITE_NAMES.get(link.site, ""))
