"""Says whether this copy of the program is whole and can work on this machine: `model-manager --self-check [FILE]`.

Called by the command line; every build is tried with it. Each check does in small what the program does, so a missing plugin, library
or right shows itself here. It must never touch a model folder, the settings or the index: it works in a folder of its own.
"""

import json
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from model_manager import __version__
from model_manager.core.errors import ModelManagerError
from model_manager.core.paths import data_dir, replace_file
from model_manager.core.words import tr
from model_manager.self_check_online import hashes, online, tasks
from model_manager.self_check_parts import (
    CheckFailed,
    data_folder,
    database,
    dependencies,
    keys,
    modules,
    program,
    readers,
    resources,
    watching,
)
from model_manager.self_check_qt import later_starts, pictures, plugins, video, window
from model_manager.self_check_tidy import changes, conversion, pickles, previews, trash

CHECKS: tuple[tuple[str, Callable[[Path], str]], ...] = (
    ("program", program),
    ("data folder", data_folder),
    ("modules", modules),
    ("dependencies", dependencies),
    ("resources", resources),
    ("database", database),
    ("reading process", readers),
    ("watching", watching),
    ("keychain", keys),
    ("online", online),
    ("hashes", hashes),
    ("tasks", tasks),
    ("changes", changes),
    ("trash", trash),
    ("pickles", pickles),
    ("conversion", conversion),
    ("new previews", previews),
    ("Qt plugins", plugins),
    ("window", window),
    ("later starts", later_starts),
    ("pictures", pictures),
    ("video", video),
)
# what a check may meet in a program that lacks a part, or on a system that refuses
_FAULTS = (CheckFailed, sqlite3.Error, ImportError, OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError)


class Finding(NamedTuple):
    """What one check found. text: what is there, or what is wrong."""

    name: str
    is_good: bool
    text: str
    seconds: float


def run(report: str = "") -> int:
    """Do all checks, print what they find and write it as JSON to the file `report` if one is named; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="model-manager-check-", ignore_cleanup_errors=True) as folder:
        findings = [_finding(name, check, Path(folder)) for name, check in CHECKS]
    is_good = all(finding.is_good for finding in findings)
    for finding in findings:
        print(f"{tr('ok') if finding.is_good else tr('FAILED'):<8}{finding.name:<18}{finding.text}")
    print(tr("Everything is there and works.") if is_good else tr("Something is missing or does not work."))
    is_written = not report or _write(report, is_good, findings)
    sys.stdout.flush()
    return 0 if is_good and is_written else 1


def _finding(name: str, check: Callable[[Path], str], folder: Path) -> Finding:
    start = time.monotonic()
    try:
        is_good, text = True, check(folder)
    except ModelManagerError as fault:
        is_good, text = False, fault.text
    except _FAULTS as fault:
        is_good, text = False, f"{type(fault).__name__}: {fault}"
    return Finding(name, is_good, text, time.monotonic() - start)


def _write(report: str, is_good: bool, findings: Sequence[Finding]) -> bool:
    answer = {
        "ok": is_good,
        "version": __version__,
        "system": platform.platform(),
        "data_folder": str(data_dir()),
        "checks": [{"name": one.name, "ok": one.is_good, "text": one.text, "seconds": round(one.seconds, 3)} for one in findings],
    }
    try:
        replace_file(report, json.dumps(answer, indent=1).encode())
    except ModelManagerError as fault:
        print(fault.text, file=sys.stderr)
        return False
    return True
