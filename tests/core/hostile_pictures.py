"""Files that are not the pictures they claim to be, or only just: about two hundred of them, made from small real ones.

Each is named by what is wrong with it. `refused()` may never become a preview, `odd()` must.
"""

import random
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from preview_case import picture

FORMS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tiff": "TIFF", "avif": "AVIF"}
SIZE = (160, 220)


def noise(form: str, seed: int = 1, mode: str = "RGB", size: tuple[int, int] = SIZE, **how: Any) -> bytes:
    """Return a real picture full of detail, so that cutting it off anywhere matters."""
    channels = {"RGB": 3, "RGBA": 4, "L": 1, "CMYK": 4, "P": 1, "I;16": 2, "LA": 2}[mode]
    image = Image.frombytes(mode, size, random.Random(seed).randbytes(size[0] * size[1] * channels))
    out = BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, depth: int = 8, colour: int = 2, *extra: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(extra) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def refused() -> dict[str, bytes]:
    """Return name -> bytes of what is refused."""
    found = {**_not_pictures(), **_bombs(), **_small()}
    for suffix, form in FORMS.items():
        whole = noise(form)
        for part in (1, 8, 30, 60):
            found[f"cut_{part}.{suffix}"] = whole[: max(4, len(whole) * part // 100)]
        found[f"only_head.{suffix}"] = whole[:16]
        found[f"zeros_behind_head.{suffix}"] = whole[:12] + b"\0" * (len(whole) - 12)
        found[f"all_ff_behind_head.{suffix}"] = whole[:12] + b"\xff" * (len(whole) - 12)
        found[f"text_behind_head.{suffix}"] = whole[:12] + b"<html>" * 200
    del found["zeros_behind_head.bmp"], found["all_ff_behind_head.bmp"]  # a BMP has no check at all: these are pictures
    return found


def _not_pictures() -> dict[str, bytes]:
    texts = {
        "html": b"<!DOCTYPE html><html><body>Please log in</body></html>",
        "html_bom": b"\xef\xbb\xbf\n  <HTML><head></head></HTML>",
        "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "json": b'{"error": "not found"}',
        "zip": b"PK\x03\x04" + b"\0" * 100,
        "rar": b"Rar!\x1a\x07\0" + b"\0" * 50,
        "gzip": b"\x1f\x8b\x08" + b"\0" * 50,
        "pdf": b"%PDF-1.7\n" + b"x" * 50,
        "exe": b"MZ" + b"\0" * 90,
        "elf": b"\x7fELF" + b"\0" * 90,
        "mp4": b"\0\0\0\x18ftypisom" + b"\0" * 90,
        "webm": b"\x1aE\xdf\xa3" + b"\0" * 90,
        "heic": b"\0\0\0\x18ftypheic" + b"\0" * 90,
        "jxl": b"\xff\x0a" + b"\0" * 90,
        "psd": b"8BPS\0\1" + b"\0" * 90,
        "safetensors": struct.pack("<Q", 60) + b'{"a": {"dtype": "F16"}}' + b" " * 40,
        "gguf": b"GGUF\3\0\0\0" + b"\0" * 90,
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n",
        "text": b"hello, I am a picture",
        "empty": b"",
        "one_byte": b"\x89",
        "zeros": b"\0" * 5000,
        "random": random.Random(4).randbytes(5000),
    }
    return {f"{name}.{suffix}": data for name, data in texts.items() for suffix in ("png", "jpg", "webp")}


def _bombs() -> dict[str, bytes]:
    zeros = zlib.compress(b"\0" * 1_000_000, 9)
    tiff = bytearray(noise("TIFF"))
    return {
        "bomb_50000.png": png(50_000, 50_000, zeros),
        "bomb_max.png": png(2**31 - 1, 2**31 - 1, zeros),
        "bomb_strip.png": png(100_000, 1_001, zeros),
        "bomb_one_bit.png": png(60_000, 60_000, zeros, 1, 0),
        "bomb_16_bit.png": png(12_000, 12_000, zeros, 16, 6),
        "bomb.gif": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + b"\0" * 6 + noise("GIF")[13:],
        "bomb.bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0),
        "bomb.jpg": noise("JPEG").replace(struct.pack(">HH", SIZE[1], SIZE[0]), struct.pack(">HH", 65_500, 65_500), 1),
        "bomb.tiff": bytes(tiff.replace(struct.pack("<HHIHH", 256, 4, 1, SIZE[0], 0), struct.pack("<HHII", 256, 4, 1, 60_000)).replace(
            struct.pack("<HHIHH", 257, 4, 1, SIZE[1], 0), struct.pack("<HHII", 257, 4, 1, 60_000))),
        "bomb.webp": b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X\x0a\0\0\0" + b"\0" * 4 + b"\xff\x3f\0\xff\x3f\0" + b"VP8 \0\0\0\0",
        "bomb_text.png": png(99, 99, zeros, 8, 2, *[chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 20_000_000, 1))]),
        "zero_wide.png": png(0, 99, zeros),
        "too_little_data.png": png(99, 99, zlib.compress(b"\0" * 500)),
        "bad_zlib.png": png(99, 99, b"\x78\x9c" + b"\xff" * 300),
        "bad_depth.png": png(99, 99, zeros, 3, 2),
        "no_data.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 99, 99, 8, 2, 0, 0, 0)) + chunk(b"IEND", b""),
        "bad_sum.png": noise("PNG")[:29] + b"\0\0\0\0" + noise("PNG")[33:],
    }  # fmt: skip


def _small() -> dict[str, bytes]:
    return {f"{width}x{height}.png": picture(size=(width, height)) for width, height in ((1, 1), (1, 5000), (15, 300), (300, 2))}


def odd() -> dict[str, bytes]:
    """Return name -> bytes of pictures that are strange but sound."""
    moving = [Image.new("RGB", SIZE, colour) for colour in ("red", "lime", "blue")]
    found = {f"wrong_ending_{form}.png": noise(form) for form in FORMS.values()}
    found |= {f"mode_{mode.replace(';', '')}.png": noise("PNG", mode=mode) for mode in ("L", "LA", "RGBA", "P", "I;16")}
    found |= {f"turned_{number}.jpg": _turned(number) for number in range(1, 9)}
    found |= {
        f"size_{width}x{height}.png": picture(size=(width, height)) for width, height in ((16, 16), (16, 4000), (4000, 16), (3000, 3000))
    }
    for form, suffix in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tiff")):
        out = BytesIO()
        moving[0].save(out, form, save_all=True, append_images=moving[1:])
        found[f"moving.{suffix}"] = out.getvalue()
    found |= {
        "cmyk.jpg": noise("JPEG", mode="CMYK"),
        "cmyk.tiff": noise("TIFF", mode="CMYK"),
        "progressive.jpg": noise("JPEG", progressive=True),
        "huge_profile.png": noise("PNG", icc_profile=b"\0" * 6_000_000),
        "broken_profile.jpg": noise("JPEG", icc_profile=b"\1\2\3" * 99),
        "bilevel.png": picture(mode="1", colour=1),
        "sixteen_bit_rgb.png": png(64, 64, zlib.compress(b"".join(b"\0" + b"\x80\0" * 192 for _ in range(64))), 16, 2),
        "float.tiff": picture("TIFF", mode="F", colour=0.5),
        "int.tiff": picture("TIFF", mode="I", colour=40_000),
        "see_through.png": picture(mode="RGBA", colour=(255, 0, 0, 0)),
        "see_through_palette.gif": picture("GIF", mode="P", colour=3, transparency=3),
        "garbage_behind.png": noise("PNG") + b"x" * 10_000,
        "garbage_behind.jpg": noise("JPEG") + b"<html>" * 1000,
        "long_text.png": noise("PNG")[:33] + chunk(b"tEXt", b"workflow\0" + b"x" * 3_000_000) + noise("PNG")[33:],
        "bad_exif.jpg": noise("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40),
    }
    return found


def _turned(number: int) -> bytes:
    """Return a picture that is red at the top and blue below once it is turned as its EXIF says."""
    upright = Image.new("RGB", SIZE, "red")
    upright.paste("blue", (0, SIZE[1] // 2, *SIZE))
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    stored = upright.transpose(Image.Transpose[undo[number]]) if number in undo else upright
    exif = Image.Exif()
    exif[0x0112] = number
    out = BytesIO()
    stored.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()
