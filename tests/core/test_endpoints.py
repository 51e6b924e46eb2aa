"""Where the sites are, and to whom a key may go."""

import pytest

from model_manager.core.online.endpoints import (
    REAL_CIVITAI,
    REAL_HUGGING_FACE,
    Endpoints,
    api_site,
    as_endpoint,
    asked_now,
    endpoints,
    origin,
    usual_address,
    with_params,
    without_token,
)
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, PLAIN
from model_manager.core.settings import Settings

REAL = Endpoints()
MIRROR = Endpoints("http://127.0.0.1:8100/civ", "http://127.0.0.1:8100/hf")


def test_environment_wins_over_settings_and_these_over_the_real_sites() -> None:
    settings = Settings(civitai_endpoint="https://civitai.red/", huggingface_endpoint="hf-mirror.example")
    assert endpoints(Settings(), {}) == REAL
    assert endpoints(settings, {}) == Endpoints("https://civitai.red", "https://hf-mirror.example")
    told = endpoints(settings, {"CIVITAI_ENDPOINT": " http://127.0.0.1:99/a/ ", "HF_ENDPOINT": "", "GITHUB_ENDPOINT": "http://[::1]:5"})
    assert told == Endpoints("http://127.0.0.1:99/a", "https://hf-mirror.example", "http://[::1]:5")


@pytest.mark.parametrize("text", ["", "  ", "ftp://x.example", "https://", "http://[::1", "https://x.example:port", "file:///etc/passwd"])
def test_what_is_no_address_is_no_endpoint(text: str) -> None:
    assert as_endpoint(text) == ""
    assert endpoints(Settings(civitai_endpoint=text), {"CIVITAI_ENDPOINT": text}).civitai == REAL_CIVITAI


def test_an_endpoint_loses_what_does_not_belong() -> None:
    assert as_endpoint("http://www.civitai.com/") == as_endpoint("civitai.com") == REAL_CIVITAI
    assert api_site("https://civitai.com/api", Endpoints(as_endpoint("civitai.red"))) == CIVITAI
    assert as_endpoint("HTTPS://me:secret@Mirror.Example:443/x/?token=1#a") == "https://mirror.example/x"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://civitai.com/api/v1/me", CIVITAI),
        ("https://CIVITAI.com:443/api", CIVITAI),
        ("https://civitai.red/api/v1/models/1", CIVITAI),
        ("https://huggingface.co/api/models/a/b", HUGGING_FACE),
        ("http://civitai.com/api", ""),
        ("https://civitai.com:8443/api", ""),
        ("https://civitai.com.evil.example/api", ""),
        ("https://civitai.com@evil.example/api", ""),
        ("https://evil.example/?https://civitai.com/", ""),
        ("https://image.civitai.com/x", ""),
        ("https://cdn-lfs.huggingface.co/x", ""),
        ("https://cas-bridge.xethub.hf.co/x", ""),
        ("//civitai.com/api", ""),
        ("nonsense", ""),
        ("http://[::1", ""),
    ],
)
def test_keys_go_to_the_api_hosts_only(url: str, site: str) -> None:
    assert api_site(url, REAL) == site


def test_a_mirror_takes_the_place_of_the_real_site() -> None:
    assert api_site("http://127.0.0.1:8100/civ/api/v1/me", MIRROR) == CIVITAI
    assert api_site("http://127.0.0.1:8100/hf/api/x", MIRROR) == HUGGING_FACE
    for url in ("https://civitai.com/api", "https://civitai.red/api", REAL_HUGGING_FACE, "http://127.0.0.1:8101/civ", "https://127.0.0.1:8100/"):
        assert api_site(url, MIRROR) == ""


def test_one_address_may_stand_for_both_sites() -> None:
    one = Endpoints("http://127.0.0.1:8100", "http://127.0.0.1:8100", "")
    for path in ("/api/v1/me", "/api/download/models/5?fileId=6", "/api/v1/models?query=a/resolve/b", "/login"):
        assert api_site(one.civitai + path, one) == CIVITAI
    for path in ("/api/models/a/b", "/api/whoami-v2", "/a/b/resolve/main/x.safetensors", "/datasets/a/b/raw/main/x"):
        assert api_site(one.civitai + path, one) == HUGGING_FACE


def test_other_names_of_the_sites_become_the_usual_one() -> None:
    assert usual_address("http://hf.co/a/b?x=1#frag") == "https://huggingface.co/a/b?x=1"
    assert usual_address("https://www.civitai.com/api/download/models/1") == "https://civitai.com/api/download/models/1"
    assert usual_address("https://civitai.red/models/1") == "https://civitai.red/models/1"
    assert usual_address("http://me:secret@x.example:81/a") == "http://x.example:81/a"
    assert usual_address("https://hf.co:8443/a") == "https://hf.co:8443/a"


@pytest.mark.parametrize(
    ("url", "clean", "token"),
    [
        ("https://civitai.com/models/1?fileId=2&token=abcdefgh", "https://civitai.com/models/1?fileId=2", "abcdefgh"),
        ("https://civitai.com/a?TOKEN=abc%2Bd&type=Model%20x", "https://civitai.com/a?type=Model%20x", "abc+d"),
        ("http://civitai.green/a?token=", "http://civitai.green/a", ""),
        ("https://civitai.com/a?%74oken=abc", "https://civitai.com/a", "abc"),
        ("https://storage.example/f?token=signed", "https://storage.example/f?token=signed", ""),
        ("https://civitai.com/a?tokens=3&mytoken=x", "https://civitai.com/a?tokens=3&mytoken=x", ""),
    ],
)
def test_a_key_in_an_address_is_taken_out(url: str, clean: str, token: str) -> None:
    assert without_token(url, REAL) == (clean, token)


def test_origins_and_parameters() -> None:
    assert origin("HTTP://X.example:80/a") == "http://x.example" and origin("https://x.example:80") == "https://x.example:80"
    assert origin("ftp://x.example") == origin("") == origin("http://") == ""
    told = with_params("https://x.example/a", {"types": ["LORA", "LoCon"], "nsfw": True, "tag": "a&b", "no": None, "limit": 5})
    assert told == "https://x.example/a?types=LORA&types=LoCon&nsfw=true&tag=a%26b&limit=5"
    assert with_params("https://x.example/a?b=1", {"c": 2}) == "https://x.example/a?b=1&c=2"
    assert with_params("https://x.example/a", {}) == "https://x.example/a"


@pytest.mark.parametrize(
    ("url", "site", "ends", "expected"),
    [
        (
            "http://127.0.0.1:1/api/download/models/5?fileId=6", CIVITAI, Endpoints(civitai="http://127.0.0.1:2"),
            "http://127.0.0.1:2/api/download/models/5?fileId=6",
        ),
        (
            "https://civitai.com/api/download/models/5?fileId=6", CIVITAI, Endpoints(civitai="https://mirror.example/c"),
            "https://mirror.example/c/api/download/models/5?fileId=6",
        ),
        ("https://civitai.com/api/download/models/5", CIVITAI, Endpoints(civitai="http://127.0.0.1:2"), "https://civitai.com/api/download/models/5"),
        (
            "https://huggingface.co/a/b/resolve/main/x.gguf", HUGGING_FACE, Endpoints(huggingface="https://hf.example"),
            "https://hf.example/a/b/resolve/main/x.gguf",
        ),
        ("https://a.example/x.gguf", PLAIN, Endpoints(civitai="https://mirror.example"), "https://a.example/x.gguf"),
        ("https://cdn.example/x", CIVITAI, Endpoints(civitai="https://mirror.example"), "https://cdn.example/x"),
    ],
)  # fmt: skip
def test_a_stored_address_follows_its_site(url: str, site: str, ends: Endpoints, expected: str) -> None:
    assert asked_now(url, site, ends) == expected
