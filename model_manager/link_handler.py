"""Makes this program the one that opens comfy-models:// links, and takes that back: `--register-links`, `--unregister-links`.

Called by the command line and, through app, by the settings. It writes for this user only: on Linux the desktop entry and the list of
usual programs, on Windows a key of the registry's Classes. On macOS the program's own bundle says it, and nothing need be written.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from model_manager import desktop_entry
from model_manager.core.errors import FileFault
from model_manager.core.online.outside import SCHEME
from model_manager.core.paths import plain_reason, replace_file
from model_manager.core.processes import own_program
from model_manager.core.words import tr

MIME = f"x-scheme-handler/{SCHEME}"
_KEY = f"Software\\Classes\\{SCHEME}"
_SECTION = "[Default Applications]"
_SECONDS = 10


def is_registered() -> bool | None:
    """Return whether links open with this copy of the program; None where that is not ours to say (macOS, other systems)."""
    if sys.platform.startswith("linux"):
        return _usual_program() == f"{desktop_entry.NAME}.desktop" and MIME in _entry_text()
    if sys.platform == "win32":
        return windows_command(_registry()) == _command_line()
    return None


def register() -> None:
    """Make it so. Raises FileFault."""
    _act(_register_linux, lambda: windows_register(_registry()))


def unregister() -> None:
    """Take it back; what another program wrote stays. Raises FileFault."""
    _act(_unregister_linux, lambda: windows_unregister(_registry()))


def run(is_wanted: bool) -> int:
    """Do it for the command line and say so; returns the exit code. Raises FileFault."""
    if is_registered() is None:
        print(tr("On this system the program's bundle says which links it opens; there is nothing to register."), file=sys.stderr)
        return 2
    if is_wanted:
        register()
        print(tr("Links that begin with {scheme}: open with Model Manager now.", scheme=SCHEME))
    else:
        unregister()
        print(tr("Links that begin with {scheme}: do not open with Model Manager any more.", scheme=SCHEME))
    return 0


def _act(linux: Any, windows: Any) -> None:
    try:
        if sys.platform.startswith("linux"):
            linux()
        elif sys.platform == "win32":
            windows()
    except OSError as fault:
        text = tr("Links could not be registered: {reason}. Nothing else was changed.", reason=plain_reason(fault))
        raise FileFault(text) from fault


# Linux: https://specifications.freedesktop.org/mime-apps-spec/latest/


def _entry_path() -> Path:
    return desktop_entry.folder() / f"{desktop_entry.NAME}.desktop"


def _entry_text() -> str:
    try:
        return _entry_path().read_text("utf-8")
    except OSError:
        return ""


def _list_path() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")) / "mimeapps.list"


def _usual_program() -> str:
    """Return the name of the desktop entry that opens our links, "" for none."""
    section = ""
    try:
        lines = _list_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        section = line.strip() if line.startswith("[") else section
        if section == _SECTION and line.startswith(MIME + "="):
            return line.partition("=")[2].split(";")[0].strip()
    return ""


def _list_text() -> str:
    """Return the list of usual programs. Raises OSError when it is there but cannot be read: then it must not be written."""
    try:
        return _list_path().read_text("utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def _register_linux() -> None:
    desktop_entry.write(MIME)
    name = f"{desktop_entry.NAME}.desktop"
    if not _ran("xdg-mime", "default", name, MIME) or _usual_program() != name:
        _set_usual_program(name)
    _ran("update-desktop-database", str(desktop_entry.folder()))


def _unregister_linux() -> None:
    if _usual_program() == f"{desktop_entry.NAME}.desktop":
        _set_usual_program("")
    if MIME in _entry_text():
        desktop_entry.write()
    _ran("update-desktop-database", str(desktop_entry.folder()))


def _set_usual_program(name: str) -> None:
    """Write one line of the list of usual programs, or take it out; all others stay as they are."""
    kept, section, is_written = [], "", not name
    for line in _list_text().splitlines():
        section = line.strip() if line.startswith("[") else section
        if section == _SECTION and line.startswith(MIME + "="):
            continue
        kept.append(line)
        if line.strip() == _SECTION and not is_written:
            kept.append(f"{MIME}={name};")
            is_written = True
    if not is_written:
        kept += [_SECTION, f"{MIME}={name};"]
    path = _list_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, "".join(line + "\n" for line in kept).encode("utf-8", errors="surrogateescape"))


def _ran(*command: str) -> bool:
    """Run a tool of the desktop, if there is one."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# Windows: https://learn.microsoft.com/windows/win32/search/-search-3x-wds-ph-install-registration


def _registry() -> Any:
    import winreg

    return winreg


def _command_line() -> str:
    """Return what Windows runs; all behind -- is a link, whatever a page put into it."""
    command, _ = own_program()
    return " ".join([*(f'"{word}"' if " " in word or ":" in word else word for word in command), "--", '"%1"'])


def windows_command(registry: Any) -> str:
    """Return the command that opens links now, "" for none. registry: the module winreg, or a double of it."""
    try:
        return str(registry.QueryValue(registry.HKEY_CURRENT_USER, rf"{_KEY}\shell\open\command"))
    except OSError:
        return ""


def windows_register(registry: Any) -> None:
    """Write the keys below HKEY_CURRENT_USER\\Software\\Classes."""
    values = {"": ("", f"URL:{SCHEME}"), "URL Protocol": ("", ""), r"shell\open\command": ("key", _command_line())}
    for name, (kind, text) in values.items():
        with registry.CreateKey(registry.HKEY_CURRENT_USER, rf"{_KEY}\{name}" if kind else _KEY) as key:
            registry.SetValueEx(key, "" if kind else name, 0, registry.REG_SZ, text)


def windows_unregister(registry: Any) -> None:
    """Take them away if they are ours."""
    if windows_command(registry) != _command_line():
        return
    for name in (r"\shell\open\command", r"\shell\open", r"\shell", ""):
        registry.DeleteKey(registry.HKEY_CURRENT_USER, _KEY + name)
