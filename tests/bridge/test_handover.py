"""What is handed to other programs: which files, in which form, and what becomes of temporary ones."""

import json
import os
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from small_library import make_library

from model_manager.bridge import handover
from model_manager.bridge.handover import Files, Handover, Nodes, Wanted, find_files
from model_manager.bridge.jobs import Runner
from model_manager.bridge.library_model import LibraryModel
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources
from model_manager.core.settings import Settings

SECONDS = 30_000
DROP_EFFECT = 'application/x-qt-windows-mime;value="Preferred DropEffect"'


def urls(mime: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in mime.urls()]


def wanted(path: Path, is_away: bool = False) -> Wanted:
    return Wanted(1, path.stem, str(path), is_away)


# files


def test_a_drag_of_files_is_urls_and_nothing_else() -> None:
    path = "/m/a [b] (c) é #1 50% ?x.safetensors"
    mime = handover.files_mime([path])
    assert mime.formats() == ["text/uri-list"] and urls(mime) == [path]


def test_copied_files_say_copy_to_each_system() -> None:
    paths = ["/m/a b.safetensors", "/m/é.safetensors"]
    windows = handover.copied_files_mime(paths, "win32")
    assert bytes(windows.data(DROP_EFFECT).data()) == b"\x01\0\0\0" and urls(windows) == paths
    linux = handover.copied_files_mime(paths, "linux")
    assert bytes(linux.data("x-special/gnome-copied-files").data()) == b"copy\nfile:///m/a%20b.safetensors\nfile:///m/%C3%A9.safetensors"
    assert handover.copied_files_mime(paths, "darwin").formats() == ["text/uri-list"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such names")
def test_a_name_that_is_no_text_keeps_its_bytes() -> None:
    assert bytes(handover.file_url(os.fsdecode(b"/m/\xff#.pt")).toEncoded().data()) == b"file:///m/%FF%23.pt"


def test_what_is_missing_or_away_is_left_out_with_the_reason(tmp_path: Path) -> None:
    here = tmp_path / "here.safetensors"
    here.write_bytes(b"x")
    gone, away = tmp_path / "gone.safetensors", tmp_path / "no folder" / "far.safetensors"
    found = find_files(None, [wanted(gone), wanted(here), wanted(away)], False)
    assert found.paths == (str(here),) and found.models == 1
    assert found.notes == (
        "far is left out: its folder is away.",
        "gone is left out: the file is no longer there. F5 looks again.",
    )
    many = find_files(None, [wanted(gone)] * 3, False)
    assert many.paths == () and many.notes[0].startswith("3 models are left out")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_followed_unless_its_aim_has_another_name(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    for name in ("a.pt", "blob"):
        (store / name).write_bytes(b"x")
    (tmp_path / "a.pt").symlink_to(store / "a.pt")
    (tmp_path / "b.pt").symlink_to(store / "blob")
    found = find_files(None, [wanted(tmp_path / "a.pt"), wanted(tmp_path / "b.pt")], False)
    assert found.paths == (str((store / "a.pt").resolve()), str(tmp_path / "b.pt"))


# nodes


def test_copied_nodes_carry_no_url() -> None:
    mime = handover.copied_nodes_mime(Nodes(1, "<meta>", "a.safetensors"))
    assert mime.html() == "<meta>" and mime.text() == "a.safetensors" and not mime.hasUrls()
    assert handover.copied_nodes_mime(Nodes(text="embedding:a")).formats() == ["text/plain"]


def test_temporary_files_have_the_models_name_and_go_after_a_minute(tmp_path: Path) -> None:
    folder = tmp_path / "handed over"
    first = handover.write_template(folder, 'Ink: "wash" / v3', "{}")
    second = handover.write_template(folder, "..", "{}")
    assert first.name == "Ink   wash    v3.json" and second.name == "nodes.json" and first.read_text() == "{}"
    (folder / "not ours.txt").write_text("x")
    written = first.parent.stat().st_mtime
    handover.remove_old(folder, written + 30)
    assert first.exists()
    handover.remove_old(folder, written + 90)
    assert not first.parent.exists() and [path.name for path in folder.iterdir()] == ["not ours.txt"]
    handover.remove_old(tmp_path / "nowhere")


# the object


@pytest.fixture
def session(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[Session]:
    comfyui = make_library(tmp_path)
    (comfyui / "models/embeddings").mkdir()
    (comfyui / "models/embeddings/bad.pt").write_bytes((comfyui / "models/vae/ae.safetensors").read_bytes())
    (comfyui / "models/vae_approx").mkdir()
    (comfyui / "models/vae_approx/tae.pth").write_bytes((comfyui / "models/vae/ae.safetensors").read_bytes())
    runner = Runner()
    made = Session(tmp_path / "data", Settings(), runner, Sources((str(comfyui),)))
    made.open()
    made.start()
    qtbot.waitUntil(lambda: made.is_settled and runner.is_idle, timeout=SECONDS)
    yield made
    made.close(is_remembered=False)
    shiboken6.delete(made)


def ids(session: Session, *names: str) -> list[int]:
    shelf = session.model.shelf
    found = {shelf.file[slot].rpartition(".")[0]: shelf.ids[slot] for slot in shelf.slots()}
    return [found[name] for name in names]


def fetched(qtbot: QtBot, fetch: Callable[..., None], *args: Any) -> Any:
    answers = list[Any]()
    fetch(*args, answers.append)
    qtbot.waitUntil(lambda: bool(answers), timeout=SECONDS)
    return answers[0]


def test_files_with_and_without_sidecars(session: Session, qtbot: QtBot) -> None:
    chosen = ids(session, "juggernaut", "ae")
    plain: Files = fetched(qtbot, session.handover.fetch_files, chosen, False)
    assert [Path(path).name for path in plain.paths] == ["juggernaut.safetensors", "ae.safetensors"]
    more: Files = fetched(qtbot, session.handover.fetch_files, chosen, True)
    names = [Path(path).name for path in more.paths]
    assert names[0] == "juggernaut.safetensors" and names[-1] == "ae.safetensors" and more.models == 2
    assert sorted(names[1:-1]) == ["juggernaut.info", "juggernaut.md", "juggernaut.png"]


def test_too_many_are_refused_in_words(session: Session) -> None:
    answers = list[Any]()
    session.handover.fetch_files(range(handover.MOST_FILES + 1), False, answers.append)
    session.handover.fetch_nodes(range(handover.MOST_NODES + 1), True, answers.append)
    assert answers[0].notes == ("These are too many at once. Take 5,000 models at most.",) and not answers[0].paths
    assert answers[1].notes and not answers[1].url


def nodes_in(html: str) -> list[tuple[str, str]]:
    data = json.loads(b64decode(html.partition('data-metadata="')[2].partition('"')[0]))
    return [(node["type"], node["widgets_values"][0]) for node in data["nodes"]]


def test_a_checkpoint_and_a_lora_become_a_chain(session: Session, qtbot: QtBot) -> None:
    made: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "ink", "juggernaut"), False)
    expected = {("CheckpointLoaderSimple", os.path.join("xl", "juggernaut.safetensors")), ("LoraLoader", "ink.safetensors")}
    assert set(nodes_in(made.html)) == expected and made.count == 2 and made.url == "" and made.notes == ()
    assert made.text.split("\n") == ["ink.safetensors", os.path.join("xl", "juggernaut.safetensors")]


def test_a_dragged_node_is_a_file_with_the_models_name(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "_SEALED_BROWSERS", ())
    made: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "juggernaut"), True)
    path = Path(QUrl(made.url).toLocalFile())
    assert path.name == "Juggernaut.json" and session.folder in path.parents
    data = json.loads(json.loads(path.read_text())["templates"][0]["data"])
    assert data["nodes"][0]["widgets_values"][0] == os.path.join("xl", "juggernaut.safetensors")
    assert handover.dragged_nodes_mime(made).formats() == ["text/uri-list"]
    session.close(is_remembered=False)
    assert path.exists(), "a browser may be reading it"


def test_browsers_that_see_no_hidden_folder_get_all_of_it(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(handover, "_SEALED_BROWSERS", (str(tmp_path),))
    made: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "juggernaut"), True)
    assert made.url.startswith("data:application/json;base64," if sys.platform == "linux" else "file:")


def test_without_a_place_to_write_the_url_holds_all(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "_SEALED_BROWSERS", ())
    (session.folder / "handed over").write_text("in the way")
    made: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "juggernaut"), True)
    assert made.url.startswith("data:application/json;base64,")


def test_embeddings_are_words_and_others_say_why_not(session: Session, qtbot: QtBot) -> None:
    words: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "bad"), False)
    assert words.text == "embedding:bad.pt" and words.html == "" and words.notes == ()
    dragged: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "bad"), True)
    assert dragged.url == "" and dragged.text == ""
    none: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "tae"), False)
    assert none.text == "" and "no loader node for Preview VAEs" in none.notes[0]
    mixed: Nodes = fetched(qtbot, session.handover.fetch_nodes, ids(session, "bad", "tae", "ae"), False)
    assert mixed.count == 1 and len(mixed.notes) == 2
    assert session.handover.has_node(ids(session, "ae")[0]) and not session.handover.has_node(ids(session, "bad")[0])


def test_a_broken_index_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    runner, model = Runner(), LibraryModel()
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"not a database " * 400)
    asked = Handover(runner, model, lambda: path, tmp_path / "x", runner)
    made: Nodes = fetched(qtbot, asked.fetch_nodes, [1], False)
    assert made.notes and not made.text
    assert runner.close()
    shiboken6.delete(runner)
