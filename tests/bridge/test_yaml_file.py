"""A file of folders that is edited: what is made of one file is never taken for another, and what nobody wants is not told."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from model_manager.bridge import place_tasks
from model_manager.bridge.jobs import Runner
from model_manager.bridge.place_tasks import Edit, Read, Shape
from model_manager.bridge.yaml_file import YamlFile


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Two files."""
    paths = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for path in paths:
        path.write_text(f"{path.stem}:\n    loras: /{path.stem}\n")
    return str(paths[0]), str(paths[1])


def test_a_change_of_one_file_never_comes_to_another(qtbot: QtBot, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    runner, change = Runner(), place_tasks.edit_yaml

    def slow(shape: Shape, edit: Edit, models: Mapping[tuple[str, str], int]) -> Read:
        time.sleep(0.3)
        return change(shape, edit, models)

    monkeypatch.setattr(place_tasks, "edit_yaml", slow)
    file = YamlFile(runner, {}, runner)
    file.open(files[0])
    qtbot.waitUntil(lambda: file.read is not None)
    file.rename_section("one", "changed")
    file.open(files[1])
    qtbot.waitUntil(lambda: runner.is_idle)
    assert file.read is not None and file.read.shape.text == "two:\n    loras: /two\n" and not file.is_changed
    assert runner.close()


def test_what_is_dropped_is_not_told(qtbot: QtBot, files: tuple[str, str]) -> None:
    runner, told = Runner(), list[bool]()
    file = YamlFile(runner, {}, runner)
    file.changed.connect(lambda: told.append(True))
    file.open(files[0])
    file.drop()
    qtbot.waitUntil(lambda: runner.is_idle)
    assert not told and file.read is None
    assert runner.close()
