"""extra_model_paths.yaml edited by its lines: what is not concerned stays byte for byte, what is reads as it was meant."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from random_case import examples

from model_manager.core.errors import BadConfig
from model_manager.core.library import extra_paths
from model_manager.core.library import yaml_editing as editing
from model_manager.core.library.kinds import current_name
from model_manager.core.library.yaml_shape import Section, Shape, folders_in, shape_of
from tests.core.test_extra_paths import COMFYUI_ROWS, section
from tests.core.yaml_files import FOLDERS, WORDS, MadeFile, made_files

FILE = "/cfg/extra_model_paths.yaml"
# the shape of the example that ComfyUI ships: comments, odd indents, sections that are commented out, a comment within a block
EXAMPLE = """#Rename this to extra_model_paths.yaml and ComfyUI will load it

#config for comfyui

#comfyui:
#     base_path: path/to/comfyui/
#     # You can use is_default to mark that these folders should be listed first
#     #is_default: true
#     checkpoints: models/checkpoints/
#     clip: models/clip/
#     diffusion_models: |
#                  models/diffusion_models
#                  models/unet

a111:
    base_path: path/to/stable-diffusion-webui/

    checkpoints: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS
    #vae: models/VAE
    embeddings: embeddings # here

#other_ui:
#    base_path: path/to/ui
#    gligen: models/gligen
"""


def shape(text: str) -> Shape:
    return shape_of(text, FILE)


def on(found: Shape, name: str, category: str) -> list[str]:
    return [folder.text for folder in found.section(name).category(category).folders if folder.is_on]


def off(found: Shape, name: str, category: str) -> list[str]:
    return [folder.text for folder in found.section(name).category(category).folders if not folder.is_on]


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came, in one place."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


EDITS: dict[str, tuple[Callable[[Shape], Shape], list[str], list[str]]] = {
    "base": (
        lambda s: editing.set_base(s, "a111", "/new"), ["    base_path: path/to/stable-diffusion-webui/"], ["    base_path: /new"],
    ),
    "default": (lambda s: editing.set_default(s, "a111", True), [], ["    is_default: true"]),
    "no base": (lambda s: editing.set_base(s, "a111", None), ["    base_path: path/to/stable-diffusion-webui/"], []),
    "words": (
        lambda s: editing.set_folder(s, "a111", "checkpoints", 0, "x: y"), ["    checkpoints: models/Stable-diffusion"],
        ["    checkpoints: 'x: y'"],
    ),
    "comment behind stays": (
        lambda s: editing.set_folder(s, "a111", "embeddings", 0, "e"), ["    embeddings: embeddings # here"], ["    embeddings: e # here"],
    ),
    "second folder": (
        lambda s: editing.add_folder(s, "a111", "embeddings", "more"), ["    embeddings: embeddings # here"],
        ["    embeddings: | # here", "        embeddings", "        more"],
    ),
    "line of a block": (lambda s: editing.set_folder(s, "a111", "loras", 1, "L"), ["         models/LyCORIS"], ["         L"]),
    "more in a block": (lambda s: editing.add_folder(s, "a111", "loras", "L", 1), [], ["         L"]),
    "less in a block": (
        lambda s: editing.remove_folder(s, "a111", "loras", s.section("a111").category("loras").folders[0]), ["         models/Lora"], [],
    ),
    "order": (
        lambda s: editing.move_folder(s, "a111", "loras", 1, -1), ["         models/Lora", "         models/LyCORIS"],
        ["         models/LyCORIS", "         models/Lora"],
    ),
    "switch off": (
        lambda s: editing.switch_folder(s, "a111", "loras", s.section("a111").category("loras").folders[1]), ["         models/LyCORIS"],
        ["    # loras: models/LyCORIS"],
    ),
    "category": (
        lambda s: editing.remove_category(s, "a111", "loras"), ["    loras: |", "         models/Lora", "         models/LyCORIS"], [],
    ),
    "new category": (lambda s: editing.add_folder(s, "a111", "controlnet", "cn"), [], ["    controlnet: cn"]),
    "category's name": (
        lambda s: editing.rename_category(s, "a111", "checkpoints", "diffusion_models"), ["    checkpoints: models/Stable-diffusion"],
        ["    diffusion_models: models/Stable-diffusion"],
    ),
    "section's name": (lambda s: editing.rename_section(s, "a111", "sd webui"), ["a111:"], ["sd webui:"]),
    "new section": (lambda s: editing.add_section(s, "big", "/mnt/big"), [], ["big:", "    base_path: /mnt/big", ""]),
    "section": (
        lambda s: editing.remove_section(s, "other_ui"), ["#other_ui:", "#    base_path: path/to/ui", "#    gligen: models/gligen"], [],
    ),
    "section on": (
        lambda s: editing.switch_section(s, "other_ui", True), ["#other_ui:", "#    base_path: path/to/ui", "#    gligen: models/gligen"],
        ["other_ui:", "    base_path: path/to/ui", "    gligen: models/gligen"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_an_edit_changes_its_own_lines_only(name: str, end: str, bom: str) -> None:
    edit, gone, come = EDITS[name]
    before = bom + EXAMPLE.replace("\n", end)
    after = edit(shape(before)).text
    assert changed(before.replace("\r\n", "\n"), after.replace("\r\n", "\n")) == (gone, come)
    assert after.startswith(bom) and after.count("\r\n") == (after.count("\n") if end == "\r\n" else 0)
    extra_paths.parse(after, FILE)


def test_what_is_commented_out_is_seen() -> None:
    found = shape(EXAMPLE)
    assert [(one.name, one.is_on) for one in found.sections] == [("comfyui", False), ("a111", True), ("other_ui", False)]
    assert off(found, "comfyui", "diffusion_models") == ["models/diffusion_models", "models/unet"]
    assert off(found, "a111", "vae") == ["models/VAE"]


def test_off_and_on_again() -> None:
    found = shape(EXAMPLE)
    for name in ("loras", "checkpoints"):
        folder = found.section("a111").category(name).folders[0]
        gone = editing.switch_folder(found, "a111", name, folder)
        assert folder.text in off(gone, "a111", name) and folder.text not in on(gone, "a111", name)
        back = editing.switch_folder(gone, "a111", name, next(one for one in gone.section("a111").category(name).folders if not one.is_on))
        assert sorted(on(back, "a111", name)) == sorted(on(found, "a111", name)) and not off(back, "a111", name)
    assert editing.switch_section(editing.switch_section(found, "a111", False), "a111", True).text == EXAMPLE


def test_a_folder_of_a_block_that_is_a_comment() -> None:
    found = shape("a:\n  vae: v\n  # loras: |\n  #    one\n  #    two\n  # words\n")
    assert off(found, "a", "loras") == ["one", "two"]
    first = editing.switch_folder(found, "a", "loras", found.section("a").category("loras").folders[0])
    assert first.text == "a:\n  vae: v\n  loras: one\n  # loras: |\n  #    two\n  # words\n"
    both = editing.switch_folder(first, "a", "loras", first.section("a").category("loras").folders[-1])
    assert both.text == "a:\n  vae: v\n  loras: |\n      one\n      two\n  # words\n"


def test_comments_that_are_sentences_are_no_folders() -> None:
    found = shape("a:\n  # note: this is old\n  # TODO: x/y\n  # see https://example.org\n  vae: v\n").section("a")
    assert [(one.name, [folder.text for folder in one.folders]) for one in found.categories] == [("vae", ["v"])]


def test_the_file_never_becomes_empty() -> None:
    """ComfyUI does not start with a file in which nothing is."""
    for edit in (lambda s: editing.remove_section(s, "a"), lambda s: editing.switch_section(s, "a", False)):
        found = edit(shape("# mine\na:\n  vae: v\n"))
        assert yaml.safe_load(found.text) == {} and found.text.startswith("# mine\n")
        again = editing.add_section(found, "b", "/b")
        assert yaml.safe_load(again.text) == {"b": {"base_path": "/b"}} and "{}" not in again.text
    back = editing.switch_section(editing.switch_section(shape("a:\n  vae: v\n"), "a", False), "a", True)
    assert back.text == "a:\n  vae: v\n"


def test_an_empty_file_is_filled() -> None:
    for text in ("", "# only words\n", "{}\n", "null\n"):
        try:
            found = editing.add_section(shape(text), "a", "/b")
        except BadConfig:
            assert text == "null\n"
            continue
        assert yaml.safe_load(found.text) == {"a": {"base_path": "/b"}}


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "a:\n  loras:\n    - one  # first\n    # words\n    - two\n  vae: v\n",
            "a:\n    # words\n  loras: |\n      one\n      two\n  vae: v\n",
        ),
        ("a:\n  loras: [one, two] # c\n", "a:\n  loras: | # c\n      one\n      two\n"),
        ("a:\n  loras:\n  vae: v\n", "a:\n  vae: v\n"),
        ("a:\n  loras: 12\n  vae: v\n", "a:\n  vae: v\n"),
    ],
)
def test_what_keeps_comfyui_from_starting_is_mended(text: str, after: str) -> None:
    found = shape(text)
    assert found.section("a").category("loras").problem and found.read.problems
    mended = editing.mend_category(found, "a", "loras")
    assert mended.text == after
    assert not mended.read.problems


@pytest.mark.parametrize(
    "text",
    [
        "a: &x\n  loras: l\nb: *x\n", "a: {loras: l}\n", "{a: {loras: l}}\n", "a:\n  loras: &y l\n  vae: *y\n",
        "loras: /flat\na:\n  vae: v\n", "a:\n  <<: {loras: l}\n",
    ],
)  # fmt: skip
def test_what_cannot_be_changed_safely_is_refused_or_right(text: str) -> None:
    """Anchors, braces, merges: a change that would mean something else is not made."""
    for one in shape(text).sections:
        for name in ("loras", "vae"):
            try:
                found = editing.add_folder(shape(text), one.name, name, "new")
            except BadConfig as fault:
                assert fault.text
                continue
            known, again = yaml.safe_load(text), yaml.safe_load(found.text)
            assert folders_in(again[one.name].pop(name)) == [*folders_in(known[one.name].pop(name, "")), "new"]
            assert again == known


def test_words_that_cannot_be_written() -> None:
    for text in ("", "a\nb", "a\0b", "\ud800"):
        with pytest.raises(BadConfig):
            editing.add_folder(shape(EXAMPLE), "a111", "loras", text)
    for name in ("", " x", "a\nb", "a111"):
        with pytest.raises(BadConfig):
            editing.add_section(shape(EXAMPLE), name)


@pytest.mark.parametrize("row", COMFYUI_ROWS)
def test_every_row_of_the_facts_takes_every_edit(row: str) -> None:
    text = section(COMFYUI_ROWS[row][0])
    found = shape(text)
    lines = text.split("\n")
    for category in found.section("a111").categories:
        for number, _ in enumerate(on(found, "a111", category.name)):
            for made in _edits_of(found, category.name, number):
                kept = [line for line in lines if line.strip() and category.name not in line and line.strip() not in "\n".join(lines[1:])]
                assert all(line in made.text for line in kept)
                yaml.safe_load(made.text)


def _edits_of(found: Shape, name: str, at: int) -> list[Shape]:
    folders = [folder for folder in found.section("a111").category(name).folders if folder.is_on]
    made = [editing.set_folder(found, "a111", name, at, "new one")]
    assert on(made[0], "a111", name)[at] == "new one"
    made.append(editing.add_folder(found, "a111", name, "more", at))
    assert on(made[1], "a111", name) == [*on(found, "a111", name)[:at], "more", *on(found, "a111", name)[at:]]
    made.append(editing.remove_folder(found, "a111", name, folders[at]))
    assert len(on(made[2], "a111", name)) == len(folders) - 1
    made.append(editing.switch_folder(found, "a111", name, folders[at]))
    assert folders[at].text in off(made[3], "a111", name)
    made.append(editing.set_base(found, "a111", "/elsewhere"))
    made.append(editing.set_default(found, "a111", False))
    return made


@examples(70)
@given(made=made_files(), data=st.data())
def test_lines_that_are_not_concerned_stay(made: MadeFile, data: st.DataObject) -> None:
    found = shape(made.text)
    name = data.draw(st.sampled_from(sorted(made.sections)))
    category = data.draw(st.sampled_from(["loras", "vae", "clip", "gligen"]))
    text = data.draw(st.sampled_from(FOLDERS))
    known: dict[Any, Any] = yaml.safe_load(made.text.lstrip("\ufeff").replace("\r\n", "\n"))
    key = next(one for one in known if str(one) == name)
    old = folders_in((known[key] or {}).get(category))
    at = data.draw(st.integers(0, len(old)))
    ways = {
        "add": lambda: (editing.add_folder(found, name, category, text, at), [*old[:at], text, *old[at:]]),
        "set": lambda: (editing.set_folder(found, name, category, at, text), [*old[:at], text, *old[at + 1 :]]),
        "remove": lambda: (editing.remove_category(found, name, category), []),
    }
    possible = {"add": True, "set": at < len(old), "remove": (name, category) in made.entries and not off(found, name, category)}
    way = data.draw(st.sampled_from([one for one, is_possible in possible.items() if is_possible]))
    after, wanted = ways[way]()
    _assert_untouched(made, after.text, made.entries.get((name, category)))
    again: dict[Any, Any] = yaml.safe_load(after.text.lstrip("\ufeff").replace("\r\n", "\n"))
    assert folders_in((again[key] or {}).get(category)) == wanted
    for sections in (known, again):
        (sections[key] or {}).pop(category, None)
    assert _meant(again) == _meant(known)
    read = [one.path for one in after.read.paths if one.section == name and one.kind == current_name(category) and one.is_seen]
    assert len(read) == len(wanted)


def _meant(known: dict[Any, Any]) -> dict[Any, Any]:
    """What ComfyUI makes of it: lines, of which empty ones do not count (a text that got a line end has one more)."""
    return {
        name: {key: folders_in(value) if isinstance(value, str) else value for key, value in (section or {}).items()}
        for name, section in known.items()
    }


def _assert_untouched(made: MadeFile, after: str, span: tuple[int, int] | None) -> None:
    """What stands before and after the lines of the entry is there still, byte for byte; of a new entry, everything."""
    lines = [text + end for text, end in made.lines]
    if span is not None:
        before, behind = made.bom + "".join(lines[: span[0]]), "".join(lines[span[1] + 1 :])
        if not behind:
            before = before.rstrip("\r\n") if len(after) < len(before) else before  # the text still ends as it did
        assert after.startswith(before) and after.endswith(behind)
        return
    whole = made.bom + "".join(lines)
    fitting = 0
    while fitting < min(len(whole), len(after)) and whole[fitting] == after[fitting]:
        fitting += 1
    assert any(after.endswith(whole[cut:]) for cut in range(fitting, -1, -1)), "something else than an insertion"


@examples(50)
@given(made=made_files(), data=st.data())
def test_off_and_on_leaves_no_trace(made: MadeFile, data: st.DataObject) -> None:
    """A section is refused, or back with every byte: comments in it and around it stay comments."""
    found = shape(made.text)
    one = data.draw(st.sampled_from(found.sections))
    try:
        gone = editing.switch_section(found, one.name, not one.is_on)
    except BadConfig as fault:
        named = [folder for kind in one.categories for folder in kind.folders if folder.is_on]
        assert "found again" in fault.text and one.base is None and not named, "refused though something is named in it"
        return
    assert [(other.name, other.is_on) for other in gone.sections] == [
        (other.name, other.is_on != (other.name == one.name)) for other in found.sections
    ]
    back = editing.switch_section(gone, one.name, one.is_on)
    if one.is_on:
        assert back.text == made.text
    else:  # indented comments below it are counted in, now that it was on
        assert editing.switch_section(back, one.name, True).text == gone.text


@examples(40)
@given(made=made_files(), data=st.data())
def test_many_edits_one_after_the_other(made: MadeFile, data: st.DataObject) -> None:
    """Comments are never lost, the file is never one that ComfyUI starts with less well, and what is read is what was meant."""
    found = shape(made.text)
    words = made.text.count(WORDS)
    for _ in range(data.draw(st.integers(1, 6))):
        edit = data.draw(st.sampled_from(["section", "base", "default", "add", "switch", "off", "move", "remove"]))
        names = [one.name for one in found.sections]
        name = data.draw(st.sampled_from(names)) if names else ""
        change, concerned = _any_edit(found, edit, name, data)
        try:
            after = change(found)
        except BadConfig as fault:
            assert fault.text
            continue
        assert {one.name: one.is_on for one in after.sections if one.name != concerned} == {
            one.name: one.is_on for one in found.sections if one.name != concerned
        }
        for other in found.sections:
            if other.name != concerned and not other.is_on:
                assert _said(after.section(other.name)) == _said(other)
        found = after
        assert found.text.count(WORDS) == words or (edit == "remove" and found.text.count(WORDS) < words)
        words = found.text.count(WORDS)
        assert all("words" not in str(known) for known in _known(found).values())
        assert isinstance(_known(found), dict)


def _known(found: Shape) -> dict[Any, Any]:
    known: dict[Any, Any] = yaml.safe_load(found.text.lstrip("\ufeff").replace("\r\n", "\n"))
    return known


def _said(one: Section) -> tuple[object, ...]:
    return one.base, one.is_default, [(category.name, [folder.text for folder in category.folders]) for category in one.categories]


def _any_edit(found: Shape, edit: str, name: str, data: st.DataObject) -> tuple[Callable[[Shape], Shape], str]:
    """A change, which asserts what it is to do, and the name of the section concerned."""
    if edit == "section" or not name:
        new, base = data.draw(st.sampled_from(["new", "x y"])), data.draw(st.sampled_from(FOLDERS))
        return lambda s: editing.add_section(s, new, base), new
    one = found.section(name)
    if edit == "base":
        base_or_none = data.draw(st.sampled_from([None, *FOLDERS]))
        return lambda s: editing.set_base(s, name, base_or_none), name
    if edit == "default":
        is_default = data.draw(st.booleans())
        return lambda s: editing.set_default(s, name, is_default), name
    if edit == "remove":
        return lambda s: editing.remove_section(s, name), name
    if edit == "move":
        by = data.draw(st.sampled_from([-1, 1]))
        return lambda s: editing.move_section(s, name, by) if one.is_on else s, ""
    if edit == "off":
        return partial(_switched, name=name), name
    if edit == "add" or not one.categories:
        text = data.draw(st.sampled_from(FOLDERS))
        return partial(_added, name=name, text=text), name
    category = data.draw(st.sampled_from(one.categories))
    folder = data.draw(st.sampled_from(category.folders)) if category.folders else None
    return lambda s: s if folder is None else editing.switch_folder(s, name, category.name, folder), name


def _switched(found: Shape, name: str) -> Shape:
    after = editing.switch_section(found, name, not found.section(name).is_on)
    assert (name, not found.section(name).is_on) in [(one.name, one.is_on) for one in after.sections]
    return after


def _added(found: Shape, name: str, text: str) -> Shape:
    after = editing.add_folder(found, name, "vae", text)
    assert len(on(after, name, "vae")) == len(on(found, name, "vae")) + 1
    return after


def test_a_comment_below_a_section_stays_one() -> None:
    """Without entries there is nothing to find again; with them the comment gets one more mark, and loses it."""
    with pytest.raises(BadConfig, match="switched off here"):
        editing.switch_section(shape("a:\n# words: w\nb:\n  vae: v\n"), "a", False)
    text = "a:\n vae: v\n # loras: l\n# clip: c\nb:\n"
    gone = editing.switch_section(shape(text), "a", False)
    assert gone.text == "#a:\n# vae: v\n# # loras: l\n## clip: c\nb:\n"
    assert editing.switch_section(gone, "a", True).text == text
    text = "a:\n  vae: v\n# words of the next\nb:\n"
    gone = editing.switch_section(shape(text), "a", False)
    assert gone.text == "#a:\n#  vae: v\n# words of the next\nb:\n"
    assert editing.switch_section(gone, "a", True).text == text


def test_what_comes_below_a_section_that_is_off_is_kept_apart() -> None:
    found = editing.remove_section(shape("#a:\n# vae: v\nb:\n  clip: c\n# loras: l\nd:\n"), "b")
    assert found.text == "#a:\n# vae: v\n\n# loras: l\nd:\n"


def test_what_keeps_comfyui_from_starting_can_be_switched_off() -> None:
    text = "a:\n  vae: v\n  loras:\n  - one\n  - two\n  clip:\nb:\n  vae: w\n"
    gone = editing.switch_section(shape(text), "a", False)
    assert not gone.read.problems and off(gone, "a", "loras") == ["one", "two"]
    assert editing.switch_section(gone, "a", True).text == text


def test_a_quoted_folder_is_no_sentence() -> None:
    text = "a:\n my_nodes: 'a: b'\nb:\n  vae: w\n"
    gone = editing.switch_section(shape(text), "a", False)
    assert off(gone, "a", "my_nodes") == ["a: b"] and editing.switch_section(gone, "a", True).text == text


def test_a_quoted_name_is_found_again() -> None:
    text = '"my: ui":\n  vae: v\nb:\n'
    gone = editing.switch_section(shape(text), "my: ui", False)
    assert not gone.section("my: ui").is_on
    assert editing.switch_section(gone, "my: ui", True).text == text


def test_blanks_at_the_end_of_a_block_are_text() -> None:
    """PyYAML keeps what stands right of the block's margin, so a new entry comes behind it."""
    found = editing.add_folder(shape("a:\n loras: |\n  l\n\n   \n \nb:\n"), "a", "vae", "v")
    assert found.text == "a:\n loras: |\n  l\n\n   \n vae: v\n \nb:\n"
    assert on(found, "a", "loras") == ["l", " "]
    text = "a:\n vae: v\n loras: |\n  l\n\n   \nb:\n  vae: w\n"
    gone = editing.switch_section(shape(text), "a", False)
    assert gone.text == "#a:\n# vae: v\n# loras: |\n#  l\n#\n#   \nb:\n  vae: w\n"
    assert editing.switch_section(gone, "a", True).text == text


def test_a_file_that_is_read_and_written_with_its_bytes(tmp_path: Path) -> None:
    from model_manager.core.library.yaml_shape import read_shape

    path = tmp_path / "extra_model_paths.yaml"
    path.write_bytes("\ufeffa:\r\n  vae: ü\r\n".encode())
    found = editing.add_folder(read_shape(str(path)), "a", "vae", "/new")
    assert found.text.encode() == "\ufeffa:\r\n  vae: |\r\n      ü\r\n      /new\r\n".encode()
