"""The demo site as a process of its own: started when something online is first asked for in a `--demo`, ended with the program.

`DemoSite` is the program's side, `serve` what the process does. It listens on the loopback only and forgets everything when it ends.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from model_manager.core.demo.site_http import Handler, Host
from model_manager.core.demo.site_offers import demo_site
from model_manager.core.demo.site_records import CIVITAI, GITHUB, HUB, ROLES
from model_manager.core.demo.sparse import keeps_holes
from model_manager.core.errors import NetworkFault
from model_manager.core.processes import end, own_program
from model_manager.core.words import tr

ARGUMENT, SMALL, LARGE = "--demo-site", "small", "large"
SPEED = 12_000_000  # bytes a second of a download, so that there is something to see
VARIABLES = {"CIVITAI_ENDPOINT": CIVITAI, "HF_ENDPOINT": HUB, "GITHUB_ENDPOINT": GITHUB}


class DemoSite:
    """The demo site of one running program. Nothing is started before `environ` is asked for; may be asked by any thread."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where the demo library is built; what its disk can do decides how large its files are."""
        self._folder, self._lock = folder, threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._environ: dict[str, str] = {}

    def environ(self) -> dict[str, str]:
        """Return the variables that lead online requests to it; the first call starts it (half a second).

        Raises NetworkFault when it cannot be started.
        """
        with self._lock:
            if self._process is None:
                self._start()
            return dict(self._environ)

    def close(self) -> None:
        """End it."""
        with self._lock:
            if self._process is not None:
                end(self._process)
            self._process, self._environ = None, {}

    def _start(self) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            command, environment = own_program(ARGUMENT, LARGE if keeps_holes(self._folder) else SMALL)
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, creationflags=flags
            )
        except OSError as fault:
            raise _not_started() from fault
        assert process.stdout is not None
        try:
            self._environ = json.loads(process.stdout.readline())
        except ValueError as fault:
            end(process)
            raise _not_started() from fault
        self._process = process


def _not_started() -> NetworkFault:
    return NetworkFault(tr("The site of the demo could not be started. Nothing was changed. Close the demo and start it again."), "offline")


def serve(size: str) -> int:
    """Be the demo site: tell the addresses on the standard output, end when the standard input does; returns the exit code."""
    site = demo_site(is_small=size == SMALL)
    site.bytes_a_second = SPEED
    for role in ROLES:
        host = Host(site, role, Handler)
        site.origins[role] = host.origin
        threading.Thread(target=host.serve_forever, daemon=True).start()
    with os.fdopen(1, "wb") as told, contextlib.suppress(OSError):
        told.write(json.dumps({name: site.origins[role] for name, role in VARIABLES.items()}).encode() + b"\n")
        told.flush()
        with os.fdopen(0, "rb") as parent, contextlib.suppress(KeyboardInterrupt):
            parent.read()
    return 0
