"""The checks of the self-check that need Qt. Each takes an empty folder, returns what it found and raises what is wrong.

Called by self_check only, on the main thread. PySide6 is imported inside each check, so that its absence is a finding.
"""

import os
import struct
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from model_manager.app import has_no_display
from model_manager.core.errors import ModelManagerError
from model_manager.core.words import tr
from model_manager.self_check_parts import CheckFailed

if TYPE_CHECKING:
    from PIL.Image import Image
    from PySide6.QtWidgets import QApplication

_PLATFORM = {"win32": "qwindows", "darwin": "qcocoa"}.get(sys.platform, "qxcb")
_PLUGINS = (
    *(("platforms", name) for name in (_PLATFORM, "qoffscreen")),
    *(("imageformats", f"q{name}") for name in ("jpeg", "webp", "gif", "ico", "svg", "tiff")),
    ("multimedia", "ffmpegmediaplugin"),
)
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")  # what people keep as previews
_WIDTH, _HEIGHT = 160, 240
_RED, _BLUE = (220, 30, 20), (20, 40, 210)


def plugins(_folder: Path) -> str:
    """The plugins are there, and the libraries they ask the system for as well."""
    from PySide6.QtCore import QLibraryInfo, QPluginLoader, qVersion

    top = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    faults = []
    for kind, name in _PLUGINS:
        found = [path for path in (top / kind).glob("*") if path.name.partition(".")[0].removeprefix("lib") == name]
        loader = QPluginLoader(str(found[0])) if found else None
        if loader is None:
            faults.append(tr("{name} is missing", name=f"{kind}/{name}"))
        elif not loader.load():
            faults.append(loader.errorString())
    if faults:
        raise CheckFailed("; ".join(faults))
    return tr("Qt {version}, {count} plugins", version=qVersion(), count=len(_PLUGINS))


def window(_folder: Path) -> str:
    """A window with text and one of our icons can be opened and painted."""
    application = _application()
    from PySide6.QtGui import QFontInfo
    from PySide6.QtWidgets import QLabel

    from model_manager.ui.icons import icon
    from model_manager.ui.theme import set_theme

    set_theme("dark", application)
    if icon("search", 32).pixmap(32, 32).isNull():
        raise CheckFailed(tr("Icons cannot be drawn."))
    label = QLabel(tr("Model Manager"))
    label.show()
    picture = label.grab().toImage()
    label.close()
    colours = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
    if len(colours) < 2:
        raise CheckFailed(tr("Text cannot be drawn: there seems to be no font."))
    return tr("{platform}, text in {font}", platform=application.platformName(), font=QFontInfo(label.font()).family())


def later_starts(folder: Path) -> str:
    """A later start of the program could hand over to this one."""
    _application()
    from model_manager.bridge.single import Single

    single = Single(folder)
    try:
        if not single.is_first or not single.listen():
            raise CheckFailed(tr("A later start could not reach this one."))
    finally:
        single.close()
    return tr("reach this one")


def pictures(folder: Path) -> str:
    """Each usual format is written, read, and made into a thumbnail with the right colours."""
    _application()
    from model_manager.bridge.pictures import decode, encode, read_thumbnail

    picture, thumbnail, faults = _red_above_blue(), folder / "thumbnail.jpg", []
    for name in _FORMATS:
        path = folder / f"picture.{name.lower()}"
        try:
            picture.save(path, name)
            thumbnail.write_bytes(encode(decode(str(path), _HEIGHT // 2)))
            small = read_thumbnail(str(thumbnail), _HEIGHT // 2)
        except (ModelManagerError, OSError, KeyError, ValueError) as fault:
            faults.append(f"{name}: {getattr(fault, 'text', fault)}")
            continue
        above = small.pixelColor(small.width() // 2, small.height() // 8) if small is not None else None
        if above is None or above.red() < 150 or above.blue() > 100:
            faults.append(tr("{name} shows other colours", name=name))
    if faults:
        raise CheckFailed("; ".join(faults))
    return ", ".join(_FORMATS)


def video(folder: Path) -> str:
    """A video gets its poster frame, from a process of its own as in the program."""
    _application()
    from PySide6 import QtMultimedia  # noqa: F401  not said to be missing by the process

    from model_manager.bridge.video import poster

    path = folder / "clip.avi"
    path.write_bytes(_motion_jpeg(_red_above_blue(), 5))
    image = poster(str(path))
    above, below = (image.pixelColor(_WIDTH // 2, y) for y in (_HEIGHT // 8, _HEIGHT * 7 // 8))
    if above.red() < 150 or below.blue() < 150:
        raise CheckFailed(tr("The poster frame shows other colours."))
    return tr("a poster frame was made")


def _application() -> "QApplication":
    """The one application of the process, without a window on a screen where there is none."""
    if has_no_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    found = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(found, QApplication)
    return found


def _red_above_blue() -> "Image":
    from PIL import Image

    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _RED)
    picture.paste(_BLUE, (0, _HEIGHT // 2, _WIDTH, _HEIGHT))
    return picture


def _motion_jpeg(frame: "Image", count: int) -> bytes:
    """A small AVI: one MJPG stream, ten frames a second (layout: AVI RIFF File Reference, Microsoft)."""
    out = BytesIO()
    frame.save(out, "JPEG")
    width, height = frame.size
    main = struct.pack("<14I", 100_000, 0, 0, 0x10, count, 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = b"vidsMJPG" + struct.pack("<IHHIIIIIIII4H", 0, 0, 0, 0, 1, 10, 0, count, 0, 0, 0, 0, 0, width, height)
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    headers = _chunk(b"avih", main) + _chunk(b"LIST", b"strl" + _chunk(b"strh", stream) + _chunk(b"strf", form))
    frames = _chunk(b"LIST", b"movi" + _chunk(b"00dc", out.getvalue()) * count)
    return _chunk(b"RIFF", b"AVI " + _chunk(b"LIST", b"hdrl" + headers) + frames)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
