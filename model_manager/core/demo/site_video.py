"""Makes small MP4 videos of drawn frames, so that the demo site has some: each frame is a JPEG, which every player's decoder knows.

Called by the demo site's storage. Boxes after ISO/IEC 14496-12; the sample entry is `mp4v` with object type 0x6C (JPEG) of 14496-1.
"""

import io
import struct
from collections.abc import Sequence

from PIL import Image

FRAMES_A_SECOND = 12


def mp4_bytes(frames: Sequence[Image.Image]) -> bytes:
    """Return a silent video of these frames, all of one size with even sides."""
    samples = [_jpeg(frame) for frame in frames]
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    size, count = frames[0].size, len(samples)
    moov = _moov(size, samples, 0)
    offset = len(head) + len(moov) + 8
    assert len(_moov(size, samples, offset)) == len(moov) and count
    return head + _moov(size, samples, offset) + _box(b"mdat", *samples)


def _jpeg(frame: Image.Image) -> bytes:
    out = io.BytesIO()
    frame.convert("RGB").save(out, "JPEG", quality=80, subsampling=2)
    return out.getvalue()


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _moov(size: tuple[int, int], samples: Sequence[bytes], offset: int) -> bytes:
    length = len(samples)  # in a time scale of frames
    mvhd = _full(
        b"mvhd", 0, struct.pack(">4I", 0, 0, FRAMES_A_SECOND, length), struct.pack(">IHH8x", 0x10000, 0x100, 0), _MATRIX,
        bytes(24), struct.pack(">I", 2),
    )  # fmt: skip
    tkhd = _full(
        b"tkhd", 7, struct.pack(">5I8x", 0, 0, 1, 0, length), struct.pack(">4H", 0, 0, 0, 0), _MATRIX,
        struct.pack(">2I", size[0] << 16, size[1] << 16),
    )  # fmt: skip
    mdhd = _full(b"mdhd", 0, struct.pack(">4I", 0, 0, FRAMES_A_SECOND, length), struct.pack(">2H", 0x55C4, 0))
    hdlr = _full(b"hdlr", 0, bytes(4), b"vide", bytes(12), b"VideoHandler\0")
    dinf = _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))
    minf = _box(b"minf", _full(b"vmhd", 1, bytes(8)), dinf, _table(size, samples, offset))
    return _box(b"moov", mvhd, _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf)))


def _table(size: tuple[int, int], samples: Sequence[bytes], offset: int) -> bytes:
    """Return where each frame lies: all of them in one chunk at `offset` of the file."""
    count = len(samples)
    decoder = b"\x04" + bytes([13]) + struct.pack(">BBHBII", 0x6C, 0x11, 0, 0, 0, 0)
    layer = b"\x06\x01\x02"
    esds = _full(b"esds", 0, b"\x03", bytes([3 + len(decoder) + len(layer)]), struct.pack(">HB", 1, 0), decoder, layer)
    entry = _box(
        b"mp4v", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">2H", *size), struct.pack(">2I", 0x480000, 0x480000),
        bytes(4), struct.pack(">H", 1), bytes(32), struct.pack(">Hh", 24, -1), esds,
    )  # fmt: skip
    return _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, struct.pack(">3I", 1, count, 1)),
        _full(b"stsc", 0, struct.pack(">4I", 1, 1, count, 1)),
        _full(b"stsz", 0, struct.pack(">2I", 0, count), *(struct.pack(">I", len(sample)) for sample in samples)),
        _full(b"stco", 0, struct.pack(">2I", 1, offset)),
    )
