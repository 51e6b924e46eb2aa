"""Locks and looks in `<stem>.info`: nothing else in the file changes."""

import json
import os
from pathlib import Path

import pytest

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.library.entry import Facts
from model_manager.core.previews.records import FIT, Look, PreviewState
from model_manager.core.previews.state import read_state, save_state
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.merge import read_details
from model_manager.core.sidecars.own_key import read_own, save_own

LOCKED = PreviewState(True, Look("fill", (0.5, 0.3)))
OURS = '"model_manager": {"preview": {"locked": true, "fit": "fill", "focus": [0.5, 0.3]}}'


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "m.v1.safetensors"
    path.write_bytes(b"model")
    return str(path)


def info(model: str) -> Path:
    return Path(model).with_suffix(".info")


def test_nothing_is_written_when_nothing_is_said(model: str) -> None:
    save_state(model, PreviewState())
    assert read_state(model) == PreviewState() and not info(model).exists()


@pytest.mark.parametrize(
    "state", [LOCKED, PreviewState(True), PreviewState(False, Look(FIT, (0.25, 1.0), 2.5)), PreviewState(True, Look())]
)
def test_round_trip_and_removal(model: str, state: PreviewState) -> None:
    save_state(model, state)
    assert read_state(model) == state
    save_state(model, PreviewState())
    assert read_state(model) == PreviewState() and json.loads(info(model).read_bytes()) in ({"model_manager": {}}, {})


KEPT = '{"preview": {"kept": 1, "locked": true, "fit": "fill", "focus": [0.5, 0.3]}}'
ODD = '"a": 1.50, "a": 2, "big": 12345678901234567890123, "x": NaN'
TEXTS = [
    ("{}", "{" + OURS + "}"),
    ("{ }\n", "{" + OURS + "}\n"),
    ("{" + ODD + "}", "{" + ODD + ", " + OURS + "}"),
    ('\ufeff{"é": "ü\\u00fc"}', '\ufeff{"é": "ü\\u00fc", ' + OURS + "}"),
    ('{"model_manager": {"other": [1]}, "z": 1}', '{"model_manager": {"other": [1], ' + OURS[18:] + ', "z": 1}'),
    ('{"model_manager": "odd", "z": {"model_manager": 3}}', "{" + OURS + ', "z": {"model_manager": 3}}'),
    ('{"model_manager": {"preview": {"kept": 1, "locked": false}}}', '{"model_manager": ' + KEPT + "}"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_all_else_stays_byte_for_byte(model: str, before: str, after: str, encoding: str) -> None:
    if encoding != "utf-8" and not before.startswith("\ufeff"):
        before, after = "\ufeff" + before, "\ufeff" + after
    info(model).write_bytes(before.encode(encoding))
    save_state(model, LOCKED)
    assert info(model).read_bytes().decode(encoding) == after
    assert read_state(model) == LOCKED
    json.loads(info(model).read_bytes().decode(encoding).lstrip("\ufeff"))


@pytest.mark.parametrize("line", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["  ", "    ", "\t"])
def test_indented_files_stay_indented(model: str, line: str, indent: str) -> None:
    before = json.dumps({"name": "x", "list": [1, {"y": "}"}]}, indent=indent).replace("\n", line) + line
    info(model).write_bytes(before.encode())
    save_state(model, PreviewState(True))
    after = info(model).read_bytes().decode()
    wanted = json.dumps(
        {"name": "x", "list": [1, {"y": "}"}], "model_manager": {"preview": {"locked": True}}}, indent=indent
    ).replace("\n", line) + line  # fmt: skip
    assert after == wanted


BROKEN = [b"", b"{", b"[1]", b"null", b'{"a": 1,}', b'{"a" 1}', b"not json", b"\xff\xfe\x00", b"{" * 50_000, b"{} x", b"\0" * 64]


@pytest.mark.parametrize("data", BROKEN)
def test_what_is_not_json_is_refused_and_stays(model: str, data: bytes) -> None:
    info(model).write_bytes(data)
    assert read_state(model) == PreviewState()
    with pytest.raises(BadSidecar, match=r"m\.v1\.info"):
        save_state(model, LOCKED)
    assert info(model).read_bytes() == data


def test_odd_values_are_nothing(model: str) -> None:
    for value in (
        {"locked": "yes", "fit": 3},
        [],
        {"fit": "fill", "focus": ["a", float("inf")], "zoom": None},
        {"fit": "fit", "focus": [9, -9]},
    ):
        info(model).write_text(json.dumps({"model_manager": {"preview": value}}))
        state = read_state(model)
        assert not state.is_locked
        assert state.look is None or all(0 <= part <= 1 for part in state.look.focus)


def test_other_spelling_and_links(model: str, tmp_path: Path) -> None:
    upper = tmp_path / "m.v1.INFO"
    upper.write_text('{"name": "x"}')
    save_state(model, LOCKED)
    assert not info(model).exists() or os.path.samefile(info(model), upper)
    assert read_state(model) == LOCKED
    upper.unlink()
    info(model).symlink_to("nowhere")
    with pytest.raises(FileFault):
        save_state(model, LOCKED)
    assert os.readlink(info(model)) == "nowhere"


def test_other_values_of_ours_stay(model: str) -> None:
    save_own(model, "other", {"x": 1})
    save_state(model, LOCKED)
    save_own(model, "preview", None)
    assert read_own(model) == {"other": {"x": 1}}


def test_readers_of_the_info_go_on_reading(model: str) -> None:
    folder, name = os.path.split(model)
    info(model).write_text('{"id": 7, "modelId": 5, "name": "v1", "model": {"name": "Ink"}, "trainedWords": ["ink"], "favourite": true}')

    def details() -> object:
        return read_details(folder, name, families([name], os.listdir(folder))[name], Facts())

    before = details()
    save_state(model, LOCKED)
    assert details() == before
    info(model).unlink()
    save_state(model, LOCKED)
    found = read_details(folder, name, families([name], os.listdir(folder))[name], Facts())
    assert found.name == "m.v1" and not found.problems
