"""The themes: readable colours, a complete style sheet, icons that follow."""

import re
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.core.library.kinds import KINDS
from model_manager.core.paths import resource
from model_manager.ui import theme
from model_manager.ui.style_sheet import style_sheet
from model_manager.ui.theme import DARK, LIGHT, Tokens, dress, icon, kind_icon, mixed, set_theme, tokens

READ = ("text", "muted", "faint", "accent", "ok", "warn", "bad")
GROUNDS = ("window", "panel", "raised")
ICONS = sorted(path.stem for path in resource("icons").glob("*.svg"))


@pytest.fixture(scope="module", autouse=True)
def nothing_left_over(qapp: QApplication) -> None:
    """A change of theme touches every widget there is, so those of other tests must be gone."""
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def luminance(colour: QColor) -> float:
    parts = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a: QColor, b: QColor) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def inks(image: QImage) -> set[str]:
    """The colours of all wholly covered pixels."""
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return {image.pixelColor(x, y).name() for x, y in points if image.pixelColor(x, y).alpha() == 255}


def drawn(made: QIcon, scale: float = 2.0, mode: QIcon.Mode = QIcon.Mode.Normal) -> QImage:
    return made.pixmap(QSize(16, 16), scale, mode).toImage()


def test_contrast_measures() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) < 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", READ)
def test_text_can_be_read_on_every_ground(colours: Tokens, ground: str, ink: str) -> None:
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_text_can_be_read_on_coloured_grounds(colours: Tokens) -> None:
    assert contrast(colours.on_accent, colours.accent_fill) >= 4.5
    chosen = mixed(colours.accent_soft, colours.panel)
    for ink in (colours.accent, colours.text, colours.muted):
        assert contrast(ink, chosen) >= 4.5
    for tone in (colours.bad, colours.warn, colours.accent):
        assert contrast(colours.text, mixed(tone, colours.panel, 0.10)) >= 4.5


def test_mixed_lies_between() -> None:
    assert mixed(QColor("#ffffff"), QColor("#000000"), 0.5).red() == 128
    half = QColor("#ff0000")
    half.setAlphaF(0.5)
    assert mixed(half, QColor("#0000ff")).getRgb() == (128, 0, 127, 255)


def test_choosing_a_theme_changes_colours_palette_and_tells(qapp: QApplication, qtbot: QtBot) -> None:
    set_theme("light", qapp)
    assert tokens() is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window) == LIGHT.window
    with qtbot.waitSignal(theme.theme_changed, timeout=1000):
        set_theme("dark", qapp)
    assert tokens() is DARK
    assert qapp.palette().color(QPalette.ColorRole.WindowText) == DARK.text
    assert DARK.raised.name() in qapp.styleSheet()
    assert qapp.font().pixelSize() == theme.FONT_PIXELS


def test_system_follows_the_desktop_live(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    desktop = [Qt.ColorScheme.Light]
    monkeypatch.setattr(theme, "_system_scheme", lambda app: desktop[0])
    set_theme("system", qapp)
    assert tokens() is LIGHT
    desktop[0] = Qt.ColorScheme.Dark
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert tokens() is DARK
    set_theme("light", qapp)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert tokens() is LIGHT, "a chosen theme does not follow the desktop"
    set_theme("dark", qapp)


def test_an_unknown_theme_is_the_systems(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "_system_scheme", lambda app: Qt.ColorScheme.Light)
    set_theme("pink", qapp)
    assert tokens() is LIGHT
    set_theme("dark", qapp)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_the_style_sheet_is_complete(colours: Tokens) -> None:
    sheet = style_sheet(colours)
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    pictures = set(re.findall(r'url\("([^"]+)"\)', sheet))
    assert pictures
    for picture in pictures:
        assert Path(picture).is_file()


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_drawn_in_the_colour_asked_for(qapp: QApplication, name: str) -> None:
    source = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 16 16"' in source
    assert "currentColor" in source and "#" not in source
    set_theme("dark", qapp)
    assert inks(drawn(icon(name, tone="bad"))) == {DARK.bad.name()}


def test_icons_are_sharp_at_two_to_one_and_kept(qapp: QApplication) -> None:
    assert icon("search").pixmap(QSize(16, 16), 2.0).width() == 32
    assert icon("search") is icon("search")
    assert icon("search") is not icon("search", tone="muted")


def test_a_disabled_icon_is_paler(qapp: QApplication) -> None:
    normal, disabled = drawn(icon("grid")), drawn(icon("grid"), mode=QIcon.Mode.Disabled)
    strongest = [max(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32)) for image in (normal, disabled)]
    assert strongest[1] < strongest[0]


def test_dressed_widgets_follow_the_theme(qapp: QApplication, qtbot: QtBot) -> None:
    button, label = QPushButton(), QLabel()
    for widget in (button, label):
        qtbot.addWidget(widget)
        set_theme("dark", qapp)
        dress(widget, "folder", 16, "muted")
    assert inks(drawn(button.icon())) == {DARK.muted.name()}
    set_theme("light", qapp)
    assert inks(drawn(button.icon())) == {LIGHT.muted.name()}
    assert inks(label.pixmap().toImage()) == {LIGHT.muted.name()}
    set_theme("dark", qapp)


def test_every_type_has_an_icon() -> None:
    assert {kind_icon(kind) for kind in [*KINDS, "never heard of"]} <= set(ICONS)


def test_the_app_icon_comes_in_all_sizes() -> None:
    with Image.open(resource("app.ico")) as made:
        assert made.info["sizes"] == {(16, 16), (32, 32), (48, 48), (256, 256)}
    with Image.open(resource("app.png")) as made:
        assert made.size == (256, 256)
        assert made.getpixel((0, 0))[3] == 0
    assert resource("app.svg").is_file()
