"""Asking the sites: answers, faults, politeness, sizes, and the keys that stay where they belong. Against a server on loopback."""

import gzip
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.errors import Cancelled, NetworkFault, OnlineFault, Refused
from model_manager.core.online import pace, web
from model_manager.core.online.records import CIVITAI, HUGGING_FACE
from model_manager.core.online.web import Web
from model_manager.core.work import Work
from tests.core.web_case import KEY, Site, reply, site, web_for


@pytest.fixture(autouse=True)
def no_proxies_and_short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(web, "_AGAIN_SECONDS", 0.01)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def api() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.fixture
def storage() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.fixture
def asking(api: Site, tmp_path: Path) -> Iterator[Web]:
    made = web_for(tmp_path, api.url, CIVITAI_API_TOKEN=KEY)
    yield made
    made.close()


def in_turn(*answers: Callable[[Any], None]) -> Callable[[Any], None]:
    rest = list(answers)
    return lambda handler: (rest.pop(0) if len(rest) > 1 else rest[0])(handler)


def said(status: int, body: bytes = b"", **headers: str) -> Callable[[Any], None]:
    return lambda handler: reply(handler, status, body, **headers)


def test_an_api_is_asked_with_our_name_and_key(api: Site, asking: Web) -> None:
    api.answer = said(200, b'{"items": [1]}')
    assert asking.get_json(api.url + "/api/v1/models", {"limit": 3, "nsfw": True}) == {"items": [1]}
    (asked,) = api.log
    assert asked.path == "/api/v1/models?limit=3&nsfw=true" and asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.headers["User-Agent"].startswith("ComfyModelManager/") and "Cookie" not in asked.headers


def test_posting(api: Site, asking: Web) -> None:
    api.answer = said(200, b"[null]")
    assert asking.post_json(api.url + "/api/v1/model-versions/by-hash", ["AB", "é"]) == [None]
    (asked,) = api.log
    assert asked.method == "POST" and json.loads(asked.body) == ["AB", "é"] and asked.headers["Content-Type"] == "application/json"


def test_headers_of_a_page_of_results(api: Site, asking: Web) -> None:
    api.answer = said(200, b"[]", Link='<http://x.example/?cursor=2>; rel="next"')
    found, headers = asking.get_page(api.url + "/api/models/a/b/tree/main")
    assert found == [] and headers["link"].endswith('rel="next"')


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>hello", b"", b'{"a": ', b"\xff\xfe\x00\x00\x01", b"[" * 100_000, b"9" * 5000])
def test_what_is_no_answer_is_asked_again_and_then_given_up(api: Site, asking: Web, body: bytes) -> None:
    api.answer = said(200, body, Content_Type="text/html")
    with pytest.raises(NetworkFault) as caught:
        asking.get_json(api.url + "/api/v1/enums")
    assert caught.value.code == "not_json" and len(api.log) == web.TRIES
    api.answer = in_turn(said(200, body), said(200, b"[1]"))
    assert asking.get_json(api.url + "/api/v1/enums") == [1]


def test_refusals_are_not_asked_again(api: Site, asking: Web) -> None:
    pages = b'{"error": "You have requested too many pages"}'
    for status, body, code in ((404, b"{}", "not_found"), (400, b'{"error": {}}', "bad_request"), (429, pages, "bad_request")):
        api.log.clear()
        api.answer = said(status, body)
        with pytest.raises(Refused) as caught:
            asking.get_json(api.url + "/api/v1/models/1")
        assert caught.value.code == code and len(api.log) == 1


@pytest.mark.parametrize("status", [429, 500, 503, 522])
def test_too_busy_is_asked_again_later(api: Site, asking: Web, status: int) -> None:
    api.answer = in_turn(said(status, b"<html>no"), said(status), said(200, b"1"))
    assert asking.get_json(api.url + "/x") == 1
    assert len(api.log) == 3


def test_the_wait_a_site_asks_for_is_kept_by_all_threads(api: Site, asking: Web) -> None:
    api.answer = in_turn(said(429, Retry_After="0.4"), said(200, b"1"))
    started = time.monotonic()
    assert asking.get_json(api.url + "/x") == 1
    assert time.monotonic() - started >= 0.4
    api.answer = in_turn(said(429, ratelimit='"api";r=0;t=1'), said(200, b"1"))
    started = time.monotonic()
    with pytest.raises(NetworkFault) as caught:
        asking.open(api.url + "/x")
    assert (caught.value.code, caught.value.after) == ("busy", 1)
    asking.open(api.url + "/y").close()
    assert time.monotonic() - started >= 0.8


def test_a_long_wait_is_left_to_the_task(api: Site, asking: Web) -> None:
    api.answer = said(429, Retry_After="600")
    for _ in range(2):  # the second is not even sent
        with pytest.raises(NetworkFault) as caught:
            asking.get_json(api.url + "/x")
        assert caught.value.code == "busy" and 590 < caught.value.after <= 600
    assert len(api.log) == 1


def test_waiting_ends_when_cancelled(api: Site, asking: Web) -> None:
    api.answer = said(429, Retry_After="60")
    work = Work()
    timer = threading.Timer(0.3, work.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        asking.get_json(api.url + "/x", work=work)
    timer.join()
    assert time.monotonic() - started < 50 and len(api.log) == 1  # not the 60 seconds that the site asked for


def test_three_at_once_ask_a_site(api: Site, asking: Web) -> None:
    lock, counts, most = threading.Lock(), [0], [0]

    def answer(handler: Any) -> None:
        with lock:
            counts[0] += 1
            most[0] = max(most[0], counts[0])
        time.sleep(0.03)
        with lock:
            counts[0] -= 1
        reply(handler, 200, b"1")

    api.answer = answer
    threads = [threading.Thread(target=asking.get_json, args=(api.url + "/x",)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.log) == 12 and most[0] == 3


def test_packed_answers_are_unpacked_and_bombs_are_not(api: Site, asking: Web) -> None:
    api.answer = said(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")
    assert asking.get_json(api.url + "/x") == {"a": 1}
    bomb = gzip.compress(b"0" * 50_000_000)
    api.answer = said(200, bomb, Content_Encoding="gzip")
    for ask in (lambda: asking.get_json(api.url + "/x"), lambda: asking.get_bytes(api.url + "/x", 1_000_000)):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.code == "too_large"
    api.answer = said(200, b"no gzip at all", Content_Encoding="gzip")
    with pytest.raises(NetworkFault):
        asking.get_bytes(api.url + "/x", 1000)


def test_pictures_have_a_limit_whatever_the_server_promises(api: Site, asking: Web) -> None:
    api.answer = said(200, b"x" * 1000)
    assert asking.get_bytes(api.url + "/p", 1000) == b"x" * 1000

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while not api.leave.is_set():
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    for answer in (said(200, b"x" * 1001), endless, said(200, b"x" * 5000, Content_Length="10000000000")):
        api.answer = answer
        with pytest.raises(Refused) as caught:
            asking.get_bytes(api.url + "/p", 1000)
        assert caught.value.code == "too_large"
    api.answer = said(200, b"x" * 500, Content_Length="900", Connection="close")
    with pytest.raises(NetworkFault) as cut:
        api.answer = cut_after(b"x" * 500, 900)
        asking.get_bytes(api.url + "/p", 1000)
    assert cut.value.code == "dropped" and len(api.log) >= web.TRIES


def cut_after(data: bytes, promised: int) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        reply(handler, 200, data, Content_Length=str(promised))
        handler.close_connection = True

    return answer


def test_what_goes_wrong_on_the_way(api: Site, asking: Web, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"
    faults: dict[str, OnlineFault] = {}
    for url in (closed, "http://", "nonsense", "http://[::1", "ftp://127.0.0.1/x", "http://127.0.0.1:70000/", "https" + api.url[4:], "http://a..b/"):
        with pytest.raises(OnlineFault) as caught:
            asking.open(url)
        faults[url] = caught.value
    assert faults[closed].code == "offline" and "takes no connections" in faults[closed].text
    assert faults["https" + api.url[4:]].code == "offline"
    for url in ("http://", "nonsense", "http://[::1", "ftp://127.0.0.1/x", "http://127.0.0.1:70000/"):
        assert type(faults[url]) is Refused and faults[url].code == "bad_request", url

    def rude(handler: Any) -> None:
        handler.wfile.write(b"not http at all\r\n\r\n")
        handler.close_connection = True

    def silent(handler: Any) -> None:
        handler.close_connection = True

    for answer in (rude, silent):
        api.answer = answer
        with pytest.raises(NetworkFault) as dropped:
            asking.open(api.url + "/x")
        assert dropped.value.code == "dropped"


def test_a_name_that_is_not_found(asking: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NetworkFault) as caught:
        asking.get_json("https://civitai.example/x")
    assert caught.value.code == "offline" and "civitai.example was not found" in caught.value.text


def test_a_proxy_is_used_and_its_fault_named(api: Site, storage: Site, tmp_path: Path) -> None:
    through = web_for(tmp_path, proxy=storage.url)
    storage.answer = said(200, b"1")
    assert through.get_json("http://files.example/x") == 1
    assert storage.log[0].path == "http://files.example/x"
    api.answer = said(200, b"2")
    assert through.get_json(api.url + "/x") == 2  # loopback never goes through a proxy
    storage.answer = said(407)
    with pytest.raises(NetworkFault) as caught:
        through.open("https://files.example/x")
    assert caught.value.code == "offline" and "proxy" in caught.value.text
    through.close()
    with pytest.raises(NetworkFault) as socks:
        web_for(tmp_path, proxy="socks5://127.0.0.1:9").open("https://files.example/x")
    assert "SOCKS" in socks.value.text


def test_the_proxy_of_the_environment(storage: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", storage.url)
    storage.answer = said(200, b"1")
    asking = web_for(tmp_path)
    assert asking.get_json("http://files.example/x") == 1
    monkeypatch.setenv("no_proxy", "files.example")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: (_ for _ in ()).throw(socket.gaierror(1, "no")))
    with pytest.raises(NetworkFault):
        asking.open("http://files.example/x")
    asking.close()


# keys


def test_a_key_stays_with_its_site(api: Site, storage: Site, asking: Web) -> None:
    storage.answer = said(200, b"bytes")
    other_names = storage.url.removeprefix("http:") + "/f", storage.url.replace("127.0.0.1", "localhost") + "/f"
    for target in (storage.url + "/f?sig=1", *other_names):
        api.answer = said(307, Location=target)
        api.log.clear()
        storage.log.clear()
        with asking.open(api.url + "/api/download/models/1", {"Range": "bytes=5-", "If-Range": '"e"', "Authorization": "mine"}) as answer:
            assert answer.read_all(10) == b"bytes"
        assert api.keys_seen() == [f"Bearer {KEY}"] and storage.keys_seen() == [""]
        assert storage.log[0].headers["Range"] == "bytes=5-" and storage.log[0].headers["If-Range"] == '"e"'


def test_a_key_does_not_come_back_once_it_was_left_behind(api: Site, storage: Site, asking: Web) -> None:
    api.answer = in_turn(said(302, Location=storage.url + "/a"), said(200, b"end"))
    storage.answer = said(302, Location=api.url + "/end")
    with asking.open(api.url + "/start") as answer:
        assert answer.url == api.url + "/end"
    assert api.keys_seen() == [f"Bearer {KEY}", ""] and storage.keys_seen() == [""]


def test_no_key_for_other_sites(storage: Site, asking: Web) -> None:
    with asking.open(storage.url + "/f"):
        pass
    with asking.open(storage.url.replace("127.0.0.1", "me:secret@127.0.0.1") + "/f"):
        pass
    assert storage.keys_seen() == ["", ""]


def test_a_key_in_a_pasted_address_becomes_a_header(api: Site, storage: Site, asking: Web) -> None:
    with asking.open(api.url + "/f?fileId=1&token=pasted-key-12345"):
        pass
    with asking.open(storage.url + "/f?token=its-own"):
        pass
    assert api.log[0].path == "/f?fileId=1" and api.keys_seen() == ["Bearer pasted-key-12345"]
    assert storage.log[0].path == "/f?token=its-own" and storage.keys_seen() == [""]


def test_netrc_and_cookies_play_no_part(api: Site, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_folders / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(own_folders / ".netrc"))
    asking = web_for(tmp_path, api.url)
    api.answer = said(200, b"1", Set_Cookie="a=b")
    asking.get_json(api.url + "/x")
    asking.get_json(api.url + "/x")
    assert api.keys_seen() == ["", ""] and not any("Cookie" in asked.headers for asked in api.log)
    asking.close()


def test_no_fault_and_no_log_holds_a_key(api: Site, storage: Site, asking: Web, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(status: int) -> Callable[[Any], None]:
        return lambda handler: reply(handler, status, json.dumps({"error": handler.headers["Authorization"]}).encode())

    answers = [*map(echo, (400, 401, 403, 404, 418, 500)), cut_after(b"x", 10), said(200, b"<html>")]
    answers += [said(302, Location="file:///etc/passwd"), lambda handler: setattr(handler, "close_connection", True)]
    answers += [said(307, Location=storage.url), said(302, Location="http://[::1")]
    storage.answer = said(403)
    for answer in answers:
        api.answer = answer
        for ask in (asking.get_json, asking.open, lambda url: asking.get_bytes(url, 5), lambda url: asking.first_bytes(url, 5)):
            try:
                found: Any = ask(api.url + f"/x?token={KEY}")
            except OnlineFault as fault:
                shown = "".join(traceback.format_exception(fault)) + repr(fault) + str(vars(fault)) + fault.page
                assert KEY not in shown
                while fault is not None:
                    assert type(fault).__module__.startswith("model_manager"), fault
                    assert KEY not in str(vars(fault))
                    fault = fault.__cause__ or fault.__context__  # type: ignore[assignment]
            else:
                getattr(found, "close", lambda: None)()
    assert KEY not in caplog.text and KEY not in repr(asking) + repr(asking.keys)


def test_a_key_is_tried_before_it_is_kept(api: Site, storage: Site, tmp_path: Path) -> None:
    asking = web_for(tmp_path, api.url, storage.url)

    def me(handler: Any) -> None:
        is_known = handler.headers["Authorization"] == "Bearer good-key-12345"
        name = "username" if handler.path == "/api/v1/me" else "name" if handler.path == "/api/whoami-v2" else "wrong"
        reply(handler, 200 if is_known else 401, json.dumps({name: "Ann"} if is_known else {"error": "Unauthorized"}).encode())

    api.answer = storage.answer = me
    assert asking.check_key(CIVITAI, " good-key-12345\n") == asking.check_key(HUGGING_FACE, "good-key-12345") == "Ann"
    for key in ("wrong-key-12345", "short", "with blank inside", "nöt-ascii-12345", "two\nlines-12345", ""):
        with pytest.raises(Refused) as caught:
            asking.check_key(CIVITAI, key)
        assert caught.value.code == "bad_key" and (not key or key not in caught.value.text)
    assert len(api.log) == 2
    api.answer = said(200, b"[]")
    with pytest.raises(NetworkFault):
        asking.check_key(CIVITAI, "good-key-12345")
    assert asking.keys.get(CIVITAI) == ""
    asking.close()


def test_a_page_to_log_in_at_asks_for_a_key(api: Site, asking: Web, tmp_path: Path) -> None:
    api.answer = said(307, Location="/login?returnUrl=%2Fmodel-versions%2F1&reason=download-auth")
    with pytest.raises(Refused) as with_key:
        asking.open(api.url + "/api/download/models/1")
    without = web_for(tmp_path, api.url)
    with pytest.raises(Refused) as no_key:
        without.open(api.url + "/api/download/models/1")
    without.close()
    assert (with_key.value.code, no_key.value.code) == ("bad_key", "needs_key")
    assert no_key.value.page == api.url + "/user/account"


def test_redirects_have_an_end(api: Site, asking: Web) -> None:
    api.answer = lambda handler: reply(handler, 302, b"moved", Location=f"x{len(api.log)}")
    with pytest.raises(NetworkFault) as caught:
        asking.open(api.url + "/a/b")
    assert len(api.log) == 11 and api.log[3].path == "/a/x3" and "without end" in caught.value.text
    for target in ("file:///etc/passwd", "ftp://x.example/a", "javascript:alert(1)", "http://[::1"):
        api.answer = said(302, Location=target)
        with pytest.raises(Refused) as refused:
            asking.open(api.url + "/a")
        assert refused.value.code == "bad_request"


def test_a_missing_file_of_civitai_is_asked_for_once_more(api: Site, asking: Web) -> None:
    api.answer = in_turn(said(404, b'{"error": "File not found"}'), said(200, b"there"))
    with asking.open(api.url + "/api/download/models/1") as answer:
        assert answer.status == 200
    api.answer = said(404)
    with pytest.raises(Refused):
        asking.open(api.url + "/api/download/models/1")
    assert len(api.log) == 4
