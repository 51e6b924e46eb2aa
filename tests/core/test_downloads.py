"""Download tasks from link to name: what stands in the folder in the end, and what never does."""

import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from download_case import Downloads, until

from model_manager.core import paths
from model_manager.core.demo.site_records import SiteModel
from model_manager.core.errors import NetworkFault
from model_manager.core.hashes.store import Store
from model_manager.core.online.partials import Partial
from model_manager.core.tasks import delivery, downloads
from model_manager.core.tasks import faults as engine_faults
from model_manager.core.tasks.resolving import accepted, elsewhere
from model_manager.core.tasks.states import CANCELLED, DONE, DOWNLOAD, FAILED, PAUSED, WAITING, Task
from tests.double import FOX, Double, big_lora, cases, faults


class Killed(NetworkFault):
    """Stands for a kill: what is on the disk stays as it is, and the task runs again."""

    def __init__(self) -> None:
        super().__init__("killed", "dropped")


FOX_LINK = f"https://civitai.com/models/{FOX}"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


@pytest.fixture
def case(tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch) -> Downloads:
    monkeypatch.setattr(engine_faults, "FIRST_DELAY", 0.05)
    return Downloads(tmp_path, double)


def bytes_of(double: Double, model: SiteModel) -> bytes:
    content = model.shown[0].files[0].content
    found = bytearray()
    while len(found) < content.size:
        found += content.read(len(found), content.size - len(found))
    return bytes(found)


def test_from_a_link_to_a_finished_model(case: Downloads) -> None:
    task = case.brought(FOX_LINK)
    assert (task.state, task.note) == (DONE, "hash verified · preview saved")
    assert case.names() == ["glass_fox_v2.info", "glass_fox_v2.md", "glass_fox_v2.preview.png", "glass_fox_v2.safetensors"]
    assert task.path == str(case.models / "loras" / "glass_fox_v2.safetensors")
    assert task.picture == str(case.models / "loras" / "glass_fox_v2.preview.png")
    assert task.where == "Civitai → loras"
    assert task.done == task.total == os.path.getsize(task.path)
    assert case.records() == []
    with Store(case.data) as store:
        assert store.paths_of(hashlib.sha256(Path(task.path).read_bytes()).hexdigest()) == [os.path.realpath(task.path)]


def test_a_video_is_kept_where_it_is_wanted(case: Downloads) -> None:
    case.settings.takes_videos, case.settings.adult_level = True, 63
    task = case.brought(FOX_LINK)
    assert task.state == DONE and task.note.endswith("preview saved · video saved"), task.note
    assert "glass_fox_v2.mp4" in case.names()


def test_the_model_is_named_last(case: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    before: list[list[str]] = []
    rename = delivery.rename_new
    monkeypatch.setattr(delivery, "rename_new", lambda old, new: (before.append(case.names()), rename(old, new)))
    assert case.brought(FOX_LINK).state == DONE
    assert before == [["glass_fox_v2.info", "glass_fox_v2.md", "glass_fox_v2.preview.png", "glass_fox_v2.safetensors.part"]]


def test_another_name_and_place(case: Downloads) -> None:
    assert case.brought(FOX_LINK, "loras/style", "mine").state == DONE
    assert case.names() == ["style/mine.info", "style/mine.md", "style/mine.preview.png", "style/mine.safetensors"]


def test_a_file_that_is_there_is_not_loaded_again(case: Downloads, double: Double) -> None:
    case.brought(FOX_LINK)
    double.forget()
    task = case.brought(FOX_LINK, name="glass_fox_v2")
    assert (task.state, "already there" in task.note) == (DONE, True)
    assert double.sent("storage GET /model") <= 65536  # the header, which chooses the folder
    assert len([name for name in case.names() if name.endswith(".safetensors")]) == 1


def test_another_file_of_that_name_stays(case: Downloads) -> None:
    path = case.models / "loras" / "glass_fox_v2.safetensors"
    path.write_bytes(b"mine")
    task = case.brought(FOX_LINK)
    assert task.state == DONE
    assert path.read_bytes() == b"mine"
    assert [name for name in case.names() if name.startswith("glass_fox_v2 (2)")] == [
        "glass_fox_v2 (2).info", "glass_fox_v2 (2).md", "glass_fox_v2 (2).preview.png", "glass_fox_v2 (2).safetensors",
    ]  # fmt: skip
    assert "glass_fox_v2.md" not in case.names()


@pytest.mark.parametrize("is_same", [True, False])
def test_a_name_taken_meanwhile(case: Downloads, double: Double, monkeypatch: pytest.MonkeyPatch, is_same: bool) -> None:
    model = double.add_big("late", 1)
    data = bytes_of(double, model) if is_same else b"another"
    path = case.models / "loras" / "late.safetensors"
    save = delivery.save_details
    monkeypatch.setattr(delivery, "save_details", lambda *args: (path.exists() or path.write_bytes(data), save(*args))[1])
    task = case.brought(double.page(model))
    assert task.state == DONE
    assert path.read_bytes() == data
    others = [name for name in case.names() if not name.startswith("late.safetensors")]
    assert others == ([] if is_same else ["late (2).info", "late (2).md", "late (2).safetensors"])
    assert case.records() == []


def test_two_models_of_one_name_at_once_keep_their_own_papers(case: Downloads, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    models = [double.add_big("twin", megabytes) for megabytes in (1, 2)]
    both, save = threading.Barrier(2, timeout=1.0), delivery.save_details

    def together(*args: Any) -> list[str]:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        return save(*args)

    monkeypatch.setattr(delivery, "save_details", together)
    with case.engine() as engine:
        tasks = [case.add(engine, double.page(model)) for model in models]
        done = [until(engine, task.id, lambda now: now.state == DONE) for task in tasks]
    assert case.names() == [f"{stem}.{ending}" for stem in ("twin (2)", "twin") for ending in ("info", "md", "safetensors")]
    for model, task in zip(models, done, strict=True):
        assert str(double.page(model).rpartition("=")[2]) in Path(task.path).with_suffix(".md").read_text()
        assert Path(task.path).read_bytes() == bytes_of(double, model)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_what_a_kill_left_half_written_beside_is_removed(case: Downloads, monkeypatch: pytest.MonkeyPatch, is_cancelled: bool) -> None:
    def killed(old: str | Path, new: str | Path) -> None:
        if str(old).endswith(".tmp") and "loras" in str(old):
            raise Killed
        replace(old, new)

    replace = os.replace
    monkeypatch.setattr(paths.os, "replace", killed)
    monkeypatch.setattr(engine_faults, "FIRST_DELAY", 60.0)
    task = case.brought(FOX_LINK)
    assert task.state == WAITING and [name for name in case.names() if name.startswith(".mm-")]
    monkeypatch.setattr(paths.os, "replace", replace)
    with case.engine() as engine:
        (engine.cancel if is_cancelled else engine.retry)([task.id]).result()
        until(engine, task.id, lambda now: now.state in (DONE, CANCELLED) and not now.chore)
    assert not [name for name in case.names() if name.endswith((".tmp", ".part"))]
    assert ("glass_fox_v2.safetensors" in case.names()) is not is_cancelled


def test_a_file_without_a_hash_is_known_again_when_the_kill_came_after_its_name(
    case: Downloads, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = double.plain("a/fox.safetensors", bytes_of(double, double.site.models[FOX]))
    forget = Partial.forget

    def killed(partial: Partial) -> None:
        monkeypatch.setattr(Partial, "forget", forget)
        raise Killed

    monkeypatch.setattr(Partial, "forget", killed)
    with case.engine() as engine:
        task = case.add(engine, address, "loras")
        done = until(engine, task.id, lambda now: now.state == DONE)
    assert case.names() == ["fox.info", "fox.md", "fox.safetensors"] and case.records() == []
    assert done.path == str(case.models / "loras" / "fox.safetensors")
    assert "not verified" in done.note


def test_when_the_name_cannot_be_given_nothing_stays_beside(case: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    (case.models / "loras" / "glass_fox_v2.md").write_text("My own notes.\n")

    def fail(old: str, new: str) -> None:
        raise PermissionError(13, "no", old, None, new)

    monkeypatch.setattr(delivery, "rename_new", fail)
    task = case.brought(FOX_LINK)
    assert (task.state, task.code, task.fix) == (FAILED, "folder_fault", "choose_folder")
    assert case.names() == ["glass_fox_v2.md", "glass_fox_v2.safetensors.part"]
    assert "My own notes." in (case.models / "loras" / "glass_fox_v2.md").read_text()


def test_what_a_person_puts_in_the_place_of_a_failed_download_stays(case: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(old: str, new: str) -> None:
        raise PermissionError(13, "no", old, None, new)

    monkeypatch.setattr(delivery, "rename_new", fail)
    failed = case.brought(FOX_LINK)
    for name in ("glass_fox_v2.info", "glass_fox_v2.preview.png"):  # theirs, while the task still stands in the list
        (case.models / "loras" / name).write_text("by hand")
    with case.engine() as engine:
        engine.cancel([failed.id]).result()
        until(engine, failed.id, lambda now: now.state == CANCELLED and not now.chore)
    assert case.names() == ["glass_fox_v2.info", "glass_fox_v2.preview.png"]


def test_the_papers_of_a_model_that_came_stay_when_a_kill_kept_that_from_being_noted(tmp_path: Path) -> None:
    names = [tmp_path / f"fox.{ending}" for ending in ("safetensors", "info", "md")]
    for path in names:
        path.write_text("x")
    files = [{"named": str(names[0]), "beside": [str(path) for path in names[1:]]}]
    downloads.clean(tmp_path, Task(1, DOWNLOAD, "", "", payload={"files": files}))
    assert all(path.exists() for path in names)
    names[0].unlink()
    downloads.clean(tmp_path, Task(1, DOWNLOAD, "", "", payload={"files": files}))
    assert not any(path.exists() for path in names)


def test_a_key_in_a_plain_address_is_written_nowhere_beside_the_model(case: Downloads, double: Double) -> None:
    address = double.plain("a/fox.safetensors", bytes_of(double, double.site.models[FOX]))
    task = case.brought(address + "?sig=hush-hush", to="loras")
    assert task.state == DONE and case.names() == ["fox.info", "fox.md", "fox.safetensors"]
    for name in ("fox.info", "fox.md"):
        assert "hush" not in (case.models / "loras" / name).read_text()
    assert "hush" not in "".join((task.title, task.where, task.note, task.page, task.reason, task.picture))


def test_a_preview_that_fails_does_not_keep_the_model_back(case: Downloads, double: Double) -> None:
    double.faults = [faults.answers(faults.text_reply("no", 404), on="storage GET /xG")]
    task = case.brought(FOX_LINK)
    assert task.state == DONE
    assert "preview could not be loaded" in task.note
    assert case.names() == ["glass_fox_v2.info", "glass_fox_v2.md", "glass_fox_v2.safetensors"]


def test_a_preview_that_never_comes_does_not_either(case: Downloads, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "PREVIEW_SECONDS", 0.5)
    double.faults = [faults.stall(20, after=-1, on="storage GET /xG")]
    task = case.brought(FOX_LINK)
    assert task.state == DONE
    assert "It took too long" in task.note


def test_a_sidecar_that_cannot_be_written_does_not_either(case: Downloads) -> None:
    (case.models / "loras" / "glass_fox_v2.info").mkdir()
    task = case.brought(FOX_LINK)
    assert task.state == DONE
    assert "details could not be written" in task.note
    assert (case.models / "loras" / "glass_fox_v2.safetensors").is_file()


def test_a_dangerous_file_is_loaded_only_on_request(case: Downloads) -> None:
    link = f"https://civitai.com/models/{cases.PICKLE}"
    task = case.brought(link)
    if task.state == DONE:  # the newest version of the case is harmless
        pytest.skip("no dangerous file in the case")
    assert (task.code, bool(task.page)) == ("dangerous", True)
    assert case.brought(link, name="all_the_same", accepted=True).state == DONE


def test_what_is_no_model_is_never_named(case: Downloads, double: Double) -> None:
    model = double.add_model(b"only some text, but its hash is right " * 50, "text.safetensors")
    task = case.brought(double.page(model), "loras")
    assert (task.state, task.code) == (FAILED, "not_a_model")
    assert case.names() == []
    assert case.records() == []


def test_a_page_in_place_of_the_file(case: Downloads, double: Double) -> None:
    double.faults = [faults.html_page(on="storage GET /model")]
    task = case.brought(FOX_LINK, "loras")
    assert (task.state, task.code) == (FAILED, "html")
    assert case.names() == []


def test_a_folder_that_is_gone(case: Downloads, double: Double) -> None:
    model = double.add_big("lost", 2)
    double.faults = [faults.cut(500_000, count=1), faults.dropped("storage", skip=1)]
    with case.engine() as engine:
        task = case.add(engine, double.page(model), "loras")
        until(engine, task.id, lambda now: now.done > 400_000)
        engine.pause().result()
        until(engine, task.id, lambda now: now.state == PAUSED)
        shutil.rmtree(case.models)
        double.faults = []
        engine.resume().result()
        task = until(engine, task.id, lambda now: now.state == FAILED)
    assert (task.code, task.fix) == ("folder_fault", "choose_folder")


def test_another_folder_for_one_download(case: Downloads, double: Double) -> None:
    model = double.add_big("moved", 2)
    double.faults = [faults.cut(500_000, count=1), faults.dropped("storage", skip=1)]
    with case.engine() as engine:
        task = case.add(engine, double.page(model), "loras/style")
        until(engine, task.id, lambda now: now.done > 400_000)
        engine.pause().result()
        until(engine, task.id, lambda now: now.state == PAUSED)
        assert case.names() == ["style/moved.safetensors.part"]
        double.faults = []
        vae = case.models / "vae"
        assert engine.amend(task.id, lambda now: elsewhere(now, "vae", str(vae), 1)).result()
        task = until(engine, task.id, lambda now: now.state in (DONE, FAILED))
        assert not engine.amend(task.id, accepted).result(), "what is done stays as it is"
    assert (task.state, task.path, task.where) == (DONE, str(vae / "style" / "moved.safetensors"), "Civitai → vae/style")
    assert case.names() == [], "what lay at the first place is gone"
    assert case.records() == []


def test_a_folder_is_chosen_before_it_is_known_what_it_is(case: Downloads) -> None:
    for kind in ("loras", "checkpoints"):
        shutil.rmtree(case.models / kind)
    (case.models / "loras").write_text("in the way")
    with case.engine() as engine:
        task = case.add(engine, FOX_LINK)
        task = until(engine, task.id, lambda now: now.state == FAILED)
        assert (task.fix, task.payload.get("files")) == ("choose_folder", None)
        assert engine.amend(task.id, lambda now: elsewhere(now, "vae", str(case.models / "vae"), 1)).result()
        task = until(engine, task.id, lambda now: now.state in (DONE, FAILED))
    assert (task.state, task.path) == (DONE, str(case.models / "vae" / "glass_fox_v2.safetensors"))


def test_a_full_drive_waits_and_goes_on(case: Downloads, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    model = double.add_big("wide", 2)
    usage = shutil.disk_usage(case.models)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda path: usage._replace(free=1000))
    monkeypatch.setattr(engine_faults, "ROOM_DELAY", 0.3)
    with case.engine() as engine:
        task = case.add(engine, double.page(model), "loras")
        task = until(engine, task.id, lambda now: now.state == WAITING)
        assert (task.code, task.fix) == ("no_room", "free_space")
        monkeypatch.undo()
        until(engine, task.id, lambda now: now.state == DONE)


def test_a_folder_of_a_repository_keeps_its_folders_and_what_is_done(case: Downloads, double: Double) -> None:
    double.faults = [faults.dropped("huggingface GET /.*resolve|storage", skip=5, count=8)]
    link = f"https://huggingface.co/{cases.REPO}/tree/main"
    with case.engine() as engine:
        task = case.add(engine, link, "diffusers")
        task = until(engine, task.id, lambda now: now.state in (DONE, FAILED))
    assert task.state == DONE, task.reason
    found = [name for name in case.names("diffusers") if not name.endswith((".info", ".md"))]
    assert [name.partition("/")[2] for name in found if "/vae/" in name] == ["vae/config.json", "vae/diffusion_pytorch_model.safetensors"]
    assert not [name for name in found if name.endswith(".part")]
    assert double.twice() <= 4 * 65536  # the first bytes that told what it is


def test_a_partial_of_another_tool_is_taken_over(case: Downloads, double: Double) -> None:
    model = double.add_big("shared", 4)
    data = bytes_of(double, model)
    theirs = case.models / "loras" / "shared.safetensors.download"
    theirs.write_bytes(data[:3_000_000])
    task = case.brought(double.page(model), "loras")
    assert task.state == DONE
    assert theirs.read_bytes() == data[:3_000_000]
    assert (case.models / "loras" / "shared.safetensors").read_bytes() == data
    assert double.sent("storage GET /model") < len(data) - 3_000_000 + 600_000


@pytest.mark.parametrize("place", [100, 700_000, 2_999_999])
def test_a_partial_of_another_file_is_not(case: Downloads, double: Double, place: int) -> None:
    model = double.add_big("shared", 4)
    data = bytes_of(double, model)
    other = bytearray(data[:3_000_000])
    other[place] ^= 1
    (case.models / "loras" / "shared.safetensors.part").write_bytes(other)
    task = case.brought(double.page(model), "loras")
    assert task.state == DONE
    assert (case.models / "loras" / "shared.safetensors").read_bytes() == data
    assert (case.models / "loras" / "shared.safetensors.part").read_bytes() == other


def test_cancelling_removes_what_it_left_and_nothing_else(case: Downloads, double: Double) -> None:
    model = double.add_big("short", 3)
    double.faults = [faults.slow(500_000)]
    mine = case.models / "loras" / "other.safetensors.part"
    mine.write_bytes(b"of somebody else")
    with case.engine() as engine:
        task = case.add(engine, double.page(model), "loras")
        until(engine, task.id, lambda now: now.done > 100_000)
        assert "short.safetensors.part" in case.names()
        engine.cancel([task.id]).result()
        until(engine, task.id, lambda now: now.state == "cancelled" and not now.chore)
    assert case.names() == ["other.safetensors.part"]
    assert case.records() == []


def test_pausing_keeps_it_and_resuming_goes_on(case: Downloads, double: Double) -> None:
    model = double.add_big("patient", 3)
    slow = faults.slow(1_000_000)
    double.faults = [slow]
    with case.engine() as engine:
        task = case.add(engine, double.page(model), "loras")
        until(engine, task.id, lambda now: now.done > 300_000)
        engine.pause([task.id]).result()
        until(engine, task.id, lambda now: now.state == PAUSED)
        here = os.path.getsize(case.models / "loras" / "patient.safetensors.part")
        double.faults = []
        double.forget()
        engine.resume([task.id]).result()
        until(engine, task.id, lambda now: now.state == DONE)
    assert double.sent("storage GET /model") == 3 * 1_048_576 - here


def test_a_key_that_is_missing_is_asked_for(case: Downloads, double: Double) -> None:
    task = case.brought(f"https://civitai.com/models/{cases.NEEDS_KEY}", "loras")
    assert (task.state, task.code, task.fix) == (FAILED, "needs_key", "add_key")
    assert case.names() == []
    again = Downloads(case.folder, double, {"CIVITAI_API_TOKEN": double.key})
    with again.engine() as engine:
        engine.retry([task.id]).result()
        until(engine, task.id, lambda now: now.state == DONE)
    assert double.leaks() == []
    assert [seen for seen in double.seen("civitai") if double.key in str(seen.headers)]
    kept = [path for path in case.folder.rglob("*") if path.is_file() and double.key.encode() in path.read_bytes()]
    assert kept == []


def test_bytes_of_one_download_are_the_same_however_many_run(case: Downloads, double: Double) -> None:
    models = [double.add_big(f"many {number}", 1 + number / 4) for number in range(6)]
    double.faults = [faults.cut_at_random(50_000, 400_000)]
    with case.engine() as engine:
        tasks = [case.add(engine, double.page(model), "loras") for model in models]
        for task in tasks:
            until(engine, task.id, lambda now: now.state == DONE)
    for number, model in enumerate(models):
        path = case.models / "loras" / f"many {number}.safetensors"
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(bytes_of(double, model)).digest()
    assert double.twice("storage") == 0


def test_the_same_link_is_the_same_task(case: Downloads, double: Double) -> None:
    model = double.add_big("once", 2)
    double.faults = [faults.slow(500_000)]
    with case.engine() as engine:
        one = case.add(engine, double.page(model), "loras")
        two = case.add(engine, double.page(model), "loras")
        assert one.id == two.id
        assert len(engine.tasks()) == 1


def test_a_limit_counts_for_all_together(case: Downloads, double: Double) -> None:
    case.settings.most_kb_a_second = 400
    models = [double.add_big(f"slow {number}", 2) for number in range(2)]
    with case.engine() as engine:
        tasks = [case.add(engine, double.page(model), "loras") for model in models]
        for task in tasks:
            until(engine, task.id, lambda now: now.done > 0)
        assert sum(engine_task.done for engine_task in engine.tasks()) < 2_000_000
        case.settings.most_kb_a_second = 0
        for task in tasks:
            until(engine, task.id, lambda now: now.state == DONE)


def test_names_as_long_as_a_drive_takes(case: Downloads, double: Double) -> None:
    stem = "x" * 240
    model = double.add_model(big_lora("long", 200_000), f"{stem}.safetensors")
    task = case.brought(double.page(model), "loras")
    assert task.state == DONE, task.reason
    (model_name,) = [name for name in case.names() if name.endswith(".safetensors")]
    assert model_name.startswith("x" * 200)
    assert [name for name in case.names() if name.endswith(".part")] == []
