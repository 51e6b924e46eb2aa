"""Hands models to other programs: as files for drag and copy, as nodes for ComfyUI's page. Builds what lies on a clipboard or a drag.

Made by the session; ui/drags and ui/copies ask. Names are looked up and files written in workers, since a drive may be slow to answer.
It must never offer a move, and never delete a file that is not a temporary one of its own.
"""

import contextlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from PySide6.QtCore import QMimeData, QObject, QUrl

from model_manager.bridge.jobs import Pool, Runner
from model_manager.bridge.library_model import LibraryModel
from model_manager.core.comfyui.loaders import loader_of
from model_manager.core.comfyui.node_models import of_record
from model_manager.core.comfyui.nodes import NodeModel, embedding_text, graph, without_loader
from model_manager.core.comfyui.payloads import clipboard_html, data_url, template_json
from model_manager.core.errors import FileFault, ModelManagerError
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.index import Index
from model_manager.core.library.places import by_listing
from model_manager.core.library.records import read_record
from model_manager.core.library.rows import AWAY
from model_manager.core.library.shelf import Shelf
from model_manager.core.paths import replace_file
from model_manager.core.words import tr, trn

MOST_FILES = 5_000  # a drag of more takes the window seconds to describe
MOST_NODES = 100
KEPT_SECONDS = 60  # a browser that was given a file reads it at once; after this nobody does any more
_DROP_EFFECT = 'application/x-qt-windows-mime;value="Preferred DropEffect"'
_DROP_COPY = (1).to_bytes(4, "little")
_GNOME_FILES = "x-special/gnome-copied-files"
_SEALED_BROWSERS = ("/snap/bin/firefox", "/snap/bin/chromium", "/snap/bin/brave", "/var/lib/flatpak/app/org.mozilla.firefox",
                    "/var/lib/flatpak/app/org.chromium.Chromium", "/var/lib/flatpak/app/com.google.Chrome")  # fmt: skip


class Wanted(NamedTuple):
    """A model as the library knows it; its file may be gone by now."""

    id: int
    name: str
    path: str
    is_away: bool


@dataclass(frozen=True, slots=True)
class Files:
    """What can be handed over as files, in the order asked for. models: how many of them are models; notes: what was left out, and why."""

    paths: tuple[str, ...] = ()
    models: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nodes:
    """What can be handed over to ComfyUI's page.

    count: nodes. html, text: for the clipboard; html is "" when only embeddings were asked for. url: what a drag carries, "" when
    there is no node. title: the model's name or how many there are. packs: custom nodes it takes. notes: what was left out, and why.
    """

    count: int = 0
    html: str = ""
    text: str = ""
    url: str = ""
    title: str = ""
    packs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Handover(QObject):
    """Looks up models for a drag or a copy; the answer arrives on the GUI thread."""

    def __init__(self, runner: Runner, model: LibraryModel, index_path: Callable[[], Path | None], folder: Path, parent: QObject) -> None:
        """`folder`: where temporary files may lie."""
        super().__init__(parent)
        self._runner, self._model, self._index_path, self._folder = runner, model, index_path, folder

    def start(self) -> None:
        """Remove what an earlier run left behind."""
        self._runner.start(Pool.READ, remove_old, self._folder, done=lambda _: None)

    def close(self) -> None:
        """Remove temporary files that nobody reads any more; a few at most."""
        remove_old(self._folder)

    def has_node(self, id_: int) -> bool:
        """Tell whether ComfyUI has a loader node for a model; cheap enough to be asked while painting."""
        shelf = self._model.shelf
        slot = shelf.slot(id_)
        return slot >= 0 and loader_of(shelf.kind[slot], shelf.file[slot]) is not None

    def fetch_files(self, ids: Sequence[int], with_sidecars: bool, done: Callable[[Files], None]) -> None:
        """Look which files of these models are there; `done` gets the answer, unless the program ends before."""
        if len(ids) > MOST_FILES:
            done(Files(notes=(tr("These are too many at once. Take {count} models at most.", count=f"{MOST_FILES:,}"),)))
            return
        args = (self._index_path(), self._wanted(ids), with_sidecars)
        self._runner.start(Pool.READ, find_files, *args, done=done, failed=lambda fault: done(Files(notes=(fault.text,))))

    def fetch_nodes(self, ids: Sequence[int], as_drag: bool, done: Callable[[Nodes], None]) -> None:
        """Make nodes of these models; with `as_drag` also what a drag carries."""
        if len(ids) > MOST_NODES:
            done(Nodes(notes=(tr("These are too many at once. Take {count} models at most.", count=MOST_NODES),)))
            return
        args = (self._index_path(), list(ids), self._folder if as_drag else None)
        self._runner.start(Pool.READ, make_nodes, *args, done=done, failed=partial(_refused, done))

    def _wanted(self, ids: Iterable[int]) -> list[Wanted]:
        shelf = self._model.shelf
        slots = [slot for id_ in ids if (slot := shelf.slot(id_)) >= 0]
        return [Wanted(shelf.ids[slot], shelf.name(slot), shelf.path(slot), bool(shelf.flags[slot] & AWAY)) for slot in slots]


def _refused(done: Callable[[Nodes], None], fault: ModelManagerError) -> None:
    done(Nodes(notes=(fault.text,)))


def offer_of(record: ModelRecord) -> tuple[str, str]:
    """Return what ComfyUI takes of a model, "node", "prompt" (an embedding's words) or no more than its "name", and the reason for that."""
    model = of_record(record)
    if loader_of(model.kind, model.name) is not None:
        return "node", ""
    faults = without_loader([model])
    return ("name", faults[0][1]) if faults else ("prompt", "")


def comfyui_name(shelf: Shelf, slot: int) -> str:
    """Return the name of a model as ComfyUI lists it."""
    return by_listing(shelf.comfyui_places(slot))[0].name


# what clipboard and drag carry


def files_mime(paths: Iterable[str]) -> QMimeData:
    """Return files for a drag: urls and nothing else, or Windows programs may paste a text instead."""
    mime = QMimeData()
    mime.setUrls([file_url(path) for path in paths])
    return mime


def copied_files_mime(paths: Iterable[str], system: str = sys.platform) -> QMimeData:
    """Return files for the clipboard, marked as copied, not cut, the way each file manager looks for it."""
    mime = files_mime(paths)
    if system == "win32":
        mime.setData(_DROP_EFFECT, _DROP_COPY)
    elif system != "darwin":
        lines = ["copy", *(bytes(url.toEncoded().data()).decode() for url in mime.urls())]
        mime.setData(_GNOME_FILES, "\n".join(lines).encode())
    return mime


def copied_nodes_mime(nodes: Nodes) -> QMimeData:
    """Return nodes for the clipboard, with the models' names as text; no url, or ComfyUI's page looks at nothing else."""
    mime = QMimeData()
    mime.setText(nodes.text)
    if nodes.html:
        mime.setHtml(nodes.html)
    return mime


def dragged_nodes_mime(nodes: Nodes) -> QMimeData:
    """Return nodes for a drag."""
    mime = QMimeData()
    mime.setUrls([QUrl(nodes.url)])
    return mime


def file_url(path: str) -> QUrl:
    """Return the URL of a file, also of one whose name is not valid text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return QUrl.fromEncoded(b"file://" + quote(os.fsencode(path)).encode())
    return QUrl.fromLocalFile(path)


# functions that run in workers


def find_files(index_path: Path | None, wanted: Sequence[Wanted], with_sidecars: bool) -> Files:
    """Return the files of the models that are there, each model followed by its sidecars and previews if wanted."""
    found: dict[str, None] = {}
    away, missing, models = list[str](), list[str](), 0
    for one in wanted:
        if not os.path.isfile(one.path):
            (away if one.is_away or not os.path.isdir(os.path.dirname(one.path)) else missing).append(one.name)
            continue
        models += 1
        found[_real(one.path)] = None
        if with_sidecars and index_path is not None:
            found.update(dict.fromkeys(_beside(index_path, one.id)))
    return Files(tuple(found), models, _left_out(away, missing))


def _real(path: str) -> str:
    """Return what a linked file leads to, or file managers would copy the link; as it is when that has another name."""
    real = os.path.realpath(path) if os.path.islink(path) else path
    return real if os.path.basename(real) == os.path.basename(path) else path


def _beside(index_path: Path, id_: int) -> list[str]:
    with Index(index_path) as index:
        record = read_record(index, id_)
    if record is None:
        return []
    folder = os.path.dirname(record.path)
    pictures = [preview.path for preview in record.previews if preview.sort != "embedded"]
    paths = [os.path.join(folder, name) for name in record.sidecars] + pictures
    return [_real(path) for path in paths if os.path.isfile(path)]


def _left_out(away: Sequence[str], missing: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if away:
        notes.append(trn("{name} is left out: its folder is away.", "{count} models are left out, their folders are away: {name}, …",
                         len(away), name=away[0]))  # fmt: skip
    if missing:
        notes.append(trn("{name} is left out: the file is no longer there. F5 looks again.",
                         "{count} models are left out, their files are no longer there: {name}, … F5 looks again.",
                         len(missing), name=missing[0]))  # fmt: skip
    return tuple(notes)


def make_nodes(index_path: Path | None, ids: Sequence[int], folder: Path | None) -> Nodes:
    """Return the nodes for models; with `folder`, what a drag carries is made there."""
    records = _records(index_path, ids)
    models = [of_record(record) for record in records]
    made = graph(models)
    notes = list(dict.fromkeys(text for _, text in without_loader(models)))
    words = embedding_text(models)
    if not made.nodes:
        return Nodes(text="" if folder else words, title=_title(models), notes=tuple(notes))
    if words:
        notes.append(tr("Embeddings are not nodes. Copy them alone to get the words for a prompt."))
    names = "\n".join(model.name for model in models)
    title = _title(models)
    url = _drag_url(folder, title, template_json(made, title), data_url(made, title)) if folder else ""
    return Nodes(len(made.nodes), clipboard_html(made), names, url, title, made.packs, tuple(notes))


def _records(index_path: Path | None, ids: Sequence[int]) -> list[ModelRecord]:
    if index_path is None:
        return []
    with Index(index_path) as index:
        return [record for id_ in ids if (record := read_record(index, id_)) is not None]


def _title(models: Sequence[NodeModel]) -> str:
    """Return what ComfyUI's page is told as the name."""
    if len(models) == 1:
        return models[0].title or models[0].name
    return trn("{count} model", "{count} models", len(models))


def _drag_url(folder: Path, title: str, text: str, url: str) -> str:
    """Return the URL of a file with a name for people; a URL that holds all of it where browsers cannot read our folder."""
    if sys.platform == "linux" and any(map(os.path.exists, _SEALED_BROWSERS)):
        return url
    try:
        return write_template(folder, title, text).as_uri()
    except (OSError, FileFault):
        return url


def write_template(folder: Path, title: str, text: str) -> Path:
    """Write the file of a drag into a new folder of its own, so that its name can be the model's. Raises OSError or FileFault."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]', " ", title).encode("utf-8", "replace").decode()[:80].strip(" .") or "nodes"
    path = Path(tempfile.mkdtemp(dir=folder)) / f"{name}.json"
    replace_file(path, text.encode())
    return path


def remove_old(folder: Path, now: float | None = None) -> None:
    """Remove the temporary files that are older than a minute; what cannot be removed stays for the next time."""
    limit = (time.time() if now is None else now) - KEPT_SECONDS
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < limit:
                shutil.rmtree(entry.path, ignore_errors=True)
