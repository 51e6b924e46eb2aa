"""The main button of the details panel: copies the model as a ComfyUI node, as words for a prompt, or its name where it is neither.

Made by the panel. Copies nothing but the name itself: nodes are asked for by signal and confirmed later.
"""

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy

from model_manager.core.words import tr
from model_manager.ui.details.parts import CONFIRM_MS, copy_text, key_text, push_button, short_tip

PADDING = 24  # pixels beside the label


class NodeButton(QObject):
    """Wraps the button; `sort` is what ComfyUI takes of the model: node, prompt or name."""

    node_asked = Signal()
    copied = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.button: QPushButton = push_button("", "primary")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.installEventFilter(self)
        self.sort, self._name = "name", ""
        self._timer = QTimer(self, singleShot=True, interval=CONFIRM_MS)
        self._timer.timeout.connect(self._show_label)
        self.button.clicked.connect(self._on_clicked)

    def show_model(self, sort: str, name: str, reason: str) -> None:
        """Show what can be copied of a model; name: as ComfyUI spells it, reason: why it is no more than the name."""
        self.sort, self._name = sort, name
        paste, copy = key_text("Ctrl+V"), key_text("Ctrl+Shift+C")
        tips = {
            "node": tr("Copy {name} as a node. Then press {paste} over ComfyUI's canvas. ({copy})", name=name, paste=paste, copy=copy),
            "prompt": tr("Copy the words that use this embedding in a prompt. ({copy})", copy=copy),
        }
        name_tip = tr("Copy the name that ComfyUI uses:\n{name}", name=name)
        self.button.setToolTip(short_tip(tips.get(sort) or "\n".join(part for part in (reason, name_tip) if part)))
        self._show_label()

    def confirm(self) -> None:
        """Say for a moment that it was copied."""
        self.button.setText(tr("Copied"))
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shorten the label in a narrow panel."""
        if event.type() == QEvent.Type.Resize and not self._timer.isActive():
            self._show_label()
        return super().eventFilter(watched, event)

    def _show_label(self) -> None:
        self._timer.stop()
        labels = {"node": tr("Copy as ComfyUI node"), "prompt": tr("Copy for a prompt")}
        text = labels.get(self.sort, tr("Copy name"))
        is_cut = self.button.fontMetrics().horizontalAdvance(text) + PADDING > self.button.width()
        self.button.setText(tr("Copy as node") if is_cut and self.sort == "node" else text)

    def _on_clicked(self) -> None:
        if self.sort != "name":
            self.node_asked.emit()
            return
        copy_text(self._name)
        self.confirm()
        self.copied.emit(self._name)
