"""What needs attention is found, what belongs to others is let alone, and each mend does what it says and can be undone."""

import hashlib
import json
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model_manager.core.errors import Cancelled
from model_manager.core.formats.write import safetensors_bytes, torch_zip_bytes
from model_manager.core.hashes.compute import mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.health import records, words
from model_manager.core.health.grading import grade
from model_manager.core.health.mending import plan_mend
from model_manager.core.health.records import Item, Report
from model_manager.core.health.report import look, report
from model_manager.core.tidy import carrying
from model_manager.core.work import Work
from tests.core.library_case import Library, model_bytes
from tests.core.pickle_case import TENSORS, call

OLD = time.time() - 10 * 86_400


@pytest.fixture
def library(tmp_path: Path) -> Library:
    found = Library(tmp_path)
    found.root("loras")
    found.root("checkpoints")
    return found


def looked(library: Library) -> Report:
    library.scan()
    look(library.data, library.path, Work())
    return report(library.data, library.path)


def names(found: Report, sort: str) -> list[str]:
    section = found.section(sort)
    return sorted(item.name for item in section.items) if section else []


def put(path: Path, data: bytes = b"x", old: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if old:
        os.utime(path, (OLD, OLD))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def mend(library: Library, items: list[Item], what: str) -> Callable[[], None]:
    """Carry a mend out; returns what undoes it."""
    done = carrying.carry_out(library.data, plan_mend(items, what, library.path), Work())
    assert [outcome.text for outcome in done.outcomes if outcome.state != "done"] == []

    def undo() -> None:
        carrying.take_back(library.data, done.change, Work())

    return undo


def test_a_sound_library_needs_nothing(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "ink.safetensors", model_bytes())
    put(loras / "ink.civitai.info", b"{}")
    put(loras / "ink.preview.png")
    put(loras / "ink.notes.txt")
    found = looked(library)
    assert (found.sections, found.count) == ((), 0)
    assert found.looked > time.time() - 60


def test_what_the_index_knows_is_told_at_once(library: Library) -> None:
    loras, checkpoints = library.folder / "models" / "loras", library.folder / "models" / "checkpoints"
    put(loras / "cut.safetensors", model_bytes()[:-20])
    put(loras / "cut.civitai.info", json.dumps({"modelId": 7, "id": 8, "model": {"name": "x"}}).encode())
    put(checkpoints / "stray.safetensors", model_bytes("b"))
    put(loras / "odd.ckpt", model_bytes("c"))
    put(loras / "two.safetensors", model_bytes("d"))
    put(loras / "two.pt", torch_zip_bytes(TENSORS))
    put(loras / "bad.safetensors", model_bytes("e"))
    put(loras / "bad.metadata.json", b"{broken")
    library.scan()
    found = report(library.data, library.path)
    assert names(found, records.BROKEN) == ["cut.safetensors"]
    assert found.section(records.BROKEN).items[0].target == "https://civitai.com/models/7?modelVersionId=8"  # type: ignore[union-attr]
    assert names(found, records.MISPLACED) == ["stray.safetensors"]
    assert names(found, records.MISNAMED) == ["odd.ckpt"]
    assert len(names(found, records.SAME_STEM)) == 1
    assert names(found, records.BAD_SIDECAR) == ["bad.safetensors"]
    assert len(names(found, records.NO_PREVIEW)) == 6
    assert found.looked == 0
    assert all(words.title(one.sort) and words.meaning(one.sort) for one in found.sections)


def test_strays_are_found_only_where_they_surely_are_such(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "ink.safetensors", model_bytes())
    put(loras / "gone.civitai.info", b"{}")
    put(loras / "gone.preview.png")
    put(loras / "gone.txt")
    put(loras / "ink.v2.metadata.json", b"{}")  # begins with the name of a model: let alone
    for name in ("readme.md", "config.json", "holiday.png", "notes.txt", "put_loras_here.txt", "style.json", "some.info"):
        put(loras / name, b"{}" if name.endswith("json") else b"hello")
    put(loras / "web.json", json.dumps({"activation text": "a", "preferred weight": 1}).encode())
    put(loras / "coming.safetensors.part", b"x")
    put(loras / "coming.civitai.info", b"{}")
    put(loras / "flux" / "model_index.json", b"{}")
    put(loras / "flux" / "vae" / "lost.preview.png")
    put(loras / ".hidden" / "lost.preview.png")
    assert names(looked(library), records.ORPHANS) == ["gone", "web"]


def test_what_stood_beside_a_model_that_went_is_a_stray(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "ink.safetensors", model_bytes())
    put(loras / "ink.png")
    library.scan()
    (loras / "ink.safetensors").unlink()
    found = looked(library)
    assert names(found, records.ORPHANS) == ["ink"]
    assert "was in this folder" in found.sections[0].items[0].text


def test_a_stray_finds_its_model_by_hash_and_by_name(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    renamed = put(loras / "renamed.safetensors", model_bytes())
    sha256 = hashlib.sha256(model_bytes()).hexdigest()
    put(loras / "before.metadata.json", json.dumps({"sha256": sha256, "model_name": "x"}).encode())
    put(loras / "before.preview.webp", b"picture")
    put(loras / "sub" / "moved.safetensors", model_bytes("b"))
    put(loras / "moved.civitai.info", b"{}")
    library.scan()
    with Store(library.data) as store:
        store.save(str(renamed), mark_of(str(renamed)), {"sha256": sha256})
    found = looked(library)
    items = list(found.section(records.ORPHANS).items)  # type: ignore[union-attr]
    assert [(item.name, os.path.basename(item.target)) for item in sorted(items, key=lambda one: one.name)] == [
        ("before", "renamed.safetensors"),
        ("moved", "moved.safetensors"),
    ]
    before = tree(loras)
    undo = mend(library, items, records.ATTACH)
    assert {"renamed.metadata.json", "renamed.preview.webp", "sub/moved.civitai.info"} <= set(tree(loras))
    library.scan()
    assert names(looked(library), records.ORPHANS) == []
    undo()
    assert tree(loras) == before


def test_strays_go_to_recently_deleted_and_come_back(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "gone.civitai.info", b"{}")
    put(loras / "gone.preview.png", b"picture")
    put(loras / "half.safetensors.crdownload", b"half", old=True)
    (loras / "lost.safetensors").symlink_to(library.folder / "nowhere.safetensors")
    found = looked(library)
    items = [item for section in found.sections for item in section.items]
    assert sorted(item.sort for item in items) == [records.LINKS, records.ORPHANS, records.PARTIALS]
    before = tree(loras)
    undo = mend(library, items, records.DELETE)
    assert list(tree(loras)) == []
    assert looked(library).count == 0
    undo()
    assert tree(loras) == before
    assert os.readlink(loras / "lost.safetensors") == str(library.folder / "nowhere.safetensors")


def test_partials_that_are_fresh_or_owned_are_let_alone(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "fresh.safetensors.part")
    owned = put(loras / "owned.safetensors.part", old=True)
    put(library.data / "downloads" / "3-0.json", json.dumps({"path": str(owned)}).encode())
    put(loras / "dead.safetensors.part", old=True)
    put(loras / ".mm-0123456789abcdef01234567.tmp", old=True)
    put(loras / "other.tmp", old=True)
    assert names(looked(library), records.PARTIALS) == [".mm-0123456789abcdef01234567.tmp", "dead.safetensors.part"]


def test_empty_folders_but_never_roots(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    (loras / "a" / "b").mkdir(parents=True)
    (loras / "a" / "c").mkdir()
    (loras / "full").mkdir()
    put(loras / "full" / "readme.txt")
    (loras / ".keep").mkdir()
    (loras / "LoRA").mkdir()  # called like a category
    inner = library.root("embeddings", loras / "inner")
    found = looked(library)
    items = list(found.section(records.EMPTY).items)  # type: ignore[union-attr]
    assert [os.path.relpath(path, loras) for item in items for path in item.files] in (["a/b", "a/c", "a"], ["a/c", "a/b", "a"])
    undo = mend(library, items, records.REMOVE_FOLDER)
    assert not (loras / "a").exists() and inner.exists() and (loras / "full").exists()
    undo()
    assert (loras / "a" / "b").is_dir() and (loras / "a" / "c").is_dir()


def test_wrong_folder_and_wrong_ending_are_mended(library: Library) -> None:
    loras, checkpoints = library.folder / "models" / "loras", library.folder / "models" / "checkpoints"
    put(checkpoints / "stray.safetensors", model_bytes("b"))
    put(checkpoints / "stray.preview.png", b"picture")
    put(loras / "odd.ckpt", model_bytes("c"))
    put(loras / "odd.civitai.info", b"{}")
    put(loras / "odd.ckpt.info", b"{}")
    put(loras / "taken.pt", model_bytes("d"))
    put(loras / "taken.safetensors", model_bytes("e"))
    found = looked(library)
    before = tree(library.folder / "models")
    undo_move = mend(library, list(found.section(records.MISPLACED).items), records.MOVE)  # type: ignore[union-attr]
    assert {"stray.safetensors", "stray.preview.png"} <= set(tree(loras))
    plan = plan_mend(list(found.section(records.MISNAMED).items), records.RENAME, library.path)  # type: ignore[union-attr]
    assert [one.name for one in plan.refused] == ["taken.pt"]
    done = carrying.carry_out(library.data, plan, Work())
    assert {"odd.safetensors", "odd.civitai.info", "odd.safetensors.info"} <= set(tree(loras))
    carrying.take_back(library.data, done.change, Work())
    undo_move()
    assert tree(library.folder / "models") == before


def test_pickles_are_graded_once_and_told(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loras, marker = library.folder / "models" / "loras", tmp_path / "ran"
    put(loras / "evil.pt", call("os", "system", f"touch {marker}"))
    put(loras / "fine.pt", torch_zip_bytes(TENSORS))
    put(loras / "unknown.bin", call("my_tools", "load", "x"))
    found = looked(library)
    unsafe = {item.name: item for item in found.section(records.UNSAFE).items}  # type: ignore[union-attr]
    assert {name: item.level for name, item in unsafe.items()} == {"evil.pt": records.DANGEROUS, "unknown.bin": records.SUSPICIOUS}
    assert "os.system" in unsafe["evil.pt"].text and unsafe["evil.pt"].mends == (records.DELETE,)
    assert names(found, records.PICKLES) == ["fine.pt"]
    assert not marker.exists()
    monkeypatch.setattr("model_manager.core.health.report.grade", lambda path: pytest.fail(path))
    assert looked(library).section(records.UNSAFE) == found.section(records.UNSAFE)
    put(loras / "evil.pt", pickle.dumps({}))
    library.scan()
    assert names(report(library.data, library.path), records.UNSAFE) == ["unknown.bin"]


def test_a_look_that_is_stopped_keeps_what_was_found_before(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "gone.civitai.info", b"{}")
    before = looked(library)
    put(loras / "more.civitai.info", b"{}")
    put(loras / "a.pt", torch_zip_bytes(TENSORS))
    put(loras / "b.pt", torch_zip_bytes(TENSORS))
    library.scan()
    work = Work()

    def grade_and_stop(path: str) -> records.Grade:
        work.cancel()
        return grade(path)

    monkeypatch.setattr("model_manager.core.health.report.grade", grade_and_stop)
    with pytest.raises(Cancelled):
        look(library.data, library.path, work)
    found = report(library.data, library.path)
    assert (names(found, records.ORPHANS), found.looked) == (["gone"], before.looked)
    assert len(names(found, records.PICKLES)) == 1
    (loras / "gone.civitai.info").unlink()
    assert names(report(library.data, library.path), records.ORPHANS) == []


def test_a_damaged_file_of_the_look_is_no_fault(library: Library) -> None:
    for data in (
        b"",
        b"{",
        b"[]",
        b'{"version": 2}',
        b'{"version": 99}',
        b'{"version":2,"looked":0,"unread":0,"items":[{"a":1}],"grades":{}}',
    ):
        put(library.data / "health.json", data)
        library.scan()
        assert report(library.data, library.path).looked == 0


def test_broken_models_go_with_their_families(library: Library) -> None:
    loras = library.folder / "models" / "loras"
    put(loras / "cut.safetensors", safetensors_bytes(TENSORS)[:-3])
    put(loras / "cut.preview.png", b"picture")
    found = looked(library)
    before = tree(loras)
    undo = mend(library, list(found.section(records.BROKEN).items), records.DELETE)  # type: ignore[union-attr]
    assert tree(loras) == {}
    undo()
    assert tree(loras) == before
