"""Tasks that hash: one for each drive, one reader at a time, remembered file by file."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from library_case import Library
from match_case import MatchCase, lora

from model_manager.core.alone import alone
from model_manager.core.errors import Cancelled
from model_manager.core.hashes import compute as compute_module
from model_manager.core.hashes import finding
from model_manager.core.hashes.compute import compute, mark_of
from model_manager.core.hashes.finding import Listener, hashes_of, known_hashes
from model_manager.core.hashes.store import Store
from model_manager.core.tasks import states
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.hashing import hash_tasks
from model_manager.core.work import Work
from tests.double import Double


@pytest.fixture
def case(tmp_path: Path, library: Library) -> Iterator[MatchCase]:
    with Double() as double:
        yield MatchCase(tmp_path, library, double)


def known(case: MatchCase, path: str) -> dict[str, str]:
    with Store(case.data) as store:
        return known_hashes(path, store).hashes


def test_all_are_hashed_once_and_remembered(case: MatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(finding, "compute", lambda path, *rest: read.append(path) or compute(path, *rest))
    paths = [case.put(f"{name}.safetensors", lora(name)) for name in "abc"]
    (new,) = hash_tasks(case.data, paths, False, Work())
    assert (new.kind, new.unit) == (states.HASH, "bytes")
    (task,) = case.run(new)
    assert (task.state, task.note, task.done, task.total) == (states.DONE, "3 files hashed", *[sum(map(os.path.getsize, paths))] * 2)
    assert [one.sha256 for one in case.results(task).values()] == [known(case, path)["sha256"] for path in paths]
    assert known(case, paths[0]).keys() == {"sha256", "autov2", "autov3", "blake3", "crc32"}
    assert hash_tasks(case.data, paths, False, Work()) == [] and len(read) == 3
    (again,) = hash_tasks(case.data, paths, True, Work())
    case.run(again)
    assert len(read) == 6


def test_one_that_cannot_be_read_does_not_stop_the_rest(case: MatchCase) -> None:
    paths = [case.put(f"{name}.safetensors", lora(name)) for name in "abc"]
    (new,) = hash_tasks(case.data, [*paths, str(case.loras / "never.safetensors")], False, Work())
    os.unlink(paths[1])
    (task,) = case.run(new)
    assert task.note == "2 files hashed · 1 could not be read"
    assert [one.state for one in case.results(task).values()] == ["done", "failed", "done"]


def test_models_of_two_drives_are_two_tasks(case: MatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [case.put(f"{name}.safetensors", lora(name)) for name in "abc"]
    real = mark_of
    monkeypatch.setattr(finding, "mark_of", lambda path: real(path)._replace(device=int(path.endswith("a.safetensors"))))
    assert sorted(new.title for new in hash_tasks(case.data, paths, False, Work())) == ["Hashes of 2 models", "a.safetensors"]


def test_large_files_get_the_cheap_hashes_only(case: MatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LARGE", 10)
    path = case.put("a.safetensors", lora("a"))
    case.run(*hash_tasks(case.data, [path], False, Work()))
    assert known(case, path).keys() == {"sha256", "autov2"}


def test_pause_inside_a_file_keeps_what_was_done(case: MatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file is stopped in its middle; when it goes on, only that one is read again."""
    monkeypatch.setattr(compute_module, "_BLOCK", 64)
    read: list[str] = []
    is_inside, may_go_on = threading.Event(), threading.Event()

    def counted(path: str, work: Work, wanted: frozenset[str], told: object) -> object:
        read.append(os.path.basename(path))

        def wait(done: int) -> None:
            told(done)  # type: ignore[operator]
            if os.path.basename(path) == "b.safetensors" and not may_go_on.is_set():
                is_inside.set()
                while not work.is_cancelled:
                    pass

        return compute(path, work, wanted, wait)

    monkeypatch.setattr(finding, "compute", counted)
    paths = [case.put(f"{name}.safetensors", lora(name)) for name in "abc"]
    (new,) = hash_tasks(case.data, paths, False, Work())
    engine = Engine(case.data, all_kinds(case.tools))
    engine.start()
    try:
        id_ = engine.add(new.kind, new.key, new.title, new.payload, unit=new.unit).id
        assert is_inside.wait(20)
        engine.pause([id_])
        (task,) = engine.wait([id_])
        assert task.state == states.PAUSED and "read from its start" in task.note
        may_go_on.set()
        engine.resume([id_]).result()
        (task,) = engine.wait([id_])
    finally:
        may_go_on.set()
        engine.close()
    assert task.state == states.DONE and read == ["a.safetensors", "b.safetensors", "b.safetensors", "c.safetensors"]


def test_one_reader_on_a_drive(case: MatchCase) -> None:
    """While another one reads the drive it waits, says so, and can be stopped; what that one found is not made again."""
    path = case.put("a.safetensors", lora("a"))
    mark = mark_of(path)
    work = Work()

    class Impatient(Listener):
        waited = 0

        def waiting(self) -> None:
            self.waited += 1
            if self.waited > 2:
                work.cancel()

    (case.data / "locks").mkdir()
    listener = Impatient()
    with Store(case.data) as store:
        with alone(case.data / "locks" / f"reading-{mark.device:x}.lock", Work()), pytest.raises(Cancelled):
            hashes_of(path, store, case.data, work, listener)
        assert listener.waited == 3 and store.hashes(path, mark) == {}
        store.save(os.path.realpath(path), mark, {"sha256": "f" * 64})
        assert hashes_of(path, store, case.data, Work()).hashes == {"sha256": "f" * 64}
