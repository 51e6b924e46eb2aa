"""Chromium on an X display of its own, driven over its DevTools protocol; and a clipboard that PySide6 fills on that display."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.comfy_page.websocket import Client

SECONDS = 60.0
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
XVFB = shutil.which("Xvfb") or ""

_HOLD = """
import sys
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv)
mime = QMimeData()
mime.setHtml(sys.stdin.buffer.read().decode())
mime.setText("names")
app.clipboard().setMimeData(mime)
print("ready", flush=True)
app.exec()
"""


def wait_for(look: Callable[[], str], what: str) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise TimeoutError(what)


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


@contextmanager
def display() -> Iterator[str]:
    """A fresh X display; gives its name."""
    ours, theirs = os.pipe()
    with running([XVFB, "-displayfd", str(theirs), "-screen", "0", "1400x900x24", "-nolisten", "tcp"], pass_fds=(theirs,),
                 stderr=subprocess.DEVNULL):  # fmt: skip
        os.close(theirs)
        with os.fdopen(ours) as answer:
            yield ":" + answer.readline().strip()


@contextmanager
def served(frontend: Path) -> Iterator[str]:
    """Serve a frontend folder (the one with index.html) from a process of its own; gives the address."""
    command = [sys.executable, "-m", "tests.comfy_page.double", str(frontend)]
    with running(command, cwd=Path(__file__).resolve().parents[2], stdout=subprocess.PIPE) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/"


@contextmanager
def clipboard(display: str, html: str) -> Iterator[None]:
    """Hold HTML on the display's clipboard, as the program does."""
    environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    with running([sys.executable, "-c", _HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin and holder.stdout
        holder.stdin.write(html.encode())
        holder.stdin.close()
        assert holder.stdout.readline() == b"ready\n"
        yield


class Page:
    """One page of the browser."""

    def __init__(self, address: str) -> None:
        self._client, self._number = Client(address), 0

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._client.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._client.receive())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page; None while it throws."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return None if "exceptionDetails" in answer else answer["result"].get("value")

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def press_paste(self, x: int, y: int) -> None:
        """Move the pointer there and press Ctrl+V, as a person does."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x - 5, y=y - 5)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        key = {"key": "v", "code": "KeyV", "windowsVirtualKeyCode": 86, "modifiers": 2}
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", commands=["paste"], **key)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def drop(self, x: int, y: int, files: list[str], url: str = "") -> None:
        """Drop files or a URL, as the browser gets them from the system."""
        items = [{"mimeType": "text/uri-list", "data": url}] if url else []
        data = {"items": items, "files": files, "dragOperationsMask": 1}
        for sort in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=sort, x=x, y=y, data=data)

    def draw(self) -> None:
        """Let the page come to rest: without a frame asked for, a toast that slides in may lie over the canvas forever."""
        for _ in range(2):
            self.call("Page.captureScreenshot")
            time.sleep(0.2)

    def close(self) -> None:
        self._client.close()


@contextmanager
def browser(display: str, profile: Path) -> Iterator[Page]:
    """Chromium with one page on a display, with nothing of the user's."""
    command = [
        CHROMIUM, "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--window-size=1400,900",
        "--disable-background-networking", "--disable-component-update", "--password-store=basic", "--use-gl=angle",
        "--use-angle=swiftshader", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "about:blank",
    ]  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running(command, env=os.environ | {"DISPLAY": display}, **quiet):
        port_file = profile / "DevToolsActivePort"
        port = wait_for(lambda: port_file.read_text().split("\n")[0] if port_file.exists() else "", "Chromium's port")
        page = Page(wait_for(lambda: _page_address(port), "Chromium's page"))
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)  # there is no window manager to give focus
        try:
            yield page
        finally:
            page.close()


def _page_address(port: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=10) as answer:
        targets = json.load(answer)
    return next((str(one["webSocketDebuggerUrl"]) for one in targets if one["type"] == "page"), "")
