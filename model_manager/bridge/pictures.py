"""Decoding and encoding of pictures for the workers: a file in, a small QImage out, ready for a QPixmap; called by thumbnails.

Qt decodes (it scales while reading), Pillow takes what Qt cannot read, and writes our JPEGs. Pictures come from strangers: their
content says what they are, and too large ones are refused before they are decoded. Must never touch QPixmap or widgets.
"""

import os
import stat
import struct
import warnings
from io import BytesIO
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageIOHandler, QImageReader

from model_manager.core.errors import BadPicture
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr

PIXELS_MAX = 100_000_000  # larger pictures are refused before they are decoded
ALLOCATION_MB = 512  # room for PIXELS_MAX at 4 bytes, and for nothing beyond
BOX_WIDTH = 8 / 11  # of the edge: the shape of a card's picture, 2 : 2.75
STRETCH_MAX = 2  # of the edge: a thin strip is not kept longer than this
QUALITY = 85
VIDEO_ENDINGS = (".mp4", ".webm", ".mov", ".mkv", ".m4v", ".avi")
_FORMATS = frozenset("bmp cur gif icns ico jpeg jpg pbm pgm png ppm tga tif tiff webp xbm xpm".split())  # drawings (SVG, PDF) are not ours
_READY_FORMATS = (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied)
_ROTATED = QImageIOHandler.Transformation.TransformationRotate90
_PILLOW_FAULTS = (OSError, ValueError, SyntaxError, EOFError, struct.error, KeyError, IndexError, TypeError, OverflowError, MemoryError)

QImageReader.setAllocationLimit(ALLOCATION_MB)


def covering(width: int, height: int, edge: int) -> tuple[int, int]:
    """Return the size at which a picture just covers a card whose picture is `edge` high; never larger than the picture."""
    scale = max(edge * BOX_WIDTH / width, edge / height)
    scale = min(scale, STRETCH_MAX * edge / max(width, height), 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def decode(path: str, edge: int) -> QImage:
    """Return the picture in `path` (first frame, upright), scaled to cover `edge` device pixels. Raises BadPicture."""
    _check_file(path)
    if path.lower().endswith(VIDEO_ENDINGS):
        from model_manager.bridge.video import poster  # delayed: loads the multimedia libraries

        return _scaled(poster(path), edge)
    return _read(QImageReader(long_path(path)), path, edge) or _read_with_pillow(path, edge)


def decode_bytes(data: bytes, edge: int) -> QImage:
    """Return the picture in `data`, such as a cover from a model's header, scaled as by `decode`. Raises BadPicture."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return _read(QImageReader(buffer), BytesIO(data), edge) or _read_with_pillow(BytesIO(data), edge)


def read_thumbnail(path: str, edge: int) -> QImage | None:
    """Return a thumbnail of our own cache, scaled as by `shrunk`, or None if it is broken.

    Few calls, each of them long: a worker waits for the interpreter after every one. Most are JPEG, as the ending says; the rest
    is known by its content.
    """
    reader = QImageReader(path)
    size = reader.size()
    if size.isEmpty():
        return None
    width, height = covering(size.width(), size.height(), edge)
    if width < size.width():
        reader.setScaledSize(QSize(width, height))
    image = reader.read()
    if image.isNull():
        return None
    return image if image.format() in _READY_FORMATS else _ready(image)


def shrunk(image: QImage, edge: int) -> QImage:
    """Return the picture scaled to just cover a card whose picture is `edge` high, itself if it is no larger."""
    width, height = covering(image.width(), image.height(), edge)
    if width >= image.width():
        return image
    return image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def encode(image: QImage) -> bytes:
    """Return `image` as JPEG, or as PNG where it has see-through places."""
    from PIL import Image  # delayed: three times the start of the interpreter

    is_clear = image.format() == QImage.Format.Format_ARGB32_Premultiplied
    plain = image.convertToFormat(QImage.Format.Format_ARGB32) if is_clear else image
    mode, raw = ("RGBA", "BGRA") if is_clear else ("RGB", "BGRX")
    picture = Image.frombuffer(mode, (plain.width(), plain.height()), bytes(plain.constBits()), "raw", raw, plain.bytesPerLine(), 1)
    out = BytesIO()
    if is_clear:
        picture.save(out, "PNG", compress_level=1)
    else:
        picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _check_file(path: str) -> None:
    """Only plain files are opened: a pipe or a device would never end."""
    try:
        mode = os.stat(long_path(path)).st_mode
    except OSError as error:
        raise BadPicture(tr("The picture {path} cannot be read: {reason}.", path=path, reason=plain_reason(error))) from error
    except ValueError as error:
        raise BadPicture(tr("The picture {path} has no possible file name.", path=path)) from error
    if not stat.S_ISREG(mode):
        raise BadPicture(tr("{path} is not a picture file.", path=path))


def _check_pixels(width: int, height: int) -> None:
    if width * height > PIXELS_MAX:
        size = f"{width:,} x {height:,}"
        raise BadPicture(tr("The picture is too large to be shown: {size} pixels. Please use a smaller one.", size=size))


def _read(reader: QImageReader, source: str | BytesIO, edge: int) -> QImage | None:
    """Return the scaled picture, or None if Qt cannot read it."""
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    form = reader.format().toStdString()
    if form not in _FORMATS or (form == "webp" and _is_turned_webp(reader, source)):
        return None
    size = reader.size()
    if not size.isEmpty():
        _check_pixels(size.width(), size.height())
        is_turned = bool(reader.transformation().value & _ROTATED.value)
        upright = size.transposed() if is_turned else size
        goal = QSize(*covering(upright.width(), upright.height(), edge))
        reader.setScaledSize(goal.transposed() if is_turned else goal)
    image = reader.read()
    return None if image.isNull() else _scaled(_ready(image), edge)


def _is_turned_webp(reader: QImageReader, source: str | BytesIO) -> bool:
    """Tell whether a WebP is to be turned, which Qt does not look at (only files whose extended header announces EXIF are asked)."""
    head = bytes(reader.device().peek(21).data())
    if head[12:16] != b"VP8X" or len(head) < 21 or not head[20] & 0x08:
        return False
    from PIL import Image

    try:
        with Image.open(source) as picture:
            return bool(picture.getexif().get(0x0112, 1) != 1)
    except (Image.DecompressionBombError, *_PILLOW_FAULTS):
        return False


def _scaled(image: QImage, edge: int) -> QImage:
    """Scale what could not be scaled while reading."""
    width, height = covering(image.width(), image.height(), edge)
    if width >= image.width():
        return image
    return _ready(image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation))


def _ready(image: QImage) -> QImage:
    """Return `image` in sRGB and in the format that a QPixmap takes over without work."""
    space = image.colorSpace()
    if space.isValid() and space != QColorSpace(QColorSpace.NamedColorSpace.SRgb):
        image = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb), _plain_format(image))
    image = image.convertToFormat(_plain_format(image))
    image.setColorSpace(QColorSpace())
    image.setDevicePixelRatio(1.0)
    return image


def _plain_format(image: QImage) -> QImage.Format:
    return QImage.Format.Format_ARGB32_Premultiplied if _is_clear(image) else QImage.Format.Format_RGB32


def _is_clear(image: QImage) -> bool:
    """Tell whether any place is see-through; most pictures with an alpha channel have none."""
    if not image.hasAlphaChannel():
        return False
    alpha = image.convertToFormat(QImage.Format.Format_Alpha8)
    width, step = alpha.width(), alpha.bytesPerLine()
    bits = bytes(alpha.constBits())
    return any(bits.count(b"\xff", row * step, row * step + width) != width for row in range(alpha.height()))


def _read_with_pillow(source: str | BytesIO, edge: int) -> QImage:
    """Return the scaled picture where Qt gave up: AVIF, odd TIFF and PNG, broken endings. Raises BadPicture."""
    from PIL import Image, ImageOps

    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # the bound below is ours
    try:
        with Image.open(source) as picture:
            _check_pixels(*picture.size)
            picture.draft("RGB", (STRETCH_MAX * edge, STRETCH_MAX * edge))
            upright = ImageOps.exif_transpose(_eight_bit(picture))
            size = covering(upright.width, upright.height, edge)
            small = upright.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0).convert("RGBA")
            pixels = small.tobytes("raw", "BGRA")
    except (Image.DecompressionBombError, *_PILLOW_FAULTS) as error:
        name = source if isinstance(source, str) else tr("inside the model file")
        raise BadPicture(tr("The picture {path} is broken or of a kind that cannot be shown.", path=name)) from error
    return _ready(QImage(pixels, *size, size[0] * 4, QImage.Format.Format_ARGB32).copy())


def _eight_bit(picture: Any) -> Any:
    """Return a Pillow picture in a mode that scales and converts well."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    has_clear = "A" in picture.mode or "transparency" in picture.info
    if picture.mode in ("RGB", "RGBA", "L") and "transparency" not in picture.info:
        return picture
    return picture.convert("RGBA" if has_clear else "RGB")
