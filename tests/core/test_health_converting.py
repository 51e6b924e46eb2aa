"""Pickles become safetensors with the very same numbers, in a process of its own; anything but weights is refused and nothing is run."""

import json
import os
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from random import Random

import pytest

from model_manager.core.errors import BadFormat, Cancelled, FileFault
from model_manager.core.formats.read import read_facts
from model_manager.core.formats.write import torch_legacy_bytes, torch_zip_bytes
from model_manager.core.health import converting
from model_manager.core.health.converting import Made, convert, converted
from model_manager.core.health.grading import grade
from model_manager.core.health.records import SAFE
from model_manager.core.work import Work
from tests.core.pickle_case import bad, call, good, text, zipped

DTYPES = {
    "F64": ("DoubleStorage", 8),
    "F32": ("FloatStorage", 4),
    "F16": ("HalfStorage", 2),
    "BF16": ("BFloat16Storage", 2),
    "I64": ("LongStorage", 8),
    "I32": ("IntStorage", 4),
    "I16": ("ShortStorage", 2),
    "I8": ("CharStorage", 1),
    "U8": ("ByteStorage", 1),
    "BOOL": ("BoolStorage", 1),
}


def number(value: int) -> bytes:
    return b"\x8a\x08" + struct.pack("<q", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind: str, key: str, count: int, view: bytes = b"") -> bytes:
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(count) + view + b"tQ"


def tensor(stored: bytes, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: str = "") -> bytes:
    rest = number(offset) + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)R"
    if dtype:
        return b"ctorch._utils\n_rebuild_tensor_v3\n(" + stored + rest + f"ctorch\n{dtype}\n".encode() + b"tR"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + stored + rest + b"tR"


def parameter(inner: bytes) -> bytes:
    return b"ctorch._utils\n_rebuild_parameter\n" + inner + b"\x88ccollections\nOrderedDict\n)R\x87R"


def state(entries: dict[str, bytes]) -> bytes:
    items = b"".join(text(name) + value for name, value in entries.items())
    return b"\x80\x04ccollections\nOrderedDict\n)R(" + items + b"u."


def archive(entries: dict[str, bytes], storages: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    files = {"archive/data.pkl": state(entries), "archive/byteorder": b"little"}
    return zipped(files | {f"archive/data/{key}": data for key, data in storages.items()} | {"archive/version": b"3\n"}, method)


def read(path: Path) -> dict[str, tuple[str, list[int], bytes]]:
    """The tensors of a safetensors file, as its own table says."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__")
    start = 8 + length
    found = {}
    for name, about in header.items():
        begin, end = about["data_offsets"]
        found[name] = about["dtype"], about["shape"], data[start + begin : start + end]
    return found


def made(folder: Path, data: bytes) -> tuple[Made, dict[str, tuple[str, list[int], bytes]]]:
    source, target = folder / "a.pt", folder / ".mm-new.part"
    source.write_bytes(data)
    target.unlink(missing_ok=True)
    result = convert(str(source), str(target), lambda done, total: None)
    assert source.read_bytes() == data
    facts = read_facts(str(target), target.stat().st_size)
    assert (facts.format, facts.verdict, target.stat().st_size) == ("safetensors", "ok", result.size)
    return result, read(target)


def refusal(folder: Path, data: bytes) -> str:
    source, target = folder / "a.pt", folder / ".mm-new.part"
    source.write_bytes(data)
    target.unlink(missing_ok=True)
    with pytest.raises(BadFormat) as caught:
        convert(str(source), str(target), lambda done, total: None)
    assert not target.exists() and source.read_bytes() == data
    return caught.value.text


def test_all_usual_types_in_both_layouts(tmp_path: Path) -> None:
    chance = Random(1)
    kept: dict[str, bytes] = {}

    def fill(name: str, size: int) -> bytes:
        kept[name] = chance.randbytes(size)
        return kept[name]

    tensors = {f"model.{dtype}.weight": (dtype, [3, 4]) for dtype in DTYPES} | {"scalar": ("F32", []), "none": ("F16", [0, 4])}
    for write in (torch_zip_bytes, torch_legacy_bytes):
        for wrapper in (None, "state_dict", "params_ema"):
            result, found = made(tmp_path, write(tensors, wrapper, fill))
            assert result.tensors == len(tensors)
            assert {name: (dtype, shape) for name, (dtype, shape, _) in found.items()} == tensors
            assert {name: data for name, (_, _, data) in found.items()} == kept


def test_views_that_are_not_in_order_share_or_repeat(tmp_path: Path) -> None:
    raw = struct.pack("<24f", *range(24))
    stored = storage("FloatStorage", "0", 24)
    entries = {
        "plain": tensor(stored, 0, (4, 6), (6, 1)),
        "turned": tensor(stored, 0, (6, 4), (1, 6)),
        "part": tensor(stored, 8, (2, 3), (6, 1)),
        "last": tensor(stored, 0, (2, 2, 6), (1, 12, 2)),
        "repeated": tensor(stored, 5, (3, 2), (0, 0)),
        "again": tensor(stored, 0, (4, 6), (6, 1)),
        "one": tensor(stored, 3, (1, 4, 1), (99, 1, 7)),
        "weight": parameter(tensor(stored, 0, (2,), (12,))),
    }
    expected = {
        "plain": list(range(24)),
        "turned": [row + 6 * column for row in range(6) for column in range(4)],
        "part": [8, 9, 10, 14, 15, 16],
        "last": [a + 12 * b + 2 * c for a in range(2) for b in range(2) for c in range(6)],
        "repeated": [5] * 6,
        "again": list(range(24)),
        "one": [3, 4, 5, 6],
        "weight": [0, 12],
    }
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        _, found = made(tmp_path, archive(entries, {"0": raw}, method))
        assert {name: list(struct.unpack(f"<{len(data) // 4}f", data)) for name, (_, _, data) in found.items()} == expected


def test_types_of_today_on_untyped_storages(tmp_path: Path) -> None:
    stored = storage("UntypedStorage", "0", 16)
    entries = {"f8": tensor(stored, 4, (4,), (1,), "float8_e4m3fn"), "u16": tensor(stored, 1, (2, 2), (1, 2), "uint16")}
    _, found = made(tmp_path, archive(entries, {"0": bytes(range(16))}))
    assert found["f8"] == ("F8_E4M3", [4], bytes([4, 5, 6, 7]))
    assert found["u16"] == ("U16", [2, 2], bytes([2, 3, 6, 7, 4, 5, 8, 9]))


def test_a_view_of_a_storage_in_the_older_layout(tmp_path: Path) -> None:
    view = b"(" + text("v") + number(2) + number(3) + b"t"
    entries = {"a": tensor(storage("FloatStorage", "0", 6, view), 1, (2,), (1,))}
    data = (
        bytes.fromhex("80028a0a6cfc9c46f9206aa850192e") + b"\x80\x02M\xe9\x03." + pickle.dumps({"little_endian": True}, 2) + state(entries)
    )
    data += pickle.dumps(["0"], 2) + struct.pack("<q6f", 6, *range(6))
    assert struct.unpack("<2f", made(tmp_path, data)[1]["a"][2]) == (3.0, 4.0)
    other = data.replace(pickle.dumps({"little_endian": True}, 2), pickle.dumps({"little_endian": False}, 2))
    assert "other way round" in refusal(tmp_path, other)


def test_an_embedding_gets_the_name_comfyui_knows(tmp_path: Path) -> None:
    _, found = made(tmp_path, torch_zip_bytes({"*": ("F32", [4, 768])}, "string_to_param"))
    assert list(found) == ["emb_params"]


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    stored = storage("FloatStorage", "0", 2)
    inner = state({"w": tensor(stored, 0, (2,), (1,))})[2:-1]
    data = b"\x80\x02}(" + text("epoch") + b"K\x05" + text("state_dict") + inner + b"u."
    result, found = made(tmp_path, zipped({"archive/data.pkl": data, "archive/data/0": bytes(8)}))
    assert (result.left, list(found)) == (("epoch",), ["w"])


def checkpoint(weights: bytes, beside: bytes) -> bytes:
    """What a training program saves: weights, and its own state beside them."""
    return b"\x80\x04}(" + beside + text("state_dict") + weights[2:-1] + b"u."


def test_what_training_programs_keep_beside_the_weights_is_left_out(tmp_path: Path) -> None:
    weights = state({"w": tensor(storage("FloatStorage", "0", 2), 0, (2,), (1,))})
    rng = tensor(storage("ByteStorage", "1", 4), 0, (4,), (1,))
    beside = {
        "best": good()["scalar"][2:-1],
        "args": b"cargparse\nNamespace\n)\x81}" + text("lr") + b"K\x01sb",
        "callbacks": b"}cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n}s",
        "kinds": b"cbuiltins\nset\n](K\x01K\x02e\x85R",
        "size": b"ctorch\nSize\n(K\x01K\x02t\x85R",
        "many": b"ccollections\ndefaultdict\ncbuiltins\nlist\n\x85R(K\x01K\x02u",
        "deque": b"ccollections\ndeque\n)R(K\x01K\x02e",
        "rng": rng,
    }
    data = checkpoint(weights, b"".join(text(name) + value for name, value in beside.items()))
    storages = {"archive/data/0": struct.pack("<2f", 1, 2), "archive/data/1": bytes(4)}
    result, found = made(tmp_path, zipped({"archive/data.pkl": data} | storages))
    assert (found, result.left) == ({"w": ("F32", [2], struct.pack("<2f", 1, 2))}, tuple(beside))
    hidden = state({"w": tensor(storage("FloatStorage", "0", 2), 0, (2,), (1,)), "x": b"ccollections\ndeque\n)R(" + rng + b"e"})
    assert "not known" in refusal(tmp_path, zipped({"archive/data.pkl": hidden} | storages))


def test_a_tensor_with_a_class_and_attributes(tmp_path: Path) -> None:
    usual = tensor(storage("FloatStorage", "0", 2), 0, (2,), (1,))
    build, values = usual[: usual.index(b"(")], usual[usual.index(b"(") : -1]
    for cls in (b"ctorch\nTensor\n", b"ctorch.nn.parameter\nParameter\n", b"ctorch.nn.parameter\nBuffer\n"):
        whole = b"ctorch._tensor\n_rebuild_from_type_v2\n(" + build + cls + values + b"}" + text("note") + b"K\x01stR"
        assert made(tmp_path, archive({"w": whole}, {"0": bytes(range(8))}))[1]["w"] == ("F32", [2], bytes(range(8)))
        other = whole.replace(build, b"cbuiltins\ndict\n")
        assert "not known" in refusal(tmp_path, archive({"w": other}, {"0": bytes(8)}))


def test_numbers_that_pytorch_changes_when_it_uses_them_are_refused(tmp_path: Path) -> None:
    usual = tensor(storage("ComplexFloatStorage", "0", 2), 0, (2,), (1,))
    assert made(tmp_path, archive({"w": usual}, {"0": bytes(range(16))}))[1]["w"] == ("C64", [2], bytes(range(16)))
    for word in ("conj", "neg"):
        noted = usual[:-2] + b"}" + text(word) + b"\x88stR"
        assert "not known" in refusal(tmp_path, archive({"w": noted}, {"0": bytes(16)}))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_older_layout_in_every_protocol(tmp_path: Path, protocol: int) -> None:
    entries = state(
        {"a": tensor(storage("FloatStorage", "0", 2), 0, (2,), (1,)), "b": tensor(storage("HalfStorage", "k", 1), 0, (1,), (1,))}
    )
    magic = int.from_bytes(bytes.fromhex("6cfc9c46f9206aa85019"), "little")
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    head = b"".join(pickle.dumps(one, protocol) for one in (magic, 1001, system)) + entries + pickle.dumps(["0", "k"], protocol)
    data = head + struct.pack("<q2f", 2, 1, 2) + struct.pack("<qH", 1, 7)
    assert made(tmp_path, data)[1] == {"a": ("F32", [2], struct.pack("<2f", 1, 2)), "b": ("F16", [1], b"\7\0")}
    assert grade(str(tmp_path / "a.pt")).level == SAFE
    assert read_facts(str(tmp_path / "a.pt"), len(data)).format == "pickle_legacy"


def test_everything_else_refuses_with_its_name(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    for name, data in bad(marker).items():
        for packed in (data, zipped({"archive/data.pkl": data})):
            assert refusal(tmp_path, packed), name
    assert "os.system" in refusal(tmp_path, zipped({"archive/data.pkl": call("os", "system", f"touch {marker}")}))
    assert "Conv2d" in refusal(tmp_path, zipped({"archive/data.pkl": call("torch.nn.modules.conv", "Conv2d", "x")}))
    assert "_rebuild_qtensor" in refusal(tmp_path, zipped({"archive/data.pkl": call("torch._utils", "_rebuild_qtensor", "x")}))
    for name in ("scalar", "lightning"):  # harmless, but there are no weights in it
        assert "not known" in refusal(tmp_path, zipped({"archive/data.pkl": good()[name]}))
    assert not marker.exists()


def test_what_lies_is_refused(tmp_path: Path) -> None:
    stored, raw = storage("FloatStorage", "0", 4), bytes(16)
    for entry in (
        tensor(stored, 0, (5,), (1,)),
        tensor(stored, 2, (3,), (1,)),
        tensor(stored, 0, (2, 2), (9, 1)),
        tensor(storage("FloatStorage", "7", 4), 0, (4,), (1,)),
        tensor(stored, 0, (2,), (1, 1)),
        tensor(stored, -1, (2,), (1,)),
        tensor(stored, 0, (1 << 40, 1 << 20), (0, 0)),
        tensor(stored, 0, (1 << 30,), (0,)),
        tensor(stored, 0, (-1,), (1,)),
    ):
        assert refusal(tmp_path, archive({"a": entry}, {"0": raw}))
    assert refusal(tmp_path, archive({"a": b"]" + tensor(stored, 0, (4,), (1,)) + b"a"}, {"0": raw}))
    fine = archive({"a": tensor(stored, 0, (4,), (1,))}, {"0": raw})
    for length in (10, 100, len(fine) - 40):
        assert refusal(tmp_path, fine[:length])
    legacy = torch_legacy_bytes({"a": ("F32", [64])})
    assert refusal(tmp_path, legacy[:-20])
    assert refusal(tmp_path, pickle.dumps({"a": 1}))
    surrogate = b"X\x03\0\0\0\xed\xa0\x80"
    fine = tensor(stored, 0, (4,), (1,))
    assert refusal(tmp_path, zipped({"archive/data.pkl": b"\x80\x02}" + surrogate + fine + b"s.", "archive/data/0": raw}))


def test_damage_anywhere_is_refused_or_converted_and_never_a_fault(tmp_path: Path) -> None:
    chance = Random(5)
    samples = [torch_zip_bytes({"a": ("F32", [8, 8])}), torch_legacy_bytes({"a": ("F32", [8, 8])})]
    source, target = tmp_path / "a.pt", tmp_path / "new"
    for _ in range(150):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            data[place : place + 2] = chance.randbytes(2)
        source.write_bytes(data)
        try:
            convert(str(source), str(target), lambda done, total: None)
        except (BadFormat, MemoryError):
            assert not target.exists()
        target.unlink(missing_ok=True)


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    source, target = tmp_path / "a.pt", tmp_path / ".mm-new.part"
    source.write_bytes(torch_zip_bytes({"a": ("F32", [300, 400])}))
    result = converted(str(source), str(target), Work(), lambda done, total: None)
    assert (result.tensors, read(target)["a"][1]) == (1, [300, 400])
    before = target.read_bytes()
    with pytest.raises(FileFault, match="there already"):
        converted(str(source), str(target), Work(), lambda done, total: None)
    assert target.read_bytes() == before


def test_a_process_that_refuses_dies_or_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target, marker = tmp_path / "a.pt", tmp_path / "new", tmp_path / "ran"
    source.write_bytes(zipped({"archive/data.pkl": call("os", "system", f"touch {marker}")}))
    with pytest.raises(FileFault, match=r"os\.system"):
        converted(str(source), str(target), Work(), lambda done, total: None)
    assert not target.exists() and not marker.exists()
    source.write_bytes(torch_zip_bytes({"a": ("F32", [1000, 4000])}))
    work = Work()
    work.cancel()
    with pytest.raises(Cancelled):
        converted(str(source), str(target), work, lambda done, total: None)
    assert not target.exists()
    monkeypatch.setattr(converting, "ARGUMENT", "--no-such-thing")
    with pytest.raises(FileFault, match="memory or time"):
        converted(str(source), str(target), Work(), lambda done, total: None)


@pytest.mark.skipif(sys.platform == "win32", reason="memory is bounded by the system there")
def test_memory_is_bounded(tmp_path: Path) -> None:
    source, target = tmp_path / "a.pt", tmp_path / "new"
    source.write_bytes(zipped({"archive/data.pkl": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40)}))
    with pytest.raises(FileFault):
        converted(str(source), str(target), Work(), lambda done, total: None)
    assert os.listdir(tmp_path) == ["a.pt"]
