"""From an offer to a plan: the folder by the header, names that are free, what is here already, room, what belongs together."""

import json
import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from intake_case import VAE, lora, tensors, unknown
from test_civitai_parts import mangled
from web_case import Site, reply, site

from model_manager.core.errors import BadLink, FolderFault, Refused
from model_manager.core.files.destinations import Destination, destinations
from model_manager.core.formats.write import gguf_bytes, safetensors_bytes, torch_zip_bytes
from model_manager.core.library.entry import Facts
from model_manager.core.library.roots import collect
from model_manager.core.online.civitai_parts import offer_of
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.hub_parts import file_of
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import Sites
from model_manager.core.online.packing import from_plain, to_plain
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, Group, Image, Link, Offer, RemoteFile, Version
from model_manager.core.online.web import Web
from model_manager.core.paths import path_key
from model_manager.core.tasks.proposals import (
    ASK,
    BARRED,
    BOTH,
    HERE,
    READY,
    STUCK,
    Options,
    Proposal,
    chosen_groups,
    chosen_version,
    download_payload,
    options_for,
    proposals_for,
    propose,
)
from model_manager.core.tasks.remote_facts import MOST, remote_facts

SAMPLE = json.loads((Path(__file__).parents[1] / "data/sites/model-multi-version.json").read_text("utf-8"))
del SAMPLE["modelVersions"][0]["earlyAccessDeadline"]
SAMPLE["modelVersions"][0]["paidAccess"] = {"permanent": True, "endsAt": None}  # whatever the date is
SHA = "ab" * 32
FILE = RemoteFile(
    "7", "fox.safetensors", "http://x/7", size=1000, format="SafeTensor", hashes={"sha256": SHA}, is_primary=True, kind="loras"
)
VERSION = Version("2", "v1", base_model="SDXL 1.0", files=(FILE,))
OFFER = Offer(CIVITAI, "1", "Fox", author="me", type="LORA", kind="loras", versions=(VERSION,))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    top = tmp_path / "ComfyUI/models"
    for name in ("checkpoints", "loras", "vae", "unet", "diffusion_models", "text_encoders", "upscale_models"):
        (top / name).mkdir(parents=True)
    (top.parent / "main.py").touch()
    return top


@pytest.fixture
def found(models: Path) -> list[Destination]:
    return destinations(collect([str(models.parent)]))


def plan(
    found: list[Destination],
    files: tuple[RemoteFile, ...] = (FILE,),
    facts: Facts | None = None,
    known: dict[str, str] | None = None,
    **fields: Any,
) -> Proposal:
    offer = fields.pop("offer", OFFER)
    version = replace(VERSION, files=files, **fields.pop("version", {}))
    return propose(offer, version, files, found, Options(**fields), known or {}, facts or Facts())


def test_a_lora_of_civitai(models: Path, found: list[Destination]) -> None:
    made = plan(found, template="{base_model}/{author}")
    assert (made.state, made.kind, made.why, made.note) == (READY, "loras", "LoRA by Civitai", "")
    assert made.targets == (str(models / "loras/SDXL 1.0/me/fox.safetensors"),) and made.below == os.path.join("SDXL 1.0", "me")
    assert made.listed and made.unseen == "" and made.size == 1000 and made.free > 0 and made.name == "fox.safetensors"
    assert not list((models / "loras").iterdir())


def test_what_tells_the_folder(models: Path, found: list[Destination]) -> None:
    flux = {"version": {"base_model": "Flux.1 D"}}
    checkpoint = replace(FILE, kind="checkpoints")
    silent = replace(FILE, kind="", name="4x-UltraSharp.pth", format="PickleTensor")
    assert plan(found, facts=Facts(kind="vae", architecture="Flux VAE")).why == "VAE by its header · Flux"
    assert plan(found, facts=Facts(kind="vae")).targets[0].startswith(str(models / "vae"))
    assert plan(found, (checkpoint,), **flux).kind == "diffusion_models"
    assert plan(found, (checkpoint,), facts=Facts(kind="checkpoints"), **flux).kind == "checkpoints"
    assert plan(found, (checkpoint,), version={"base_model": "SDXL 1.0"}).kind == "checkpoints"
    assert plan(found, (checkpoint,), **flux).targets[0].startswith(str(models / "diffusion_models"))
    assert plan(found, (silent,), offer=replace(OFFER, kind="")).why == "Upscaler by its name"
    assert plan(found, facts=Facts(kind="vae"), kind="text_encoders").why == "chosen by you"
    vae = replace(FILE, kind="vae", type="VAE", is_primary=False)
    assert plan(found, (vae,)).kind == "vae"


def test_the_person_says_where_and_how(models: Path, found: list[Destination]) -> None:
    made = plan(found, below=os.path.join("style", "x"), name="mine.v2", template="{base_model}")
    assert made.targets == (str(models / "loras/style/x/mine.v2.safetensors"),)
    chosen = next(one for one in found if one.kind == "vae")
    assert plan(found, destination=chosen, facts=Facts(kind="loras")).targets == (str(models / "vae/fox.safetensors"),)
    assert plan(found, below="").targets == (str(models / "loras/fox.safetensors"),)


def test_options_of_the_command_line(models: Path, found: list[Destination]) -> None:
    made = propose(OFFER, VERSION, (FILE,), found, options_for("unet/sub", "mine", "{base_model}"), {}, Facts(kind="loras"))
    assert made.targets == (str(models / "diffusion_models/sub/mine.safetensors"),)
    assert options_for("", "", "{name}") == Options(template="{name}")
    with pytest.raises(FolderFault):
        options_for("lorass")


def test_the_default_of_a_config_comes_first(models: Path, tmp_path: Path) -> None:
    (tmp_path / "big/unet").mkdir(parents=True)
    (models.parent / "extra_model_paths.yaml").write_text(f"big:\n  base_path: {tmp_path / 'big'}\n  is_default: true\n  unet: unet\n")
    again = destinations(collect([str(models.parent)]))
    assert plan(again, kind="diffusion_models").targets == (str(tmp_path / "big/unet/fox.safetensors"),)


def test_nothing_tells_or_nowhere_to_go(found: list[Destination]) -> None:
    silent, nobody = replace(FILE, kind="", name="mystery.bin"), replace(OFFER, kind="", name="Thing")
    assert plan(found, (silent,), offer=nobody).state == ASK
    assert plan([]).state == STUCK and plan([]).targets == ()
    assert plan(found, version={"barred": "Early access until 2026-12-01."}).state == BARRED
    with pytest.raises(FolderFault):
        plan(found, template="{nope}")


def test_names_that_are_taken(models: Path, found: list[Destination]) -> None:
    (models / "loras/fox.ckpt").touch()
    made = plan(found)
    assert made.state == BOTH and made.targets == (str(models / "loras/fox (2).safetensors"),) and "fox (2).safetensors" in made.note
    claimed = frozenset({path_key(models / "loras/fox (2).safetensors")})
    assert plan(found, taken=claimed).targets == (str(models / "loras/fox (3).safetensors"),)
    assert plan(found, below="empty").state == READY


def test_same_content_is_here_already(found: list[Destination]) -> None:
    made = plan(found, known={SHA: "/m/loras/old name.safetensors"})
    assert made.state == HERE and made.here == ("/m/loras/old name.safetensors",) and "old name" in made.note
    assert plan(found, (replace(FILE, hashes={}),), known={"": "x", "?": ""}).state == READY


def test_a_nameless_file_gets_the_ending_that_its_header_tells(models: Path, found: list[Destination]) -> None:
    nameless = replace(FILE, name="7-8", format="")
    assert plan(found, (nameless,), Facts(format="safetensors", kind="loras")).name == "7-8.safetensors"
    assert plan(found, (nameless,), Facts(format="gguf", kind="loras")).name == "7-8.gguf"
    assert plan(found, (nameless,)).name == "7-8"
    assert plan(found, (replace(FILE, name="a.ckpt"),), Facts(format="safetensors")).name == "a.ckpt"


def test_names_from_sites_never_lead_out(models: Path, found: list[Destination]) -> None:
    chance = random.Random(9)
    for name in ("../../x.safetensors", "..\\..\\x.safetensors", "/etc/x.safetensors", "C:\\x.safetensors", "CON.safetensors", "..", ""):
        evil = replace(FILE, name=name, below=chance.choice(("", "../..", "/")))
        made = plan(found, (evil,), template="{author}/{name}", offer=replace(OFFER, author="../..", name="/../x"))
        assert made.targets[0].startswith(str(models / "loras") + os.sep) and ".." not in made.targets[0].split(os.sep)
    both = (replace(FILE, id="1", name="../model_index.json", below="../.."), replace(FILE, id="2", below="../../a"))
    for path in plan(found, both, kind="loras").targets:
        assert path.startswith(str(models / "loras") + os.sep) and ".." not in path.split(os.sep)


def test_room_and_what_comfyui_sees(models: Path, found: list[Destination]) -> None:
    huge = plan(found, (replace(FILE, size=1 << 60),))
    assert huge.missing > 0 and plan(found).missing == 0
    gguf = plan(found, (replace(FILE, name="x.gguf", kind="diffusion_models"),))
    assert not gguf.listed and "GGUF nodes" in gguf.unseen
    own = Destination("loras", str(models / "vae"), True, is_seen=False)
    assert "was not told" in plan([own]).unseen


def test_unseen_folders_are_known_as_such(models: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    told = destinations(collect([str(models.parent)], own=[("loras", str(own))]))
    assert [(one.path, one.is_seen) for one in told if one.kind == "loras"] == [(str(models / "loras"), True), (str(own), False)]


def test_warnings_of_scans(found: list[Destination]) -> None:
    assert "dangerous" in plan(found, (replace(FILE, pickle_scan="Danger"),)).warnings[0]
    assert plan(found).warnings == ()


def hub(*paths: str) -> tuple[RemoteFile, ...]:
    return tuple(file_of(path, {"size": 10}, "http://x/resolve/main", "") for path in paths)


REPO = Offer(HUGGING_FACE, "own/tiny", "tiny")


def test_folder_in_diffusers_layout(models: Path, found: list[Destination]) -> None:
    files = hub("model_index.json", "vae/config.json", "vae/x.safetensors", "unet/x.safetensors")
    made = plan(found, files, offer=REPO)
    assert (made.kind, made.state, made.size, made.group.sort, made.name) == ("diffusers", READY, 40, "folder", "tiny")
    assert [os.path.relpath(path, models / "diffusers").replace(os.sep, "/") for path in made.targets] == [
        "tiny/model_index.json",
        "tiny/vae/config.json",
        "tiny/vae/x.safetensors",
        "tiny/unet/x.safetensors",
    ]
    (models / "diffusers/tiny").mkdir(parents=True)
    again = plan(destinations(collect([str(models.parent)])), files, offer=REPO)
    assert again.state == BOTH and again.targets[0] == str(models / "diffusers/tiny (2)/model_index.json")


def test_split_models_get_a_folder_of_their_own(models: Path, found: list[Destination]) -> None:
    files = hub("te/m-00001-of-00002.safetensors", "te/m-00002-of-00002.safetensors", "te/m.safetensors.index.json")
    made = plan(found, files, offer=REPO, kind="text_encoders")
    assert [os.path.relpath(path, models / "text_encoders") for path in made.targets] == [
        os.path.join("m", file.name) for file in made.group.files
    ]


def test_chosen_version_and_files() -> None:
    offer = offer_of(SAMPLE)
    version = chosen_version(offer)
    assert version.id == "9000302"  # the newest has to be paid for
    assert chosen_version(replace(offer, chosen="9000303")).id == "9000303"
    (group,) = chosen_groups(offer, version)
    assert [file.name for file in group.files] == ["glass_fox_v2.safetensors"]
    (named,) = chosen_groups(replace(offer, chosen_file="9100321"), offer.versions[2])
    assert named.title == "sample-vae.safetensors"
    with pytest.raises(BadLink):
        chosen_version(Offer(CIVITAI, "1", "Empty"))


def test_chosen_files_of_a_repository() -> None:
    files = hub("a.safetensors", "b.safetensors", "s-00001-of-00002.bin", "s-00002-of-00002.bin", "sub/c.gguf", "README.md")
    version = Version("main", files=files)
    with pytest.raises(BadLink, match=re.escape("a.safetensors")):
        chosen_groups(REPO, version)
    assert len(chosen_groups(replace(REPO, chosen_file="s-00002-of-00002.bin"), version)[0].files) == 2
    below = Version("main", files=hub("sub/c.gguf", "sub/d.gguf", "sub/e.txt"))
    assert [group.title for group in chosen_groups(replace(REPO, below="sub"), below)] == ["c.gguf", "d.gguf"]
    assert chosen_groups(REPO, Version("main", files=hub("a.safetensors", "x.md")))[0].title == "a.safetensors"
    formats = Version("main", files=hub("4x.pth", "4x.safetensors"))
    assert chosen_groups(REPO, formats)[0].title == "4x.safetensors"
    diffusers = Version("main", files=hub("model_index.json", "unet/x.bin"))
    assert chosen_groups(REPO, diffusers)[0].sort == "folder"
    beside = Version("main", files=hub("model_index.json", "unet/x.bin", "single.ckpt"))
    assert chosen_groups(REPO, beside)[0].title == "single.ckpt"
    assert chosen_groups(replace(REPO, chosen_file="unet/x.bin"), diffusers) == (Group("one", "x.bin", hub("unet/x.bin")),)
    with pytest.raises(BadLink, match="no model"):
        chosen_groups(REPO, Version("main", files=hub("README.md")))


def test_payload_is_plain_json_and_comes_back(models: Path, found: list[Destination]) -> None:
    offer = offer_of(SAMPLE)
    version = offer.versions[1]
    made = propose(offer, version, version.files[:1], found, Options(template="{base_model}"), {}, Facts())
    payload = json.loads(json.dumps(download_payload(made, "https://civitai.com/models/900030", version.images[0], to="loras")))
    (file,) = payload["files"]
    assert (payload["title"], payload["below"], payload["kind"]) == ("glass_fox_v2.safetensors", "SDXL 1.0", "loras")
    assert (file["name"], file["below"], file["is_main"]) == ("glass_fox_v2.safetensors", "SDXL 1.0", True)
    assert file["folder"] == str(models / "loras/SDXL 1.0") and file["size"] == 2097296 and file["hashes"]["sha256"].startswith("85c8")
    assert from_plain(RemoteFile, file["remote"]) == version.files[0] and from_plain(Version, payload["version"]) == version
    assert from_plain(Offer, payload["offer"]) == replace(offer, versions=()) and from_plain(Image, payload["image"]) == version.images[0]
    assert from_plain(Offer, json.loads(json.dumps(to_plain(offer)))) == offer
    assert from_plain(Link, to_plain(Link("x", model_id=5))) == Link("x", model_id=5)


def test_broken_payloads_become_empty_records() -> None:
    chance = random.Random(10)
    plain = to_plain(offer_of(SAMPLE))
    for _ in range(300):
        offer = from_plain(Offer, mangled(plain, chance))
        assert all(isinstance(file.hashes, dict) and isinstance(file.size, int) for version in offer.versions for file in version.files)
    assert from_plain(Version, None) == Version("")


class Store:
    """A server with files, and the clients that ask it."""

    def __init__(self, server: Site, folder: Path) -> None:
        self.files: dict[str, bytes] = {}
        self.json: dict[str, Any] = {}
        self.server, self.gives_parts = server, True
        server.answer = self._answer
        ends = Endpoints(server.url, server.url, server.url)
        self.sites = Sites(Web(ends, Keys(folder, {})), ends, Keys(folder, {}))

    def _answer(self, handler: Any) -> None:
        path = handler.path.partition("?")[0]
        if path in self.json:
            reply(handler, 200, json.dumps(self.json[path]).encode(), Content_Type="application/json")
        elif path not in self.files:
            reply(handler, 404, b"{}")
        else:
            data, match = self.files[path], re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
            if match and self.gives_parts:
                first, last = int(match[1]), min(int(match[2]), len(data) - 1)
                reply(handler, 206, data[first : last + 1], Content_Range=f"bytes {first}-{last}/{len(data)}")
            else:
                reply(handler, 200, data)

    def facts(self, data: bytes, name: str = "x.safetensors") -> Facts:
        self.files["/f"] = data
        return remote_facts(self.sites.web, RemoteFile("f", name, f"{self.server.url}/f"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with site() as server:
        made = Store(server, tmp_path)
        yield made
        made.sites.web.close()


def test_facts_by_the_first_bytes(store: Store) -> None:
    small = store.facts(lora())
    assert small.kind == "loras" and small.verdict == "ok" and len(store.server.log) == 1
    big = safetensors_bytes({**tensors(VAE), "big": ("F16", [4_000_000])})
    assert store.facts(big).kind == "vae" and len(store.server.log) == 2
    padded = safetensors_bytes(tensors({**VAE, **{f"more.{number}.weight": (4,) for number in range(4_000)}}))
    assert 64 * 1024 < int.from_bytes(padded[:8], "little") < MOST
    assert store.facts(padded).kind == "vae" and len(store.server.log) == 4
    assert store.facts(gguf_bytes("flux", {"double_blocks.0.img_attn.proj.weight": ("F16", [64, 64])}), "x.gguf").format == "gguf"


def test_facts_of_a_pickle_need_its_end(store: Store) -> None:
    data = torch_zip_bytes({"model.0.weight": ("F16", [4, 3, 3, 3]), "model.1.sub.0.RDB1.conv1.0.weight": ("F16", [4, 4, 3, 3])})
    assert store.facts(data, "x.pth").kind == "upscale_models"
    before = len(store.server.log)
    large = torch_zip_bytes(
        {"model.0.weight": ("F16", [4, 3, 3, 3]), "model.1.sub.0.RDB1.conv1.0.weight": ("F16", [4, 4, 3, 3]), "x": ("F16", [2_000_000])}
    )
    assert len(large) > 3 * MOST and store.facts(large, "x.pth").kind == "upscale_models"
    assert [asked.headers["Range"].partition("=")[2] for asked in store.server.log[before:]][:2] == ["0-65535", f"65536-{MOST - 1}"]
    assert len(store.server.log) == before + 3
    store.gives_parts = False
    assert store.facts(large, "x.pth").kind == "" and store.facts(unknown(), "x.pth").kind == ""


def test_facts_where_nothing_tells(store: Store) -> None:
    assert store.facts(b"").kind == ""
    assert store.facts(b"\xff" * 300_000).kind == ""
    assert store.facts(b"<html>" * 20_000).kind == ""
    huge = (5 << 20).to_bytes(8, "little") + b'{"__metadata__":' + b" " * (5 << 20)
    before = len(store.server.log)
    assert store.facts(huge).kind == "" and len(store.server.log) == before + 1
    store.gives_parts = False
    assert store.facts(safetensors_bytes({**tensors(VAE), "big": ("F16", [400_000])})).kind == "vae"
    with pytest.raises(Refused):
        remote_facts(store.sites.web, RemoteFile("g", "g", f"{store.server.url}/gone"))


def test_a_link_alone(store: Store, models: Path, found: list[Destination]) -> None:
    store.json["/api/v1/models/900030"] = SAMPLE
    store.files["/api/download/models/9000302"] = safetensors_bytes(tensors(VAE))
    (link,) = store.sites.links("https://civitai.com/models/900030")
    (made,) = proposals_for(store.sites, link, found, Options(), {})
    assert made.kind == "vae" and made.targets == (str(models / "vae/glass_fox_v2.safetensors"),)
    assert store.server.log[-1].path == "/api/download/models/9000302?fileId=9100302"
    before = len(store.server.log)
    (barred,) = proposals_for(store.sites, replace(link, version_id=9000303), found, Options(), {})
    assert barred.state == BARRED and barred.note.startswith("The creator asks for payment") and len(store.server.log) == before + 2
    (chosen,) = proposals_for(store.sites, link, found, Options(kind="loras"), {})
    assert chosen.kind == "loras" and store.server.log[-1].path.startswith("/api/v1/model-versions")
