"""Watches the clipboard for links to models, if the person asked for that.

Made by what takes things from outside. It looks at short texts only, never at what this program itself copied, and tells each link once.
Nothing is asked of any site, and nothing is kept.
"""

from collections import OrderedDict

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QClipboard, QGuiApplication

from model_manager.core.online.outside import is_link

LONGEST = 4000  # letters; a longer text is not a link, and reading it would take time
REMEMBERED = 200


class ClipboardWatch(QObject):
    """Tells of links to models that were copied in other programs."""

    links_copied = Signal(list)  # texts

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clipboard: QClipboard = QGuiApplication.clipboard()
        self._is_on = False
        self._told: OrderedDict[str, None] = OrderedDict()

    def set_on(self, is_on: bool) -> None:
        """Begin or end; what is in the clipboard at the beginning is not told."""
        if is_on == self._is_on:
            return
        self._is_on = is_on
        if is_on:
            self._new_links(self._clipboard.mimeData())
            self._clipboard.dataChanged.connect(self._on_changed)
        else:
            self._clipboard.dataChanged.disconnect(self._on_changed)

    def _on_changed(self) -> None:
        if self._clipboard.ownsClipboard():
            return
        if links := self._new_links(self._clipboard.mimeData()):
            self.links_copied.emit(links)

    def _new_links(self, mime: QMimeData | None) -> list[str]:
        """Return what has not been told yet, and remember it."""
        text = mime.text().strip() if mime is not None and mime.hasText() else ""
        if not text or len(text) > LONGEST:
            return []
        # not above: the watch is made before the window is shown
        from model_manager.core.online.links import key_of, parse_links
        from model_manager.core.online.records import PLAIN

        found = []
        for link in parse_links(text):
            is_to_model = not link.problem and link.site != PLAIN and is_link(link.text)
            if is_to_model and (key := key_of(link)) not in self._told:
                self._told[key] = None
                found.append(link.text)
        while len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return found
