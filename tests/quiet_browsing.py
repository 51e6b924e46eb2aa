"""The whole program, started and used as by a person who only looks, in a process of its own: prints what it reached for as JSON.

    python tests/quiet_browsing.py COMFYUI        # the data folder is that of MODEL_MANAGER_DATA

An audit hook is the first thing there is, so no module can have kept a socket function from before.
"""

import argparse
import json
import socket
import sys
from collections.abc import Iterator
from typing import Any

_TOLD = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind")
reached: list[str] = []


def _hear(event: str, values: tuple[Any, ...]) -> None:
    if event in _TOLD:
        reached.append(f"{event} {values[1] if event in ('socket.connect', 'socket.sendto', 'socket.bind') else values[0]}")
    elif event == "urllib.Request":
        reached.append(f"{event} {values[0]}")


sys.addaudithook(_hear)
ONLINE = ("requests", "urllib3", "keyring", "http.client", "ssl", "PySide6.QtWebSockets")


def loaded() -> list[str]:
    """The modules that only the way to the sites, and the keychain, need."""
    return [name for name in ONLINE if name in sys.modules]


class Visit:
    """Goes through the program one step at a time, each when the window is quiet again."""

    def __init__(self, app: Any) -> None:
        from PySide6.QtCore import QTimer

        self._app, self.found = app, dict[str, Any]()
        self._steps: Iterator[None] | None = None
        self._calm = 0
        self._timer = QTimer(app, interval=20)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        from model_manager.ui.main_window import MainWindow

        window = next((one for one in self._app.topLevelWidgets() if isinstance(one, MainWindow) and one.is_furnished), None)
        if window is None:
            return
        is_ready = window.is_quiet and window.session.is_loaded and window.tasks.board._holder.engine is not None
        self._calm = self._calm + 1 if is_ready else 0
        if self._calm < 3:
            return
        self._calm = 0
        self._steps = self._steps or self._walk(window)
        if next(self._steps, self) is self:
            self._timer.stop()
            window.close()
            self._app.quit()

    def _note(self, what: str) -> None:
        self.found[what] = {"reached": list(reached), "loaded": loaded()}

    def _walk(self, window: Any) -> Iterator[None]:
        from PySide6.QtGui import QGuiApplication

        self._note("start")
        self.found["models"] = rows = window.session.model.rowCount()
        for row in range(rows):
            window.selection.select((row,))
            yield
        for view in ("table", "grid"):
            window._on_view(view)
            bar = window._view().verticalScrollBar()
            bar.setValue(bar.maximum())
            yield
            bar.setValue(0)
            yield
        for text in ("ink", "type:lora", "nothing of this name", ""):
            window.search_for(text)
            yield
        window.session.set_order("size", True)
        window.session.set_group("base")
        yield
        window._on_refresh()
        yield
        QGuiApplication.clipboard().setText("https://civitai.com/models/900030")
        yield
        self._note("browsed")
        window.tasks.show()
        yield
        window.tasks.leave()
        window.links.show()
        yield
        window.links._sheet.close()
        yield
        self._note("looked at tasks and links")
        from model_manager.ui.settings.dialog import DOWNLOADS, ONLINE

        window.desk.show_settings()
        dialog = window.desk.settings._dialog
        for page in (DOWNLOADS, ONLINE):
            dialog.show_page(page)
            yield
        self._note("settings")
        dialog.close()


def main() -> None:
    """Run the program until the visit is over."""
    from PySide6.QtWidgets import QApplication

    from model_manager import app as program

    app = QApplication(sys.argv[:1])
    visit = Visit(app)
    chosen = argparse.Namespace(
        theme=None, view=None, comfyui=sys.argv[1:2], extra_model_paths_config=[], demo=False, size=(1100, 700), search="",
        screenshot=None, select=None, outside=(),
    )  # fmt: skip
    code = program.run(chosen)
    visit._note("end")
    socket.socket().connect_ex(("127.0.0.1", 9))  # shows that the hook hears
    visit._note("a connection")
    print(json.dumps({"code": code, **visit.found}))


if __name__ == "__main__":
    main()
