"""Health in the window: what needs attention is listed, opened and closed, mended through the sheet, converted, and counted."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from model_manager.core.formats.write import safetensors_bytes, torch_zip_bytes
from model_manager.core.health import records
from model_manager.core.health.records import DELETE, Item, Section
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import HEALTH
from model_manager.ui.tidy.health_page import HealthPage
from model_manager.ui.tidy.health_rows import Line, lines_of, shown_buttons, spoken, tip
from model_manager.ui.tidy.plan_sheet import PlanSheet
from tests.core.pickle_case import TENSORS, call

SECONDS = 30_000


def lora(mark: str = "a") -> bytes:
    return safetensors_bytes({"lora_unet_x.lora_down.weight": ("F16", [4, 8])}, {"ss_output_name": mark})


@pytest.fixture
def window(tmp_path: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    models = tmp_path / "ComfyUI" / "models"
    for kind in ("loras", "checkpoints"):
        (models / kind).mkdir(parents=True)
    (tmp_path / "ComfyUI/main.py").write_text("")
    loras = models / "loras"
    (loras / "ink.safetensors").write_bytes(lora())
    (loras / "cut.safetensors").write_bytes(lora("b")[:-9])
    (loras / "cut.civitai.info").write_text(json.dumps({"modelId": 7, "id": 8}))
    (loras / "gone.civitai.info").write_text("{}")
    (loras / "gone.preview.png").write_bytes(b"picture")
    (loras / "evil.pt").write_bytes(call("os", "system", f"touch {tmp_path / 'ran'}"))
    (loras / "fine.pt").write_bytes(torch_zip_bytes(TENSORS))
    (loras / "empty").mkdir()
    (models / "checkpoints" / "stray.safetensors").write_bytes(lora("c"))
    return open_window(Settings(comfyui_dirs=[str(tmp_path / "ComfyUI")]), size=(1200, 800))


def opened(window: MainWindow, qtbot: QtBot) -> HealthPage:
    window.pages.open(HEALTH)
    page = window.tidy.health.page
    assert page is not None
    qtbot.waitUntil(lambda: window.tidy.health.health.is_known and bool(page.view.rows.rows), timeout=SECONDS)
    return page


def looked(window: MainWindow, qtbot: QtBot) -> HealthPage:
    page = opened(window, qtbot)
    page.look.click()
    health = window.tidy.health.health
    qtbot.waitUntil(lambda: health.report.looked > 0 and not health.is_looking, timeout=SECONDS)
    return page


def sorts(page: HealthPage) -> list[str]:
    return [line.section.sort for line in page.view.rows.rows if line.item is None and not line.rest]


def row(page: HealthPage, sort: str, name: str = "") -> int:
    return next(
        at for at, line in enumerate(page.view.rows.rows)
        if line.section.sort == sort and (line.item.name if line.item is not None else "") == name
    )  # fmt: skip


def press(page: HealthPage, at: int, mend: str = "") -> None:
    """Click a button of a row, or the row itself."""
    rect = page.view.visualRect(page.view.rows.index(at))
    boxes = dict(shown_buttons(page.view.rows.rows[at], rect))
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=boxes[mend].center() if mend else rect.topLeft() + QPoint(60, 20))


def carried(window: MainWindow, qtbot: QtBot) -> None:
    """Say yes to the plan on the sheet and wait for its end."""
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, PlanSheet)
    with qtbot.waitSignal(window.tidy.orders.ended, timeout=SECONDS):
        sheet.go.click()
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)


def names(tmp_path: Path, kind: str = "loras") -> set[str]:
    return set(os.listdir(tmp_path / "ComfyUI" / "models" / kind))


def test_what_is_known_is_there_at_once_and_the_rest_after_a_look(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = opened(window, qtbot)
    assert sorts(page) == [records.BROKEN, records.MISPLACED, records.NO_DETAILS, records.NO_PREVIEW]
    looked(window, qtbot)
    wanted = [records.BROKEN, records.UNSAFE, records.MISPLACED, records.ORPHANS, records.EMPTY, records.PICKLES]
    qtbot.waitUntil(lambda: sorts(page) == [*wanted, records.NO_DETAILS, records.NO_PREVIEW], timeout=SECONDS)
    assert not (tmp_path / "ran").exists()
    assert window.tidy.health.health.report.count == 5
    assert page.look.text().strip() == "Look again"
    for line in page.view.rows.rows:
        assert spoken(line) and (line.item is None or tip(line))


def test_sorts_are_opened_and_closed_by_mouse_and_keys(window: MainWindow, qtbot: QtBot) -> None:
    page = opened(window, qtbot)
    assert not page.is_open(records.NO_PREVIEW)
    press(page, row(page, records.NO_PREVIEW))
    assert page.is_open(records.NO_PREVIEW)
    assert row(page, records.NO_PREVIEW, "ink.safetensors")
    page.view.select_row(row(page, records.NO_PREVIEW, "ink.safetensors"))
    QTest.keyClick(page.view, Qt.Key.Key_Left)
    assert not page.is_open(records.NO_PREVIEW)
    assert page.view.currentIndex().row() == row(page, records.NO_PREVIEW)
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    assert page.is_open(records.NO_PREVIEW)
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    assert not page.is_open(records.NO_PREVIEW)
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is not page


def test_mends_go_through_the_sheet(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = looked(window, qtbot)
    qtbot.waitUntil(lambda: records.ORPHANS in sorts(page), timeout=SECONDS)
    press(page, row(page, records.ORPHANS, "gone"), DELETE)
    carried(window, qtbot)
    assert not {"gone.civitai.info", "gone.preview.png"} & names(tmp_path)
    qtbot.waitUntil(lambda: records.ORPHANS not in sorts(page), timeout=SECONDS)
    press(page, row(page, records.MISPLACED), records.MOVE)
    carried(window, qtbot)
    assert "stray.safetensors" in names(tmp_path)
    qtbot.waitUntil(lambda: records.MISPLACED not in sorts(page), timeout=SECONDS)
    press(page, row(page, records.EMPTY), records.REMOVE_FOLDER)
    carried(window, qtbot)
    assert "empty" not in names(tmp_path)


def test_a_broken_model_is_fetched_again_from_where_it_came(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(window, qtbot)
    links: list[str] = []
    monkeypatch.setattr(window.links, "show_links", links.extend)
    press(page, row(page, records.BROKEN, "cut.safetensors"), records.REFETCH)
    assert links == ["https://civitai.com/models/7?modelVersionId=8"]


def test_a_pickle_is_converted_and_the_old_one_goes_when_wished(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menus: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, point: menus.append(menu))
    page = looked(window, qtbot)
    qtbot.waitUntil(lambda: records.PICKLES in sorts(page), timeout=SECONDS)
    press(page, row(page, records.PICKLES), records.CONVERT)
    menus[0].actions()[0].trigger()
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    window.tidy.orders_desk.close_sheet()  # not wanted after all: nothing stays
    qtbot.waitUntil(lambda: not [name for name in names(tmp_path) if name.startswith(".mm-")], timeout=SECONDS)  # a worker removes it
    press(page, row(page, records.PICKLES), records.CONVERT)
    menus[1].actions()[1].trigger()
    carried(window, qtbot)
    assert "fine.safetensors" in names(tmp_path)
    carried(window, qtbot)
    assert "fine.pt" not in names(tmp_path)


def test_all_is_well_is_said(tmp_path: Path, open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    loras = tmp_path / "ComfyUI/models/loras"
    loras.mkdir(parents=True)
    (tmp_path / "ComfyUI/main.py").write_text("")
    (loras / "ink.safetensors").write_bytes(lora())
    (loras / "ink.civitai.info").write_text("{}")
    (loras / "ink.preview.png").write_bytes(b"x")
    window = open_window(Settings(comfyui_dirs=[str(tmp_path / "ComfyUI")]))
    window.pages.open(HEALTH)
    page = window.tidy.health.page
    assert page is not None
    qtbot.waitUntil(lambda: window.tidy.health.health.is_known, timeout=SECONDS)
    assert "Is all well?" in page.message.accessibleName()
    page.message.asked.emit("look")
    qtbot.waitUntil(lambda: "All is well" in page.message.accessibleName(), timeout=SECONDS)


def test_a_hundred_thousand_findings_cost_nothing(window: MainWindow, qtbot: QtBot) -> None:
    page = opened(window, qtbot)
    items = tuple(Item(records.ORPHANS, f"m{n}", f"/models/m{n}.info", "x", (f"/models/m{n}.info",)) for n in range(100_000))
    section = Section(records.ORPHANS, items, 150_000, 5)
    lines = lines_of([section], {records.ORPHANS})
    assert lines[-1] == Line(section, None, 50_000)
    page.view.show_rows(lines)
    page.view.scrollToBottom()
    page.view.viewport().repaint()
    assert page.view.visible()[-1].rest == 50_000


def test_a_look_is_said_to_be_old_when_folders_change(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = looked(window, qtbot)
    health = window.tidy.health.health
    assert not health.is_stale
    (tmp_path / "ComfyUI" / "models" / "loras" / "new.safetensors").write_bytes(lora("n"))
    window.session.scan()
    qtbot.waitUntil(lambda: health.is_stale, timeout=SECONDS)
    assert "changed since" in page._looked.accessibleName()
    page.look.click()
    qtbot.waitUntil(lambda: not health.is_stale and not health.is_looking, timeout=SECONDS)
