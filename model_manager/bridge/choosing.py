"""One model and the picture it may get: what there is to choose from, how it would look, and the writing of it.

Made by `previews` for each dialog. It starts jobs and passes on what they say; what is no longer wanted when it lands is dropped.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from model_manager.bridge import preview_tasks, preview_writing
from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.preview_tasks import Choices
from model_manager.bridge.preview_writing import Changed
from model_manager.bridge.session import Session
from model_manager.bridge.source_pictures import SourcePictures
from model_manager.bridge.web_choices import WebChoices
from model_manager.core.errors import ModelManagerError
from model_manager.core.previews.history import History
from model_manager.core.previews.records import Earlier, Form, Look, Made, Source
from model_manager.core.words import tr
from model_manager.core.work import Work

MAKE_MS = 200  # a drag asks for many looks; only the one it rests at is made


class Choosing(QObject):
    """What happens to one model's preview while its dialog is open."""

    opened = Signal(object)  # Choices: at first, after outputs were looked through, and after a change
    small_ready = Signal(object, object)  # Source, QImage
    large_ready = Signal(object, object)
    small_refused = Signal(object, str)
    large_refused = Signal(object, str)
    chosen = Signal(object)  # Source of a file, a drop or a paste, which is now among the choices
    searching = Signal(bool)  # whether output folders are being looked through
    made = Signal(object, object, object)  # Source, Look, Made
    refused = Signal(object, str)  # Source and why it cannot be made a preview
    written = Signal(object)  # Applied
    failed = Signal(str)
    lock_changed = Signal(bool)
    changed = Signal(int)  # id of a model whose files have changed
    noted = Signal(int, object)  # id, preview_writing.Changed: what is in the history now

    def __init__(self, session: Session, index: Path, history: History, form: Form, id_: int, parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._index, self._history = session.runner, index, history
        self._data, self._installs = session.folder, session.sources.installs
        self.id, self._form = id_, form
        self.choices: Choices | None = None
        self._chosen: list[Source] = []
        self._search: Job | None = None
        self._wanted: tuple[Source, Look] | None = None
        self._uses_next = False
        self._made: tuple[Source, Look, Made] | None = None
        self._making = False
        self._is_closed = False
        self.web = WebChoices(session, self)
        self.web.changed.connect(self._look)
        self.small, self.large = (SourcePictures(session.runner, session.online, self) for _ in range(2))
        self.small.ready.connect(lambda source, _, image: self.small_ready.emit(source, image))
        self.small.refused.connect(lambda source, _, text: self.small_refused.emit(source, text))
        self.large.ready.connect(lambda source, _, image: self.large_ready.emit(source, image))
        self.large.refused.connect(lambda source, _, text: self.large_refused.emit(source, text))
        self._timer = QTimer(self, singleShot=True, interval=MAKE_MS)
        self._timer.timeout.connect(self._make)

    # what there is

    def open(self) -> None:
        """Find out what there is; first without new outputs, then with them."""
        self._look(is_first=True)

    def close(self) -> None:
        """The dialog is gone: nothing is wanted any more. What is being written is written."""
        self._is_closed = True
        self._timer.stop()
        self.small.drop()
        self.large.drop()
        self.web.close()
        if self._search is not None:
            self._search.cancel()

    def _look(self, is_first: bool = False) -> None:
        self._runner.start(
            Pool.READ, preview_tasks.choices, self._index, self._data, self._history, self.id, self._form.suffix,
            tuple(self._chosen), self.web.sources,
            done=partial(self._on_looked, is_first), failed=self._on_failed,
        )  # fmt: skip

    def _on_looked(self, is_first: bool, found: Choices | None) -> None:
        if self._is_closed:
            return
        if found is None:
            self.failed.emit(tr("This model is no longer in the library."))
            return
        self.choices = found
        self.web.known = found.known
        self.opened.emit(found)
        if is_first and self._installs:
            work = Work()
            self._search = self._runner.start(
                Pool.READ, preview_tasks.outputs_looked_through, self._data, self._installs, work,
                done=self._on_searched, failed=self._on_search_failed, work=work,
            )  # fmt: skip
            self.searching.emit(True)

    def _on_searched(self, opened: int) -> None:
        self._search = None
        if not self._is_closed:
            self.searching.emit(False)
            if opened:
                self._look()

    def _on_search_failed(self, fault: ModelManagerError) -> None:
        self._on_searched(0)
        self._on_failed(fault)

    def add_file(self, path: str) -> None:
        """A file was chosen or dropped."""
        self._add(preview_tasks.chosen_file(path))

    def add_image(self, image: QImage) -> None:
        """A picture was pasted or dropped."""
        self._runner.start(Pool.READ, preview_tasks.pasted, image, done=self._add, failed=self._on_failed)

    def _add(self, source: Source) -> None:
        if self._is_closed:
            return
        self._chosen = [source, *(one for one in self._chosen if one != source)]
        self.chosen.emit(source)
        self._look()

    # how it would look

    def want(self, source: Source, look: Look) -> None:
        """Make the preview of this source with this look as soon as nothing changes any more; `made` or `refused` answers."""
        self._wanted = (source, look)
        self._timer.start()

    def made_of(self, source: Source, look: Look) -> Made | None:
        """The preview of this source and look, if it is made."""
        return self._made[2] if self._made is not None and self._made[:2] == (source, look) else None

    def _make(self) -> None:
        if self._making or self._wanted is None or self.choices is None:
            return
        source, look = self._wanted
        if self.made_of(source, look) is not None:
            self._tell_made()
            return
        self._making = True
        self.web.with_bytes(source, partial(self._make_of, source, look), partial(self._on_refused, source, look))

    def _make_of(self, source: Source, look: Look, whole: Source) -> None:
        assert self.choices is not None
        self._runner.start(
            Pool.READ, preview_tasks.made, whole, self.choices.card, look, self._form,
            done=partial(self._on_made, source, look), failed=partial(self._on_refused, source, look),
        )  # fmt: skip

    def _on_made(self, source: Source, look: Look, made: Made) -> None:
        self._making = False
        if self._is_closed and not self._uses_next:
            return
        self._made = (source, look, made)
        self._after(source, look, self._tell_made)

    def _tell_made(self) -> None:
        if self._made is not None:
            self.made.emit(*self._made)
            if self._uses_next:
                self._write()

    def _on_refused(self, source: Source, look: Look, fault: ModelManagerError) -> None:
        self._making = False
        if not self._is_closed:
            self._after(source, look, lambda: self._tell_refused(source, fault))

    def _tell_refused(self, source: Source, fault: ModelManagerError) -> None:
        self._uses_next = False
        self.refused.emit(source, fault.text)

    def _after(self, source: Source, look: Look, tell: Callable[[], None]) -> None:
        """Tell what was made if it is still wanted, else make what is."""
        if self._wanted == (source, look):
            tell()
        else:
            self._make()

    # the writing

    def use(self, source: Source, look: Look) -> None:
        """Make this the model's preview; `written`, `refused` or `failed` answers."""
        self._uses_next = True
        self._wanted = (source, look)
        self._timer.stop()
        self._make()

    def _write(self) -> None:
        if self._made is None or self.choices is None:
            return
        self._uses_next = False
        _, look, made = self._made
        self._start(preview_writing.use, self._data, self._model(), made, look, self._history)

    def bring_back(self, earlier: Earlier) -> None:
        """Bring an earlier picture back; the present one goes to the history."""
        if self.choices is not None:
            self._start(preview_writing.bring_back, self._data, self._model(), earlier, self._history)

    def _model(self) -> preview_writing.Model:
        assert self.choices is not None
        record = self.choices.record
        return preview_writing.Model(record.id, record.path, record.name)

    def _start(self, function: Callable[..., Changed], *args: object) -> None:
        self._runner.start(Pool.WRITE, function, *args, done=self._on_written, failed=self._on_failed)

    def _on_written(self, done: Changed) -> None:
        self.changed.emit(self.id)
        self.noted.emit(self.id, done)
        self.written.emit(done.applied)

    def look_again(self) -> None:
        """Show what has changed."""
        self._look()

    def set_locked(self, is_locked: bool) -> None:
        """Lock or unlock the picture against bulk runs."""
        if self.choices is not None:
            work = Work()
            self._runner.start(
                Pool.WRITE, preview_writing.lock, [self.choices.record.path], is_locked, work,
                done=partial(self._on_locked, is_locked), failed=self._on_failed,
            )  # fmt: skip

    def _on_locked(self, is_locked: bool, faults: list[str]) -> None:
        if faults:
            self.failed.emit(faults[0])
        self.lock_changed.emit(is_locked != bool(faults))
        self.changed.emit(self.id)

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._uses_next = False
        if not self._is_closed:
            self.failed.emit(fault.text)
