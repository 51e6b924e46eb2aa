"""Model files that hold the same weights in other clothes, or nearly the same: used by the tests of duplicates and by their benchmark."""

import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from model_manager.core.formats.dtypes import BITS


@dataclass(frozen=True)
class Tensor:
    """One tensor with its bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def tensors(random: Random, count: int = 4, sides: Sequence[int] = (4, 8)) -> list[Tensor]:
    """Some LoRA's tensors."""
    size = math.prod(sides) * 2
    return [Tensor(f"lora_unet_block_{place}.lora_down.weight", "F16", tuple(sides), random.randbytes(size)) for place in range(count)]


def safetensors(
    held: Iterable[Tensor],
    metadata: Mapping[str, str] | None = None,
    padding: int = 0,
    layout: Sequence[int] | None = None,
    indent: int | None = None,
) -> bytes:
    """A safetensors file. padding: spaces behind the header. layout: the order in which the data lies; the table keeps its own."""
    held = list(held)
    places: dict[int, tuple[int, int]] = {}
    end = 0
    for place in layout or range(len(held)):
        places[place] = end, end + len(held[place].data)
        end += len(held[place].data)
    header: dict[str, object] = {} if metadata is None else {"__metadata__": dict(metadata)}
    for place, one in enumerate(held):
        header[one.name] = {"dtype": one.dtype, "shape": list(one.shape), "data_offsets": list(places[place])}
    text = json.dumps(header, separators=(",", ":") if indent is None else None, indent=indent).encode()
    text += b" " * (-len(text) % 8 + padding)
    return struct.pack("<Q", len(text)) + text + b"".join(held[place].data for place in layout or range(len(held)))


def gguf(held: Iterable[Tensor], pairs: Mapping[str, str] | None = None, alignment: int = 32, architecture: str = "flux") -> bytes:
    """A GGUF file, version 3, of F16 tensors."""
    held = list(held)
    texts = {"general.architecture": architecture} | dict(pairs or {})
    out = [b"GGUF", struct.pack("<IQQ", 3, len(held), len(texts) + 1)]
    out += [_text(key) + struct.pack("<I", 8) + _text(value) for key, value in texts.items()]
    out.append(_text("general.alignment") + struct.pack("<II", 4, alignment))
    data = b""
    for one in held:
        kind = {"F32": 0, "F16": 1, "BF16": 30}[one.dtype]
        out.append(_text(one.name) + struct.pack(f"<I{len(one.shape)}QIQ", len(one.shape), *reversed(one.shape), kind, len(data)))
        data += one.data + bytes(-len(one.data) % alignment)
    head = b"".join(out)
    return head + bytes(-len(head) % alignment) + data


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _changed(held: list[Tensor], random: Random, change: Callable[[Tensor], Tensor]) -> list[Tensor]:
    place = random.randrange(len(held))
    return [change(one) if number == place else one for number, one in enumerate(held)]


def _one_byte(one: Tensor, random: Random) -> Tensor:
    place = random.randrange(len(one.data))
    return replace(one, data=one.data[:place] + bytes([one.data[place] ^ 1 << random.randrange(8)]) + one.data[place + 1 :])


def shuffled(count: int, random: Random) -> list[int]:
    """Another order than the plain one."""
    order = list(range(count))
    while order == list(range(count)):
        random.shuffle(order)
    return order


Make = Callable[[list[Tensor], Random], bytes]

TWINS: Final[dict[str, Make]] = {
    "other metadata": lambda held, random: safetensors(held, {"modelspec.title": "another", "ss_epoch": str(random.random())}),
    "no metadata": lambda held, random: safetensors(held, None),
    "other order of the table": lambda held, random: safetensors([held[place] for place in shuffled(len(held), random)], {"a": "b"}),
    "other order of the data": lambda held, random: safetensors(held, {"format": "pt"}, layout=shuffled(len(held), random)),
    "longer header": lambda held, random: safetensors(held, {"format": "pt"}, padding=8 * random.randrange(1, 600)),
    "unaligned header": lambda held, random: safetensors(held, {"format": "pt"}, padding=random.choice((1, 3, 5))),
    "another way to write JSON": lambda held, random: safetensors(held, {"format": "pt"}, indent=2),
}
"""The same weights as `safetensors(held, {"format": "pt"})`."""

NEARLY: Final[dict[str, Make]] = {
    "one bit": lambda held, random: safetensors(_changed(held, random, lambda one: _one_byte(one, random)), {"format": "np"}),
    "one name": lambda held, random: safetensors(_changed(held, random, lambda one: replace(one, name=one.name + "s")), {"format": "np"}),
    "one type": lambda held, random: safetensors(_changed(held, random, lambda one: replace(one, dtype="BF16")), {"format": "np"}),
    "one shape": lambda held, random: safetensors(
        _changed(held, random, lambda one: replace(one, shape=(one.shape[0] * 2, one.shape[1] // 2))), {"format": "np"}
    ),
    "two exchanged": lambda held, random: safetensors(
        [replace(held[0], data=held[1].data), replace(held[1], data=held[0].data), *held[2:]], {"format": "np"}
    ),
    "one less": lambda held, random: safetensors(held[:-1], {"format": "np"}),
    "cut off": lambda held, random: safetensors(held, {"format": "np"})[:-1],
    "one byte more": lambda held, random: safetensors(held, {"format": "np"}) + b"\0",
    "a header that lies": lambda held, random: safetensors(held, {"format": "np"}).replace(b'"shape":[', b'"shape":[9', 1),
    "zeros in place of the end": lambda held, random: safetensors(held, {"format": "np"})[:-64] + bytes(64),
}
"""Not the same weights, and some no sound files at all."""

GGUF_TWINS: Final[dict[str, Make]] = {
    "other pairs": lambda held, random: gguf(held, {"general.name": "another", "general.author": str(random.random())}),
    "other alignment": lambda held, random: gguf(held, {"general.name": "base"}, alignment=random.choice((64, 256))),
    "other order": lambda held, random: gguf([held[place] for place in shuffled(len(held), random)], {"general.name": "base"}),
}
GGUF_NEARLY: Final[dict[str, Make]] = {
    "one bit": lambda held, random: gguf(_changed(held, random, lambda one: _one_byte(one, random)), {"general.name": "near"}),
    "one name": lambda held, random: gguf(_changed(held, random, lambda one: replace(one, name=one.name + "s")), {"general.name": "near"}),
    "one type": lambda held, random: gguf(_changed(held, random, lambda one: replace(one, dtype="BF16")), {"general.name": "near"}),
    "one shape": lambda held, random: gguf(
        _changed(held, random, lambda one: replace(one, shape=(one.shape[0] * 2, one.shape[1] // 2))), {"general.name": "near"}
    ),
    "cut off": lambda held, random: gguf(held, {"general.name": "near"})[:-40],
}


def size_of(dtype: str, shape: Sequence[int]) -> int:
    """Bytes of a tensor."""
    return math.prod(shape) * BITS[dtype] // 8
