"""How fast one download is, hash included, against `curl -o` of the same file from the same loopback server.

    python tests/bench/download.py [--gb 2] [--rounds 5] [--folder DIR]

The server is a process of its own that only calls sendfile. Both are timed in turn; what counts is the ratio of their medians. The
flush to the disk before the rename is timed apart: curl does not do it, and how long it takes is a matter of the drive.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.filling import Hands, Wanted
from model_manager.core.online.keys import Keys
from model_manager.core.online.partials import Partial
from model_manager.core.online.throttle import Throttle
from model_manager.core.online.transfer import fill
from model_manager.core.online.web import Web
from model_manager.core.work import Work


def serve(path: str) -> None:
    """Answer every GET with the file or the part asked for; prints its port first."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=_answer, args=(peer, path), daemon=True).start()


def _answer(peer: socket.socket, path: str) -> None:
    with peer, open(path, "rb") as file, contextlib.suppress(ConnectionError):
        size, asked = os.fstat(file.fileno()).st_size, b""
        while piece := peer.recv(65536):
            asked += piece
            while b"\r\n\r\n" in asked:
                head, _, asked = asked.partition(b"\r\n\r\n")
                part = next((line.split(b"=")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"range:")), b"")
                first, _, last = part.decode().partition("-")
                start, end = int(first or 0), int(last or size - 1) + 1
                status = f"206 Partial Content\r\nContent-Range: bytes {start}-{end - 1}/{size}" if part else "200 OK"
                answer = f'HTTP/1.1 {status}\r\nContent-Length: {end - start}\r\nAccept-Ranges: bytes\r\nETag: "bench"\r\n\r\n'
                peer.sendall(answer.encode())
                peer.setblocking(True)
                while start < end:
                    start += os.sendfile(peer.fileno(), file.fileno(), start, end - start)


def by_curl(url: str, folder: Path) -> float:
    """Seconds that curl takes."""
    target = folder / "by-curl.safetensors"
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    subprocess.run(["curl", "-sS", "-o", str(target), url], check=True)
    seconds = time.perf_counter() - start
    target.unlink()
    return seconds


def by_us(url: str, folder: Path, size: int, sha256: str) -> tuple[float, float]:
    """Seconds until the file is here and its hash is proven, and seconds for the flush."""
    partial = Partial(str(folder / "by-us.safetensors"), folder / "record.json")
    web = Web(Endpoints(url, url, url), Keys(folder, {}), "")
    hands = Hands(Work(), Throttle(lambda: 0), lambda done, total: None, lambda count: None, lambda place: None)
    start = time.perf_counter()
    digest = fill(web, Wanted(url, "by-us.safetensors", size, True, {"sha256": sha256}), partial, hands)
    seconds = time.perf_counter() - start
    assert digest == sha256
    partial.flush()
    flushed = time.perf_counter() - start - seconds
    partial.discard()
    web.close()
    return seconds, flushed


def make_file(path: Path, size: int) -> str:
    """Write bytes that are not all alike and return their SHA-256."""
    block, digest = os.urandom(4 << 20), hashlib.sha256()
    with open(path, "wb") as file:
        for number in range(size // len(block)):
            piece = number.to_bytes(8, "little") + block[8:]
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where both write; a temporary folder without it")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve)
    folder = Path(tempfile.mkdtemp(dir=chosen.folder))
    size = int(chosen.gb * 1000) // 4 * (4 << 20)
    sha256 = make_file(folder / "source", size)
    server = subprocess.Popen([sys.executable, __file__, "--serve", str(folder / "source")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/by-us.safetensors"
        _measure(url, folder, size, sha256, chosen.rounds)
    finally:
        server.kill()
        shutil.rmtree(folder)


def _measure(url: str, folder: Path, size: int, sha256: str, rounds: int) -> None:
    curl, ours, flushes = list[float](), list[float](), list[float]()
    by_us(url, folder, size, sha256)  # imports, and the source into memory
    for _ in range(rounds):
        curl.append(by_curl(url, folder))
        seconds, flush = by_us(url, folder, size, sha256)
        ours.append(seconds)
        flushes.append(flush)
        print(f"curl {size / curl[-1] / 1e6:7.0f} MB/s   ours with SHA-256 {size / seconds / 1e6:7.0f} MB/s   flush {flush:.2f} s")
    for name, of in (("median", statistics.median), ("best", min)):
        print(f"{name} of {rounds}: {size / 1e9:.2f} GB, curl {of(curl):.2f} s, ours {of(ours):.2f} s, ratio {of(curl) / of(ours):.2f}")
    whole = [one + flush for one, flush in zip(ours, flushes, strict=True)]
    print(f"with the flush: {statistics.median(whole):.2f} s, ratio {statistics.median(curl) / statistics.median(whole):.2f}")


if __name__ == "__main__":
    main()
