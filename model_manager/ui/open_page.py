"""Opens pages in the browser, for everything that shows links of sites."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_page(address: str) -> None:
    """Open a page in the browser; addresses come from sites, so nothing else is opened than pages."""
    url = QUrl(address)
    if url.scheme() in ("http", "https"):
        QDesktopServices.openUrl(url)
