"""The tags ComfyUI writes into MP4 and WebM files, and the size of their picture; called by embedded.

A few boxes are read, never the film itself. Videos come from strangers: every length is bounded and nothing here goes in a circle.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

TEXT_MAX = 4 * 1024 * 1024
HEAD_MAX = 2 * 1024 * 1024  # of a WebM; ComfyUI's own page looks no further (Comfy-Org/ComfyUI_frontend:src/scripts/metadata/ebml.ts)
_MOOV_MAX = 64 * 1024 * 1024
_MOST_BOXES = 4096
Tags = tuple[dict[str, str], int, int]  # texts, width, height


def mp4_tags(file: BinaryIO) -> Tags:
    """Return tags (names in lower case), width and height of an MP4 or MOV; what cannot be understood is not there.

    The tags lie in moov/udta/meta as `keys` and `ilst` (Comfy-Org/ComfyUI:comfy_api/latest/_input_impl/video_types.py).
    """
    size = file.seek(0, os.SEEK_END)
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head[:8])
        start = 8
        if length == 1 and len(head) == 16:
            length, start = struct.unpack(">Q", head[8:])[0], 16
        length = length or size - place
        if length < start or place + length > size:
            break
        if kind == b"moov":
            if length > _MOOV_MAX:
                break
            file.seek(place + start)
            return _moov(memoryview(file.read(length - start)))
        place += length
    return {}, 0, 0


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    place = 0
    for _ in range(_MOST_BOXES):
        if place + 8 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        if length < 8 or place + length > len(data):
            return
        yield kind, data[place + 8 : place + length]
        place += length


def _moov(moov: memoryview) -> Tags:
    texts: dict[str, str] = {}
    width = height = 0
    for kind, box in _boxes(moov):
        if kind == b"trak":
            for inner, head in _boxes(box):
                if inner == b"tkhd" and len(head) >= 84:
                    wide, high = struct.unpack(">II", head[-8:])
                    width, height = max(width, wide >> 16), max(height, high >> 16)
        elif kind == b"udta":
            for inner, meta in _boxes(box):
                if inner == b"meta":
                    texts |= _meta(meta if bytes(meta[4:8]) == b"hdlr" else meta[4:])
        elif kind == b"meta":
            texts |= _meta(box if bytes(box[4:8]) == b"hdlr" else box[4:])
    return texts, width, height


def _meta(meta: memoryview) -> dict[str, str]:
    names: list[str] = []
    texts: dict[str, str] = {}
    for kind, box in _boxes(meta):
        if kind == b"keys":
            names = [bytes(name).decode("utf-8", "replace").lower() for _, name in _boxes(box[8:])]
        elif kind == b"ilst":
            for index, item in _boxes(box):
                number = int.from_bytes(index, "big")
                for inner, value in _boxes(item):
                    if inner == b"data" and 0 < number <= len(names) and 8 < len(value) <= TEXT_MAX:
                        texts[names[number - 1]] = bytes(value[8:]).decode("utf-8", "replace")
    return texts


_SEGMENT, _TAGS, _TAG, _SIMPLE, _NAME, _STRING = 0x18538067, 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_TRACKS, _ENTRY, _VIDEO, _WIDTH, _HEIGHT, _CLUSTER = 0x1654AE6B, 0xAE, 0xE0, 0xB0, 0xBA, 0x1F43B675
_PARENTS = frozenset((_SEGMENT, _TAGS, _TAG, _SIMPLE, _TRACKS, _ENTRY, _VIDEO))


def webm_tags(file: BinaryIO) -> Tags:
    """Return tags (names in lower case), width and height of a WebM or MKV, as far as its first two megabytes tell."""
    file.seek(0)
    data = file.read(HEAD_MAX)
    texts: dict[str, str] = {}
    name, width, height = "", 0, 0
    for kind, value in _elements(data):
        if kind == _NAME:
            name = value.decode("utf-8", "replace").strip("\0").lower()
        elif kind == _STRING and name:
            texts[name] = value.decode("utf-8", "replace").strip("\0")
            name = ""
        elif kind == _WIDTH:
            width = max(width, int.from_bytes(value[:4], "big"))
        elif kind == _HEIGHT:
            height = max(height, int.from_bytes(value[:4], "big"))
    return texts, width, height


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the leaves in their order: parents are simply walked into, as their ends do not matter here."""
    place = 0
    for _ in range(_MOST_BOXES):
        kind, place = _number(data, place, is_id=True)
        length, place = _number(data, place, is_id=False)
        if kind < 0 or length < 0 or kind == _CLUSTER:
            return
        if kind in _PARENTS:
            continue
        if place + length > len(data):
            return
        yield kind, data[place : place + length]
        place += length


def _number(data: bytes, place: int, is_id: bool) -> tuple[int, int]:
    """Return an EBML number and the place behind it, -1 for none; a length not known counts as none, which only parents may have."""
    if place >= len(data) or not data[place]:
        return -1, place
    count = 9 - data[place].bit_length()
    if place + count > len(data):
        return -1, place
    value = int.from_bytes(data[place : place + count], "big")
    return (value if is_id else value & ((1 << 7 * count) - 1)), place + count
