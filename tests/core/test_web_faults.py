"""What the sites' refusals mean, in the shapes in which they come."""

import email.utils
import json
import time
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from model_manager.core.errors import NetworkFault, Refused
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.faults import Reply, clean, fault_of, page_of, seconds_to_wait

KEY = "a-key-of-mine-0123456789"
CIV, HF = "https://civitai.com", "https://huggingface.co"
DOWNLOAD = CIV + "/api/download/models/9000302?fileId=1"
LOGIN = {"error": "Unauthorized", "message": "The creator of this asset requires you to be logged in to download it"}
DISABLED = {"error": "Unauthorized", "message": "The creator of this asset has disabled downloads on this file"}
IN_EARLY = "This asset is in Early Access. You can use Buzz access it now!"
EARLY = {"error": "Early Access", "deadline": "2026-08-15T12:00:00.000Z", "message": IN_EARLY}
ZOD = {"error": {"name": "ZodError", "message": '[{"code":"too_big"}]'}}
QUOTA = {"error": "We've noticed an unusual amount of downloading from your account. Contact support@civitai.com or come back later."}
PAGES = {"error": "You've requested too many pages, please use cursors instead"}
REPO = HF + "/example-org/tiny-gated/resolve/main/model.safetensors"
STORAGE = "https://bucket.r2.cloudflarestorage.com/f?X-Amz-Signature=00"


def fault(status: int, body: Any = b"", url: str = DOWNLOAD, key: str = "", final: str = "", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return fault_of(Reply(status, named, data, url, Endpoints(), final, key))


@pytest.mark.parametrize(
    ("status", "body", "url", "key", "headers", "code", "page"),
    [
        (404, {"error": "Model not found"}, CIV + "/api/v1/model-versions/by-hash/AB", "", {}, "not_found", CIV),
        (404, {"error": "No model with id 9"}, CIV + "/api/v1/models/9", "", {}, "not_found", CIV + "/models/9"),
        (404, {"error": "File not found"}, DOWNLOAD, KEY, {}, "not_found", CIV + "/model-versions/9000302"),
        (400, ZOD, CIV + "/api/v1/models?limit=500", "", {}, "bad_request", ""),
        (400, {"error": "Cannot use page param with query search."}, CIV + "/api/v1/models", "", {}, "bad_request", ""),
        (405, {"error": "Method not allowed"}, CIV + "/api/v1/models", "", {}, "bad_request", ""),
        (401, {"error": "Unauthorized"}, CIV + "/api/v1/me", KEY, {}, "bad_key", CIV + "/user/account"),
        (401, LOGIN, DOWNLOAD, "", {}, "needs_key", CIV + "/user/account"),
        (401, LOGIN, DOWNLOAD, KEY, {}, "bad_key", CIV + "/user/account"),
        (401, DISABLED, DOWNLOAD, "", {}, "downloads_off", CIV + "/model-versions/9000302"),
        (401, DISABLED, DOWNLOAD, KEY, {}, "downloads_off", CIV + "/model-versions/9000302"),
        (403, EARLY, DOWNLOAD, KEY, {}, "early_access", CIV + "/model-versions/9000302"),
        (403, {"error": "Early Access", "message": IN_EARLY}, DOWNLOAD, "", {}, "early_access", CIV + "/model-versions/9000302"),
        (403, {"error": "You do not have access to download this file"}, DOWNLOAD, KEY, {}, "forbidden", CIV + "/model-versions/9000302"),
        (403, {"error": {"a": ["b"]}}, DOWNLOAD, KEY, {}, "forbidden", CIV + "/model-versions/9000302"),
        (403, b"<html>Attention Required! | Cloudflare</html>", DOWNLOAD, KEY, {}, "forbidden", CIV + "/model-versions/9000302"),
        (410, {"error": "Model archived, not available for download"}, DOWNLOAD, "", {}, "gone", CIV + "/model-versions/9000302"),
        (451, b"", DOWNLOAD, "", {}, "forbidden", CIV + "/model-versions/9000302"),
        (429, QUOTA, DOWNLOAD, KEY, {}, "unusual", ""),
        (429, PAGES, CIV + "/api/v1/models?page=11&limit=100", "", {"retry_after": "5"}, "bad_request", ""),
        (401, b"", REPO, "", {"x_error_code": "GatedRepo"}, "gated", HF + "/example-org/tiny-gated"),
        (403, b"", REPO, KEY, {"X_Error_Code": "GatedRepo"}, "gated", HF + "/example-org/tiny-gated"),
        (401, b"", HF + "/api/models/example-org/nope", "", {"x_error_code": "RepoNotFound"}, "needs_key", HF + "/example-org/nope"),
        (401, b"", HF + "/api/models/example-org/nope", KEY, {"x_error_code": "RepoNotFound"}, "not_found", HF + "/example-org/nope"),
        (401, {"error": "Invalid credentials in Authorization header"}, HF + "/api/whoami-v2", KEY, {}, "bad_key", HF + "/settings/tokens"),
        (403, b"", REPO, KEY, {}, "forbidden", HF + "/settings/tokens"),
        (404, b"", REPO, "", {"x_error_code": "EntryNotFound"}, "not_found", HF + "/example-org/tiny-gated"),
        (404, b"", REPO, "", {"x_error_code": "RevisionNotFound"}, "not_found", HF + "/example-org/tiny-gated"),
        (401, b"", "https://files.example/a?b=c", "", {}, "forbidden", "https://files.example"),
        (404, b"", "https://files.example/a?b=c", "", {}, "not_found", "https://files.example"),
    ],
)  # fmt: skip
def test_refusals(status: int, body: Any, url: str, key: str, headers: dict[str, str], code: str, page: str) -> None:
    found = fault(status, body, url, key, **headers)
    assert type(found) is Refused and (found.code, found.page) == (code, page)
    assert found.text.endswith(".") and KEY not in repr(found) + found.text and "?" not in found.text and "()" not in found.text


@pytest.mark.parametrize(
    ("status", "body", "headers", "code", "after"),
    [
        (429, b"<!DOCTYPE html><html>error code: 1015</html>", {"retry_after": "30"}, "busy", 30),
        (429, {"error": "Too many"}, {}, "busy", 0),
        (429, b"\xff\xfe\x00", {"retry_after": "soon"}, "busy", 0),
        (429, {"error": "We had to rate limit your IP"}, {"ratelimit": '"api";r=0;t=55'}, "busy", 55),
        (403, {"message": "API rate limit exceeded"}, {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1"}, "busy", 0),
        (503, {"error": "Model search is temporarily overloaded"}, {"retry_after": "2"}, "server", 2),
        (500, {"message": "x", "error": {}}, {}, "server", 0),
        (502, b"<html>" + b"x" * 100_000, {}, "server", 0),
        (522, b"", {}, "server", 0),
        (408, b"", {}, "server", 0),
        (304, b"", {}, "server", 0),
        (999, b"[" * 60_000, {}, "server", 0),
    ],
)
def test_faults_that_pass(status: int, body: Any, headers: dict[str, str], code: str, after: float) -> None:
    found = fault(status, body, **headers)
    assert type(found) is NetworkFault and (found.code, found.after) == (code, after)


def test_a_storage_that_refuses_has_let_its_address_expire() -> None:
    for status, body in ((403, b"<Error><Code>AccessDenied</Code>"), (401, b""), (400, b"<Code>ExpiredToken</Code>")):
        assert fault(status, body, final=STORAGE).code == "expired"
        assert fault(status, body, url=STORAGE).code == "expired"
        assert fault(status, body, final="https://plain.example/f").code == "expired"
    assert fault(400, b"<Code>InvalidArgument</Code>", final=STORAGE).code == "bad_request"
    assert fault(404, b"", final=STORAGE).code == "not_found"
    assert fault(403, b"", url="https://a.example/f", final="https://b.example/f").code == "forbidden"
    assert fault(403, EARLY, url=DOWNLOAD, final="https://civitai.red/api/download/models/1").code == "early_access"


def test_dates_in_texts_and_waits() -> None:
    assert "2026-08-15" in fault(403, EARLY).text
    assert "until" not in fault(403, {"error": "Early Access"}).text
    soon = email.utils.formatdate(time.time() + 50, usegmt=True)
    assert 45 < seconds_to_wait(CaseInsensitiveDict({"retry-after": soon})) <= 50
    assert seconds_to_wait(CaseInsensitiveDict({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0
    assert seconds_to_wait(CaseInsensitiveDict({"Retry-After": "999999999"})) == 24 * 3600
    assert seconds_to_wait(CaseInsensitiveDict({"Retry-After": "-5"})) == 0
    assert seconds_to_wait(CaseInsensitiveDict({"Retry-After": "2.5"})) == 2.5


def test_an_echoed_key_is_not_shown_and_words_of_a_site_are_tamed() -> None:
    found = fault(400, {"error": f"no\nuse for {KEY}\x00" + "x" * 1000}, key=KEY)
    assert KEY not in found.text and "\n" not in found.text and "\x00" not in found.text and len(found.text) < 450
    assert clean("a\tb\r\n c\u202e") == "a b c"
    assert "<" not in fault(403, {"message": "no <img src='//host/share/x.png'>"}, "https://other.org/x.png").text
    assert KEY not in repr(Reply(400, {}, b"", DOWNLOAD, Endpoints(), "", KEY))


def test_braces_in_a_sites_words_are_only_words() -> None:
    assert "{0.__class__}" in fault(400, {"error": "{0.__class__} {who}"}).text


def test_pages() -> None:
    ends = Endpoints("http://127.0.0.1:1/c", "http://127.0.0.1:2")
    pages = {
        "http://127.0.0.1:1/c/api/v1/model-versions/7?x=1": "http://127.0.0.1:1/c/model-versions/7",
        "http://127.0.0.1:2/datasets/o/n/resolve/main/a/b.bin": "http://127.0.0.1:2/datasets/o/n",
        "http://127.0.0.1:2/api/models/o/n/tree/main": "http://127.0.0.1:2/o/n",
        "http://127.0.0.1:2/gpt2/resolve/main/model.bin": "http://127.0.0.1:2/gpt2",
        "http://127.0.0.1:2/api/whoami-v2": "http://127.0.0.1:2",
    }
    assert {url: page_of(Reply(404, {}, b"", url, ends)) for url in pages} == pages
