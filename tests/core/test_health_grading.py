"""A set of known bad and of benign pickles in every container: none is missed, none is taken for another, and nothing is ever run."""

import io
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from random import Random

import pytest

from model_manager.core.formats.write import safetensors_bytes, torch_zip_bytes
from model_manager.core.health.grading import grade, grade_file
from model_manager.core.health.records import DANGEROUS, LEVELS, SAFE, SUSPICIOUS, UNCHECKED, Grade
from tests.core.pickle_case import CONTAINERS, TENSORS, bad, call, good, legacy, stack_call, suspicious, text, zipped

NAMES = tuple(bad(Path("/nowhere")))


def graded(folder: Path, data: bytes, name: str = "a.pt") -> Grade:
    path = folder / name
    path.write_bytes(data)
    return grade(str(path))


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_bad_one_is_missed(tmp_path: Path, container: str) -> None:
    marker = tmp_path / "ran"
    found = {name: graded(tmp_path, CONTAINERS[container](data)) for name, data in bad(marker).items()}
    assert {name: one.level for name, one in found.items() if one.level != DANGEROUS} == {}
    assert all(one.imports[0].text for one in found.values())
    assert not marker.exists()


def test_no_bad_one_is_missed_in_the_older_layout(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    whole = {name: data for name, data in bad(marker).items() if data.endswith(b".")}
    assert len(whole) > 80
    assert {name for name, data in whole.items() if graded(tmp_path, legacy(data)).level != DANGEROUS} == set()
    assert not marker.exists()


@pytest.mark.parametrize(
    "name", ["os", "exec", "STACK_GLOBAL", "memo", "memo again", "memo far", "escaped", "INST", "OBJ", "computed", "broken behind"]
)
def test_the_traps_are_real(tmp_path: Path, name: str) -> None:
    marker = tmp_path / "ran"
    data = next(data for key, data in bad(marker).items() if name in key)
    subprocess.run(
        [sys.executable, "-c", "import pickle, sys; pickle.load(sys.stdin.buffer)"], input=data, capture_output=True, check=False
    )
    assert marker.exists()


def test_what_training_programs_write_is_safe(tmp_path: Path) -> None:
    for name, data in good().items():
        found = graded(tmp_path, data)
        assert (found.level, found.doubts) == (SAFE, ()), (name, found)
        for container in ("zip", "deflated"):
            found = graded(tmp_path, CONTAINERS[container](data)) if data[:1] == b"\x80" and name != "legacy" else found
            assert (found.level, found.doubts) == (SAFE, ()), (name, container, found)


def test_an_entry_without_bytes_is_no_archive_in_the_archive(tmp_path: Path) -> None:
    found = graded(tmp_path, zipped({"archive/data.pkl": pickle.dumps({}), "archive/data/0": b"", "archive/data/1": bytes(8)}))
    assert (found.level, found.doubts) == (SAFE, ())


def test_a_torchscript_program_is_suspicious_and_no_more(tmp_path: Path) -> None:
    data = call("torch.jit._pickle", "build_intlist", "x")
    found = graded(tmp_path, zipped({"m/data.pkl": data, "m/code/__torch__.py": b"def f(): pass"}))
    assert found.level == SUSPICIOUS
    assert graded(tmp_path, call("torch.jit._pickle", "os.system", "x")).level == DANGEROUS


def test_what_is_unknown_or_cannot_be_followed_is_never_safe(tmp_path: Path) -> None:
    for name, data in suspicious("x").items():
        assert graded(tmp_path, data).level in (SUSPICIOUS, UNCHECKED), name
        assert graded(tmp_path, zipped({"archive/data.pkl": data})).level in (SUSPICIOUS, UNCHECKED), name
    assert graded(tmp_path, b"cfoo.bar\nbaz\n\xff").level == SUSPICIOUS
    assert grade(str(tmp_path / "missing.pt")).level == UNCHECKED


def test_what_is_no_pickle_has_no_grade(tmp_path: Path) -> None:
    for data in (b"", safetensors_bytes(TENSORS), b"GGUF" + bytes(60), os.urandom(9), zipped({"weights/readme.txt": b"hello"})):
        if data[:1] not in b"\x80(c]}N" or not data:
            assert graded(tmp_path, data).level == "", data[:20]


def test_a_header_that_begins_like_a_pickle_is_none(tmp_path: Path) -> None:
    for length in (0x80, 0x180, 0x280, 0x480):
        header = b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'.ljust(length)
        data = struct.pack("<Q", length) + header + bytes(4)
        assert graded(tmp_path, data, "a.ckpt").level == ""
    both = b"\x80\x02X\x05\x00\x00\x00\x00{" + b'"a"' + b"cos\nsystem\n(X\x01\x00\x00\x00xtR."
    assert graded(tmp_path, both + b" " * (0x5580280 - len(both) + 8), "a.ckpt").level == DANGEROUS


def test_raw_numbers_are_not_taken_for_a_pickle(tmp_path: Path) -> None:
    storages = {
        f"archive/data/{n}": start + b"\x93\x00\x17" * 40 for n, start in enumerate((b"\x80\x02", b"(c", b"N", b"}", b"cab\ncd\n\x93"))
    }
    assert graded(tmp_path, zipped({"archive/data.pkl": pickle.dumps({}, 2), **storages})).level == SAFE
    hidden = {"archive/data/0": call("os", "system", "x"), "archive/data.pkl": pickle.dumps({}, 2)}
    assert graded(tmp_path, zipped(hidden)).level == DANGEROUS


def test_names_say_what_they_would_do(tmp_path: Path) -> None:
    found = graded(tmp_path, call("os", "system", "x") + call("webbrowser", "open", "y") + call("collections", "OrderedDict"))
    assert [(one.name, one.level) for one in found.imports] == [
        ("os system", DANGEROUS),
        ("webbrowser open", DANGEROUS),
        ("collections OrderedDict", SAFE),
    ]
    assert "commands" in found.imports[0].text


# archives that lie


def test_a_bomb_neither_hangs_nor_fills_memory(tmp_path: Path) -> None:
    bomb = zipped({"archive/data.pkl": bytes(200 << 20), "archive/data/0": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    assert graded(tmp_path, bomb).level in (SUSPICIOUS, UNCHECKED)
    inside = zipped({"a.pkl": b"N" * 1000})
    for _ in range(9):
        inside = zipped({"inner.zip": inside, "b.pkl": pickle.dumps(1)})
    assert graded(tmp_path, inside).level == UNCHECKED
    many = b"\x80\x02" + b"]q\x00" + b"h\x00" * 100_000 + b"(" + b"h\x00" * 1000 + b"l."
    assert graded(tmp_path, many).level in (SAFE, UNCHECKED)
    keys = (
        b"\x80\x02}("
        + b"".join(b"\x8a\x0c" + (n * ((1 << 61) - 1)).to_bytes(12, "little", signed=True) + b"N" for n in range(20_000))
        + b"u."
    )
    assert graded(tmp_path, keys).level == SAFE


def patched(data: bytes, mark: bytes, place: int, value: bytes, last: bool = False) -> bytes:
    start = (data.rindex(mark) if last else data.index(mark)) + place
    return data[:start] + value + data[start + len(value) :]


def test_archives_that_lie_are_never_safe(tmp_path: Path) -> None:
    evil, fine = call("os", "system", "touch x"), pickle.dumps({}, 2)
    plain = zipped({"archive/data.pkl": evil, "archive/version": b"3"})
    packed = zipped({"archive/data.pkl": evil, "archive/version": b"3"}, zipfile.ZIP_DEFLATED)
    central, local, end = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
    lies = {
        "size": patched(plain, central, 24, struct.pack("<L", 3)),
        "packed size": patched(plain, central, 20, struct.pack("<L", 3)),
        "huge": patched(plain, central, 20, struct.pack("<LL", 1 << 31, 1 << 31)),
        "packed huge": patched(packed, central, 24, b"\xff\xff\xff\x7f"),
        "crc": patched(plain, central, 16, b"\0\0\0\0"),
        "local crc": patched(plain, local, 14, b"\1\2\3\4"),
        "method": patched(plain, central, 10, b"\x08\0"),
        "unknown method": patched(plain, central, 10, b"\x63\0"),
        "locked": patched(patched(plain, local, 6, b"\1\0"), central, 8, b"\1\0"),
        "local name": patched(plain, b"archive/data.pkl", 0, b"archive/data.txt"),
        "central name": patched(plain, b"archive/data.pkl", 0, b"archive/data.txt", True),
        "offset": patched(plain, central, 42, struct.pack("<L", 7)),
        "count": patched(plain, end, 8, struct.pack("<HH", 0, 0)),
        "directory size": patched(plain, end, 12, struct.pack("<L", 1)),
        "no end": plain[: plain.rindex(end)],
        "cut": plain[:-30],
        "hidden between": zipped({"a/data.pkl": fine})[: zipped({"a/data.pkl": fine}).index(central)] and hidden_between(fine, evil),
        "twice": twice(fine, evil),
        "comment": commented(fine, evil),
        "program": zipped({"a/data.pkl": fine, "a/setup.py": b"import os"}),
        "torchscript": zipped({"a/data.pkl": fine, "a/code/__torch__.py": b"x", "a/constants.pkl": fine}),
    }
    levels = {name: graded(tmp_path, data).level for name, data in lies.items()}
    assert {name: level for name, level in levels.items() if level not in (SUSPICIOUS, UNCHECKED, DANGEROUS)} == {}
    must = ("crc", "local crc", "locked", "size", "local name", "central name", "twice")
    assert {name: levels[name] for name in must} == dict.fromkeys(must, DANGEROUS)


def hidden_between(fine: bytes, evil: bytes) -> bytes:
    """An archive with an entry that its table of contents does not name."""
    data = zipped({"a/data.pkl": evil, "a/more.pkl": fine})
    start = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", start + 4)
    end = data.index(b"PK\x05\x06")
    tail = bytearray(data[end:])
    struct.pack_into("<HHLL", tail, 8, 1, 1, end - second, start)
    return data[:start] + data[second:end] + bytes(tail)


def twice(fine: bytes, evil: bytes) -> bytes:
    data = zipped({"a/data.pkl": evil, "a/data.pk1": fine})
    return data.replace(b"a/data.pk1", b"a/data.pkl")


def commented(fine: bytes, evil: bytes) -> bytes:
    """One archive in the comment of another."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", fine)
        archive.comment = zipped({"archive/data.pkl": evil})
    return out.getvalue()


def test_a_real_layout_of_torch_with_padding_and_descriptors(tmp_path: Path) -> None:
    out = io.BytesIO()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return out.write(data)  # type: ignore[arg-type]

    with zipfile.ZipFile(io.BytesIO(torch_zip_bytes(TENSORS))) as source, zipfile.ZipFile(Pipe(), "w") as target:  # type: ignore[arg-type]
        for name in source.namelist():
            info = zipfile.ZipInfo(name)
            info.extra = b"FB" + struct.pack("<H", 40) + bytes(40)
            target.writestr(info, source.read(name))
    assert (graded(tmp_path, out.getvalue()).level, graded(tmp_path, out.getvalue()).doubts) == (SAFE, ())


def test_tar_of_the_first_years(tmp_path: Path) -> None:
    for data, level in ((call("os", "system", "x"), DANGEROUS), (pickle.dumps({}, 2), SUSPICIOUS)):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name in ("storages", "tensors", "pickle"):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        assert graded(tmp_path, out.getvalue()).level == level


@pytest.mark.parametrize("size", [1 << 18, (1 << 18) + 1, 8 << 20])
def test_a_pickle_that_ends_where_reading_pauses_hides_nothing(tmp_path: Path, size: int) -> None:
    first = pickle.dumps(b"x" * (size - 100), 4)
    first = pickle.dumps(b"x" * (size - 100 + size - len(first)), 4)
    assert abs(len(first) - size) < 2
    assert graded(tmp_path, first + stack_call(text("os"), text("system"), "x")).level == DANGEROUS


def test_damaged_archives_and_pickles_are_graded_without_a_fault(tmp_path: Path) -> None:
    chance = Random(7)
    evil = call("os", "system", "touch x")
    samples = [contain(evil) for contain in CONTAINERS.values()] + [legacy(evil), good()["zip"], good()["legacy"]]
    for _ in range(400):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(len(data))
            data[place : place + 4] = chance.choice((b"\xff" * 4, bytes(4), chance.randbytes(4), b"PK\x01\x02", b"PK\x05\x06"))
        assert grade_file(io.BytesIO(bytes(data)), len(data)).level in ("", *LEVELS)
