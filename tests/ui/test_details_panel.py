"""The whole panel: what it shows of a record, what its buttons say, and that nothing is cut off."""

import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from model_manager.core.library.entry import Details, Facts, ModelRecord, Place, Preview, Problem
from model_manager.ui import theme
from model_manager.ui.details import DetailsPanel
from model_manager.ui.details.panel import METADATA, NOTES, OVERVIEW

DETAILS = Details(
    name="Ink Wash",
    version="v3",
    author="Ann",
    base_model="SDXL 1.0",
    description="<p>A <b>fine</b> LoRA.</p>",
    description_is_html=True,
    notes="mine",
    trigger_words=("ink wash", "sumi-e"),
    negative_words="photo",
    tags=("style",),
    recommended=(("Sampler", "DPM++ 2M"), ("CFG", "3–6")),
    links=(("Page", "https://a.example/1"), ("Bad", "javascript:1")),
    hashes={"sha256": "ab12"},
    license="MIT",
    sources={"name": "ink.info", "trigger_words": "ink.json", "author": "ink.info"},
    problems=(Problem("bad_sidecar", "ink.json is not JSON."),),
)
RECORD = ModelRecord(
    id=4,
    name="ink",
    path="/m/loras/style/ink.safetensors",
    kind="loras",
    size=228_000_000,
    modified=1e9,
    added=time.time() - 3 * 86_400,
    is_away=False,
    facts=Facts(
        format="safetensors",
        architecture="SDXL",
        precision="fp16",
        parameters=114_000_000,
        rank="32",
        alpha="16",
        tags=(("ink", 40), ("paper", 3)),
    ),
    details=DETAILS,
    places=(Place("loras", "/m/loras", "/m/loras/style/ink.safetensors", "style/ink.safetensors"),),
    previews=(Preview("/m/loras/style/ink.png", "still"),),
    sidecars=("ink.info", "ink.json"),
    problems=(Problem("truncated", "The file is too short."),),
)
BARE = ModelRecord(5, "ae", "/m/vae/ae.safetensors", "vae", 335, 1e9, 1e9, False, Facts(), Details())
LONG = "[odd] (näme) " + "ünbroken_" * 28


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> DetailsPanel:
    theme.set_theme("dark", qapp)
    made = DetailsPanel()
    qtbot.addWidget(made)
    made.resize(336, 900)
    made.show()
    return made


def shown_texts(panel: DetailsPanel) -> list[str]:
    return [fact.value for table in (panel.overview.file, panel.overview.training, panel.overview.about) for fact in table.facts()]


def test_empty_state_and_selection(panel: DetailsPanel) -> None:
    assert "Select a model" in panel._explained.text()
    panel.show_many(12, 48_200_000_000)
    assert (panel._said.text(), panel._explained.text()) == ("12 models selected", "48.2 GB in all")
    panel.show_record(RECORD)
    assert panel._scroll.isVisible()


def test_head(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    assert panel._title.accessibleName() == "Ink Wash v3"
    assert panel._subtitle.accessibleName() == "by Ann · SDXL 1.0 · LoRA"
    panel.show_record(BARE)
    assert panel._title.accessibleName() == "ae"
    assert panel._subtitle.accessibleName() == "VAE"


def test_the_main_button_says_what_comfyui_takes(panel: DetailsPanel, qtbot: QtBot) -> None:
    panel.show_record(RECORD)
    qtbot.waitUntil(lambda: panel._node.button.text() == "Copy as ComfyUI node")
    assert panel.grip.isVisibleTo(panel)
    with qtbot.waitSignal(panel.node_asked) as asked:
        qtbot.mouseClick(panel._node.button, Qt.MouseButton.LeftButton)
    assert asked.args == [RECORD.id]
    panel.show_copied()
    assert panel._node.button.text() == "Copied"
    panel.show_record(replace(RECORD, id=8))
    assert panel._node.button.text() == "Copy as ComfyUI node"
    with qtbot.waitSignal(panel.node_asked) as asked:
        qtbot.mouseClick(panel.grip, Qt.MouseButton.LeftButton)
    assert asked.args == [8]
    panel.resize(300, 700)
    qtbot.waitUntil(lambda: panel._node.button.text() == "Copy as node")


def test_an_embedding_is_copied_for_a_prompt(panel: DetailsPanel, qtbot: QtBot) -> None:
    place = Place("embeddings", "/m/embeddings", "/m/embeddings/bad.safetensors", "bad.safetensors")
    panel.show_record(replace(RECORD, kind="embeddings", places=(place,)))
    assert panel._node.button.text() == "Copy for a prompt" and not panel.grip.isVisibleTo(panel)
    with qtbot.waitSignal(panel.node_asked):
        qtbot.mouseClick(panel._node.button, Qt.MouseButton.LeftButton)


def test_a_kind_without_loader_copies_its_name_and_says_why(panel: DetailsPanel, qtbot: QtBot) -> None:
    place = Place("vae_approx", "/m/vae_approx", "/m/vae_approx/sub/taesd.pth", "sub/taesd.pth")
    panel.show_record(replace(RECORD, kind="vae_approx", places=(place,)))
    assert panel._node.button.text() == "Copy name" and not panel.grip.isVisibleTo(panel)
    assert "no loader node for Preview VAEs" in panel._node.button.toolTip()
    with qtbot.waitSignal(panel.text_copied) as copied:
        qtbot.mouseClick(panel._node.button, Qt.MouseButton.LeftButton)
    assert copied.args == ["sub/taesd.pth"] == [QGuiApplication.clipboard().text()]
    assert panel._node.button.text() == "Copied"


def test_menu_copies(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    copied = []
    for action in panel._actions:
        action.trigger()
        copied.append(QGuiApplication.clipboard().text())
    assert copied == ["style/ink.safetensors", "/m/loras/style/ink.safetensors", "ink.safetensors", "ink wash, sumi-e"]
    panel.show_record(BARE)
    assert not panel._actions[3].isEnabled()


def test_overview_shows_all_there_is(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    overview = panel.overview
    assert overview.notices() == ["The file is too short.", "ink.json is not JSON."]
    assert [chip.said.text for chip in overview.words.visible_chips()] == ["ink wash", "sumi-e"]
    assert [chip.said.text for chip in overview.settings.visible_chips()] == ["Sampler DPM++ 2M", "CFG 3–6"]
    assert [(chip.said.text, chip.said.tail) for chip in overview.trained.visible_chips()] == [("ink", "40"), ("paper", "3")]
    assert [chip.said.text for chip in overview.links.visible_chips()] == ["Page"]
    assert {"loras / style", "228 MB · fp16", "114 M", "3 days ago", "ab12", "32 · alpha 16", "MIT"} <= set(shown_texts(panel))
    assert overview._worded.head.source.accessibleName() == "json"


def test_sections_without_content_are_hidden(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    panel.show_record(BARE)
    overview = panel.overview
    for section in (
        overview._worded,
        overview._negated,
        overview._advised,
        overview._described,
        overview._tagged,
        overview._linked,
        overview._sourced,
    ):
        assert section.isHidden()
    assert overview.notices() == []
    assert not overview._filed.isHidden()


def test_sources_can_be_read(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    assert [(fact.label, fact.value) for fact in panel.overview.sources.facts()] == [("info", "Name, Author"), ("json", "Trigger words")]


def test_signals_of_links_tags_and_folder(panel: DetailsPanel, qtbot: QtBot) -> None:
    panel.show_record(RECORD)
    with qtbot.waitSignals([panel.link_opened, panel.tag_chosen, panel.folder_opened]):
        panel.overview.links.visible_chips()[0].click()
        panel.overview.tags.visible_chips()[0].click()
        panel._folder.click()


def test_away_is_told_and_its_folder_cannot_be_opened(panel: DetailsPanel) -> None:
    panel.show_record(replace(RECORD, is_away=True))
    assert "away" in panel.overview.notices()[0]
    assert not panel._folder.isEnabled()
    panel.set_away(False)
    assert panel.overview.notices() == ["The file is too short.", "ink.json is not JSON."]
    assert panel._folder.isEnabled()


def test_tree_is_asked_for_in_its_tab_only(panel: DetailsPanel, qtbot: QtBot) -> None:
    asked: list[int] = []
    panel.tree_wanted.connect(asked.append)
    panel.show_record(RECORD)
    panel.show_record(BARE)
    assert asked == []
    panel.tabs.setCurrentIndex(METADATA)
    assert asked == [5]
    panel.show_tree(5, {"a": "b"})
    assert panel.metadata.tree.model().rowCount() == 1
    panel.show_tree_problem(4, "late")
    assert panel.metadata._stack.currentIndex() == 0


def test_overview_is_filled_when_it_is_opened_again(panel: DetailsPanel) -> None:
    panel.tabs.setCurrentIndex(NOTES)
    panel.show_record(RECORD)
    panel.tabs.setCurrentIndex(OVERVIEW)
    assert "ab12" in shown_texts(panel)


def test_drafts_survive_other_models_and_the_empty_panel(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    panel.tabs.setCurrentIndex(NOTES)
    panel.notes.edit_button.click()
    panel.notes.editor.insertPlainText("new ")
    panel.show_record(BARE)
    panel.show_nothing()
    assert panel.drafts() == {4: "new mine"}
    panel.show_record(RECORD)
    assert panel.notes.editor.toPlainText() == "new mine"
    panel.notes_failed(4, "No room.")
    assert panel.notes._state.text() == "No room."
    panel.notes_written(4, "new mine")
    assert panel.drafts() == {}


def test_answers_for_pictures_reach_the_gallery(panel: DetailsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.picture_wanted) as wanted:
        panel.show_record(RECORD)
    assert wanted.args is not None
    assert wanted.args[0] == RECORD.previews[0]
    assert isinstance(wanted.args[1], QSize)
    panel.show_picture(RECORD.previews[0], QImage(10, 10, QImage.Format.Format_RGB32))
    assert panel.gallery._pictures[RECORD.previews[0]] is not None


@pytest.mark.parametrize("width", [300, 520])
def test_nothing_sticks_out(panel: DetailsPanel, qtbot: QtBot, width: int) -> None:
    details = replace(DETAILS, name=LONG, author=LONG, trigger_words=(LONG * 3,), tags=(LONG,), license=LONG, recommended=((LONG, LONG),))
    path = f"/m/loras/{LONG}.safetensors"
    panel.resize(width, 700)
    problem = Problem("truncated", LONG * 2)
    panel.show_record(replace(RECORD, details=details, path=path, name=LONG, sidecars=(LONG,), problems=(problem,)))
    content = panel._scroll.widget()

    def sticking_out() -> list[QWidget]:
        shown = [child for child in content.findChildren(QWidget) if child.isVisible() and child.window() is panel]
        return [child for child in shown if child.mapTo(content, child.rect().topRight()).x() > content.width()]

    qtbot.waitUntil(lambda: not sticking_out())
    assert panel.width() == width
    assert content.width() <= panel._scroll.viewport().width()


def test_untrusted_labels_are_plain_text(panel: DetailsPanel) -> None:
    panel.show_record(replace(RECORD, details=replace(DETAILS, name="<b>x</b>", author="<img src=x>")))
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in panel.findChildren(QLabel) if label.text())
    assert "&lt;img" in panel._subtitle.toolTip() or "<img" not in panel._subtitle.toolTip()


def test_values_are_whole_when_focused(panel: DetailsPanel, qtbot: QtBot) -> None:
    panel.show_record(replace(RECORD, path=f"/m/loras/{LONG}.safetensors"))
    panel.grab()
    value = panel.overview.file._rows[1][1]
    assert "…" in value.text()
    panel.activateWindow()
    value.setFocus()
    qtbot.waitUntil(value.hasFocus)
    assert value.text() == f"{LONG}.safetensors"
    qtbot.keyClick(value, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"{LONG}.safetensors"


def test_everything_can_be_reached_and_has_a_name(panel: DetailsPanel) -> None:
    panel.show_record(RECORD)
    for button in (panel._folder, panel._more):
        assert button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert panel.gallery.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert panel.overview.words.visible_chips()[0].focusPolicy() & Qt.FocusPolicy.TabFocus


def test_theme_can_change(panel: DetailsPanel, qapp: QApplication) -> None:
    panel.show_record(RECORD)
    dark = panel.grab().toImage().pixelColor(3, 500)
    theme.set_theme("light", qapp)
    assert panel.grab().toImage().pixelColor(3, 500) != dark
    theme.set_theme("dark", qapp)
