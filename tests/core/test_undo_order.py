"""Both journals as one: mixed changes of files and previews are undone newest first, and an older preview follows a rename."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from preview_case import made
from tidy_case import Library, family, ids, look

from model_manager.bridge import order_tasks, preview_writing
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, Plan
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.records import Look
from model_manager.core.sidecars.own_values import Edits
from model_manager.core.tidy import carrying, past
from model_manager.core.tidy.editing import plan_edit
from model_manager.core.tidy.moving import plan_rename
from model_manager.core.work import Work


@dataclass
class House:
    """A library with one model. Each call opens everything anew, as after a restart of the program."""

    library: Library
    loras: Path
    id: int

    def preview(self, name: str, colour: str) -> None:
        model = preview_writing.Model(self.id, str(self.loras / f"{name}.safetensors"), name)
        history = History(self.library.data / FOLDER_NAME)
        done = preview_writing.use(self.library.data, model, made(colour), Look(), history)
        assert done.change < 0 and not done.applied.warnings

    def carry(self, plan: Plan) -> None:
        report = carrying.carry_out(self.library.data, plan, Work())
        assert report.count(ACT_DONE) == 1 and not report.note

    def rename(self, name: str, new: str, scans: bool = True) -> None:
        (subject,) = look(self.library, self.loras / f"{name}.safetensors")
        self.carry(plan_rename(subject, new, self.library.roots))
        if scans:
            self.library.scan()

    def edit(self, name: str, rating: int) -> None:
        self.carry(plan_edit(look(self.library, self.loras / f"{name}.safetensors"), Edits({"rating": rating})))

    def files(self) -> dict[str, bytes]:
        return {name: (self.loras / name).read_bytes() for name in sorted(os.listdir(self.loras))}

    def undo(self) -> bool:
        """What Ctrl+Z and `undo` do; False when there is nothing more."""
        change = order_tasks.newest(self.library.data)
        if change is None:
            return False
        report = past.take_back(self.library.data, change.id, Work())
        assert (report.count(ACT_UNDONE), report.count(ACT_FAILED)) == (1, 0), report
        return True


@pytest.fixture
def house(tmp_path: Path) -> House:
    library = Library(tmp_path)
    loras = library.root()
    family(loras, "a.safetensors", "a.png")
    library.scan()
    return House(library, loras, ids(library, loras / "a.safetensors")[0])


@pytest.mark.parametrize("scans", [True, False])
def test_mixed_changes_go_back_one_after_the_other(house: House, scans: bool) -> None:
    """scans: whether the library has heard of the rename; right after it a key may be faster."""
    states = [house.files()]
    house.preview("a", "red")
    states.append(house.files())
    house.rename("a", "b", scans)
    states.append(house.files())
    house.preview("b", "blue")
    states.append(house.files())
    house.library.scan()
    house.edit("b", 4)
    kinds = [change.kind for change in past.changes(house.library.data)]
    assert kinds == ["edit", "preview", "rename", "preview"]
    for state in reversed(states):
        assert house.undo()
        assert house.files() == state
    assert not house.undo()


@pytest.mark.parametrize("scans", [True, False])
def test_an_older_preview_follows_the_renames_since(house: House, scans: bool) -> None:
    before = house.files()
    house.preview("a", "red")
    house.rename("a", "b", scans)
    if scans:
        house.rename("b", "c")
    name = "c" if scans else "b"
    preview = next(change.id for change in past.changes(house.library.data) if change.id < 0)
    report = past.take_back(house.library.data, preview, Work())
    assert report.count(ACT_UNDONE) == 1, report
    assert house.files() == {f"{name}.png": before["a.png"], f"{name}.safetensors": before["a.safetensors"]}


def test_the_preview_of_a_model_that_is_gone_is_refused_and_nothing_lost(house: House) -> None:
    house.preview("a", "red")
    os.rename(house.loras / "a.safetensors", house.loras.parent / "elsewhere.safetensors")
    before = house.files()
    change = order_tasks.newest(house.library.data)
    assert change is not None
    report = past.take_back(house.library.data, change.id, Work())
    assert report.count(ACT_FAILED) == 1 and "no longer there" in report.outcomes[0].text and house.files() == before
    os.rename(house.loras.parent / "elsewhere.safetensors", house.loras / "a.safetensors")
    assert house.undo() and (house.loras / "a.png").read_bytes() == b"a.png"


def test_a_picture_that_made_room_is_refused_with_a_sentence(house: House) -> None:
    house.preview("a", "red")
    history = History(house.library.data / FOLDER_NAME)
    path = str(house.loras / "a.safetensors")
    history.forget(path, history.earlier(path)[0].id)
    before, change = house.files(), order_tasks.newest(house.library.data)
    assert change is not None
    report = past.take_back(house.library.data, change.id, Work())
    assert "not in the history any more" in report.outcomes[0].text and house.files() == before
