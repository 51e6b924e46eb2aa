"""The command `tasks`: what it lists, what it changes, how it waits, on which stream and with which exit code."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_manager import cli, commands_tasks
from model_manager.core.errors import FileFault, NoRoom
from model_manager.core.tasks import faults
from model_manager.core.tasks.states import CANCELLED, DONE, PAUSED, QUEUED, Task
from model_manager.core.tasks.store import FILE_NAME, Store

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests/core"))
from task_case import PIECE, Kinds, until  # noqa: E402

FIELDS = set("id kind state title where done total unit speed note reason code fix page tries path created changed".split())


@pytest.fixture
def kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kinds]:
    (tmp_path / "made").mkdir()
    found = Kinds(tmp_path / "made")
    monkeypatch.setattr(commands_tasks, "all_kinds", lambda tools: found.all())
    monkeypatch.setattr(faults, "FIRST_DELAY", 0.02)
    monkeypatch.setattr(faults, "ROOM_DELAY", 0.02)
    yield found
    found.release.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "data").mkdir()
    found = Store(tmp_path / "data" / FILE_NAME)
    yield found
    found.close()


@pytest.fixture
def call(tmp_path: Path, kinds: Kinds, store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `tasks` with these words; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("MODEL_MANAGER_DATA", "")

    def run(words: str) -> tuple[int, str, str]:
        try:
            code = cli.main(["--data-dir", str(tmp_path / "data"), "tasks", *words.split()])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def add(store: Store, *keys: str, kind: str = "write") -> list[Task]:
    return [store.add(kind, key, f"{key}.bin", {}, where="Civitai → loras")[0] for key in keys]


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def states(store: Store) -> list[str]:
    return [task.state for task in store.all()]


def test_list(call: Any, store: Store) -> None:
    assert call("") == (0, "", "") and call("--json") == (0, "", "")
    add(store, "a", "b")
    code, out, err = call("--json")
    assert (code, err) == (0, "") and [row["title"] for row in rows(out)] == ["a.bin", "b.bin"]
    assert all(row.keys() == FIELDS for row in rows(out)) and {row["state"] for row in rows(out)} == {QUEUED}
    code, out, err = call("")
    assert (code, err) == (0, "") and out.splitlines()[0].startswith("1\twrite\tqueued\ta.bin → Civitai → loras")
    assert states(store) == [QUEUED, QUEUED]  # to look is not to work


def test_commands_for_one_and_for_all(call: Any, store: Store, kinds: Kinds) -> None:
    add(store, "a", "b", "c")
    code, out, err = call("pause 1 3 --json")
    assert (code, err) == (0, "") and [(row["id"], row["state"]) for row in rows(out)] == [(1, PAUSED), (3, PAUSED)]
    assert call("pause --json all")[0] == 0 and states(store) == [PAUSED] * 3
    assert call("resume all")[0] == 0 and states(store) == [QUEUED] * 3
    assert call("resume 2") == (0, "", "")  # it goes on already
    code, out, err = call("cancel 2")
    assert (code, err) == (0, "") and states(store) == [QUEUED, CANCELLED, QUEUED] and kinds.cleaned == [2]
    code, out, err = call("clear all --json")
    assert (code, err) == (0, "") and [row["id"] for row in rows(out)] == [2] and len(store.all()) == 2
    assert kinds.begun == []


def test_what_cannot_be_done_is_said(call: Any, store: Store) -> None:
    add(store, "a")
    code, out, err = call("pause 1 7 seven")
    assert code == 2 and "no task 7" in err and "no task seven" in err and states(store) == [PAUSED]
    code, out, err = call("pause")
    assert code == 2 and out == "" and "all" in err
    code, out, err = call("retry 1")
    assert code == 1 and "paused" in err and states(store) == [PAUSED]
    assert call("clear 1")[0] == 1
    code, out, err = call("fly 1")
    assert code == 2 and "usage" in err
    code, out, err = call("resume 7 --wait")
    assert code == 2 and states(store) == [PAUSED]


def test_resume_all_works_in_the_foreground(call: Any, store: Store, kinds: Kinds) -> None:
    assert call("resume all --wait") == (0, "", "")
    add(store, "a", "b", "c")
    call("pause 3")
    code, out, err = call("resume all --wait --json")
    assert code == 0 and [(row["state"], row["note"]) for row in rows(out)] == [(DONE, "written")] * 3
    assert all((kinds.folder / f"{name}.bin").read_bytes() == PIECE * 4 for name in "abc")
    assert "a.bin: Queued" in err and "b.bin: Done" in err
    assert call("resume all --wait") == (0, "", "")  # nothing is left to do


def test_the_foreground_works_on_nothing_else(call: Any, store: Store) -> None:
    add(store, "a", "b")
    code, out, _ = call("--wait resume 2")
    assert code == 0 and states(store) == [QUEUED, DONE] and out.startswith("2\twrite\tdone")
    assert call("--wait")[0] == 0 and states(store) == [DONE, DONE]


def test_a_failure_ends_with_one_and_retry_mends_it(call: Any, store: Store, kinds: Kinds) -> None:
    add(store, "a", "b")
    kinds.faults.waiting["a"] = [FileFault("The drive is away.")]
    code, out, err = call("resume all --wait --json")
    assert code == 1 and [row["state"] for row in rows(out)] == ["failed", DONE] and "The drive is away." in err
    row = rows(out)[0]
    assert (row["code"], row["fix"], row["reason"]) == ("file_fault", "retry", "The drive is away.")
    assert call("resume 1")[0] == 1
    assert call("retry all --wait")[0] == 0 and states(store) == [DONE, DONE]


def test_what_stands_still_for_want_of_room_is_given_up_and_kept(
    call: Any, store: Store, kinds: Kinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_tasks, "ROOM_SECONDS", 0.3)
    add(store, "a")
    kinds.faults.waiting["a"] = [NoRoom("Full.") for _ in range(1000)]
    code, _, err = call("resume all --wait")
    assert code == 2 and "not enough room" in err and states(store)[0] in ("waiting", QUEUED)
    kinds.faults.waiting.clear()
    assert call("resume all --wait")[0] == 0


def test_a_task_that_somebody_pauses_is_not_waited_for(call: Any, store: Store, kinds: Kinds, tmp_path: Path) -> None:
    add(store, "a", kind="hold")
    script = f"""
import sys, time
from contextlib import closing
from pathlib import Path
from model_manager.cli import main
from model_manager.core.tasks.store import FILE_NAME, Store
data = {str(tmp_path / "data")!r}
with closing(Store(Path(data) / FILE_NAME)) as store:
    while store.all()[0].state != "running":
        time.sleep(0.05)
sys.exit(main(["--data-dir", data, "tasks", "pause", "1"]))
"""
    other = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    code, out, _ = call("resume all --wait --json")
    other.communicate(timeout=60)
    assert code == 1 and rows(out)[0]["state"] == PAUSED


def test_a_list_that_cannot_be_used_ends_with_two(call: Any, store: Store, tmp_path: Path) -> None:
    store.close()
    path = tmp_path / "data" / FILE_NAME
    path.unlink()
    path.mkdir()
    code, out, err = call("")
    assert (code, out) == (2, "") and len(err.splitlines()) == 1


def test_a_damaged_list_is_told_and_begun_anew(call: Any, store: Store, tmp_path: Path) -> None:
    store.close()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"no database" * 1000)
    code, out, err = call("--json")
    assert (code, out) == (0, "") and "damaged" in err
    assert call("--json") == (0, "", "")


class Terminal(io.StringIO):
    """A stderr that is looked at by somebody."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = commands_tasks.Progress()
    task = Task(1, "write", "a", "a.bin", state="running", total=10_000_000)
    for done in (0, 5_000_000, 9_000_000):
        progress.show([replace(task, done=done, speed=1e6), Task(2, "write", "b", "b.bin", state=QUEUED)])
    progress.show([replace(task, done=10_000_000, state=DONE), Task(2, "write", "b", "b.bin", state=QUEUED)])
    progress.end()
    lines = [line.rsplit("\r", 1)[-1] for line in terminal.getvalue().split("\n")][:3]
    assert lines == ["a.bin: Running · 0 of 10 MB · 1.0 MB/s · 10 s left", "b.bin: Queued", "a.bin: Done · 10 MB"]
    assert "\ra.bin  5 of 10 MB · 1.0 MB/s · 5 s left" in terminal.getvalue() and terminal.getvalue().count("\n") == 3


WORKER = """
import sys
from pathlib import Path
sys.path.append(sys.argv.pop(1))
from task_case import Kinds
from model_manager import cli, commands_tasks
kinds = Kinds(Path(sys.argv.pop(1)))
commands_tasks.all_kinds = lambda tools: kinds.all()
sys.exit(cli.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_puts_the_tasks_back(store: Store, kinds: Kinds, tmp_path: Path) -> None:
    (task,) = add(store, "a", kind="hold")
    places = [str(ROOT / "tests/core"), str(kinds.folder), "--data-dir", str(tmp_path / "data")]
    command = [sys.executable, "-c", WORKER, *places, "tasks", "resume", "all", "--wait"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    until(lambda: states(store) == ["running"])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, ""), err
    assert [(found.id, found.state, found.owner) for found in store.all()] == [(task.id, QUEUED, "")], err


def test_words_may_stand_between_options() -> None:
    parsed = cli._parsed("tasks resume --wait 1 --json 2".split(), cli._parser())
    assert (parsed.action, parsed.ids, parsed.wait, parsed.json) == ("resume", ["1", "2"], True, True)
    parsed = cli._parsed("download a --to loras/x b --name n --wait".split(), cli._parser())
    assert (parsed.links, parsed.to, parsed.name, parsed.wait) == (["a", "b"], "loras/x", "n", True)
    parsed = cli._parsed("fetch --details type:lora x --force y".split(), cli._parser())
    assert (parsed.query, parsed.details, parsed.previews, parsed.force) == (["type:lora", "x", "y"], True, False, True)
    with pytest.raises(SystemExit):
        cli._parsed("tasks resume all --fly".split(), cli._parser())
