"""Copies the selected models: as files (Ctrl+C), or as nodes for ComfyUI (Ctrl+Shift+C).

Made by the main window through ui/handing; menu, keys and the details panel call it. Says what it did in the status bar.
"""

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication

from model_manager.bridge.handover import Files, Handover, Nodes, copied_files_mime, copied_nodes_mime
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import key_text


def packs_text(packs: Sequence[str]) -> str:
    """Return which custom nodes must be installed, "" for none: ComfyUI skips a node it does not know and says nothing."""
    return tr("It needs {names}.", names=", ".join(packs)) if packs else ""


class Copies(QObject):
    """Puts models on the clipboard; the names are looked up in a worker, so it is there a moment later."""

    said = Signal(str)  # what was copied
    told = Signal(str)  # what was left out, and why
    nodes_copied = Signal()

    def __init__(self, handing: Handover, parent: QObject) -> None:
        super().__init__(parent)
        self.takes_sidecars = False
        self._handover = handing

    def copy_files(self, ids: Sequence[int]) -> None:
        """Copy the files of models, for a paste in a file manager."""
        if ids:
            self._handover.fetch_files(ids, self.takes_sidecars, self._on_files)

    def copy_nodes(self, ids: Sequence[int]) -> None:
        """Copy models as ComfyUI nodes; embeddings as the words for a prompt."""
        if ids:
            self._handover.fetch_nodes(ids, False, self._on_nodes)

    def _on_files(self, files: Files) -> None:
        if files.paths:
            self._put(copied_files_mime(files.paths))
            self.said.emit(trn("Copied {count} file. Paste it in a folder.", "Copied {count} files. Paste them in a folder.",
                               len(files.paths)))  # fmt: skip
        self._tell(files.notes)

    def _on_nodes(self, nodes: Nodes) -> None:
        if nodes.text:
            self._put(copied_nodes_mime(nodes))
            self.nodes_copied.emit()
            if nodes.html:
                said = tr("Copied. Press {keys} over ComfyUI's canvas.", keys=key_text("Ctrl+V"))
                self.said.emit(f"{said} {packs_text(nodes.packs)}".strip())
            else:
                self.said.emit(tr("Copied {text}. Paste it in a prompt.", text=nodes.text))
        self._tell(nodes.notes)

    def _put(self, mime: QMimeData) -> None:
        QGuiApplication.clipboard().setMimeData(mime)

    def _tell(self, notes: Sequence[str]) -> None:
        for note in notes:
            self.told.emit(note)
