"""The double itself: true shapes, true bytes, and each fault as it is said to be."""

import hashlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import urllib3
from PIL import Image

from model_manager.core.demo.catalogue import MODELS
from model_manager.core.demo.papers import number_of
from model_manager.core.demo.site_content import hashes_of, read_all
from model_manager.core.demo.site_hashes import KNOWN
from model_manager.core.demo.site_offers import content_of, known_models
from model_manager.core.formats.read import read_facts
from tests.double import FOX, Double, Outside, cases, faults
from tests.double.fox import file_a, file_b

AGENT = {"User-Agent": "ComfyModelManager/1.0"}
A = "644d5bee6775ff7de02421c6a323fe1caf3c011cd55123f27446267bac8e61a6"
B = "85c8a4de555644a90639eb0fc1593b74e40fa8b3c2968435aeb0021bab66970b"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as double:
        yield double


@pytest.fixture
def web() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update(AGENT)
        yield session


def fox_url(double: Double) -> str:
    return f"{double.url}/api/download/models/9000302?fileId=9100302"


def error(reply: requests.Response) -> tuple[int, Any]:
    return reply.status_code, reply.json()["error"]


def test_files_of_the_fact_sheet_have_its_hashes(double: Double) -> None:
    assert double.file(9100301).hashes == {
        "AutoV2": "644D5BEE67", "SHA256": A.upper(), "CRC32": "F859485E", "AutoV3": "374708FFF771",
        "BLAKE3": "B5C0B8E00A795126BD0AE7C9B572A04092F927A6B9FB6A88C6713BA1ECFAFDDA",
    }  # fmt: skip
    assert double.file(9100302).hashes["AutoV1"] == "1C3E4F02"
    assert double.file(9100302).hashes["AutoV3"] == "91D3BEB88A9B"
    assert hashlib.sha256(file_b()).hexdigest() == B
    assert len(file_a()) == 88


def test_a_version_has_three_shapes(double: Double, web: requests.Session) -> None:
    inside = web.get(f"{double.url}/api/v1/models/{FOX}").json()["modelVersions"]
    alone = web.get(f"{double.url}/api/v1/model-versions/9000302").json()
    listed = web.get(f"{double.url}/api/v1/models?ids={FOX}&nsfw=true").json()["items"][0]["modelVersions"]
    assert [version["id"] for version in inside] == [9000303, 9000302, 9000301]
    assert (alone["modelId"], alone["model"]["type"], alone["air"]) == (FOX, "LORA", "urn:air:sdxl:lora:civitai:900030@9000302")
    assert "modelId" not in inside[0] and "modelId" not in listed[0]
    assert "description" not in inside[0] and listed[0]["description"] is None
    assert "trainedWords" not in inside[2] and listed[2]["trainedWords"] == []
    assert "createdAt" in inside[0] and "createdAt" not in listed[0]
    assert [file.get("primary") for file in inside[2]["files"]] == [True, None, None]
    assert [file["primary"] for file in alone["files"]] == [True, False]
    assert "id" in listed[1]["images"][0] and "id" not in inside[1]["images"][0] and "id" not in alone["images"][0]
    assert alone["images"][0]["meta"]["steps"] == 28
    assert inside[0]["earlyAccessDeadline"] and "earlyAccessDeadline" not in inside[1]
    assert inside[0]["stats"]["downloadCount"] is None


def test_lists_show_only_what_is_fit_for_all_unless_asked(double: Double, web: requests.Session) -> None:
    images = [
        web.get(f"{double.url}/api/v1/models?ids={FOX}{more}").json()["items"][0]["modelVersions"][1]["images"]
        for more in ("", "&nsfw=true")
    ]
    assert [image["nsfwLevel"] for image in images[0]] == [1]
    assert [image["nsfwLevel"] for image in images[1]] == [1, 2, 4]


def test_pages_follow_one_another(double: Double, web: requests.Session) -> None:
    address, names = f"{double.url}/api/v1/models?limit=5&nsfw=true&sort=Newest", []
    while address:
        answer = web.get(address).json()
        names += [model["name"] for model in answer["items"]]
        assert ("nextCursor" in answer["metadata"]) == ("nextPage" in answer["metadata"])
        address = answer["metadata"].get("nextPage", "")
    assert len(names) == len(set(names)) == len(double.site.models)
    found = web.get(
        f"{double.url}/api/v1/models", params={"query": "glass fox", "types": "LORA,VAE", "baseModels": ["Flux.1 D", "SDXL 1.0"]}
    )
    assert [model["id"] for model in found.json()["items"]] == [FOX]


def test_lists_refuse_what_the_site_refuses(double: Double, web: requests.Session) -> None:
    asked = {
        query: error(web.get(f"{double.url}/api/v1/models?{query}"))
        for query in ("query=a&page=2", "page=11&limit=100", "limit=500", "favorites=false")
    }
    assert [status for status, _ in asked.values()] == [400, 429, 400, 401]
    assert asked["limit=500"][1]["name"] == "ZodError"


def test_batch_by_hash_has_its_traps(double: Double, web: requests.Session) -> None:
    archived = double.file(cases.ARCHIVED + 2).content.sha256
    answer = web.post(f"{double.url}/api/v1/model-versions/by-hash", json=[A, "0" * 64, archived, B]).json()
    assert sorted(version["id"] if version else 0 for version in answer) == [0, 9000301, 9000302]
    assert [version["id"] for version in answer if version] == [9000302, 9000301]
    assert all(version["downloadUrl"].startswith("https://undefined/") for version in answer if version)
    ids = web.post(f"{double.url}/api/v1/model-versions/by-hash/ids", json=[A.upper()]).json()
    assert ids == [{"modelVersionId": 9000301, "modelId": FOX, "hash": A.upper()}]
    for bad in ([A] * 101, [A[:10]], {"a": 1}):
        assert web.post(f"{double.url}/api/v1/model-versions/by-hash", json=bad).status_code == 400


@pytest.mark.parametrize("mark", [B, B.upper(), B[:10], "91d3beb88a9b", "1C3E4F02", "39D62016"])
def test_single_by_hash_takes_any_kind(double: Double, web: requests.Session, mark: str) -> None:
    assert web.get(f"{double.url}/api/v1/model-versions/by-hash/{mark}").json()["id"] == 9000302


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [
        (cases.NEEDS_KEY, 401, "logged in"), (cases.EARLY, 403, "deadline"), (cases.BOUGHT, 403, "Early Access"),
        (cases.DISABLED, 401, "disabled downloads"), (cases.ARCHIVED, 410, "archived"), (cases.PRIVATE, 403, "do not have access"),
        (cases.EMPTY, 404, "File not found"),
    ],
)  # fmt: skip
def test_downloads_are_refused_with_a_reason(double: Double, web: requests.Session, number: int, status: int, word: str) -> None:
    reply = web.get(f"{double.url}/api/download/models/{number + 1}", allow_redirects=False)
    assert (reply.status_code, word in reply.text) == (status, True)


def test_a_key_opens_what_needs_one_and_a_bad_one_is_no_key(double: Double, web: requests.Session) -> None:
    address = f"{double.url}/api/download/models/{cases.NEEDS_KEY + 1}"
    keys = {key: {"Authorization": f"Bearer {key}"} for key in (double.key, "wrong")}
    assert [web.get(address, headers=headers).status_code for headers in keys.values()] == [200, 401]
    assert [web.get(f"{double.url}/api/v1/me", headers=headers).status_code for headers in keys.values()] == [200, 401]
    assert web.get(f"{double.url}/api/v1/models/{FOX}", headers=keys["wrong"]).status_code == 200
    assert web.get(f"{address}?token={double.key}").status_code == 200


def test_browsers_get_pages_and_nameless_callers_nothing(double: Double) -> None:
    address = f"{double.url}/api/download/models/{cases.NEEDS_KEY + 1}"
    page = requests.get(address, headers={"User-Agent": "Mozilla/5.0"})
    assert (page.status_code, page.headers["Content-Type"].startswith("text/html")) == (200, True)
    text = requests.get(f"{double.url}/api/download/models/{cases.DISABLED + 1}", headers={"User-Agent": "Mozilla/5.0"})
    assert (text.status_code, text.headers["Content-Type"]) == (401, "text/plain; charset=utf-8")
    assert requests.get(address, headers={"User-Agent": ""}).status_code == 403


def test_storage_knows_ranges_tags_and_no_keys(double: Double, web: requests.Session) -> None:
    reply = web.get(fox_url(double), headers={"Range": "bytes=100-199"})
    assert (reply.status_code, reply.content, reply.headers["Content-Range"]) == (206, file_b()[100:200], "bytes 100-199/2097296")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="glass_fox_v2.safetensors"'
    tag = reply.headers["ETag"]
    asked = [
        {"Range": "bytes=-10"},
        {"Range": "bytes=5-", "If-Range": tag},
        {"Range": "bytes=5-", "If-Range": '"other"'},
        {"Range": "bytes=2097296-"},
    ]
    found = [web.get(reply.url, headers=headers) for headers in asked]
    assert [(one.status_code, len(one.content)) for one in found[:3]] == [(206, 10), (206, 2097291), (200, 2097296)]
    assert (found[3].status_code, found[3].headers["Content-Range"]) == (416, "bytes */2097296")
    assert web.get(reply.url, headers={"Authorization": "Bearer x"}).status_code == 400
    assert web.get(reply.url + "0").status_code == 200  # more in the query is not signed
    assert web.get(reply.url.replace("Signature=", "Signature=0")).status_code == 403
    assert [str(seen).split("?")[0].split("/")[0] for seen in double.leaks()] == ["storage GET "]


def test_signed_addresses_expire(double: Double, web: requests.Session) -> None:
    double.site.uses = 2
    first = web.get(fox_url(double), allow_redirects=False).headers["Location"]
    assert [web.get(first).status_code for _ in range(3)] == [200, 200, 403]
    double.site.uses, double.site.lifetime = 0, -1
    assert web.get(fox_url(double)).status_code == 403


def test_account_preferences_choose_when_no_file_is_named(double: Double, web: requests.Session) -> None:
    address = f"{double.url}/api/download/models/{cases.SEVERAL + 1}"
    names = [
        web.get(address, headers=headers).headers["Content-Disposition"] for headers in ({}, {"Authorization": f"Bearer {double.key}"})
    ]
    assert "set.safetensors" in names[0] and "set_full.safetensors" in names[1]
    assert "vae" in web.get(f"{address}?type=VAE").headers["Content-Disposition"]


def test_pictures_come_in_any_size_and_not_always_as_named(double: Double, web: requests.Session) -> None:
    picture = web.get(f"{double.url}/api/v1/images?modelVersionId=9000302").json()["items"][0]
    sizes = {}
    for params in ("original=true", "width=450", "anim=false,transcode=true,width=96"):
        reply = web.get(picture["url"].replace("original=true", params), stream=True)
        with Image.open(reply.raw) as image:
            sizes[params] = (image.size, image.format, reply.headers["Content-Type"])
    assert sizes["original=true"] == ((832, 1216), "JPEG", "image/jpeg")
    assert sizes["width=450"][1:] == ("WEBP", "image/webp") and sizes["width=450"][0][0] == 450
    assert sizes["anim=false,transcode=true,width=96"][0][0] == 96


def test_videos_come_with_stills(double: Double, web: requests.Session) -> None:
    pictures = web.get(f"{double.url}/api/v1/images?modelVersionId=9000302&nsfw=X&type=video").json()["items"]
    video = web.get(pictures[0]["url"])
    assert (video.headers["Content-Type"], video.content[4:8], len(pictures)) == ("video/mp4", b"ftyp", 1)
    assert web.get(pictures[0]["url"], headers={"Range": "bytes=0-7"}).status_code == 206
    still = web.get(pictures[0]["url"].replace("original=true", "anim=false,transcode=true,width=96").replace(".mp4", ".jpeg"))
    assert still.headers["Content-Type"] == "image/webp"


def test_hub_tells_trees_and_files(double: Double, web: requests.Session) -> None:
    base = f"{double.huggingface}/api/models/{cases.REPO}"
    siblings = {row["rfilename"]: row for row in web.get(f"{base}?blobs=true").json()["siblings"]}
    double.site.hub_page, address, rows = 3, f"{base}/tree/refs%2Fpr%2F1?recursive=true", {}
    while address:
        reply = web.get(address)
        rows |= {row["path"]: row for row in reply.json()}
        address = reply.links.get("next", {}).get("url", "")
    assert {path for path, row in rows.items() if row["type"] == "file"} == siblings.keys()
    assert rows["tiny_lora.safetensors"]["lfs"]["oid"] == siblings["tiny_lora.safetensors"]["lfs"]["sha256"]
    assert siblings["README.md"]["blobId"] == "02259bdc80d2cc44cc96720b34182bdb6612c7de"
    assert [row["path"] for row in web.get(f"{base}/tree/main/vae").json()] == [
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    ]
    some = web.post(f"{base}/paths-info/main", json={"paths": ["vae", "README.md", "nope"]}).json()
    assert {row["path"] for row in some} == {"vae", "README.md"}
    head = web.head(f"{double.huggingface}/{cases.REPO}/resolve/main/tiny_lora.safetensors")
    assert (head.status_code, head.headers["X-Linked-ETag"].strip('"')) == (302, rows["tiny_lora.safetensors"]["lfs"]["oid"])
    small = web.head(f"{double.huggingface}/{cases.REPO}/resolve/main/README.md")
    assert (small.status_code, small.headers["Content-Length"]) == (200, "54")
    odd = web.get(f"{double.huggingface}/{cases.REPO}/resolve/main/split_files/diffusion%20models/tiny%20flux%20%C3%A9%20Q4_K.gguf")
    assert odd.content[:4] == b"GGUF"
    assert web.get(f"{double.huggingface}/{cases.REPO}/raw/main/tiny_lora.safetensors").text.startswith("version https://git-lfs")


def test_hub_refuses_in_its_own_words(double: Double, web: requests.Session) -> None:
    def code(path: str, token: str = "") -> tuple[int, str | None]:
        reply = web.get(f"{double.huggingface}/{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
        return reply.status_code, reply.headers.get("X-Error-Code")

    gated = f"{cases.GATED_REPO}/resolve/main/model.safetensors"
    assert [code(gated), code(gated, "hf_plain"), code(gated, double.token)] == [(401, "GatedRepo"), (403, "GatedRepo"), (200, None)]
    assert [code(f"api/models/{cases.PRIVATE_REPO}"), code("api/models/a/b"), code("api/models/a/b", double.token)] == [
        (401, "RepoNotFound"), (401, "RepoNotFound"), (404, "RepoNotFound"),
    ]  # fmt: skip
    assert code(f"{cases.REPO}/resolve/main/nope.bin") == (404, "EntryNotFound")
    assert code(f"{cases.REPO}/resolve/v9/README.md") == (404, "RevisionNotFound")
    assert [code("api/whoami-v2")[0], code("api/whoami-v2", double.token)[0]] == [401, 200]


def test_releases_and_plain_files(double: Double, web: requests.Session) -> None:
    latest = web.get(f"{double.github}/repos/{cases.RELEASE_REPO}/releases/latest").json()
    old = web.get(f"{double.github}/repos/{cases.RELEASE_REPO}/releases/tags/v1.0").json()
    assert (latest["tag_name"], old["tag_name"], len(latest["assets"])) == ("v1.1", "v1.0", 2)
    data = web.get(latest["assets"][0]["browser_download_url"]).content
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == latest["assets"][0]["digest"]
    assert web.get(double.plain("a b/ü.bin", b"hello"), headers={"Range": "bytes=1-2"}).content == b"el"
    assert web.get(f"{double.github}/repos/a/b/releases/latest").status_code == 404


def test_large_files_are_valid_and_the_same_in_any_part(double: Double, web: requests.Session, tmp_path: Any) -> None:
    model = double.add_big("giant", 3.3)
    content = model.versions[0].files[0].content
    whole = read_all(content)
    assert (len(whole), hashlib.sha256(whole).hexdigest()) == (content.size, content.sha256)
    reply = web.get(double.download_url(model), headers={"Range": "bytes=1048570-2097160"})
    assert reply.content == whole[1048570:2097161]
    path = tmp_path / "giant.safetensors"
    path.write_bytes(whole)
    assert read_facts(path, content.size).kind == "loras"


# faults


def body(web: requests.Session, url: str, **headers: str) -> tuple[int, int, str]:
    """Fetch an address; returns (status, bytes that came, what was wrong)."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    got = 0
    try:
        with web.get(url, headers=names, stream=True, timeout=10) as reply:
            for block in iter(lambda: reply.raw.read(65536), b""):
                got += len(block)
        return reply.status_code, got, ""
    except (requests.RequestException, urllib3.exceptions.HTTPError) as fault:
        return 0, got, type(fault).__name__


def test_cuts_reach_the_caller_whole(double: Double, web: requests.Session) -> None:
    double.faults.append(faults.cut(300_000, count=1))
    assert body(web, fox_url(double))[2] == "ProtocolError"
    assert double.sent("storage") == 300_000
    status, got, wrong = body(web, fox_url(double), Range="bytes=300000-")
    assert (status, got, wrong) == (206, 2097296 - 300_000, "")
    assert double.twice() == 0
    body(web, fox_url(double), Range="bytes=0-99")
    assert double.twice("storage") == 100


def test_ranges_go_wrong(double: Double, web: requests.Session) -> None:
    asked = {"Range": "bytes=1000-", "If-Range": '"old"'}

    def meet(*found: faults.Fault) -> requests.Response:
        double.faults[:] = found
        return web.get(fox_url(double), headers=asked)

    assert meet(faults.ignore_range()).status_code == 200
    late = meet(faults.ignore_if_range(), faults.wrong_range(50))
    assert (late.status_code, late.headers["Content-Range"], late.content) == (206, "bytes 1050-2097295/2097296", file_b()[1050:])
    assert "Content-Range" not in meet(faults.ignore_if_range(), faults.no_content_range()).headers
    assert meet(faults.ignore_if_range(), faults.wrong_total(9)).headers["Content-Range"] == "bytes 1000-2097295/2097305"
    changed = meet(faults.changed_etag(skip=0))
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"changed"')
    asked["If-Range"] = '"changed"'
    assert meet(faults.changed_etag(skip=0)).status_code == 206
    assert "ETag" not in meet(faults.no_etag()).headers
    assert meet(faults.weak_etag()).headers["ETag"].startswith('W/"')


def test_bodies_go_wrong(double: Double, web: requests.Session) -> None:
    def meet(*found: faults.Fault) -> tuple[int, int, str]:
        double.faults[:] = found
        return body(web, fox_url(double))

    size = len(file_b())
    assert meet(faults.lying_length(500))[2] == "ProtocolError"
    assert meet(faults.lying_length(-500)) == (200, size - 500, "")
    assert meet(faults.chunked()) == meet(faults.until_close()) == (200, size, "")
    assert meet(faults.dropped("storage"))[2] == "ConnectionError"
    assert meet(faults.cut(1000), faults.chunked())[2] != ""
    double.faults[:] = [faults.flipped()]
    assert web.get(fox_url(double)).content == file_b()[:-1] + b"\xfe"
    double.faults[:] = [faults.html_page()]
    assert web.get(fox_url(double)).text.startswith("<!DOCTYPE")
    double.faults[:] = [faults.truncated(20)]
    with pytest.raises(json.JSONDecodeError):
        json.loads(web.get(f"{double.url}/api/v1/models/{FOX}").text)
    double.faults[:] = [faults.wrong_size_kb(1.5)]
    assert web.get(f"{double.url}/api/v1/model-versions/9000301").json()["files"][0]["sizeKB"] == 1.5859375


def test_faults_are_counted(double: Double, web: requests.Session) -> None:
    double.faults.append(faults.busy("2", on="civitai GET /api/download", count=2, skip=1))
    replies = [web.get(fox_url(double), allow_redirects=False) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [307, 429, 429, 307]
    assert replies[1].headers["Retry-After"] == "2"
    assert web.get(f"{double.url}/api/v1/models/{FOX}").status_code == 200
    assert [seen.faults for seen in double.seen("download")] == [(), ("busy",), ("busy",), ()]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.expired(), 403), (faults.hub_busy(on=""), 429), (faults.unusual(on=""), 429), (faults.server_error(on=""), 502),
        (faults.missing(on=""), 404), (faults.json_body(on=""), 200), (faults.redirect_to("http://127.0.0.1:9/x", on=""), 307),
    ],
)  # fmt: skip
def test_other_answers(double: Double, web: requests.Session, fault: faults.Fault, status: int) -> None:
    double.faults.append(fault)
    assert web.get(f"{double.storage}/model/x/y", allow_redirects=False).status_code == status


def test_redirects_may_have_no_end(double: Double, web: requests.Session) -> None:
    double.faults.append(faults.redirect_loop())
    with pytest.raises(requests.TooManyRedirects):
        web.get(fox_url(double))


def test_a_stalled_or_slow_answer_ends_with_the_double(web: requests.Session) -> None:
    with Double([faults.stall(60, after=1000, on="9100302"), faults.stall(60, after=500), faults.slow(1000, on="9100302")]) as double:
        results: list[object] = []
        caller = threading.Thread(target=lambda: results.append(body(web, fox_url(double))))
        caller.start()
        while not double.sent("storage"):
            pass
    caller.join(30)
    assert not caller.is_alive()
    assert results


# the demo library


def test_library_models_are_known_with_their_ids() -> None:
    double = Double(has_library=True, has_many=True)
    pictures = [picture.id for _, version in double.site.versions() for picture in version.pictures]
    assert len(set(pictures)) == len(pictures)
    ids = [model.id for model in double.site.models.values()]
    assert {number_of(model) for model in known_models()} <= set(ids)
    versions = [version.id for _, version in double.site.versions()]
    files = [file.id for file in double.site.files()]
    assert len(set(versions)) == len(versions) and len(set(files)) == len(files)
    assert sum(len(model.versions) > 1 for model in double.site.models.values()) >= 8
    assert len(known_models()) >= len(MODELS) * 0.7


@pytest.mark.parametrize(
    "path", ["loras/style/poster-shapes.safetensors", "embeddings/soft-focus.safetensors", "loras/style/ink-wash-v3.safetensors"]
)
def test_hashes_of_the_table_are_true(path: str) -> None:
    model = next(model for model in MODELS if model.path == path)
    content = content_of(model, is_small=True, is_known=False)
    assert hashes_of(content) == KNOWN[f"small/{path}"]


def test_outside_it_is_a_process_of_its_own(web: requests.Session) -> None:
    with Outside("--big", "1", "--faults", "cut(1000)") as outside:
        assert body(web, outside.urls["big0"])[2] == "ProtocolError"
