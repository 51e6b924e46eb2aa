"""Previews of one model as full paths, and what sort of picture a name promises."""

import os

import pytest

from model_manager.core.library.entry import Facts, Family, Preview
from model_manager.core.previews.find import MOST_EMBEDDED, preview_sort, previews_of
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import PREVIEWS, STILLS, VIDEOS

FOLDER = os.path.join(os.sep, "models", "loras")


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        *(("a.preview.png", "still"), ("a.b.JPEG", "still"), ("a.webp", "still"), ("a.example.0.jpeg", "still"), ("a.jxl", "still")),
        *(("a.gif", "animated"), ("a.preview.GIF", "animated"), ("a.apng", "animated")),
        *(("a.mp4", "video"), ("a.preview.webm", "video"), ("a.WEBM", "video"), ("noextension", "still")),
    ],
)
def test_sort(name: str, sort: str) -> None:
    assert preview_sort(name) == sort


def test_every_suffix_has_a_sort() -> None:
    assert {preview_sort("x" + suffix) for suffix in VIDEOS} == {"video"}
    assert {preview_sort("x" + suffix) for suffix in STILLS} == {"still", "animated"}
    assert len(set(PREVIEWS)) == len(PREVIEWS)


def test_beside_then_inside() -> None:
    family = families(["m.safetensors"], ["m.mp4", "m.webp", "m.gif", "m.safetensors"])["m.safetensors"]
    found = previews_of(FOLDER, "m.safetensors", family, Facts(covers=2))
    assert found == (
        Preview(os.path.join(FOLDER, "m.webp"), "still"),
        Preview(os.path.join(FOLDER, "m.gif"), "animated"),
        Preview(os.path.join(FOLDER, "m.mp4"), "video"),
        Preview(os.path.join(FOLDER, "m.safetensors"), "embedded", 0),
        Preview(os.path.join(FOLDER, "m.safetensors"), "embedded", 1),
    )


def test_none_and_too_many() -> None:
    assert previews_of(FOLDER, "m.safetensors", Family(), Facts()) == ()
    assert previews_of(FOLDER, "m.safetensors", Family(), Facts(covers=-3)) == ()
    assert len(previews_of(FOLDER, "m.safetensors", Family(), Facts(covers=10**9))) == MOST_EMBEDDED


def test_folder_with_separator_at_its_end() -> None:
    found = previews_of(os.sep, "m.pt", Family((), ("m.png",)), Facts())
    assert found[0].path == os.sep + "m.png"
