"""Hugging Face's answers as records, GitHub's releases, and which files belong together."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from test_civitai_parts import mangled

from model_manager.core.online.github import release_of
from model_manager.core.online.groups import groups_of, kind_of_path
from model_manager.core.online.hub_parts import base_of_card, entries_of, file_of, kind_of_card, licence_of_card, pictures_of
from model_manager.core.online.plain import name_of_url, name_told
from model_manager.core.online.records import FOLDER, ONE, PG, SPLIT, RemoteFile, Version, X

SAMPLES = Path(__file__).parents[1] / "data/sites"
BASE = "https://huggingface.co/own/name/resolve/main"
INFO = json.loads((SAMPLES / "hf-model.json").read_text("utf-8"))
TREE = json.loads((SAMPLES / "hf-tree.json").read_text("utf-8"))


def file(path: str, **entry: Any) -> RemoteFile:
    return file_of(path, entry, BASE, "")


def version(*paths: str) -> Version:
    return Version("main", files=tuple(file(path) for path in paths))


def test_siblings_and_tree_say_the_same_of_files() -> None:
    siblings, tree = entries_of(INFO["siblings"]), entries_of(TREE)
    assert siblings.keys() == tree.keys() and "vae" not in tree
    for path in siblings:
        one, other = file_of(path, siblings[path], BASE, "loras"), file_of(path, tree[path], BASE, "loras")
        assert (one.size, one.hashes, one.url, one.kind, one.is_model) == (other.size, other.hashes, other.url, other.kind, other.is_model)


def test_files_of_a_repository() -> None:
    found = {path: file_of(path, entry, BASE, kind_of_card(INFO)) for path, entry in entries_of(TREE).items()}
    lora = found["glass_fox_v2.safetensors"]
    assert lora.hashes == {"sha256": "85c8a4de555644a90639eb0fc1593b74e40fa8b3c2968435aeb0021bab66970b"}
    assert (lora.size, lora.is_size_exact, lora.kind, lora.format, lora.virus_scan) == (2097296, True, "loras", "SafeTensor", "Success")
    vae = found["vae/diffusion_pytorch_model.safetensors"]
    assert (vae.kind, vae.below, vae.name, vae.size) == ("vae", "vae", "diffusion_pytorch_model.safetensors", 88)
    assert found["README.md"].hashes == {"git_sha1": "02259bdc80d2cc44cc96720b34182bdb6612c7de"} and not found["README.md"].is_model


def test_what_names_tell() -> None:
    assert file("a b/Wan-Q4_K_M.gguf").variant == "Q4_K_M" and file("a b/x#.gguf").url == f"{BASE}/a%20b/x%23.gguf"
    assert file("x_fp8_e4m3fn.safetensors").precision == "fp8_e4m3fn" and file("x-bf16.safetensors").precision == "bf16"
    assert not file("checkpoint-500/optimizer.pt").is_model and not file("training_args.bin").is_model and file("x.pth").is_model
    assert entries_of([{"rfilename": name} for name in ("../x", "/x", "a//b", "a\\b", "a\nb", "", 5, "ok")]).keys() == {"ok"}


@pytest.mark.parametrize(
    ("below", "kind"),
    [
        ("vae", "vae"),
        ("split_files/diffusion_models", "diffusion_models"),
        ("text_encoder_2", "text_encoders"),
        ("unet", "diffusion_models"),
        ("transformer", "diffusion_models"),
        ("Lora/style", "loras"),
        ("image_encoder", "clip_vision"),
        ("controlnet", "controlnet"),
        ("old/stuff", ""),
        ("", ""),
    ],
)
def test_kind_by_folders(below: str, kind: str) -> None:
    assert kind_of_path(below) == kind


def test_cards() -> None:
    assert base_of_card({"base_model": ["black-forest-labs/FLUX.1-dev"]}) == "Flux.1 D"
    assert base_of_card({"base_model": "own/base-xl"}) == "base-xl" and base_of_card({}) == ""
    assert licence_of_card({"license": "other", "license_name": "own-terms", "license_link": "LICENSE"}) == ("own-terms", "LICENSE")
    assert kind_of_card({"tags": ["base_model:adapter:a/b"]}) == "loras" and kind_of_card({"tags": ["ControlNet"]}) == "controlnet"


def test_pictures_of_a_repository() -> None:
    readme = (
        '![x](./images/two.png)\n<img width="5" src="https://example.org/three.webp?x=1"> ![y](../../etc/passwd.png) ![z](javascript:x.png)'
    )
    found = pictures_of(INFO, readme, ["a/four.JPG", "model.safetensors", "clip.mp4", "images/example.png"], BASE)
    assert [image.url for image in found] == [
        f"{BASE}/images/example.png",
        f"{BASE}/images/two.png",
        "https://example.org/three.webp?x=1",
        f"{BASE}/a/four.JPG",
        f"{BASE}/clip.mp4",
    ]
    assert found[0].prompt == "glass fox" and found[-1].is_video and {image.level for image in found} == {PG}
    assert pictures_of({"tags": ["not-for-all-audiences"]}, "", ["x.png"], BASE)[0].level == X


def test_split_models_belong_together() -> None:
    groups = groups_of(
        version("README.md", "b/m-00002-of-00002.safetensors", "b/m-00001-of-00002.safetensors", "b/m.safetensors.index.json", "x.gguf")
    )
    assert [(group.sort, group.title, [one.name for one in group.files]) for group in groups] == [
        (SPLIT, "m.safetensors", ["m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors", "m.safetensors.index.json"]),
        (ONE, "x.gguf", ["x.gguf"]),
        (ONE, "README.md", ["README.md"]),
    ]


def test_folder_in_diffusers_layout_is_one() -> None:
    paths = [
        "model_index.json",
        "vae/config.json",
        "vae/x.safetensors",
        "text_encoder/x.safetensors",
        "tokenizer/vocab.json",
        "own/config.json",
    ]
    groups = groups_of(version(*paths, "single.safetensors", "extras/y.safetensors", "README.md"))
    folder = groups[0]
    assert folder.sort == FOLDER and [one.id for one in folder.files] == paths
    assert [one.title for one in groups[1:]] == ["single.safetensors", "y.safetensors", "README.md"]
    nested = groups_of(version("a/model_index.json", "a/unet/x.bin", "b/model_index.json", "b/unet/x.bin"))
    assert [(group.title, len(group.files)) for group in nested] == [("a", 2), ("b", 2)]


def test_groups_hold_each_file_once() -> None:
    chance = random.Random(6)
    parts = [
        "model_index.json",
        "vae",
        "unet",
        "m-00001-of-00002.safetensors",
        "m-00002-of-00002.safetensors",
        "a",
        "x.safetensors",
        "config.json",
    ]
    for _ in range(300):
        paths = {"/".join(chance.choices(parts, k=chance.randint(1, 3))) for _ in range(12)}
        told = [one.id for group in groups_of(version(*paths)) for one in group.files]
        assert sorted(told) == sorted(paths)


def test_release() -> None:
    asset = {"name": "4x.pth", "browser_download_url": "https://github.com/o/r/releases/download/v1/4x.pth", "size": 5, "state": "uploaded"}
    raw = {
        "tag_name": "v1",
        "name": "One",
        "body": "text",
        "assets": [{**asset, "digest": f"sha256:{'AB' * 32}"}, {**asset, "state": "new"}, None],
    }
    offer = release_of(raw, "o/r")
    (only,) = offer.versions[0].files
    assert (only.name, only.size, only.hashes, only.is_model, offer.chosen) == ("4x.pth", 5, {"sha256": "ab" * 32}, True, "v1")
    assert release_of({}, "o/r").versions[0].barred


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="x y.safetensors"', "x y.safetensors"),
        ("attachment; filename=x.safetensors; size=5", "x.safetensors"),
        ("attachment; filename=\"a.bin\"; filename*=UTF-8''%E6%97%A5.safetensors", "日.safetensors"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\x\\\\y.pt"', "y.pt"),
        ("inline", ""),
        ('attachment; filename="' + "x" * 5000, ""),
    ],
)
def test_names_in_headers(header: str, name: str) -> None:
    assert name_told(header) == name


def test_names_in_addresses() -> None:
    signed = "https://s3/bucket/0123?response-content-disposition=attachment%3B%20filename%3D%22glass.safetensors%22"
    assert (
        name_of_url(signed) == "glass.safetensors"
        and name_of_url("https://x/a%20b.pth?x=1") == "a b.pth"
        and name_of_url("https://[::1") == ""
    )


def test_anything_else_is_taken_without_complaint() -> None:
    chance = random.Random(7)
    for _ in range(500):
        info, tree = mangled(INFO, chance), mangled(TREE, chance)
        about = info if isinstance(info, dict) else {}
        card = about.get("cardData") if isinstance(about.get("cardData"), dict) else {}
        files = tuple(
            file_of(path, entry, BASE, kind_of_card(about))
            for path, entry in (entries_of(tree) | entries_of(about.get("siblings"))).items()
        )
        assert sum(len(group.files) for group in groups_of(Version("main", files=files))) == len(files)
        base_of_card(card)
        licence_of_card(card)
        pictures_of(about, "![", [one.id for one in files], BASE)
        release_of(about, "o/r")
