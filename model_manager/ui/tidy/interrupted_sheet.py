"""What a crash or kill left half done, in plain words, and the two ways out of it. Opened by the orders' desk at the start."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from model_manager.core.journal.steps import UNDOING, Change
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import set_role
from model_manager.ui.details.wording import date_text
from model_manager.ui.pictures.dialog_parts import Foot, Head
from model_manager.ui.sheet import Sheet

WIDTH = 520


class InterruptedSheet(Sheet):
    """Esc is "later": the page of the history asks again."""

    finish_asked = Signal(int, str)  # id and kind of the change
    roll_back_asked = Signal(int, str)

    def __init__(self, change: Change, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.change = change
        self.setWindowTitle(tr("A change was interrupted"))
        self.setSizeGripEnabled(False)
        self.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head, words, foot = Head(tr("A change was interrupted")), set_role(QLabel(interrupted_words(change)), "muted"), Foot()
        head.line.show_text(tr("{title} · {when}", title=change.title, when=date_text(change.time)))
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        words.setContentsMargins(22, 0, 22, 18)
        words.setMinimumHeight(words.heightForWidth(WIDTH - 2))
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.later, self.back = foot.add(tr("Later")), foot.add(tr("Roll back"))
        self.finish = foot.add(tr("Finish"), "primary")
        self.finish.setDefault(True)
        self.later.clicked.connect(self.reject)
        self.back.clicked.connect(self.accept)
        self.finish.clicked.connect(self.accept)
        self.back.clicked.connect(lambda: self.roll_back_asked.emit(change.id, change.kind))
        self.finish.clicked.connect(lambda: self.finish_asked.emit(change.id, change.kind))
        for part in (head, words, foot):
            layout.addWidget(part)
        self.finish.setFocus()


def interrupted_words(change: Change) -> str:
    """What happened, what is safe, and what the buttons do."""
    if change.state == UNDOING:
        far = trn("It was being undone: {done} of {count} model is back.", "It was being undone: {done} of {count} models are back.",
                  change.told.acts, done=f"{change.told.undone:,}")  # fmt: skip
        return " ".join((far, tr("No file is lost. Finish brings back the rest; Roll back does again what was undone.")))
    far = trn("{done} of {count} model was done when the program ended.", "{done} of {count} models were done when the program ended.",
              change.told.acts, done=f"{change.told.done:,}")  # fmt: skip
    return " ".join((far, tr("No file is lost. Finish does the rest; Roll back puts everything where it was before.")))
