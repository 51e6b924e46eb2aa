"""Thumbnails: asked for while painting, delivered later, dropped when out of sight; real files, real pool, real disk cache."""

import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
import shiboken6
from PIL import Image
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from model_manager.bridge import thumbnails as module
from model_manager.bridge.jobs import Runner
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.thumbnails import READS, Thumbnails, step_of
from model_manager.core.errors import BadFormat
from model_manager.core.previews.thumbnail_cache import ThumbnailCache


@pytest.fixture
def runner(qapp: object) -> Iterator[Runner]:
    runner = Runner()
    yield runner
    assert runner.close()
    shiboken6.delete(runner)  # with the thumbnails below it, here and not by a collection of garbage in a worker


@pytest.fixture
def make(runner: Runner, tmp_path: Path) -> Callable[..., Thumbnails]:
    def make(**options: object) -> Thumbnails:
        covers = options.pop("covers", lambda _path: [])
        folder = options.pop("folder", tmp_path / "cache")
        return Thumbnails(runner, ThumbnailCache(folder), covers, runner, **options)

    return make


def _key(path: Path, colour: tuple[int, int, int] = (200, 40, 40), size: tuple[int, int] = (512, 768)) -> PictureKey:
    Image.new("RGB", size, colour).save(path)
    return PictureKey(str(path), path.stat().st_mtime_ns, path.stat().st_size, "still", 0)


def _made_names(tmp_path: Path) -> int:
    return sum(path.is_file() for path in (tmp_path / "cache").rglob("*"))


def test_a_picture_comes_later(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails, key = make(), _key(tmp_path / "a.png")
    told: list[PictureKey] = []
    thumbnails.ready.connect(told.extend)
    assert thumbnails.picture(key, 300) is None
    assert thumbnails.state(key) == "asked"
    qtbot.waitUntil(lambda: told == [key])
    assert thumbnails.state(key) == "have"
    pixmap = thumbnails.picture(key, 300)
    assert pixmap is not None and pixmap.size() == QSize(233, 349)
    assert pixmap.toImage().pixelColor(9, 9).red() > 190
    assert thumbnails.is_idle


def test_the_second_time_it_comes_from_disk(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    first, key = make(), _key(tmp_path / "a.png")
    first.picture(key, 300)
    qtbot.waitUntil(lambda: first.state(key) == "have")
    (tmp_path / "a.png").unlink()
    second = make()
    second.picture(key, 300)
    qtbot.waitUntil(lambda: second.state(key) == "have")


def test_a_changed_file_is_another_picture(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails, key = make(), _key(tmp_path / "a.png")
    thumbnails.picture(key, 300)
    qtbot.waitUntil(lambda: thumbnails.state(key) == "have")
    changed = _key(tmp_path / "a.png", (10, 10, 220))._replace(mtime_ns=key.mtime_ns + 1)
    assert thumbnails.state(changed) == "asked"
    thumbnails.picture(changed, 300)
    qtbot.waitUntil(lambda: thumbnails.state(changed) == "have")
    pixmap = thumbnails.picture(changed, 300)
    assert pixmap is not None and pixmap.toImage().pixelColor(9, 9).blue() > 200


def test_a_broken_cached_thumbnail_is_made_again(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    first, key = make(), _key(tmp_path / "a.png")
    first.picture(key, 300)
    qtbot.waitUntil(lambda: first.state(key) == "have")
    kept = next(path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    kept.write_bytes(b"broken")
    second = make()
    second.picture(key, 300)
    qtbot.waitUntil(lambda: second.state(key) == "have")
    assert kept.read_bytes()[:2] == b"\xff\xd8"


def test_one_worker_reads_while_scrolling_and_more_when_it_rests(
    qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbnails, keys, jobs = make(), [PictureKey(str(tmp_path / str(n)), 1, 1, "still", 0) for n in range(90)], list[str]()
    monkeypatch.setattr(thumbnails._runner, "start", lambda _pool, function, *_args, **_more: jobs.append(function.__name__))
    thumbnails.want(keys[:30], 300)
    thumbnails.want(keys[1:31], 300)
    thumbnails._pump()
    assert jobs == ["read"]
    qtbot.waitUntil(lambda: len(jobs) == READS)


def test_a_jump_is_read_by_all_workers(make: Callable[..., Thumbnails], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thumbnails, keys, jobs = make(), [PictureKey(str(tmp_path / str(n)), 1, 1, "still", 0) for n in range(30)], list[str]()
    monkeypatch.setattr(thumbnails._runner, "start", lambda _pool, function, *_args, **_more: jobs.append(function.__name__))
    thumbnails.want(keys, 300)
    thumbnails._pump()
    assert jobs == ["read"] * READS


def test_what_cannot_be_shown_is_none_and_said_once(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails = make()
    (tmp_path / "a.png").write_text("no picture")
    key = PictureKey(str(tmp_path / "a.png"), 1, 1, "still", 0)
    said: list[str] = []
    thumbnails.refused.connect(lambda _key, text: said.append(text))
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.picture(key, 300)
    assert thumbnails.state(key) == "none"
    assert thumbnails.picture(key, 300) is None and thumbnails.is_idle
    assert len(said) == 1 and "broken" in said[0]


def test_a_folder_that_comes_back_is_tried_again(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails, key = make(), _key(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "b.png")
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.picture(key, 300)
    (tmp_path / "b.png").rename(tmp_path / "a.png")
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.retry()
    assert thumbnails.state(key) == "asked"
    thumbnails.picture(key, 300)
    qtbot.waitUntil(lambda: thumbnails.state(key) == "have")


def test_other_sizes_are_shown_meanwhile(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails, key = make(), _key(tmp_path / "a.png")
    thumbnails.picture(key, 150)
    qtbot.waitUntil(lambda: thumbnails.state(key) == "have")
    small = thumbnails.picture(key, 500)
    assert small is not None and small.width() == 116
    qtbot.waitUntil(lambda: (now := thumbnails.picture(key, 500)) is not None and now.width() > 300)


def test_steps_are_few_and_never_too_small() -> None:
    assert [step_of(edge) for edge in (1, 160, 161, 320, 500, 1000, 5000)] == [160, 160, 320, 320, 512, 1024, 1024]


def test_what_scrolled_away_is_not_made(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails = make()
    keys = [_key(tmp_path / f"{number}.png") for number in range(60)]
    thumbnails.want(keys[:40], 300)
    thumbnails.want(keys[40:], 300)
    qtbot.waitUntil(lambda: all(thumbnails.state(key) == "have" for key in keys[40:]))
    qtbot.waitUntil(lambda: thumbnails.is_idle)
    assert _made_names(tmp_path) == 20
    thumbnails.want((), 300)
    assert thumbnails.is_idle


def test_what_is_wanted_first_comes_first(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails = make()
    keys = [_key(tmp_path / f"{number}.png") for number in range(30)]
    told: list[PictureKey] = []
    thumbnails.ready.connect(told.extend)
    for key in keys:
        thumbnails.picture(key, 300)
    thumbnails.want(list(reversed(keys)), 300)
    qtbot.waitUntil(lambda: len(told) == 30)
    assert set(told[:8]) <= set(keys[15:])


def test_dropped_and_wanted_again_comes_after_all(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    thumbnails, key = make(), _key(tmp_path / "a.png")
    thumbnails.want([key], 300)
    qtbot.waitUntil(lambda: not thumbnails._reads)  # under way
    thumbnails.want((), 300)
    thumbnails.want([key], 300)
    qtbot.waitUntil(lambda: thumbnails.state(key) == "have")


def test_memory_is_bounded_but_never_takes_what_is_on_screen(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    each = 233 * 349 * 4
    thumbnails = make(memory=each * 3)
    keys = [_key(tmp_path / f"{number}.png") for number in range(10)]
    thumbnails.want(keys[:5], 300)
    qtbot.waitUntil(lambda: all(thumbnails.state(key) == "have" for key in keys[:5]))
    thumbnails.want(keys[5:], 300)
    qtbot.waitUntil(lambda: all(thumbnails.state(key) == "have" for key in keys[5:]))
    assert [thumbnails.state(key) for key in keys[:5]] == ["asked"] * 5


def test_covers_inside_a_model(qtbot: QtBot, make: Callable[..., Thumbnails]) -> None:
    out = BytesIO()
    Image.new("RGB", (300, 300), (9, 200, 9)).save(out, "PNG")
    thumbnails = make(covers=lambda path: [b"junk", out.getvalue()] if path == "/m/a.safetensors" else [])
    key = PictureKey("/m/a.safetensors", 1, 1, "embedded", 1)
    thumbnails.want([key, key._replace(path="/m/b.safetensors"), PictureKey("/m/a.safetensors", 1, 1, "embedded", 0)], 300)
    qtbot.waitUntil(lambda: thumbnails.is_idle)
    assert thumbnails.state(key) == "have"
    assert thumbnails.state(key._replace(path="/m/b.safetensors")) == "none"
    assert thumbnails.state(PictureKey("/m/a.safetensors", 1, 1, "embedded", 0)) == "none"


@pytest.mark.expects_log("A job failed")
def test_a_fault_in_reading_a_header_stops_nothing(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path) -> None:
    def covers(path: str) -> list[bytes]:
        raise BadFormat("The header is broken.") if path == "/m/a" else RuntimeError("a mistake of ours")

    thumbnails, good = make(covers=covers), _key(tmp_path / "a.png")
    bad = [PictureKey(path, 1, 1, "embedded", 0) for path in ("/m/a", "/m/b")]
    thumbnails.want([*bad, good], 300)
    qtbot.waitUntil(lambda: thumbnails.is_idle)
    assert [thumbnails.state(key) for key in (*bad, good)] == ["none", "none", "have"]


def test_without_a_disk_cache_pictures_are_shown_and_it_is_said_once(
    qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    thumbnails = make(folder=tmp_path / "file" / "cache")
    said: list[str] = []
    thumbnails.cache_failed.connect(said.append)
    keys = [_key(tmp_path / f"{number}.png") for number in range(5)]
    thumbnails.want(keys, 300)
    qtbot.waitUntil(lambda: all(thumbnails.state(key) == "have" for key in keys))
    assert len(said) == 1


def test_arrivals_are_told_together(qtbot: QtBot, make: Callable[..., Thumbnails], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRAME", 400)
    thumbnails = make()
    thumbnails._told_at = time.monotonic()  # something has just been told
    keys = [_key(tmp_path / f"{number}.png", size=(64, 96)) for number in range(6)]
    told: list[tuple[PictureKey, ...]] = []
    thumbnails.ready.connect(told.append)
    thumbnails.want(keys, 300)
    qtbot.waitUntil(lambda: thumbnails.is_idle)
    assert len(told) < 6 and {key for keys in told for key in keys} == set(keys)
