"""Whose a file is: the longest exact stem, in every spelling the field has."""

import unicodedata

import pytest

from model_manager.core.library.entry import Family
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import PREVIEWS, SIDECARS, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.b.safetensors", "a.b"), ("a", "a"), (".safetensors", ".safetensors"), ("ends..ckpt", "ends."), ("a.", "a"), ("", "")],
)
def test_stem(name: str, stem: str) -> None:
    assert stem_of(name) == stem


def test_every_known_suffix_belongs_to_its_model_in_order() -> None:
    files = ["m" + suffix for suffix in reversed(SIDECARS + PREVIEWS)]
    found = families(["m.safetensors"], ["m.safetensors", *files])["m.safetensors"]
    assert found.sidecars == tuple("m" + suffix for suffix in SIDECARS)
    assert found.previews == tuple("m" + suffix for suffix in PREVIEWS)


def test_preview_order() -> None:
    names = [
        "m.webm",
        "m.gif",
        "m.jpg",
        "m.preview.jpg",
        "m.png",
        "m.preview.webp",
        "m.preview.png",
        "m.preview.mp4",
        "m.webp",
        "m.example.0.jpeg",
    ]
    expected = [
        "m.preview.png",
        "m.preview.webp",
        "m.preview.jpg",
        "m.png",
        "m.webp",
        "m.jpg",
        "m.gif",
        "m.example.0.jpeg",
        "m.preview.mp4",
        "m.webm",
    ]
    assert families(["m.ckpt"], names)["m.ckpt"].previews == tuple(expected)


@pytest.mark.parametrize("suffix", [".preview.png", ".png", ".info", ".civitai.info", ".md", ".metadata.json", ".description.txt"])
def test_longer_stem_owns(suffix: str) -> None:
    found = families(["foo.safetensors", "foo.v2.safetensors"], ["foo.v2" + suffix])
    assert found["foo.safetensors"] == Family()
    assert "foo.v2" + suffix in found["foo.v2.safetensors"].sidecars + found["foo.v2.safetensors"].previews


@pytest.mark.parametrize(
    "name", ["foo.v3.preview.png", "foobar.png", "foo2.info", "foo.safetensors.png", "foo-.md", "fo.md", "foo.0.jpeg", "foo", "foo.yaml"]
)
def test_nobodys_files(name: str) -> None:
    assert families(["foo.safetensors"], [name])["foo.safetensors"] == Family()


def test_prefixes_of_each_other() -> None:
    models = ["a.safetensors", "a.b.safetensors", "a.b.c.safetensors"]
    found = families(models, ["a.png", "a.b.png", "a.b.c.png", "a.b.c.d.png", "a.info", "a.b.preview.png"])
    assert [family.previews for family in found.values()] == [("a.png",), ("a.b.preview.png", "a.b.png"), ("a.b.c.png",)]
    assert found["a.safetensors"].sidecars == ("a.info",)


def test_model_named_like_a_suffix() -> None:
    models = ["x.safetensors", "x.preview.safetensors", "x.civitai.ckpt", "x.example.pt"]
    found = families(models, ["x.preview.png", "x.civitai.info", "x.example.0.jpeg", "x.preview.preview.png", "x.metadata.json"])
    assert found["x.preview.safetensors"] == Family((), ("x.preview.preview.png", "x.preview.png"))
    assert found["x.civitai.ckpt"] == Family(("x.civitai.info",), ())
    assert found["x.safetensors"] == Family(("x.metadata.json",), ("x.example.0.jpeg",))
    assert found["x.example.pt"] == Family()


def test_full_file_name_info() -> None:
    models = ["foo.v2.safetensors", "foo.v2.ckpt", "foo.safetensors"]
    found = families(models, ["foo.v2.info", "foo.v2.safetensors.info", "foo.v2.md", "foo.safetensors.INFO"])
    assert found["foo.v2.safetensors"].sidecars == ("foo.v2.info", "foo.v2.safetensors.info", "foo.v2.md")
    assert found["foo.v2.ckpt"].sidecars == ("foo.v2.info", "foo.v2.md")
    assert found["foo.safetensors"].sidecars == ("foo.safetensors.INFO",)


def test_full_file_name_info_that_is_another_models_stem() -> None:
    found = families(["a.pt", "a.pt.safetensors"], ["a.pt.info"])
    assert found["a.pt"] == Family()
    assert found["a.pt.safetensors"].sidecars == ("a.pt.info",)


def test_shared_stem_shares_the_family() -> None:
    models = ["x.ckpt", "x.safetensors", "y.safetensors"]
    found = families(models, ["x.png", "x.info", "y.png"])
    assert found["x.ckpt"] == found["x.safetensors"] == Family(("x.info",), ("x.png",))


def test_case_of_suffixes() -> None:
    found = families(["m.safetensors"], ["m.PNG", "m.png", "m.Preview.Png", "m.INFO", "M.info", "M.png"])["m.safetensors"]
    assert found.previews == ("m.Preview.Png", "m.png", "m.PNG")
    assert found.sidecars == ("m.INFO",)


def test_model_is_never_a_sidecar() -> None:
    found = families(["x", "x.txt", "x.png"], ["x", "x.txt", "x.png", "x.md"])
    assert found["x"] == Family(("x.md",), ())


def test_composed_and_decomposed_names_are_two_models() -> None:
    composed, decomposed = unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café")
    found = families([composed + ".safetensors", decomposed + ".safetensors"], [decomposed + ".png", composed + ".md"])
    assert found[composed + ".safetensors"] == Family((composed + ".md",), ())
    assert found[decomposed + ".safetensors"] == Family((), (decomposed + ".png",))


@pytest.mark.parametrize(
    "stem",
    [
        "[v1] {x} (2)",
        "a" * 250,
        "日本語",
        "emoji 🦊",
        "line\nbreak",
        "ends with dot.",
        " space ",
        "nul.txt",
        "." * 60 + "a",
        "preview",
        ".hidden",
    ],
)
def test_odd_stems(stem: str) -> None:
    found = families([stem + ".safetensors"], [stem + ".preview.png", stem + ".txt", "other.png"])
    assert found[stem + ".safetensors"] == Family((stem + ".txt",), (stem + ".preview.png",))


def test_many_dots_belong_to_nobody() -> None:
    assert families(["a.safetensors"], ["a" + ".b" * 120 + ".png"])["a.safetensors"] == Family()
    assert families([], ["a.png"]) == {}
