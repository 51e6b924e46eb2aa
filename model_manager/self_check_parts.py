"""The checks of the self-check that need no Qt. Each takes an empty folder, returns what it found and raises what is wrong.

Called by self_check only, which knows what may be raised.
"""

import contextlib
import os
import pkgutil
import platform
import secrets
import sqlite3
import ssl
import sys
import threading
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import model_manager
from model_manager import __version__
from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.library.entry import Family
from model_manager.core.library.index import Index
from model_manager.core.library.readers import Readers
from model_manager.core.library.tasks import Task
from model_manager.core.library.walk import SeenFile
from model_manager.core.library.watcher import Watcher
from model_manager.core.online.keys import keychain
from model_manager.core.paths import data_dir, replace_file, resource
from model_manager.core.words import tr

SECONDS_TO_HEAR = 10.0
_DEPENDENCIES = ("PySide6", "PIL", "yaml", "requests", "platformdirs", "watchdog", "keyring", "blake3", "send2trash", "picklescan")
_KEYCHAINS = {"win32": ("Windows", "win32ctypes.pywin32"), "darwin": ("macOS", "keyring.backends.macOS.api")}
_PARTS = ("app.png", "app.svg", "icons/search.svg", "controls/check.svg")


class CheckFailed(Exception):
    """A check found something else than it should."""


def program(_folder: Path) -> str:
    """Which program this is and what it runs on."""
    form = tr("frozen") if getattr(sys, "frozen", False) else tr("from source")
    return f"Model Manager {__version__} ({form}), Python {platform.python_version()}, {platform.platform()}"


def data_folder(_folder: Path) -> str:
    """The data folder can be made, written and cleared."""
    folder = data_dir()
    folder.mkdir(parents=True, exist_ok=True)
    trial = folder / f"self-check-{secrets.token_hex(6)}.tmp"
    try:
        replace_file(trial, b"written")
        if trial.read_bytes() != b"written":
            raise CheckFailed(tr("What was written to {folder} is not what is read.", folder=folder))
    finally:
        with contextlib.suppress(OSError):
            trial.unlink()
    return str(folder)


def modules(_folder: Path) -> str:
    """All of our modules can be imported."""
    names = [found.name for found in pkgutil.walk_packages(model_manager.__path__, "model_manager.")]
    for name in names:
        if not name.endswith(".__main__"):
            import_module(name)
    if "model_manager.ui.main_window" not in names:
        raise CheckFailed(tr("The window is not among the {count} modules.", count=len(names)))
    return tr("{count} modules", count=len(names))


def dependencies(_folder: Path) -> str:
    """What we build upon is there, and the certificates for the network can be read."""
    import certifi

    found = [f"{name} {getattr(import_module(name), '__version__', '')}".strip() for name in _DEPENDENCIES]  # watchdog does not tell
    count = len(ssl.create_default_context(cafile=certifi.where()).get_ca_certs())
    if not count:
        raise CheckFailed(tr("There are no certificates to know servers by."))
    return ", ".join([*found, ssl.OPENSSL_VERSION])


def resources(_folder: Path) -> str:
    """Icons and pictures are where the program looks for them."""
    for name in _PARTS:
        resource(name)
    icons = len(list(resource("icons").glob("*.svg")))
    return tr("{count} icons in {folder}", count=icons, folder=resource("."))


def database(folder: Path) -> str:
    """SQLite has what the index needs: a log of its own for writing, and use from several threads."""
    path = folder / "index.sqlite"
    with Index(path) as index, index.writing():
        index.touch()
    with contextlib.closing(sqlite3.connect(path)) as base:
        (mode,) = base.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal" or sqlite3.threadsafety == 0:
        raise CheckFailed(f"SQLite {sqlite3.sqlite_version}: journal_mode {mode}, threadsafety {sqlite3.threadsafety}")
    return f"SQLite {sqlite3.sqlite_version}, WAL, threadsafety {sqlite3.threadsafety}"


def readers(folder: Path) -> str:
    """The program can start itself to read models, and is answered over the pipes."""
    path = folder / "model.safetensors"
    path.write_bytes(safetensors_bytes({"a": ("F16", (2, 2))}, {"modelspec.title": "Self check"}))
    seen = path.stat()
    file = SeenFile(path.name, seen.st_size, seen.st_mtime_ns, seen.st_dev, seen.st_ino, 1, "")
    task = Task(1, 1, str(folder), "checkpoints", file, 0.0, Family(), 0, (0, 0), "", None, True)
    started = Readers(is_polite=True, count=1)
    try:
        started.give([task])
        ((row, _known),) = next(started.answers())
        if not started.answered:
            raise CheckFailed(tr("The reading process ended without an answer."))
    finally:
        started.close()
    if row.row.file != path.name:
        raise CheckFailed(tr("The reading process read {name}.", name=row.row.file))
    return tr("answered")


def keys(_folder: Path) -> str:
    """What keeps keys on this system is in the program; that nothing here offers to keep them is told, and is no fault."""
    name, needed = _KEYCHAINS.get(sys.platform, ("SecretService", "secretstorage"))
    import_module("keyring.backends." + name)
    import_module(needed)
    if not entry_points(group="keyring.backends"):
        raise CheckFailed(tr("The list of keychains is missing."))
    found = keychain()
    return f"{type(found).__module__}" if found is not None else tr("no keychain here; keys are kept while the program runs")


def watching(folder: Path) -> str:
    """A change in a folder is heard of."""
    heard = threading.Event()
    watched = Path(os.path.realpath(folder)) / "watched"
    watched.mkdir()
    watcher = Watcher(lambda _folders, _is_lost: heard.set())
    try:
        watcher.watch([str(watched)])
        (watched / "new.txt").write_text("new", "utf-8")
        if not heard.wait(SECONDS_TO_HEAR):
            raise CheckFailed(watcher.reason or tr("A new file was not heard of."))
    finally:
        watcher.stop()
    return tr("a new file was heard of")
