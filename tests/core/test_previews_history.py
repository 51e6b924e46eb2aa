"""The history of pictures: order, caps, and models that move."""

import os
from pathlib import Path

import pytest
from preview_case import Case, made

from model_manager.core.errors import FileFault
from model_manager.core.previews.history import History
from model_manager.core.previews.regenerate import apply, bring_back


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_newest_first_also_when_the_clock_stands_still(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 5)
    for number in range(4):
        case.write(m_preview_png=bytes([number]))
        apply(case.model, made(), case.history)
    contents = [Path(one.paths[0]).read_bytes() for one in case.history.earlier(case.model)]
    assert contents == [b"\3", b"\2", b"\1", b"\0"]


def test_cap_of_a_model(case: Case) -> None:
    history = History(case.data / "h", per_model=3)
    for number in range(6):
        case.write(m_preview_png=bytes([number]))
        apply(case.model, made(), history)
    assert [Path(one.paths[0]).read_bytes()[0] for one in history.earlier(case.model)] == [5, 4, 3]


def test_cap_of_all_takes_the_oldest_but_never_a_models_newest(case: Case) -> None:
    history = History(case.data / "h", most_bytes=50_000)
    models = [str(case.folder / f"m{number}.safetensors") for number in range(5)]
    for number in range(15):
        model = models[number % 5]
        Path(model).with_suffix(".preview.png").write_bytes(bytes([number]) * 9_000)
        apply(model, made(), history)
    kept = {one.paths[0] for model in models for one in history.earlier(model)}
    assert all(history.earlier(model) for model in models)
    assert sorted(Path(path).read_bytes()[0] for path in kept) == [10, 11, 12, 13, 14]
    assert sum(path.stat().st_size for path in (case.data / "h").rglob("*") if path.is_file()) < 60_000


def test_a_state_that_was_removed_is_told(case: Case) -> None:
    case.write(m_png=b"x")
    apply(case.model, made(), case.history)
    (earlier,) = case.history.earlier(case.model)
    case.history.forget(case.model, earlier.id)
    before = case.files()
    with pytest.raises(FileFault, match="not in the history"):
        bring_back(case.model, earlier, case.history)
    for odd in ("", "..", "../..", "x/y"):
        with pytest.raises(FileFault):
            case.history.find(case.model, odd)
    assert case.files() == before


@pytest.mark.parametrize("goal", ["other.safetensors", "sub/m.safetensors", "sub/other.name.ckpt"])
def test_follows_a_model_that_moves(case: Case, goal: str) -> None:
    case.write(m_png=b"one", m_preview_webp=b"two")
    apply(case.model, made(), case.history)
    new = case.folder / goal
    new.parent.mkdir(exist_ok=True)
    os.rename(case.model, new)
    stem = goal.rpartition("/")[2].rpartition(".")[0]
    os.rename(case.folder / "m.preview.png", new.with_name(stem + ".preview.png"))
    case.history.moved(case.model, str(new))
    assert case.history.earlier(case.model) == []
    (earlier,) = case.history.earlier(str(new))
    assert set(earlier.names) == {f"{stem}.png", f"{stem}.preview.webp"}
    bring_back(str(new), earlier, case.history)
    assert new.with_name(f"{stem}.png").read_bytes() == b"one"
    assert new.with_name(f"{stem}.preview.webp").read_bytes() == b"two"
    assert not new.with_name(stem + ".preview.png").exists()


def test_moving_joins_with_what_is_there(case: Case) -> None:
    other = str(case.folder / "other.safetensors")
    for model in (case.model, other):
        Path(model).with_suffix(".png").write_bytes(b"x")
        apply(model, made(), case.history)
    case.history.moved(case.model, other)
    assert [one.names for one in case.history.earlier(other)] == [("other.png",), ("other.png",)]
    case.history.moved(str(case.folder / "nobody.pt"), other)


def test_links_to_the_folder_lead_to_one_history(case: Case, tmp_path: Path) -> None:
    case.write(m_png=b"x")
    (tmp_path / "way").symlink_to(case.folder)
    apply(str(tmp_path / "way" / "m.safetensors"), made(), case.history)
    assert len(case.history.earlier(case.model)) == 1


def test_damaged_entries_are_left_out(case: Case) -> None:
    for number in range(3):
        case.write(m_png=bytes([number]))
        apply(case.model, made(), case.history)
    notes = sorted((case.data / "previews-history" / "models").rglob("entry.json"))
    notes[0].write_bytes(b"{")
    notes[1].write_text(notes[1].read_text().replace('"m.', '"../m.'))
    assert len(case.history.earlier(case.model)) == 1
