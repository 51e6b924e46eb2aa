"""Conversions of several models: new files beside the old ones by a plan, undone again; the old ones go only when that is wished."""

import os
from pathlib import Path

import pytest

from model_manager.core.errors import Cancelled
from model_manager.core.formats.write import torch_zip_bytes
from model_manager.core.health.conversions import convert_all, drop, plan_names, plan_old
from model_manager.core.tidy import carrying
from model_manager.core.work import Work
from tests.core.library_case import Library
from tests.core.pickle_case import TENSORS, call


@pytest.fixture
def library(tmp_path: Path) -> Library:
    found = Library(tmp_path)
    loras = found.root("loras")
    (loras / "one.pt").write_bytes(torch_zip_bytes(TENSORS))
    (loras / "one.preview.png").write_bytes(b"picture")
    (loras / "bad.pt").write_bytes(call("os", "system", "touch /nowhere"))
    (loras / "taken.ckpt").write_bytes(torch_zip_bytes(TENSORS))
    (loras / "taken.safetensors").write_bytes(b"mine")
    found.scan()
    return found


def names(library: Library) -> set[str]:
    return set(os.listdir(library.folder / "models" / "loras"))


def ids(library: Library) -> list[int]:
    return [model.row.id for path, model in library.models().items() if not path.endswith(".safetensors")]


def test_new_files_come_by_a_plan_and_go_by_undo(library: Library) -> None:
    before = names(library)
    result = convert_all(library.path, ids(library), Work())
    assert {one.name for one in result.refused} == {"bad.pt", "taken.ckpt"}
    plan = plan_names(result, library.path)
    assert (plan.kind, len(plan.acts), len(plan.refused)) == ("mend", 1, 2)
    done = carrying.carry_out(library.data, plan, Work())
    assert names(library) == before | {"one.safetensors"}
    old = carrying.carry_out(library.data, plan_old(result.done, library.path), Work())
    assert names(library) == before - {"one.pt"} | {"one.safetensors"}
    carrying.take_back(library.data, old.change, Work())
    assert names(library) == before | {"one.safetensors"}
    carrying.take_back(library.data, done.change, Work())
    drop(result.done)
    assert names(library) == before


def test_a_stop_leaves_nothing(library: Library) -> None:
    before = names(library)
    work = Work(lambda text, done, total: work.cancel())
    with pytest.raises(Cancelled):
        convert_all(library.path, ids(library), work)
    assert names(library) == before
    assert (library.folder / "models" / "loras" / "taken.safetensors").read_bytes() == b"mine"


def test_old_files_stay_where_no_new_one_came(library: Library) -> None:
    result = convert_all(library.path, ids(library), Work())
    drop(result.done)
    assert plan_old(result.done, library.path).is_empty
