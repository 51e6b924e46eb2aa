"""Archives that mean harm, or were harmed: a clear sentence, nothing written outside of model folders, the good files still restored."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from backup_case import Case, Forged, compact
from hypothesis import given
from hypothesis import strategies as st
from random_case import examples

from model_manager.core.errors import FileFault
from model_manager.core.tidy import backup_reading
from model_manager.core.tidy.backup_match import ALL
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.work import Work

HEAD = compact({"backup": 1, "made": 1.0, "program": "x"})


@pytest.fixture
def case(tmp_path: Path) -> Case:
    found = Case(tmp_path / "home")
    return found


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()


def forged(case: Case) -> Forged:
    """An archive for the model `ink`, with one good file."""
    size = case.put("ink.safetensors").stat().st_size
    made = Forged(case.zip)
    made.model("ink.safetensors", size)
    made.file("ink.md", b"good")
    return made


def everything(case: Case) -> set[str]:
    top = case.loras.parent.parent.parent
    return {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file() and "data" not in path.parts}


@pytest.mark.parametrize(
    "name",
    [
        "../../ink.png", "ink/../../../evil.png", "/etc/evil.png", "C:\\evil.png", "ink.exe", "ink.safetensors", "other.png", "ink",
        "ink.png/../x.png", "..\\ink.png", "", "ink.preview.png\0.png", "ink.PNG ", "ink.bat.png", "\udcffink.png",
    ],
)  # fmt: skip
def test_only_names_of_previews_and_sidecars_of_the_model_are_written(case: Case, name: str) -> None:
    made = forged(case)
    made.file(name, b"evil", entry="files/evil")
    made.write()
    before = everything(case)
    plan, report = case.restore(ALL)
    assert everything(case) - before == {"home/models/loras/ink.md"} and not report.count("failed")
    assert [one for one in plan.refused if "left out" in one.text]


def test_entries_may_be_called_anything_as_they_name_no_path(case: Case) -> None:
    made = forged(case)
    made.file("ink.png", b"fine", entry="../../../../etc/passwd")
    made.write()
    before = everything(case)
    case.restore()
    assert everything(case) - before == {"home/models/loras/ink.md", "home/models/loras/ink.png"}


def test_models_of_the_list_lead_nowhere(case: Case) -> None:
    made = Forged(case.zip)
    case.put("ink.safetensors")
    made.model("../../../evil/ink.safetensors", 10, root="../..")
    made.file("ink.md")
    made.write()
    plan, _ = case.restore(ALL)
    assert not plan.acts and "no such model" in plan.refused[0].text


def link(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


def folder(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o040777 << 16


@pytest.mark.parametrize("harm", [link, folder])
def test_what_is_no_plain_file_is_left_out(case: Case, harm: Callable[[zipfile.ZipInfo], None]) -> None:
    made = forged(case)
    harm(made.file("ink.png", b"/etc/passwd"))
    made.write()
    plan, _ = case.restore()
    assert not (case.loras / "ink.png").exists() and (case.loras / "ink.md").exists()
    assert any("not a plain file" in one.text for one in plan.refused)


def test_bombs_are_left_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    made = forged(case)
    made.file("ink.json", b"\0" * 30_000_000).compress_type = zipfile.ZIP_DEFLATED
    made.write()
    assert os.path.getsize(case.zip) < 100_000
    plan, _ = case.restore()
    assert any("a trap" in one.text for one in plan.refused) and not (case.loras / "ink.json").exists()
    monkeypatch.setattr(backup_reading, "MOST_RATIO", 1_000_000)
    monkeypatch.setattr(backup_reading, "MOST_OF_FILE", 20_000_000)
    with Archive(case.zip) as archive:
        assert [text for _, text in archive.faults] == ["ink.json is left out: it would take 30.0 MB."]


@pytest.mark.parametrize("lie", [{"size": 3}, {"size": 5000}, {"sum": "0" * 32}, {"sum": ""}])
def test_lies_about_a_file(case: Case, lie: dict[str, object]) -> None:
    made = forged(case)
    made.file("ink.png", b"picture", **lie)
    made.write()
    plan, _ = case.restore()
    assert not (case.loras / "ink.png").exists() and (case.loras / "ink.md").read_bytes() == b"good"
    assert any("ink.png" in one.text for one in plan.refused)


def test_a_size_in_the_header_of_the_zip_that_lies(case: Case) -> None:
    """The central list says 7 bytes, the entry unpacks to more: no more than that is taken."""
    made = forged(case)
    made.file("ink.json", b"A" * 4000, size=7).compress_type = zipfile.ZIP_DEFLATED
    made.write()
    data = bytearray(Path(case.zip).read_bytes())
    wrong = (4000).to_bytes(4, "little")
    places = [place for place in range(len(data)) if data[place : place + 4] == wrong]
    for place in places:
        data[place : place + 4] = (7).to_bytes(4, "little")
    Path(case.zip).write_bytes(data)
    assert places
    plan, _ = case.restore()
    assert not (case.loras / "ink.json").exists() and any("damaged" in one.text or "larger" in one.text for one in plan.refused)


def test_missing_and_encrypted_entries(case: Case) -> None:
    made = forged(case)
    made.file("ink.png", is_there=False)
    made.file("ink.json", b"{}")
    made.write()
    data = bytearray(Path(case.zip).read_bytes())
    for start in (b"PK\1\2", b"PK\3\4"):
        place = data.index(b"ink.json", 0)
        while (head := data.rfind(start, 0, place)) < 0:
            place = data.index(b"ink.json", place + 1)
        data[head + (8 if start == b"PK\1\2" else 6)] |= 1
    Path(case.zip).write_bytes(data)
    plan, _ = case.restore()
    texts = " ".join(one.text for one in plan.refused)
    assert "not there" in texts and ("encrypted" in texts or "damaged" in texts) and (case.loras / "ink.md").exists()


def test_two_entries_of_one_name(case: Case) -> None:
    made = forged(case)
    made.file("ink.png", b"one", entry="files/same")
    made.file("ink.json", b"two", entry="files/same")
    with pytest.warns(UserWarning, match="Duplicate"):
        made.write()
    with pytest.raises(FileFault, match="two files of one name"):
        case.compare()


def test_packed_again_by_another_program_with_names_in_another_encoding(case: Case) -> None:
    made = forged(case)
    made.file("ink.png", b"picture", entry="files/naïve")
    made.write()
    data = bytearray(Path(case.zip).read_bytes().replace("naïve".encode(), b"na\x8bve "))
    for start, flags in ((b"PK\1\2", 9), (b"PK\3\4", 7)):
        data[data.rfind(start, 0, data.index(b"na\x8bve") if start == b"PK\3\4" else data.rindex(b"na\x8bve")) + flags] &= ~8 & 0xFF
    Path(case.zip).write_bytes(data)
    plan, _ = case.restore()
    assert (case.loras / "ink.md").exists() and not (case.loras / "ink.png").exists()
    assert any("not there" in one.text or "damaged" in one.text for one in plan.refused)


@pytest.mark.parametrize(
    "index",
    [
        b"", b"{}", b"[]\n", b'{"backup":"1"}\n', b"\xff\xfe\n", b"[" * 100_000, compact({"backup": 1, "made": "x", "program": ""}),
        HEAD + b"{}x\n",
        HEAD + compact({"model": -1, "root": "", "kind": "", "path": "", "size": 1, "mtime_ns": 1}),
        HEAD + compact({"file": "x", "of": 5, "name": "n", "size": 1, "mtime_ns": 1, "sum": ""}),
        HEAD + compact({"model": 0}) + b"\n" * 10,
        HEAD + b'{"model":0,"root":"' + b"x" * 300_000 + b'"}\n',
    ],
)  # fmt: skip
def test_lists_that_are_none(case: Case, index: bytes) -> None:
    made = forged(case)
    made.write(index)
    with pytest.raises(FileFault, match="damaged"):
        case.compare()


def test_a_newer_format(case: Case) -> None:
    made = forged(case)
    made.lines[0]["backup"] = 2
    made.write()
    with pytest.raises(FileFault, match="newer version"):
        case.compare()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\5\6" + b"\0" * 18, b"PK\3\4" + b"\0" * 200])
def test_files_that_are_no_backup(case: Case, content: bytes) -> None:
    Path(case.zip).write_bytes(content)
    with pytest.raises(FileFault, match="no backup"):
        case.compare()
    case.zip += ".gone"
    with pytest.raises(FileFault, match="not there"):
        case.compare()


@given(where=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6), cut=st.booleans())
@examples(60)
def test_damage_anywhere(tmp_path_factory: pytest.TempPathFactory, where: list[tuple[float, int]], cut: bool) -> None:
    """Whatever is changed in it: a fault with a sentence, or files that are what they were."""
    top = tmp_path_factory.mktemp("damage")
    case = Case(top)
    made = forged(case)
    made.file("ink.png", b"picture" * 50)
    made.write()
    data = bytearray(Path(case.zip).read_bytes())
    for place, value in where:
        data[int(place * len(data))] = value
    Path(case.zip).write_bytes(data[: int(where[0][0] * len(data))] if cut else data)
    good = {"ink.md": b"good", "ink.png": b"picture" * 50}
    try:
        with Archive(case.zip) as archive:
            for file in archive.contents.all_files():
                try:
                    content = archive.read(file, Work())
                except FileFault as fault:
                    assert fault.text
                else:
                    assert content in good.values()
    except FileFault as fault:
        assert fault.text
