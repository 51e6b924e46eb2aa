"""The colours of both themes by purpose, and which of them is in use.

Read through `theme.tokens()` by every painter at paint time; only `theme.set_theme` changes them. Holds no widget.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor


@dataclass(frozen=True)
class Tokens:
    """One theme's colours by purpose.

    text, muted, faint, accent, ok, warn and bad are read as text on window, panel and raised, and there have a contrast of 4.5 or more.
    accent_fill is the ground of the main button and of marks that carry on_accent; accent_soft and hover lie over another ground.
    star: of favourites and ratings, never of text.
    """

    window: QColor
    panel: QColor
    raised: QColor
    line: QColor
    text: QColor
    muted: QColor
    faint: QColor
    accent: QColor
    accent_soft: QColor
    ok: QColor
    warn: QColor
    bad: QColor
    shade: QColor
    accent_fill: QColor
    on_accent: QColor
    hover: QColor
    is_dark: bool
    star: QColor


def _alpha(name: str, alpha: int) -> QColor:
    colour = QColor(name)
    colour.setAlpha(alpha)
    return colour


DARK = Tokens(
    window=QColor("#16181d"), panel=QColor("#1c1f26"), raised=QColor("#242833"), line=QColor("#2e3340"), text=QColor("#e8eaf0"),
    muted=QColor("#9fa8ba"), faint=QColor("#8992a7"), accent=QColor("#739dff"), accent_soft=_alpha("#5b8cff", 0x29),
    ok=QColor("#3fbf7f"), warn=QColor("#e0a53a"), bad=QColor("#f26d6a"), shade=_alpha("#000000", 0xB0),
    accent_fill=QColor("#3b6cf0"), on_accent=QColor("#ffffff"), hover=_alpha("#ffffff", 0x0E), is_dark=True, star=QColor("#f0bb45"),
)  # fmt: skip
LIGHT = Tokens(
    window=QColor("#f4f5f8"), panel=QColor("#ffffff"), raised=QColor("#eef0f5"), line=QColor("#dfe2ea"), text=QColor("#1b1e26"),
    muted=QColor("#5a6377"), faint=QColor("#646c80"), accent=QColor("#275bd6"), accent_soft=_alpha("#2f66e8", 0x1C),
    ok=QColor("#177448"), warn=QColor("#875800"), bad=QColor("#bf302d"), shade=_alpha("#000000", 0xA0),
    accent_fill=QColor("#2f66e8"), on_accent=QColor("#ffffff"), hover=_alpha("#000000", 0x0C), is_dark=False, star=QColor("#d99000"),
)  # fmt: skip

_current = DARK


def tokens() -> Tokens:
    """The colours of the theme in use."""
    return _current


def use_tokens(chosen: Tokens) -> None:
    """Paint with `chosen` from now on; called by `theme.set_theme` alone."""
    global _current
    _current = chosen


def mixed(over: QColor, under: QColor, share: float | None = None) -> QColor:
    """The opaque colour seen when `over` lies on `under`; `share` (0 to 1) replaces the alpha of `over`."""
    part = over.alphaF() if share is None else share
    pairs = ((over.red(), under.red()), (over.green(), under.green()), (over.blue(), under.blue()))
    return QColor(*(round(above * part + below * (1 - part)) for above, below in pairs))
