"""Cleaning up: what goes, what stays, and that nothing of the person's is ever among it."""

import os
import time
from pathlib import Path

from model_manager.core.journal.steps import ACT_DONE
from model_manager.core.previews.history import FOLDER_NAME
from model_manager.core.tidy import carrying
from model_manager.core.tidy.cleaning import FORMER, HISTORY, INDEX, PARTS, Limits, clean, weigh
from model_manager.core.work import Work
from tests.core.journal_case import Ground

DAY = 86_400


def aged(path: Path, days: float, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))
    return path


def gone(data: Path, limits: Limits | None = None, now: float | None = None) -> dict[str, tuple[int, int]]:
    return {piece.sort: (piece.count, piece.size) for piece in clean(data, limits or Limits(180, 10**9), Work(), now)}


def test_leftovers_go_and_everything_else_stays(tmp_path: Path) -> None:
    data = tmp_path / "data"
    old = aged(data / "index.sqlite.damaged-20260101-101010-123456", 8, 1000)
    new = aged(data / "index.sqlite.damaged-20260102-101010-123456", 1, 500)
    part, fresh = aged(data / "thumbnails/ab/x.jpg.1-2.part", 1, 70), aged(data / "thumbnails/ab/y.jpg.1-2.part", 0, 30)
    others = ("index.sqlite", "settings.json", "index.sqlite.damaged-mine", "thumbnails/ab/z.jpg", "notes.part")
    kept = [aged(data / name, 900) for name in others]
    assert {piece.sort: (piece.count, piece.size) for piece in weigh(data)}[INDEX] == (2, 1500)
    assert gone(data) == {HISTORY: (0, 0), FORMER: (0, 0), INDEX: (1, 1000), PARTS: (1, 70)}
    assert not old.exists() and not part.exists() and new.exists() and fresh.exists() and all(one.exists() for one in kept)
    assert gone(data)[INDEX] == (0, 0)


def test_links_in_the_data_folder_are_left_alone(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", aged(tmp_path / "models/x.part", 100)
    (data / "thumbnails").mkdir(parents=True)
    (data / "thumbnails/ab").symlink_to(outside.parent)
    (data / "index.sqlite.damaged-20260101-101010-1").symlink_to(outside)
    gone(data)
    assert outside.exists() and (data / "thumbnails/ab").is_symlink()


def test_old_changes_are_forgotten_after_the_days_that_were_chosen(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    ground.family("a.safetensors")
    report = ground.carry_out(ground.move("a.safetensors", "b.safetensors"))
    assert report.count(ACT_DONE) == 1
    assert gone(ground.data, Limits(30, 10**9))[HISTORY] == (0, 0)
    with carrying._journal(ground.data, Work()) as store:
        store.write(("UPDATE changes SET time = ? WHERE id = ?", [(time.time() - 40 * DAY, report.change)]))
    assert gone(ground.data, Limits(60, 10**9))[HISTORY] == (0, 0)
    assert gone(ground.data, Limits(30, 10**9))[HISTORY] == (1, 0)
    assert carrying.changes(ground.data) == [] and (ground.top / "b.safetensors").exists()


def test_former_pictures_keep_to_their_limit_and_the_last_of_each_stays(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for model in ("one", "two"):
        for number in range(3):
            aged(data / FOLDER_NAME / "models" / model / f"2026010{number}-000000-{number}" / "x.png", 1, 1000)
    assert gone(data, Limits(180, 4500))[FORMER] == (0, 2000)
    assert gone(data, Limits(180, 100))[FORMER] == (0, 2000)
    assert sum(1 for _ in (data / FOLDER_NAME).rglob("*.png")) == 2
    assert {piece.sort: piece.count for piece in weigh(data)}[FORMER] == 2
