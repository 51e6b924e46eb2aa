"""The person's own values in `.info`: what is written, what stays byte for byte, and that no fetch replaces them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fetched_case import SHA, civitai, raw_version

from model_manager.core.errors import BadConfig, BadSidecar, FileFault
from model_manager.core.library.colours import COLOURS, colour_label
from model_manager.core.library.entry import Details, Facts, FieldValue
from model_manager.core.settings import COMPATIBLE
from model_manager.core.sidecars.json_text import without_keys
from model_manager.core.sidecars.merge import read_both, read_details
from model_manager.core.sidecars.notes import changed_notes, save_notes
from model_manager.core.sidecars.own_values import FIELDS, Edits, changed_info, family_of, field_values
from model_manager.core.sidecars.writing import save_details

SIZE = 2_097_296
ALL: dict[str, Any] = {
    "name": "Mine", "version": "mine", "base_model": "Pony", "kind": "embeddings", "trigger_words": ("a b", "c"), "tags": ("t", "u"),
    "strength": "0.65", "link": "https://example.com/mine", "adult": 8, "favourite": True, "rating": 4, "collections": ("For work", "Ünï"),
    "category": "Portraits", "group": "Set A", "colour": "teal",
}  # fmt: skip


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "fox.safetensors"
    path.write_bytes(b"model")
    return path


def info(model: Path) -> Path:
    return model.with_suffix(".info")


def edit(model: Path, edits: Edits) -> bool:
    """Carry out an edit; whether anything changed."""
    changed = changed_info(str(model), edits)
    if changed is None:
        return False
    path, data = changed
    if data is None:
        os.unlink(path)
    else:
        Path(path).write_bytes(data)
    assert changed_info(str(model), Edits(edits.values, pins=edits.pins)) is None  # it says so now
    return True


def put(model: Path, content: Any, suffix: str = ".info") -> None:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2)
    model.with_suffix(suffix).write_text(text, "utf-8", newline="")


def fetch(model: Path, **changes: Any) -> None:
    save_details(str(model), civitai(raw_version(**changes)), COMPATIBLE, SHA, SIZE)


def details(model: Path) -> Details:
    return read_details(str(model.parent), model.name, family_of(str(model.parent), model.name), Facts())


def fields(model: Path) -> dict[str, FieldValue]:
    return field_values(str(model.parent), model.name, family_of(str(model.parent), model.name), Facts())


def test_every_field_is_written_and_read_again(model: Path) -> None:
    assert edit(model, Edits(ALL))
    shown = fields(model)
    assert {name: shown[name].shown for name in ALL} == ALL
    assert all(shown[name].is_own and shown[name].source == "fox.info" for name in ALL)
    assert set(shown) == set(FIELDS) and set(details(model).own) == set(ALL)
    assert details(model).recommended == (("Weight", "0.65"),) and details(model).adult
    assert set(json.loads(info(model).read_bytes())) == {"user"}


def test_given_back_one_by_one_nothing_is_left(model: Path) -> None:
    edit(model, Edits(ALL))
    for name in ALL:
        assert edit(model, Edits({name: None}))
        assert name not in details(model).own
    assert not info(model).exists()
    assert not edit(model, Edits(dict.fromkeys(ALL)))


def test_own_over_fetched_over_and_over(model: Path) -> None:
    """Fetching first, in between and last: what the person set is shown; given back, the newest fetched value is."""
    fetch(model)
    before = fields(model)
    edit(model, Edits(ALL))
    now = fields(model)
    assert {name: now[name].shown for name in ALL} == ALL
    assert {name: now[name].fetched for name in ALL} == {name: before[name].shown for name in ALL}
    fetch(model, name="v3.0", trainedWords=["new words"], baseModel="Illustrious", nsfwLevel=16)
    later = fields(model)
    assert {name: later[name].shown for name in ALL} == ALL
    assert (later["version"].fetched, later["trigger_words"].fetched) == ("v3.0", ("new words",))
    assert (later["base_model"].fetched, later["adult"].fetched) == ("Illustrious", 16)
    edit(model, Edits(dict.fromkeys(ALL)))
    last = fields(model)
    assert {name: last[name].shown for name in ALL} == {name: later[name].fetched for name in ALL}


def test_marks_of_fetched_values_stay_right(model: Path) -> None:
    """After an edit a fetch still replaces what an earlier one wrote, also in the files of other programs."""
    fetch(model)
    marks = json.loads(info(model).read_bytes())["model_manager"]
    edit(model, Edits(ALL))
    assert json.loads(info(model).read_bytes())["model_manager"] == marks
    fetch(model, name="v3.0", trainedWords=["new words"])
    data = json.loads(info(model).read_bytes())
    assert data["name"] == "v3.0" and data["trainedWords"] == ["new words"]
    assert json.loads(model.with_suffix(".json").read_bytes())["activation text"] == "new words"


@pytest.mark.parametrize("name", ["tags", "trigger_words"])
def test_set_to_nothing_is_nothing_whatever_is_fetched(model: Path, name: str) -> None:
    fetch(model)
    old = fields(model)[name].shown
    assert edit(model, Edits({name: ()}))
    for words in (["one"], ["other", "two"]):
        fetch(model, trainedWords=words)
        assert fields(model)[name].shown == () and fields(model)[name].is_own
    edit(model, Edits({name: None}))
    assert fields(model)[name].shown == (old if name == "tags" else ("other", "two"))


def test_none_of_the_person_stays_where_the_top_level_was_theirs(model: Path) -> None:
    put(model, {"tags": ["typed"], "user": {"tags": []}})
    fetch(model)
    assert details(model).tags == () and json.loads(info(model).read_bytes())["user"] == {"tags": []}


def test_all_other_bytes_stay(model: Path) -> None:
    user = '{ "odd":1.50, "rating" : 2 , "x":{"rating": 9} }'
    text = '\ufeff{\r\n\t"z" :  [1,2 ],\r\n\t"user": ' + user + ',\r\n\t"notes":"\\u00e9 / \\/"\r\n}\r\n'
    put(model, text)
    edit(model, Edits({"rating": 5}))
    assert info(model).read_bytes().decode() == text.replace('"rating" : 2', '"rating" : 5')
    edit(model, Edits({"rating": None, "colour": "red"}))
    assert info(model).read_bytes().decode() == text.replace(user, '{ "odd":1.50 , "x":{"rating": 9}, "colour": "red" }')


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ('{"a": 1, "b": 2, "c": 3}', "a", '{"b": 2, "c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', "b", '{"a": 1, "c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', "c", '{"a": 1, "b": 2}'),
        ('{"a": 1, "b": 2, "c": 3}', "ab", '{"c": 3}'),
        ('{"a": 1, "b": 2, "c": 3}', "ac", '{"b": 2}'),
        ('{ "a": 1, "b": 2, "c": 3 }', "abc", "{}"),
        ('{\n  "a": {"b": 1},\n  "b": [2],\n  "c": "x"\n}\n', "a", '{\n  "b": [2],\n  "c": "x"\n}\n'),
        ('{\n  "a": {"b": 1},\n  "b": [2],\n  "c": "x"\n}\n', "bc", '{\n  "a": {"b": 1}\n}\n'),
        ('{"a": 1, "a": 2, "b": 3}', "a", '{"b": 3}'),
        ("{ }", "a", "{ }"),
        ('{"b": 3}', "a", '{"b": 3}'),
    ],
)
def test_members_are_cut_out(text: str, gone: str, left: str) -> None:
    assert without_keys("x", text, gone) == left


def test_tags_are_added_to_what_each_model_has(model: Path) -> None:
    put(model, {"tags": ["Style", "ink"]})
    assert edit(model, Edits(add_tags=("new", "INK", "new"), remove_tags=("style",)))
    assert details(model).tags == ("ink", "new")
    assert edit(model, Edits(add_tags=("Style",), remove_tags=("new", "ink")))
    assert edit(model, Edits(values={"tags": ("Style", "ink")}))
    assert json.loads(info(model).read_bytes()) == {"tags": ["Style", "ink"]}, "as fetched: given back"


def test_collections_are_joined_and_left(model: Path) -> None:
    edit(model, Edits(add_collections=("A", "B")))
    edit(model, Edits(add_collections=("C",), remove_collections=("a",)))
    assert details(model).collections == ("B", "C")
    edit(model, Edits(remove_collections=("B", "C")))
    assert not info(model).exists()


def test_a_switch_pressed_twice_leaves_nothing(model: Path) -> None:
    for name, on, off in (("favourite", True, False), ("rating", 3, 0), ("colour", "red", ""), ("category", "x", "")):
        assert edit(model, Edits({name: on}))
        assert edit(model, Edits({name: off}))
        assert not info(model).exists()


def test_no_favourite_here_though_lora_manager_says_so(model: Path) -> None:
    put(model, {"favorite": True}, ".metadata.json")
    assert details(model).favourite
    edit(model, Edits({"favourite": False}))
    assert not details(model).favourite and json.loads(info(model).read_bytes()) == {"user": {"favourite": False}}
    edit(model, Edits({"favourite": True}))
    assert details(model).favourite and not info(model).exists()
    edit(model, Edits({"favourite": True}, pins=True))
    assert json.loads(info(model).read_bytes()) == {"user": {"favourite": True}}


def test_spelled_as_on_disk_and_of_the_right_model(model: Path) -> None:
    upper = model.with_name("fox.INFO")
    upper.write_text("{}")
    model.with_name("fox.v2.info").write_text('{"user": {"rating": 5}}')
    model.with_name("fox.v2.safetensors").write_bytes(b"")
    changed = changed_info(str(model), Edits({"rating": 1}))
    assert changed is not None and changed[0] == str(upper)
    names = [entry.name for entry in model.parent.iterdir()]
    assert changed_info(str(model), Edits({"rating": 1}), names) == changed


@pytest.mark.parametrize("content", ["[1]", "{", '{"user": {"a": 1,}}', "\x00\x01"])
def test_what_cannot_be_understood_is_told_and_left(model: Path, content: str) -> None:
    put(model, content)
    with pytest.raises(BadSidecar, match=r"fox\.info"):
        changed_info(str(model), Edits({"rating": 1}))
    assert info(model).read_text() == content


def test_a_folder_in_its_place_is_a_fault(model: Path) -> None:
    info(model).mkdir()
    with pytest.raises(FileFault):
        changed_info(str(model), Edits({"rating": 1}))


def test_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 252 + ".pt")
    with pytest.raises(FileFault, match="shorter"):
        changed_info(str(path), Edits({"rating": 1}), ())


@pytest.mark.parametrize("user", [5, [], "text", None])
def test_user_that_is_no_object_is_replaced(model: Path, user: Any) -> None:
    put(model, {"a": 1, "user": user})
    edit(model, Edits({"rating": 1}))
    assert json.loads(info(model).read_bytes()) == {"a": 1, "user": {"rating": 1}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("rating", bad) for bad in (6, -1, True, "5", 2.5)), ("favourite", 1), ("colour", "pink"), ("kind", "Nonsense"), ("name", "  "),
        *(("link", bad) for bad in ("javascript:alert(1)", "", "x")), *(("adult", bad) for bad in (3, 32, True, 0)), ("nothing", 1),
        ("tags", [str(number) for number in range(1_001)]),
    ],
)  # fmt: skip
def test_bad_values_are_refused_with_a_sentence(name: str, value: Any) -> None:
    with pytest.raises(BadConfig) as caught:
        Edits({name: value})
    assert caught.value.text.endswith(".")


def test_odd_values_by_other_hands_are_read_as_nothing(model: Path) -> None:
    odd = {"collections": 5, "category": ["x"], "group": None, "colour": "pink", "nsfwLevel": "x", "rating": "many", "kind": "x"}
    put(model, {"user": odd | {"tags": {}}})
    found = details(model)
    assert (found.collections, found.category, found.group, found.colour, found.adult_level, found.rating) == ((), "", "", "", 0, 0)
    assert found.own == ()


def test_text_is_trimmed_and_half_letters_can_be_stored(model: Path) -> None:
    edit(model, Edits({"category": " a\nb \ud800", "tags": (" x ", "X", "")}))
    assert details(model).category == "a b ?" and details(model).tags == ("x",)


def test_strength_is_a_number_where_it_is_one(model: Path) -> None:
    for text, stored in (("0.8", 0.8), ("1", 1), ("0.6 - 0.8", "0.6 - 0.8"), ("inf", "inf")):
        edit(model, Edits({"strength": text}))
        assert json.loads(info(model).read_bytes())["user"]["strength"] == stored
        assert fields(model)["strength"].shown == text


def test_notes_change_in_the_md_alone(model: Path) -> None:
    fetch(model)
    save_notes(str(model.parent), model.name, "mine\n")
    shown = fields(model)["notes"]
    assert (shown.shown, shown.fetched, shown.is_own) == ("mine", "", True)
    assert changed_notes(str(model.parent), model.name, " mine") is None
    changed = changed_notes(str(model.parent), model.name, "other")
    assert changed is not None and changed[0].endswith("fox.md")
    before = model.with_suffix(".md").read_bytes()
    assert changed[1] == before.replace(b"mine\n", b"other")


def test_without_own_values_is_what_others_say(model: Path) -> None:
    put(model, {"name_for_display": "Title", "rating": 2, "user": {"name": "Mine", "rating": 5}})
    shown, fetched = read_both(str(model.parent), model.name, family_of(str(model.parent), model.name), Facts())
    assert (shown.name, shown.rating, fetched.name, fetched.rating) == ("Mine", 5, "Title", 2)


def test_colours_have_names() -> None:
    assert len(COLOURS) == 8 and colour_label("red") == "Red" and colour_label("pink") == "pink"
