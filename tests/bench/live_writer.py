"""The process that changes files while `live.py` watches: carries out acts and says when it began and ended each.

Started by `Writer` here; it only writes where it is told to.
"""

import json
import os
import select
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable


def model_bytes(size: int = 400) -> bytes:
    """A sound safetensors file with one tensor of `size` bytes."""
    header = json.dumps({"a.weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + os.urandom(size)


def write(path: str, data: bytes) -> None:
    """Write a file as most programs do: open, write, close."""
    with open(path, "wb") as file:
        file.write(data)


def write_slowly(path: str, seconds: float = 1.0, chunks: int = 10) -> None:
    """Rewrite a model in place in chunks, as a download without a partial would."""
    data = model_bytes(20_000)
    with open(path, "r+b") as file:
        file.truncate()
        for number in range(chunks):
            file.write(data[len(data) * number // chunks : len(data) * (number + 1) // chunks])
            file.flush()
            time.sleep(seconds / chunks)


def fill(folder: str, count: int, first: str = "model") -> None:
    """Make a folder with models."""
    os.makedirs(folder)
    for number in range(count):
        write(f"{folder}/{first} {number}.safetensors", model_bytes())


def burst(folder: str, files: int, folders: int) -> None:
    """Write many models as fast as this process can."""
    data = model_bytes(64)
    for number in range(folders):
        os.makedirs(f"{folder}/{number:04d}")
    for number in range(files):
        write(f"{folder}/{number % folders:04d}/burst {number}.safetensors", data)


def picture(path: str, colour: tuple[int, int, int]) -> None:
    """Write a PNG, so that its size differs from the last one's."""
    from PIL import Image

    image = Image.new("RGB", (64 + colour[0] % 32, 64), colour)
    image.save(path)


ACTS: dict[str, Callable[..., object]] = {
    "write": lambda path: write(path, model_bytes()), "text": lambda path, text: write(path, text.encode()), "remove": os.unlink,
    "rename": os.rename, "write_slowly": write_slowly, "fill": fill, "burst": burst, "makedirs": os.makedirs, "symlink": os.symlink,
    "rmtree": lambda path: shutil.rmtree(path, ignore_errors=True), "picture": lambda path, colour: picture(path, tuple(colour)),
}  # fmt: skip


def write_for_others() -> None:
    """Carry out acts named on stdin and say when each was finished."""
    for line in sys.stdin:
        name, *args = json.loads(line)
        start = time.monotonic()
        ACTS[name](*args)
        print(json.dumps([start, time.monotonic()]), flush=True)


class Writer:
    """The other process, which changes files."""

    def __init__(self) -> None:
        command = [sys.executable, __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, *act: object) -> None:
        """Ask for an act."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(act) + "\n")
        self._process.stdin.flush()

    @property
    def is_ready(self) -> bool:
        """True when the act asked for was carried out."""
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def end(self) -> tuple[float, float]:
        """When the act began and ended, by the system's monotonic clock."""
        assert self._process.stdout is not None
        start, stop = json.loads(self._process.stdout.readline())
        return start, stop

    def do(self, *act: object) -> tuple[float, float]:
        """Act and wait."""
        self.start(*act)
        return self.end()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


if __name__ == "__main__":
    write_for_others()
