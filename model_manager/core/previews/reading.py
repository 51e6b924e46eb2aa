"""Opens a stranger's picture with Pillow and gives it upright, in sRGB and in eight bits a channel, or says in plain words why not.

Called by make, in worker processes and write jobs. What a file is, is judged by its content; sizes are checked before anything is
decoded; only formats that ComfyUI and its relatives use are tried. It must never write, and never wait on a pipe.
"""

import contextlib
import os
import stat
import struct
import warnings
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

from model_manager.core.errors import BadPicture
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr

PIXELS_MAX = 100_000_000
BYTES_MAX = 256 * 1024 * 1024
SIDE_MIN = 16
PROFILE_MAX = 4 * 1024 * 1024
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "ICO", "PPM")
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 1024 * 1024  # some pictures hold a workflow or a profile larger than Pillow's one megabyte
FAULTS = (
    *(Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError, struct.error, KeyError, IndexError, TypeError),
    *(AttributeError, OverflowError, MemoryError, ZeroDivisionError, AssertionError, NotImplementedError, RuntimeError),
)
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.createProfile("sRGB")


class Opened:
    """A picture that is open but not decoded; use it in `with`. width, height: upright, in pixels; notes: see Made."""

    def __init__(self, picture: str | bytes) -> None:
        """`picture`: a path or a file's bytes. Raises BadPicture."""
        warnings.filterwarnings("ignore", module="PIL")  # the bounds are ours, and a broken EXIF is no news
        self.name = os.path.basename(picture) if isinstance(picture, str) else tr("The picture")
        self.notes: list[str] = []
        self._file = _file(picture, self.name)
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._file.close)
            self._image = _image(self._file, self.name)
            self._turn = _turn_of(self._image, self.name)
            self.width, self.height = self._image.size[:: -1 if self._turn > 4 else 1]
            self._note_frames()
            on_failure.pop_all()

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def pixels(self, scale: float) -> Image.Image:
        """Decode and return the picture as RGB, or as RGBA where it has see-through places.

        scale: what the caller will make of it (0.25: a quarter of width and height); a JPEG may come back smaller, but never smaller
        than that. Raises BadPicture.
        """
        try:
            if scale < 1:
                width, height = self._image.size
                self._image.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
            self._image.load()
            image = _true_colours(self._image)
            return image.transpose(_TURNS[self._turn]) if self._turn in _TURNS else image
        except FAULTS as error:
            raise broken(self.name, error) from error

    def _note_frames(self) -> None:
        try:
            is_moving = bool(getattr(self._image, "is_animated", False))
        except FAULTS:
            is_moving = False
        if is_moving and self._image.format != "MPO":
            self.notes.append(tr("{file} holds several pictures. The first one was taken.", file=self.name))


def broken(name: str, error: BaseException) -> BadPicture:
    """Return the fault for a picture that cannot be decoded."""
    if isinstance(error, MemoryError):
        return BadPicture(tr("{file} needs more memory than there is. Please use a smaller picture.", file=name))
    return BadPicture(tr("{file} is broken or cut off, so it cannot be used. Please use another picture.", file=name))


def _file(picture: str | bytes, name: str) -> Any:
    if isinstance(picture, bytes):
        return BytesIO(picture)
    try:
        path = long_path(picture)
        state = os.stat(path)  # a pipe must not even be opened
        if not stat.S_ISREG(state.st_mode):
            raise BadPicture(tr("{file} is not a file.", file=name))
        if state.st_size > BYTES_MAX:
            raise BadPicture(tr("{file} is larger than {limit} MB. Please use a smaller picture.", file=name, limit=BYTES_MAX >> 20))
        return open(path, "rb")
    except OSError as error:
        raise BadPicture(tr("{file} cannot be read: {reason}.", file=name, reason=plain_reason(error))) from error
    except ValueError as error:
        raise BadPicture(tr("{file} has no possible file name.", file=name)) from error


@cache
def _formats() -> tuple[str, ...]:
    """Return those of FORMATS which this Pillow can read; older ones lack AVIF."""
    Image.init()
    return tuple(form for form in FORMATS if form in Image.OPEN)


def _image(file: Any, name: str) -> Image.Image:
    try:
        image = Image.open(file, formats=_formats())
    except Image.DecompressionBombError as error:
        raise BadPicture(_too_large(name)) from error
    except FAULTS as error:
        file.seek(0)
        raise BadPicture(_what_it_is(file.read(4096), name)) from error
    width, height = image.size
    if width * height > PIXELS_MAX:
        raise BadPicture(_too_large(name))
    if min(width, height) < SIDE_MIN:
        size = f"{width} × {height}"
        raise BadPicture(tr("{file} is too small for a preview: {size} pixels.", file=name, size=size))
    return image


def _too_large(name: str) -> str:
    return tr("{file} has more than {limit} million pixels. Please use a smaller picture.", file=name, limit=PIXELS_MAX // 1_000_000)


_HEADS = (
    (b"PK\x03\x04", "an archive"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"%PDF", "a PDF document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"GGUF", "a model"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
_PICTURE_HEADS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0")
_BRANDS = {b"heic": "a HEIC picture", b"heix": "a HEIC picture", b"mif1": "a HEIC picture"}


def _what_it_is(head: bytes, name: str) -> str:
    """Return a sentence that says what a file without a readable picture holds instead."""
    if not head:
        return tr("{file} is empty, there is no picture in it.", file=name)
    if head.startswith(_PICTURE_HEADS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:12] == b"ftypavif":
        return tr("{file} is broken or cut off, so it cannot be used. Please use another picture.", file=name)
    found = next((what for mark, what in _HEADS if head.startswith(mark)), "") or _text_or_video(head)
    if found:
        return tr("{file} is not a picture that can be used, but {what}.", file=name, what=tr(found))
    return tr("{file} is not a picture of a kind that can be used. Use PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF.", file=name)


def _text_or_video(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start[:2048]:
        return "a drawing (SVG)"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page"
    if start.startswith((b"{", b"[")) or head[8:10] == b'{"':
        return "data for programs"
    return ""


def _turn_of(image: Image.Image, name: str) -> int:
    """Return the EXIF orientation, 1 to 8. Raises BadPicture for a broken PNG."""
    if image.format == "PNG":  # Pillow decodes it to look for EXIF behind the pixels, and never complains again after the first time
        try:
            image.load()
        except FAULTS as error:
            raise broken(name, error) from error
    try:
        turn = image.getexif().get(_ORIENTATION, 1)
    except FAULTS:
        return 1
    return turn if turn in _TURNS else 1


def _true_colours(image: Image.Image) -> Image.Image:
    """Return a decoded picture as RGB or RGBA in sRGB."""
    profile = image.info.get("icc_profile")
    has_clear = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bit(image)
    elif image.mode in ("CMYK", "RGB", "RGBA") and isinstance(profile, bytes) and profile:
        image = _in_srgb(image, profile)
    image = image.convert("RGBA" if has_clear else "RGB")
    return image.convert("RGB") if has_clear and image.getchannel("A").getextrema() == (255, 255) else image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture as its profile means it; as it is when the profile is of no use."""
    if len(profile) > PROFILE_MAX:
        return image
    goal = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        changed = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB, outputMode=goal)
    except (ImageCms.PyCMSError, *FAULTS):
        return image
    return changed or image


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return a picture of 16 or 32 bits (or fractions) in grey of 8 bits, all of its range used as it was meant."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point([value >> 8 for value in range(65_536)], "L")
    low, high = image.getextrema()
    assert isinstance(low, int | float) and isinstance(high, int | float)
    if not (low == low and high == high and abs(low) < 1e30 and abs(high) < 1e30):
        raise ValueError("no numbers")
    floor = min(low, 0)
    top = next((limit for limit in ((1.0,) if image.mode == "F" else ()) + (255, 65_535) if high <= limit), high)
    scale = 255 / (top - floor or 1)
    return image.convert("F").point(lambda value: value * scale - floor * scale).convert("L")
