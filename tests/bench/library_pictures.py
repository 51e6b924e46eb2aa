"""The pool of preview pictures for the benchmark library: some dozens of drawn ones, each file made its own by a few bytes.

Used by make_library.py.
"""

import base64
import io
import json
import random
import zlib
from typing import Final

from PIL import Image

from model_manager.core.demo.canvas import PALETTES
from model_manager.core.demo.pictures import MOTIFS, paint

_SUFFIXES: Final = {
    ".preview.png": 30,
    ".png": 22,
    ".webp": 12,
    ".jpg": 10,
    ".preview.jpg": 8,
    ".preview.webp": 6,
    ".jpeg": 4,
    ".preview.jpeg": 3,
    ".gif": 2,
    ".mp4": 1,
}
_FORMATS: Final = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
_VIDEO: Final = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + b"\0\0\0\x08free"  # a container without a film


class Pool:
    """Ready pictures by format."""

    def __init__(self, rng: random.Random, distinct: int, size: tuple[int, int]) -> None:
        """Draw `distinct` pictures of `size` and keep each in every format it may be asked for."""
        self._rng = rng
        self._files: dict[str, list[bytes]] = {}
        motifs, palettes = list(MOTIFS), list(PALETTES)
        for index in range(distinct):
            image = paint(motifs[index % len(motifs)], palettes[index * 5 % len(palettes)], index)
            image = image if image.size == size else image.resize(size, Image.Resampling.BOX)
            kind = ("PNG", "JPEG", "WEBP")[index % 3] if distinct >= 6 else ""
            for name in [kind] if kind else ["PNG", "JPEG", "WEBP"]:
                self._files.setdefault(name, []).append(_encoded(image, name))
            if index < 2:
                self._files.setdefault("GIF", []).append(_encoded(image.resize((128, 192)), "GIF"))
                self._files.setdefault("COVER", []).append(_encoded(image.resize((192, 288)), "JPEG"))

    def suffixes(self) -> list[str]:
        """Return the preview suffixes of one model: none for 3 of 10, two for 1 of 20."""
        roll = self._rng.random()
        if not self._files or roll < 0.3:
            return []
        return list(dict.fromkeys(self._rng.choices(list(_SUFFIXES), list(_SUFFIXES.values()), k=2 if roll > 0.95 else 1)))

    def picture(self, suffix: str) -> bytes:
        """Return a file for that suffix; 1 in 20 `.preview.png` is really a JPEG, as downloaders leave them."""
        if suffix == ".mp4":
            return _VIDEO + self._rng.randbytes(64)
        kind = _FORMATS[suffix.rsplit(".", 1)[1]]
        if suffix == ".preview.png" and self._rng.random() < 0.05:
            kind = "JPEG"
        return _made_own(kind, self._rng.choice(self._files[kind]), self._rng.randbytes(16))

    def plain(self) -> bytes:
        """Return some picture; a single pixel when the pool is empty."""
        return self._files["PNG"][0] if self._files else _encoded(Image.new("RGB", (1, 1)), "PNG")

    def cover(self) -> str:
        """Return the value of `ssmd_cover_images`."""
        return json.dumps([base64.b64encode(self._rng.choice(self._files["COVER"])).decode()])


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "PNG" and image.width < 256:
        image = image.quantize(64)  # small libraries on disk are what small pictures are for
    image.save(out, kind, **({"quality": 82} if kind in ("JPEG", "WEBP") else {}))
    return out.getvalue()


def _made_own(kind: str, data: bytes, serial: bytes) -> bytes:
    """Return the picture with a serial number inside: a text chunk, a comment, or bytes after the end."""
    if kind == "PNG":
        text = b"tEXtSerial\0" + serial.hex().encode()
        chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
        return data[:-12] + chunk + data[-12:]
    if kind == "JPEG":
        return data[:2] + b"\xff\xfe" + (len(serial) + 2).to_bytes(2, "big") + serial + data[2:]
    return data + serial
