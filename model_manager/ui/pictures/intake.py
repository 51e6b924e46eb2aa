"""How a picture comes into the dialog from outside: a chosen file, a drop, the clipboard.

Used by the dialog of one model. It only hands over what it was given; reading is done elsewhere.
"""

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from model_manager.bridge.choosing import Choosing
from model_manager.core.words import tr

_PATTERNS = "*.png *.jpg *.jpeg *.webp *.gif *.avif *.bmp *.tif *.tiff *.mp4 *.webm *.mov *.mkv"


def choose_file(parent: QWidget, choosing: Choosing) -> None:
    """Ask for a picture or video."""
    kinds = f"{tr('Pictures and videos')} ({_PATTERNS});;{tr('All files')} (*)"
    path, _ = QFileDialog.getOpenFileName(parent, tr("Choose a picture"), "", kinds)
    if path:
        choosing.add_file(path)


def paste(choosing: Choosing) -> bool:
    """Take what is on the clipboard; False when there is no picture."""
    return take(QGuiApplication.clipboard().mimeData(), choosing)


def has_picture(mime: QMimeData) -> bool:
    """Tell whether a drag could be taken."""
    return mime.hasImage() or any(url.isLocalFile() for url in mime.urls())


def take(mime: QMimeData, choosing: Choosing) -> bool:
    """Take the first file, or else the picture itself; False when there is neither."""
    files = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
    if files:
        choosing.add_file(files[0])
        return True
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        choosing.add_image(image)
        return True
    return False
