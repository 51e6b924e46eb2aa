"""The arguments of the commands that change files: moved, named, deleted, organised, undone.

Used by cli, which joins what it gets here to the other commands. Each of them acts at once; `--dry-run` prints what it would do.
"""

import argparse
from collections.abc import Sequence
from typing import Final

TIDY: Final = ("move", "copy", "rename", "delete", "organise")
OWN: Final = ("tag",)
UNDO: Final = ("restore", "undo", "history")
TWINS: Final = ("duplicates", "link")
HEALTH: Final = ("health",)
TAKEN: Final = ("both", "skip", "refuse")

COMMANDS: Final = {
    "move": "move models, with all that is beside them, into a folder",
    "copy": "copy models, with all that is beside them, into a folder",
    "rename": "give a model another name, and all that is beside it",
    "delete": "move models to Recently deleted, or remove them for good",
    "restore": "bring back what was deleted; lists it without an ID",
    "organise": "move models into folders by a template",
    "tag": "add tags to models, and take tags out",
    "undo": "take back a change, the newest without an ID; or finish what was interrupted",
    "history": "list the changes that were made",
    "duplicates": "list models that are here twice",
    "link": "let files with the same bytes share them, as names of one file",
    "health": "list what needs attention: damage, unsafe pickles, wrong places, strays, dead downloads",
}
MANY: Final = {  # of what there may be many
    "move": "words",
    "copy": "words",
    "delete": "query",
    "organise": "query",
    "restore": "ids",
    "tag": "words",
    "duplicates": "query",
    "link": "query",
}


_SPARED = "\0"  # no argument of a program can hold it


def spared(words: Sequence[str]) -> list[str]:
    """Return the arguments with the tags that `tag` is to take out so that they are not taken for options."""
    place = next((place for place, word in enumerate(words) if word == "tag"), len(words))
    return [*words[: place + 1], *(_SPARED + word if _is_taken_out(word) else word for word in words[place + 1 :])]


def as_typed(word: str) -> str:
    """Return an argument as it was before `spared`."""
    return word.removeprefix(_SPARED)


def _is_taken_out(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and word[1] != "-" and word != "-h"


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add what a command takes besides the folders and --json."""
    if name == "health":
        command.add_argument("--quick", action="store_true", help="only what is known without a look through the folders")
        command.add_argument("--all", action="store_true", help="also what could be better: no details, no preview, old formats")
        return
    if name != "duplicates":
        command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    if name in ("move", "copy"):
        text = "which models: paths, or words as in the search box; and at last the folder, a path or KIND[/SUB] such as loras/style"
        command.add_argument("words", nargs="+", metavar="QUERY|PATH ... FOLDER", help=text)
    if name in ("delete", "organise"):
        text = "which models: paths, or words as in the search box" + ("; all without it" if name == "organise" else "")
        command.add_argument("query", nargs="+" if name == "delete" else "*", metavar="QUERY|PATH", help=text)
    if name == "duplicates":
        command.add_argument("query", nargs="*", metavar="QUERY", help="which models, as in the search box; all without it")
        command.add_argument("--weights", action="store_true", help="also those with the same weights and other metadata")
        command.add_argument("--names", action="store_true", help="also those whose name hides another from ComfyUI")
    if name == "link":
        text = "only these files become names of others: paths, or words as in the search box; all duplicates without it"
        command.add_argument("query", nargs="*", metavar="QUERY|PATH", help=text)
        text = "put symbolic links in their places, also to another drive; what was there goes to Recently deleted"
        command.add_argument("--symbolic", action="store_true", help=text)
        command.add_argument(
            "--reflink", action="store_true", help="let them stay files of their own that share blocks, where the drive can"
        )
    if name == "tag":
        text = "which models: paths, or words as in the search box; then tags to add (+tag) and to take out (-tag)"
        command.add_argument("words", nargs="+", metavar="QUERY|PATH ... +TAG -TAG", help=text)
    if name == "rename":
        command.add_argument("path", metavar="PATH", help="the model file")
        command.add_argument("name", metavar="NAME", help="its new name; the ending stays")
    if name == "delete":
        command.add_argument("--for-good", action="store_true", help="remove them for good; this cannot be undone")
        command.add_argument(
            "--links", choices=("link", "target"), default="link", help="of a link, delete only it (the usual) or its file, too"
        )
    if name == "organise":
        text = "folders below the model's own, with {kind} {base_model} {author} {type} {name} {version} {tag} {architecture} ... in it"
        command.add_argument("--template", required=True, metavar="T", help=text)
        command.add_argument("--empty", default="", metavar="WORD", help="stands for what is not known; without it that folder is left out")
        command.add_argument("--keep-folders", action="store_true", help="leave folders that are empty afterwards")
    if name in ("move", "copy", "organise"):
        text = "when a name is taken: keep both (the usual), skip what is there already byte for byte, or refuse"
        command.add_argument("--taken", choices=TAKEN, default="both", help=text)
    if name == "restore":
        command.add_argument("ids", nargs="*", metavar="ID", help="as listed without one, or all")
    if name == "undo":
        command.add_argument("id", nargs="?", type=int, default=0, metavar="ID", help="a change of the history")
        command.add_argument("--finish", action="store_true", help="finish a change that was interrupted")
        command.add_argument("--roll-back", action="store_true", help="take back a change that was interrupted")
