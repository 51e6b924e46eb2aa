"""Duplicates in the window: looking, the three lists, what stays and goes, plans on the sheet, linking and the way back."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from model_manager.bridge import twins as bridge
from model_manager.core.settings import Settings
from model_manager.core.twins.records import ONE_FILE, Found, Group, Member
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import DUPLICATES
from model_manager.ui.tidy.plan_sheet import PlanSheet
from model_manager.ui.tidy.twins_page import TwinsPage
from model_manager.ui.tidy.twins_rows import BOX, SIDE, Line
from tests.core.twins_case import safetensors, tensors

SECONDS = 30_000
Key, Mod = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    """A file and two copies, another with the same weights, two names in two folders, and a file with two names."""
    loras, more = tmp_path / "ComfyUI/models/loras", tmp_path / "more/models/loras"
    for folder in (loras / "deep", more):
        folder.mkdir(parents=True)
    (tmp_path / "ComfyUI/main.py").write_text("")
    (tmp_path / "ComfyUI/extra_model_paths.yaml").write_text(f"more:\n  base_path: {tmp_path / 'more'}\n  loras: models/loras\n")
    held = tensors(Random(3), 2, (64, 128))
    (loras / "fox.safetensors").write_bytes(safetensors(held, {"title": "one"}))
    os.utime(loras / "fox.safetensors", (10, 10))
    for place in (loras / "deep/copy.safetensors", more / "fox.safetensors"):
        shutil.copy(loras / "fox.safetensors", place)
    (loras / "other.safetensors").write_bytes(safetensors(held, {"title": "another, longer"}))
    (loras / "owl.safetensors").write_bytes(safetensors(tensors(Random(4), 2, (64, 64))))
    os.link(loras / "owl.safetensors", loras / "deep/owl too.safetensors")
    return loras


@pytest.fixture
def window(tmp_path: Path, loras: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(Settings(comfyui_dirs=[str(tmp_path / "ComfyUI")]), size=(1200, 800))


def shown(window: MainWindow) -> TwinsPage:
    window.pages.open(DUPLICATES)
    page = window.tidy.twins.page
    assert page is not None and window.pages.currentWidget() is page
    return page


def looked(window: MainWindow, qtbot: QtBot) -> TwinsPage:
    """The page, after a search."""
    page = shown(window)
    page.look.click()
    qtbot.waitUntil(lambda: not window.tidy.twins.twins.is_looking and bool(page.view.rows.rows), timeout=SECONDS)
    return page


def names(page: TwinsPage) -> list[str]:
    """The rows as texts; groups without their members' mark."""
    return [os.path.basename(line.member.real) if line.member else f"{line.group.sort}:" for line in lines(page)]


def lines(page: TwinsPage) -> list[Line]:
    return list(page.view.rows.rows)


def kept(page: TwinsPage) -> list[str]:
    found = [line for line in lines(page) if line.group.sort != ONE_FILE]
    return [line.member.real for line in found if line.member and line.member.id in page._twins.kept(line.group)]


def click_box(page: TwinsPage, row: int) -> None:
    rect = page.view.visualRect(page.view.rows.index(row))
    point = rect.topLeft() + QPoint(SIDE + BOX // 2, rect.height() // 2)
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, Mod.NoModifier, point)


def sheet(window: MainWindow, qtbot: QtBot) -> PlanSheet:
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    found = window.tidy.orders_desk.sheet
    assert isinstance(found, PlanSheet)
    return found


def test_nothing_is_looked_for_before_it_is_asked(window: MainWindow) -> None:
    page = shown(window)
    assert not window.tidy.twins.twins.is_looking and not page.view.isVisible() and page.message.isVisible()
    QTest.keyClick(page, Key.Key_Escape)
    assert window.pages.currentIndex() == 0


def test_three_lists(window: MainWindow, qtbot: QtBot) -> None:
    page = looked(window, qtbot)
    QAbstractItemModelTester(page.view.rows)
    assert [tab.text() for tab in page.tabs] == ["Same file 1", "Same weights 1", "Same name 1"]
    first, *copies = names(page)[:4]
    assert first == "file:" and sorted(copies) == ["copy.safetensors", "fox.safetensors", "fox.safetensors"]
    assert names(page)[4] == "one:" and names(page)[5].startswith("owl")
    page.tabs[1].click()
    assert len(lines(page)) == 5 and not page.link.isEnabled() and page.remove.isEnabled()
    assert page.about.text().startswith("1 group ·"), "nothing is selected by itself, so the buttons are about all groups"
    page.tabs[2].click()
    assert len(lines(page)) == 3
    assert window.tidy.twins.twins.count == 2


def test_result_is_there_again(window: MainWindow, qtbot: QtBot, tmp_path: Path, open_window: Callable[..., MainWindow]) -> None:
    looked(window, qtbot)
    again = open_window(Settings(comfyui_dirs=[str(tmp_path / "ComfyUI")]))
    qtbot.waitUntil(lambda: again.tidy.twins.twins.count == 2, timeout=SECONDS)
    page = shown(again)
    assert len(lines(page)) == 6 and page._looked.text() == "Looked just now"


def test_boxes_and_keys_say_what_stays(window: MainWindow, qtbot: QtBot) -> None:
    page = looked(window, qtbot)
    before = kept(page)
    assert len(before) == 1 and "2 files go" in page.about.text()
    rows = [place for place, line in enumerate(lines(page)) if line.member is not None and line.group.sort == "file"]
    off = next(place for place in rows if lines(page)[place].member.real not in before)  # type: ignore[union-attr]
    click_box(page, off)
    assert len(kept(page)) == 2 and "1 file goes" in page.about.text()
    page.view.select_row(off)
    QTest.keyClick(page.view, Key.Key_Space)
    assert kept(page) == before
    on = next(place for place in rows if lines(page)[place].member.real in before)  # type: ignore[union-attr]
    click_box(page, on)
    assert kept(page) == before  # the last one stays
    page.keep_only([lines(page)[off]])
    assert kept(page) == [lines(page)[off].member.real]  # type: ignore[union-attr]
    page.keep_all([lines(page)[0].group])
    assert len(kept(page)) == 3 and not page.remove.isEnabled() and not page.link.isEnabled()


def test_link_and_back(window: MainWindow, qtbot: QtBot, loras: Path) -> None:
    page = looked(window, qtbot)
    page.link.click()
    plan_sheet = sheet(window, qtbot)
    assert plan_sheet.plan.title == "Link 2 duplicates"
    window.tidy.orders.carry_out(plan_sheet.plan)
    plan_sheet.reject()
    qtbot.waitUntil(lambda: os.path.samefile(loras / "fox.safetensors", loras / "deep/copy.safetensors"), timeout=SECONDS)
    qtbot.waitUntil(lambda: window.tidy.twins.twins.count == 1 and not window.tidy.orders.is_busy and window.is_quiet, timeout=SECONDS)
    window.tidy.orders.undo_newest()
    qtbot.waitUntil(lambda: not os.path.samefile(loras / "fox.safetensors", loras / "deep/copy.safetensors"), timeout=SECONDS)
    qtbot.waitUntil(lambda: not window.tidy.orders.is_busy and window.is_quiet, timeout=SECONDS)


def test_remove_only_the_selected_group(window: MainWindow, qtbot: QtBot, loras: Path) -> None:
    page = looked(window, qtbot)
    page.tabs[2].click()
    page.view.select_row(0)
    assert page.about.text().startswith("1 group · 1 file goes") and page.everything.isVisible()
    page.remove.click()
    plan = sheet(window, qtbot).plan
    assert plan.title == "Remove 1 duplicate"
    window.tidy.orders_desk.close_sheet()
    window.tidy.orders.carry_out(plan)
    qtbot.waitUntil(lambda: not window.tidy.orders.is_busy and window.is_quiet and window.tidy.twins.page is page, timeout=SECONDS)
    qtbot.waitUntil(lambda: page.message.isVisible(), timeout=SECONDS)  # no name hides another any more
    assert (loras / "fox.safetensors").exists()


def test_menu_and_library(window: MainWindow, qtbot: QtBot, loras: Path) -> None:
    page = looked(window, qtbot)
    row = next(place for place, line in enumerate(lines(page)) if line.member and line.member.real.endswith("copy.safetensors"))
    page.view.select_row(row)
    entries = dict(window.tidy.twins._entries(page))
    keeping = ["Keep only this one", "Keep all"]
    acting = ["Link…", "Share blocks (reflink)…", "Replace by symbolic links…", "Remove others…"]
    assert list(entries) == ["Show in library", *keeping, *acting, "Copy path"]
    entries["Copy path"]()
    assert QApplication.clipboard().text() == str(loras / "deep/copy.safetensors")
    QTest.keyClick(page.view, Key.Key_Return)
    assert window.pages.currentIndex() == 0
    assert [window.session.model.card(window.session.model.row_of(id_)).name for id_ in window.selection.ids()] == ["copy"]


def test_search_can_be_stopped(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(data: Path, index: Path, work: bridge.Work) -> Found:
        while True:
            work.progress("Comparing", 1, 2)
            work.check()

    monkeypatch.setattr(bridge, "_find_all", endless)
    page = shown(window)
    page.look.click()
    qtbot.waitUntil(lambda: page.lead.text() == "Comparing", timeout=SECONDS)
    assert page.look.text().strip() == "Stop" and not page.view.isVisible()
    page.look.click()
    assert not window.tidy.twins.twins.is_looking and page.look.text().strip() == "Look for duplicates"
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)


def test_thousands_of_groups(window: MainWindow, qtbot: QtBot) -> None:
    paths = [f"/x/loras/{place}" for place in range(30_000)]
    members = [Member(place + 1, path, path, path, "loras", "/x/loras", allocated=1) for place, path in enumerate(paths)]
    groups = tuple(Group("file", str(place), tuple(members[place : place + 3]), place + 1) for place in range(0, 30_000, 3))
    page = shown(window)
    twins = window.tidy.twins.twins
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)
    twins._take(bridge._summed(Found(groups, time=1.0, files=30_000)))
    assert len(lines(page)) == 40_000 and "10,000 groups" in page.about.text()
    page.view.select_row(20_000)
    assert "1 group selected" in page.about.text()
    page.view.selectAll()
    assert "10,000 groups · 20,000 files go" in page.about.text() and len(page.chosen()) == 10_000
    line = lines(page)[20_002]
    page.toggle(line)
    assert "19,999 files go" in page.about.text()
    assert page.view.rows.rows.find(line) == 20_002
    page.view.scrollToBottom()
    page.grab()
    assert page.view.visible()[-1].member is not None
