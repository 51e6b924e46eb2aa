"""The commands that go online: download, fetch, hash, updates.

Called by cli with parsed arguments; prints the answer and returns the exit code. No Qt.
"""

import argparse
from collections.abc import Callable, Mapping

from model_manager.core.errors import BadConfig
from model_manager.core.words import tr

_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {}


def run(chosen: argparse.Namespace) -> int:
    """Carry out `chosen.command`; raises ModelManagerError with a text for people."""
    if chosen.command not in _COMMANDS:
        raise BadConfig(tr("This command is not there yet."))
    return _COMMANDS[chosen.command](chosen)
