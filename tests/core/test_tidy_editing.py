"""Plans that edit: one model or a thousand, what is refused, and what other programs' notes become."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from library_case import Library, put
from tidy_case import by_name, do, look, only

from model_manager.core.errors import Cancelled
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, WRITE, Plan
from model_manager.core.sidecars.keeping import mark
from model_manager.core.sidecars.own_values import Edits
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.tidy.editing import plan_edit
from model_manager.core.tidy.subjects import Subject
from model_manager.core.tidy.taking_in import plan_import
from model_manager.core.work import Work


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def model(library: Library, name: str, **sidecars: Any) -> Path:
    """A model with JSON beside it; suffixes with _ for a dot."""
    path = put(library.root() / name, name)
    for suffix, value in sidecars.items():
        beside = path.with_suffix("." + suffix.replace("_", "."))
        beside.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


def subjects(library: Library, *paths: Path) -> list[Subject]:
    library.scan()
    return look(library, *paths)


def apply(library: Library, plan: Plan) -> None:
    """Carry out, and let the index see it."""
    do(plan)
    library.scan()


def test_a_thousand_models_get_and_lose_a_tag(library: Library) -> None:
    paths = [model(library, f"m{number}.safetensors", info={"tags": ["old", str(number)]}) for number in range(1_000)]
    plan = plan_edit(subjects(library, *paths), Edits(add_tags=("new",), remove_tags=("OLD",)))
    assert (plan.kind, plan.title, len(plan.acts), plan.refused) == ("edit", "Edit 1,000 models", 1_000, ())
    assert all([step.sort for step in act.steps] == [WRITE] for act in plan.acts)
    apply(library, plan)
    found = library.records()
    assert all(found[f"m{number}.safetensors"].details.tags == (str(number), "new") for number in range(1_000))
    assert plan_edit(look(library, *paths), Edits(add_tags=("new",), remove_tags=("OLD",))).is_empty


def test_only_what_changes_is_in_the_plan(library: Library) -> None:
    a, b = model(library, "a.safetensors", info={"user": {"rating": 4}}), model(library, "b.safetensors")
    plan = plan_edit(subjects(library, a, b), Edits({"rating": 4}), "Rate")
    assert only(plan).path == str(b) and plan.title == "Rate" and only(plan).before == "loras / b.safetensors"
    assert only(plan).steps[0].target == str(b.with_suffix(".info")) and only(plan).new_path == str(b)


def test_one_that_cannot_be_understood_is_refused_and_the_rest_goes_on(library: Library) -> None:
    a, b = model(library, "a.safetensors", info="{broken"), model(library, "b.safetensors")
    plan = plan_edit(subjects(library, a, b), Edits({"rating": 4}))
    assert [refused.name for refused in plan.refused] == ["a"] and "a.info" in plan.refused[0].text
    assert only(plan).path == str(b)
    do(plan)
    assert a.with_suffix(".info").read_text() == "{broken"


def test_info_and_notes_are_one_act(library: Library) -> None:
    path = model(library, "a.safetensors", md="---\nauthor: me\n---\n\nold\n")
    plan = plan_edit(subjects(library, path), Edits({"notes": "new\nlines", "rating": 1}))
    assert [os.path.basename(step.target) for step in only(plan).steps] == ["a.info", "a.md"]
    apply(library, plan)
    assert path.with_suffix(".md").read_text() == "---\nauthor: me\n---\n\nnew\nlines\n"
    assert library.records()["a.safetensors"].details.notes == "new\nlines"
    assert plan_edit(look(library, path), Edits({"notes": " new\nlines\n", "rating": 1})).is_empty


def test_last_value_given_back_takes_the_file_away(library: Library) -> None:
    path = model(library, "a.safetensors", info={"user": {"rating": 2}})
    (step,) = only(plan_edit(subjects(library, path), Edits({"rating": None}))).steps
    assert (step.target, step.data) == (str(path.with_suffix(".info")), None)


def test_two_models_of_one_stem_share_it_and_are_told_so(library: Library) -> None:
    a, b = model(library, "a.safetensors"), model(library, "a.ckpt")
    plan = plan_edit(subjects(library, a, b), Edits({"rating": 2}))
    assert only(plan).tone == "warn" and "a.ckpt" in only(plan).note


def test_links_are_edited_where_they_lie(library: Library, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/real.safetensors")
    link = library.root() / "link.safetensors"
    link.symlink_to(tmp_path / "elsewhere/real.safetensors")
    plan = plan_edit(subjects(library, link), Edits({"rating": 2}))
    assert only(plan).steps[0].target == str(link.with_suffix(".info"))


def test_it_can_be_stopped(library: Library) -> None:
    work = Work()
    work.cancel()
    with pytest.raises(Cancelled):
        plan_edit(subjects(library, model(library, "a.safetensors")), Edits({"rating": 1}), work=work)


# what other programs know


def lora(**changes: Any) -> dict[str, Any]:
    return {"file_name": "a", "model_name": "a", "civitai": {"model": {"tags": ["style"]}}, "tags": ["style"], **changes}


def test_notes_favourites_and_tags_stay_when_the_other_files_go(library: Library) -> None:
    others = {
        "a.safetensors": {"metadata_json": lora(favorite=True, notes="from LM", tags=["style", "mine"], usage_tips='{"strength": 0.7}')},
        "b.safetensors": {"json": {"notes": "from the web UI", "activation text": "b word", "preferred weight": 0.9}},
        "c.safetensors": {"cm-info_json": {"UserTitle": "My title", "ModelName": "Theirs"}, "md": "here already\n"},
        "d.safetensors": {"metadata_json": lora(), "cm-info_json": {"ModelName": "Theirs"}},
        "e.safetensors": {},
    }
    paths = [model(library, name, **files) for name, files in others.items()]
    plan = plan_import(subjects(library, *paths))
    assert sorted(by_name(plan)) == ["a.safetensors", "b.safetensors", "c.safetensors"] and plan.title == "Take in notes of 3 models"
    before = library.records()
    apply(library, plan)
    assert plan_import(look(library, *paths)).is_empty
    for path in paths:
        for suffix in (".metadata.json", ".json", ".cm-info.json"):
            path.with_suffix(suffix).unlink(missing_ok=True)
    library.scan()
    found = library.records()
    for name in ("a.safetensors", "b.safetensors", "c.safetensors"):
        new, old = found[name].details, before[name].details
        fields = ("name", "favourite", "notes", "tags", "trigger_words", "recommended")
        assert [getattr(new, field) for field in fields] == [getattr(old, field) for field in fields], name
    assert found["a.safetensors"].details.tags == ("style", "mine") and found["a.safetensors"].details.favourite
    assert found["c.safetensors"].details.notes == "here already"


def test_own_values_are_not_replaced_and_notes_are_joined(library: Library) -> None:
    path = model(
        library, "a.safetensors", info={"user": {"favourite": False, "strength": 0.5}}, md="mine\n",
        metadata_json=lora(favorite=True, notes="theirs", usage_tips='{"strength": 0.7}'), json={"notes": "mine", "activation text": "w"},
    )  # fmt: skip
    apply(library, plan_import(subjects(library, path)))
    details = library.records()["a.safetensors"].details
    assert not details.favourite and dict(details.recommended)["Weight"] == "0.5"
    assert details.notes == "mine\n\ntheirs" and details.trigger_words == ("w",)


def test_fetched_values_in_their_files_are_no_notes(library: Library) -> None:
    marks = {"activation text": mark("fetched"), "preferred weight": mark(0.7)}
    record = {"fetched": {"site": "civitai", "id": "1", "version": "2", "marks": {".json": marks}}}
    path = model(library, "a.safetensors", info={"model_manager": record}, json={"activation text": "fetched", "preferred weight": 0.7})
    assert plan_import(subjects(library, path)).is_empty


def test_a_broken_file_of_another_program_is_told(library: Library) -> None:
    a, b = model(library, "a.safetensors", json="{"), model(library, "b.safetensors", json={"notes": "n"})
    plan = plan_import(subjects(library, a, b))
    assert [refused.name for refused in plan.refused] == ["a"] and only(plan).path == str(b)


def test_what_was_written_since_the_plan_is_not_replaced(library: Library, tmp_path: Path) -> None:
    a, b = model(library, "a.safetensors", info={"tags": ["x"]}), model(library, "b.safetensors")
    plan = plan_edit(subjects(library, a, b), Edits({"rating": 1}))
    fetched = '{"tags": ["x", "fetched meanwhile"]}'
    a.with_suffix(".info").write_text(fetched)
    b.with_suffix(".info").write_text(fetched)
    report = carry_out(tmp_path / "journal", plan, Work())
    assert report.count(ACT_FAILED) == 2
    assert a.with_suffix(".info").read_text() == b.with_suffix(".info").read_text() == fetched
    again = plan_edit(look(library, a, b), Edits({"rating": 1}))
    assert carry_out(tmp_path / "journal", again, Work()).count(ACT_DONE) == 2
    assert json.loads(a.with_suffix(".info").read_bytes()) == {"tags": ["x", "fetched meanwhile"], "user": {"rating": 1}}


def test_undo_brings_back_every_byte(library: Library, tmp_path: Path) -> None:
    a, b = model(library, "a.safetensors", info='{ "odd" : 1.0 }', md="note"), model(library, "b.safetensors")
    plan = plan_edit(subjects(library, a, b), Edits({"rating": 1, "notes": "other"}))
    report = carry_out(tmp_path / "journal", plan, Work())
    assert report.count(ACT_DONE) == 2 and b.with_suffix(".info").exists() and b.with_suffix(".md").exists()
    take_back(tmp_path / "journal", report.change, Work())
    assert a.with_suffix(".info").read_text() == '{ "odd" : 1.0 }' and a.with_suffix(".md").read_text() == "note"
    assert not b.with_suffix(".info").exists() and not b.with_suffix(".md").exists()
