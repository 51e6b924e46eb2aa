"""The category table and what counts as a model."""

import pytest

from model_manager.core.library import kinds


def test_core_order_is_comfyuis() -> None:
    core = [kind.name for kind in kinds.KINDS.values() if kind.is_core]
    assert core[:7] == ["checkpoints", "configs", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision"]
    assert core[7:14] == ["style_models", "embeddings", "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models"]
    assert core[14:] == ["custom_nodes", "hypernetworks", "photomaker", "classifiers", "model_patches", "audio_encoders"]


def test_folders_with_two_places_keep_comfyuis_order() -> None:
    assert kinds.KINDS["diffusion_models"].folders == ("models/unet", "models/diffusion_models")
    assert kinds.KINDS["text_encoders"].folders == ("models/text_encoders", "models/clip")
    assert kinds.KINDS["controlnet"].folders == ("models/controlnet", "models/t2i_adapter")


def test_hidden_ones() -> None:
    assert {kind.name for kind in kinds.KINDS.values() if kind.is_hidden} == {"configs", "custom_nodes", "datasets", "fonts"}


def test_labels() -> None:
    assert (kinds.label("loras"), kinds.label_one("loras")) == ("LoRAs", "LoRA")
    assert (kinds.label("my_own_models"), kinds.label_one("my_own_models")) == ("my own models", "my own models")
    assert kinds.label("___") == "___"


def test_legacy_names() -> None:
    assert kinds.current_name("unet") == "diffusion_models"
    assert kinds.current_name("clip") == "text_encoders"
    assert kinds.current_name("t2i_adapter") == "t2i_adapter"


@pytest.mark.parametrize(
    ("kind", "name", "listed", "model"),
    [
        ("loras", "x.safetensors", True, True),
        ("loras", "X.SAFETENSORS", True, True),
        ("loras", "x.sft", True, True),
        ("loras", "x.gguf", False, True),
        ("unet", "x.gguf", False, True),
        ("loras", "x", False, False),
        ("loras", ".safetensors", False, False),
        ("loras", "x.safetensors.part", False, False),
        ("loras", "x.png", False, False),
        ("loras", "x.v2.pt", True, True),
        ("loras", ".hidden.safetensors", True, True),
        ("loras", "._x.safetensors", True, False),
        ("configs", "v1.yaml", True, False),
        ("configs", "x.safetensors", False, False),
        ("classifiers", "gender", True, True),
        ("classifiers", "x.pt", False, True),
        ("classifiers", "put_classifiers_here", True, False),
        ("classifiers", ".gitignore", True, False),
        ("classifiers", "LICENSE", True, False),
        ("diffusers", "model.safetensors", False, False),
        ("diffusers", "x.folder", False, False),
        ("my_nodes", "x.onnx", True, True),
        ("my_nodes", "x.json", True, False),
        ("my_nodes", "readme", True, False),
        ("my_nodes", "x.safetensors.crdownload", True, False),
        ("ipadapter", "x.bin", True, True),
        ("upscale_models", "x.pth", True, True),
        ("upscale_models", "x.engine", False, True),
        ("detection", "x.onnx", False, True),
        ("fonts", "x.ttf", True, False),
    ],
)
def test_what_is_listed_and_what_is_a_model(kind: str, name: str, listed: bool, model: bool) -> None:
    assert kinds.is_listed(kind, name) is listed
    assert kinds.is_model(kind, name) is model


@pytest.mark.parametrize(
    "name",
    [
        "x.safetensors.part",
        "x.part.dl-meta",
        "x.safetensors.downloading",
        "x.safetensors.download",
        "x.safetensors.aria2",
        "x.safetensors.aria2__temp",
        "Unconfirmed 12.crdownload",
        "3f2a.incomplete",
        "x.safetensors.1234.tmp",
        ".mm-0a1b2c.tmp",
        "x.safetensors.!qB",
        "x.opdownload",
        "x.partial",
        "~uTorrentPartFile_1A.dat",
        ".syncthing.x.safetensors.tmp",
        "X.PART",
    ],
)
def test_partials(name: str) -> None:
    assert kinds.is_partial(name)
    assert not kinds.is_model("my_nodes", name)


@pytest.mark.parametrize("name", ["x.safetensors", "part.safetensors", "x.part1.gguf", "download", "tmp.pt", "a.tmp.ckpt"])
def test_whole_files(name: str) -> None:
    assert not kinds.is_partial(name)


@pytest.mark.parametrize(
    "name", [".git", ".lm-pending-delete", "__MACOSX", ".model-manager-trash", "$RECYCLE.BIN", ".Trash-1000", "x.safetensors.download"]
)
def test_ignored_folders(name: str) -> None:
    assert kinds.is_ignored_folder(name)


@pytest.mark.parametrize("name", ["git", ".hidden", "trash", "download", ".github", "loras"])
def test_folders_looked_into(name: str) -> None:
    assert not kinds.is_ignored_folder(name)


def test_diffusers_folder() -> None:
    assert kinds.is_diffusers_folder(["model_index.json", "scheduler"])
    assert not kinds.is_diffusers_folder(["config.json"])
