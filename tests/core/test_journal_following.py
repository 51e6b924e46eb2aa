"""What is kept by the path of a model follows it, there and back; old entries go, but not the only way to a held file."""

import os
import time
from pathlib import Path

import pytest
from journal_case import Ground

from model_manager.core.hashes.compute import mark_of
from model_manager.core.hashes.store import Store as Hashes
from model_manager.core.journal.pruning import MOST_SECONDS, prune
from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, COPY, HOLDING, Act, Plan, Step
from model_manager.core.journal.store import Store
from model_manager.core.previews import thumbnail_cache
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.thumbnail_cache import EDGES, ThumbnailCache, ThumbnailKey
from model_manager.core.previews.thumbnail_cache import FOLDER_NAME as THUMBNAILS
from model_manager.core.tidy import carrying
from model_manager.core.work import Work


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def keep_picture(ground: Ground, model: str) -> None:
    history = History(ground.data / FOLDER_NAME)
    with history.held():
        history.complete(history.begin(model, (os.path.basename(model).replace(".safetensors", ".png"),), ()))


def test_earlier_pictures_and_hashes_follow(ground: Ground) -> None:
    ground.family("a.safetensors", ".png")
    ground.family("b.safetensors", ".png")
    old, new = ground.at("a.safetensors"), ground.at("new/c.safetensors")
    keep_picture(ground, old)
    with Hashes(ground.data) as hashes:
        hashes.save(old, mark_of(old), {"sha256": "ab" * 32})
    history = History(ground.data / FOLDER_NAME)
    acts = ground.move("a.safetensors", "new/c.safetensors", ".png", folders=["new"]), ground.move("b.safetensors", "d.safetensors", ".png")
    report = ground.carry_out(*acts)
    assert report.count(ACT_DONE) == 2 and report.note == ""
    assert len(history.earlier(new)) == 1 and history.earlier(old) == []
    with Hashes(ground.data) as hashes:
        assert hashes.paths_of("ab" * 32) == [new]
    ground.take_back(report)
    assert len(history.earlier(old)) == 1 and history.earlier(new) == []
    with Hashes(ground.data) as hashes:
        assert hashes.hashes(old, mark_of(old)) == {"sha256": "ab" * 32}
        assert hashes.paths_of("ab" * 32) == [old]


@pytest.mark.parametrize("many", [0, 200])
def test_thumbnails_follow(ground: Ground, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(thumbnail_cache, "MANY", many)
    ground.family("a.safetensors", ".preview.png", ".png")
    cache = ThumbnailCache(ground.data / THUMBNAILS)

    def keys(stem: str) -> list[ThumbnailKey]:
        """What the window asks for, in two sizes."""
        about = os.stat(ground.at(f"{stem}.preview.png"))
        return [ThumbnailKey(ground.at(f"{stem}.preview.png"), about.st_mtime_ns, about.st_size, 0, edge) for edge in EDGES[:2]]

    before = keys("a")
    for number, key in enumerate(before):
        cache.write(key, b"%d" % number)
    report = ground.carry_out(ground.move("a.safetensors", "new/c.safetensors", ".preview.png", ".png", folders=["new"]))
    now = keys("new/c")
    assert [Path(cache.find(key) or "").read_bytes() for key in now] == [b"0", b"1"] and not any(map(cache.find, before))
    ground.take_back(report)
    assert [Path(cache.find(key) or "").read_bytes() for key in before] == [b"0", b"1"] and not any(map(cache.find, now))


def test_a_copy_takes_nothing_away(ground: Ground) -> None:
    ground.family("a.safetensors", ".png")
    old, new = ground.at("a.safetensors"), ground.at("b.safetensors")
    keep_picture(ground, old)
    report = ground.carry_out(Act("a", (Step(COPY, old, new),), old, new), kind="copy")
    assert report.moves == []
    assert len(History(ground.data / FOLDER_NAME).earlier(old)) == 1


def test_nothing_is_made_for_those_without_anything(ground: Ground) -> None:
    ground.family("a.safetensors")
    ground.carry_out(ground.move("a.safetensors", "b.safetensors"))
    assert sorted(name for name in os.listdir(ground.data) if "journal" not in name) == []


def kept_ids(ground: Ground) -> list[int]:
    return [change.id for change in carrying.changes(ground.data)]


@pytest.mark.parametrize("kind", HOLDING)
def test_old_entries_go(ground: Ground, kind: str) -> None:
    ground.family("a.safetensors", ".info")
    ground.family("held.safetensors")
    first = ground.carry_out(ground.write("a.info", b"new")).change
    held = ground.carry_out(ground.move("held.safetensors", ".hold/0000.held", folders=[".hold"]), kind=kind).change
    later = time.time() + MOST_SECONDS + 10
    with Store(ground.data) as store:
        prune(store, later)
    assert kept_ids(ground) == [held]
    os.unlink(ground.at(".hold/0000.held"))
    with Store(ground.data) as store:
        prune(store, later)
        assert store.rows("SELECT count(*) FROM kept") == [(0,)]
    assert kept_ids(ground) == []
    assert ground.carry_out(ground.write("a.info", b"newer")).change > held > first


def test_what_takes_much_room_goes_first(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.family("a.safetensors", ".info")
    big = ground.carry_out(ground.write("a.info", os.urandom(5000))).change
    move = ground.carry_out(ground.move("a.safetensors", "b.safetensors")).change
    monkeypatch.setattr("model_manager.core.journal.pruning.MOST_BYTES", 1000)
    with Store(ground.data) as store:
        prune(store)
    assert kept_ids(ground) == [move]
    assert big < move


def test_what_was_interrupted_is_never_forgotten(ground: Ground) -> None:
    ground.family("a.safetensors")
    change = ground.carry_out(ground.move("a.safetensors", "b.safetensors")).change
    with Store(ground.data) as store:
        store.write(("UPDATE changes SET state = 'running', ended = 'running' WHERE id = ?", [(change,)]))
        prune(store, time.time() + 10 * MOST_SECONDS)
    assert [one.id for one in carrying.interrupted(ground.data)] == [change]
    assert carrying.roll_back(ground.data, change, Work()).count(ACT_UNDONE) == 1
    assert os.listdir(ground.top) == ["a.safetensors"]


def test_many_acts_are_read_as_they_were_written(ground: Ground) -> None:
    names = ["x ü" if os.name == "nt" else "x\nü", "日本 '%", "\udcff"]
    acts = []
    for name in names:
        ground.family(f"{name}.safetensors")
        acts.append(ground.move(f"{name}.safetensors", f"{name}2.safetensors"))
    report = carrying.carry_out(ground.data, Plan("rename", f"Rename {names[2]}", acts=tuple(acts)), Work())
    assert report.outcomes == carrying.outcomes(ground.data, report.change)
    assert carrying.changes(ground.data)[0].title == "Rename ?"
