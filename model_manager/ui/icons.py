"""Icons: own drawn SVG files from `resources/icons`, coloured by a token and kept sharp at every scale of a screen.

Asked through `theme.icon` by all widgets. `dress` puts one on a button or label and lets it follow the theme. Reads its files once.
"""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from model_manager.core.paths import resource
from model_manager.ui.tokens import Tokens, tokens

SCALES = (1.0, 1.25, 1.5, 2.0, 3.0)

_made: dict[tuple[str, int, str, bool], QIcon] = {}

_KIND_ICONS = {
    "checkpoints": "box", "diffusion_models": "spark", "unet_gguf": "spark", "loras": "sliders", "vae": "swap", "vae_approx": "swap",
    "text_encoders": "text", "clip_gguf": "text", "clip_vision": "eye", "controlnet": "pose", "upscale_models": "expand",
    "latent_upscale_models": "expand", "embeddings": "hash", "style_models": "image", "photomaker": "image",
}  # fmt: skip


def kind_icon(kind: str) -> str:
    """The name of the icon for a ComfyUI category; a plain file for those that have none of their own."""
    return _KIND_ICONS.get(kind, "file")


def icon(name: str, size: int = 16, tone: str = "text") -> QIcon:
    """The icon `name` (a file in `resources/icons`), `size` logical pixels, in the colour of token `tone`; made once per theme."""
    colours = tokens()
    key = (name, size, tone, colours.is_dark)
    if key not in _made:
        _made[key] = _draw_icon(name, size, getattr(colours, tone), colours)
    return _made[key]


def dress(widget: QAbstractButton | QLabel, name: str, size: int = 16, tone: str = "text") -> None:
    """Put icon `name` on a button or label; it is drawn anew when the theme changes."""
    widget.setProperty("icon_name", name)
    widget.setProperty("icon_size", size)
    widget.setProperty("icon_tone", tone)
    _refresh(widget)


def refresh_icons() -> None:
    """Draw the icons of all dressed widgets in the colours of the theme in use; called after the theme changed."""
    for widget in QApplication.allWidgets():
        if widget.property("icon_name"):
            _refresh(widget)


def _refresh(widget: QWidget) -> None:
    size = int(widget.property("icon_size") or 16)
    drawn = icon(str(widget.property("icon_name")), size, str(widget.property("icon_tone") or "text"))
    if isinstance(widget, QAbstractButton):
        widget.setIcon(drawn)
        widget.setIconSize(QSize(size, size))
    elif isinstance(widget, QLabel):
        widget.setPixmap(drawn.pixmap(QSize(size, size), widget.devicePixelRatio()))


@cache
def _source(name: str) -> str:
    return resource("app.svg" if name == "app" else f"icons/{name}.svg").read_text(encoding="utf-8")


def _draw_icon(name: str, size: int, colour: QColor, colours: Tokens) -> QIcon:
    made = QIcon()
    dimmed = QColor(colours.faint)
    for mode, ink, strength in ((QIcon.Mode.Normal, colour, 1.0), (QIcon.Mode.Disabled, dimmed, 0.55)):
        renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", ink.name()).encode()))
        for scale in SCALES:
            made.addPixmap(_draw(renderer, size, scale, strength * ink.alphaF()), mode)
    return made


def _draw(renderer: QSvgRenderer, size: int, scale: float, strength: float) -> QPixmap:
    picture = QPixmap(round(size * scale), round(size * scale))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setOpacity(strength)
    renderer.render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture
