"""Copying and moving what was planned: whole families, verified, nothing replaced, and nothing left by what fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from intake_case import Case, lora

from model_manager.core.files import carry as carrying
from model_manager.core.files import copying
from model_manager.core.files.copying import copy_verified, partial_name
from model_manager.core.files.leftovers import Ledger, tidy
from model_manager.core.library.kinds import is_partial
from model_manager.core.work import Work

BIG = 9 << 20


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def big(mark: bytes) -> bytes:
    """Something of two steps and a bit, after a header that says so."""
    head = b'{"lora_unet_x.lora_down.weight":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (BIG, BIG)
    return len(head).to_bytes(8, "little") + head + mark * BIG


def test_families_arrive_whole_and_sources_stay(case: Case) -> None:
    model = case.put("pack/a.safetensors", lora())
    case.put("pack/a.png", b"picture")
    os.utime(model, ns=(10**18, 10**18 + 123_456_700))
    report = case.carry(case.plan(case.drop / "pack"))
    assert case.there() == {"loras/pack/a.safetensors": lora(), "loras/pack/a.png": b"picture"}
    assert (case.models / "loras/pack/a.safetensors").stat().st_mtime_ns == 10**18 + 123_456_700
    assert report.count("done") == 1 and report.folders == {os.path.realpath(case.models / "loras/pack")}
    assert model.exists() and list(case.data.iterdir()) == []


def test_moving_within_a_drive_renames(case: Case) -> None:
    model = case.put("a.safetensors", lora())
    case.put("a.png", b"picture")
    number = model.stat().st_ino
    report = case.carry(case.plan(keeps=False), moves=True)
    assert (case.models / "loras/a.safetensors").stat().st_ino == number
    assert list(case.drop.iterdir()) == [] and os.path.realpath(case.drop) in report.folders


def test_a_shared_sidecar_is_moved_once_all_have_it(case: Case) -> None:
    case.put("a.safetensors", lora())
    case.put("a.ckpt", lora("b"))
    case.put("a.png", b"picture")
    case.carry(case.plan(keeps=False), moves=True)
    assert sorted(case.there()) == ["loras/a.ckpt", "loras/a.png", "loras/a.safetensors"]
    assert list(case.drop.iterdir()) == []


def test_moving_a_link_copies_and_leaves_it(case: Case, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(lora())
    link = case.drop / "a.safetensors"
    link.symlink_to(blob)
    report = case.carry(case.plan(), moves=True)
    assert case.there() == {"loras/drop/a.safetensors": lora()} and link.is_symlink() and "link" in report.outcomes[0].text


def test_a_name_taken_since_the_plan_is_never_replaced(case: Case) -> None:
    case.put("a.safetensors", lora("new"))
    case.put("a.png", b"picture")
    plan = case.plan(keeps=False)
    (case.models / "loras/a.safetensors").write_bytes(b"somebody's")
    report = case.carry(plan)
    assert case.there() == {"loras/a.safetensors": b"somebody's"}, "its picture is taken back, too"
    assert report.outcomes[0].state == "failed" and "Nothing was replaced" in report.outcomes[0].text


def test_the_same_without_help_of_the_system(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.paths._rename_exclusively", lambda source, target: False)
    test_a_name_taken_since_the_plan_is_never_replaced(case)
    (case.models / "loras/a.safetensors").unlink()
    assert case.carry(case.plan(keeps=False), moves=True).count("done") == 1
    assert sorted(case.there()) == ["loras/a.png", "loras/a.safetensors"]


def test_a_source_that_vanishes_fails_alone(case: Case) -> None:
    gone = case.put("a.safetensors", lora("a"))
    case.put("b.safetensors", lora("b"))
    plan = case.plan(keeps=False)
    gone.unlink()
    report = case.carry(plan)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert report.outcomes[0].text == "a.safetensors cannot be read: it is not there."
    assert sorted(case.there()) == ["loras/b.safetensors"]


def test_a_source_that_grows_meanwhile_is_not_taken(case: Case) -> None:
    path = case.put("a.safetensors", big(b"a"))
    plan, steps = case.plan(keeps=False), list[int]()

    def grow(text: str, done: int, total: int) -> None:
        if not steps:
            with path.open("ab") as file:
                file.write(b"more")
        steps.append(done)

    report = case.carry(plan, work=Work(grow))
    assert "changed while it was copied" in report.outcomes[0].text and case.there() == {}


def test_stopping_in_the_middle_keeps_what_is_finished(case: Case) -> None:
    case.put("a.safetensors", lora("a"))
    case.put("b.safetensors", big(b"b"))
    case.put("c.safetensors", lora("c"))
    plan = case.plan(keeps=False)
    work = Work(lambda text, done, total: work.cancel() if done > 5 << 20 else None)
    work.progress = lambda text, done, total=0: work._report(text, done, total)  # type: ignore[method-assign, misc]
    report = case.carry(plan, work=work)
    assert [outcome.state for outcome in report.outcomes] == ["done", "stopped", "stopped"] and report.is_stopped
    assert sorted(case.there()) == ["loras/a.safetensors"]
    assert len(list(case.drop.iterdir())) == 3


def test_bytes_that_come_back_wrong_are_noticed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.put("a.safetensors", big(b"a"))
    plan, digest = case.plan(keeps=False), copying._digest

    def decayed(path: str, *rest: object) -> bytes:
        with open(path, "r+b") as file:
            file.seek(5 << 20)
            file.write(b"?")
        return digest(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "_digest", decayed)
    report = case.carry(plan, moves=False)
    assert "other bytes than were written" in report.outcomes[0].text and case.there() == {}


def test_long_names_and_folders_made_for_nothing(case: Case) -> None:
    case.put("n" * 239 + ".safetensors", lora("a"))
    case.put("pack/b.safetensors", lora("b"))
    (case.models / "loras" / ("n" * 239 + ".safetensors")).write_bytes(b"other")
    plan = case.plan(keeps=True)
    (case.drop / "pack/b.safetensors").unlink()
    report = case.carry(plan)
    assert sorted(outcome.state for outcome in report.outcomes) == ["done", "failed"]
    assert not (case.models / "loras/drop/pack").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_target_that_may_not_be_written_to(case: Case) -> None:
    case.put("a.safetensors", lora())
    plan = case.plan(keeps=False)
    (case.models / "loras").chmod(0o555)
    report = case.carry(plan)
    (case.models / "loras").chmod(0o755)
    assert "you have no permission" in report.outcomes[0].text


@pytest.fixture
def small_drive(tmp_path: Path) -> Iterator[Path]:
    """A drive of 16 MB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a drive")
def test_a_full_drive_and_a_move_across(case: Case, small_drive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (case.models / "loras").rmdir()
    (small_drive / "loras").mkdir()
    (case.models / "loras").symlink_to(small_drive / "loras")
    first = case.put("a.safetensors", big(b"a"))
    second = case.put("b.safetensors", big(b"b"))
    third = case.put("c.safetensors", lora("c"))
    plan = case.plan(keeps=False)
    assert not plan.lines[0].is_near
    report = case.carry(plan)
    assert {outcome.text for outcome in report.outcomes} == {f"There is not enough room on the drive of {case.models}/loras."}
    monkeypatch.setattr(carrying, "RESERVE", -BIG)  # told wrongly that there is room, as on a shared drive
    report = case.carry(plan, moves=True)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed", "done"]
    assert "the disk is full" in report.outcomes[1].text
    assert sorted(os.listdir(small_drive / "loras")) == ["a.safetensors", "c.safetensors"]
    assert not first.exists() and second.exists() and not third.exists()


KILLED = """
import sys
from pathlib import Path
from intake_case import Case
case = Case.__new__(Case)
top = Path(sys.argv[1])
case.comfyui, case.drop, case.data, case.models = top / "ComfyUI", top / "drop", top / "data", top / "ComfyUI/models"
from model_manager.core.work import Work
def slow(text, done, total):
    print(done, flush=True)
    sys.stdin.readline()
case.carry(case.plan(keeps=False), work=Work(slow))
"""


def test_killed_in_the_middle_leaves_a_partial_that_the_next_start_removes(case: Case, tmp_path: Path) -> None:
    case.put("a.safetensors", big(b"a"))
    case.put("a.png", b"x")
    case.models.joinpath("loras/.mm-0123456789abcdef01234567.part").write_bytes(b"not in a ledger")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None and process.stdin is not None
    while not (line := process.stdout.readline()).strip().isdigit() or int(line) < 4 << 20:
        process.stdin.write("\n")
        process.stdin.flush()
    assert tidy(case.data) == 0, "a run under way is left alone"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    left = [name for name in os.listdir(case.models / "loras") if is_partial(name)]
    assert len(left) == 3, "the picture, the model, and somebody else's"
    assert tidy(case.data) == 2
    assert os.listdir(case.models / "loras") == [".mm-0123456789abcdef01234567.part"]
    assert list(case.data.iterdir()) == [] and (case.drop / "a.safetensors").stat().st_size > BIG


def test_a_ledger_waits_for_a_drive_that_is_away(tmp_path: Path) -> None:
    data, drive = tmp_path / "data", tmp_path / "drive"
    ledger = Ledger(data)
    ledger.add(str(drive / partial_name()))
    ledger.add(str(tmp_path / "precious.safetensors"))
    (tmp_path / "precious.safetensors").write_bytes(b"x")
    for connection in (ledger._rows, ledger._lock):
        assert connection is not None
        connection.close()
    assert tidy(data) == 0 and len(list(data.glob("*.sqlite"))) == 1
    drive.mkdir()
    assert tidy(data) == 0 and list(data.iterdir()) == []
    assert (tmp_path / "precious.safetensors").exists()


def test_a_partial_is_hidden_from_scans(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100)
    partial = tmp_path / partial_name()
    steps: list[int] = []
    copy_verified(str(tmp_path / "a"), str(partial), Work(), steps.append)
    assert partial.read_bytes() == b"x" * 100 and sum(steps) == 200 and is_partial(partial.name)
    with pytest.raises(FileExistsError):
        copy_verified(str(tmp_path / "a"), str(partial), Work(), steps.append)
