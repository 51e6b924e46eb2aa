"""A new picture beside a model: what is replaced, what stays, and what can be brought back."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from preview_case import Case, made, picture

from model_manager.core.errors import FileFault
from model_manager.core.previews import regenerate
from model_manager.core.previews.history import History
from model_manager.core.previews.regenerate import apply, bring_back, take_away

NEW = made().data


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_first_picture(case: Case) -> None:
    done = apply(case.model, made(), case.history)
    assert case.files() == {"m.preview.png": NEW}
    assert done.path == str(case.folder / "m.preview.png") and done.retired == () and done.warnings == ()
    assert [one.names for one in case.history.earlier(case.model)] == [()]


def test_all_that_tools_take_for_the_picture_goes_to_the_history(case: Case) -> None:
    old = {name: name.encode() for name in ("m.png", "m.PREVIEW.WEBP", "m.jpeg", "m.gif", "m.preview.jpg", "m.avif", "m.jfif")}
    stays = {name: name.encode() for name in ("m.mp4", "m.preview.webm", "m.1.png", "m.example.0.jpeg", "m.info", "m2.png", "mm.png")}
    for name, data in (old | stays).items():
        (case.folder / name).write_bytes(data)
    done = apply(case.model, made(), case.history)
    assert case.files() == stays | {"m.preview.png": NEW}
    assert set(done.retired) == set(old)
    (earlier,) = case.history.earlier(case.model)
    assert {name: Path(path).read_bytes() for name, path in zip(earlier.names, earlier.paths, strict=True)} == old


@pytest.mark.parametrize("suffix", [".preview.png", ".preview.webp"])
def test_bring_back_restores_names_bytes_and_times(case: Case, suffix: str) -> None:
    case.write(m_preview_png=b"one", m_jpg=b"two")
    os.utime(case.folder / "m.jpg", ns=(5_000_000_000, 5_000_000_000))
    before = case.files()
    apply(case.model, made(suffix=suffix), case.history)
    (earlier,) = case.history.earlier(case.model)
    done = bring_back(case.model, earlier, case.history)
    assert case.files() == before
    assert (case.folder / "m.jpg").stat().st_mtime_ns == 5_000_000_000
    assert done.path == str(case.folder / earlier.names[0])
    (present,) = case.history.earlier(case.model)  # what was brought back is not there twice
    assert present.names == ("m" + suffix,) and Path(present.paths[0]).read_bytes() == NEW
    bring_back(case.model, present, case.history)
    assert case.files() == {"m" + suffix: NEW}


def test_undo_to_no_picture_and_take_away(case: Case) -> None:
    first = apply(case.model, made(), case.history)
    bring_back(case.model, case.history.find(case.model, first.earlier_id), case.history)
    assert case.files() == {}
    case.write(m_png=b"x")
    gone = take_away(case.model, case.history)
    assert case.files() == {} and gone.path == "" and gone.retired == ("m.png",)
    bring_back(case.model, case.history.find(case.model, gone.earlier_id), case.history)
    assert case.files() == {"m.png": b"x"}


def test_siblings_keep_theirs(case: Case) -> None:
    for name in ("m.v1.safetensors", "m.preview.safetensors", "m.ckpt"):
        (case.folder / name).write_bytes(b"model")
    theirs = {"m.v1.png": b"1", "m.v1.preview.png": b"2", "m.preview.png": b"3", "m.preview.preview.png": b"4"}
    for name, data in theirs.items():
        (case.folder / name).write_bytes(data)
    done = apply(case.model, made(), case.history)
    assert {name: data for name, data in case.files().items() if name.endswith("png")} == theirs | {"m.png": NEW}
    assert any("m.ckpt" in text for text in done.warnings)


def test_links_are_replaced_never_written_through(case: Case, tmp_path: Path) -> None:
    target = tmp_path / "shared.png"
    target.write_bytes(b"shared")
    (case.folder / "m.preview.png").symlink_to(target)
    (case.folder / "m.webp").symlink_to("nowhere.webp")
    apply(case.model, made(), case.history)
    assert target.read_bytes() == b"shared" and case.files() == {"m.preview.png": NEW}
    (earlier,) = case.history.earlier(case.model)
    bring_back(case.model, earlier, case.history)
    assert case.files() == {"m.preview.png": os.fsencode(target), "m.webp": b"nowhere.webp"}


def test_a_folder_with_the_name_of_the_picture(case: Case) -> None:
    (case.folder / "m.preview.png").mkdir()
    with pytest.raises(FileFault, match="Nothing was changed"):
        apply(case.model, made(), case.history)
    assert os.listdir(case.folder / "m.preview.png") == [] and case.files() == {}
    assert case.history.earlier(case.model) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(case: Case) -> None:
    case.write(m_png=b"old")
    os.chmod(case.folder, 0o555)
    try:
        with pytest.raises(FileFault, match="permission"):
            apply(case.model, made(), case.history)
    finally:
        os.chmod(case.folder, 0o755)
    assert case.files() == {"m.png": b"old"} and case.history.earlier(case.model) == []


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_faults_of_the_drive_change_nothing(case: Case, monkeypatch: pytest.MonkeyPatch, step: str, code: int) -> None:
    case.write(m_png=b"old", m_preview_png=b"older")
    before = case.files()
    real = getattr(os, step)

    def fails(*args: object, **kwargs: object) -> object:
        path = str(args[0])
        if (step == "fsync" and stack_has("regenerate")) or (step != "fsync" and path.endswith(".tmp") and ".mm-" in path):
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    monkeypatch.setattr(regenerate.os, step, fails)
    with pytest.raises(FileFault, match="unchanged"):
        apply(case.model, made(), case.history)
    monkeypatch.undo()
    assert case.files() == before
    assert case.history.earlier(case.model) == [] and case.history.finish_pending() == []


def stack_has(module: str) -> bool:
    frame: object = sys._getframe(2)
    return module in frame.f_code.co_filename  # type: ignore[attr-defined]


def test_no_room_for_the_history_changes_nothing(case: Case, tmp_path: Path) -> None:
    case.write(m_png=b"old")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileFault, match="history"):
        apply(case.model, made(), History(tmp_path / "file" / "history"))
    assert case.files() == {"m.png": b"old"}


def test_vanished_folder(case: Case, tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="not there"):
        apply(str(tmp_path / "gone" / "m.safetensors"), made(), case.history)


def test_names_too_long(case: Case) -> None:
    model = str(case.folder / ("n" * 243 + ".safetensors"))
    Path(model).write_bytes(b"model")
    with pytest.raises(FileFault, match="too long"):
        apply(str(case.folder / ("n" * 244 + ".pt")), made(), case.history)
    apply(model, made(), case.history)
    assert (case.folder / ("n" * 243 + ".preview.png")).read_bytes() == NEW


def test_odd_names(case: Case) -> None:
    for stem in ("a [b] *?", "ü é 日本", "x.y.z", " space ", "-dash", "it's \"q\""):
        model = case.folder / f"{stem}.safetensors"
        model.write_bytes(b"model")
        (case.folder / f"{stem}.png").write_bytes(b"old")
        apply(str(model), made(), case.history)
        assert (case.folder / f"{stem}.preview.png").read_bytes() == NEW
        assert not (case.folder / f"{stem}.png").exists()
        assert case.history.earlier(str(model))[0].names == (f"{stem}.png",)


def test_another_program_changes_the_picture_meanwhile(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.write(m_png=b"old")
    real, times = regenerate._write, []

    def changed(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        times.append(1)
        if len(times) == 1:
            case.write(m_png=b"newer")

    monkeypatch.setattr(regenerate, "_write", changed)
    apply(case.model, made(), case.history)
    (earlier,) = case.history.earlier(case.model)
    assert Path(earlier.paths[0]).read_bytes() == b"newer" and len(times) == 2


def test_another_program_makes_the_same_picture_meanwhile(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    real, times = regenerate._write, []

    def overtaken(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        times.append(1)
        if len(times) == 1:
            (case.folder / "m.preview.png").write_bytes(b"theirs")

    monkeypatch.setattr(regenerate, "_write", overtaken)
    apply(case.model, made(), case.history)
    (earlier,) = case.history.earlier(case.model)
    assert Path(earlier.paths[0]).read_bytes() == b"theirs" and case.files() == {"m.preview.png": NEW}


def test_a_picture_that_cannot_be_removed_is_told(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.write(m_webp=b"old")
    real = os.unlink

    def held(path: str, *args: object, **kwargs: object) -> None:
        if str(path).endswith("m.webp"):
            raise PermissionError(errno.EACCES, "held")
        real(path, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "unlink", held)
    done = apply(case.model, made(), case.history)
    assert "m.webp" in done.warnings[0] and case.files() == {"m.preview.png": NEW, "m.webp": b"old"}


def test_half_of_an_earlier_state_goes_back_again(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.write(m_png=b"one", m_webp=b"two")
    apply(case.model, made(), case.history)
    case.write(m_webp=b"three")
    (earlier,) = case.history.earlier(case.model)
    before = case.files()
    real = regenerate.rename_new

    def held(source: str, goal: str) -> None:
        if str(goal).endswith("m.png"):
            raise PermissionError(errno.EACCES, "held")
        real(source, goal)

    monkeypatch.setattr(regenerate, "rename_new", held)
    with pytest.raises(FileFault):
        bring_back(case.model, earlier, case.history)
    monkeypatch.undo()
    assert case.files() == before and [one.id for one in case.history.earlier(case.model)] == [earlier.id]


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from model_manager.core.previews.history import History
from model_manager.core.previews.regenerate import apply, bring_back
from preview_case import made
left = int(sys.argv[1])
def counted(real):
    def call(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*args, **kwargs)
    return call
history = History({history!r})
earlier = history.earlier({model!r})
new = made(suffix={suffix!r})
for name in ("open", "replace", "unlink", "rename", "mkdir", "fsync", "rmdir", "symlink", "utime"):
    setattr(os, name, counted(getattr(os, name)))
if {is_back}:
    bring_back({model!r}, earlier[-1], history)
else:
    apply({model!r}, new, history)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(("suffix", "is_back"), [(".preview.png", False), (".preview.webp", False), (".preview.png", True)])
def test_killed_at_each_step(tmp_path: Path, suffix: str, is_back: bool) -> None:
    """The process is killed before its first, second, third ... change of the disk, until it comes through."""
    old = {"m.png": b"one", "m.preview.png": b"two", "m.jpeg": b"three"}
    new = {"m" + suffix: made(suffix=suffix).data}
    outcomes = set()
    for step in range(80):
        case = Case(tmp_path / str(step))
        for name, data in old.items():
            (case.folder / name).write_bytes(data)
        if is_back:
            apply(case.model, made(suffix=suffix), case.history)
        first, last = (new, old) if is_back else (old, new)
        source = KILLED.format(
            path=[str(Path(__file__).parent), *sys.path], history=str(case.data / "previews-history"), model=case.model, suffix=suffix,
            is_back=is_back,
        )  # fmt: skip
        code = subprocess.run([sys.executable, "-c", source, str(step)], check=False, capture_output=True).returncode
        assert code in (0, -9)
        after = {name: data for name, data in case.files().items() if not name.endswith(".tmp")}
        assert shown(after, first) or shown(after, last)  # before anything is mended, one of the two is whole
        history = History(case.data / "previews-history")
        history.finish_pending()
        assert case.files() in (first, last), step
        kept = [dict(zip(one.names, (Path(path).read_bytes() for path in one.paths), strict=True)) for one in history.earlier(case.model)]
        if case.files() == last:
            assert first in kept
        else:
            assert not is_back or last in kept
        assert list((case.data / "previews-history" / "pending").glob("*")) == [] and history.finish_pending() == []
        outcomes.add((code, case.files() == last))
        if code == 0:
            break
    assert code == 0 and outcomes >= {(-9, False), (-9, True), (0, True)}


def shown(files: dict[str, bytes], state: dict[str, bytes]) -> bool:
    """Say whether at least the picture of this state which is put in place first is there as it should be."""
    return any(files.get(name) == data for name, data in state.items())


def test_leftovers_without_a_note_are_removed(case: Case) -> None:
    place = case.data / "previews-history" / "pending" / "1-a"
    place.mkdir(parents=True)
    (place / "0.png").write_bytes(b"half")
    (place / "entry.json").write_bytes(b'{"kept": [{"name": "../x"')
    assert case.history.finish_pending() == [] and not place.exists()


def test_pending_of_a_drive_that_is_away_waits(case: Case, tmp_path: Path) -> None:
    entry = case.history.begin(case.model, (), ())
    os.rename(case.folder, tmp_path / "away")
    assert case.history.finish_pending() == [] and entry.place.exists()
    os.rename(tmp_path / "away", case.folder)
    case.history.finish_pending()
    assert not entry.place.exists()


def test_new_file_has_the_usual_mode(case: Case) -> None:
    apply(case.model, made(), case.history)
    (case.folder / "other").write_bytes(b"")
    modes = {stat.S_IMODE((case.folder / name).stat().st_mode) for name in ("other", "m.preview.png")}
    assert len(modes) == 1
    assert picture()[:8] == NEW[:8]
