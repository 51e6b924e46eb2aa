"""Pickles of every layout: what they hold is listed, nothing is ever run."""

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest

from model_manager.core.formats import pickles
from model_manager.core.formats.opcodes import CutOff, Odd, Walker
from model_manager.core.formats.read import forget, read_facts
from model_manager.core.formats.write import onnx_bytes, torch_legacy_bytes, torch_zip_bytes
from model_manager.core.library.entry import Facts

ESRGAN = {"model.0.weight": ("F32", [4, 3]), "model.1.sub.0.RDB1.conv1.0.weight": ("F16", [2, 2])}


def put(folder: Path, data: bytes, name: str = "a.pth") -> Facts:
    path = folder / name
    path.write_bytes(data)
    return read_facts(str(path), len(data))


@pytest.mark.parametrize("wrapper", [None, "params_ema", "params", "state_dict", "model", "anything"])
def test_both_layouts_list_their_tensors(tmp_path: Path, wrapper: str | None) -> None:
    for data, form in ((torch_zip_bytes(ESRGAN, wrapper), "pickle"), (torch_legacy_bytes(ESRGAN, wrapper), "pickle_legacy")):
        facts = put(tmp_path, data)
        assert (facts.format, facts.verdict, facts.kind, facts.architecture) == (form, "ok", "upscale_models", "ESRGAN")
        assert (facts.parameters, facts.precision) == (16, "fp32")


def test_zipfile_agrees_that_the_archive_is_sound() -> None:
    with zipfile.ZipFile(io.BytesIO(torch_zip_bytes(ESRGAN))) as archive:
        assert archive.testzip() is None


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    zipped = torch_zip_bytes(ESRGAN)
    for length in (20, 300, len(zipped) // 2, len(zipped) - 1):
        assert put(tmp_path, zipped[:length]).verdict == "truncated"
    legacy = torch_legacy_bytes(ESRGAN)
    for length in (16, 60, 200, len(legacy) - 1):
        assert put(tmp_path, legacy[:length]).verdict == "truncated", length
    plain = pickle.dumps({"a": list(range(1000))})
    assert put(tmp_path, plain[:-5], "a.pkl").verdict == "truncated"


def test_a_zip_with_packed_entries_and_a_comment(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(torch_zip_bytes(ESRGAN))) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.comment = b"x" * 6000
    assert put(tmp_path, out.getvalue()).architecture == "ESRGAN"


def test_other_zips(tmp_path: Path) -> None:
    def zipped(*names: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")
        return out.getvalue()

    assert put(tmp_path, zipped("m/code/model.py", "m/constants.pkl")).format == "torchscript"
    assert put(tmp_path, zipped("weights.npy")).verdict == "ok"
    assert put(tmp_path, zipped("my_lora.safetensors", "readme.txt"), "a.ckpt").verdict == "not_a_model"


def test_archives_with_and_without_the_long_record(tmp_path: Path) -> None:
    data = torch_zip_bytes(ESRGAN)
    record, end = data.index(b"PK\x06\x06"), data.index(b"PK\x05\x06")
    full = bytearray(data)
    struct.pack_into("<LL", full, end + 12, 0xFFFFFFFF, 0xFFFFFFFF)
    one, two, three = (put(tmp_path, some) for some in (data, data[:record] + data[end:], bytes(full)))
    assert one == two == three
    assert (one.verdict, one.kind) == ("ok", "upscale_models")


def test_directories_that_lie(tmp_path: Path) -> None:
    data = bytearray(torch_zip_bytes(ESRGAN))
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 12, 1 << 31)
    assert put(tmp_path, bytes(data)).verdict == "bad_header"
    for at in (40, 48):  # length and offset in the long record, which must not say something else than the short one
        data = bytearray(torch_zip_bytes(ESRGAN))
        data[data.index(b"PK\x06\x06") + at] ^= 1
        assert put(tmp_path, bytes(data)).verdict == "bad_header"
    data = bytearray(torch_zip_bytes(ESRGAN))
    data[data.index(b"PK\x06\x07") + 8] ^= 1
    assert put(tmp_path, bytes(data)).verdict == "bad_header"
    data = bytearray(torch_zip_bytes(ESRGAN))
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 42, 7)
    assert put(tmp_path, bytes(data)).verdict == "bad_header"


class Evil:
    """An object whose unpickling would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_nothing_is_ever_run(tmp_path: Path, protocol: int) -> None:
    trap = tmp_path / "trap"
    data = pickle.dumps({"state_dict": Evil(trap)}, protocol)
    assert put(tmp_path, data, "a.pt").verdict == "ok"
    assert not trap.exists()
    found = Walker(data).walk()
    assert found.imports == [f"{os.mkdir.__module__} mkdir"]
    pickle.loads(data)
    assert trap.exists()  # the trap was real


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_ordinary_values_come_through(protocol: int) -> None:
    value = {"a": [1, -5, 2.5, True, None, "text", (1, 2, 3, 4)], "b": {"c": b"bytes"}, 7: 1 << 80, "o": OrderedDict(x=1)}
    found = Walker(pickle.dumps(value, protocol)).walk().value
    assert isinstance(found, dict)
    assert found["a"][:6] == [1, -5, 2.5, True, None, "text"]
    assert found["a"][6] == (1, 2, 3, 4)
    assert set(found) == {"a", "b", 7, "o"}


def test_an_embedding_and_a_hypernetwork(tmp_path: Path) -> None:
    for data in (
        torch_zip_bytes({"*": ("F32", [4, 768])}, "string_to_param"),
        torch_legacy_bytes({"*": ("F32", [4, 768])}, "string_to_param"),
    ):
        facts = put(tmp_path, data, "a.pt")
        assert (facts.kind, facts.base_model) == ("embeddings", "SD 1.5")
    names = {f"{width}.0.linear.0.weight": ("F32", [2, 2]) for width in (320, 640, 768, 1280)}
    assert put(tmp_path, torch_zip_bytes(names), "a.pt").kind == "hypernetworks"


def test_hostile_opcodes_are_bounded() -> None:
    with pytest.raises(Odd):
        Walker(b"\x80\x02" + b"N0" * 1000, most=500).walk()
    with pytest.raises(CutOff):
        Walker(b"\x80\x02X\xff\xff\xff\x7fabc").walk()
    for data in (b"\x80\x02.", b"\x80\x02t.", b"\x80\x02Ru.", b"\x80\x02h\x05.", b"\x80\x02\xff.", b"\x80\x04\x93."):
        with pytest.raises((Odd, CutOff)):
            Walker(data).walk()


def test_a_tree_of_references_does_not_explode() -> None:
    value: object = []
    for _ in range(40):
        value = [value] * 40
    assert pickles.tensors_of(Walker(pickle.dumps(value)).walk()) == {}
    loop: list[object] = []
    loop.append(loop)
    assert pickles.tensors_of(Walker(pickle.dumps(loop)).walk()) == {}


def test_a_remembered_pickle_says_the_same(tmp_path: Path) -> None:
    forget()
    data = torch_zip_bytes(ESRGAN)
    assert put(tmp_path, data) == put(tmp_path, data)


def test_tar_and_onnx(tmp_path: Path) -> None:
    assert put(tmp_path, b"x".ljust(257, b"\0") + b"ustar\x0000" + bytes(300)).format == "tar"
    facts = put(tmp_path, onnx_bytes(), "a.onnx")
    assert (facts.format, facts.verdict, facts.kind, facts.parameters, facts.precision) == ("onnx", "ok", "", 4, "fp32")
    assert put(tmp_path, onnx_bytes()[:60], "a.onnx").verdict == "truncated"
    assert put(tmp_path, onnx_bytes()[:10], "a.onnx").verdict == "truncated"
    assert put(tmp_path, b"\x08\x07\x0f" + bytes(40), "a.onnx").verdict == "bad_header"
