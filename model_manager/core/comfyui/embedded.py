"""What ComfyUI and its relatives write into the pictures and videos they make: prompt, workflow, parameters.

Called by usage for each new file of the output folders. Only headers and text are read, never a pixel; every length is bounded, and a
file that cannot be understood simply says nothing (formats: Comfy-Org/ComfyUI:nodes.py, comfy_extras/nodes_images.py,
AUTOMATIC1111/stable-diffusion-webui:modules/images.py).
"""

import os
import stat
import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO

from model_manager.core.comfyui.video_tags import TEXT_MAX, mp4_tags, webm_tags
from model_manager.core.paths import long_path

PICTURES = (".png", ".webp", ".jpg", ".jpeg", ".apng", ".avif")
VIDEOS = (".mp4", ".webm", ".mov", ".mkv")
WANTED = frozenset(("prompt", "workflow", "parameters"))
_TEXTS_MAX = 16 * 1024 * 1024  # all texts of a file
_MOST_CHUNKS = 20_000
_FAULTS = (OSError, ValueError, struct.error, IndexError, OverflowError, zlib.error)


@dataclass(slots=True)
class Embedded:
    """texts: prompt, workflow, parameters, as far as they are there. width, height: pixels, 0 when not known."""

    texts: dict[str, str] = field(default_factory=dict)
    width: int = 0
    height: int = 0


def read_embedded(path: str) -> Embedded:
    """Return what a picture or video says of its making; empty for everything that cannot be understood."""
    found = Embedded()
    try:
        full = long_path(path)
        if not stat.S_ISREG(os.stat(full).st_mode):
            return found
        with open(full, "rb") as file:
            _read(file, found)
    except _FAULTS:
        pass
    found.texts = {name: text for name, text in found.texts.items() if name in WANTED}
    return found


def _read(file: BinaryIO, found: Embedded) -> None:
    head = file.read(32)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        _png(file, found)
    elif head.startswith(b"\xff\xd8"):
        _jpeg(file, found)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _webp(file, found)
    elif head[4:8] == b"ftyp":
        found.texts, found.width, found.height = mp4_tags(file)
    elif head.startswith(b"\x1aE\xdf\xa3"):
        found.texts, found.width, found.height = webm_tags(file)


def _png(file: BinaryIO, found: Embedded) -> None:
    file.seek(8)
    left = _TEXTS_MAX
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND" or (kind == b"IDAT" and found.texts):
            return
        if kind == b"IHDR":
            found.width, found.height = struct.unpack(">II", file.read(8))
            file.seek(length - 8 + 4, os.SEEK_CUR)
        elif kind in (b"tEXt", b"iTXt", b"zTXt", b"comf", b"eXIf") and length <= min(TEXT_MAX, left):
            left -= length
            _png_text(kind, file.read(length), found)
            file.seek(4, os.SEEK_CUR)
        else:
            file.seek(length + 4, os.SEEK_CUR)


def _png_text(kind: bytes, data: bytes, found: Embedded) -> None:
    if kind == b"eXIf":
        _exif(data, found)
        return
    word, _, rest = data.partition(b"\0")
    name = word.decode("latin-1").lower()
    if name not in WANTED or name in found.texts:
        return
    if kind == b"zTXt":
        found.texts[name] = _unpacked(rest[1:]).decode("latin-1")
    elif kind == b"iTXt":
        _, _, text = rest[2:].partition(b"\0")
        text = text.partition(b"\0")[2]
        found.texts[name] = (_unpacked(text) if rest[:1] == b"\1" else text).decode("utf-8", "replace")
    else:
        found.texts[name] = rest.decode("latin-1")


def _unpacked(data: bytes) -> bytes:
    """Return compressed text; nothing of one that grows beyond the bound."""
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, TEXT_MAX)
    return b"" if unpacker.unconsumed_tail else text


def _jpeg(file: BinaryIO, found: Embedded) -> None:
    file.seek(2)
    for _ in range(512):
        mark = file.read(2)
        if len(mark) < 2 or mark[0] != 0xFF or mark[1] in (0xD9, 0xDA):
            return
        (length,) = struct.unpack(">H", file.read(2))
        data = file.read(max(0, length - 2))
        if mark[1] == 0xE1 and data.startswith(b"Exif\0\0"):
            _exif(data, found)
        elif 0xC0 <= mark[1] <= 0xCF and mark[1] not in (0xC4, 0xC8, 0xCC):
            found.height, found.width = struct.unpack(">HH", data[1:5])


def _webp(file: BinaryIO, found: Embedded) -> None:
    file.seek(12)
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        kind, length = struct.unpack("<4sI", head)
        if kind == b"EXIF" and length <= TEXT_MAX:
            _exif(file.read(length), found)
            return
        data = file.read(min(length, 10))
        if kind == b"VP8X":
            found.width, found.height = 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
        elif kind == b"VP8 " and not found.width:
            wide, high = struct.unpack("<HH", data[6:10])
            found.width, found.height = wide & 0x3FFF, high & 0x3FFF
        elif kind == b"VP8L" and not found.width:
            bits = int.from_bytes(data[1:5], "little")
            found.width, found.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        file.seek(length - len(data) + (length & 1), os.SEEK_CUR)


_USER_COMMENT, _EXIF_IFD, _ASCII = 0x9286, 0x8769, 2


def _exif(data: bytes, found: Embedded) -> None:
    """Take `prompt:...` and `workflow:...` from ASCII tags, and A1111's parameters from the user comment."""
    if data.startswith(b"Exif\0\0"):
        data = data[6:]
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    for tag, kind, value in _tags(data, start, order):
        if tag == _EXIF_IFD:
            for inner, _, comment in _tags(data, int.from_bytes(value[:4], "little" if order == "<" else "big"), order):
                if inner == _USER_COMMENT:
                    _comment(comment, found)
        elif kind == _ASCII:
            name, colon, text = value.rstrip(b"\0").partition(b":")
            if colon:
                found.texts.setdefault(name.decode("latin-1").strip().lower(), text.decode("utf-8", "replace"))
        elif tag == _USER_COMMENT:
            _comment(value, found)


def _tags(data: bytes, start: int, order: str) -> list[tuple[int, int, bytes]]:
    """Return (tag, type, bytes) of one directory; types of one byte and pointers only."""
    if not 8 <= start <= len(data) - 2:
        return []
    (count,) = struct.unpack_from(order + "H", data, start)
    found = []
    for number in range(min(count, 256)):
        place = start + 2 + number * 12
        if place + 12 > len(data):
            break
        tag, kind, length = struct.unpack_from(order + "HHI", data, place)
        value = data[place + 8 : place + 12]
        if kind in (1, _ASCII, 7) and length > 4:
            (at,) = struct.unpack(order + "I", value)
            value = data[at : at + min(length, TEXT_MAX)]
        found.append((tag, kind, value))
    return found


def _comment(value: bytes, found: Embedded) -> None:
    mark, body = value[:8], value[8:]
    if mark.startswith(b"UNICODE"):
        zeros = body[0:200:2].count(0), body[1:200:2].count(0)
        text = body.decode("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le", "replace")
    else:
        text = (body if mark[:5] in (b"ASCII", b"\0\0\0\0\0") else value).decode("utf-8", "replace")
    text = text.strip("\0")
    name, colon, rest = text.partition(":")
    if colon and name in WANTED and rest.lstrip().startswith("{"):
        found.texts.setdefault(name, rest)
    elif text.lstrip().startswith("{"):
        found.texts.setdefault("prompt", text)
    else:
        found.texts.setdefault("parameters", text)
