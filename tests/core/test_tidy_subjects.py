"""What a plan is about: whole families, never a sibling's files, the real place behind links, and why something cannot be touched."""

import os
import shutil
from pathlib import Path

import pytest
from library_case import Library, put
from tidy_case import family, ids, look, look_all

from model_manager.core.tidy.subjects import subjects

EVERYTHING = (
    *("x.info", "x.json", "x.metadata.json", "x.cm-info.json", "x.civitai.info", "x.md", "x.txt", "x.description.txt", "x.preview.png"),
    *("x.png", "x.webp", "x.mp4", "x.preview.webm", "x.yaml", "x.anything", "x.safetensors.info", "x.safetensors.sha256", "x.PNG"),
)


def test_the_whole_family_and_nothing_else(library: Library) -> None:
    loras = library.root()
    path = family(loras, "x.safetensors", *EVERYTHING)
    family(loras, "x.v2.safetensors", "x.v2.png", "x.v2.yaml", "x.v2.preview.png")
    for name in ("xx.png", "x", "y.png", "x.part", "x.safetensors.part", "x2.info", "X.info"):
        (loras / name).write_bytes(b"other")
    (loras / "x.folder").mkdir()
    library.scan()
    (one,) = look(library, path)
    assert one.names[0] == "x.safetensors"
    assert set(one.names) == {"x.safetensors", *EVERYTHING}
    assert (one.shares, one.shared) == ((), ())
    assert one.real == str(path) and one.kind == "loras" and one.root == str(loras) and not one.is_link
    assert one.size == path.stat().st_size and one.mtime_ns == path.stat().st_mtime_ns
    assert sum(one.sizes) == sum((loras / name).stat().st_size for name in one.names)
    (other,) = look(library, loras / "x.v2.safetensors")
    assert set(other.names) == {"x.v2.safetensors", "x.v2.png", "x.v2.yaml", "x.v2.preview.png"}


def test_two_models_of_one_stem_know_what_they_share(library: Library) -> None:
    loras = library.root()
    path = family(loras, "x.safetensors", "x.png", "x.yaml", "x.safetensors.info")
    family(loras, "x.pt", mark="other")
    library.scan()
    one, other = look(library, path, loras / "x.pt")
    assert one.shares == ("x.pt",) and set(one.shared) == {"x.png", "x.yaml"} and one.own == ("x.safetensors", "x.safetensors.info")
    assert other.shares == ("x.safetensors",) and set(other.own) == {"x.pt"}


def test_by_id_and_by_path_are_one(library: Library) -> None:
    loras = library.root()
    paths = [family(loras / f"f{number % 3}", f"m{number}.safetensors", f"m{number}.png") for number in range(450)]
    library.scan()
    found, refused = subjects(library.path, ids(library, *paths), [str(paths[0])])
    assert not refused and [one.real for one in found] == [str(path) for path in paths]
    assert all(len(one.names) == 2 for one in found)


def test_no_wish_is_no_model(library: Library) -> None:
    family(library.root(), "x.safetensors")
    library.scan()
    assert subjects(library.path, None) == ([], []) and subjects(library.path, [], []) == ([], [])


def test_a_linked_folder_is_its_real_place(library: Library, tmp_path: Path) -> None:
    loras, far = library.root(), tmp_path / "far"
    family(far, "x.safetensors", "x.png")
    (loras / "nas").symlink_to(far)
    library.scan()
    (one,) = look(library, loras / "nas" / "x.safetensors")
    assert one.real == str(far / "x.safetensors") and one.path == str(loras / "nas" / "x.safetensors")
    assert one.root == str(loras) and not one.is_link and one.id


def test_a_link_is_the_link_and_its_file_the_file(library: Library) -> None:
    loras, other = library.root(), library.root("checkpoints")
    path = family(loras, "x.safetensors", "x.png")
    link = other / "y.safetensors"
    link.symlink_to(path)
    (other / "y.info").write_bytes(b"{}")
    library.scan()
    (one,) = look(library, link)
    assert one.is_link and one.real == str(link) and one.kind == "checkpoints" and set(one.names) == {"y.safetensors", "y.info"}
    assert one.id == 0 and one.sizes[0] == 0
    (file,) = look(library, path)
    assert not file.is_link and file.id and set(file.names) == {"x.safetensors", "x.png"}
    assert {place.path for place in file.places} == {str(path), str(link)}


def test_what_cannot_be_touched_says_why(library: Library, tmp_path: Path) -> None:
    loras, far = library.root(), tmp_path / "far"
    gone = family(loras / "gone", "g.safetensors")
    family(far, "away.safetensors")
    (loras / "away.safetensors").symlink_to(far / "away.safetensors")
    (loras / "sub").mkdir()
    here = family(loras / "sub", "here.safetensors")
    library.scan()
    numbers = ids(library, gone, loras / "away.safetensors", here)
    shutil.rmtree(gone.parent)
    (far / "away.safetensors").unlink()
    here.unlink()
    found, refused = subjects(library.path, [*numbers, 9999], [str(loras / "never.safetensors"), str(loras)])
    assert found == []
    texts = {one.name: one.text for one in refused}
    assert texts["g.safetensors"] == "Its folder cannot be read: it is not there."
    assert texts["away.safetensors"] == "This link leads nowhere."
    assert texts["here.safetensors"] == "It is not there any more."
    assert "not in the library any more" in texts["a model"]
    assert "no model at" in texts["never.safetensors"] and "no model at" in texts["loras"]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not take")
def test_hostile_names(library: Library) -> None:
    loras = library.root()
    for stem in ("n\u0303 e\u0301", "ñ", "a\nb", "-rf", "tab\there", "emoji 🦊", "x" * 243, " lead", "trail .", "%s{0}", "'\"`$(x)"):
        family(loras, f"{stem}.safetensors", f"{stem}.png")
    library.scan()
    paths = [path for path in loras.iterdir() if path.suffix == ".safetensors"]
    found, refused = look_all(library, *paths)
    assert len(found) == len(paths) == 11 and not refused
    assert all(set(one.names) == {one.file, one.stem + ".png"} for one in found)


def test_a_broken_link_beside_a_model_goes_along(library: Library) -> None:
    loras = library.root()
    path = put(loras / "x.safetensors")
    (loras / "x.png").symlink_to(loras / "nowhere.png")
    library.scan()
    (one,) = look(library, path)
    assert one.names == ("x.safetensors", "x.png") and one.sizes[1] == 0
