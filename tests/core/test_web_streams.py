"""The bytes of a file: parts, cuts, lying lengths, chunks, redirects, and a reader that is blocked. Against a server on loopback."""

import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.errors import Cancelled, NetworkFault, Refused
from model_manager.core.online import connections, web
from model_manager.core.online.answers import Answer
from model_manager.core.online.web import Web
from model_manager.core.work import Work
from tests.core.web_case import Site, reply, site, web_for

DATA = bytes(range(256)) * 4096


@pytest.fixture
def files() -> Iterator[Site]:
    with site() as made:
        made.answer = ranged(DATA)
        yield made


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Web]:
    made = web_for(tmp_path)
    yield made
    made.close()


def ranged(data: bytes, **headers: str) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        told = handler.headers.get("Range")
        if told is None:
            reply(handler, 200, data, ETag='"e1"', **headers)
            return
        first, _, last = told.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
        if start >= len(data):
            reply(handler, 416, Content_Range=f"bytes */{len(data)}")
        else:
            reply(handler, 206, data[start : end + 1], Content_Range=f"bytes {start}-{end}/{len(data)}", ETag='"e1"', **headers)

    return answer


def all_of(answer: Answer, size: int = 1 << 20) -> bytes:
    view, found = memoryview(bytearray(size)), bytearray()
    while count := answer.readinto(view):
        found += view[:count]
    return bytes(found)


def test_a_whole_file_and_its_headers(files: Site, asking: Web) -> None:
    with asking.open(files.url + "/f") as answer:
        assert (answer.status, answer.length, answer.headers["etag"], answer.url) == (200, len(DATA), '"e1"', files.url + "/f")
        assert all_of(answer) == DATA
        assert answer.readinto(memoryview(bytearray(5))) == 0
    assert files.log[0].headers["Accept-Encoding"] == "identity"


def test_small_views_get_everything_too(files: Site, asking: Web) -> None:
    with asking.open(files.url + "/f") as answer:
        assert all_of(answer, 1000) == DATA


def test_parts_and_416(files: Site, asking: Web) -> None:
    with asking.open(files.url + "/f", {"Range": "bytes=1000-1999"}) as answer:
        assert answer.status == 206 and all_of(answer) == DATA[1000:2000]
        assert answer.headers["Content-Range"] == f"bytes 1000-1999/{len(DATA)}" and web.total_of(answer) == len(DATA)
    with asking.open(files.url + "/f", {"Range": f"bytes={len(DATA)}-"}) as answer:
        assert answer.status == 416 and web.total_of(answer) == len(DATA)
    with pytest.raises(Refused):
        asking.get_bytes(files.url + "/f?x", 10)


def test_a_connection_is_used_again_once_all_is_read(files: Site, asking: Web) -> None:
    ports = set()
    serve = ranged(DATA)

    def answer(handler: Any) -> None:
        ports.add(handler.client_address[1])
        serve(handler)

    files.answer = answer
    for _ in range(3):
        with asking.open(files.url + "/f") as reading:
            assert all_of(reading) == DATA
    assert len(ports) == 1
    with asking.open(files.url + "/f") as left:
        left.readinto(memoryview(bytearray(10)))
    with asking.open(files.url + "/f") as reading:
        assert all_of(reading) == DATA
    assert len(ports) == 2


def test_fewer_bytes_than_promised_are_a_fault(files: Site, asking: Web) -> None:
    def cut(handler: Any) -> None:
        reply(handler, 200, DATA[:5000], Content_Length=str(len(DATA)))
        handler.close_connection = True

    files.answer = cut
    view, found = memoryview(bytearray(1 << 20)), bytearray()
    with pytest.raises(NetworkFault) as caught, asking.open(files.url + "/f") as answer:
        while True:
            found += view[: answer.readinto(view)]
    assert caught.value.code == "dropped" and bytes(found) == DATA[:5000]
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_a_reset_is_a_fault(files: Site, asking: Web) -> None:
    def reset(handler: Any) -> None:
        reply(handler, 200, DATA[:5000], Content_Length=str(len(DATA)))
        handler.wfile.flush()
        handler.connection.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")  # SO_LINGER 0: closing sends a reset
        handler.close_connection = True

    files.answer = reset
    with pytest.raises(NetworkFault) as caught, asking.open(files.url + "/f") as answer:
        all_of(answer)
    assert caught.value.code == "dropped"


def test_more_bytes_than_promised_are_left(files: Site, asking: Web) -> None:
    files.answer = lambda handler: reply(handler, 200, DATA, Content_Length="5000", Connection="close")
    with asking.open(files.url + "/f") as answer:
        assert all_of(answer) == DATA[:5000]


def test_without_a_length_the_end_is_the_end(files: Site, asking: Web) -> None:
    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(DATA)
        handler.close_connection = True

    files.answer = endless
    with asking.open(files.url + "/f") as answer:
        assert answer.length == -1 and all_of(answer) == DATA


def in_chunks(is_whole: bool = True) -> Callable[[Any], None]:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(DATA), 100_000):
            part = DATA[start : start + 100_000]
            handler.wfile.write(b"%x;ext=1\r\n" % len(part) + part + b"\r\n")
        if is_whole:
            handler.wfile.write(b"0\r\nTrailer: x\r\n\r\n")
        handler.close_connection = not is_whole

    return answer


def test_chunks(files: Site, asking: Web) -> None:
    files.answer = in_chunks()
    for size in (1 << 20, 777):
        with asking.open(files.url + "/f") as answer:
            assert answer.length == -1 and all_of(answer, size) == DATA
    files.answer = in_chunks(is_whole=False)
    with pytest.raises(NetworkFault) as caught, asking.open(files.url + "/f") as answer:
        all_of(answer)
    assert caught.value.code == "dropped"


def test_what_is_packed_though_we_asked_for_it_plain_is_unpacked(files: Site, asking: Web) -> None:
    files.answer = lambda handler: reply(handler, 200, gzip.compress(DATA), Content_Encoding="gzip")
    with asking.open(files.url + "/f") as answer:
        assert answer.length == -1 and all_of(answer, 70_000) == DATA


def test_first_bytes(files: Site, asking: Web) -> None:
    data, total, headers = asking.first_bytes(files.url + "/f", 100)
    assert (data, total, headers["ETag"]) == (DATA[:100], len(DATA), '"e1"')
    assert files.log[0].headers["Range"] == "bytes=0-99"
    files.answer = lambda handler: reply(handler, 200, DATA)
    assert asking.first_bytes(files.url + "/f", 100)[:2] == (DATA[:100], len(DATA))
    assert asking.first_bytes(files.url + "/f", len(DATA) + 5)[:2] == (DATA, len(DATA))
    files.answer = ranged(b"")
    assert asking.first_bytes(files.url + "/f", 100)[:2] == (b"", 0)
    files.answer = in_chunks()
    assert asking.first_bytes(files.url + "/f", 100)[:2] == (DATA[:100], 0)


def test_first_bytes_of_hugging_face_know_what_the_first_hop_said(files: Site, tmp_path: Path) -> None:
    with site() as hub:
        linked = {"X_Linked_ETag": '"ab"', "X_Linked_Size": "77", "X_Repo_Commit": "c0", "ETag": '"of-the-redirect"'}
        hub.answer = lambda handler: reply(handler, 302, b"Found. Redirecting", Location=files.url + "/cas", **linked)
        files.answer = ranged(DATA, Content_Disposition='attachment; filename="m.safetensors"')
        asking = web_for(tmp_path, huggingface=hub.url, HF_TOKEN="hf_0123456789")
        data, total, headers = asking.first_bytes(hub.url + "/a/b/resolve/main/m.safetensors", 10)
        assert data == DATA[:10] and total == len(DATA)
        told = [headers[name] for name in ("x-linked-etag", "X-LINKED-SIZE", "X-Repo-Commit", "ETag", "Content-Disposition")]
        assert told == ['"ab"', "77", "c0", '"e1"', 'attachment; filename="m.safetensors"']
        files.answer = in_chunks()
        assert asking.first_bytes(hub.url + "/a/b/resolve/main/m.safetensors", 10)[1] == 77
        assert hub.keys_seen() == ["Bearer hf_0123456789"] * 2 and files.keys_seen() == ["", ""]
        asking.close()


def stuck_before_headers(handler: Any, leave: threading.Event) -> None:
    leave.wait(60)


def stuck_in_the_body(handler: Any, leave: threading.Event) -> None:
    reply(handler, 200, DATA[:1000], Content_Length=str(len(DATA)))
    handler.wfile.flush()
    leave.wait(60)


@pytest.mark.parametrize("stuck", [stuck_before_headers, stuck_in_the_body])
def test_a_blocked_reader_hears_a_cancel(files: Site, asking: Web, stuck: Callable[[Any, threading.Event], None]) -> None:
    files.answer = lambda handler: stuck(handler, files.leave)
    work = Work()
    timer = threading.Timer(0.3, work.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled), asking.open(files.url + "/f", work=work) as answer:
        all_of(answer)
    timer.join()
    assert time.monotonic() - started < 50  # not the 60 seconds that the server sleeps


def test_connecting_hears_a_cancel_and_has_an_end(asking: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_SLICE", 0.05)
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.3)
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # one waits to be accepted, all others wait for it
        url = f"http://127.0.0.1:{full.getsockname()[1]}/f"
        first.connect(full.getsockname())
        with socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            with pytest.raises(NetworkFault) as caught:
                asking.open(url)
            assert caught.value.code == "timeout"
            work = Work()
            work.cancel()
            with pytest.raises(Cancelled):
                asking.open(url, work=work)


def test_eight_readers_at_once(files: Site, asking: Web) -> None:
    found: list[bool] = []

    def read() -> None:
        with asking.open(files.url + "/f") as answer:
            found.append(all_of(answer, 50_000) == DATA)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


def test_nothing_slow_is_imported_before_it_is_needed() -> None:
    code = "import sys, model_manager.core.online.web; print({'requests', 'urllib3', 'keyring', 'http.client'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "set()"


def test_a_silent_server_is_given_up(files: Site, asking: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_STREAM_SECONDS", 0.5)
    monkeypatch.setattr(connections, "_SLICE", 0.1)
    for stuck in (stuck_before_headers, stuck_in_the_body):
        files.answer = lambda handler, stuck=stuck: stuck(handler, files.leave)  # type: ignore[misc]
        with pytest.raises(NetworkFault) as caught, asking.open(files.url + "/f") as answer:
            all_of(answer)
        assert caught.value.code == "timeout"


def test_a_slow_server_is_waited_for(files: Site, asking: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_SLICE", 0.02)

    def slow(handler: Any) -> None:
        reply(handler, 200, b"", Content_Length="5")
        for letter in b"slow!":
            time.sleep(0.05)
            handler.wfile.write(bytes([letter]))
            handler.wfile.flush()

    files.answer = slow
    with asking.open(files.url + "/f", work=Work()) as answer:
        view = memoryview(bytearray(100))
        counts = []
        while count := answer.readinto(view):
            counts.append(count)
        assert sum(counts) == 5 and len(counts) > 1  # what is there is given at once


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not here to make a certificate")
    path.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "cert").read_bytes())
    return path


def secured(files: Site, certificate: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    files.server.socket = context.wrap_socket(files.server.socket, server_side=True, do_handshake_on_connect=False)
    return files.url.replace("http://", "https://") + "/f"


def test_over_tls(files: Site, asking: Web, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = secured(files, certificate)
    with pytest.raises(NetworkFault) as caught:
        asking.open(url)
    assert caught.value.code == "offline" and "certificate" in caught.value.text
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with asking.open(url) as answer:
        assert all_of(answer) == DATA
    files.answer = lambda handler: stuck_in_the_body(handler, files.leave)
    work = Work()
    timer = threading.Timer(0.3, work.cancel)
    timer.start()
    with pytest.raises(Cancelled), asking.open(url, work=work) as answer:
        all_of(answer)
    timer.join()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.fspath(certificate.parent / "none.pem"))
    with pytest.raises(NetworkFault) as missing:
        asking.open(url + "2")
    assert "REQUESTS_CA_BUNDLE" in missing.value.text


def test_a_handshake_behind_a_proxy_may_take_its_time(files: Site, certificate: Path, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def tunnel(handler: Any) -> None:
        handler.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        files.leave.wait(0.6)  # longer than one look at a cancel
        handler.close_connection = True
        context.wrap_socket(handler.connection, server_side=True).close()

    files.answer = tunnel
    through = web_for(tmp_path, proxy=files.url)
    with pytest.raises(NetworkFault) as caught:
        through.open("https://files.example/x")
    assert "certificate" in caught.value.text  # the handshake came as far as this; a server with a wrong name is no way on
    through.close()


def test_certificates_of_openssl(files: Site, asking: Web, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = secured(files, certificate)
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(certificate.parent / "left by another program.pem"))
    with pytest.raises(NetworkFault) as unknown:
        asking.open(url)
    assert "certificate" in unknown.value.text
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with asking.open(url) as answer:
        assert all_of(answer) == DATA
