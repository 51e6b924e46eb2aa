"""Plans to move, copy and rename: every file of the family, free names, what ComfyUI calls it then, and what is told before."""

import json
import os
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from library_case import Library, model_bytes, put
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tidy_case import by_name, contents, do, family, files, look, names, only

from model_manager.core.comfyui.usage import Usage
from model_manager.core.errors import FolderFault
from model_manager.core.journal.steps import FOLDER, Refused
from model_manager.core.library.entry import Root
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.tidy.held import held, plan_delete
from model_manager.core.tidy.moving import plan_copy, plan_move, plan_rename
from model_manager.core.tidy.transfers import REFUSE, SKIP
from model_manager.core.tidy.uses import known_uses
from model_manager.core.work import Work


@pytest.fixture
def loras(library: Library) -> Path:
    return library.root()


def test_a_family_moves_together(library: Library, loras: Path) -> None:
    path = family(loras, "ink.safetensors", "ink.png", "ink.info", "ink.yaml")
    family(loras, "ink.v2.safetensors", "ink.v2.png")
    library.scan()
    plan = plan_move(look(library, path), str(loras / "style" / "wet"), library.roots)
    act = only(plan)
    assert (act.before, act.after) == ("loras / ink.safetensors", "loras / style / wet / ink.safetensors")
    assert (act.path, act.new_path) == (str(path), str(loras / "style/wet/ink.safetensors")) and act.extra == 3 and act.model
    assert (act.comfy_before, act.comfy_after) == ("ink.safetensors", os.path.join("style", "wet", "ink.safetensors"))
    assert [step.target for step in act.steps if step.sort == FOLDER] == [str(loras / "style"), str(loras / "style/wet")]
    assert act.steps[2].source == str(path), "the model is first: when it is locked nothing is done"
    assert (plan.kind, plan.title, plan.button) == ("move", "Move 1 model", "Move 1 model")
    assert plan.chips == ("1 moves", "4 files in all", "same drive, no copying") and not plan.needs and plan.can_undo
    assert plan.foot == "ComfyUI will list the new names at once."
    assert act.size == sum(Path(step.source).stat().st_size for step in act.steps if step.source)
    do(plan)
    assert files(loras) == {"ink.v2.safetensors", "ink.v2.png", *(f"style/wet/ink.{end}" for end in ("safetensors", "png", "info", "yaml"))}


def test_a_taken_name_keeps_both(library: Library, loras: Path) -> None:
    a, b = family(loras / "a", "x.safetensors", "x.png"), family(loras / "b", "x.safetensors", "x.md")
    there = family(loras / "c", "x.safetensors", "x.png")
    library.scan()
    plan = plan_move(look(library, a, b), str(loras / "c"), library.roots)
    assert [names(act) for act in plan.acts] == [
        {"x.safetensors": "x (2).safetensors", "x.png": "x (2).png"},
        {"x.safetensors": "x (3).safetensors", "x.md": "x (3).md"},
    ]
    assert {(act.note, act.tone) for act in plan.acts} == {("name is taken · keeps both", "warn")}
    assert "2 keep both" in plan.chips
    before = contents(loras)
    do(plan)
    assert contents(loras) == before and there.read_bytes() == model_bytes("x.safetensors")


@pytest.mark.parametrize("there", ["x.png", "x.info", "x.pt", "x.yaml", "x.preview.webp", "x.safetensors.info"])
def test_a_model_takes_no_file_that_lies_there(library: Library, loras: Path, there: str) -> None:
    """An orphan of this stem would become its sidecar, another model of this stem would share its own."""
    path = family(loras / "a", "x.safetensors", "x.md")
    (loras / "b").mkdir()
    (loras / "b" / there).write_bytes(b"there before")
    library.scan()
    act = only(plan_move(look(library, path), str(loras / "b"), library.roots))
    assert names(act) == {"x.safetensors": "x (2).safetensors", "x.md": "x (2).md"}


def test_longer_stems_are_not_in_the_way(library: Library, loras: Path) -> None:
    path = family(loras / "a", "x.safetensors", "x.png")
    family(loras / "b", "x.v2.safetensors", "x.v2.png", "x.v2.yaml")
    library.scan()
    assert names(only(plan_move(look(library, path), str(loras / "b"), library.roots)))["x.png"] == "x.png"


def test_no_file_becomes_another_models(library: Library, loras: Path) -> None:
    path = family(loras / "a", "x.safetensors", "x.preview.png")
    family(loras / "b", "x.preview.safetensors")
    library.scan()
    act = only(plan_move(look(library, path), str(loras / "b"), library.roots))
    assert names(act)["x.preview.png"] == "x (2).preview.png"


def test_existing_names_refused_or_skipped(library: Library, loras: Path) -> None:
    same, other = family(loras / "a", "x.safetensors", mark="same"), family(loras / "a", "y.safetensors", mark="mine")
    family(loras / "b", "x.safetensors", mark="same")
    family(loras / "b", "y.safetensors", mark="theirs")
    library.scan()
    found = look(library, same, other)
    plan = plan_move(found, str(loras / "b"), library.roots, SKIP)
    assert [one.text for one in plan.refused] == ["already there"] and plan.refused[0].tone == ""
    assert names(only(plan)) == {"y.safetensors": "y (2).safetensors"}
    plan = plan_move(found, str(loras / "b"), library.roots, REFUSE)
    assert plan.is_empty and [one.text for one in plan.refused] == ["The name is taken there."] * 2
    assert plan.chips[0] == "0 move" and "2 stay" in plan.chips


def test_what_is_there_already_stays(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors")
    library.scan()
    before = [Refused("away.safetensors", "x", "It is on a drive that is away.")]
    plan = plan_move(look(library, path), str(loras), library.roots, refused=before)
    assert plan.is_empty and [one.text for one in plan.refused] == ["It is on a drive that is away.", "It is there already."]


def test_shared_files_stay_unless_both_go(library: Library, loras: Path) -> None:
    one, two = family(loras, "x.safetensors", "x.png", "x.safetensors.info"), family(loras, "x.pt", mark="pt")
    library.scan()
    plan = plan_move(look(library, one), str(loras / "a"), library.roots)
    assert set(names(only(plan))) == {"x.safetensors", "x.safetensors.info"}
    assert "x.pt stays" in only(plan).note and only(plan).tone == "warn"
    plan = plan_move(look(library, one, two), str(loras / "a"), library.roots)
    assert [set(names(act)) for act in plan.acts] == [{"x.safetensors", "x.safetensors.info", "x.png"}, {"x.pt"}]
    assert not any(act.note for act in plan.acts)
    family(loras / "a", "x.ckpt", mark="ckpt")
    plan = plan_move(look(library, one, two), str(loras / "a"), library.roots)
    assert [next(iter(names(act).values())) for act in plan.acts] == ["x (2).safetensors", "x (2).pt"]
    do(plan)
    assert files(loras / "a") == {"x.ckpt", "x (2).safetensors", "x (2).pt", "x (2).png", "x (2).safetensors.info"}


def test_other_categories_and_places_are_told(library: Library, loras: Path, tmp_path: Path) -> None:
    checkpoints = library.root("checkpoints")
    path = family(loras, "x.safetensors")
    library.scan()
    found = look(library, path)
    act = only(plan_move(found, str(checkpoints), library.roots))
    assert (act.note, act.tone) == ("Checkpoints: the wrong folder for it", "warn")
    unknown = [replace(found[0], facts=replace(found[0].facts, kind=""))]
    assert only(plan_move(unknown, str(checkpoints), library.roots)).note == "listed under Checkpoints then"
    plan = plan_move(found, str(tmp_path / "elsewhere"), library.roots)
    assert only(plan).note == "ComfyUI does not look there" and only(plan).comfy_after == "" and only(plan).comfy_before == "x.safetensors"
    assert plan.foot == "ComfyUI will not list them there." and only(plan).after == str(tmp_path / "elsewhere" / "x.safetensors")


def test_shadowing_is_told(library: Library, loras: Path, tmp_path: Path) -> None:
    second = library.root("loras", tmp_path / "more" / "second")
    a, b = family(loras, "x.safetensors", mark="first"), family(second / "sub", "x.safetensors", mark="second")
    c = family(loras / "sub2", "y.safetensors")
    family(second, "y.safetensors")
    library.scan()
    assert only(plan_move(look(library, b), str(second), library.roots)).note == f"ComfyUI takes {a} first"
    assert only(plan_move(look(library, c), str(loras), library.roots)).note == f"hides {second / 'y.safetensors'} from ComfyUI"
    groups = {root: str(number) for number, root in enumerate(library.roots)}
    assert only(plan_move(look(library, b), str(second), groups)).note == ""


def test_links_are_told(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png")
    (loras / "links").mkdir()
    link = loras / "links" / "l.safetensors"
    link.symlink_to(path)
    library.scan()
    (loras / "to").mkdir()
    assert only(plan_move(look(library, link), str(loras / "to"), library.roots)).note == "moves as a link · what it leads to stays"
    plan = plan_move(look(library, path), str(loras / "to"), library.roots)
    assert (only(plan).note, only(plan).tone) == ("1 link to it is mended", "info") and not plan.warnings
    assert only(plan_copy(look(library, path), str(loras / "to"), library.roots)).note == ""
    plan = plan_move(look(library, path, link), str(loras / "to"), library.roots)
    assert by_name(plan)["x.safetensors"].note == "1 link to it will lead nowhere" and len(plan.warnings) == 1


def test_links_to_a_model_follow_it_and_come_back(library: Library, loras: Path) -> None:
    path = family(loras / "a", "x.safetensors", "x.png")
    other = library.root("checkpoints")
    (other / "absolute.safetensors").symlink_to(path)
    (loras / "relative.safetensors").symlink_to(os.path.join("a", "x.safetensors"))
    (loras / "again.safetensors").symlink_to("relative.safetensors")
    library.scan()
    links = [other / "absolute.safetensors", loras / "relative.safetensors", loras / "again.safetensors"]
    before = [(os.readlink(link), link.lstat().st_mtime_ns) for link in links]
    plan = plan_move(look(library, path), str(loras / "b" / "c"), library.roots)
    assert only(plan).note == "2 links to it are mended"
    report = carry_out(library.data, plan, Work())
    assert all(link.samefile(loras / "b" / "c" / "x.safetensors") for link in links)
    assert os.readlink(links[1]) == os.path.join("b", "c", "x.safetensors") and os.path.isabs(os.readlink(links[0]))
    library.scan()
    assert library.names() == ["x.safetensors"]
    report = carry_out(library.data, plan_rename(look(library, loras / "b" / "c" / "x.safetensors")[0], "y", library.roots), Work())
    assert all(link.samefile(loras / "b" / "c" / "y.safetensors") for link in links)
    take_back(library.data, report.change, Work())
    take_back(library.data, report.change - 1, Work())
    assert [(os.readlink(link), link.lstat().st_mtime_ns) for link in links] == before


def test_a_target_behind_a_link_is_its_real_place(library: Library, loras: Path, tmp_path: Path) -> None:
    far = tmp_path / "far"
    family(far, "y.safetensors")
    (loras / "nas").symlink_to(far)
    path = family(loras, "x.safetensors", "x.png")
    library.scan()
    act = only(plan_move(look(library, path), str(loras / "nas" / "new"), library.roots))
    assert act.new_path == str(far / "new" / "x.safetensors") and act.after == "loras / nas / new / x.safetensors"
    assert act.comfy_after == os.path.join("nas", "new", "x.safetensors")


def test_another_drive_needs_room(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png")
    library.scan()
    (one,) = look(library, path)
    far = replace(one, device=one.device + 1)
    plan = plan_move([far], str(loras / "a" / "b"), library.roots)
    assert plan.needs == {str(loras): sum(one.sizes)} and plan.chips[-1].endswith("are copied to another drive")
    assert only(plan).note == "to another drive" and not plan.warnings
    plan = plan_move([replace(far, sizes=(10**18, *one.sizes[1:]))], str(loras / "a"), library.roots)
    assert len(plan.warnings) == 1 and plan.warnings[0].startswith("There is not enough room")


@pytest.mark.parametrize("place", ["", "   ", "x.safetensors", "x.safetensors/sub", ".model-manager-trash/a", "a\0b"])
def test_places_to_which_nothing_can_go(library: Library, loras: Path, place: str) -> None:
    path = family(loras, "x.safetensors")
    library.scan()
    with pytest.raises(FolderFault):
        plan_move(look(library, path), place if not place.strip() else f"{loras}/{place}", library.roots)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors")
    (loras / "locked").mkdir(mode=0o500)
    library.scan()
    with pytest.raises(FolderFault, match="Nothing can be written"):
        plan_move(look(library, path), str(loras / "locked" / "a"), library.roots)


def test_parts_of_a_diffusers_folder_are_warned_about(library: Library, loras: Path) -> None:
    path = family(loras / "pipe" / "unet", "model.safetensors")
    (loras / "pipe" / "model_index.json").write_text("{}")
    library.scan()
    plan = plan_move(look(library, path), str(loras), library.roots)
    assert len(plan.warnings) == 1 and "diffusers" in plan.warnings[0]


def test_folders_of_one_name_are_told_apart(library: Library, loras: Path) -> None:
    other = library.folder / "big" / "loras"
    other.mkdir(parents=True)
    library.roots[Root("loras", str(other), "extra")] = "one"
    path = family(loras / "style", "ink.safetensors")
    library.scan()
    act = only(plan_move(look(library, path), str(other / "style"), library.roots))
    assert (act.before, act.after) == ("loras / style / ink.safetensors", "loras (big) / style / ink.safetensors")


def test_models_that_pictures_were_made_with(library: Library, loras: Path) -> None:
    path, other = family(loras, "ink.safetensors"), family(loras / "style", "brush.safetensors")
    with known_uses(library.data) as uses:
        assert uses is None, "nothing is known, and nothing is made for it"
    output = PngInfo()
    nodes = {"1": {"class_type": "LoraLoader", "inputs": {"lora_name": os.path.join("style", "brush.safetensors"), "strength_model": 1.0}}}
    output.add_text("prompt", json.dumps(nodes))
    (library.folder / "output").mkdir()
    for number in range(3):
        Image.new("RGB", (64, 64)).save(library.folder / "output" / f"{number}.png", pnginfo=output)
    with closing(Usage(library.data)) as usage:
        usage.refresh([str(library.folder / "output")], Work())
    library.scan()
    with known_uses(library.data) as uses:
        plan = plan_move(look(library, path, other), str(loras / "new"), library.roots, uses=uses)
    assert [(act.note, act.tone) for act in plan.acts] == [("", ""), ("used in 3 pictures", "info")]


# copying


def test_a_copy_leaves_all_and_takes_shared_files_along(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png")
    family(loras, "x.pt", mark="pt")
    library.scan()
    plan = plan_copy(look(library, path), str(loras / "a"), library.roots)
    assert set(names(only(plan))) == {"x.safetensors", "x.png"} and only(plan).model == 0
    assert plan.needs == {str(loras): only(plan).size} and plan.chips[0] == "1 is copied"
    do(plan)
    assert files(loras) == {"x.safetensors", "x.png", "x.pt", "a/x.safetensors", "a/x.png"}
    plan = plan_copy(look(library, path), str(loras), library.roots)
    assert names(only(plan)) == {"x.safetensors": "x (2).safetensors", "x.png": "x (2).png"}


def test_a_broken_link_beside_a_model_is_not_copied(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.md")
    (loras / "x.png").symlink_to(loras / "nowhere.png")
    library.scan()
    assert set(names(only(plan_copy(look(library, path), str(loras / "a"), library.roots)))) == {"x.safetensors", "x.md"}
    assert set(names(only(plan_move(look(library, path), str(loras / "a"), library.roots)))) == {"x.safetensors", "x.md", "x.png"}


# renaming


def rename(library: Library, path: Path, name: str) -> dict[str, str]:
    (one,) = look(library, path)
    plan = plan_rename(one, name, library.roots)
    return names(only(plan))


def test_every_file_of_the_family_gets_the_name(library: Library, loras: Path) -> None:
    path = family(loras, "x.y.safetensors", "x.y.preview.png", "x.y.info", "x.y.safetensors.info", "x.y.odd")
    family(loras, "x.safetensors", "x.png")
    library.scan()
    wanted = {
        "x.y.safetensors": "new name.safetensors", "x.y.preview.png": "new name.preview.png", "x.y.info": "new name.info",
        "x.y.safetensors.info": "new name.safetensors.info", "x.y.odd": "new name.odd",
    }  # fmt: skip
    assert rename(library, path, "new name") == wanted
    assert rename(library, path, " new name.safetensors ") == wanted
    assert rename(library, path, "new name.ckpt") == wanted
    assert rename(library, path, "v1.5")["x.y.info"] == "v1.5.info"


def test_only_the_case_of_a_name(library: Library, loras: Path) -> None:
    path = family(loras, "ink.safetensors", "ink.png")
    library.scan()
    assert rename(library, path, "INK") == {"ink.safetensors": "INK.safetensors", "ink.png": "INK.png"}


def test_composition_of_a_name(library: Library, loras: Path) -> None:
    path = family(loras, "e\u0301.safetensors", "e\u0301.png")
    library.scan()
    assert rename(library, path, "\u00e9")["e\u0301.png"] == "\u00e9.png"


def test_a_taken_name_is_refused(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png")
    family(loras, "y.safetensors")
    (loras / "z.info").write_bytes(b"{}")
    library.scan()
    (one,) = look(library, path)
    for name in ("y", "z"):
        plan = plan_rename(one, name, library.roots)
        assert plan.is_empty and plan.refused[0].text == "The name is taken there."
    plan = plan_rename(one, "x", library.roots)
    assert plan.is_empty and plan.refused[0].text == "It has this name already."


def test_names_that_run_into_a_longer_stem(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.preview.png")
    family(loras, "y.preview.safetensors")
    library.scan()
    (one,) = look(library, path)
    assert plan_rename(one, "y", library.roots).refused


def test_names_are_made_safe_and_that_is_told(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors")
    library.scan()
    (one,) = look(library, path)
    plan = plan_rename(one, "what: a <name>?", library.roots)
    assert only(plan).new_path == str(loras / "what_ a _name__.safetensors") and "every system" in plan.warnings[0]
    assert only(plan_rename(one, "con", library.roots)).new_path == str(loras / "_con.safetensors")
    for name in ("", " ", "..", ".safetensors", "a/b", "a\\b", "\u200b", "~utorrentpartfile_1"):
        with pytest.raises(FolderFault):
            plan_rename(one, name, library.roots)


def test_the_longest_file_of_the_family_must_fit(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.safetensors.sha256")
    library.scan()
    (one,) = look(library, path)
    fits = "ü" * ((255 - len(".safetensors.sha256")) // 2)
    assert only(plan_rename(one, fits, library.roots))
    plan = plan_rename(one, fits + "y", library.roots)
    assert plan.is_empty and plan.refused[0].text == "The name is 1 byte too long."
    assert plan.refused[0].tone == "bad"


def test_numbered_names_are_cut_to_fit(library: Library, loras: Path) -> None:
    stem = "n" * 243
    path = family(loras / "a", f"{stem}.safetensors")
    put(loras / "b" / f"{stem}.safetensors")
    library.scan()
    act = only(plan_move(look(library, path), str(loras / "b"), library.roots))
    assert act.new_path.endswith(" (2).safetensors") and len(os.path.basename(act.new_path)) == 255
    do(plan_move(look(library, path), str(loras / "b"), library.roots))


def test_many_into_one_folder(library: Library, loras: Path) -> None:
    """Names stay apart however they collide, and nothing is lost."""
    for number in range(60):
        family(loras / f"d{number}", f"m{number % 7}.safetensors", f"m{number % 7}.png", mark=f"{number:04}")
    library.scan()
    found = look(library, *sorted(loras.rglob("*.safetensors")))
    before = contents(loras)
    plan = plan_move(found, str(loras / "all"), library.roots)
    do(plan)
    assert contents(loras) == before and len(files(loras / "all")) == 120
    assert len(by_name(plan)) == 7 and len({act.new_path for act in plan.acts}) == 60


def test_roots_that_comfyui_was_not_told_of(library: Library, loras: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    roots = {**library.roots, Root("loras", str(own), "own"): "own"}
    path = family(loras, "x.safetensors")
    library.scan()
    act = only(plan_move(look(library, path), str(own), roots))
    assert act.comfy_after == "" and act.note == "ComfyUI does not look there"
    assert sys.platform == "win32" or act.after == str(own / "x.safetensors")


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="there is no second drive")
def test_to_a_real_other_drive_and_back(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png")
    (loras / "x.gif").symlink_to("x.png")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if os.stat(folder).st_dev == loras.stat().st_dev:
            pytest.skip("it is the same drive")
        second = library.root("loras", Path(folder) / "loras")
        library.scan()
        before = {one.name: (one.lstat().st_mtime_ns, os.path.islink(one) and os.readlink(one)) for one in loras.iterdir()}
        plan = plan_move(look(library, path), str(second / "new"), library.roots)
        assert plan.needs == {str(second): only(plan).size} and only(plan).comfy_after == os.path.join("new", "x.safetensors")
        report = carry_out(library.data, plan, Work())
        assert [one.text for one in report.outcomes] == [""] and files(loras) == set()
        assert (second / "new" / "x.gif").resolve() == loras / "x.png"
        library.scan()
        held_ = carry_out(library.data, plan_delete(look(library, second / "new" / "x.safetensors"), library.roots), Work())
        assert Path(held(library.data)[0].folder).is_relative_to(folder), "it is held on its own drive"
        take_back(library.data, held_.change, Work())
        take_back(library.data, report.change, Work())
        assert {one.name: (one.lstat().st_mtime_ns, os.path.islink(one) and os.readlink(one)) for one in loras.iterdir()} == before
        assert files(second) == set()
