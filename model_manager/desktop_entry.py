"""Puts the program into the menu of a Linux desktop: `model-manager --install-desktop-entry`.

Called by the command line. Writes one file in the user's own data folder and nothing else; deleting it takes the program out again.
Format: https://specifications.freedesktop.org/desktop-entry-spec/latest/
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model_manager.core.paths import replace_file, resource
from model_manager.core.processes import own_program
from model_manager.core.words import tr

NAME = "model-manager"  # also what the window calls itself, so that the desktop knows whose window it is


def install() -> int:
    """Write the entry and say where it is; returns the exit code."""
    if not sys.platform.startswith("linux"):
        print(tr("Only Linux desktops take such an entry."), file=sys.stderr)
        return 2
    path = folder() / f"{NAME}.desktop"
    write(*_types(path))
    print(tr("Model Manager is now in the menu of your desktop. To take it out, delete {path}", path=path))
    return 0


def folder() -> Path:
    """Return the user's own folder of desktop entries."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(data) / "applications"


def write(*types: str) -> None:
    """Write the entry. types: what it opens, as the desktop names it. Raises OSError."""
    path = folder() / f"{NAME}.desktop"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, entry(types).encode())


def _types(path: Path) -> list[str]:
    """Return what the entry that is there opens, so that it stays so."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return []
    return [name for line in lines if line.startswith("MimeType=") for name in line.removeprefix("MimeType=").split(";") if name]


def entry(types: Sequence[str] = ()) -> str:
    """Return the text of the entry, with the full paths of this very program."""
    command, _ = own_program()
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Name=Model Manager",
        "Comment=" + tr("Every model you own for ComfyUI, on one fast screen"),
        "Exec=" + " ".join(map(_quoted, command)) + (" -- %U" if types else ""),  # behind -- nothing is an option
        "Icon=" + _escaped(str(resource("app.png"))),
        "Categories=Graphics;Utility;",
        "Keywords=ComfyUI;checkpoint;LoRA;",
        f"StartupWMClass={NAME}",
        "Terminal=false",
    ]
    if not getattr(sys, "frozen", False):
        lines.append("Path=" + _escaped(str(Path(__file__).resolve().parents[1])))  # python -m looks for the package there
    if types:
        lines.append("MimeType=" + "".join(f"{name};" for name in types))
    return "\n".join([*lines, ""])


def _quoted(argument: str) -> str:
    """One argument of Exec: quoted for its own rules, and then for those of all values."""
    for character in '\\"`$':
        argument = argument.replace(character, "\\" + character)
    return _escaped('"' + argument.replace("%", "%%") + '"')


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
