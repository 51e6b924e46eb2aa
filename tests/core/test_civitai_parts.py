"""Civitai's objects as records: the shapes of all endpoints, and anything else that may come."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.online.civitai_files import images_of, level_of
from model_manager.core.online.civitai_parts import barred, licence_of, offer_around, offer_of, version_of
from model_manager.core.online.records import PG, R, Version, X

SAMPLES = Path(__file__).parents[1] / "data/sites"
TEST_FILE_B = "85c8a4de555644a90639eb0fc1593b74e40fa8b3c2968435aeb0021bab66970b"
BEFORE, AFTER = datetime(2026, 8, 10, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def test_model_with_several_versions() -> None:
    offer = offer_of(sample("model-multi-version"), chosen=9000302)
    assert (offer.id, offer.name, offer.author, offer.type, offer.kind) == (
        "900030",
        "Glass Fox (sample)",
        "sample_author",
        "LORA",
        "loras",
    )
    assert (offer.chosen, offer.level, offer.is_adult, offer.downloads, offer.likes) == ("9000302", 7, False, 1621, 222)
    assert [version.id for version in offer.versions] == ["9000303", "9000302", "9000301"]
    assert offer.page == "https://civitai.com/models/900030" and offer.tags[:2] == ("animal", "fox")
    assert offer.licence == (
        "You may sell pictures made with it.",
        "It may be used for payment on Civitai.",
        "Merges must keep these terms.",
    )
    assert "modelVersions" not in offer.raw and offer.raw["userId"] == 990001
    second = offer.versions[1]
    assert second.trigger_words == ("glass fox", "translucent fur") and second.base_model == "SDXL 1.0" and second.offer == "900030"
    assert second.page == "https://civitai.com/models/900030?modelVersionId=9000302"
    assert [image.is_video for image in second.images] == [False, True, False]
    assert [(image.id, image.level, image.width) for image in second.images][2] == (9200203, 4, 1024)


def test_files_of_a_version() -> None:
    model, training = offer_of(sample("model-multi-version")).versions[1].files
    assert model.url == "https://civitai.com/api/download/models/9000302?fileId=9100302"
    assert (model.size, model.is_size_exact, model.kind, model.format, model.precision) == (2097296, True, "loras", "SafeTensor", "fp16")
    assert model.hashes["sha256"] == TEST_FILE_B and model.hashes["autov3"] == "91d3beb88a9b" and model.is_primary and model.is_model
    assert not training.is_model and not training.is_primary and training.kind == ""
    _, pickle, vae = offer_of(sample("model-multi-version")).versions[2].files
    assert pickle.pickle_scan == "Danger" and "os.system" in pickle.scan_message and not pickle.is_primary
    assert vae.kind == "vae" and vae.is_model and vae.type == "VAE"


@pytest.mark.parametrize("name", ["version-by-hash", "version-early-access"])
def test_version_alone(name: str) -> None:
    raw = sample(name)
    version, offer = version_of(raw), offer_around(raw)
    assert version.offer == "900030" and version.raw is raw and version.files[0].kind == "loras"
    assert (offer.id, offer.name, offer.chosen, offer.versions) == ("900030", "Glass Fox (sample)", version.id, (version,))


def test_all_shapes_of_a_version_say_the_same() -> None:
    listed = next(offer for raw in sample("models-list")["items"] if (offer := offer_of(raw)).id == "900030")
    shapes = [version_of(sample("version-by-hash")), offer_of(sample("model-multi-version")).versions[1], listed.versions[1]]
    told = [(one.id, one.name, one.base_model, one.trigger_words, one.published, one.page, one.barred, one.files) for one in shapes]
    assert told[0] == told[1] == told[2]


def test_list_with_nulls() -> None:
    for raw in sample("models-list")["items"]:
        offer = offer_of(raw)
        assert offer.id and offer.versions and all(version.files for version in offer.versions)
    assert offer.author == "" and offer.downloads == 0 and offer.versions[0].files[0].hashes == {} and not offer.versions[0].images


def test_hosts_of_download_addresses_are_never_believed() -> None:
    for raw in filter(None, sample("by-hash-batch")["response"]["body"]):
        assert all(file.url.startswith("http://mirror/api/download/models/90003") for file in version_of(raw, "http://mirror").files)
    other = {
        "id": 5,
        "files": [{"id": 7, "name": "x.vae.pt", "type": "VAE", "downloadUrl": "//civitai.com/api/download/models/99?type=VAE"}],
    }
    assert version_of(other).files[0].url == "https://civitai.com/api/download/models/99?fileId=7"
    bare = {"id": 5, "files": [{"name": "x.pt", "downloadUrl": "https://undefined/api/download/models/5?type=VAE&token=SECRET"}]}
    assert version_of(bare).files[0].url == "https://civitai.com/api/download/models/5?type=VAE"


def test_primary_is_chosen_as_the_site_would_where_none_is_marked() -> None:
    files = [
        {"id": 1, "name": "a.ckpt", "type": "Model", "metadata": {"format": "PickleTensor"}},
        {"id": 2, "name": "b.zip", "type": "Training Data", "primary": True},
        {"id": 3, "name": "c.safetensors", "type": "Model", "metadata": {"format": "SafeTensor", "fp": "fp32", "size": "full"}},
        {"id": 4, "name": "d.safetensors", "type": "Pruned Model", "metadata": {"format": "SafeTensor", "fp": "FP16", "size": "pruned"}},
    ]
    assert [file.is_primary for file in version_of({"id": 5, "files": files}).files] == [False, False, False, True]


@pytest.mark.parametrize(
    ("raw", "start"),
    [
        ({"usageControl": "Generation"}, "The creator has turned downloads off"),
        ({"paidAccess": {"permanent": True, "endsAt": None}}, "The creator asks for payment"),
        ({"paidAccess": {"permanent": False, "endsAt": "2026-08-15T12:00:00.000Z"}}, "Early access until 2026-08-15"),
        ({"earlyAccessDeadline": "2026-08-15T12:00:00.000Z"}, "Early access until 2026-08-15"),
        ({"earlyAccessEndsAt": "2026-08-15"}, "Early access until 2026-08-15"),
        ({"availability": "EarlyAccess"}, "Early access:"),
        ({"status": "Draft"}, "It is not published"),
        ({"usageControl": "Download", "paidAccess": None, "status": "Published", "availability": "Public"}, ""),
        ({"earlyAccessEndsAt": "soon", "paidAccess": [], "usageControl": None}, ""),
    ],
)
def test_what_bars_a_version(raw: dict[str, Any], start: str) -> None:
    found = barred(raw, now=BEFORE)
    assert found.startswith(start) and bool(found) == bool(start)
    if "until" in start:
        assert barred(raw, now=AFTER) == ""


def test_archived_and_taken_down() -> None:
    for mode, word in (("Archived", "archived"), ("TakenDown", "taken down")):
        offer = offer_of({"id": 5, "mode": mode, "modelVersions": [{"id": 6, "files": []}]})
        assert word in offer.notice and offer.versions[0].barred == offer.notice
    assert offer_of({"id": 5, "modelVersions": [{"id": 6}]}).versions[0].barred


def test_pages_of_what_is_for_adults_are_on_the_whole_site() -> None:
    offer = offer_of({"id": 5, "nsfw": True, "modelVersions": [{"id": 6, "nsfwLevel": 24}]})
    assert offer.page == "https://civitai.red/models/5" and offer.versions[0].page == "https://civitai.red/models/5?modelVersionId=6"
    assert offer_of({"id": 5, "nsfw": True}, "http://mirror").page == "http://mirror/models/5"


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (1, PG),
        (31, 31),
        (0, 0),
        (-3, 0),
        (4096, 0),
        ("None", PG),
        ("Mature", R),
        ("X", X),
        (True, X),
        (False, PG),
        (None, 0),
        ("?", 0),
        ([], 0),
    ],
)
def test_levels(value: object, level: int) -> None:
    assert level_of(value) == level


def test_pictures_of_the_list_of_images() -> None:
    still, video, third = images_of(sample("images")["items"])
    assert (still.id, still.level, still.prompt[:9], still.is_video) == (9200201, 1, "glass fox", False)
    assert (video.is_video, video.level, third.level) == (True, 2, 4)
    odd = [
        {"url": "//image.civitai.com/a/b/width=450/77.jpeg", "metadata": {"width": 5, "height": 6}, "meta": {"meta": {"prompt": "p"}}},
        {"url": "javascript:alert(1)"},
        {"url": "https://x/y.mp3", "type": "audio"},
        {"url": "https://x/y.webm", "poi": True},
        None,
    ]
    first, last = images_of(odd)
    assert (first.url, first.id, first.width, first.height, first.prompt) == (
        "https://image.civitai.com/a/b/width=450/77.jpeg",
        77,
        5,
        6,
        "p",
    )
    assert last.is_video and last.is_delicate


@pytest.mark.parametrize(
    ("raw", "licence"),
    [
        ({}, ()),
        ({"allowCommercialUse": []}, ("No commercial use.",)),
        ({"allowCommercialUse": "None"}, ("No commercial use.",)),
        ({"allowCommercialUse": "{Image,Sell}"}, ("You may sell pictures made with it.", "You may sell it and merges of it.")),
        ({"allowNoCredit": False, "allowDerivatives": False}, ("Name the creator when you use it.", "Do not share merges made with it.")),
        ({"allowNoCredit": None, "allowCommercialUse": None, "allowDerivatives": "no"}, ()),
    ],
)
def test_licences_in_plain_sentences(raw: dict[str, Any], licence: tuple[str, ...]) -> None:
    assert licence_of(raw) == licence


def mangled(value: Any, chance: random.Random) -> Any:
    """The same JSON with some of its values replaced by anything."""
    if chance.random() < 0.08:
        odd = [None, True, -1, 1e308, float("nan"), 10**30, "", "\ud800x", "9" * 5000, [], {}, [None], [[]], {"id": "x"}, "https://[::1"]
        return chance.choice(odd)
    if isinstance(value, dict):
        return {key: mangled(one, chance) for key, one in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [mangled(one, chance) for one in value]
    return value


def test_anything_else_is_taken_without_complaint() -> None:
    chance = random.Random(5)
    shapes = [
        sample("model-multi-version"),
        *sample("models-list")["items"],
        sample("version-by-hash"),
        {"modelVersions": [sample("version-by-hash")]},
    ]
    for _ in range(800):
        raw = mangled(chance.choice(shapes), chance)
        for offer in (offer_of(raw), offer_around(raw)):
            assert all(isinstance(version, Version) for version in offer.versions)
            for version in offer.versions:
                assert sum(file.is_primary for file in version.files) <= 1
                assert all(file.url.startswith("https://civitai.com/api/download/models/") and file.size >= 0 for file in version.files)
