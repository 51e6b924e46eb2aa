"""Many new models at once: listed before they are read, read in shares, left for later when more has come; nothing is lost or doubled."""

import os
from contextlib import closing

import pytest
from library_case import Library, put

from model_manager.core.errors import Cancelled
from model_manager.core.library import readers, scanner
from model_manager.core.library.index import Index
from model_manager.core.library.scanner import Batch, scan
from model_manager.core.work import Work


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few models count as many, and every share is written at once."""
    monkeypatch.setattr(scanner, "MANY", 10)
    monkeypatch.setattr(scanner, "SECONDS_A_BATCH", 0.0)


def grow(library: Library, count: int, folder: str = "new") -> None:
    for number in range(count):
        put(library.root() / folder / f"{folder} {number}.safetensors", f"{folder} {number}")


def is_read(library: Library) -> dict[str, int]:
    return {os.path.basename(path): model.is_read for path, model in library.models().items()}


@pytest.mark.usefixtures("small_steps")
def test_many_new_models_are_in_the_index_before_the_first_is_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    put(library.root() / "old.safetensors")
    library.scan()
    grow(library, 20)
    listed: list[dict[str, int]] = []
    really = scanner.read_model

    def noted(task: object) -> object:
        if not listed:
            listed.append(is_read(library))
        return really(task)  # type: ignore[arg-type]

    monkeypatch.setattr(scanner, "read_model", noted)
    assert library.scan().added == 20
    assert sorted(listed[0].values()) == [0] * 20 + [1]
    assert set(is_read(library).values()) == {1}
    library.check_disk()


@pytest.mark.usefixtures("small_steps")
def test_a_scan_cut_off_while_reading_leaves_them_to_the_next(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    put(library.root() / "old.safetensors")
    library.scan()
    grow(library, 20)
    work = Work()
    monkeypatch.setattr(scanner, "read_model", lambda task: work.cancel() or (_ for _ in ()).throw(Cancelled))
    with pytest.raises(Cancelled):
        library.scan(work=work)
    monkeypatch.undo()
    ids = {path: model.row.id for path, model in library.models().items()}
    assert len(ids) == 21 and sum(is_read(library).values()) == 1
    assert library.scan().opened == 20
    assert {path: model.row.id for path, model in library.models().items()} == ids
    assert library.records()["new 3.safetensors"].facts.kind == "loras"
    library.check_disk()


@pytest.mark.parametrize("many", [10, 1_000])
@pytest.mark.usefixtures("small_steps")
def test_a_hurried_scan_reads_a_part_and_names_what_is_left(library: Library, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(scanner, "MANY", many)
    put(library.root() / "old.safetensors")
    library.scan()
    grow(library, 120)
    work = Work()
    work.hurry()
    result = library.scan([library.root()], work)
    assert result.unfinished == {str(library.root() / "new")}
    assert len(library.models()) == 121 and 1 < sum(is_read(library).values()) < 121
    ids = {path: model.row.id for path, model in library.models().items()}
    grow(library, 3, "late")
    result = library.scan([*result.unfinished, library.root()])
    assert (result.added, result.unfinished) == (3, set())
    assert set(is_read(library).values()) == {1} and len(library.models()) == 124
    assert ids.items() <= {path: model.row.id for path, model in library.models().items()}.items()
    library.check_disk()


@pytest.mark.parametrize("is_renamed", [True, False])
@pytest.mark.usefixtures("small_steps")
def test_a_hurried_scan_loses_none_that_was_moved(library: Library, is_renamed: bool) -> None:
    root = library.root()
    grow(library, 120)
    for number in range(120):
        (root / f"new/new {number}.txt").write_text(f"word {number}")
    library.scan()
    before = {model.row.natural: model.row.id for model in library.models().values()}
    (root / "other").mkdir()
    for number in range(120):
        name = f"other {number}" if is_renamed else f"new {number}"
        for ending in (".safetensors", ".txt"):
            (root / f"new/new {number}{ending}").rename(root / f"other/{name}{ending}")
        if not is_renamed:  # else nothing needs to be read
            (root / f"other/{name}.txt").write_text("another")
    (root / "new").rmdir()
    work = Work()
    work.hurry()
    result = library.scan([root / "new", root / "other"], work)
    assert result.unfinished == {str(root / "other")}
    library.check_disk()
    result = library.scan(result.unfinished)
    assert (result.added, result.removed, result.opened, result.unfinished) == (0, 0, 0, set())
    library.check_disk()
    assert {model.row.id for model in library.models().values()} == set(before.values())
    assert all(len(record.sidecars) == 1 for record in library.records().values())


def test_models_that_move_with_all_that_is_beside_them_are_not_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    grow(library, 20)
    (root / "new/new 3.info").write_text('{"name": "v1", "model": {"name": "A title"}}')
    (root / "new/new 3.preview.png").write_bytes(b"picture")
    library.scan()
    before = library.records()["new 3.safetensors"]
    rows = {model.row.id: model.row for model in library.models().values()}
    (root / "new").rename(root / "elsewhere")
    monkeypatch.setattr(scanner, "read_model", lambda task: pytest.fail("read"))
    assert library.scan().opened == 0
    after = library.records()["new 3.safetensors"]
    assert (after.id, after.name, after.details) == (before.id, before.name, before.details)
    assert after.previews[0].path == str(root / "elsewhere/new 3.preview.png")
    for model in library.models().values():
        assert model.row._replace(folder=0) == rows[model.row.id]._replace(folder=0)
    library.check_disk()
    assert library.scan().changed == 0


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_first_scan_in_processes_finds_all(library: Library, monkeypatch: pytest.MonkeyPatch, is_watched: bool) -> None:
    monkeypatch.setattr(scanner, "WORTH_IT", 30)
    monkeypatch.setattr(readers, "SHARE", 8)
    root = library.root()
    grow(library, 100)
    (root / "new/new 7.txt").write_text("a word")
    (root / "new/new 9.preview.png").write_bytes(b"picture")
    (root / "other").mkdir()
    os.symlink(root / "new/new 3.safetensors", root / "other/alias.safetensors")
    told: list[Batch] = []
    with closing(Index(library.path)) as index:
        result = scan(index, library.roots, Work(), told.append if is_watched else None)
    assert (result.added, result.opened, result.changed) == (100, 100, 0)
    records = library.records()
    assert len(records) == 100 and set(is_read(library).values()) == {1}
    assert len(records["new 3.safetensors"].places) == 2
    assert records["new 7.safetensors"].sidecars == ("new 7.txt",)
    assert records["new 9.safetensors"].previews[0].path.endswith("new 9.preview.png")
    assert bool(told) == is_watched
    library.screen = {row.id: row for batch in told for row in batch.rows} if is_watched else {}
    with closing(Index(library.path)) as index:
        assert not is_watched or library.screen == {row.id: row for row in index.rows()}
        assert scan(index, library.roots, Work(), None).opened == 0


def test_a_reading_process_that_dies_is_not_missed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "WORTH_IT", 30)
    monkeypatch.setattr(readers, "SHARE", 8)
    grow(library, 100)
    really = readers.Readers.answers

    def killed(self: readers.Readers) -> object:
        for process in self._processes:
            process.popen.kill()
        return really(self)

    monkeypatch.setattr(readers.Readers, "answers", killed)
    assert library.scan().added == 100
    assert set(is_read(library).values()) == {1}
    library.check_disk()
