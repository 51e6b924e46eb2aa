"""One window per data folder: a later start hands over, whatever state the first is in."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from model_manager.bridge import single as module
from model_manager.bridge.single import Single, first, socket_name
from model_manager.core.errors import FolderFault
from model_manager.core.online.outside import Errand

TOLD = Errand(("https://civitai.com/models/1",), ("/a/b.safetensors",), "ink")
ROOT = Path(__file__).resolve().parents[2]
LATER = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
app = QCoreApplication([])
from model_manager.bridge.single import first
from model_manager.core.errors import FolderFault
from model_manager.core.online.outside import errand
try:
    print("given" if first(Path(sys.argv[1]), errand(sys.argv[2:])) is None else "first", flush=True)
except FolderFault as fault:
    print("hangs", flush=True)
"""
HOLDER = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
app = QCoreApplication([])
from model_manager.bridge.single import first
from model_manager.core.online.outside import Errand
single = first(Path(sys.argv[1]), Errand())
single.listen()
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def one(tmp_path: Path, qtbot: QtBot) -> Iterator[Single]:
    single = first(tmp_path, Errand())
    assert single is not None
    single.listen()
    yield single
    single.close()


def start(code: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=60)
    assert err == ""
    return out.strip()


def test_a_later_start_hands_over(one: Single, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(one.came, timeout=30_000) as came:
        later = start(LATER, str(tmp_path), "https://civitai.com/models/1", "comfy-models:javascript:x")
    assert came.args == [Errand(("https://civitai.com/models/1",))]
    qtbot.waitUntil(lambda: later.poll() is not None, timeout=30_000)
    assert ended(later) == "given"


def test_another_folder_is_another_program(one: Single, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = first(tmp_path / "other", Errand())
    assert other is not None
    other.close()
    assert socket_name(tmp_path) != socket_name(tmp_path / "other")
    assert socket_name(tmp_path) == socket_name(tmp_path / "other" / "..")


def test_what_a_crash_left_is_in_nobodys_way(tmp_path: Path, qtbot: QtBot) -> None:
    holder = start(HOLDER, str(tmp_path))
    assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
    holder.kill()
    holder.communicate()
    if sys.platform != "win32":
        assert os.path.exists(socket_name(tmp_path))
    single = first(tmp_path, Errand())
    assert single is not None
    single.listen()
    with qtbot.waitSignal(single.came, timeout=30_000):
        later = start(LATER, str(tmp_path))
    qtbot.waitUntil(lambda: later.poll() is not None, timeout=30_000)
    assert ended(later) == "given"
    single.close()


def test_one_that_hangs_is_told_of(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_MS", 200)
    holder = start(HOLDER, str(tmp_path))  # it listens, but no loop runs that would answer
    assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
    with pytest.raises(FolderFault, match="does not answer"):
        first(tmp_path, TOLD)
    holder.communicate("\n")


def test_one_that_has_the_lock_and_never_listens_is_told_of(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.1)
    starting = Single(tmp_path)
    later = start(
        LATER.replace(
            "from model_manager.core.errors",
            "import model_manager.bridge.single as s; s.START_SECONDS = 0.1\nfrom model_manager.core.errors",
        ),
        str(tmp_path),
    )
    assert ended(later) == "hangs"
    starting.close()


def test_one_that_is_just_ending_is_waited_for(tmp_path: Path, qtbot: QtBot) -> None:
    holder = start(HOLDER.replace("single.listen()\n", ""), str(tmp_path))
    assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
    ending = threading.Timer(0.5, lambda: holder.communicate("\n"))
    ending.start()
    single = first(tmp_path, TOLD)
    ending.join()
    assert single is not None
    single.close()


def test_of_many_starts_at_once_one_is_first(tmp_path: Path) -> None:
    code = HOLDER.replace("single = first(Path(sys.argv[1]), Errand())\nsingle.listen()", "single = Single(Path(sys.argv[1]))")
    code = code.replace("import first", "import Single").replace('"ready"', "single.is_first")
    starts = [start(code, str(tmp_path)) for _ in range(4)]
    told = [process.stdout.readline().strip() for process in starts if process.stdout is not None]
    for process in starts:
        process.communicate("\n", timeout=60)
    assert sorted(told) == ["False", "False", "False", "True"]


def test_rubbish_is_answered_with_silence(one: Single, tmp_path: Path, qtbot: QtBot) -> None:
    from PySide6.QtNetwork import QLocalSocket

    for data in (b"rubbish\n", b"x" * (1 << 20) + b"yy"):
        socket = QLocalSocket()
        socket.connectToServer(socket_name(tmp_path))
        assert socket.waitForConnected(20_000)
        with qtbot.assertNotEmitted(one.came):
            socket.write(data)
            qtbot.waitUntil(lambda socket=socket: socket.state() == QLocalSocket.LocalSocketState.UnconnectedState)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Windows have no such mode")
def test_nobody_else_may_reach_it(one: Single, tmp_path: Path) -> None:
    assert os.stat(socket_name(tmp_path)).st_mode & 0o077 == 0
    assert len(socket_name(tmp_path)) < 104


def test_the_folder_is_kept_until_all_of_it_is_closed(one: Single, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.1)
    one.stop()
    with pytest.raises(FolderFault):
        first(tmp_path, TOLD)
    one.close()
    later = first(tmp_path, TOLD)
    assert later is not None
    later.close()
