"""The sheet that takes links over a window, its sites being the double, for tests and pictures. As a program: writes a picture.

python tests/ui/fake_links.py PICTURE.png [dark|light] [WIDTHxHEIGHT] [LINK...]
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PAGE = "https://civitai.com/models/1800000800"
LINKS = (PAGE, "https://civitai.com/models/900030", "https://civitai.com/models/1800000700", "https://huggingface.co/example-org/tiny-gated",
         "https://huggingface.co/example-org/tiny-diffusion/blob/main/tiny_lora.safetensors")  # fmt: skip
SECONDS = 30


def comfyui_in(folder: Path) -> Path:
    """Make an empty ComfyUI with folders for some types and return it."""
    comfyui = folder / "ComfyUI"
    for kind in ("checkpoints", "loras", "vae", "diffusion_models", "text_encoders"):
        (comfyui / "models" / kind).mkdir(parents=True, exist_ok=True)
    (comfyui / "main.py").write_text("")
    return comfyui


def picture_of(place: Path, theme: str, size: tuple[int, int], links: tuple[str, ...], folder: Path) -> None:
    """Write a picture of the window with the sheet over it."""
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QApplication

    from model_manager.bridge import tasks
    from model_manager.bridge.jobs import Runner
    from model_manager.bridge.session import Session
    from model_manager.bridge.thumbnails import Thumbnails
    from model_manager.core.previews.thumbnail_cache import ThumbnailCache
    from model_manager.core.settings import Settings
    from model_manager.ui.main_window import MainWindow
    from model_manager.ui.theme import set_theme

    app = QApplication([])
    set_theme(theme, app)
    settings, runner = Settings(comfyui_dirs=[str(comfyui_in(folder))]), Runner()
    session = Session(folder / "data", settings, runner, tasks.saved_sources(settings))
    window = MainWindow()
    window.furnish(session, Thumbnails(runner, ThumbnailCache(session.cache_folder, 10_000_000), tasks.covers, session))
    session.open()
    window.painted.connect(session.start)
    window.resize(*size)
    window.show()
    _wait(app, lambda: window.is_quiet)
    window.links.show("\n".join(links))
    sheet, known = window.links._sheet, window.links.links.picks
    assert sheet is not None
    _wait(app, lambda: bool(known or window.links.links.picks) and not any(pick.is_busy for pick in window.links.links.picks.values()))
    _wait(app, lambda: not sheet.offer.missing_pictures())
    sheet.offer._show_page(PAGE)  # in place of the double's own address
    picture = window.grab()
    painter = QPainter(picture)
    painter.drawPixmap((window.width() - sheet.width()) // 2, (window.height() - sheet.height()) // 2, sheet.grab())
    painter.end()
    picture.save(str(place))
    sheet.reject()
    window.close()
    session.close()


def _wait(app: object, is_done: Callable[[], bool]) -> None:
    end, calm = time.monotonic() + SECONDS, 0
    while time.monotonic() < end and calm < 5:
        app.processEvents()  # type: ignore[attr-defined]
        calm = calm + 1 if is_done() else 0
        time.sleep(0.02)


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.double import Double

    chosen = dict(enumerate(sys.argv))
    wide, _, high = chosen.get(3, "1440x900").partition("x")
    with tempfile.TemporaryDirectory(prefix="models-") as name, Double() as double:
        os.environ.update(double.environ)
        picture_of(Path(chosen[1]), chosen.get(2, "dark"), (int(wide), int(high)), tuple(sys.argv[4:]) or LINKS, Path(name))
