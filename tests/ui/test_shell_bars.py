"""The status bar, the problem bar and the empty state."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from model_manager.ui.elided_label import ElidedLabel, plain_tip
from model_manager.ui.empty_state import EmptyState
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.status_bar import StatusBar, StatusDot
from model_manager.ui.theme import set_theme


@pytest.fixture(autouse=True)
def dark(qapp: QApplication) -> None:
    set_theme("dark", qapp)


def seen(widget: object) -> list[str]:
    """The texts that can be seen, in their order."""
    return [part.text().strip() for part in widget.findChildren(QLabel) if part.isVisible() and part.text()]  # type: ignore[attr-defined]


def buttons(widget: object) -> list[str]:
    return [part.text() for part in widget.findChildren(QPushButton) if part.isVisible()]  # type: ignore[attr-defined]


@pytest.fixture
def status(qtbot: QtBot) -> StatusBar:
    made = StatusBar()
    qtbot.addWidget(made)
    made.resize(1000, made.height())
    made.show()
    return made


@pytest.fixture
def problems(qtbot: QtBot) -> ProblemBar:
    made = ProblemBar()
    qtbot.addWidget(made)
    made.resize(800, 60)
    return made


def test_status_counts(status: StatusBar) -> None:
    status.set_counts(12408, "6.1 TB")
    assert seen(status) == ["12,408 models · 6.1 TB"]
    status.set_counts(12408, "6.1 TB", shown=31)
    status.set_selected(2, "7 GB")
    assert seen(status) == ["31 of 12,408 models · 6.1 TB", "2 selected · 7 GB"]
    status.set_counts(1)
    status.set_selected(0)
    assert seen(status) == ["1 model"]


def test_status_watching(status: StatusBar) -> None:
    dot = status.findChild(StatusDot)
    assert isinstance(dot, StatusDot) and not dot.isVisible()
    status.set_watch("Polling: 2 folders", "Raise <max_user_watches> to watch them", "warn")
    assert dot.isVisible() and dot.tone == "warn"
    assert dot.toolTip() == plain_tip("Raise <max_user_watches> to watch them")
    assert "&lt;max_user_watches&gt;" in dot.toolTip()
    status.set_watch("")
    assert not dot.isVisible()


def test_status_progress_is_there_only_while_something_runs(status: StatusBar, qtbot: QtBot) -> None:
    bar, cancel = status.findChild(QProgressBar), status.findChild(QToolButton)
    assert isinstance(bar, QProgressBar) and isinstance(cancel, QToolButton)
    assert not bar.isVisible()
    status.set_progress("Scanning NAS… 50 / 200", 50, 200)
    assert bar.isVisible() and bar.value() * 4 == bar.maximum()
    with qtbot.waitSignal(status.cancel_asked):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    status.set_progress("Looking", can_cancel=False)
    assert bar.maximum() == 0 and not cancel.isVisible()
    status.set_progress("Too much", 9_000_000_000_000, 8_000_000_000_000)
    assert bar.value() == bar.maximum()
    status.clear_progress()
    assert not bar.isVisible()


def test_a_long_progress_text_does_not_widen_the_window(status: StatusBar) -> None:
    narrow = status.minimumSizeHint().width()
    status.set_progress("x" * 5000, 1, 2)
    assert status.minimumSizeHint().width() <= narrow + 300


def test_elided_label_tells_all_in_its_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show_text("<b>a path that is far too long</b>")
    assert "…" in label.text() and "&lt;b&gt;" in label.toolTip()
    label.resize(900, 20)
    label.show_text("short")
    assert label.text() == "short" and label.toolTip() == ""


def test_problems_queue_and_the_same_text_comes_once(problems: ProblemBar) -> None:
    assert not problems.isVisible()
    for text in ("first", "second", "first", "third", ""):
        problems.show_problem(text, "warn")
    assert problems.texts() == ["first", "second", "third"]
    assert problems.isVisible() and seen(problems) == ["first", "1 of 3"]
    problems.dismiss()
    assert seen(problems) == ["second", "1 of 2"]
    problems.dismiss()
    assert seen(problems) == ["third"]
    problems.dismiss()
    assert not problems.isVisible()
    problems.show_problem("first")
    assert problems.texts() == ["first"], "it may come again later"


def test_a_mended_problem_is_withdrawn(problems: ProblemBar) -> None:
    problems.show_problem("first")
    problems.show_problem("second")
    problems.withdraw("second")
    assert seen(problems) == ["first"]
    problems.withdraw("first")
    problems.withdraw("never shown")
    assert not problems.isVisible()


def test_actions_are_called_and_take_the_problem_away(problems: ProblemBar, qtbot: QtBot) -> None:
    told: list[str] = []
    problems.show_problem("away", "warn", [("Try again", lambda: told.append("again")), ("Folders", lambda: told.append("folders"))])
    assert buttons(problems) == ["Try again", "Folders"]
    problems.show_problem("other")
    qtbot.mouseClick(next(b for b in problems.findChildren(QPushButton) if b.text() == "Folders"), Qt.MouseButton.LeftButton)
    assert told == ["folders"] and problems.texts() == ["other"]
    assert buttons(problems) == []


def test_an_action_may_show_the_same_problem_again(problems: ProblemBar, qtbot: QtBot) -> None:
    problems.show_problem("away", actions=[("Try again", lambda: problems.show_problem("away"))])
    qtbot.mouseClick(problems.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    assert problems.texts() == ["away"]


def test_escape_dismisses(problems: ProblemBar, qtbot: QtBot) -> None:
    dismissed: list[str] = []
    problems.dismissed.connect(dismissed.append)
    problems.show_problem("first")
    close = problems.findChild(QToolButton)
    assert isinstance(close, QToolButton)
    qtbot.keyClick(close, Qt.Key.Key_Escape)
    assert dismissed == ["first"] and problems.texts() == []


def test_texts_are_never_taken_for_html(problems: ProblemBar) -> None:
    problems.show_problem("<img src=x> is not a model")
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in problems.findChildren(QLabel) if label.text())


@pytest.fixture
def empty(qtbot: QtBot) -> EmptyState:
    made = EmptyState()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def test_each_state_offers_what_helps(empty: EmptyState) -> None:
    bar = empty.findChild(QProgressBar)
    assert isinstance(bar, QProgressBar)
    empty.show_loading()
    assert bar.isVisible() and buttons(empty) == []
    empty.show_empty_library()
    assert not bar.isVisible() and buttons(empty) == ["Add a folder…", "Open the demo library"]
    empty.show_nothing_found("ink <b>")
    assert buttons(empty) == ["Clear search"] and "ink <b>" in seen(empty)[1]
    empty.show_error("The index cannot be read.")
    assert buttons(empty) == ["Look at the folders", "Try again"] and seen(empty)[1] == "The index cannot be read."
    empty.show_nothing_here("No favourites yet", "Mark a model with the star.", "star")
    assert buttons(empty) == ["Show all models"] and seen(empty)[0] == "No favourites yet"
    empty.show_nothing_found("x")
    assert buttons(empty) == ["Clear search"]


def test_its_buttons_signal(empty: EmptyState, qtbot: QtBot) -> None:
    told: list[str] = []
    empty.clear_search_asked.connect(lambda: told.append("clear"))
    empty.folders_asked.connect(lambda: told.append("folders"))
    empty.demo_asked.connect(lambda: told.append("demo"))
    empty.retry_asked.connect(lambda: told.append("retry"))
    for show in (empty.show_empty_library, empty.show_error, empty.show_nothing_found):
        show(*[] if show == empty.show_empty_library else ["x"])
        for button in empty.findChildren(QPushButton):
            if button.isVisible():
                qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == ["folders", "demo", "folders", "retry", "clear"]


def test_a_long_sentence_is_shown_in_full(empty: EmptyState) -> None:
    empty.show_error("The index could not be read. It was set aside and is being made anew. " * 4)
    sentence = empty._sentence
    assert sentence.height() >= sentence.heightForWidth(sentence.width())
