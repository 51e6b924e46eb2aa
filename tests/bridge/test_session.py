"""A session on real folders: from start to rows, live changes, notes, damage, other folders, and the end."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot
from small_library import NAMES, lora_bytes, make_library

from model_manager.bridge import order_tasks, tasks
from model_manager.bridge.jobs import Runner
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import saved_sources
from model_manager.core.library.entry import ModelRecord
from model_manager.core.settings import Settings, load_settings
from model_manager.core.tidy import past
from model_manager.core.work import Work

SECONDS = 30_000
Open = Callable[..., Session]


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def opened(comfyui: Path, data: Path, qtbot: QtBot) -> Iterator[Open]:
    """Open sessions as app does; all are closed in the end."""
    made: list[Session] = []

    def open_one(*folders: Path, settings: Settings | None = None, waits: bool = True) -> Session:
        sources = tasks.Sources(tuple(map(str, folders or (comfyui,))))
        session = Session(data, settings or Settings(), Runner(), sources)
        made.append(session)
        session.problems = seen = list[str]()  # type: ignore[attr-defined]
        session.problem_raised.connect(lambda text, tone: seen.append(text))
        session.open()
        session.start()
        if waits:
            qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
        return session

    yield open_one
    for session in made:
        session.close()


def names(session: Session) -> list[str]:
    """The names of the models shown, in order."""
    model = session.model
    return [model.card(row).name for row in range(model.rowCount())]


def id_of(session: Session, name: str) -> int:
    return session.model.id_at(names(session).index(name))


def ask(qtbot: QtBot, signal: Any, act: Callable[[], object]) -> list[Any]:
    with qtbot.waitSignal(signal, timeout=SECONDS) as blocker:
        act()
    return list(blocker.args)


def record_of(session: Session, qtbot: QtBot, name: str) -> ModelRecord:
    found: ModelRecord = ask(qtbot, session.details.record_ready, lambda: session.details.show_record(id_of(session, name)))[0]
    return found


def closed(session: Session) -> None:
    session.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("watch")]


def test_from_nothing_to_rows(opened: Open) -> None:
    session = opened()
    assert [name.lower() for name in names(session)] == sorted(NAMES)
    assert session.is_loaded and session.is_scanned and not session.is_scanning
    card = session.model.card(names(session).index("Juggernaut"))
    assert card.kind_label == "Checkpoint" and card.is_favourite and card.picture is not None
    assert session.model.card(names(session).index("broken")).badge == "Not a model"
    assert session.problems == []


def test_the_second_start_shows_the_index_and_reads_no_file(opened: Open, qtbot: QtBot) -> None:
    closed(opened())
    session = opened(waits=False)
    assert [name.lower() for name in names(session)] == sorted(NAMES), "before anything ran"
    assert not session.is_loaded
    result = ask(qtbot, session.scanned, lambda: None)[0]
    assert (result.added, result.changed, result.removed, result.opened) == (0, 0, 0, 0)


def test_a_search_before_the_start_holds(opened: Open, comfyui: Path, data: Path, qtbot: QtBot) -> None:
    closed(opened())
    session = Session(data, Settings(), Runner(), tasks.Sources((str(comfyui),)))
    session.set_search("ink", "type:loras")
    session.open()
    assert names(session) == ["ink"]
    session.start()
    qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
    assert names(session) == ["ink"] and session.search_text == "type:loras ink"
    session.close()


def test_search_and_place_together(opened: Open) -> None:
    session = opened()
    judged = list[str]()
    session.query_judged.connect(judged.append)
    session.set_search("", "type:loras")
    assert names(session) == ["broken", "brush", "ink"]
    session.set_search("inkwash")
    assert names(session) == ["ink"], "trigger words are searched within the place"
    session.set_search("has:wings")
    assert names(session) == ["ink"] and "preview" in judged[-1], "what makes no sense changes nothing and says why"
    session.set_search("", "")
    assert len(names(session)) == 5 and judged[-1] == ""


def test_order_and_groups_are_remembered(opened: Open, data: Path) -> None:
    session = opened()
    session.set_order("size", True)
    session.set_group("type")
    sizes = [session.model.shelf.size[session.model.arrangement.slot_at(row)] for row in range(5)]
    assert [section.title for section in session.model.sections()] == ["Checkpoints", "LoRAs", "VAEs"]
    assert sizes[1:4] == sorted(sizes[1:4], reverse=True)
    closed(session)
    settings, _ = load_settings(data)
    assert (settings.sort, settings.is_descending, settings.group) == ("size", True, "type")
    again = opened(settings=settings)
    assert [section.size for section in again.model.sections()] == [1, 3, 1]


def test_counts_for_the_sidebar(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    with qtbot.waitSignal(session.counted, timeout=SECONDS) as blocker:
        session.scan()
    counts: tasks.Counts = blocker.args[0]
    assert counts.total == 5 and counts.problems == 1
    assert {kind: count for kind, count in counts.kinds.items() if count} == {"checkpoints": 1, "loras": 3, "vae": 1}
    assert dict(counts.tags)["photo"] == 1 and counts.states["favourite"] == 1
    assert [folder.models for folder in counts.folders if folder.depth == 0] == [5]


def watched(session: Session, qtbot: QtBot) -> None:
    """Wait until the folders are watched, so that what comes next is seen by that and not by a scan."""
    said = list[str]()
    session.watch_changed.connect(lambda text, tooltip, tone: said.append(text))
    if not session._watch._watcher.watched:
        qtbot.waitUntil(lambda: bool(said), timeout=SECONDS)
    qtbot.waitUntil(lambda: session.runner.is_idle and session.is_settled, timeout=SECONDS)


def test_changes_on_disk_show_by_themselves(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    session = opened()
    watched(session, qtbot)
    loras = comfyui / "models/loras"
    (loras / "new.safetensors").write_bytes(lora_bytes("new one"))
    qtbot.waitUntil(lambda: "new" in names(session), timeout=SECONDS)
    ink = id_of(session, "ink")
    (loras / "ink.safetensors").rename(loras / "style/ink2.safetensors")
    qtbot.waitUntil(lambda: "ink2" in names(session) and "ink" not in names(session), timeout=SECONDS)
    assert id_of(session, "ink2") == ink, "a file that was moved is the same model"
    (loras / "new.preview.png").write_bytes((comfyui / "models/checkpoints/xl/juggernaut.png").read_bytes())
    qtbot.waitUntil(lambda: session.model.card(names(session).index("new")).picture is not None, timeout=SECONDS)
    (loras / "new.safetensors").unlink()
    qtbot.waitUntil(lambda: "new" not in names(session), timeout=SECONDS)
    assert session.problems == []


def test_notes_are_written_beside_the_model_and_shown(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    session = opened()
    before = record_of(session, qtbot, "Juggernaut")
    assert before.details.notes.strip() == "My **notes** on it."
    saved = ask(qtbot, session.details.notes_saved, lambda: session.details.save_notes(before.id, "Better now.", before.details.notes))
    assert saved == [before.id, "Better now."]
    text = (comfyui / "models/checkpoints/xl/juggernaut.md").read_text("utf-8")
    assert text.startswith("---\ntags: [photo, best]\n") and text.endswith("Better now.")
    qtbot.waitUntil(lambda: session.is_settled and session.runner.is_idle, timeout=SECONDS)
    assert record_of(session, qtbot, "Juggernaut").details.notes == "Better now."
    session.set_search('"better now"')
    assert names(session) == ["Juggernaut"], "notes can be searched at once"
    change = order_tasks.newest(session.folder)
    assert change is not None and (change.title, change.kind) == ("Notes of Juggernaut", "edit")
    past.take_back(session.folder, change.id, Work())
    assert (comfyui / "models/checkpoints/xl/juggernaut.md").read_text("utf-8").endswith("My **notes** on it.\n")


def test_notes_changed_meanwhile_are_not_overwritten(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    session = opened()
    path = comfyui / "models/loras/style/brush.md"
    path.write_text("Somebody else's.", "utf-8")
    id_ = id_of(session, "brush")
    failed = ask(qtbot, session.details.notes_failed, lambda: session.details.save_notes(id_, "Mine.", ""))
    assert failed[0] == id_ and "brush.md" in failed[1]
    assert path.read_text("utf-8") == "Somebody else's."
    assert ask(qtbot, session.details.notes_failed, lambda: session.details.save_notes(4_711, "Mine.", ""))[0] == 4_711


def test_record_header_and_picture(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    record = record_of(session, qtbot, "Juggernaut")
    assert record.kind == "checkpoints" and record.places[0].name.replace("\\", "/") == "xl/juggernaut.safetensors"
    id_, tree = ask(qtbot, session.details.tree_ready, lambda: session.details.fetch_tree(record.id, record.path))
    assert id_ == record.id and "Juggernaut" in str(tree)
    preview, image = ask(qtbot, session.details.picture_ready, lambda: session.details.fetch_picture(record.previews[0], 40, 50))
    assert preview == record.previews[0] and isinstance(image, QImage) and image.width() >= 40 and image.height() >= 50
    Path(preview.path).write_bytes(b"no picture")
    assert ask(qtbot, session.details.picture_ready, lambda: session.details.fetch_picture(preview, 40, 50)) == [preview, None]
    gone = record.path + ".gone"
    assert ask(qtbot, session.details.tree_failed, lambda: session.details.fetch_tree(record.id, gone))[0] == record.id


def test_only_the_last_record_asked_for_is_delivered(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    seen = list[int]()
    session.details.record_ready.connect(lambda record: seen.append(record.id))
    for row in range(5):
        session.details.show_record(session.model.id_at(row))
    qtbot.waitUntil(lambda: session.runner.is_idle, timeout=SECONDS)
    assert seen == [session.model.id_at(4)]


@pytest.mark.parametrize("damage", ["header", "pages"])
def test_a_damaged_index_is_set_aside_and_made_anew(opened: Open, data: Path, qtbot: QtBot, damage: str) -> None:
    closed(opened())
    path = data / "index.sqlite"
    with sqlite3.connect(path) as index:
        index.execute("PRAGMA journal_mode=DELETE")
    index.close()
    content = bytearray(path.read_bytes())
    content[slice(0, 100) if damage == "header" else slice(4096, None)] = b"\xa5" * (100 if damage == "header" else len(content) - 4096)
    path.write_bytes(content)
    session = opened(waits=False)
    qtbot.waitUntil(lambda: session.is_settled and len(names(session)) == 5, timeout=SECONDS)
    assert any("damaged" in text for text in session.problems)
    assert [file for file in data.iterdir() if "damaged" in file.name], "nothing is thrown away"
    closed(session)
    assert len(names(opened())) == 5


def test_other_folders(opened: Open, comfyui: Path, tmp_path: Path, data: Path, qtbot: QtBot) -> None:
    session = opened()
    other = tmp_path / "more/models/vae"
    other.mkdir(parents=True)
    (other / "second.safetensors").write_bytes((comfyui / "models/vae/ae.safetensors").read_bytes())
    session.set_sources(tasks.Sources((str(tmp_path / "more/models"),)))
    qtbot.waitUntil(lambda: session.is_settled and names(session) == ["second"], timeout=SECONDS)
    assert load_settings(data)[0].comfyui_dirs == [str(tmp_path / "more/models")]
    session.set_sources(tasks.Sources((str(tmp_path / "more/models"), str(comfyui))))
    qtbot.waitUntil(lambda: session.is_settled and len(names(session)) == 6, timeout=SECONDS)
    session.set_sources(tasks.Sources())
    qtbot.waitUntil(lambda: session.is_settled and names(session) == [], timeout=SECONDS)


def test_folders_changed_in_the_middle_of_a_scan_leave_no_ghosts(opened: Open, comfyui: Path, tmp_path: Path, qtbot: QtBot) -> None:
    many = tmp_path / "many/models/loras"
    many.mkdir(parents=True)
    for number in range(600):
        (many / f"m{number}.safetensors").write_bytes(lora_bytes(str(number)))
    session = opened(tmp_path / "many/models", waits=False)
    qtbot.waitUntil(lambda: len(names(session)) > 0, timeout=SECONDS)
    session.set_sources(tasks.Sources((str(comfyui),)))
    qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
    assert [name.lower() for name in names(session)] == sorted(NAMES)


def test_after_a_scan_was_stopped_the_screen_is_what_the_index_has(opened: Open, tmp_path: Path, qtbot: QtBot) -> None:
    many = tmp_path / "many/models/loras"
    many.mkdir(parents=True)
    for number in range(600):
        (many / f"m{number}.safetensors").write_bytes(lora_bytes(str(number)))
    session = opened(tmp_path / "many/models", waits=False)
    qtbot.waitUntil(lambda: len(names(session)) > 0, timeout=SECONDS)
    session.cancel_scan()
    qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
    for row in range(0, session.model.rowCount(), 50):
        assert ask(qtbot, session.details.record_ready, lambda row=row: session.details.show_record(session.model.id_at(row)))
    session.scan()
    qtbot.waitUntil(lambda: session.is_settled and len(names(session)) == 600, timeout=SECONDS)
    assert len(set(names(session))) == 600
    closed(session)
    assert len(names(opened(tmp_path / "many/models"))) == 600


def test_what_is_wrong_with_a_file_of_paths_is_told_once(opened: Open, tmp_path: Path, comfyui: Path, qtbot: QtBot) -> None:
    yaml = comfyui / "extra_model_paths.yaml"
    yaml.write_text("a1111:\n  base_path: [not, a, path\n", "utf-8")
    session = opened(waits=False)
    told, ended = list[str](), list[str]()
    session.folders_faulted.connect(told.append)
    session.problem_ended.connect(ended.append)
    qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
    assert len(told) == 1
    session.scan()
    qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
    assert len(told) == 1 and ended == []
    yaml.unlink()
    session.scan()
    qtbot.waitUntil(lambda: session.is_settled and bool(ended), timeout=SECONDS)
    assert ended == told and len(names(session)) == 5


def test_the_demo_is_not_remembered(opened: Open, data: Path, comfyui: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = make_library(data / "demo")
    monkeypatch.setattr(tasks, "demo", lambda folder: str(demo))
    settings = Settings(comfyui_dirs=[str(comfyui)])
    session = opened(settings=settings)
    assert session.has_saved_sources
    session.open_demo()
    qtbot.waitUntil(lambda: session.sources.installs == (str(demo),) and session.is_settled, timeout=SECONDS)
    assert len(names(session)) == 5 and not session.has_saved_sources
    assert settings.comfyui_dirs == [str(comfyui)]
    session.set_sources(tasks.Sources((str(demo), str(comfyui))))
    qtbot.waitUntil(lambda: session.is_settled and len(names(session)) == 10, timeout=SECONDS)
    assert load_settings(data)[0].comfyui_dirs == [str(comfyui)], "the demo never gets among the person's folders"


def test_without_folders_there_is_nothing_to_wait_for(data: Path, qtbot: QtBot) -> None:
    session = Session(data, Settings(), Runner(), saved_sources(Settings()))
    session.open()
    session.start()
    qtbot.waitUntil(lambda: session.is_settled, timeout=SECONDS)
    assert names(session) == [] and not session.has_saved_sources
    session.close()


def test_folders_and_installs_answer(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    session = opened()
    look = ask(qtbot, session.folders.looked_at, lambda: session.folders.look_at(str(comfyui)))[0]
    assert look.install is not None and look.install.path == str(comfyui)
    assert isinstance(ask(qtbot, session.folders.installs_found, session.folders.find_installs)[0], list)
    cache = session.cache_folder / "ab"
    cache.mkdir(parents=True)
    (cache / "x.jpg").write_bytes(bytes(1000))
    assert ask(qtbot, session.folders.cache_measured, session.folders.measure_cache) == [1000]
    assert ask(qtbot, session.folders.cache_measured, session.folders.clear_cache) == [0]
    assert not cache.exists()


def test_settings_that_cannot_be_kept_are_told(opened: Open, data: Path, comfyui: Path) -> None:
    session = opened()
    (data / "settings.json").mkdir()
    session.set_sources(tasks.Sources((str(comfyui),)))
    assert len(session.problems) == 1
    closed(session)
