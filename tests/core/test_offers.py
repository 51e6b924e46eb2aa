"""From links to proposals against the double of all sites: what it holds, what it refuses, and where keys go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model_manager.core.errors import BadLink, NetworkFault, Refused
from model_manager.core.files.destinations import Destination, destinations
from model_manager.core.library.roots import collect
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import Sites, make_sites
from model_manager.core.online.records import EVERYTHING, PG, Search
from model_manager.core.settings import Settings
from model_manager.core.tasks.proposals import BARRED, HERE, READY, Options, Proposal, proposals_for
from tests.double import FOX, Double, cases

TEST_FILE_B = "85c8a4de555644a90639eb0fc1593b74e40fa8b3c2968435aeb0021bab66970b"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(has_library=True, has_many=True) as double:
        yield double
        assert double.leaks() == []


@pytest.fixture
def sites(double: Double, tmp_path: Path) -> Iterator[Sites]:
    environ = {**double.environ, "CIVITAI_API_TOKEN": double.key, "HF_TOKEN": double.token}
    sites = make_sites(Settings(), Keys(tmp_path, environ), environ)
    yield sites
    sites.web.close()


@pytest.fixture
def found(tmp_path: Path) -> list[Destination]:
    for name in ("checkpoints", "loras", "vae", "text_encoders", "unet", "diffusion_models", "upscale_models", "embeddings"):
        (tmp_path / "ComfyUI/models" / name).mkdir(parents=True)
    (tmp_path / "ComfyUI/main.py").touch()
    return destinations(collect([str(tmp_path / "ComfyUI")]))


def plans(sites: Sites, found: list[Destination], text: str, known: dict[str, str] | None = None) -> list[Proposal]:
    (link,) = sites.links(text)
    return proposals_for(sites, link, found, Options(), known or {})


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        (f"https://civitai.com/models/{FOX}", "loras", "glass_fox_v2.safetensors"),
        ("https://civitai.com/model-versions/9000301", "loras", "glassfox.safetensors"),
        ("urn:air:sd1:lora:civitai:900030@9000301+9100321", "vae", "sample-vae.safetensors"),
        ("https://civitai.com/images/9200201", "loras", "glass_fox_v2.safetensors"),
        (str(cases.NEEDS_KEY), "loras", "members_lounge.safetensors"),
        (str(cases.FRESH), "diffusion_models", "freshUpload_fp8.gguf"),
        (str(cases.PICKLE), "embeddings", "old_embedding.pt"),
        (f"hf:{cases.REPO}/vae/diffusion_pytorch_model.safetensors", "vae", "tiny-diffusion_vae.safetensors"),
        (f"https://huggingface.co/{cases.GATED_REPO}", "loras", "tiny-gated.safetensors"),
        (f"https://github.com/{cases.RELEASE_REPO}", "loras", "4x-tiny.safetensors"),  # the double put a LoRA in
    ],
)
def test_what_the_sites_give(sites: Sites, found: list[Destination], text: str, kind: str, name: str) -> None:
    (made,) = plans(sites, found, text)
    assert (made.state, made.kind, made.name) == (READY, kind, name)
    assert made.why.startswith("LoRA by Civitai" if name == "glassfox.safetensors" else made.why.partition(" by ")[0] + " by its header")


def test_a_repository_in_diffusers_layout_comes_as_a_folder(sites: Sites, found: list[Destination], double: Double) -> None:
    double.site.hub_page = 2
    (link,) = sites.links(f"{double.huggingface}/{cases.REPO}")
    with pytest.raises(BadLink, match="the whole folder"):  # there are single models beside it
        proposals_for(sites, link, found, Options(), {})
    (made,) = proposals_for(sites, link, found, Options(kind="diffusers"), {})
    assert made.kind == "diffusers" and made.group.sort == "folder" and len(made.targets) == 6


def test_what_the_sites_do_not_give(sites: Sites, found: list[Destination], double: Double) -> None:
    for model in (cases.EARLY, cases.BOUGHT, cases.DISABLED, cases.TAKEN_DOWN):
        (made,) = plans(sites, found, str(model))
        assert made.state == BARRED and made.note == made.version.barred
    for model in (cases.ARCHIVED, cases.EMPTY):
        with pytest.raises(BadLink):
            plans(sites, found, str(model))
    for text in (str(cases.PRIVATE), "999999999", "hf:example-org/nope"):
        with pytest.raises(Refused):
            plans(sites, found, text)
    assert not double.seen("GET /api/download/models/" + str(cases.EARLY + 1))


def test_without_keys_it_says_so(double: Double, found: list[Destination], tmp_path: Path) -> None:
    sites = make_sites(Settings(), Keys(tmp_path, double.environ), double.environ)
    for text, code in ((str(cases.NEEDS_KEY), "needs_key"), (f"hf:{cases.GATED_REPO}", "gated"), (f"hf:{cases.PRIVATE_REPO}", "needs_key")):
        with pytest.raises(Refused) as refusal:
            plans(sites, found, text)
        assert refusal.value.code == code
    sites.web.close()


def test_same_content_needs_no_second_copy(sites: Sites, found: list[Destination]) -> None:
    (made,) = plans(sites, found, f"https://civitai.com/models/{FOX}", {TEST_FILE_B: "/models/loras/mine.safetensors"})
    assert made.state == HERE and made.here == ("/models/loras/mine.safetensors",)


def test_searching_to_the_end(sites: Sites) -> None:
    ids: list[str] = []
    page = sites.civitai.search(Search(level=EVERYTHING))
    for _ in range(50):
        ids += [offer.id for offer in page.offers]
        if not page.cursor:
            break
        page = sites.civitai.search(Search(level=EVERYTHING), page.cursor)
    assert len(ids) == len(set(ids)) > 250 and page.cursor == ""
    few = sites.civitai.search(Search("fox", types=("LORA",), level=PG))
    assert few.offers and all(offer.type == "LORA" and offer.level & PG for offer in few.offers)


def test_pages_in_place_of_answers_are_faults(sites: Sites, double: Double) -> None:
    from tests.double.faults import html_page

    double.faults.append(html_page(on="civitai GET /api/v1"))
    with pytest.raises((NetworkFault, Refused)):
        sites.find(sites.links(str(FOX))[0])
