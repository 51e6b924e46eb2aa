"""Headers of real shape for the benchmark library: whole tensor tables by architecture, rank and number type, made once and reused.

Used by make_library.py. What a template says of itself (format, architecture, base model) is the truth the manifest tells.
"""

import functools
import json
import math
import random
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.demo.tables import is_telling, table
from model_manager.core.demo.unet import Shapes
from model_manager.core.formats import write
from model_manager.core.formats.dtypes import BITS

BYTES_A_TENSOR: Final = 128  # a row of a header, on average
SDXL_FAMILY: Final = ("SDXL 1.0", "Pony", "Illustrious", "NoobAI")


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of model. weight: share in the library. words: what its architecture must contain. bases: what its sidecars may say.

    header_bases: base models a reader may tell from the header alone; empty: not compared.
    """

    kind: str
    table: str
    weight: float
    words: tuple[str, ...]
    bases: tuple[str, ...]
    header_bases: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ("F16", "BF16")
    suffix: str = ".safetensors"
    ranks: tuple[int, ...] = ()
    folder: str = ""
    kinds: tuple[str, ...] = ()


_RANKS: Final = (4, 8, 16, 24, 32, 48, 64, 96, 128)
_SD1, _SDXL, _FLUX = ("SD 1.5",), ("SDXL 1.0",), ("Flux.1 D",)
SORTS: Final = (
    Sort("loras", "lora_sdxl", 32, ("sdxl",), SDXL_FAMILY, _SDXL, ranks=_RANKS),
    Sort("loras", "lora_sd1", 13, ("sd1",), _SD1, _SD1, ranks=_RANKS),
    Sort("loras", "lora_flux", 9, ("flux",), _FLUX, _FLUX, ranks=_RANKS),
    Sort("loras", "lora_flux_peft", 3, ("flux",), _FLUX, _FLUX, ranks=_RANKS),
    Sort("loras", "loha_sdxl", 1, ("sdxl",), SDXL_FAMILY, _SDXL, ranks=(4, 8)),
    Sort("loras", "lora_wan", 3, ("wan",), ("Wan Video 2.2 T2V-A14B",), ranks=(16, 32, 64)),
    Sort("loras", "lora_qwen", 2, ("qwen",), ("Qwen",), ("Qwen",), ranks=(8, 16, 32)),
    Sort("loras", "lora_z_image", 2, ("zimage",), ("ZImageTurbo",), ("ZImageTurbo",), ranks=(8, 16)),
    Sort("checkpoints", "sdxl", 8, ("sdxl",), SDXL_FAMILY, _SDXL),
    Sort("checkpoints", "sd15", 3, ("sd1",), _SD1, _SD1, ("F16", "F32")),
    Sort("checkpoints", "sd15_inpaint", 0.3, ("sd1",), ("SD 1.5",), dtypes=("F16",)),
    Sort("checkpoints", "flux_checkpoint", 1, ("flux",), _FLUX, _FLUX, ("F8_E4M3",)),
    Sort("checkpoints", "sd15", 2.5, ("sd1",), _SD1, _SD1, ("F16",), ".ckpt"),
    Sort("diffusion_models", "flux_dev", 1, ("flux",), _FLUX, _FLUX, ("F8_E4M3", "BF16")),
    Sort("diffusion_models", "wan22_t2v", 0.8, ("wan",), ("Wan Video 2.2 T2V-A14B",), dtypes=("F8_E4M3", "F16")),
    Sort("diffusion_models", "qwen_image", 0.5, ("qwen",), ("Qwen",), ("Qwen",), ("F8_E4M3",)),
    Sort("diffusion_models", "z_image", 0.3, ("zimage",), ("ZImageTurbo",), ("ZImageTurbo",), ("BF16",)),
    Sort("diffusion_models", "flux_dev", 0.6, ("flux",), _FLUX, _FLUX, ("BF16",), folder="unet"),
    Sort("diffusion_models", "flux_dev", 2.5, ("flux",), _FLUX, _FLUX, ("Q4_K", "Q8_0"), ".gguf"),
    Sort("text_encoders", "t5", 0.6, ("t5",), (), dtypes=("F8_E4M3", "F16")),
    Sort("text_encoders", "clip_l", 0.6, ("clip",), (), folder="clip"),
    Sort("text_encoders", "qwen25_vl", 0.4, ("qwen",), (), dtypes=("F8_E4M3",)),
    Sort("vae", "vae", 1.2, ("vae",), (), dtypes=("F32", "F16")),
    Sort("vae", "vae_flux", 0.5, ("vae",), (), dtypes=("BF16", "F32")),
    Sort("clip_vision", "clip_vision_h", 0.6, ("clip",), (), dtypes=("F16",)),
    Sort("controlnet", "control_sd15", 1.6, ("sd1",), _SD1, (), ("F16",)),
    Sort("controlnet", "control_sdxl", 0.9, ("sdxl",), _SDXL, (), ("F16",)),
    Sort("embeddings", "embedding_sd1", 2, (), _SD1, (), ("F32",)),
    Sort("embeddings", "embedding_sdxl", 1, (), _SDXL, (), ("F32",)),
    Sort("embeddings", "embedding_sd1", 2.5, (), _SD1, (), ("F32",), ".pt"),
    Sort("upscale_models", "esrgan", 2, ("esrgan",), (), (), ("F16",), ".pth"),
    Sort("upscale_models", "compact", 1.3, ("compact",), (), (), ("F16",), ".pth"),
    Sort("style_models", "redux", 0.3, (), _FLUX, (), ("BF16",)),
    Sort("vae_approx", "taesd", 0.3, (), (), (), ("F32",)),
    Sort("hypernetworks", "hypernetwork", 0.3, (), (), (), ("F16",), ".pt"),
    Sort("ipadapter", "ip_adapter", 0.5, (), _SD1, ()),
    Sort("animatediff_models", "motion", 0.4, (), _SD1, ()),
    Sort("ultralytics", "yolo", 0.6, (), (), (), ("F16",), ".pt", folder="ultralytics/bbox", kinds=("ultralytics", "ultralytics_bbox")),
    Sort("sams", "sam", 0.3, (), (), (), ("F16",), ".pth"),
    Sort("insightface", "onnx", 1, (), (), (), ("F32",), ".onnx"),
)


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one file: `head` at the start, then zeros with noise at both ends, `size` in all; and the truth about it."""

    head: bytes
    size: int
    format: str
    sort: Sort | None = None
    noise: int = 0
    facts: dict[str, object] = field(default_factory=dict)


class Templates:
    """A fixed number of tensor tables; files share them, as the models of one trainer do."""

    def __init__(self, rng: random.Random, distinct: int, header_kb: int) -> None:
        """header_kb: cut tables to about that many kilobytes, 0 leaves them whole."""
        self._rng = rng
        self._rows = header_kb * 1000 // BYTES_A_TENSOR
        self._texts: dict[tuple[str, str], tuple[bytes, int]] = {}
        self._variants = self._choose_variants(distinct)

    def _choose_variants(self, distinct: int) -> dict[Sort, list[tuple[str, str]]]:
        """Give every sort one (table, dtype); spend what is left of `distinct` on ranks and number types by weight."""
        every = {sort: [(name, dtype) for name in _names(sort) for dtype in sort.dtypes] for sort in SORTS}
        chosen = {sort: [self._rng.choice(variants)] for sort, variants in every.items()}
        spare = [(sort, variant) for sort, variants in every.items() for variant in variants if variant not in chosen[sort]]
        spare.sort(key=lambda pair: self._rng.random() / pair[0].weight)
        for sort, variant in spare[: max(0, distinct - len(SORTS))]:
            chosen[sort].append(variant)
        return chosen

    def content(self, sort: Sort, metadata: dict[str, str] | None) -> Content:
        """Return a new file of that sort; no two have the same bytes."""
        name, dtype = self._rng.choice(self._variants[sort])
        if sort.suffix != ".safetensors":
            return _other_content(self._rng, sort, name, dtype)
        text, data = self._text(name, dtype)
        meta = b"" if metadata is None else b'"__metadata__":' + json.dumps(metadata, ensure_ascii=False).encode() + b","
        header = b"{" + meta + text
        header += b" " * (-len(header) % 8)
        noise = self._rng.randbytes(min(data, 256))
        return Content(len(header).to_bytes(8, "little") + header + noise, 8 + len(header) + data, "safetensors", sort, min(data, 256))

    def _text(self, name: str, dtype: str) -> tuple[bytes, int]:
        """Return the JSON of a table after its opening brace, and how many bytes of data it speaks of."""
        found = self._texts.get((name, dtype))
        if found is None:
            shapes = thinned(table(name), self._rows) if self._rows else table(name)
            whole = write.safetensors_bytes({key: (dtype, shape) for key, shape in shapes.items()}, None, lambda key, size: b"")
            data = sum(math.prod(shape) for shape in shapes.values()) * BITS[dtype] // 8
            found = self._texts[name, dtype] = whole[9:].rstrip(b" "), data
        return found


def thinned(shapes: Shapes, rows: int) -> Shapes:
    """Return about `rows` tensors that still tell the architecture; for adapters whole layers are kept."""
    if len(shapes) <= rows:
        return shapes
    layers: dict[str, list[str]] = {}
    for name in shapes:
        layer = name.partition(".lora_")[0].partition(".alpha")[0].partition(".hada_")[0]
        layers.setdefault(layer, []).append(name)
    if len(layers) == len(shapes):
        telling = _telling_by_room(shapes, max(2, rows // 4))
        return {name: shape for name, shape in shapes.items() if name in telling}
    marks = (
        "attn2_to_k",
        "attn2_to_v",
        "lora_te1",
        "lora_te2",
        "lora_te_",
        "cross_attn.k",
        "cross_attn.q",
        "self_attn.q",
        "add_q_proj",
        "img_mlp",
    )
    first = [layer for mark in marks for layer in [next((layer for layer in layers if mark in layer), None)] if layer]
    kept, count = set(), 0
    for layer in dict.fromkeys([*first, *layers]):
        if count >= rows:
            break
        kept.add(layer)
        count += len(layers[layer])
    return {name: shapes[name] for layer in layers if layer in kept for name in layers[layer]}


def _names(sort: Sort) -> list[str]:
    return [f"{sort.table}_{rank}" for rank in sort.ranks] or [sort.table]


def _other_content(rng: random.Random, sort: Sort, name: str, dtype: str) -> Content:
    """Return a pickle zip, GGUF or ONNX file. Tables are cut to what tells, or these would be megabytes of true data."""
    if sort.suffix == ".onnx":
        data = write.onnx_bytes(properties={"serial": f"{rng.getrandbits(64):x}"})
        return Content(data, len(data), "onnx", sort)
    shapes = _small_part(name)
    if sort.suffix == ".gguf":
        typed = {key: (dtype if len(shape) == 2 and shape[-1] % 256 == 0 else "F32", shape) for key, shape in shapes.items()}
        whole = write.gguf_bytes("flux", typed, {"general.name": f"{rng.getrandbits(64):x}"})
        return Content(whole, len(whole), "gguf", sort)
    whole = write.torch_zip_bytes(
        _typed(shapes, dtype), "state_dict" if sort.suffix == ".ckpt" else None, lambda key, size: _filled(rng, size)
    )
    return Content(whole, len(whole), "pickle", sort)


@functools.cache
def _small_part(name: str) -> Shapes:
    """Return what tells in a table, and some more tensors from each part of the model."""
    kept = _telling_by_room(table(name), 10)
    return {key: shape for key, shape in table(name).items() if key in kept and len(shape) < 5}


def _telling_by_room(shapes: Shapes, more: int) -> set[str]:
    """Return the names that tell, and `more` small ones from each part of the model (UNet, VAE, text encoder)."""
    kept = {name for name in shapes if is_telling(name)}
    rooms: dict[str, int] = {}
    for name, shape in shapes.items():
        room = name.split(".")[0]
        if name not in kept and math.prod(shape) < 100_000 and rooms.get(room, 0) < more:
            rooms[room] = rooms.get(room, 0) + 1
            kept.add(name)
    return kept


def _typed(shapes: Shapes, dtype: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {name: (dtype, shape) for name, shape in shapes.items()}


def _filled(rng: random.Random, size: int) -> bytes:
    return rng.randbytes(min(size, 64)) + bytes(max(size - 64, 0))
