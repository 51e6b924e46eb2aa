"""Backups of previews and sidecars: what is in one, how it is proven, and that a restore brings back every byte and can be undone."""

import json
import os
import random
import sys
import zipfile
from pathlib import Path

import pytest
from backup_case import Case, states
from hypothesis import given
from hypothesis import strategies as st
from preview_case import made
from random_case import examples

from model_manager.core.errors import Cancelled, FileFault, NoRoom
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.regenerate import apply, bring_back
from model_manager.core.tidy import backup, restoring
from model_manager.core.tidy.backup import would_back_up
from model_manager.core.tidy.backup_gather import Options
from model_manager.core.tidy.backup_match import ALL, KEPT, MISSING, NEW, NEWER, REPLACED, SAME
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.work import Work


@pytest.fixture
def case(tmp_path: Path) -> Case:
    found = Case(tmp_path)
    found.family("ink", ".preview.png", ".info", ".md")
    found.family("style/wave", ".png", ".civitai.info")
    found.put("style/lonely.txt")
    return found


def test_everything_comes_back_with_its_time(case: Case) -> None:
    before = case.tree()
    backed = case.back_up()
    assert (backed.models, backed.files, backed.faults) == (2, 5, []) and backed.archive == os.path.getsize(case.zip)
    assert not [name for name in os.listdir(os.path.dirname(case.zip)) if name.startswith(".mm-")]
    for name in ("ink.preview.png", "ink.info", "ink.md", "style/wave.png", "style/wave.civitai.info"):
        (case.loras / name).unlink()
    bare = case.tree()
    plan, report = case.restore()
    assert case.tree() == before and plan.kind == "restore" and "5 new files" in plan.chips
    assert not case.undo(report).count("failed") and case.tree() == bare


def test_an_archive_can_be_unpacked_by_hand(case: Case) -> None:
    case.back_up()
    with zipfile.ZipFile(case.zip) as archive:
        assert archive.testzip() is None
        assert archive.read("files/ComfyUI loras/style/wave.png") == (case.loras / "style/wave.png").read_bytes()
        assert archive.getinfo("files/ComfyUI loras/style/wave.png").compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("files/ComfyUI loras/ink.info").compress_type == zipfile.ZIP_DEFLATED
        head = json.loads(archive.read("index.jsonl").splitlines()[0])
    assert head["backup"] == 1 and head["models"] == 2


def test_a_search_chooses_and_a_dry_run_writes_nothing(case: Case) -> None:
    case.library.scan()
    would = would_back_up(case.data, case.library.path, case.zip, Options("wave"), Work())
    assert (would.models, would.files) == (1, 2) and not os.path.exists(case.zip)
    assert case.back_up(query="wave").files == 2


def test_names_that_are_taken_stay(case: Case) -> None:
    Path(case.zip).write_bytes(b"precious")
    with pytest.raises(FileFault, match="exists already"):
        case.back_up()
    assert Path(case.zip).read_bytes() == b"precious"
    assert case.back_up(is_over=True).files == 5 and zipfile.is_zipfile(case.zip)
    for wrong in (str(case.loras), str(case.loras / "no" / "b.zip")):
        case.zip = wrong
        with pytest.raises(FileFault):
            case.back_up()


def test_a_name_taken_meanwhile_stays(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    prove = backup._prove

    def late(part: str, total: int, work: Work) -> None:
        prove(part, total, work)
        Path(case.zip).write_bytes(b"precious")

    monkeypatch.setattr(backup, "_prove", late)
    with pytest.raises(FileFault, match="meanwhile"):
        case.back_up()
    assert Path(case.zip).read_bytes() == b"precious" and len(os.listdir(Path(case.zip).parent)) == 3


def test_nothing_is_left_of_one_that_was_stopped(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    monkeypatch.setattr(backup._Writing, "_tell", lambda *_: work.cancel())
    case.library.scan()
    with pytest.raises(Cancelled):
        backup.write_backup(case.data, case.library.path, case.zip, Options(), work)
    assert set(os.listdir(Path(case.zip).parent)) == {"data", "models"}


def test_a_drive_that_does_not_keep_it_is_found_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    prove = backup._prove

    def spoilt(part: str, total: int, work: Work) -> None:
        data = bytearray(Path(part).read_bytes())
        place = data.index(b"style/wave.png") + len("style/wave.png") + 3
        data[place] ^= 1
        Path(part).write_bytes(data)
        prove(part, total, work)

    monkeypatch.setattr(backup, "_prove", spoilt)
    with pytest.raises(FileFault, match="damaged"):
        case.back_up()
    assert not os.path.exists(case.zip)


def test_a_full_drive_is_told_before_and_while(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(backup, "volume_of", lambda folder: (1, folder, 1000))
        with pytest.raises(NoRoom, match="not enough room"):
            case.back_up()

    def full(self: object, info: zipfile.ZipInfo, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(FileFault, match="disk is full"):
        case.back_up()
    assert set(os.listdir(Path(case.zip).parent)) == {"data", "models"}


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    gather = backup.gather

    def meanwhile(*args: object) -> object:
        found = gather(*args)  # type: ignore[arg-type]
        (case.loras / "ink.md").unlink()
        return found

    monkeypatch.setattr(backup, "gather", meanwhile)
    backed = case.back_up()
    assert backed.files == 4 and [os.path.basename(path) for path, _ in backed.faults] == ["ink.md"]


def test_large_files_are_streamed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_WHOLE", 1000)
    content = random.Random(1).randbytes(3_000_000)
    case.put("ink.mp4", content)
    case.back_up()
    (case.loras / "ink.mp4").unlink()
    case.restore()
    assert (case.loras / "ink.mp4").read_bytes() == content


# models that are elsewhere now


def test_models_are_found_where_they_are_now(case: Case) -> None:
    case.family("twin", ".md")
    case.family("gone", ".md")
    case.family("named", ".png")
    case.library.scan()
    case.hash("ink.safetensors", "a" * 64)
    case.back_up()
    for name in ("ink.preview.png", "ink.info", "ink.md", "gone.safetensors", "gone.md", "named.png", "twin.md"):
        (case.loras / name).unlink()
    (case.loras / "new").mkdir()
    os.rename(case.loras / "ink.safetensors", case.loras / "new" / "renamed.safetensors")  # keeps its hash
    os.rename(case.loras / "named.safetensors", case.loras / "new" / "named.safetensors")
    case.put("other/twin.safetensors", (case.loras / "twin.safetensors").read_bytes())
    (case.loras / "twin.safetensors").unlink()
    case.put("third/twin.safetensors", (case.loras / "other/twin.safetensors").read_bytes())
    case.library.scan()
    case.hash("new/renamed.safetensors", "a" * 64)
    found = case.compare()
    assert {model.file: text.split(",")[0] for model, text in found.lost} == {
        "gone.safetensors": "There is no such model here now.", "twin.safetensors": "Several models here have its name and size",
    }  # fmt: skip
    case.restore()
    assert (case.loras / "new/renamed.preview.png").read_bytes() == b"ink.preview.png"
    assert (case.loras / "new/named.png").read_bytes() == b"named.png"


def test_another_file_at_the_place_is_said(case: Case) -> None:
    case.back_up()
    (case.loras / "ink.md").unlink()
    case.put("ink.safetensors", b"another model, of another size")
    plan, _ = case.restore()
    assert any("another file now" in act.note for act in plan.acts) and (case.loras / "ink.md").exists()


def test_what_lies_where_it_lay_is_nobody_elses(case: Case) -> None:
    """Two models of one content in the backup, one of them here: it keeps what is its own."""
    content = (case.loras / "ink.safetensors").read_bytes()
    case.put("aaa/copy.safetensors", content)
    case.put("aaa/copy.md", "of the copy")
    case.library.scan()
    for name in ("ink.safetensors", "aaa/copy.safetensors"):
        case.hash(name, "b" * 64)
    case.back_up()
    for name in ("aaa/copy.safetensors", "aaa/copy.md", "ink.md"):
        (case.loras / name).unlink()
    case.library.scan()
    found = case.compare()
    assert [model.path for model, _ in found.lost] == ["aaa/copy.safetensors"] and states(found)["ink.md"] == NEW


# rules


def test_rules(case: Case) -> None:
    case.back_up()
    case.put("ink.md", "newer here", age=5)
    case.put("ink.info", "older here", age=-5)
    (case.loras / "style/wave.civitai.info").unlink()
    base = {"ink.preview.png": SAME, "wave.png": SAME, "wave.civitai.info": NEW}
    assert states(case.compare(MISSING)) == {**base, "ink.md": KEPT, "ink.info": KEPT}
    assert states(case.compare(NEWER)) == {**base, "ink.md": KEPT, "ink.info": REPLACED}
    assert states(case.compare(ALL)) == {**base, "ink.md": REPLACED, "ink.info": REPLACED}
    mixed = case.tree()
    plan, report = case.restore(ALL)
    assert (case.loras / "ink.md").read_bytes() == b"ink.md" and {act.tone for act in plan.acts} == {"warn", ""}
    assert not case.undo(report).count("failed") and case.tree() == mixed


def test_a_picture_of_another_name(case: Case) -> None:
    """A model has one picture to a person, whatever it is called: it is not missing, and it does not hide the one that comes back."""
    case.back_up()
    (case.loras / "ink.preview.png").unlink()
    case.put("ink.webp", "a new picture", age=9)
    assert states(case.compare(MISSING))["ink.preview.png"] == KEPT
    assert states(case.compare(NEWER))["ink.preview.png"] == KEPT
    before = case.tree()
    plan, report = case.restore(ALL)
    assert not (case.loras / "ink.webp").exists() and (case.loras / "ink.preview.png").exists() and plan.warnings
    case.undo(report)
    assert case.tree() == before


def test_more_than_one_plan_may_replace(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "MOST_REPLACED", 25)
    before = case.tree()
    case.back_up()
    for name in ("ink.md", "ink.info", "style/wave.png"):
        case.put(name, "changed")
    plan, _ = case.restore(ALL)
    assert [(one.name, one.tone) for one in plan.refused] == [("wave.safetensors", "warn")] and "next restore" in plan.refused[0].text
    plan, _ = case.restore(ALL)
    assert not plan.refused
    assert {name: content for name, (content, _) in case.tree().items()} == {name: content for name, (content, _) in before.items()}


def test_a_link_is_never_written_through(case: Case, tmp_path: Path) -> None:
    case.back_up()
    outside = tmp_path / "outside.txt"
    outside.write_bytes(b"outside")
    (case.loras / "ink.md").unlink()
    try:
        (case.loras / "ink.md").symlink_to(outside)
    except OSError:
        pytest.skip("no links here")
    case.restore(ALL)
    assert outside.read_bytes() == b"outside" and (case.loras / "ink.md").is_symlink()


@pytest.mark.skipif(sys.platform != "linux", reason="names that others do not take")
def test_any_name_comes_back(tmp_path: Path) -> None:
    case = Case(tmp_path)
    for stem in ("naïve 名前", "a'b\"c|d", "x" * 200, "% & %41"):
        case.family(stem, ".png")
    before = case.tree()
    assert case.back_up().files == 4
    for path in case.loras.glob("*.png"):
        path.unlink()
    case.restore()
    assert case.tree() == before


# history and settings


def test_earlier_pictures_come_along_when_wanted(case: Case) -> None:
    history, model = History(case.data / FOLDER_NAME), str(case.loras / "ink.safetensors")
    first = (case.loras / "ink.preview.png").read_bytes()
    apply(model, made("blue"), history)
    case.library.scan()
    case.hash("ink.safetensors", "c" * 64)
    assert case.back_up().earlier == 0
    os.unlink(case.zip)
    assert case.back_up(has_history=True).earlier == 2
    os.rename(case.loras / "ink.safetensors", case.loras / "style" / "pen.safetensors")
    case.library.scan()
    case.hash("style/pen.safetensors", "c" * 64)
    assert case.plan().acts and not [act for act in case.plan().acts if act.name.startswith("Earlier")]
    _, report = case.restore(has_history=True)
    assert not report.count("failed"), [one.text for one in report.outcomes]
    assert not [act for act in case.plan(has_history=True).acts if act.name.startswith("Earlier")], "it is here by now"
    moved = str(case.loras / "style" / "pen.safetensors")
    (earlier,) = history.earlier(moved)
    bring_back(moved, earlier, history)
    assert (case.loras / "style/pen.preview.png").read_bytes() == first


def test_settings_come_back_but_not_what_belongs_to_this_computer(case: Case) -> None:
    path = case.data / "settings.json"
    path.write_text(json.dumps({"theme": "dark", "comfyui_dirs": ["/there"], "smart": [1]}))
    case.back_up()
    path.write_text(json.dumps({"theme": "light", "comfyui_dirs": ["/here"]}))
    assert not [act for act in case.plan().acts if act.name == "Settings"]
    _, report = case.restore(has_settings=True)
    assert json.loads(path.read_bytes()) == {"theme": "dark", "comfyui_dirs": ["/here"], "smart": [1]}
    case.undo(report)
    assert json.loads(path.read_bytes()) == {"theme": "light", "comfyui_dirs": ["/here"]}


def test_unpacked_files_are_removed_again(case: Case) -> None:
    case.back_up()
    (case.loras / "ink.md").unlink()
    plan = case.plan()
    staging = case.data / restoring.STAGING
    assert len(list(staging.iterdir())) == 1
    restoring.sweep(case.data)
    assert len(list(staging.iterdir())) == 1, "it may be about to be carried out"
    restoring.sweep(case.data, plan)
    assert not list(staging.iterdir())


_ENDINGS = (".preview.png", ".png", ".webp", ".info", ".json", ".md", ".civitai.info", ".mp4")


@given(
    families=st.lists(st.sets(st.sampled_from(_ENDINGS)), min_size=1, max_size=4),
    harm=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(_ENDINGS), st.sampled_from(("gone", "other"))), max_size=8),
    rule=st.sampled_from((MISSING, NEWER, ALL)),
)
@examples(25)
def test_whatever_happened_meanwhile(
    tmp_path_factory: pytest.TempPathFactory, families: list[set[str]], harm: list[tuple[int, str, str]], rule: str
) -> None:
    case = Case(tmp_path_factory.mktemp("any"))
    for number, endings in enumerate(families):
        case.family(f"sub{number % 2}/m{number}", *sorted(endings))
    before = case.tree()
    case.back_up(has_settings=False)
    for number, ending, what in harm:
        path = case.loras / f"sub{number % 2}" / f"m{number}{ending}"
        if what == "gone":
            path.unlink(missing_ok=True)
        elif number < len(families):
            case.put(str(path.relative_to(case.loras)), f"other {ending}", age=3 if number % 2 else -3)
    after_harm = case.tree()
    _, report = case.restore(rule)
    assert not report.count("failed"), [one.text for one in report.outcomes]
    restored = case.tree()
    if rule == ALL:
        assert {name: content for name, (content, _) in restored.items() if name in before} == {
            name: content for name, (content, _) in before.items()
        }
    if rule == MISSING:
        assert restored.items() >= after_harm.items()
    case.undo(report)
    assert case.tree() == after_harm


def test_a_backup_of_a_newer_program_says_so(case: Case) -> None:
    case.back_up()
    with Archive(case.zip) as archive:
        assert archive.contents.made > 0 and archive.contents.program
