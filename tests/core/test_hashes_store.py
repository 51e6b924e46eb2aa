"""What is remembered of files and of Civitai's answers, and when it holds no more."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_manager.core.errors import IndexFault
from model_manager.core.hashes import store as module
from model_manager.core.hashes.compute import Mark, mark_of
from model_manager.core.hashes.kept import Kept
from model_manager.core.hashes.store import Answer, Store

HASHES = {"sha256": "a" * 64, "autov2": "a" * 10}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "data") as found:
        yield found


def put(path: Path, text: str = "model") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_a_hash_holds_until_the_file_changes(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "a.bin")
    assert store.hashes(path, mark_of(path)) == {}
    store.save(path, mark_of(path), HASHES)
    assert store.hashes(path, mark_of(path)) == HASHES
    assert store.paths_of("A" * 64) == [path]
    os.utime(path, (5, 5))
    assert store.hashes(path, mark_of(path)) == {} and store.paths_of("a" * 64) == []


def test_another_file_of_the_same_name_size_and_time_is_not_known(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "a.bin")
    store.save(path, mark_of(path), HASHES)
    about = os.stat(path)
    other = put(tmp_path / "b.bin", "MODEL")
    os.replace(other, path)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert mark_of(path)[:2] == (about.st_size, about.st_mtime_ns)
    assert store.hashes(path, mark_of(path)) == {}


def test_a_moved_file_keeps_its_hash(store: Store, tmp_path: Path) -> None:
    path = put(tmp_path / "a.bin")
    store.save(path, mark_of(path), HASHES)
    new = str(tmp_path / "b.bin")
    os.rename(path, new)
    assert store.hashes(new, mark_of(new)) == HASHES
    os.link(new, tmp_path / "c.bin")
    assert store.hashes(str(tmp_path / "c.bin"), mark_of(new)) == HASHES


def test_a_drive_may_get_another_number_but_a_file_without_id_counts_by_path_only(store: Store) -> None:
    store.save("/m/a.bin", Mark(5, 7, 1, 9), HASHES)
    assert store.hashes("/m/a.bin", Mark(5, 7, 2, 9)) == HASHES
    assert store.hashes("/m/b.bin", Mark(5, 7, 2, 9)) == {}
    store.save("/m/c.bin", Mark(5, 7, 1, 0), HASHES)
    assert store.hashes("/m/c.bin", Mark(5, 7, 1, 0)) == HASHES
    assert store.hashes("/m/d.bin", Mark(5, 7, 1, 0)) == {}


def test_answers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save_answers([Answer("x", True, 1, 2, 3), Answer("y", False)])
    found = store.answers(["x", "y", "z"])
    assert found.keys() == {"x", "y"}
    assert found["x"][:5] == ("x", True, 1, 2, 3) and not found["y"].is_there
    assert store.answers(["x"], since=time.time() + 5) == {}
    monkeypatch.setattr(module, "ABSENT_SECONDS", -5)  # a week later
    assert store.answers(["x", "y"]).keys() == {"x"}


def test_many_questions_at_once(store: Store) -> None:
    store.save_answers(Answer(str(number), number % 2 == 0) for number in range(3000))
    assert len(store.answers(map(str, range(4000)))) == 3000


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Store(folder) as store:
        store.save("/m/a.bin", Mark(1, 2, 3, 4), HASHES)
    (folder / module.FILE_NAME).write_bytes(b"no database at all" * 100)
    with Store(folder) as store:
        assert store.hashes("/m/a.bin", Mark(1, 2, 3, 4)) == {}
        store.save("/m/a.bin", Mark(1, 2, 3, 4), HASHES)
    assert len(list(folder.glob("hashes.sqlite.damaged-*"))) == 1


def test_damage_in_the_middle_is_met_later(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Store(folder) as store:
        for number in range(2000):
            store.save(f"/m/{number}.bin", Mark(1, 2, 3, number + 1), HASHES)
    path = folder / module.FILE_NAME
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(data)
    with Store(folder) as store:
        for number in range(2000):
            assert store.hashes(f"/m/{number}.bin", Mark(1, 2, 3, number + 1)) in ({}, HASHES)
        store.save("/m/a.bin", Mark(1, 2, 3, 4), HASHES)
        assert store.hashes("/m/a.bin", Mark(1, 2, 3, 4)) == HASHES


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(IndexFault, match="could not be made"):
        Store(tmp_path / "data")


def test_several_processes_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from model_manager.core.hashes.store import Store\n"
        "from model_manager.core.hashes.compute import Mark\n"
        "with Store(Path(sys.argv[1])) as store:\n"
        "    for n in range(100): store.save(f'/m/{sys.argv[2]}/{n}', Mark(1, 2, 3, n + 1), {'sha256': sys.argv[2] * 64})\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "data"), letter]) for letter in "abc"]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    with Store(tmp_path / "data") as store:
        assert [store.hashes(f"/m/{letter}/99", Mark(1, 2, 3, 100)) for letter in "abc"] == [{"sha256": letter * 64} for letter in "abc"]


def test_a_new_file_that_another_connection_is_making_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "kept.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE other (one)")
    ended = threading.Timer(0.2, other.execute, ("COMMIT",))
    ended.start()
    try:
        with Kept(tmp_path / "kept.sqlite", 1, "CREATE TABLE IF NOT EXISTS mine (one)") as kept:
            assert kept.rows("SELECT one FROM mine") == []
    finally:
        ended.join()
        other.close()
