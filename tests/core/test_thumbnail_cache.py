"""The disk cache of thumbnails: what is kept, what is thrown away, and bad disks."""

import errno
import os
from pathlib import Path

import pytest

from model_manager.core.previews import thumbnail_cache
from model_manager.core.previews.thumbnail_cache import ThumbnailCache, ThumbnailKey, trim

KEY = ThumbnailKey("/models/loras/ink.png", 1_700_000_000_000_000_000, 4711, 0, 320)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _read(cache: ThumbnailCache, key: ThumbnailKey) -> bytes | None:
    path = cache.find(key)
    return None if path is None else Path(path).read_bytes()


def test_gives_back_what_was_written(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path / "thumbnails")
    assert _read(cache, KEY) is None
    cache.write(KEY, b"jpeg")
    assert _read(cache, KEY) == b"jpeg"
    assert _read(ThumbnailCache(tmp_path / "thumbnails"), KEY) == b"jpeg"


@pytest.mark.parametrize("change", [{"source": "/x"}, {"mtime_ns": 1}, {"size": 1}, {"number": 1}, {"edge": 512}])
def test_every_part_of_the_key_counts(tmp_path: Path, change: dict[str, object]) -> None:
    cache = ThumbnailCache(tmp_path)
    cache.write(KEY, b"jpeg")
    assert _read(cache, KEY._replace(**change)) is None


def test_odd_names_are_keys_like_others(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path)
    for name in ("/m/\udce9.png", "/m/名前 \n.png", "/m/" + "x" * 4000):
        cache.write(KEY._replace(source=name), name[:4].encode("utf-8", "replace"))
        assert _read(cache, KEY._replace(source=name)) == name[:4].encode("utf-8", "replace")
    assert cache.fault == ""


def test_dropped_and_empty_files_are_gone(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path)
    cache.write(KEY, b"jpeg")
    cache.drop(KEY)
    assert _read(cache, KEY) is None
    cache.write(KEY, b"jpeg")
    _files(tmp_path)[0].write_bytes(b"")
    assert _read(cache, KEY) is None
    assert _files(tmp_path) == []


def test_trim_removes_the_longest_unused_first(tmp_path: Path) -> None:
    for age in range(10):
        path = tmp_path / f"file{age}"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    trim(tmp_path, 1000)
    assert len(_files(tmp_path)) == 10
    trim(tmp_path, 500)
    assert [path.name for path in _files(tmp_path)] == ["file0", "file1", "file2", "file3"]


def test_trim_removes_left_over_parts_only_when_old(tmp_path: Path) -> None:
    (tmp_path / "old.1-1.part").write_bytes(b"x")
    os.utime(tmp_path / "old.1-1.part", (1, 1))
    (tmp_path / "new.1-1.part").write_bytes(b"x")
    trim(tmp_path, 1000)
    assert [path.name for path in _files(tmp_path)] == ["new.1-1.part"]


def test_stays_near_its_cap(tmp_path: Path) -> None:
    cap = 256 * 2000
    cache = ThumbnailCache(tmp_path, cap)
    for number in range(12_000):
        cache.write(KEY._replace(number=number), b"x" * 200)
    most_between_checks = 256 * thumbnail_cache.WRITES_A_CHECK * 200
    assert sum(path.stat().st_size for path in _files(tmp_path)) <= cap + most_between_checks
    assert _read(cache, KEY._replace(number=11_999)) is not None


def test_reading_marks_as_used(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path)
    cache.write(KEY, b"jpeg")
    path = _files(tmp_path)[0]
    os.utime(path, (1_600_000_000, 1_600_000_000))
    cache.find(KEY)
    assert path.stat().st_mtime > 1_700_000_000


def test_a_folder_that_cannot_be_made_turns_it_off_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = ThumbnailCache(tmp_path / "file" / "thumbnails")
    cache.write(KEY, b"jpeg")
    assert "cannot be kept" in cache.fault
    assert _read(cache, KEY) is None
    said = cache.fault
    cache.write(KEY, b"jpeg")
    assert cache.fault == said


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_from: str, _to: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = ThumbnailCache(tmp_path)
    cache.write(KEY, b"first")
    monkeypatch.setattr(thumbnail_cache.os, "replace", full)
    cache.write(KEY._replace(edge=512), b"second")
    assert "the disk is full" in cache.fault
    assert len(_files(tmp_path)) == 1
    assert _read(cache, KEY) == b"first"
