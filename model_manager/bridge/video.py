"""The poster frame of a video, as a plain function for a worker; called by pictures. Must not run on the GUI thread.

Qt's player needs an event loop, so each call runs one of its own with a bound. Two players at once crashed now and then, hence
the lock. The multimedia libraries are loaded at the first call only; without them there is simply no poster.
"""

import threading

from PySide6.QtCore import QEventLoop, QTimer, QUrl
from PySide6.QtGui import QImage, qGray

from model_manager.core.errors import BadPicture
from model_manager.core.words import tr

SECONDS_MAX = 4.0
DARK = 14  # of 255: below it a first frame counts as a fade-in
LATER = 1000  # milliseconds; where to look instead

_one_at_a_time = threading.Lock()


def poster(path: str, seconds: float = SECONDS_MAX) -> QImage:
    """Return the first frame of the video, or one a second later if that is black. Raises BadPicture."""
    with _one_at_a_time:
        image = _first_frame(path, seconds)
    if image is None:
        raise BadPicture(tr("The video {path} cannot be shown.", path=path))
    return image


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
    clock.stop()
    sink.videoFrameChanged.disconnect(on_frame)
    player.stop()
    player.setVideoSink(None)  # type: ignore[arg-type]  # the stubs do not know that a sink may be taken away
    return found[-1] if found else None
