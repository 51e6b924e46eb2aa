"""The list of all kinds of task, for whoever makes an engine: the session and the command line."""

from model_manager.core.tasks.details import details_kind
from model_manager.core.tasks.downloads import download_kind
from model_manager.core.tasks.hashing import hash_kind
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.previewing import previews_kind
from model_manager.core.tasks.updates import updates_kind


def all_kinds(tools: Tools) -> list[TaskKind]:
    """Return every kind of task this program can do."""
    return [download_kind(tools), hash_kind(tools), details_kind(tools), updates_kind(tools), previews_kind(tools)]
