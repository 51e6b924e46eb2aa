"""The poster frame of a video, as a plain function for a worker; called by pictures. Must not run on the GUI thread.

Qt's player now and then never comes back from stopping, or crashes with two at once, and it would take the program along. So it runs
in a process of its own: this program started with `ARGUMENT` and the path, which writes the picture to its standard output.
"""

import os
import subprocess
import sys
import threading

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QTimer, QUrl
from PySide6.QtGui import QGuiApplication, QImage, qGray

from model_manager.core.errors import BadPicture
from model_manager.core.processes import own_program
from model_manager.core.words import tr

ARGUMENT = "--poster"
SECONDS_MAX = 4.0
START_SECONDS = 8.0  # that a process may take beyond that
DARK = 14  # of 255: below it a first frame counts as a fade-in
LATER = 1000  # milliseconds; where to look instead

_one_at_a_time = threading.Lock()


def poster(path: str) -> QImage:
    """Return the first frame of the video, or one a second later if that is black. Raises BadPicture."""
    command, environment = own_program(ARGUMENT, path)
    environment["QT_QPA_PLATFORM"] = "offscreen"
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    image = QImage()
    try:
        with _one_at_a_time:
            done = subprocess.run(
                command, env=environment, creationflags=flags, timeout=SECONDS_MAX + START_SECONDS, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        image.loadFromData(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        image = QImage()
    if image.isNull():
        raise BadPicture(tr("The video {path} cannot be shown.", path=path))
    return image


def serve(path: str) -> None:
    """Be the process that looks at one video: write its picture to the standard output and end at once, whatever the player does."""
    _application = QGuiApplication([])
    image = _first_frame(path, SECONDS_MAX)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if image is not None and image.save(buffer, "BMP"):  # type: ignore[call-overload]
        with os.fdopen(1, "wb") as answer:
            answer.write(buffer.data().data())
    os._exit(0)


def is_dark(image: QImage) -> bool:
    """Tell whether the picture is as good as black, by 16 x 16 samples."""
    small = image.scaled(16, 16)
    return sum(qGray(small.pixel(x, y)) for y in range(16) for x in range(16)) < DARK * 256


def _first_frame(path: str, seconds: float) -> QImage | None:
    try:
        from PySide6.QtMultimedia import QMediaPlayer, QVideoFrame, QVideoSink
    except ImportError:
        return None
    loop, player, sink, clock = QEventLoop(), QMediaPlayer(), QVideoSink(), QTimer()
    found: list[QImage] = []

    def on_frame(frame: QVideoFrame) -> None:
        image = frame.toImage() if frame.isValid() else QImage()
        if image.isNull():
            return
        found.append(image)
        if len(found) == 1 and player.isSeekable() and player.duration() > 2 * LATER and is_dark(image):
            player.setPosition(LATER)
        else:
            loop.quit()

    sink.videoFrameChanged.connect(on_frame)
    player.errorOccurred.connect(loop.quit)
    clock.timeout.connect(loop.quit)
    clock.start(int(seconds * 1000))
    player.setVideoSink(sink)
    player.setSource(QUrl.fromLocalFile(path))
    player.pause()  # decodes the first frame and stops there
    loop.exec()
    _kept.append((player, sink, clock))  # their end is the end of the process
    return found[-1] if found else None


_kept: list[object] = []
