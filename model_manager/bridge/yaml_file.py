"""One extra_model_paths.yaml that is being edited: its text in memory, one change after the other, and the way back.

Made by the editor's desk. Reading and changing are done in workers; nothing is written here, `plan` says what would be.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import place_tasks
from model_manager.bridge.jobs import Job, Pool, Runner
from model_manager.bridge.place_tasks import Edit, Folder, Read, Shape
from model_manager.core.errors import ModelManagerError
from model_manager.core.journal.steps import Plan
from model_manager.core.library import yaml_editing as editing
from model_manager.core.tidy.folder_plans import plan_yaml


class YamlFile(QObject):
    """The file. One change at a time: what is asked for while one is being made is left out."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, runner: Runner, models: Mapping[tuple[str, str], int], parent: QObject) -> None:
        """`models`: number of models by category and folder."""
        super().__init__(parent)
        self._runner, self._models = runner, models
        self.path = ""
        self.read: Read | None = None
        self.saved: Read | None = None  # as it is on the disk
        self._before: list[str] = []
        self._job: Job | None = None

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.read is not None and self.saved is not None and self.read.shape.text != self.saved.shape.text

    @property
    def can_undo(self) -> bool:
        """Whether a change can be taken back."""
        return bool(self._before)

    def open(self, path: str) -> None:
        """Read a file."""
        self.drop()  # or what is made of the file before would be taken for this one
        self.path, self.read, self.saved, self._before = path, None, None, []
        self._run(self._on_opened, place_tasks.read_yaml, path, self._models)

    def drop(self) -> None:
        """What is being made of the file is not wanted any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def edit(self, change: Edit) -> None:
        """Make a change, a function of `editing` with its arguments."""
        if self.read is not None and self._job is None:
            self._run(partial(self._on_edited, self.read.shape.text), place_tasks.edit_yaml, self.read.shape, change, self._models)

    # what can be changed; sections, categories and folders by their words, places among the folders that are on

    def add_section(self, name: str, base: str | None) -> None:
        """Add a section."""
        self.edit(lambda shape: editing.add_section(shape, name, base))

    def rename_section(self, name: str, new: str) -> None:
        """Give a section another name."""
        self.edit(lambda shape: editing.rename_section(shape, name, new))

    def remove_section(self, name: str) -> None:
        """Take a section away."""
        self.edit(lambda shape: editing.remove_section(shape, name))

    def switch_section(self, name: str, is_on: bool) -> None:
        """Make a section a comment, or one again."""
        self.edit(lambda shape: editing.switch_section(shape, name, is_on))

    def move_section(self, name: str, by: int) -> None:
        """Move a section up (-1) or down (1)."""
        self.edit(lambda shape: editing.move_section(shape, name, by))

    def set_base(self, section: str, base: str) -> None:
        """Set the base_path of a section; "" takes it away."""
        self.edit(lambda shape: editing.set_base(shape, section, base or None))

    def set_default(self, section: str, is_default: bool) -> None:
        """Let a section's folders come first, or not."""
        self.edit(lambda shape: editing.set_default(shape, section, is_default))

    def add_folder(self, section: str, category: str, text: str) -> None:
        """Add a folder to a category; the section is made when there is none of this name."""
        self.edit(lambda shape: _with_folder(shape, section, category, text))

    def set_folder(self, section: str, category: str, at: int, text: str) -> None:
        """Give a folder other words."""
        self.edit(lambda shape: editing.set_folder(shape, section, category, at, text))

    def remove_folder(self, section: str, category: str, folder: Folder) -> None:
        """Take a folder away."""
        self.edit(lambda shape: editing.remove_folder(shape, section, category, folder))

    def switch_folder(self, section: str, category: str, folder: Folder) -> None:
        """Make a folder a comment, or one again."""
        self.edit(lambda shape: editing.switch_folder(shape, section, category, folder))

    def move_folder(self, section: str, category: str, at: int, by: int) -> None:
        """Move a folder up (-1) or down (1)."""
        self.edit(lambda shape: editing.move_folder(shape, section, category, at, by))

    def rename_category(self, section: str, category: str, new: str) -> None:
        """Give a category another name."""
        self.edit(lambda shape: editing.rename_category(shape, section, category, new))

    def remove_category(self, section: str, category: str) -> None:
        """Take a category away with all its folders."""
        self.edit(lambda shape: editing.remove_category(shape, section, category))

    def mend_category(self, section: str, category: str) -> None:
        """Write a category as ComfyUI reads it."""
        self.edit(lambda shape: editing.mend_category(shape, section, category))

    def undo(self) -> None:
        """Take the last change back."""
        if self._before and self._job is None:
            self._run(self._on_undone, place_tasks.again, self._before[-1], self.path, self._models)

    def plan(self) -> Callable[[Path, Path], Plan]:
        """What makes the plan that writes it."""
        assert self.read is not None and self.saved is not None
        path, before, after = self.path, self.saved.shape.text, self.read.shape.text
        return lambda data, index: plan_yaml(path, before, after)

    def _run(self, done: Callable[[Read], None], function: Callable[..., Read], *args: object) -> None:
        self._job = self._runner.start(Pool.READ, function, *args, done=done, failed=self._on_failed)

    def _on_opened(self, read: Read) -> None:
        self._job = None
        self.read = self.saved = read
        self.changed.emit()

    def _on_edited(self, before: str, read: Read) -> None:
        self._job = None
        if read.shape.text != before:
            self._before.append(before)
        self.read = read
        self.changed.emit()

    def _on_undone(self, read: Read) -> None:
        self._job = None
        self._before.pop()
        self.read = read
        self.changed.emit()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._job = None
        self.failed.emit(fault.text)
        self.changed.emit()


def _with_folder(shape: Shape, section: str, category: str, text: str) -> Shape:
    if not any(one.name == section and one.is_on for one in shape.sections):
        shape = editing.add_section(shape, section)
    return editing.add_folder(shape, section, category, text)
