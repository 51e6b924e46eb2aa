"""Fetching details and previews for models that are here, against the double of the sites."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from library_case import Library
from match_case import BY_HASH, MODELS, SINGLE, MatchCase, lora

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteVersion
from model_manager.core.errors import Refused
from model_manager.core.hashes import told
from model_manager.core.hashes.compute import compute, mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.online.matching import in_parts
from model_manager.core.tasks import states
from model_manager.core.tasks.details import details_task, failures, fetch_tasks
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.work import Work
from tests.double import Double
from tests.double.faults import busy, dropped, json_changed


@pytest.fixture
def case(tmp_path: Path, library: Library) -> Iterator[MatchCase]:
    with Double() as double:
        yield MatchCase(tmp_path, library, double)


def info(path: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(Path(path).with_suffix(".info").read_text("utf-8"))
    return found


def test_details_are_fetched_and_a_second_run_asks_nothing(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    case.put("mine.safetensors", lora("mine"))
    found = case.fetch()
    assert (found["fox.safetensors"].state, found["mine.safetensors"].state) == ("done", "not_found")
    assert found["fox.safetensors"].model_id == model.id and len(found["fox.safetensors"].sha256) == 64
    assert case.task.state == states.DONE and case.task.note == "1 of 2 matched · 1 not on Civitai"
    details = case.records()["fox.safetensors"].details
    assert (details.model_id, details.version_id, details.author) == (model.id, model.id + 1, "sample_author")
    assert details.trigger_words == ("glass fox",) and info(path)["id"] == model.id + 1
    assert not Path(path).with_name("mine.info").exists()
    case.double.forget()
    again = case.fetch()
    assert (again["fox.safetensors"].state, again["mine.safetensors"].state) == ("unchanged", "not_found")
    assert case.double.log == []


def test_force_asks_again_and_keeps_what_the_person_wrote(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    case.fetch()
    data = info(path)
    Path(path).with_suffix(".info").write_text(json.dumps({**data, "user": {"name": "Mine"}, "strange": 5}))
    model.versions[0].words = ("other words",)
    case.double.forget()
    assert case.fetch(force=True)["fox.safetensors"].state == "done"
    assert (case.calls(BY_HASH), case.calls(MODELS)) == (1, 1)
    details = case.records()["fox.safetensors"].details
    assert details.name == "Mine" and details.trigger_words == ("other words",) and info(path)["strange"] == 5


def test_many_models_are_asked_for_in_hundreds(case: MatchCase) -> None:
    """250 models, 30 of them not there, hashes in store or not: three requests by hash and three for models."""
    for number in range(250):
        name = f"{number % 7}/m{number}.safetensors"
        if number % 8:
            case.both(name)
        else:
            case.put(name, lora(name))
    found = case.fetch()
    states_found = [one.state for one in found.values()]
    assert (states_found.count("done"), states_found.count("not_found")) == (218, 32)
    assert (case.calls(BY_HASH), case.calls(MODELS), case.calls(SINGLE)) == (3, 3, 0)
    assert "32 may be found when fetched in smaller numbers" in case.task.note
    case.double.forget()
    case.fetch()
    assert case.double.log == []


def test_the_same_file_in_two_places_is_asked_for_once(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    case.put("copy/fox2.safetensors", Path(path).read_bytes())
    os.link(path, case.loras / "hard.safetensors")
    case.fetch()
    (asked,) = case.double.seen(BY_HASH)
    assert len(json.loads(asked.body)) == 1
    assert {name: record.details.model_id for name, record in case.records().items()}.keys() >= {"fox2.safetensors"}
    assert all(record.details.model_id for record in case.records().values())


def test_an_edited_header_is_found_by_autov3(case: MatchCase) -> None:
    model = case.offer(lora("fox", "original"), "fox.safetensors")
    case.put("fox.safetensors", lora("fox", "edited by me"))
    case.put("none.safetensors", lora("none"))
    found = case.fetch()
    assert found["fox.safetensors"].version_id == model.id + 1 and found["none.safetensors"].state == "not_found"
    assert case.calls(SINGLE) == 2
    case.double.forget()
    assert case.fetch(force=True)["fox.safetensors"].state == "done"
    assert case.calls(SINGLE) == 2 and case.calls(BY_HASH) == 1


def test_a_link_in_a_sidecar_is_followed_when_the_hash_is_not_there(case: MatchCase) -> None:
    model = case.offer(lora("original"), "fox.safetensors")
    path = case.put("fox-fp8.safetensors", lora("converted by me"))
    Path(path).with_suffix(".civitai.info").write_text(json.dumps({"id": model.id + 1, "modelId": model.id, "name": "v1.0"}))
    found = case.fetch()
    assert found["fox-fp8.safetensors"].state == "done"
    assert info(path)["modelId"] == model.id
    path = case.put("page.safetensors", lora("b"))
    Path(path).with_suffix(".md").write_text(f"---\nmodelPage: https://civitai.com/models/{model.id}\n---\nMy words.\n")
    assert case.fetch()["page.safetensors"].version_id == model.id + 1  # it has one version only
    assert "My words." in Path(path).with_suffix(".md").read_text("utf-8")


def test_a_page_that_is_gone_is_remembered(case: MatchCase) -> None:
    for name, data in (("a", {"id": 77, "modelId": 78}), ("b", {"id": 79})):
        path = case.put(f"{name}.safetensors", lora(name))
        Path(path).with_suffix(".civitai.info").write_text(json.dumps(data))
    assert {one.state for one in case.fetch().values()} == {"not_found"}
    case.double.forget()
    assert {one.state for one in case.fetch().values()} == {"not_found"}
    assert case.double.log == []


def test_a_page_that_does_not_tell_which_version_is_remembered(case: MatchCase) -> None:
    model = case.offer(lora("original"), "fox.safetensors")
    number = model.versions[0].id + 10
    other = SiteVersion(number, "v2.0", "Pony", [SiteFile(number + 1, "fox2.safetensors", Whole("v2", lora("of another version")))])
    model.versions.insert(0, other)
    path = case.put("mine.safetensors", lora("made of it"))
    Path(path).with_suffix(".md").write_text(f"---\nmodelPage: https://civitai.com/models/{model.id}\n---\n")
    os.truncate(path, os.path.getsize(path) - 1)
    assert case.fetch()["mine.safetensors"].state == "not_found"
    case.double.forget()
    assert case.fetch()["mine.safetensors"].state == "not_found" and case.double.log == []


def test_a_version_that_was_taken_away_is_remembered(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    case.fetch()
    Path(path).with_suffix(".info").unlink()
    Path(path).with_suffix(".md").unlink()
    model.versions[0].is_published = False
    assert case.fetch()["fox.safetensors"].state == "not_found"
    case.fetch()  # by its other hash
    case.double.forget()
    assert case.fetch()["fox.safetensors"].state == "not_found" and case.double.log == []


def test_a_wrong_hash_in_a_sidecar_does_not_lead_to_wrong_details(case: MatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "LEAST", 1)
    path, model = case.both("fox.safetensors")
    other = case.offer(lora("another", "longer header"), "another.safetensors")
    wrong = other.versions[0].files[0].hashes["SHA256"]
    Path(path).with_suffix(".cm-info.json").write_text(json.dumps({"Hashes": {"SHA256": wrong}, "Source": 3}))
    assert case.fetch()["fox.safetensors"].model_id == model.id
    path = case.put("unknown.safetensors", lora("unknown"))
    Path(path).with_suffix(".cm-info.json").write_text(json.dumps({"Hashes": {"SHA256": "A" * 64}, "Source": 3}))
    found = case.fetch()["unknown.safetensors"]
    assert found.state == "not_found" and found.sha256 == compute(path, Work())[1]["sha256"]


def test_a_true_hash_in_a_sidecar_spares_reading_the_file(case: MatchCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "LEAST", 1)
    path, model = case.both("fox.safetensors")
    file = model.versions[0].files[0]
    hashes = {"SHA256": file.hashes["SHA256"]}
    entry = {"name": "fox.safetensors", "sizeKB": os.path.getsize(path) / 1024, "hashes": hashes}
    Path(path).with_suffix(".civitai.info").write_text(json.dumps({"files": [entry]}))
    assert case.fetch()["fox.safetensors"].model_id == model.id
    with Store(case.data) as store:
        assert store.hashes(os.path.realpath(path), mark_of(path)).keys() == {"sha256", "autov2"}  # told, not made


def test_models_that_are_on_no_list_are_asked_for_alone(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    case.double.faults.append(json_changed(lambda value: {**value, "items": []}, on=r"civitai GET /api/v1/models\?"))
    assert case.fetch()["fox.safetensors"].model_id == model.id
    assert case.calls(f"GET .*/models/{model.id}$") == 1


def test_previews_only_where_there_is_none(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    with_picture, _ = case.both("has.safetensors")
    locked, _ = case.both("locked.safetensors")
    Path(with_picture).with_suffix(".png").write_bytes(b"mine")
    Path(locked).with_suffix(".info").write_text('{"model_manager": {"preview": {"locked": true}}}')
    found = case.fetch(previews=True, details=False)
    assert {name: one.state for name, one in found.items()} == {
        "fox.safetensors": "done", "has.safetensors": "unchanged", "locked.safetensors": "unchanged"
    }  # fmt: skip
    assert Path(path).with_suffix(".preview.png").read_bytes()[:4] == b"\x89PNG"
    assert Path(with_picture).with_suffix(".png").read_bytes() == b"mine" and not Path(path).with_suffix(".info").exists()
    assert case.task.note == "3 of 3 have a preview"
    case.double.forget()
    case.fetch(previews=True, details=False)
    assert case.double.log == []


def test_no_picture_that_may_be_shown_is_remembered(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    for picture in model.versions[0].pictures:
        picture.level = 16
    assert case.fetch(previews=True)["fox.safetensors"].reason
    case.double.forget()
    case.fetch(previews=True)
    assert case.double.log == [] and not Path(path).with_suffix(".preview.png").exists()
    case.settings.adult_level = 31
    case.fetch(previews=True)
    assert Path(path).with_suffix(".preview.png").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind root")
def test_a_folder_that_cannot_be_written(case: MatchCase) -> None:
    case.both("ok.safetensors")
    path, _ = case.both("shut/fox.safetensors")
    os.chmod(os.path.dirname(path), 0o555)
    try:
        found = case.fetch()
    finally:
        os.chmod(os.path.dirname(path), 0o755)
    assert found["fox.safetensors"].state == "failed" and found["ok.safetensors"].state == "done"


def test_a_sidecar_that_cannot_be_written_is_a_failure_of_one(case: MatchCase) -> None:
    case.both("ok.safetensors")
    path, _ = case.both("fox.safetensors")
    Path(path).with_suffix(".info").mkdir()
    found = case.fetch()
    assert (found["fox.safetensors"].state, found["ok.safetensors"].state) == ("failed", "done")
    assert case.task.state == states.DONE and case.task.note == "2 of 2 matched · 1 could not be done"
    (failure,) = failures(case.data, case.task)
    assert failure.path == path and failure.reason


def test_no_network_takes_nothing_away_and_goes_on_where_it_was(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    Path(path).with_suffix(".info").write_text('{"notes": "mine"}')
    case.double.faults.append(busy("0", on="civitai POST", count=1))
    assert case.fetch()["fox.safetensors"].state == "done"
    assert info(path)["notes"] == "mine"


def test_a_model_that_is_gone_or_away(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    case.library.scan()
    os.unlink(path)
    (task,) = case.run(details_task(case.data, [path, str(case.loras / "never.safetensors")]))
    assert {one.state for one in case.results(task).values()} == {"failed"}


def test_what_must_be_hashed_gets_a_task_of_its_own(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    case.library.scan()
    index = case.library.path
    wanted = fetch_tasks(case.data, index, case.settings, [path], True, False, False, Work())
    assert [one.kind for one in wanted] == [states.HASH, states.DETAILS]
    assert [task.state for task in case.run(*wanted)] == [states.DONE, states.DONE]
    case.library.scan()
    assert [one.kind for one in fetch_tasks(case.data, index, case.settings, [path], True, False, False, Work())] == [states.DETAILS]


def test_a_drive_that_is_away_is_left_alone(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    case.library.scan()
    os.rename(case.loras, f"{case.loras}.away")
    found = case.fetch([path])
    assert found["fox.safetensors"].state == "away" and case.task.note == "0 of 1 matched · 1 away"
    assert case.double.log == []


def test_an_answer_that_is_too_large_is_asked_for_in_halves() -> None:
    asked: list[int] = []

    def ask(wanted: Sequence[int]) -> dict[int, int]:
        asked.append(len(wanted))
        if len(wanted) > 30:
            raise Refused("large", "too_large")
        return {one: one for one in wanted}

    assert in_parts(ask, list(range(100))) == {one: one for one in range(100)}
    assert asked == [100, 50, 25, 25, 50, 25, 25]
    with pytest.raises(Refused):
        in_parts(lambda wanted: ask([0] * 99), [1])


def test_two_models_with_one_stem_do_not_take_each_others_sidecars(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    other = case.offer(b"\x80\x02}q\x00." + b"x" * 500, "fox.pt")
    case.put("fox.pt", b"\x80\x02}q\x00." + b"x" * 500)
    found = case.fetch()
    assert {found["fox.safetensors"].model_id, found["fox.pt"].model_id} == {model.id, other.id}
    assert sorted(one.state for one in found.values()) == ["done", "failed"]
    done = next(one for one in found.values() if one.state == "done")
    assert info(path)["modelId"] == done.model_id


def test_offline_it_waits_and_nothing_is_lost(case: MatchCase) -> None:
    path, _ = case.both("fox.safetensors")
    case.library.scan()
    case.double.faults.append(dropped(on="civitai"))
    engine = Engine(case.data, all_kinds(case.tools))
    engine.start()
    try:
        new = details_task(case.data, [path], True, False, False)
        id_ = engine.add(new.kind, new.key, new.title, new.payload, unit=new.unit).id
        deadline = time.monotonic() + 60
        while (task := engine.task(id_)) is None or task.state != states.WAITING:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert task.reason and not Path(path).with_suffix(".info").exists()
        case.double.faults.clear()
        engine.resume([id_])
        (task,) = engine.wait([id_])
    finally:
        engine.close()
    assert task.state == states.DONE and Path(path).with_suffix(".info").exists()
