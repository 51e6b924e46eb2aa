"""Looking for newer versions of the models that are here: what counts, what is ignored, what is told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from library_case import Library
from match_case import MODELS, MatchCase, lora

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteModel, SiteVersion
from model_manager.core.online.records import Offer, Update, Version
from model_manager.core.online.updates import FILE, MODEL, VERSION, Updates, found, ignore, ignored, newer, to_tell
from model_manager.core.tasks import states
from model_manager.core.tasks.updates import updates_task
from tests.double import Double
from tests.double.faults import server_error


@pytest.fixture
def case(tmp_path: Path, library: Library) -> Iterator[MatchCase]:
    with Double() as double:
        yield MatchCase(tmp_path, library, double)


def publish(model: SiteModel, mark: str, base: str = "SDXL 1.0", published: str = "2026-06-01T00:00:00.000Z", **facts: str) -> SiteVersion:
    """A new version of a model of the site."""
    number = model.versions[0].id + 10
    file = SiteFile(number + 1, f"{mark}.safetensors", Whole(f"new/{number}", lora(mark)))
    version = SiteVersion(number, mark, base, [file], about="<p>Better.</p>", published=published, **facts)  # type: ignore[arg-type]
    model.versions.insert(0, version)
    return version


def look(case: MatchCase, paths: list[str] | None = None) -> dict[str, Update]:
    """Run the task and return what is found, by file name."""
    case.library.scan()
    (case.task,) = case.run(updates_task(case.data, paths))
    return {Path(one.path).name: one for one in found(case.data)}


def test_a_newer_version_with_what_changed(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    case.both("owl.safetensors")
    case.fetch()
    assert look(case) == {} and case.task.note == "Nothing newer was found."
    version = publish(model, "v2.0")
    update = look(case)["fox.safetensors"]
    assert (update.path, update.model_id, update.name) == (path, model.id, model.name)
    assert (update.here_id, update.here_version, update.here_size) == (model.id + 1, "v1.0", Path(path).stat().st_size)
    assert (update.version.id, update.version.name, update.version.base_model) == (str(version.id), "v2.0", "SDXL 1.0")
    assert update.version.description == "<p>Better.</p>" and update.version.published > update.here_published
    (file,) = update.version.files
    assert file.size == len(lora("v2.0")) and file.precision == "fp16"
    assert update.here_precision == "fp16" and not update.is_other_base and not update.version.barred
    assert case.task.note == "1 update · 1 new" and case.task.state == states.DONE


def test_nobody_is_told_twice(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    case.put("again/fox2.safetensors", lora("fox.safetensors"))
    case.fetch()
    publish(model, "v2.0")
    updates = look(case)
    assert len(updates) == 2 and len(to_tell(updates.values())) == 1
    with Updates(case.data) as kept:
        kept.tell(to_tell(updates.values()))
    again = look(case)
    assert len(again) == 2 and to_tell(again.values()) == []
    assert not again["fox.safetensors"].is_new
    publish(model, "v3.0", published="2026-07-01T00:00:00.000Z")
    assert [one.version.name for one in to_tell(look(case).values())] == ["v3.0"]


def test_what_is_owned_already_is_no_update(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    case.fetch()
    publish(model, "v2.0")
    assert "fox.safetensors" in look(case)
    case.put("new name.safetensors", lora("v2.0"))
    case.fetch()
    assert found(case.data) == []  # before anybody looked again
    assert look(case) == {}


def test_another_base_model_and_early_access_are_said(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    case.fetch()
    publish(model, "pony", "Pony", "2026-07-01T00:00:00.000Z")
    assert look(case)["fox.safetensors"].is_other_base
    publish(model, "early", published="2026-08-01T00:00:00.000Z", early="2099-01-01T00:00:00.000Z")
    update = look(case)["fox.safetensors"]
    assert update.version.name == "pony" and [one.name for one in update.others] == ["early"] and update.others[0].barred
    assert to_tell([update]) == []
    publish(model, "xl", published="2026-06-01T00:00:00.000Z")
    update = look(case)["fox.safetensors"]
    assert (update.version.name, update.is_other_base) == ("xl", False)
    assert {one.name for one in update.others} == {"pony", "early"}


def test_ignoring_travels_in_the_sidecar(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    second = case.put("again/fox2.safetensors", lora("fox.safetensors"))
    case.fetch()
    version = publish(model, "v2.0")
    assert len(look(case)) == 2
    ignore(path, VERSION, version.id)
    assert [one.path for one in found(case.data)] == [second]  # at once
    assert look(case).keys() == {"fox2.safetensors"}
    publish(model, "v3.0", published="2026-07-01T00:00:00.000Z")
    assert look(case)["fox.safetensors"].version.name == "v3.0"
    ignore(path, FILE)
    assert look(case).keys() == {"fox2.safetensors"}
    ignore(path, FILE, is_ignored=False)
    ignore(path, MODEL, model.id)
    assert look(case) == {}  # the whole model, in all its places
    text = Path(path).with_suffix(".info").read_text("utf-8")
    assert json.loads(text)["model_manager"]["updates"] == {"versions": [version.id], "models": [model.id]}
    ignore(path, MODEL, model.id, is_ignored=False)
    ignore(path, VERSION, version.id, is_ignored=False)
    assert ignored(path) == replace(ignored(path), versions=frozenset(), models=frozenset())
    assert "updates" not in Path(path).with_suffix(".info").read_text("utf-8")


def test_hundreds_at_a_time_and_only_the_chosen(case: MatchCase) -> None:
    paths = [case.both(f"m{number}.safetensors")[0] for number in range(130)]
    case.fetch()
    case.double.forget()
    look(case)
    assert case.calls(MODELS) == 2
    case.double.forget()
    look(case, paths[:5])
    (asked,) = case.double.seen(MODELS)
    assert len(str(asked.query).split(",")) >= 5 and len(case.double.log) == 1


def test_trouble_with_the_site_keeps_what_was_found(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    case.fetch()
    publish(model, "v2.0")
    assert len(look(case)) == 1
    case.double.site.models.pop(model.id)
    assert len(look(case)) == 1  # not listed any more
    case.double.faults.append(server_error(on="civitai GET", count=1))
    assert len(look(case)) == 1 and case.task.state == states.DONE


def test_models_that_left_the_library_are_forgotten(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    case.fetch()
    publish(model, "v2.0")
    assert len(look(case)) == 1
    Path(path).unlink()
    assert look(case) == {}


def versions(*found: tuple[int, str, str]) -> Offer:
    listed = [Version(str(id_), base_model=base, published=published) for id_, base, published in found]
    return Offer("civitai", "1", "x", versions=tuple(listed))


def test_newer_by_time_or_by_place() -> None:
    def best(offer: Offer, here: int, base: str = "") -> str:
        version, _, _ = newer(offer, here, base, lambda version: False, ())
        return version.id if version else ""

    timed = versions((3, "A", "2026-01-01"), (2, "A", "2026-03-01"), (1, "A", "2026-02-01"))
    assert (best(timed, 1), best(timed, 2), best(timed, 3)) == ("2", "", "2")
    untimed = versions((3, "A", ""), (2, "A", ""), (1, "A", ""))
    assert (best(untimed, 1), best(untimed, 3)) == ("3", "")
    unlisted = versions((9, "A", "2026-01-01"), (4, "B", "2026-03-01"))
    assert (best(unlisted, 5, "A"), best(unlisted, 3, "B"), best(unlisted, 99)) == ("9", "4", "")
