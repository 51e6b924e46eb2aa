"""Models that this program brings to another drive under another name stay the same ones in the index, there and back."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from journal_case import other_drive
from journal_faults import Killer
from library_case import Library, model_bytes, put
from tidy_case import family

from model_manager.core.journal.steps import FOLDER, MOVE, Act, Plan, Step
from model_manager.core.library.index import Index
from model_manager.core.library.index_schema import VERSION
from model_manager.core.tidy import carrying
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.work import Work


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """One LoRA among others, and an empty root on another drive."""
    made = Library(Path(os.path.realpath(tmp_path)))
    with other_drive(tmp_path) as far:
        made.far = far  # type: ignore[attr-defined]
        made.root("loras", far)
        loras = made.root("loras")
        family(loras / "sub", "x.safetensors", "x.png") if (loras / "sub").mkdir() is None else None
        put(loras / "other.safetensors", "other")
        made.scan()
        yield made


def far(library: Library) -> Path:
    return library.far  # type: ignore[attr-defined,no-any-return]


def plan(library: Library) -> Plan:
    """x goes to the other drive and is called y there."""
    old, new = library.folder / "models" / "loras" / "sub" / "x", far(library) / "new" / "y"
    steps = [Step(FOLDER, target=str(new.parent))]
    steps += [Step(MOVE, f"{old}{end}", f"{new}{end}") for end in (".safetensors", ".png")]
    return Plan("organise", "Organise", acts=(Act("x", tuple(steps), steps[1].source, steps[1].target),))


def told(library: Library) -> dict[str, int]:
    with closing(Index(library.path)) as index:
        return index.told()


def identity(library: Library, file: str) -> tuple[int, float]:
    (found,) = [model.row for model in library.models().values() if model.row.file == file]
    return found.id, found.added


def test_moved_renamed_and_back(library: Library, opened: list[str]) -> None:
    before = identity(library, "x.safetensors")
    opened.clear()
    report = carry_out(library.data, plan(library), Work())
    result = library.scan()
    assert identity(library, "y.safetensors") == before and (result.added, result.removed) == (0, 0) and opened == []
    take_back(library.data, report.change, Work())
    result = library.scan()
    assert identity(library, "x.safetensors") == before and (result.added, result.removed) == (0, 0) and opened == []


def test_back_before_a_scan_came_by(library: Library) -> None:
    before = identity(library, "x.safetensors")
    take_back(library.data, carry_out(library.data, plan(library), Work()).change, Work())
    result = library.scan()
    assert identity(library, "x.safetensors") == before and (result.added, result.removed) == (0, 0)


def test_a_scan_that_sees_it_gone_first(library: Library) -> None:
    before = identity(library, "x.safetensors")
    carry_out(library.data, plan(library), Work())
    assert library.scan(only=[library.folder / "models" / "loras" / "sub"]).removed == 1
    library.scan()
    assert identity(library, "y.safetensors") == before


@pytest.mark.parametrize("at", [14, 20, 26])
def test_killed_and_finished(library: Library, at: int) -> None:
    before = identity(library, "x.safetensors")
    with Killer(at).at_work():
        carry_out(library.data, plan(library), Work())
    library.scan()
    (change,) = carrying.interrupted(library.data)
    carrying.finish(library.data, change.id, Work())
    library.scan()
    assert identity(library, "y.safetensors") == before


def test_a_drive_with_coarse_times(library: Library, opened: list[str]) -> None:
    before = identity(library, "x.safetensors")
    carry_out(library.data, plan(library), Work())
    new = far(library) / "new" / "y.safetensors"
    time_ns = new.stat().st_mtime_ns // 2_000_000_000 * 2_000_000_000
    os.utime(new, ns=(time_ns, time_ns))
    opened.clear()
    library.scan()
    assert identity(library, "y.safetensors") == before and library.models()[str(new)].row.mtime_ns == time_ns and opened == []
    assert library.scan().changed == 0


def test_another_file_at_that_place_is_another_model(library: Library) -> None:
    before = identity(library, "x.safetensors")
    carry_out(library.data, plan(library), Work())
    (far(library) / "new" / "y.safetensors").write_bytes(model_bytes("quite another one"))
    library.scan()
    assert identity(library, "y.safetensors")[0] != before[0]


def test_moves_within_a_drive_are_not_told(library: Library) -> None:
    old = library.folder / "models" / "loras" / "sub" / "x.safetensors"
    carry_out(library.data, Plan("rename", "", acts=(Act("x", (Step(MOVE, str(old), str(old) + ".pt"),), str(old)),)), Work())
    assert told(library) == {}


def test_what_an_older_reader_called_damaged_is_read_once_more(library: Library, opened: list[str]) -> None:
    broken = library.folder / "models" / "loras" / "broken.safetensors"
    broken.write_bytes(model_bytes()[:-3])
    library.scan()
    with closing(sqlite3.connect(library.path)) as db:
        db.execute("DROP TABLE told")
        db.execute("PRAGMA user_version=2")
        db.commit()
    opened.clear()
    result = library.scan()
    assert opened == [broken.name] and (result.added, result.removed, result.changed) == (0, 0, 1)
    with closing(sqlite3.connect(library.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION
    opened.clear()
    library.scan()
    assert opened == []
