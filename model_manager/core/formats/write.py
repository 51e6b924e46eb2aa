"""Writes small, valid model files of every container, byte for byte the same at each call.

The demo library, the benchmarks and the tests build their files with it; nothing here reads. It must never touch a user's file.
"""

import io
import json
import math
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

from model_manager.core.formats.dtypes import BITS, GGML, TORCH_STORAGES

Tensors = Mapping[str, tuple[str, Sequence[int]]]
Fill = Callable[[str, int], bytes]

_GGML_NUMBERS = {name: (number, block, size) for number, (name, block, size) in GGML.items()}
_STORAGES = {dtype: name for name, dtype in TORCH_STORAGES.items() if name != "UntypedStorage"}
_LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")


def safetensors_bytes(tensors: Tensors, metadata: Mapping[str, str] | None = None, fill: Fill | None = None) -> bytes:
    """Return a safetensors file; tensors: name -> (dtype, shape), `fill(name, size)` gives the data (zeros when left out).

    Layout as huggingface/safetensors:safetensors/src/tensor.rs writes it: metadata first, header padded to 8 bytes with spaces.
    """
    header: dict[str, object] = {} if metadata is None else {"__metadata__": dict(metadata)}
    parts, end = [], 0
    for name, (dtype, shape) in tensors.items():
        size = math.prod(shape) * BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + size]}
        parts.append(fill(name, size) if fill else bytes(size))
        end += size
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def gguf_bytes(architecture: str, tensors: Tensors, pairs: Mapping[str, object] | None = None, fill: Fill | None = None) -> bytes:
    """Return a GGUF version 3 file; shapes in PyTorch's order, dtypes by GGML name ("F16", "Q4_K").

    An empty architecture leaves the key out. pairs: bool, int (u32), float (f32), str, or a list of one of those
    (ggml-org/ggml:docs/gguf.md).
    """
    all_pairs = {"general.architecture": architecture} if architecture else {}
    all_pairs |= dict(pairs or {})  # type: ignore[arg-type]
    out = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(all_pairs))]
    out += [_gguf_text(key) + _gguf_value(value) for key, value in all_pairs.items()]
    parts, offset = [], 0
    for name, (dtype, shape) in tensors.items():
        number, block, block_size = _GGML_NUMBERS[dtype]
        size = -(-math.prod(shape) // block) * block_size
        out.append(_gguf_text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *reversed(shape), number, offset))
        data = fill(name, size) if fill else bytes(size)
        parts.append(data + bytes(-size % 32))
        offset += len(parts[-1])
    head = b"".join(out)
    return head + bytes(-len(head) % 32) + b"".join(parts)


def torch_zip_bytes(tensors: Tensors, wrapper: str | None = None, fill: Fill | None = None) -> bytes:
    """Return what `torch.save` of a state dict writes since 1.6: a zip of stored entries; wrapper: key that holds the dict."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        _store(archive, "archive/data.pkl", _torch_pickle(tensors, wrapper))
        _store(archive, "archive/byteorder", b"little")
        for index, (name, (dtype, shape)) in enumerate(tensors.items()):
            size = math.prod(shape) * BITS[dtype] // 8
            _store(archive, f"archive/data/{index}", fill(name, size) if fill else bytes(size))
        _store(archive, "archive/version", b"3\n")
    return _with_long_record(out.getvalue())


def torch_legacy_bytes(tensors: Tensors, wrapper: str | None = None, fill: Fill | None = None) -> bytes:
    """Return what `torch.save` wrote before 1.6: pickles in a row, then the storages, each after its count of elements."""
    keys = [str(index) for index in range(len(tensors))]
    system = b"\x80\x02}(" + _text("protocol_version") + _int(1001) + _text("little_endian") + b"\x88u."
    out = [_LEGACY_MAGIC, b"\x80\x02M\xe9\x03.", system, _torch_pickle(tensors, wrapper, is_legacy=True)]
    out.append(b"\x80\x02](" + b"".join(_text(key) for key in keys) + b"e.")
    for name, (dtype, shape) in tensors.items():
        count = math.prod(shape)
        size = count * BITS[dtype] // 8
        out += [struct.pack("<q", count), fill(name, size) if fill else bytes(size)]
    return b"".join(out)


def onnx_bytes(producer: str = "pytorch", version: str = "2.4.0", properties: Mapping[str, str] | None = None, opset: int = 17) -> bytes:
    """Return an ONNX model: one Identity node, one initializer of four floats (field numbers: onnx/onnx:onnx/onnx.proto)."""
    weight = _field(1, 4) + _field(2, 1) + _field(8, b"w") + _field(9, bytes(16))
    node = _field(1, b"w") + _field(2, b"y") + _field(4, b"Identity")
    graph = _field(1, node) + _field(2, b"main") + _field(5, weight) + _field(12, _field(1, b"y"))
    out = _field(1, 8) + _field(2, producer.encode()) + _field(3, version.encode()) + _field(7, graph)
    out += _field(8, _field(2, opset))
    return out + b"".join(_field(14, _field(1, key.encode()) + _field(2, value.encode())) for key, value in (properties or {}).items())


def _gguf_text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _gguf_value(value: object) -> bytes:
    kind, data = _gguf_item(value)
    return struct.pack("<I", kind) + data


def _gguf_item(value: object) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, int):
        return (4, struct.pack("<I", value)) if value >= 0 else (5, struct.pack("<i", value))
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, str):
        return 8, _gguf_text(value)
    if not isinstance(value, Sequence):
        raise TypeError(f"GGUF cannot hold {value!r}")
    items = [_gguf_item(item) for item in value]
    kind = items[0][0] if items else 4
    return 9, struct.pack("<IQ", kind, len(items)) + b"".join(data for _, data in items)


def _store(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


def _with_long_record(archive: bytes) -> bytes:
    """Give a zip archive the zip64 records that PyTorch puts into every file (pytorch/pytorch:caffe2/serialize/inline_container.cc)."""
    end = archive.rindex(b"PK\x05\x06")
    count, length, offset = struct.unpack_from("<HLL", archive, end + 10)
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 798, 45, 0, 0, count, count, length, offset)
    return archive[:end] + record + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1) + archive[end:]


def _torch_pickle(tensors: Tensors, wrapper: str | None, is_legacy: bool = False) -> bytes:
    """Return the opcodes of a state dict, protocol 2, as pickletools would list them."""
    items = b"".join(_text(name) + _torch_tensor(str(index), *tensors[name], is_legacy) for index, name in enumerate(tensors))
    body = b"ccollections\nOrderedDict\n)R(" + items + b"u"
    if wrapper is not None:
        body = b"}(" + _text(wrapper) + body + b"u"
    return b"\x80\x02" + body + b"."


def _torch_tensor(key: str, dtype: str, shape: Sequence[int], is_legacy: bool) -> bytes:
    strides = [math.prod(shape[place + 1 :]) for place in range(len(shape))]
    storage = b"(" + _text("storage") + f"ctorch\n{_STORAGES[dtype]}\n".encode() + _text(key) + _text("cpu") + _int(math.prod(shape))
    storage += (b"N" if is_legacy else b"") + b"tQ"
    values = storage + _int(0) + _ints(shape) + _ints(strides) + b"\x89ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + values + b"tR"


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _int(value: int) -> bytes:
    if value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little")
    return b"\x8a" + bytes([len(data)]) + data


def _ints(values: Iterable[int]) -> bytes:
    return b"(" + b"".join(_int(value) for value in values) + b"t"


def _field(number: int, value: int | bytes) -> bytes:
    """Return one protobuf field: a whole number as varint, bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
