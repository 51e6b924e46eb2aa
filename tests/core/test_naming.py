"""Sub-folders by templates, safe names for what sites call their files, and what --to means."""

import os
import random
import string
from dataclasses import replace

import pytest

from model_manager.core.errors import FolderFault
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, Offer, RemoteFile, Version, X
from model_manager.core.tasks.naming import file_name, parse_target, safe_part, subfolder, template_problem

OFFER = Offer(CIVITAI, "1", "Glass Fox", author="me/you", type="LORA", tags=("fox", "Style", "animal"))
VERSION = Version("2", "v1.0", base_model="SDXL 1.0", level=1)


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("", ""),
        ("{base_model}", "SDXL 1.0"),
        ("{base_model}/{author}", "SDXL 1.0/me_you"),
        ("{type}/{name}_{version}", "LoRA/Glass Fox_v1.0"),
        ("{tag}\\x", "Style/x"),
        ("{adult}/{base_model}", "SDXL 1.0"),
        ("from {site}", "from Civitai"),
        (" /./{base_model} / ", None),
        ("./{base_model}//.", "SDXL 1.0"),
    ],
)
def test_templates(template: str, wanted: str | None) -> None:
    if wanted is None:
        with pytest.raises(FolderFault):
            subfolder(template.strip(), OFFER, VERSION, "loras")
    else:
        assert subfolder(template, OFFER, VERSION, "loras") == wanted.replace("/", os.sep)


def test_empty_values_make_no_folder() -> None:
    bare = replace(OFFER, author="", tags=())
    assert subfolder("by {author}/{tag}/x {base_model}", bare, VERSION, "loras") == os.path.join("x SDXL 1.0")
    assert subfolder("{adult}", replace(OFFER, is_adult=True), VERSION, "loras") == "adult"
    assert subfolder("{adult}", OFFER, replace(VERSION, level=X), "loras") == "adult"


@pytest.mark.parametrize(
    "template", ["{modle}", "{base_model", "base}", "{}", "{a b}", "../x", "a/ .. /b", "/x", "C:\\x", "{name}/../../x"]
)
def test_templates_that_are_not_right_are_told_in_a_sentence(template: str) -> None:
    assert template_problem(template).endswith(".")
    with pytest.raises(FolderFault):
        subfolder(template, OFFER, VERSION, "loras")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a/b\\c:d", "a_b_c_d"),
        ("..", ""),
        ("../../etc", "_.._etc"),
        ("CON", "_CON"),
        ("nul.safetensors", "_nul.safetensors"),
        (" . x . ", "x"),
        ("a\u202e\u200bb\x00c\nd", "ab_c d"),
        (".git", "git"),
        ("__pycache__", "___pycache__"),
        ("e\u0301", "é"),
        ("\ud800", "_"),
        ("", ""),
    ],
)
def test_one_part_of_a_path(text: str, wanted: str) -> None:
    assert safe_part(text) == wanted


def test_no_text_makes_a_part_that_leads_elsewhere() -> None:
    chance = random.Random(8)
    letters = string.printable + "日é\u202e\ud800./\\:"
    for _ in range(3_000):
        part = safe_part("".join(chance.choices(letters, k=chance.randint(0, 150))))
        assert not set(part) & set('<>:"/\\|?*\0\n') and part not in (".", "..") and len(os.fsencode(part)) <= 101
        assert part == part.strip() and not part.endswith(".")


def file(name: str, **fields: object) -> RemoteFile:
    return RemoteFile(**{"id": "5", "name": name, "url": "u", "format": "SafeTensor", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "wanted", "result"),
    [
        ("glass_fox_v1.5.safetensors", "", "glass_fox_v1.5.safetensors"),
        ("../../glass:fox?.safetensors", "", "_.._glass_fox_.safetensors"),
        ("con.safetensors", "", "_con.safetensors"),
        ("model v1.5", "", "model v1.5.safetensors"),
        (".safetensors", "", "safetensors.safetensors"),
        ("x.safetensors", "my fox", "my fox.safetensors"),
        ("x.safetensors", "fox v1.5", "fox v1.5.safetensors"),
        ("x.safetensors", "fox.ckpt", "fox.safetensors"),
        ("x.SAFETENSORS", "fox", "fox.SAFETENSORS"),
        ("x.gguf", "a/b", "a_b.gguf"),
        ("???.safetensors", "", "___.safetensors"),
        ("\u200b.safetensors", "", "Glass Fox.safetensors"),
    ],
)
def test_file_names(name: str, wanted: str, result: str) -> None:
    assert file_name(OFFER, VERSION, file(name), wanted) == result


def test_long_names_leave_room_for_what_stands_behind_them() -> None:
    name = file_name(OFFER, VERSION, file("日" * 300 + ".safetensors"))
    assert name.endswith("日.safetensors") and len(os.fsencode(name)) <= 215


def test_files_of_one_name_are_told_apart() -> None:
    files = (
        file("fox.safetensors", id="1", is_primary=True, variant="pruned"),
        file("fox.safetensors", id="2", variant="full", precision="fp16"),
        file("fox.safetensors", id="3", variant="full", precision="fp32"),
        file("fox.safetensors", id="4", variant="full", precision="fp32"),
    )
    version = replace(VERSION, files=files)
    assert [file_name(OFFER, version, one) for one in files] == [
        "fox pruned.safetensors",
        "fox fp16.safetensors",
        "fox 3.safetensors",
        "fox 4.safetensors",
    ]


def test_names_that_say_nothing_get_that_of_their_repository() -> None:
    repo = Offer(HUGGING_FACE, "own/tiny", "tiny")
    assert file_name(repo, VERSION, file("diffusion_pytorch_model.fp16.safetensors", below="a/vae")) == "tiny_vae.fp16.safetensors"
    assert file_name(repo, VERSION, file("pytorch_lora_weights.safetensors")) == "tiny.safetensors"
    assert file_name(repo, VERSION, file("real-name.safetensors", below="vae")) == "real-name.safetensors"
    assert file_name(repo, VERSION, file("model.safetensors"), "mine") == "mine.safetensors"


@pytest.mark.parametrize(
    ("text", "kind", "below"),
    [
        ("loras", "loras", None),
        ("LoRAs/style/x", "loras", os.path.join("style", "x")),
        ("unet", "diffusion_models", None),
        ("clip/", "text_encoders", ""),
        ("Stable-diffusion", "checkpoints", None),
        ("LLM\\a b.", "LLM", "a b"),
        ("vae//x/.", "vae", "x"),
    ],
)
def test_targets(text: str, kind: str, below: str | None) -> None:
    assert parse_target(text) == (kind, below)


@pytest.mark.parametrize("text", ["", "lorass", "loras/../x", "/loras", "C:\\loras", "../loras", "custom_nodes", "configs/x", "other/.."])
def test_targets_that_are_not_right(text: str) -> None:
    with pytest.raises(FolderFault) as fault:
        parse_target(text)
    assert ("loras" in fault.value.text) == (text in ("", "lorass", "custom_nodes", "configs/x"))
