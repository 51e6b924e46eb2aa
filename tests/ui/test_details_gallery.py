"""Previews: paging, answers that come late, states, moving pictures."""

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from model_manager.core.library.entry import Preview
from model_manager.ui.details.gallery import Gallery, _placed
from model_manager.ui.details.video import VideoPlayer

THREE = tuple(Preview(f"/m/x.{number}.png", "still") for number in range(3))


def picture(colour: str = "#ff0000") -> QImage:
    image = QImage(40, 80, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


@pytest.fixture
def gallery(qtbot: QtBot) -> Gallery:
    made = Gallery()
    qtbot.addWidget(made)
    made.resize(312, 300)
    made.show()
    return made


def middle(gallery: Gallery) -> str:
    return gallery.grab().toImage().pixelColor(gallery.width() // 2, gallery.height() // 2).name()


def test_picture_is_asked_for_and_shown(gallery: Gallery, qtbot: QtBot) -> None:
    with qtbot.waitSignal(gallery.picture_wanted) as wanted:
        gallery.show_previews(THREE)
    assert wanted.args == [THREE[0], QSize(312, 300) * gallery.devicePixelRatioF()]
    with qtbot.waitSignal(gallery.picture_wanted) as wanted:
        gallery.show_picture(THREE[0], picture())
    assert wanted.args is not None and wanted.args[0] == THREE[1]  # the next one, ahead of time
    assert middle(gallery) == "#ff0000"


def test_late_answers_do_not_show(gallery: Gallery) -> None:
    gallery.show_previews(THREE)
    gallery.show_previews((Preview("/m/y.png", "still"),))
    gallery.show_picture(THREE[0], picture())
    assert middle(gallery) != "#ff0000"
    assert gallery._pictures == {}


def test_paging_stops_at_both_ends(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.show_previews(THREE)
    qtbot.keyClick(gallery, Qt.Key.Key_Left)
    assert gallery.current() == THREE[0]
    for _ in range(5):
        qtbot.keyClick(gallery, Qt.Key.Key_Right)
    assert gallery.current() == THREE[2]
    assert gallery.accessibleName() == "Preview 3 of 3"


def test_arrows_can_be_clicked(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.show_previews(THREE)
    qtbot.mouseClick(gallery, Qt.MouseButton.LeftButton, pos=gallery._arrow_rect(1).center().toPoint())
    assert gallery.current() == THREE[1]
    qtbot.mouseClick(gallery, Qt.MouseButton.LeftButton, pos=gallery._arrow_rect(-1).center().toPoint())
    assert gallery.current() == THREE[0]


def test_same_model_keeps_its_page_and_asks_anew(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.show_previews(THREE)
    gallery.turn(1)
    gallery.show_picture(THREE[1], picture())
    with qtbot.waitSignal(gallery.picture_wanted, check_params_cb=lambda preview, _: preview == THREE[1]):
        gallery.show_previews(THREE[1:], keep_page=True)
    assert gallery.current() == THREE[1]
    assert middle(gallery) == "#ff0000"


def test_click_switches_between_fill_and_fit(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.show_previews(THREE[:1])
    gallery.show_picture(THREE[0], picture())
    edge = gallery.grab().toImage().pixelColor(12, 150).name()
    qtbot.mouseClick(gallery, Qt.MouseButton.LeftButton)
    assert edge == "#ff0000"
    assert gallery.grab().toImage().pixelColor(12, 150).name() != "#ff0000"


@pytest.mark.parametrize("size", [QSize(1, 5000), QSize(5000, 1), QSize(512, 768), QSize(0, 0)])
def test_pictures_of_any_shape_find_a_place(size: QSize) -> None:
    area = QSize(312, 300)
    fit, fill = _placed(size, area, True), _placed(size, area, False)
    assert fit.width() <= 312 and fit.height() <= 300
    assert size.isEmpty() or (fill.width() >= 312 and fill.height() >= 300)


def test_unshowable_picture_is_a_state(gallery: Gallery) -> None:
    gallery.show_previews(THREE)
    gallery.show_picture(THREE[0], None)
    assert gallery._pictures == {THREE[0]: None}
    gallery.grab()


def test_no_previews(gallery: Gallery) -> None:
    gallery.show_previews(())
    assert gallery.accessibleName() == "No preview"
    assert not gallery.turn(1)
    gallery.grab()


def test_animation_plays_and_lets_go(gallery: Gallery, qtbot: QtBot, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "x.gif"
    frames = [image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=20, loop=0)
    gallery.show_previews((Preview(str(path), "animated"),))
    gallery._play()
    qtbot.waitUntil(lambda: gallery._frame is not None)
    gallery.show_previews(())
    assert gallery._movie is None
    assert gallery._frame is None


def test_video_without_the_library_leaves_the_poster(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    player = VideoPlayer(gallery, lambda image: None)
    assert not player.play("/m/x.mp4")
    player.stop()
    gallery.show_previews((Preview("/m/x.mp4", "video"),))
    gallery._video = player
    gallery._play()
    assert gallery._frame is None


def test_settled_when_the_answer_is_there(gallery: Gallery, qtbot: QtBot) -> None:
    assert gallery.is_settled
    with qtbot.waitSignal(gallery.picture_wanted):
        gallery.show_previews(THREE)
    assert not gallery.is_settled
    gallery.show_picture(THREE[0], None)
    assert gallery.is_settled
