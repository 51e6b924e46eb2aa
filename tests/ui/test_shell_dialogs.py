"""The dialogs of folders and settings."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLabel, QListView, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from model_manager.core.library.entry import FolderReport
from model_manager.ui.folder_list import FolderModel, needs_attention, state_words
from model_manager.ui.folders_page import FoldersDialog
from model_manager.ui.settings.dialog import SettingsDialog
from model_manager.ui.theme import set_theme, tokens

STATES = ("fine", "missing", "not_needed", "not_readable", "not_writable", "link_broken", "link_loop", "away", "empty",
          "not_seen_by_comfyui")  # fmt: skip
REPORTS = [
    FolderReport("checkpoints", "/c/models/checkpoints", "ComfyUI", "fine", ""),
    FolderReport("loras", "/nas/loras", "extra_model_paths.yaml: nas", "away", "The drive cannot be reached. Connect it. " * 6),
    FolderReport("loras", "/c/models/loras", "ComfyUI", "empty", "There is no model in it."),
    FolderReport("vae", "/mine", "own", "not_writable", "Give yourself the right to write."),
]


@pytest.fixture
def folders(qtbot: QtBot, qapp: QApplication) -> FoldersDialog:
    set_theme("dark", qapp)
    made = FoldersDialog()
    qtbot.addWidget(made)
    made.set_kinds([("loras", "LoRAs"), ("vae", "VAEs")])
    made.set_reports(REPORTS)
    made.show()
    return made


@pytest.fixture
def settings(qtbot: QtBot, qapp: QApplication) -> SettingsDialog:
    set_theme("dark", qapp)
    made = SettingsDialog()
    qtbot.addWidget(made)
    made.show()
    return made


def button(dialog: FoldersDialog | SettingsDialog, text: str) -> QPushButton:
    return next(one for one in dialog.findChildren(QPushButton) if one.text().strip() == text)


def listed(dialog: FoldersDialog) -> QListView:
    found = dialog.findChild(QListView)
    assert isinstance(found, QListView)
    return found


def lines(dialog: FoldersDialog) -> list[str]:
    model = listed(dialog).model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def choose(dialog: FoldersDialog, text: str) -> None:
    listed(dialog).setCurrentIndex(listed(dialog).model().index(lines(dialog).index(text), 0))


def test_every_state_has_a_word_and_a_colour() -> None:
    assert set(state_words()) == set(STATES)
    assert all(hasattr(tokens(), tone) for _, tone in state_words().values())
    assert [needs_attention(FolderReport("vae", "/", "own", state, "")) for state in STATES].count(False) == 3


def test_folders_stand_below_what_named_them(folders: FoldersDialog) -> None:
    assert lines(folders) == ["ComfyUI", "Checkpoints /c/models/checkpoints", "LoRAs /c/models/loras",
                              "extra_model_paths.yaml: nas", "LoRAs /nas/loras", "own", "VAEs /mine"]  # fmt: skip


def test_the_model_is_sound(qtbot: QtBot) -> None:
    model = FolderModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for reports in (REPORTS, [], REPORTS[:1]):
        model.set_reports(reports)
    assert model.rowCount() == 2


def test_only_those_that_need_attention(folders: FoldersDialog) -> None:
    box = folders.findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    assert box.text() == "Only those that need attention (2)"
    box.setChecked(True)
    assert lines(folders) == ["extra_model_paths.yaml: nas", "LoRAs /nas/loras", "own", "VAEs /mine"]
    folders.set_reports(REPORTS[:1])
    assert lines(folders) == [] and box.isEnabled(), "the filter must be possible to take off"
    box.setChecked(False)
    assert len(lines(folders)) == 2


def test_the_summary_says_how_it_stands(folders: FoldersDialog) -> None:
    def said() -> list[str]:
        muted = [label for label in folders.findChildren(QLabel) if label.property("role") == "muted"]
        return [label.text() for label in muted if "folder" in label.text().lower()]

    assert said() == ["4 folders are looked at. 2 folders need attention."]
    folders.set_reports(REPORTS[:1])
    assert said() == ["1 folder is looked at. All folders are fine."]
    folders.set_reports([])
    assert said()[0].startswith("No folder is looked at yet.")


def test_a_row_is_high_enough_for_its_reason(folders: FoldersDialog) -> None:
    view = listed(folders)

    def height(text: str) -> int:
        return view.visualRect(view.model().index(lines(folders).index(text), 0)).height()

    assert height("Checkpoints /c/models/checkpoints") < height("LoRAs /c/models/loras") < height("LoRAs /nas/loras")


def test_only_own_entries_can_be_removed(folders: FoldersDialog, qtbot: QtBot) -> None:
    removed: list[tuple[str, str]] = []
    folders.remove_asked.connect(lambda source, path: removed.append((source, path)))
    remove = button(folders, "Remove from the list")
    assert not remove.isEnabled()
    choose(folders, "Checkpoints /c/models/checkpoints")
    assert not remove.isEnabled()
    choose(folders, "VAEs /mine")
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    folders.set_reports(REPORTS, {"ComfyUI"})
    assert not remove.isEnabled(), "nothing is chosen after new reports"
    choose(folders, "ComfyUI")
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert removed == [("own", "/mine"), ("ComfyUI", "")]


def test_folders_are_opened(folders: FoldersDialog, qtbot: QtBot) -> None:
    opened: list[str] = []
    folders.open_asked.connect(opened.append)
    choose(folders, "ComfyUI")
    assert not button(folders, "Open folder").isEnabled()
    choose(folders, "LoRAs /nas/loras")
    qtbot.mouseClick(button(folders, "Open folder"), Qt.MouseButton.LeftButton)
    assert opened == ["/nas/loras"]


def test_places_are_added(folders: FoldersDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["/comfy", "", "/all", "/loras"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answers.pop(0))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/extra.yaml", ""))
    told: list[tuple[str, ...]] = []
    folders.comfyui_added.connect(lambda path: told.append(("comfyui", path)))
    folders.folder_added.connect(lambda path, kind: told.append(("folder", path, kind)))
    folders.yaml_added.connect(lambda path: told.append(("yaml", path)))
    qtbot.mouseClick(button(folders, "Add ComfyUI…"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(folders, "Add ComfyUI…"), Qt.MouseButton.LeftButton)
    menu = button(folders, "Add folder").menu()
    for text in ("With folders for each type…", "Only LoRAs…"):
        next(action for action in menu.actions() if action.text() == text).trigger()
    qtbot.mouseClick(button(folders, "Add extra_model_paths.yaml…"), Qt.MouseButton.LeftButton)
    assert told == [("comfyui", "/comfy"), ("folder", "/all", ""), ("folder", "/loras", "loras"), ("yaml", "/extra.yaml")]


def test_dropped_folders_and_files_are_added(folders: FoldersDialog, tmp_path: Path) -> None:
    told: list[Path] = []
    folders.folder_added.connect(lambda path, kind: told.append(Path(path)))
    folders.yaml_added.connect(lambda path: told.append(Path(path)))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl.fromLocalFile(str(tmp_path / "x.YAML")), QUrl("https://example.org")])
    folders.dropEvent(QDropEvent(QPointF(1, 1), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    assert told == [tmp_path, tmp_path / "x.YAML"]


def test_a_screen_reader_hears_state_and_reason(folders: FoldersDialog) -> None:
    index = listed(folders).model().index(lines(folders).index("VAEs /mine"), 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "VAEs, /mine, Not writable, Give yourself the right to write."


def test_settings_setters_do_not_signal(settings: SettingsDialog) -> None:
    told: list[object] = []
    for signal in (settings.general.theme_chosen, settings.general.cache_size_chosen, settings.general.clear_cache_asked):
        signal.connect(lambda *values: told.append(values))
    settings.general.set_theme("light")
    settings.general.set_cache(2048, 432_000_000)
    settings.general.set_data_folder("/data/ModelManager")
    assert told == []
    assert [one.objectName() for one in settings.general.findChildren(QPushButton) if one.isChecked()] == ["light"]
    box = settings.general.findChild(QSpinBox)
    assert isinstance(box, QSpinBox) and box.value() == 2048
    shown = [label.text() for label in settings.findChildren(QLabel)]
    assert "432 MB in use" in shown and "/data/ModelManager" in shown


def test_settings_signal_what_is_chosen(settings: SettingsDialog, qtbot: QtBot) -> None:
    told: list[object] = []
    settings.general.theme_chosen.connect(told.append)
    settings.general.cache_size_chosen.connect(told.append)
    settings.general.clear_cache_asked.connect(lambda: told.append("clear"))
    settings.general.folders_asked.connect(lambda: told.append("folders"))
    settings.general.data_folder_asked.connect(lambda: told.append("data"))
    settings.general.set_theme("dark")
    settings.general.set_cache(1024, 5_000_000)
    for text in ("Light", "Clear", "Show folders…", "Open"):
        qtbot.mouseClick(button(settings, text), Qt.MouseButton.LeftButton)
    box = settings.general.findChild(QSpinBox)
    assert isinstance(box, QSpinBox)
    box.setValue(512)
    assert told == ["light", "clear", "folders", "data", 512]


def test_an_empty_cache_cannot_be_cleared(settings: SettingsDialog) -> None:
    settings.general.set_cache(1024, 0)
    assert not button(settings, "Clear").isEnabled()
    settings.general.set_cache(1024, None)
    assert button(settings, "Clear").isEnabled()
