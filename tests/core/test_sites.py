"""The clients of the sites against a server on loopback: what they ask, and what they make of the answers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from web_case import Site, reply, site

from model_manager.core.errors import BadLink, NetworkFault, Refused
from model_manager.core.online import civitai
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import Sites, make_sites
from model_manager.core.online.packing import to_plain
from model_manager.core.online.records import CIVITAI, GITHUB, HUGGING_FACE, PG, PLAIN, SAFE, Link, Search
from model_manager.core.online.web import Web
from model_manager.core.settings import Settings

SAMPLES = Path(__file__).parents[1] / "data/sites"
A = "644d5bee6775ff7de02421c6a323fe1caf3c011cd55123f27446267bac8e61a6"
B = "85c8a4de555644a90639eb0fc1593b74e40fa8b3c2968435aeb0021bab66970b"
UNKNOWN = "ad1b4c794e5efd0e9111186b14cf1c432c0308da9b2e729c1008b0a69109da08"
Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


class Case:
    """Answers by path; a path that is not there is a 404. Values: (status, body[, headers]) or a function of the query."""

    def __init__(self, server: Site, folder: Path) -> None:
        self.server, self.paths = server, dict[str, Any]()
        server.answer = self._answer
        ends = Endpoints(server.url, server.url, server.url)
        keys = Keys(folder, {})
        self.sites = Sites(Web(ends, keys), ends, keys)

    def _answer(self, handler: Any) -> None:
        split = urlsplit(handler.path)
        found = self.paths.get(unquote(split.path), (404, {"error": "No model with id 5"}))
        if callable(found):
            found = found(parse_qs(split.query))
        status, body, *headers = found
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply(handler, status, data, **(headers[0] if headers else {"Content-Type": "application/json"}))

    @property
    def asked(self) -> list[str]:
        return [asked.path for asked in self.server.log]

    def find(self, text: str) -> Any:
        (link,) = self.sites.links(text)
        return self.sites.find(link)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with site() as server:
        case = Case(server, tmp_path)
        yield case
        case.sites.web.close()


MODEL = "/api/v1/models/900030"


def test_link_to_a_model_its_version_and_its_file(case: Case) -> None:
    case.paths[MODEL] = (200, sample("model-multi-version"))
    offer = case.find("https://civitai.com/models/900030?modelVersionId=9000302")
    assert (offer.id, offer.chosen, offer.chosen_file) == ("900030", "9000302", "") and case.asked == [MODEL]
    assert offer.versions[1].files[0].url == f"{case.server.url}/api/download/models/9000302?fileId=9100302"
    assert case.find("urn:air:sdxl:lora:civitai:900030@9000302+9100302").chosen_file == "9100302"
    with pytest.raises(BadLink, match="not there any more"):
        case.find("urn:air:sdxl:lora:civitai:900030@9000302+5")
    with pytest.raises(BadLink):
        case.sites.find(Link("x", problem="Not a link."))


def test_link_to_a_version_brings_its_model(case: Case) -> None:
    case.paths["/api/v1/model-versions/9000302"] = (200, sample("version-by-hash"))
    case.paths[MODEL] = (200, sample("model-multi-version"))
    offer = case.find("https://civitai.com/model-versions/9000302")
    assert offer.author == "sample_author" and offer.chosen == "9000302" and len(offer.versions) == 3
    del case.paths[MODEL]
    alone = case.find("https://civitai.com/api/download/models/9000302?fileId=9100302")
    assert (alone.name, alone.author, alone.chosen, len(alone.versions)) == ("Glass Fox (sample)", "", "9000302", 1)


def test_version_whose_model_is_hidden(case: Case) -> None:
    case.paths["/api/v1/model-versions/9000302"] = (200, sample("version-by-hash"))
    offer = case.find("https://civitai.com/models/900030?modelVersionId=9000302")
    assert (offer.name, offer.chosen, len(offer.versions)) == ("Glass Fox (sample)", "9000302", 1)
    with pytest.raises(Refused, match="does not have this"):
        case.find("https://civitai.com/models/900030?modelVersionId=7")


def test_version_that_its_model_does_not_list(case: Case) -> None:
    case.paths["/api/v1/model-versions/9000302"] = (200, sample("version-by-hash"))
    model = sample("model-multi-version")
    model["modelVersions"] = [one for one in model["modelVersions"] if one["id"] != 9000302]
    case.paths[MODEL] = (200, model)
    offer = case.find("https://civitai.com/models/900030?modelVersionId=9000302")
    assert [version.id for version in offer.versions] == ["9000302", "9000303", "9000301"] and offer.chosen == "9000302"


def test_version_completed_by_its_own_address(case: Case) -> None:
    case.paths[MODEL] = (200, sample("model-multi-version"))
    offer = case.find("https://civitai.com/models/900030?modelVersionId=9000302")
    short = offer.versions[1]
    assert case.sites.completed(offer, short) == short  # the site does not have it
    full = sample("version-by-hash")
    full["files"][0]["metadata"]["fp"] = None
    full["usageControl"] = "Generation"
    case.paths["/api/v1/model-versions/9000302"] = (200, full)
    version = case.sites.completed(offer, short)
    assert version.raw["modelId"] == 900030 and version.raw["index"] == 1 and version.images[0].prompt.startswith("glass fox")
    assert version.files == short.files and version.barred.startswith("The creator has turned downloads off")
    before = len(case.asked)
    assert case.sites.completed(offer, version) is version and len(case.asked) == before


def test_picture(case: Case) -> None:
    case.paths["/api/v1/images"] = lambda query: (
        200,
        {"items": sample("images")["items"][:1]} if query["imageId"] == ["77"] else {"items": []},
    )
    case.paths["/api/v1/model-versions/9000302"] = (200, sample("version-by-hash"))
    case.paths[MODEL] = (200, sample("model-multi-version"))
    assert case.find("https://civitai.com/images/77").chosen == "9000302"
    with pytest.raises(BadLink, match="does not tell"):
        case.find("https://civitai.com/images/78")


def test_batch_of_hashes_with_all_its_traps(case: Case) -> None:
    batch = sample("by-hash-batch")["response"]["body"]
    younger = {**batch[0], "id": 9000399, "publishedAt": "2026-07-01T00:00:00.000Z"}
    strangers = {"id": 7, "files": [{"id": 8, "name": "x", "hashes": {"SHA256": "ff" * 32}}]}
    case.paths["/api/v1/model-versions/by-hash"] = (200, [younger, *batch, batch[0], "x", 5, {}, strangers])
    found = case.sites.civitai.by_hashes([A.upper(), UNKNOWN, B, B])
    assert {hash: version.id for hash, version in found.items()} == {A: "9000301", B: "9000302"}
    assert found[A].offer == "900030" and json.loads(case.server.log[0].body) == [A, UNKNOWN, B]
    assert case.sites.civitai.by_hashes([]) == {} and len(case.asked) == 1
    for bad in (["ab"], [f"{number:064x}" for number in range(101)], ["g" * 64]):
        with pytest.raises(ValueError):
            case.sites.civitai.by_hashes(bad)
    whole = {
        "id": 9,
        "publishedAt": "2020",
        "files": [{"id": 1, "type": "Model", "primary": True}, {"id": 2, "type": "VAE", "hashes": {"SHA256": A}}],
    }
    case.paths["/api/v1/model-versions/by-hash"] = (200, [whole, batch[2]])
    assert case.sites.civitai.by_hashes([A])[A].id == "9000301"  # that it is a part of an older version does not count
    case.paths["/api/v1/model-versions/by-hash"] = (200, [whole])
    assert case.sites.civitai.by_hashes([A])[A].id == "9"
    case.paths["/api/v1/model-versions/by-hash"] = (200, {"error": "?"})
    with pytest.raises(NetworkFault):
        case.sites.civitai.by_hashes([A])


def test_one_hash(case: Case) -> None:
    case.paths["/api/v1/model-versions/by-hash/91D3BEB88A9B"] = (200, sample("version-by-hash"))
    case.paths[MODEL] = (200, sample("model-multi-version"))
    offer = case.sites.civitai.by_hash("91d3beb88a9b")
    assert offer is not None and offer.chosen == "9000302"
    assert case.sites.civitai.by_hash(UNKNOWN) is None
    with pytest.raises(ValueError):
        case.sites.civitai.by_hash("../x" * 4)


def test_many_models_at_once(case: Case) -> None:
    case.paths["/api/v1/models"] = lambda query: (200, {"items": [*sample("models-list")["items"], None, {"id": 3}]})
    found = case.sites.civitai.models([900030, 12, 900030])
    assert found.keys() == {900030} and found[900030].author == "sample_author"
    query = parse_qs(urlsplit(case.asked[0]).query)
    assert query["ids"] == ["900030,12"] and query["nsfw"] == ["true"]
    with pytest.raises(ValueError):
        case.sites.civitai.models(range(1, 102))


def test_search(case: Case) -> None:
    case.paths["/api/v1/models"] = lambda query: (
        200,
        {**sample("models-list"), "metadata": {"nextCursor": "c2"} if "cursor" not in query else {}},
    )
    search = Search("fox", types=("LORA", "LoCon"), base_models=("SDXL 1.0",), level=SAFE, tag="animal", username="me")
    page = case.sites.civitai.search(search)
    assert page.offers[0].id == "900030" and page.cursor == "c2"
    query = parse_qs(urlsplit(case.asked[0]).query)
    assert query["types"] == ["LORA", "LoCon"] and query["baseModels"] == ["SDXL 1.0"] and query["query"] == ["fox"]
    assert query["nsfw"] == ["true"] and "page" not in query and "cursor" not in query
    assert case.sites.civitai.search(search, page.cursor).cursor == "" and "cursor=c2" in case.asked[1]
    case.sites.civitai.search(Search(level=PG))
    assert parse_qs(urlsplit(case.asked[2]).query)["nsfw"] == ["false"]


def test_search_shows_only_the_levels_asked_for(case: Case) -> None:
    items = [{"id": 1, "nsfwLevel": 16}, {"id": 2, "nsfwLevel": 17}, {"id": 3, "nsfw": True}, {"id": 4}, {"name": "no id"}]
    case.paths["/api/v1/models"] = (200, {"items": items, "metadata": {"nextPage": "https://x/api/v1/models?cursor=a%7Cb"}})
    page = case.sites.civitai.search(Search(level=SAFE))
    assert [offer.id for offer in page.offers] == ["2", "4"] and page.cursor == "a|b"
    assert case.sites.civitai.search(Search(level=SAFE), "a|b").cursor == ""


def test_pictures_and_base_models(case: Case) -> None:
    case.paths["/api/v1/images"] = (200, sample("images"))
    case.paths["/api/v1/enums"] = (200, {"ActiveBaseModel": ["SDXL 1.0", None], "BaseModel": ["SD 1.4", "SDXL 1.0"]})
    assert [image.level for image in case.sites.civitai.images(9000302)] == [1, 2, 4]
    assert case.sites.civitai.base_models() == ["SDXL 1.0", "SD 1.4"]


class Fake:
    """Answers like Web, without one: for addresses that no test may reach."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.asked: list[str] = []
        self._answer = answer

    def get_json(self, url: str, params: object = None, work: object = None) -> Any:
        self.asked.append(url)
        return self._answer(url)


def test_what_the_safe_site_does_not_have_is_asked_of_the_whole_one_once() -> None:
    def answer(url: str) -> Any:
        if "civitai.red" in url and "/5" in url:
            return {"id": 5, "modelVersions": []}
        raise Refused("No.", "not_found")

    web: Any = Fake(answer)
    client = civitai.Civitai(web, Endpoints())
    assert client.model(5).id == "5" and web.asked == ["https://civitai.com/api/v1/models/5", "https://civitai.red/api/v1/models/5"]
    with pytest.raises(Refused):
        client.model(6)
    assert len(web.asked) == 4
    mirror = civitai.Civitai(web, Endpoints(civitai="http://mirror"))
    with pytest.raises(Refused):
        mirror.model(5)
    assert web.asked[4:] == ["http://mirror/api/v1/models/5"]


HUB = "/api/models/example-org/tiny-diffusion"


def hub(case: Case) -> None:
    case.paths[HUB] = (200, sample("hf-model"))
    readme = b"---\nlicense: apache-2.0\n---\n# Tiny\n![x](images/two.png)\n"
    case.paths["/example-org/tiny-diffusion/resolve/main/README.md"] = (200, readme, {})


def test_repository(case: Case) -> None:
    hub(case)
    offer = case.find("https://huggingface.co/example-org/tiny-diffusion")
    assert (offer.name, offer.author, offer.kind, offer.licence) == ("tiny-diffusion", "example-org", "loras", ("apache-2.0",))
    assert offer.description == "# Tiny\n![x](images/two.png)" and "lora" in offer.tags and offer.notice == ""
    (version,) = offer.versions
    assert (version.id, offer.chosen, version.trigger_words, version.base_model) == ("main", "main", ("glass fox",), "base-xl")
    assert [image.url.rpartition("/")[2] for image in version.images] == ["example.png", "two.png"]
    lora = next(file for file in version.files if file.name == "glass_fox_v2.safetensors")
    assert lora.url == f"{case.server.url}/example-org/tiny-diffusion/resolve/main/glass_fox_v2.safetensors" and lora.hashes["sha256"] == B


def test_file_and_folder_of_a_repository(case: Case) -> None:
    hub(case)
    assert case.find("hf:example-org/tiny-diffusion/glass_fox_v2.safetensors").chosen_file == "glass_fox_v2.safetensors"
    below = case.find("https://huggingface.co/example-org/tiny-diffusion/tree/main/vae/")
    assert below.below == "vae" and [file.id for file in below.versions[0].files] == ["vae/diffusion_pytorch_model.safetensors"]
    for gone in ("resolve/main/gone.bin", "tree/main/gone"):
        with pytest.raises(BadLink, match="gone"):
            case.find(f"https://huggingface.co/example-org/tiny-diffusion/{gone}")


def test_tree_is_read_page_by_page_where_siblings_tell_no_sizes(case: Case) -> None:
    info = sample("hf-model")
    info["siblings"] = [{"rfilename": one["rfilename"]} for one in info["siblings"]]
    info["gated"] = "manual"
    case.paths[f"{HUB}/revision/refs/pr/1"] = (200, info)
    tree = sample("hf-tree")

    def page(query: dict[str, list[str]]) -> Answer:
        if "cursor" in query:
            return (200, tree[3:])
        link = '<https://huggingface.co/api/models/other/place/tree/main?cursor=n2%3D>; rel="next", <x>; rel="first"'
        return (200, tree[:3], {"Link": link})

    case.paths[f"{HUB}/tree/refs/pr/1"] = page
    offer = case.find("https://huggingface.co/example-org/tiny-diffusion/tree/refs%2Fpr%2F1")
    files = {file.id: file for file in offer.versions[0].files}
    assert len(files) == 5 and files["glass_fox_v2.safetensors"].hashes == {"sha256": B}
    assert files["vae/diffusion_pytorch_model.safetensors"].url.endswith("/resolve/refs%2Fpr%2F1/vae/diffusion_pytorch_model.safetensors")
    assert offer.notice.startswith("The owner gives access on request") and offer.description == ""
    assert all("/other/place" not in path for path in case.asked)


def test_releases(case: Case) -> None:
    asset = {"name": "4x.pth", "size": 5, "browser_download_url": f"{case.server.url}/dl/4x.pth", "digest": "sha256:" + A}
    case.paths["/repos/own/name/releases/tags/v1/2"] = case.paths["/repos/own/name/releases/latest"] = (
        200,
        {"tag_name": "v1/2", "assets": [asset]},
    )
    offer = case.find("https://github.com/own/name/releases/download/v1%2F2/4x.pth")
    assert (
        offer.site == GITHUB and offer.chosen_file == f"{case.server.url}/dl/4x.pth" and offer.versions[0].files[0].hashes == {"sha256": A}
    )
    assert case.find("https://github.com/own/name/releases/latest").chosen_file == ""
    with pytest.raises(BadLink):
        case.find("https://github.com/own/name/releases/latest/download/other.pth")


def test_plain_address(case: Case) -> None:
    case.paths["/x"] = (200, b"\0" * 900, {"Content-Disposition": 'attachment; filename="glass fox.safetensors"'})
    case.paths["/page.bin"] = (200, b"\n <!DOCTYPE html><html>", {"Content-Type": "application/octet-stream"})
    offer = case.find(f"{case.server.url}/x?token=mine")
    (file,) = offer.versions[0].files
    assert (offer.site, file.name, file.size, file.is_model, file.url) == (
        PLAIN,
        "glass fox.safetensors",
        900,
        True,
        f"{case.server.url}/x?token=mine",
    )
    about = to_plain(offer)
    assert str(about).count("mine") == 1 and offer.page == f"{case.server.url}/x"  # the key is in the download's own address alone
    assert case.server.log[0].headers["Range"] == "bytes=0-511"
    with pytest.raises(Refused) as refusal:
        case.find(f"{case.server.url}/page.bin?sig=mine")
    assert (refusal.value.code, refusal.value.page) == ("not_a_file", f"{case.server.url}/page.bin")


def test_odd_answers_are_faults_not_crashes(case: Case) -> None:
    for body in ([], None, "x", {"id": "?"}, {}):
        case.paths[MODEL] = (200, body)
        with pytest.raises(NetworkFault):
            case.find("900030")


def test_sites_from_settings_and_environment(tmp_path: Path) -> None:
    settings = Settings(civitai_endpoint="http://127.0.0.1:9/civ", huggingface_endpoint="http://127.0.0.1:9/hub")
    sites = make_sites(settings, Keys(tmp_path, {}), {"HF_ENDPOINT": "https://hf-mirror.example"})
    assert sites.civitai.origin == "http://127.0.0.1:9/civ" and sites.huggingface.origin == "https://hf-mirror.example"
    links = sites.links("http://127.0.0.1:9/civ/models/5 https://hf-mirror.example/own/name")
    assert [link.site for link in links] == [CIVITAI, HUGGING_FACE]
