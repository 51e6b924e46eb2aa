"""The person's notes: read, saved, and never lost."""

import os
import sys
from pathlib import Path

import pytest
import yaml

from model_manager.core.errors import FileFault
from model_manager.core.library.entry import Details
from model_manager.core.sidecars.front_matter import split
from model_manager.core.sidecars.notes import read_notes, save_notes
from model_manager.core.sidecars.reading import TEXT_LIMIT

HEAD = "---\nauthor: fern\n# a comment\nhashes: {AutoV2: 0011223344}\nunknown key:   [1,  2]\n---\n\n"


@pytest.mark.parametrize(
    ("text", "head", "inner", "body"),
    [
        ("---\na: 1\n---\n\nbody\n", "---\na: 1\n---\n\n", "a: 1\n", "body\n"),
        ("\ufeff---\r\na: 1\r\n---\r\n\r\nbody", "\ufeff---\r\na: 1\r\n---\r\n\r\n", "a: 1\r\n", "body"),
        ("---\na: 1\n...\nbody", "---\na: 1\n...\n", "a: 1\n", "body"),
        ("---\n---\nbody", "---\n---\n", "", "body"),
        ("---\na: 1\n---", "---\na: 1\n---", "a: 1\n", ""),
        ("---\nnever closed: 1\n", "", "", "---\nnever closed: 1\n"),
        ("---\nA rule, some words.\n---\nmore", "", "", "---\nA rule, some words.\n---\nmore"),
        ("---\n# only\n{a: 1}\n---\nx", "---\n# only\n{a: 1}\n---\n", "# only\n{a: 1}\n", "x"),
        ("plain\n---\na: 1\n---\n", "", "", "plain\n---\na: 1\n---\n"),
        ("\ufeffplain", "\ufeff", "", "plain"),
        ("", "", "", ""),
    ],
)
def test_split(text: str, head: str, inner: str, body: str) -> None:
    assert split(text) == (head, inner, body)


def test_nothing_there(tmp_path: Path) -> None:
    assert read_notes(str(tmp_path), "m.safetensors") == ""
    assert read_notes(str(tmp_path / "gone"), "m.safetensors") == ""


def test_new_file_and_text_file_stays(tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("old words")
    path = save_notes(str(tmp_path), "m.safetensors", "# Mine\nü 日本\n", expected="")
    assert path == str(tmp_path / "m.md")
    assert (tmp_path / "m.md").read_bytes() == "# Mine\nü 日本\n".encode()
    assert (tmp_path / "m.txt").read_text() == "old words"
    assert sorted(os.listdir(tmp_path)) == ["m.md", "m.txt"]


def test_new_file_with_front_matter(tmp_path: Path) -> None:
    details = Details(
        author="fern: lab",
        base_model="Pony",
        hashes={"sha256": "ab" * 32, "autov2": "0011223344"},
        links=(("example.org", "https://example.org"), ("Civitai", "https://civitai.com/models/7?modelVersionId=9")),
        sources={"author": "m.civitai.info", "base_model": "header", "hashes": "m.civitai.info"},
    )
    save_notes(str(tmp_path), "m.safetensors", "body", details=details)
    _, inner, body = split((tmp_path / "m.md").read_text())
    assert body == "body"
    assert yaml.safe_load(inner) == {
        "author": "fern: lab",
        "hashes": {"AutoV2": "0011223344", "SHA256": "AB" * 32},
        "modelPage": "https://civitai.com/models/7?modelVersionId=9",
        "website": "Civitai",
    }
    assert read_notes(str(tmp_path), "m.safetensors") == "body"


def test_details_that_say_nothing_make_no_front_matter(tmp_path: Path) -> None:
    save_notes(str(tmp_path), "m.safetensors", "body", details=Details(name="m", base_model="Pony", sources={"base_model": "header"}))
    assert (tmp_path / "m.md").read_bytes() == b"body"


def test_front_matter_is_kept_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "m.md").write_bytes((HEAD + "old\n").encode())
    assert read_notes(str(tmp_path), "m.safetensors") == "old\n"
    save_notes(str(tmp_path), "m.safetensors", "new *text*\n", expected="old\n")
    assert (tmp_path / "m.md").read_bytes() == (HEAD + "new *text*\n").encode()


def test_windows_lines_and_mark_are_kept(tmp_path: Path) -> None:
    head = ("\ufeff" + HEAD).replace("\n", "\r\n").encode()
    (tmp_path / "m.md").write_bytes(head + b"one\r\ntwo\r\n")
    assert read_notes(str(tmp_path), "m.safetensors") == "one\ntwo\n"
    save_notes(str(tmp_path), "m.safetensors", "one\ntwo\nthree\n", expected="one\ntwo")
    assert (tmp_path / "m.md").read_bytes() == head + b"one\r\ntwo\r\nthree\r\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1252"])
def test_foreign_encodings_are_kept(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    (tmp_path / "m.md").write_bytes((mark + "---\nauthor: Jörg\n---\n\nschön").encode(encoding))
    assert read_notes(str(tmp_path), "m.safetensors") == "schön"
    save_notes(str(tmp_path), "m.safetensors", "größer")
    assert (tmp_path / "m.md").read_bytes() == (mark + "---\nauthor: Jörg\n---\n\ngrößer").encode(encoding)


def test_letters_the_encoding_lacks_turn_the_file_to_utf8(tmp_path: Path) -> None:
    (tmp_path / "m.md").write_bytes("---\nauthor: Jörg\n---\nschön".encode("cp1252"))
    save_notes(str(tmp_path), "m.safetensors", "日本")
    assert (tmp_path / "m.md").read_text("utf-8") == "---\nauthor: Jörg\n---\n日本"


def test_changed_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "m.md").write_text(HEAD + "theirs")
    with pytest.raises(FileFault, match="changed by another program"):
        save_notes(str(tmp_path), "m.safetensors", "mine", expected="as loaded")
    assert (tmp_path / "m.md").read_text() == HEAD + "theirs"
    with pytest.raises(FileFault):
        save_notes(str(tmp_path), "other.safetensors", "mine", expected="there was something")
    assert not (tmp_path / "other.md").exists()


def test_unchanged_notes_are_not_written(tmp_path: Path) -> None:
    (tmp_path / "m.md").write_text(HEAD + "same")
    before = (tmp_path / "m.md").stat().st_ino
    save_notes(str(tmp_path), "m.safetensors", "same")
    assert (tmp_path / "m.md").stat().st_ino == before


def test_emptied_notes_keep_the_front_matter(tmp_path: Path) -> None:
    (tmp_path / "m.md").write_text(HEAD + "words")
    save_notes(str(tmp_path), "m.safetensors", "")
    assert (tmp_path / "m.md").read_text() == HEAD


def test_other_case_of_the_suffix_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "m.MD").write_text("loud")
    assert read_notes(str(tmp_path), "m.safetensors") == "loud"
    assert save_notes(str(tmp_path), "m.safetensors", "louder") == str(tmp_path / "m.MD")
    assert os.listdir(tmp_path) == ["m.MD"]


def test_stem_with_dots_and_brackets(tmp_path: Path) -> None:
    save_notes(str(tmp_path), "[x] foo.v2.safetensors", "second")
    assert os.listdir(tmp_path) == ["[x] foo.v2.md"]
    assert read_notes(str(tmp_path), "[x] foo.safetensors") == ""


def test_stem_too_long_for_the_drive(tmp_path: Path) -> None:
    with pytest.raises(FileFault):
        save_notes(str(tmp_path), "x" * 300 + ".safetensors", "words")
    assert os.listdir(tmp_path) == []


def test_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "m.md").mkdir()
    with pytest.raises(FileFault, match=r"m\.md"):
        read_notes(str(tmp_path), "m.safetensors")
    with pytest.raises(FileFault):
        save_notes(str(tmp_path), "m.safetensors", "words")


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(FileFault):
        save_notes(str(tmp_path / "folder"), "m.safetensors", "words")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_broken_link_is_said(tmp_path: Path) -> None:
    (tmp_path / "m.md").symlink_to("gone")
    with pytest.raises(FileFault, match="link"):
        read_notes(str(tmp_path), "m.safetensors")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(tmp_path: Path) -> None:
    (tmp_path / "m.md").write_text("old")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileFault):
            save_notes(str(tmp_path), "m.safetensors", "new")
    finally:
        tmp_path.chmod(0o700)
    assert (tmp_path / "m.md").read_text() == "old"


def test_failed_write_keeps_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.md").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFault, match="full"):
        save_notes(str(tmp_path), "m.safetensors", "new")
    assert (tmp_path / "m.md").read_text() == "old"
    assert os.listdir(tmp_path) == ["m.md"]


@pytest.mark.parametrize("data", [b"x" * (TEXT_LIMIT + 1), b"\0\1\2 not text"])
def test_what_cannot_be_read_is_not_overwritten(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.md").write_bytes(data)
    with pytest.raises(FileFault):
        save_notes(str(tmp_path), "m.safetensors", "new")
    assert (tmp_path / "m.md").read_bytes() == data
