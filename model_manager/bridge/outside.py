"""What comes from outside: a second start, a link clicked in a browser, a file opened with the program, a link that was copied.

Made by app; the window's doorstep shows what comes. Nothing here is acted on: links are for the link dialog, files for the sheet of a drop.
"""

import os
import sys

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent

from model_manager.bridge.clipboard import ClipboardWatch
from model_manager.bridge.single import Single
from model_manager.core.online.outside import Errand, errand


class Outside(QObject):
    """All ways in, as signals with plain values."""

    front_wanted = Signal()
    search_came = Signal(str)
    files_came = Signal(list)  # full paths
    links_came = Signal(list)  # texts
    links_copied = Signal(list)  # texts, in another program

    def __init__(self, single: Single | None) -> None:
        """`single`: the right to the data folder, None where there may be several windows (for a picture of one)."""
        super().__init__()
        self._single = single
        self.clipboard = ClipboardWatch(self)
        self.clipboard.links_copied.connect(self.links_copied)
        if single is not None:
            single.came.connect(self._on_came)
        app = QCoreApplication.instance()
        if app is not None and sys.platform == "darwin":  # a filter in Python costs something at each event of each widget
            app.installEventFilter(self)

    def open(self) -> None:
        """Take later starts from now on."""
        if self._single is not None:
            self._single.listen()

    def tell(self, told: Errand) -> None:
        """Pass on what the program's own start was asked for."""
        if told.search:
            self.search_came.emit(told.search)
        if told.files:
            self.files_came.emit(list(told.files))
        if told.links:
            self.links_came.emit(list(told.links))

    def stop(self) -> None:
        """Take nothing any more."""
        self.clipboard.set_on(False)
        if self._single is not None:
            self._single.stop()

    def close(self) -> None:
        """Let go of the data folder, when nothing of it is in use any more."""
        self.stop()
        if self._single is not None:
            self._single.close()

    def _on_came(self, told: Errand) -> None:
        if told.token:  # Qt looks there (XDG activation) when a window asks to be in front
            os.environ["XDG_ACTIVATION_TOKEN"] = told.token
        self.front_wanted.emit()
        self.tell(told)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QFileOpenEvent):  # macOS gives links and files so
            self._on_came(errand([event.file() or event.url().toString()]))
            return True
        return super().eventFilter(watched, event)
