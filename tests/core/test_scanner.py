"""What a scan finds, keeps and opens, seen from the outside: real files, a real index, a screen that only hears the news."""

import os
import threading
from contextlib import closing

import pytest
from library_case import Library, model_bytes, put

from model_manager.core.errors import Cancelled
from model_manager.core.library import reading
from model_manager.core.library.index import Index
from model_manager.core.library.scanner import Batch, scan
from model_manager.core.work import Work


def nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(reading, "read_facts", refuse)
    monkeypatch.setattr(reading, "read_details", refuse)


def test_first_scan_finds_all_and_reads_each_once(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(root / "style/b.safetensors")
    (root / "a.txt").write_text("word")
    (root / "notes.txt").write_text("nobody's")
    result = library.scan()
    assert (result.added, result.changed, result.removed, result.opened, result.unsaved) == (2, 0, 0, 2, "")
    assert sorted(opened) == ["a.safetensors", "b.safetensors"]
    assert library.records()["a.safetensors"].sidecars == ("a.txt",)
    assert library.records()["b.safetensors"].facts.format == "safetensors"
    library.check_disk()


def test_unchanged_rescan_opens_writes_and_tells_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    for name in ("a", "deep/b", "deep/er/c"):
        put(root / f"{name}.safetensors")
        (root / f"{name}.txt").write_text("word")
    library.scan()
    nothing_is_opened(monkeypatch)
    library.batches.clear()
    handles: list[str] = []
    really = os.open

    def noted(path: str, flags: int, *rest: int, **more: int) -> int:
        if not os.path.isdir(path):
            handles.append(path)
        return really(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", noted)
    result = library.scan()
    assert (result.added, result.changed, result.removed, result.opened) == (0, 0, 0, 0)
    assert library.batches == [] and handles == []
    assert library.quick() == set()


@pytest.mark.parametrize("what", ["mtime", "size"])
def test_changed_model_is_read_again_and_keeps_its_id(library: Library, opened: list[str], what: str) -> None:
    path = put(library.root() / "a.safetensors", mtime=1_000)
    put(library.root() / "b.safetensors")
    library.scan()
    before = library.models()[str(path)].row
    opened.clear()
    if what == "mtime":
        os.utime(path, (2_000, 2_000))
    else:
        put(path, "much longer than before", 1_000)
    result = library.scan()
    assert (result.added, result.changed, result.opened) == (0, 1, 1) and opened == ["a.safetensors"]
    after = library.models()[str(path)].row
    assert (after.id, after.added) == (before.id, before.added)
    library.check_disk()


def test_sidecar_comes_changes_and_goes_without_reading_the_model(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(root / "b.safetensors")
    library.scan()
    opened.clear()
    note = root / "a.md"
    note.write_text("first words")
    assert library.scan().changed == 1
    assert library.records()["a.safetensors"].details.notes.strip() == "first words"
    note.write_text("second words, longer")
    assert library.scan().changed == 1
    assert library.records()["a.safetensors"].details.notes.strip() == "second words, longer"
    note.unlink()
    assert library.scan().changed == 1
    assert library.records()["a.safetensors"].details.notes == ""
    assert opened == []


def test_preview_comes_changes_and_goes(library: Library, opened: list[str]) -> None:
    root = library.root()
    model = put(root / "a.safetensors")
    library.scan()
    opened.clear()
    picture = root / "a.png"
    picture.write_bytes(b"12345")
    library.scan()
    row = library.one().row
    assert (row.preview, row.preview_sort, row.preview_size) == ("a.png", "still", 5)
    picture.write_bytes(b"1234567")
    library.scan()
    assert library.one().row.preview_size == 7
    picture.unlink()
    library.scan()
    assert library.one().row.preview == library.one().row.preview_sort == ""
    assert opened == [] and library.one().row.size == model.stat().st_size


def test_removed_model_leaves(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(root / "b.safetensors").with_suffix(".txt").write_text("stays")
    library.scan()
    (root / "b.safetensors").unlink()
    assert library.scan().removed == 1
    assert library.names() == ["a.safetensors"]


# some folders only


def test_partial_scan_finds_what_is_new_below(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(root / "old/o.safetensors")
    library.scan()
    put(root / "new/er/n.safetensors")
    put(root / "old/p.safetensors")
    assert library.scan([root]).added == 1  # what is in `old` was not asked for
    assert library.names() == ["a.safetensors", "n.safetensors", "o.safetensors"]
    library.scan([root / "old"])
    library.check_disk()


def test_partial_scan_of_a_folder_that_is_new_itself(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    library.scan()
    put(root / "new/er/n.safetensors")
    library.scan([root / "new/er"])
    library.check_disk()


def test_partial_scan_drops_removed_trees(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    for name in ("gone/x", "gone/deep/y", "stays/z"):
        put(root / f"{name}.safetensors")
    library.scan()
    for path in (root / "gone/deep/y.safetensors", root / "gone/x.safetensors"):
        path.unlink()
    (root / "gone/deep").rmdir()
    (root / "gone").rmdir()
    assert library.scan([root / "gone/deep"]).removed == 2
    assert library.names() == ["a.safetensors", "z.safetensors"]
    assert library.scan().removed == 0


def test_partial_scan_follows_a_renamed_tree(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(root / "old/x.safetensors")
    put(root / "old/deep/y.safetensors")
    library.scan()
    ids = {model.row.file: model.row.id for model in library.models().values()}
    opened.clear()
    (root / "old").rename(root / "new")
    result = library.scan([root])
    assert (result.added, result.removed, opened) == (0, 0, [])
    assert {model.row.file: model.row.id for model in library.models().values()} == ids
    library.check_disk()


def test_partial_scan_of_nothing_does_nothing(library: Library) -> None:
    put(library.root() / "a.safetensors")
    library.scan()
    put(library.root() / "b.safetensors")
    assert library.scan([]).added == 0


def test_partial_scan_of_a_root_that_was_not_there_before(library: Library) -> None:
    put(library.root() / "a.safetensors")
    late = library.root("vae", make=False)
    library.scan()
    put(late / "v.safetensors")
    library.scan([late])
    assert library.names() == ["a.safetensors", "v.safetensors"]


def test_quick_check_finds_adds_removes_and_rewrites(library: Library) -> None:
    root = library.root()
    for name in ("add", "remove", "rewrite", "same"):
        put(root / name / "m.safetensors", mtime=1_000)
        os.utime(root / name, (1_000, 1_000))
    library.scan()
    put(root / "add/n.safetensors")
    (root / "remove/m.safetensors").unlink()
    put(root / "rewrite/m.safetensors", "b", 2_000)
    os.utime(root / "rewrite", (1_000, 1_000))  # a rewrite in place leaves the folder's time as it was
    changed = library.quick()
    assert changed == {str(root / name) for name in ("add", "remove", "rewrite")}
    library.scan(changed)
    library.check_disk()
    assert library.quick() == set()


def test_quick_check_tells_of_a_root_that_went_away(library: Library) -> None:
    root = library.root()
    put(root / "deep/a.safetensors")
    library.scan()
    (library.folder / "models").rename(library.folder / "drawer")
    library.scan(library.quick())
    assert library.away() == {"a.safetensors"} and library.quick() == set()
    (library.folder / "drawer").rename(library.folder / "models")
    library.scan(library.quick())
    assert library.away() == set()


# odd names


@pytest.mark.parametrize(
    "name",
    ["[a] (b) {c}", "caf\u00e9", "cafe\u0301", "two\nlines", "tab\tname", "-dash", " leading", "trailing ", "quote'\"", "100%_*?",
     "x" * 238, "\u202eltr", "🦊", "a;b&c", "\\back", "trailing."],
)  # fmt: skip
def test_odd_names(library: Library, name: str) -> None:
    root = library.root()
    path = put(root / name / f"{name}.safetensors")
    (root / name / f"{name}.txt").write_text("word")
    put(root / "plain.safetensors")
    library.scan()
    record = library.records()[path.name]
    assert record.path == str(path) and record.sidecars == (f"{name}.txt",)
    assert library.scan().changed == 0 and library.quick() == set()
    path.unlink()
    library.scan(library.quick())
    assert library.names() == ["plain.safetensors"]


def test_composed_and_decomposed_names_are_two_files(library: Library) -> None:
    root = library.root()
    put(root / "caf\u00e9.safetensors")
    put(root / "cafe\u0301.safetensors")
    if len(os.listdir(root)) < 2:
        pytest.skip("this file system takes both for one")
    library.scan()
    assert len(library.models()) == 2


def test_hidden_model_and_shadow_file(library: Library) -> None:
    root = library.root()
    put(root / ".dot.safetensors")
    put(root / "._shadow.safetensors")
    library.scan()
    assert library.names() == [".dot.safetensors"]


@pytest.mark.skipif(os.name != "posix", reason="names are bytes there only")
def test_name_that_is_no_text_is_a_fault_of_that_file_alone(library: Library) -> None:
    root = library.root()
    put(root / "good.safetensors")
    (root / "good.txt").write_text("word")
    folder = os.fsencode(root)
    for name in (b"bad\xff.safetensors", b"bad\xff.txt", b"good\xff.png"):
        with open(folder + b"/" + name, "wb") as file:
            file.write(model_bytes())
    os.mkdir(folder + b"/\xfe\xfe")
    with open(folder + b"/\xfe\xfe/inside.safetensors", "wb") as file:
        file.write(model_bytes())
    os.symlink(folder + b"/\xfe\xfe", folder + b"/link")
    os.symlink(b"nowhere", folder + b"/broken\xff.safetensors")
    for _ in range(2):
        result = library.scan()
        names = {os.path.basename(os.fsencode(fault.path)) for fault in result.faults}
        assert names == {b"bad\xff.safetensors", b"\xfe\xfe"} and all(fault.reason for fault in result.faults)
        assert library.names() == ["good.safetensors"] and library.records()["good.safetensors"].sidecars == ("good.txt",)
    os.rename(folder + b"/bad\xff.safetensors", folder + b"/better.safetensors")
    library.scan()
    assert library.names() == ["better.safetensors", "good.safetensors"]


@pytest.mark.skipif(os.name != "posix", reason="names are bytes there only")
def test_root_whose_name_is_no_text(library: Library) -> None:
    put(library.root() / "good.safetensors")
    library.root("vae", os.fsdecode(b"/tmp/\xff"), make=False)
    library.root("clip_vision", "/tmp/nul\0byte", make=False)
    result = library.scan()
    assert len(result.faults) == 2 and library.names() == ["good.safetensors"]
    library.scan([library.root()])


def test_times_beyond_what_a_database_takes(library: Library) -> None:
    path = put(library.root() / "a.safetensors")
    for year in (253_370_764_800, -62_135_596_800):
        os.utime(path, (year, year))
        os.utime(path.parent, (year, year))
        library.scan()
        assert library.one().row.added >= 0
        assert library.scan().changed == 0 and library.quick() == set()


# things that are not models


def test_partials_and_bins_never_appear(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    for name in ("b.safetensors.part", "c.safetensors.aria2", "d.safetensors.crdownload", "e.safetensors.downloading", "f.part.dl-meta"):
        (root / name).write_bytes(b"x")
    put(root / ".lm-pending-delete/g.safetensors")
    put(root / ".git/h.safetensors")
    (root / "empty/er").mkdir(parents=True)
    library.scan()
    assert library.names() == ["a.safetensors"]


def test_folder_becomes_file_becomes_folder(library: Library) -> None:
    root = library.root()
    name = "thing.safetensors"
    put(root / name / "inner.safetensors")
    library.scan()
    assert library.names() == ["inner.safetensors"]
    (root / name / "inner.safetensors").unlink()
    (root / name).rmdir()
    put(root / name)
    for scan_only in (None, [root]):
        library.scan(scan_only)
        assert library.names() == [name]
    (root / name).unlink()
    put(root / name / "inner.safetensors", "another")
    library.scan([root])
    assert library.names() == ["inner.safetensors"]
    library.scan()
    library.check_disk()


def test_pipes_and_devices_are_left_alone(library: Library) -> None:
    root = library.root()
    os.mkfifo(root / "pipe.safetensors")
    os.symlink("/dev/zero", root / "zero.safetensors")
    library.scan()
    assert library.names() == []


def test_root_that_is_a_file(library: Library) -> None:
    put(library.root() / "a.safetensors")
    library.root("vae", put(library.folder / "vae.safetensors"), make=False)
    library.scan()
    assert library.names() == ["a.safetensors"]


# stopped in the middle


def stop_after(library: Library, work: Work, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reading.read_details
    seen = []

    def counted(*parts: object) -> object:
        seen.append(1)
        if len(seen) == count:
            work.cancel()
        return read(*parts)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "read_details", counted)


@pytest.mark.parametrize("count", [1, 60, 119])
def test_cancelled_scan_keeps_what_was_written(library: Library, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    root = library.root()
    for number in range(120):
        put(root / f"f{number % 7}/m{number}.safetensors", str(number), 1_000 + number)
    monkeypatch.setattr("model_manager.core.library.scanner.SECONDS_A_BATCH", 0.0)
    work = Work()
    with monkeypatch.context() as patch:
        stop_after(library, work, count, patch)
        with pytest.raises(Cancelled):
            library.scan(work=work)
    written = {path: model.row.id for path, model in library.models().items()}
    assert len(written) == (0 if count < 50 else 50 if count < 100 else 100)
    assert set(library.screen) == set(written.values())  # the screen shows what the index knows
    result = library.scan()
    assert result.opened == 120 - len(written)
    after = library.models()
    assert all(after[path].row.id == id_ for path, id_ in written.items())
    assert all(model.row.added == pytest.approx(model.row.mtime_ns / 1e9) for model in after.values())  # still the first scan
    library.check_disk()


def test_cancelled_before_it_began(library: Library) -> None:
    put(library.root() / "a.safetensors")
    work = Work()
    work.cancel()
    with pytest.raises(Cancelled):
        library.scan(work=work)
    assert library.screen == {}


def test_news_comes_while_it_works(library: Library) -> None:
    root = library.root()
    for number in range(500):
        put(root / f"f{number % 10}/m{number}.safetensors")
    library.scan()
    assert len(library.batches) > 3
    first = library.batches[0]
    assert len(first.rows) < 400 and {row.folder for row in first.rows} <= {folder.id for folder in first.folders}


def test_scans_of_two_threads_follow_each_other(library: Library) -> None:
    root = library.root()
    for number in range(150):
        put(root / f"f{number % 5}/m{number}.safetensors", str(number))
    told: list[list[Batch]] = [[], [], []]

    def look(batches: list[Batch]) -> None:
        with closing(Index(library.path)) as index:
            scan(index, library.roots, Work(), batches.append)

    threads = [threading.Thread(target=look, args=(batches,)) for batches in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    library.check_disk()
    assert sorted(map(bool, told)) == [False, False, True]  # the second and third find nothing new


def test_progress_counts(library: Library) -> None:
    put(library.root() / "a.safetensors")
    put(library.root() / "b.safetensors")
    told: list[tuple[int, int]] = []
    library.scan(work=Work(lambda text, done, total: told.append((done, total))))
    assert told[-1] == (2, 2)


def test_batch_is_true_when_it_says_something() -> None:
    assert not Batch() and Batch(gone=[1])
