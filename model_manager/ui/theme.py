"""The look of the program: dark, light or the system's; every widget takes its colours from `tokens()`.

Set once by app and again when the theme changes; painters read tokens at paint time and keep none. `theme_changed` tells those that
keep something drawn.
"""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from model_manager.ui.icons import dress, icon, kind_icon, refresh_icons
from model_manager.ui.style_sheet import style_sheet
from model_manager.ui.tokens import DARK, LIGHT, Tokens, mixed, tokens, use_tokens

__all__ = ["DARK", "LIGHT", "THEMES", "Tokens", "dress", "icon", "kind_icon", "mixed", "restyle", "set_theme", "theme_changed", "tokens"]

THEMES = ("dark", "light", "system")
FONT_PIXELS = 13


class _Theme(QObject):
    """Remembers which theme was asked for and follows the system while that is `system`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = "dark"
        self.follows: QApplication | None = None
        self.shown: Tokens | None = None

    def on_system_changed(self) -> None:
        """The system went dark or light."""
        if self.name == "system" and self.follows is not None:
            _apply(_wanted(self.name, self.follows), self.follows)


_theme = _Theme()
theme_changed = _theme.changed


def set_theme(name: str, app: QApplication) -> None:
    """Show the whole program in theme `name` (dark, light or system); system follows the desktop live. Unknown names mean system."""
    _theme.name = name if name in THEMES else "system"
    hints = app.styleHints()
    if _theme.follows is not app:
        _theme.follows, _theme.shown = app, None
        hints.colorSchemeChanged.connect(_theme.on_system_changed)
        app.setStyle("Fusion")
        app.setFont(_system_font())
    _tell_system(_theme.name, app)
    _apply(_wanted(_theme.name, app), app)


def restyle(widget: QWidget) -> None:
    """Apply the style sheet anew after a property that it asks for has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def _wanted(name: str, app: QApplication) -> Tokens:
    if name == "system":
        return LIGHT if _system_scheme(app) == Qt.ColorScheme.Light else DARK
    return LIGHT if name == "light" else DARK


def _system_scheme(app: QApplication) -> Qt.ColorScheme:
    """What the desktop says; Unknown where it says nothing."""
    return app.styleHints().colorScheme()


def _tell_system(name: str, app: QApplication) -> None:
    """Let title bars and the system's own dialogs follow (Qt 6.8 and later can)."""
    schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light, "system": Qt.ColorScheme.Unknown}
    app.styleHints().setColorScheme(schemes[name])


def _apply(chosen: Tokens, app: QApplication) -> None:
    if chosen is _theme.shown:
        return
    _theme.shown = chosen
    use_tokens(chosen)
    app.setPalette(_palette(chosen))
    app.setStyleSheet(style_sheet(chosen))
    refresh_icons()
    _theme.changed.emit()


def _system_font() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(FONT_PIXELS)
    return font


def _palette(colours: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    plain = {
        role.Window: colours.window, role.WindowText: colours.text, role.Base: colours.panel, role.AlternateBase: colours.raised,
        role.Text: colours.text, role.PlaceholderText: colours.faint, role.Button: colours.raised, role.ButtonText: colours.text,
        role.BrightText: colours.on_accent, role.ToolTipBase: colours.raised, role.ToolTipText: colours.text, role.Link: colours.accent,
        role.LinkVisited: colours.accent, role.Highlight: colours.accent_fill, role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent_fill, role.Light: colours.raised, role.Midlight: colours.raised, role.Mid: colours.line,
        role.Dark: colours.line, role.Shadow: colours.line,
    }  # fmt: skip
    for where, colour in plain.items():
        palette.setColor(where, colour)
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, mixed(colours.faint, colours.panel, 0.6))
    return palette
