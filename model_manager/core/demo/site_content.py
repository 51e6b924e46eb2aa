"""What the demo site serves: bytes that are read where they are asked for, and the six hashes that Civitai tells of them.

Used by the demo site and the tests' double. Nothing is written to disk; a large file is computed while it is sent.
"""

import hashlib
import random
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache, cached_property

from model_manager.core.demo.sparse import Pieces

_STEP = 1 << 20
_AUTOV1_START, _AUTOV1_SIZE, _AUTOV1_LEAST = 1 << 20, 1 << 16, 2 << 20


class Content(ABC):
    """A file of `size` bytes, the same at each reading. key: its name in signed addresses, unlike that of any other content."""

    def __init__(self, key: str, size: int, known: Mapping[str, str] | None = None) -> None:
        """`known`: its hashes if somebody has computed them before."""
        self.key, self.size, self._known = key, size, known

    @abstractmethod
    def read(self, offset: int, count: int) -> bytes | memoryview:
        """Return up to `count` bytes from `offset`; fewer only at the end."""

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """Algorithm -> hash as Civitai spells it (formats of civitai/model-scanner's HashTask): upper case, CRC32 reversed."""
        return self._known if self._known is not None else hashes_of(self)

    @property
    def sha256(self) -> str:
        """The SHA-256 in lower case."""
        return self.hashes["SHA256"].lower()

    @property
    def etag(self) -> str:
        """An entity tag, with its quotes."""
        return f'"{hashlib.md5(f"{self.key} {self.size}".encode(), usedforsecurity=False).hexdigest()}"'


class Whole(Content):
    """Bytes that are kept."""

    def __init__(self, key: str, data: bytes) -> None:
        super().__init__(key, len(data))
        self._data = memoryview(data)

    def read(self, offset: int, count: int) -> memoryview:
        """Return a view of the bytes."""
        return self._data[offset : offset + count]


class Holes(Content):
    """A file of the demo library: pieces, and zeros between them."""

    def __init__(self, key: str, pieces: Pieces, known: Mapping[str, str] | None = None) -> None:
        super().__init__(key, pieces.size, known)
        self._parts = pieces.parts

    def read(self, offset: int, count: int) -> bytes:
        """Return the bytes with the holes filled."""
        out = bytearray(max(0, min(count, self.size - offset)))
        for start, data in self._parts:
            first, last = max(start, offset), min(start + len(data), offset + len(out))
            if first < last:
                out[first - offset : last - offset] = data[first - start : last - start]
        return bytes(out)


class Noise(Content):
    """A file of any size behind a true header: blocks of 1 MiB of noise, each of which begins with its number."""

    def __init__(self, key: str, size: int, head: bytes = b"") -> None:
        super().__init__(key, size)
        self._head, self._block = head, memoryview(_noise(key))

    def read(self, offset: int, count: int) -> bytes | memoryview:
        """Return the bytes up to the end of a block: long answers are put together from several."""
        count = min(count, self.size - offset)
        if offset < len(self._head):
            return self._head[offset : offset + count]
        number, start = divmod(offset, _STEP)
        if start < 8:
            return number.to_bytes(8, "little")[start : start + count]
        return self._block[start : min(start + count, _STEP)]


@cache
def _noise(key: str) -> bytes:
    return random.Random(key).randbytes(_STEP)


def hashes_of(content: Content) -> dict[str, str]:
    """Compute all six hashes in one reading; AutoV1 from 2 MiB on, AutoV3 for safetensors only."""
    import blake3

    whole, tensors, first, crc = hashlib.sha256(), hashlib.sha256(), hashlib.sha256(), 0
    blake, head, offset = blake3.blake3(), bytes(content.read(0, 8)), 0
    start = 8 + int.from_bytes(head, "little")
    while offset < content.size:
        block = memoryview(content.read(offset, _STEP))
        whole.update(block)
        blake.update(block)
        crc = zlib.crc32(block, crc)
        tensors.update(block[max(0, start - offset) :])
        first.update(block[max(0, _AUTOV1_START - offset) : max(0, _AUTOV1_START + _AUTOV1_SIZE - offset)])
        offset += len(block)
    out = {"AutoV1": first.hexdigest()[:8]} if content.size >= _AUTOV1_LEAST else {}
    out |= {"AutoV2": whole.hexdigest()[:10], "SHA256": whole.hexdigest()}
    out |= {"CRC32": crc.to_bytes(4, "little").hex(), "BLAKE3": blake.hexdigest()}
    if 8 < start < content.size and bytes(content.read(8, 1)) == b"{":
        out["AutoV3"] = tensors.hexdigest()[:12]
    return {name: value.upper() for name, value in out.items()}


def read_all(content: Content) -> bytes:
    """Return a small content as a whole."""
    parts, offset = [], 0
    while offset < content.size:
        parts.append(bytes(content.read(offset, _STEP)))
        offset += len(parts[-1])
    return b"".join(parts)
