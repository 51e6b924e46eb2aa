"""The arguments of the commands that write a backup and restore from one.

Used by cli, which joins what it gets here to the other commands. Each of them acts at once; `--dry-run` prints what it would do.
"""

import argparse
from typing import Final

BACKUP: Final = ("backup", "restore-backup")
RULES: Final = ("missing", "newer", "all")

COMMANDS: Final = {
    "backup": "write previews and sidecars of all models, or of those that match, into one archive",
    "restore-backup": "bring previews and sidecars back from such an archive",
}
MANY: Final = {"backup": "query"}  # of which arguments there may be many


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add what a command takes besides the folders and --json."""
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    if name == "backup":
        command.add_argument("file", metavar="FILE", help="the archive to write, such as previews.zip; it must not exist yet")
        command.add_argument("query", nargs="*", metavar="QUERY", help="which models, as in the search box; all without it")
        command.add_argument("--history", action="store_true", help="with the earlier pictures of each model, too")
        command.add_argument("--no-settings", action="store_true", help="without the settings of this program")
        command.add_argument("--replace", action="store_true", help="replace FILE if it exists")
    if name == "restore-backup":
        command.add_argument("file", metavar="FILE", help="the archive")
        command.add_argument(
            "--rule", choices=RULES, default="missing",
            help="write only files that are missing (the usual), also those that are newer in the backup, or all",
        )  # fmt: skip
        command.add_argument("--history", action="store_true", help="with the earlier pictures of each model, too")
        command.add_argument("--settings", action="store_true", help="with the settings, but for folders and the look of the window")
