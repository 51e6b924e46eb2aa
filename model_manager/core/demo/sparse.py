"""Writes model files whose data is mostly a hole, so that they look their size and take next to no room.

Used by the demo library. Headers, lengths and offsets are true; of the data only the ends and some spots in between are noise.
"""

import math
import random
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_manager.core.demo.catalogue import Model
from model_manager.core.demo.tables import table, telling_part
from model_manager.core.demo.unet import Shapes
from model_manager.core.formats import write
from model_manager.core.formats.dtypes import BITS, GGML

_BLOCK: Final = 4096
_SPOTS: Final = 6
_PROBE: Final = 8 << 20
_EMPTY: Final = bytes(_BLOCK)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A file as what is written where, and how long it is in the end; all between the pieces is zero."""

    parts: tuple[tuple[int, bytes], ...]
    size: int


def keeps_holes(folder: Path) -> bool:
    """Return whether files with holes take little room in `folder` (ext4, APFS ... yes; NTFS and FAT no)."""
    probe = folder / f".probe-{secrets.token_hex(4)}"  # the library may be built at the same time
    write_pieces(probe, Pieces(((_PROBE - 1, b"x"),), _PROBE))
    blocks = getattr(probe.stat(), "st_blocks", None)
    probe.unlink()
    return blocks is not None and blocks * 512 < _PROBE // 4


def write_pieces(path: Path, pieces: Pieces) -> None:
    """Write the file, holes included."""
    with path.open("wb") as file:
        for offset, data in pieces.parts:
            file.seek(offset)
            file.write(data)
        file.truncate(pieces.size)


def model_pieces(model: Model, megabytes: int, metadata: dict[str, str]) -> Pieces:
    """Return the file of a demo model, near `megabytes` (10**6 bytes) where its table has that much to give."""
    rng = random.Random(model.path)
    suffix = model.path.rsplit(".", 1)[1]
    if suffix == "onnx":
        data = write.onnx_bytes(properties={"title": model.title})
        return Pieces(((0, data),), len(data))
    shapes = telling_part(table(model.table), megabytes * 1_000_000 * 8 // _bits(model.dtype))
    if suffix == "safetensors":
        return safetensors_pieces(shapes, model.dtype, metadata, rng)
    if suffix == "gguf":
        return _gguf_pieces(model, shapes, rng)
    wrapper = "state_dict" if suffix == "ckpt" else "params_ema" if model.table == "compact" else None
    data = write.torch_zip_bytes(
        _typed(shapes, model.dtype), wrapper, lambda name, size: _noise(rng, min(size, 512)) + bytes(max(size - 512, 0))
    )
    return Pieces(tuple(_written(data)), len(data))


def safetensors_pieces(shapes: Shapes, dtype: str, metadata: dict[str, str], rng: random.Random) -> Pieces:
    """Return a safetensors file over `shapes`: a true header, noise at the ends and in some spots."""
    head = write.safetensors_bytes(_typed(shapes, dtype), metadata or None, lambda name, size: b"")
    data = sum(math.prod(shape) for shape in shapes.values()) * BITS[dtype] // 8
    return Pieces(((0, head), *_spots(rng, len(head), data)), len(head) + data)


def _gguf_pieces(model: Model, shapes: Shapes, rng: random.Random) -> Pieces:
    """Return a GGUF file; quantised are the matrices, the rest stays F32 as converters leave it (city96/ComfyUI-GGUF:tools/convert.py)."""
    _, block, _ = next(row for row in GGML.values() if row[0] == model.dtype)
    typed = {
        name: (model.dtype if len(shape) == 2 and shape[-1] % block == 0 else "F32", shape)
        for name, shape in shapes.items()
        if len(shape) < 5
    }
    architecture = "wan" if model.table.startswith("wan") else "flux"
    data = write.gguf_bytes(architecture, typed | _folded(shapes), {"general.name": model.title, "general.quantization_version": 2})
    sizes = sum(_padded(dtype, shape) for dtype, shape in (typed | _folded(shapes)).values())
    head = len(data) - sizes
    return Pieces(((0, data[:head]), *_spots(rng, head, sizes)), len(data))


def _folded(shapes: Shapes) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return tensors of five dimensions as GGUF, which has four, holds them: flat."""
    return {name: ("F16", (shape[0], math.prod(shape[1:]))) for name, shape in shapes.items() if len(shape) > 4}


def _padded(dtype: str, shape: tuple[int, ...]) -> int:
    _, block, size = next(row for row in GGML.values() if row[0] == dtype)
    return -(-(-(-math.prod(shape) // block) * size) // 32) * 32


def _bits(dtype: str) -> int:
    if dtype in BITS:
        return BITS[dtype]
    _, block, size = next(row for row in GGML.values() if row[0] == dtype)
    return max(1, round(size * 8 / block))


def _typed(shapes: Shapes, dtype: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {name: (dtype, shape) for name, shape in shapes.items()}


def _noise(rng: random.Random, size: int) -> bytes:
    return rng.randbytes(size)


def _spots(rng: random.Random, start: int, size: int) -> list[tuple[int, bytes]]:
    """Return noise for data at `start`: all of it when small, else its ends and some spots."""
    if size <= _BLOCK * (_SPOTS + 2):
        return [(start, _noise(rng, size))]
    step = (size - _BLOCK) // (_SPOTS + 1)
    return [(start + index * step, _noise(rng, _BLOCK)) for index in range(_SPOTS + 1)] + [(start + size - _BLOCK, _noise(rng, _BLOCK))]


def _written(data: bytes) -> list[tuple[int, bytes]]:
    """Return the blocks of a file that are not empty."""
    blocks = [(offset, data[offset : offset + _BLOCK]) for offset in range(0, len(data), _BLOCK)]
    return [(offset, block) for offset, block in blocks if block != _EMPTY[: len(block)]]
