"""A change on disk reaches the model behind the grid: session, watcher, scanner and index together on real files."""

import errno
import json
import os
import shutil
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from model_manager.bridge import tasks
from model_manager.bridge import watch as watching
from model_manager.bridge.jobs import Runner
from model_manager.bridge.news import STEP_GONE, STEP_ROWS, News
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources
from model_manager.core.library import watcher
from model_manager.core.library.index import Index
from model_manager.core.library.kernel_watch import KernelWatch
from model_manager.core.library.rows import AWAY, plain_row
from model_manager.core.library.scanner import Batch, ScanResult
from model_manager.core.settings import Settings

WAIT_MS = 30_000
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="stands in for Linux' watches")


def write_model(path: Path, size: int = 8) -> Path:
    """A sound safetensors file."""
    header = json.dumps({"a.weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    return path


class Library:
    """A session on a small ComfyUI."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self._qtbot, self._folder = qtbot, folder
        self.comfyui = folder / "ComfyUI"
        self.loras = self.comfyui / "models" / "loras"
        self.own = folder / "own"
        write_model(self.loras / "first.safetensors")
        write_model(self.own / "second.safetensors")
        self.said: list[tuple[str, str, str]] = []

    def open(self) -> Session:
        sources = Sources((str(self.comfyui),), (), (("vae", str(self.own)),))
        self.session = session = Session(self._folder / "data", Settings(), Runner(), sources)
        session.watch_changed.connect(lambda *said: self.said.append(said))
        session.open()
        session.start()
        self.until(lambda: session.is_settled and bool(self.said) and not session._dirty)
        return session

    def until(self, claim: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(claim, timeout=WAIT_MS)

    def id_of(self, path: Path) -> int:
        """The id of the card of this file, -1 when there is none."""
        model = self.session.model
        shown = {model.shelf.real_path(slot): model.shelf.ids[slot] for slot in model.arrangement.slots}
        return shown.get(os.path.realpath(path), -1)

    def shown(self, path: Path) -> int:
        """Wait for the card of this file; its id."""
        self.until(lambda: self.id_of(path) >= 0)
        return self.id_of(path)

    def gone(self, path: Path) -> None:
        """Wait until there is no card of this file."""
        self.until(lambda: self.id_of(path) < 0)

    def is_away(self, path: Path) -> bool:
        shelf = self.session.model.shelf
        return bool(shelf.flags[shelf.slot(self.id_of(path))] & AWAY)


@pytest.fixture
def library(qtbot: QtBot, tmp_path: Path) -> Iterator[Library]:
    one = Library(qtbot, tmp_path)
    yield one
    one.session.close()


def test_new_renamed_moved_and_removed(library: Library) -> None:
    library.open()
    path = write_model(library.loras / "new.safetensors")
    id_ = library.shown(path)
    for target in (library.loras / "renamed.safetensors", library.own / "moved.safetensors"):
        library.until(lambda: library.session.is_settled)
        path = path.rename(target)
        assert library.shown(target) == id_, "a model that was moved is the same model"
    assert len(library.session.model.shelf) == 3
    path.unlink()
    library.gone(path)
    library.until(lambda: library.session.is_settled)
    assert library.session.index_path is not None
    with Index(library.session.index_path) as index:
        assert {row.file for row in index.rows()} == {"first.safetensors", "second.safetensors"}


def test_rewritten_model_sidecar_and_preview(library: Library) -> None:
    session = library.open()
    path = library.loras / "first.safetensors"
    slot = session.model.shelf.slot(library.id_of(path))
    write_model(path, 64)
    library.until(lambda: session.model.shelf.size[slot] == path.stat().st_size)
    (library.loras / "first.civitai.info").write_text(json.dumps({"model": {"name": "Told"}, "name": "v1"}))
    library.until(lambda: session.model.shelf.title[slot] == "Told")

    def key() -> object:
        return session.model.card(session.model.row_of(session.model.shelf.ids[slot])).picture

    picture = library.loras / "first.png"
    picture.write_bytes(b"one")
    library.until(lambda: key() is not None)
    before = key()
    picture.write_bytes(b"another")
    library.until(lambda: key() not in (None, before))


def test_folders_come_move_and_go(library: Library, tmp_path: Path) -> None:
    library.open()
    for number in range(20):
        write_model(tmp_path / "outside" / "deep" / f"{number}.safetensors")
    (tmp_path / "outside").rename(library.loras / "inside")
    ids = [library.shown(library.loras / "inside" / "deep" / f"{number}.safetensors") for number in range(20)]
    library.until(lambda: library.session.is_settled)
    (library.loras / "inside").rename(library.loras / "other")
    assert [library.shown(library.loras / "other" / "deep" / f"{number}.safetensors") for number in range(20)] == ids
    library.shown(write_model(library.loras / "other" / "deep" / "late.safetensors"))
    shutil.rmtree(library.loras / "other")
    library.until(lambda: len(library.session.model.shelf) == 2)


def test_inside_a_linked_folder(library: Library, tmp_path: Path) -> None:
    library.open()
    target = write_model(tmp_path / "far" / "a.safetensors").parent
    (library.loras / "link").symlink_to(target, target_is_directory=True)
    library.shown(target / "a.safetensors")
    library.shown(write_model(target / "b.safetensors"))
    library.shown(write_model(target / "new" / "c.safetensors"))


def test_what_changes_between_look_and_watch_is_seen(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is looked at before it is watched when it is met for the first time."""
    watch, late = watcher.Watcher.watch, library.own / "late.safetensors"

    def slow(self: watcher.Watcher, folders: set[str], is_all: bool = True) -> frozenset[str]:
        if not late.exists():
            write_model(late)
        return watch(self, folders, is_all)

    monkeypatch.setattr(watcher.Watcher, "watch", slow)
    library.open()
    library.shown(late)


def test_known_folders_are_watched_before_they_are_looked_at(library: Library) -> None:
    library.open().close()
    order: list[str] = []
    session = Session(library._folder / "data", Settings(), Runner(), library.session.sources)
    library.session = session
    session.watch_changed.connect(lambda *said: order.append("watched"))
    session.scanned.connect(lambda result: order.append("scanned"))
    session.open()
    session.start()
    library.until(lambda: "scanned" in order)
    assert order == ["watched", "scanned"]


def test_a_root_that_vanishes_is_greyed_until_it_is_back(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_MS", 60)
    session = library.open()
    told: list[str] = []
    ended: list[str] = []
    session.folders_faulted.connect(told.append)
    session.problem_ended.connect(ended.append)
    path = library.own / "second.safetensors"
    id_ = library.id_of(path)
    library.own.rename(tmp_path / "unplugged")
    library.until(lambda: library.is_away(path) and bool(told) and session.is_settled)
    assert told == [f"{library.own} is not there just now. Its models stay in the list until it is back."]
    (tmp_path / "unplugged").rename(library.own)
    library.until(lambda: not library.is_away(path) and ended == told)
    assert library.id_of(path) == id_
    library.shown(write_model(library.own / "late.safetensors"))


def test_a_root_that_flickers_during_a_scan_is_looked_at_again(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone when it was listed, back before anybody looked for it: it stands where it stood, but its models were not seen."""
    monkeypatch.setattr(watching, "POLL_MS", 60)
    scan, away, scanned = tasks.scan_folders, tmp_path / "unplugged", tasks.Scanned

    def without_own(*args: Any) -> ScanResult:
        monkeypatch.setattr(tasks, "scan_folders", scan)
        library.own.rename(away)
        return scan(*args)

    def back(*args: Any) -> tasks.Scanned:
        if away.exists():
            away.rename(library.own)
        return scanned(*args)

    monkeypatch.setattr(tasks, "scan_folders", without_own)
    monkeypatch.setattr(tasks, "Scanned", back)
    library.open()
    library.shown(library.own / "second.safetensors")


def test_a_new_category_folder_is_noticed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_MS", 60)
    library.open()
    library.shown(write_model(library.comfyui / "models" / "ipadapter" / "new.safetensors"))


@on_linux
def test_network_drives_are_looked_at(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_MS", 60)
    monkeypatch.setattr(watcher, "_network_mounts", lambda: [(str(library.own), True)])
    library.open()
    text, reason, tone = library.said[-1]
    assert text == "Looking at 1 folder every few seconds" and "Network drives" in reason and tone == "warn"
    library.shown(write_model(library.own / "late.safetensors"))
    library.shown(write_model(library.own / "new" / "folder.safetensors"))
    library.shown(write_model(library.loras / "near.safetensors"))


@on_linux
def test_without_watches_it_looks_and_says_what_to_do(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(self: KernelWatch) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(KernelWatch, "__init__", none_left)
    monkeypatch.setattr(watching, "POLL_MS", 60)
    library.open()
    assert "sudo sysctl fs.inotify" in library.said[-1][1]
    library.shown(write_model(library.loras / "late.safetensors"))


def test_lost_events_are_made_up_for(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing but the loss is told, everything is looked at."""
    session = library.open()
    monkeypatch.setattr(watcher.Watcher, "_note", lambda self, found, events, is_lost: None)
    path = write_model(library.own / "unheard.safetensors")
    session._watch.hinted.emit(frozenset(), True)
    library.shown(path)


def _row(id_: int, size: int = 1) -> Batch:
    return Batch(rows=[plain_row(id_, 1, f"{id_}.safetensors", "loras", size, 1, 1.0)])


def test_only_the_newest_row_of_a_model_is_shown() -> None:
    news = News()
    news.add(_row(1, 10))
    news.add(_row(1, 20))
    _, rows, gone = news.take()
    assert [row.size for row in rows] == [20] and not gone and not news


def test_what_is_gone_is_taken_away_before_its_id_comes_back() -> None:
    news = News()
    news.add(_row(1))
    news.add(Batch(gone=list(range(STEP_GONE + 1))))
    news.add(_row(1, 20))
    _, rows, gone = news.take()
    assert len(gone) == STEP_GONE and not rows
    _, rows, gone = news.take()
    assert len(gone) == 1 and [row.size for row in rows] == [20] and not news


def test_a_row_that_went_again_is_not_shown() -> None:
    news = News()
    for id_ in range(STEP_ROWS + 1):
        news.add(_row(id_))
    news.add(Batch(gone=[0]))
    _, rows, gone = news.take()
    assert gone == [0] and [row.id for row in rows] == list(range(1, STEP_ROWS + 1)) and not news
