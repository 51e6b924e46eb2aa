"""One line of a plan in full: what is special about it, each of its files, and what ComfyUI will call the model.

Shown below the list of the plan sheet. Text only, to be selected and copied.
"""

import os
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from model_manager.core.journal.steps import COPY, FOLDER, HARD, KIN, LINK, MOVE, NO_FOLDER, REMOVE, SHARE, UNLINK, Act, Step
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import set_role
from model_manager.ui.theme import restyle
from model_manager.ui.tidy.plan_list import Line, note_of

HEIGHT, MOST_STEPS = 148, 60
_TONES = {"": "muted", "info": "muted", "warn": "warn", "bad": "bad"}


class PlanDetails(QScrollArea):
    """The pane."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(tr("The line in full"))
        self._name, self._note = set_role(QLabel(), "strong"), set_role(QLabel(), "muted")
        self._sorts, self._files = set_role(QLabel(), "muted"), set_role(QLabel(), "")
        self._files.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self._name, self._note):
            label.setWordWrap(True)
        inside = QWidget()
        inside.setProperty("role", "plain")
        column = QVBoxLayout(inside)
        column.setContentsMargins(22, 10, 22, 12)
        column.setSpacing(4)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(1, 1)
        for place, label in enumerate((self._sorts, self._files)):
            grid.addWidget(label, 0, place, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._name)
        column.addWidget(self._note)
        column.addLayout(grid)
        column.addStretch(1)
        self.setWidget(inside)

    def show_line(self, line: Line) -> None:
        """Show a line."""
        self._name.setText(line.name)
        note = note_of(line)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._note.setProperty("role", _TONES.get(line.tone, "muted"))
        restyle(self._note)
        pairs = list(_of_act(line)) if isinstance(line, Act) else [(tr("Stays at"), line.before)]
        self._sorts.setText("\n".join(sort for sort, _ in pairs))
        self._files.setText("\n".join(text for _, text in pairs))
        self.verticalScrollBar().setValue(0)


def _of_act(act: Act) -> Iterator[tuple[str, str]]:
    if act.comfy_before or act.comfy_after:
        yield tr("ComfyUI calls it"), comfy_words(act)
    for step in act.steps[:MOST_STEPS]:
        yield step_words(step)
    if len(act.steps) > MOST_STEPS:
        yield "", trn("and {count} more", "and {count} more", len(act.steps) - MOST_STEPS)


def comfy_words(act: Act) -> str:
    """What ComfyUI calls it, now and afterwards."""
    if act.comfy_before == act.comfy_after:
        return tr("{name}, as before", name=act.comfy_after)
    if not act.comfy_after:
        return tr("nothing any more; it was {name}", name=act.comfy_before)
    return tr("{after}, until now {before}", after=act.comfy_after, before=act.comfy_before) if act.comfy_before else act.comfy_after


def step_words(step: Step) -> tuple[str, str]:
    """A step as (what is done, to what)."""
    if step.sort in (MOVE, COPY):
        return (tr("Move") if step.sort == MOVE else tr("Copy")), _way(step)
    if step.sort == FOLDER:
        return tr("Make folder"), step.target
    if step.sort == NO_FOLDER:
        return tr("Remove empty folder"), step.target
    if step.sort == REMOVE:
        return tr("Remove for good"), step.source
    if step.sort in (LINK, HARD, SHARE):
        words = {LINK: tr("Link"), HARD: tr("Hard link"), SHARE: tr("Share blocks")}
        return words[step.sort], tr("{path} → {target}", path=step.target, target=step.source)
    if step.sort == UNLINK:
        return tr("Remove link"), step.target
    if step.sort == KIN:
        return tr("Also known as"), step.source
    return (tr("Write") if step.data is not None else tr("Remove")), step.target


def _way(step: Step) -> str:
    """Where a file goes; the folder alone when it keeps its name, the name alone when it stays in its folder."""
    (folder, name), (new_folder, new_name) = os.path.split(step.source), os.path.split(step.target)
    target = new_name if folder == new_folder else os.path.join(new_folder, "") if name == new_name else step.target
    return tr("{path} → {target}", path=name, target=target)
