"""The watcher on real folders: what it hints, what it says of folders it cannot watch, and that it ends."""

import ctypes
import errno
import os
import shutil
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_manager.core.library import watcher as watching
from model_manager.core.library.kernel_watch import KernelWatch
from model_manager.core.library.watcher import Watcher, outermost, places_of

SECONDS = 30.0
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux' own")


class Heard:
    """A watcher and what it handed over."""

    def __init__(self) -> None:
        self.helpings: list[frozenset[str]] = []
        self.is_lost = False
        self._changed = threading.Condition()
        self.watcher = Watcher(self._on_quiet)

    def _on_quiet(self, folders: frozenset[str], is_lost: bool) -> None:
        with self._changed:
            self.helpings.append(folders)
            self.is_lost |= is_lost
            self._changed.notify_all()

    def until(self, claim: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(claim, SECONDS), f"heard only {self.helpings}, lost {self.is_lost}"

    def of(self, *folders: Path) -> None:
        """Wait until these folders were hinted."""
        wanted = {str(folder) for folder in folders}
        self.until(lambda: wanted <= frozenset().union(*self.helpings))

    def forget(self) -> None:
        """Let what was written so far arrive, then forget it."""
        start = len(self.helpings)
        (self.marks / str(start)).write_bytes(b"")
        self.until(lambda: any(str(self.marks) in helping for helping in self.helpings[start:]))
        with self._changed:
            self.helpings, self.is_lost = [], False

    folder: Path
    marks: Path


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    one = Heard()
    one.folder = tmp_path / "root"
    one.marks = tmp_path / "marks"
    one.marks.mkdir()
    (one.folder / "sub").mkdir(parents=True)
    yield one
    one.watcher.stop()


def watch(heard: Heard, *more: Path) -> frozenset[str]:
    new = heard.watcher.watch([str(heard.folder), str(heard.folder / "sub"), str(heard.marks), *map(str, more)])
    return new - {str(heard.marks)}


def test_new_file(heard: Heard) -> None:
    assert watch(heard) == {str(heard.folder), str(heard.folder / "sub")}
    (heard.folder / "sub" / "a.safetensors").write_bytes(b"x")
    heard.of(heard.folder / "sub")
    assert not heard.is_lost
    assert heard.watcher.polled == frozenset() and heard.watcher.reason == "" and heard.watcher.watched == 3


def test_removed_and_rewritten_file(heard: Heard) -> None:
    first, second = heard.folder / "a.safetensors", heard.folder / "sub" / "b.safetensors"
    first.write_bytes(b"x")
    second.write_bytes(b"x")
    watch(heard)
    first.unlink()
    heard.of(heard.folder)
    with second.open("r+b") as file:
        file.write(b"y")
    heard.of(heard.folder / "sub")


@on_linux
def test_a_move_is_handed_over_as_one(heard: Heard) -> None:
    """Else the model would lose its identity: its new place must be looked at together with its old one."""
    source = heard.folder / "a.safetensors"
    source.write_bytes(b"x")
    watch(heard)
    source.rename(heard.folder / "sub" / "a.safetensors")
    heard.of(heard.folder, heard.folder / "sub")
    assert {str(heard.folder), str(heard.folder / "sub")} in heard.helpings


def test_moved_out(heard: Heard, tmp_path: Path) -> None:
    source = heard.folder / "a.safetensors"
    source.write_bytes(b"x")
    watch(heard)
    source.rename(tmp_path / "a.safetensors")
    heard.of(heard.folder)


def test_new_folders_are_watched_with_all_below(heard: Heard) -> None:
    watch(heard)
    deep = heard.folder / "new" / "deep" / "deeper"
    deep.mkdir(parents=True)
    heard.of(heard.folder)
    heard.forget()
    (deep / "late.safetensors").write_bytes(b"x")
    heard.of(deep)


def test_a_folder_moved_in_is_watched(heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "outside" / "below").mkdir(parents=True)
    watch(heard)
    (tmp_path / "outside").rename(heard.folder / "inside")
    heard.of(heard.folder)
    heard.forget()
    (heard.folder / "inside" / "below" / "late.safetensors").write_bytes(b"x")
    heard.of(heard.folder / "inside" / "below")


@on_linux
def test_a_renamed_folder_is_known_by_its_new_name(heard: Heard) -> None:
    watch(heard)
    (heard.folder / "sub").rename(heard.folder / "other")
    heard.of(heard.folder)
    heard.forget()
    (heard.folder / "other" / "late.safetensors").write_bytes(b"x")
    heard.of(heard.folder / "other")
    assert not any(str(heard.folder / "sub") in helping for helping in heard.helpings)


@on_linux
def test_what_left_is_not_watched_any_more(heard: Heard, tmp_path: Path) -> None:
    watch(heard)
    (heard.folder / "sub").rename(tmp_path / "elsewhere")
    heard.of(heard.folder)
    heard.forget()
    (tmp_path / "elsewhere" / "a.safetensors").write_bytes(b"x")
    start = len(heard.helpings)
    (heard.folder / "b.safetensors").write_bytes(b"x")
    heard.of(heard.folder)
    assert heard.helpings[start:] == [{str(heard.folder)}]


def test_reading_is_no_news(heard: Heard) -> None:
    model = heard.folder / "sub" / "a.safetensors"
    model.write_bytes(b"x")
    watch(heard)
    model.read_bytes()
    list((heard.folder / "sub").iterdir())
    (heard.folder / "b.safetensors").write_bytes(b"x")
    heard.of(heard.folder)
    assert not any(str(heard.folder / "sub") in helping for helping in heard.helpings)


@on_linux
def test_a_root_that_is_removed_means_look_at_everything(heard: Heard) -> None:
    watch(heard)
    shutil.rmtree(heard.folder)
    heard.until(lambda: heard.is_lost)
    heard.folder.mkdir()
    assert str(heard.folder) in heard.watcher.watch([str(heard.folder)])
    (heard.folder / "back.safetensors").write_bytes(b"x")
    heard.of(heard.folder)


@on_linux
def test_a_folder_that_was_replaced_is_watched_anew(heard: Heard, tmp_path: Path) -> None:
    """The root's parent is not watched, so nobody told that another folder stands there now."""
    (tmp_path / "above").mkdir()
    root = tmp_path / "above" / "root"
    root.mkdir()
    heard.watcher.watch([str(root)])
    (tmp_path / "above").rename(tmp_path / "gone")
    root.mkdir(parents=True)
    assert heard.watcher.watch([str(root)]) == {str(root)}
    (root / "a.safetensors").write_bytes(b"x")
    heard.of(root)


@on_linux
def test_lost_events_are_told(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's record of a queue that ran over names no folder."""
    overflow = struct.pack("iIII", -1, 0x4000, 0, 0)
    read = os.read
    monkeypatch.setattr("model_manager.core.library.kernel_watch.os.read", lambda handle, size: overflow + read(handle, size))
    watch(heard)
    (heard.folder / "a.safetensors").write_bytes(b"x")
    heard.until(lambda: heard.is_lost)


def test_only_the_named_folders_are_watched(heard: Heard, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    watch(heard, other)
    assert heard.watcher.watch([str(heard.folder)]) == frozenset()
    (other / "a.safetensors").write_bytes(b"x")
    (heard.folder / "a.safetensors").write_bytes(b"x")
    heard.of(heard.folder)
    assert not any(str(other) in helping for helping in heard.helpings)
    assert heard.watcher.watch([str(other)], is_all=False) == {str(other)}
    (heard.folder / "b.safetensors").write_bytes(b"x")
    (other / "b.safetensors").write_bytes(b"x")
    heard.of(other, heard.folder)


class _FewWatches:
    """The C library of a system with no watch left for some folder."""

    def __init__(self, library: object, name: bytes) -> None:
        self._library, self._name = library, name

    def inotify_add_watch(self, queue: int, path: bytes, wanted: int) -> int:
        if path.endswith(self._name):
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return int(self._library.inotify_add_watch(queue, path, wanted))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._library, name)


@on_linux
def test_where_no_watch_is_left_it_says_so(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    open_queue = KernelWatch.__init__

    def few(self: KernelWatch) -> None:
        open_queue(self)
        self._libc = _FewWatches(self._libc, b"sub")  # type: ignore[assignment]

    monkeypatch.setattr(KernelWatch, "__init__", few)
    watch(heard)
    assert heard.watcher.polled == {str(heard.folder / "sub")} and heard.watcher.watched == 2
    assert "sudo sysctl fs.inotify.max_user_watches" in heard.watcher.reason
    (heard.folder / "a.safetensors").write_bytes(b"x")
    heard.of(heard.folder)
    new = heard.folder / "new" / "sub"
    new.mkdir(parents=True)
    heard.of(heard.folder, new)
    assert str(new) in heard.watcher.polled


@on_linux
def test_where_no_queue_is_left_all_is_polled(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(self: KernelWatch) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(KernelWatch, "__init__", none_left)
        assert watch(heard) == frozenset()
        assert heard.watcher.polled >= {str(heard.folder), str(heard.folder / "sub")} and heard.watcher.watched == 0
        assert "max_user_instances" in heard.watcher.reason
    assert watch(heard)  # later there may be one
    assert not heard.watcher.polled and not heard.watcher.reason


@on_linux
def test_network_drives_are_polled(heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    far, near = heard.folder / "sub", heard.folder / "sub" / "local"
    near.mkdir()
    monkeypatch.setattr(watching, "_network_mounts", lambda: [(str(far), True), (str(near), False)])
    watch(heard, near)
    assert heard.watcher.polled == {str(far)} and "Network drives" in heard.watcher.reason
    (near / "a.safetensors").write_bytes(b"x")
    heard.of(near)


def test_stop_ends_all_threads_and_is_final(heard: Heard) -> None:
    before = threading.active_count()
    watch(heard)
    assert threading.active_count() > before
    heard.watcher.stop()
    assert threading.active_count() == before
    heard.watcher.stop()
    assert watch(heard) == frozenset()
    assert threading.active_count() == before


@on_linux
def test_stop_ends_watching_that_is_just_begun(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the middle of ten thousand folders it neither waits for them nor leaves a thread."""
    is_begun, may_go_on = threading.Event(), threading.Event()
    add, count = KernelWatch._add, 0

    def slow(self: KernelWatch, path: str) -> bool:
        nonlocal count
        count += 1
        is_begun.set()
        may_go_on.wait(SECONDS)
        return add(self, path)

    stop = KernelWatch.stop

    def stopped(self: KernelWatch) -> None:
        stop(self)
        may_go_on.set()

    monkeypatch.setattr(KernelWatch, "_add", slow)
    monkeypatch.setattr(KernelWatch, "stop", stopped)
    begin = threading.Thread(target=heard.watcher.watch, args=([str(heard.folder / str(number)) for number in range(10_000)],))
    begin.start()
    assert is_begun.wait(SECONDS)
    heard.watcher.stop()
    begin.join(SECONDS)
    assert not begin.is_alive() and count == 1


def test_with_watchdog(heard: Heard) -> None:
    """As on Windows and macOS."""
    heard.watcher._is_coarse = True
    assert watch(heard) == {str(heard.folder), str(heard.folder / "sub")}
    assert watch(heard) == frozenset()
    (heard.folder / "sub" / "a.safetensors").write_bytes(b"x")
    heard.of(heard.folder / "sub")
    assert not heard.is_lost


@pytest.mark.parametrize("is_coarse", [False, True])
def test_a_growing_partial_is_no_news_until_it_has_its_name(heard: Heard, is_coarse: bool) -> None:
    heard.watcher._is_coarse = is_coarse or sys.platform != "linux"
    watch(heard)
    part = heard.folder / "sub" / "a.safetensors.part"
    for _ in range(20):  # a line that is cut again and again
        with open(part, "ab") as file:
            file.write(bytes(100_000))
    (heard.folder / "sub" / ".mm-0123456789ab.tmp").write_bytes(b"x")
    (heard.folder / "b.safetensors").write_bytes(b"x")
    heard.of(heard.folder)
    assert not any(str(heard.folder / "sub") in helping for helping in heard.helpings)
    part.rename(heard.folder / "sub" / "a.safetensors")
    heard.of(heard.folder / "sub")
    assert not heard.is_lost


def test_many_events_at_once_count_as_lost_with_watchdog(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MANY_EVENTS", 5)
    heard.watcher._is_coarse = True
    watch(heard)
    for number in range(20):
        (heard.folder / f"{number}.safetensors").write_bytes(b"x")
    heard.until(lambda: heard.is_lost)


def test_outermost(tmp_path: Path) -> None:
    names = ["a", "a/b", "a b", "a/b/c", "d"]
    for name in names:
        (tmp_path / name).mkdir()
    found = outermost(str(tmp_path / name) for name in [*names, "missing"])
    assert sorted(found) == [str(tmp_path / name) for name in ("a", "a b", "d")]


def test_places_tell_when_another_folder_stands_there(tmp_path: Path) -> None:
    root, away = tmp_path / "root", tmp_path / "away"
    root.mkdir()
    before = places_of([str(root), str(away)])
    assert before[str(root)] and before[str(away)] is None
    (root / "a").write_bytes(b"x")
    assert places_of([str(root), str(away)]) == before
    root.rename(away)
    root.mkdir()
    after = places_of([str(root), str(away)])
    assert after[str(away)] == before[str(root)] != after[str(root)]
