"""Turns what trainers and savers wrote about the base model into the names people and Civitai use.

Called by metadata.py. Words: Stability-AI/ModelSpec:README.md, kohya-ss/sd-scripts:library/sai_model_spec.py and train_util.py. Only
words that are certain count; a text we do not know gives nothing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

Answer = tuple[str, str]

_SD1: Final = ("SD 1.x", "SD 1.5")
_SD2: Final = ("SD 2.x", "SD 2.1")
_SDXL: Final = ("SDXL", "SDXL 1.0")
_FLUX: Final = ("Flux.1 dev", "Flux.1 D")

# Beginning of modelspec.architecture, longest first.
_SPEC: Final[tuple[tuple[str, Answer], ...]] = (
    ("stable-diffusion-xl-turbo", ("SDXL", "SDXL Turbo")),
    ("stable-diffusion-xl-v1-refiner", ("SDXL refiner", "SDXL 1.0")),
    ("stable-diffusion-xl", _SDXL),
    ("stable-diffusion-v1", _SD1),
    ("stable-diffusion-v2-unclip", ("SD 2.1 unCLIP", "SD 2.1 Unclip")),
    ("stable-diffusion-v2", _SD2),
    ("stable-diffusion-v3.5-medium", ("SD 3.5 Medium", "SD 3.5 Medium")),
    ("stable-diffusion-v3.5-large", ("SD 3.5 Large", "SD 3.5 Large")),
    ("stable-diffusion-3-5-medium", ("SD 3.5 Medium", "SD 3.5 Medium")),
    ("stable-diffusion-3-5-large", ("SD 3.5 Large", "SD 3.5 Large")),
    ("stable-diffusion-v3", ("SD 3", "SD 3")),
    ("stable-diffusion-3", ("SD 3", "SD 3")),
    ("stable-video-diffusion", ("SVD", "SVD")),
    ("stable-cascade", ("Stable Cascade", "Stable Cascade")),
    ("flux-1-schnell", ("Flux.1 schnell", "Flux.1 S")),
    ("flux-1-dev", _FLUX),
    ("flux-1", ("Flux.1", "Flux.1 D")),
    ("chroma", ("Chroma", "Chroma")),
    ("lumina-2", ("Lumina 2", "Lumina")),
    ("lumina", ("Lumina 2", "Lumina")),
    ("hunyuan-image", ("HunyuanImage 2.1", "")),
    ("anima", ("Anima", "Anima")),
)
_VERSIONS: Final[tuple[tuple[re.Pattern[str], Answer], ...]] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        (r"sd_?xl", _SDXL),
        (r"sd[_-]?v?1(?!\d)", _SD1),
        (r"sd[_-]?v?2(?!\d)", _SD2),
        (r"5-medium$|3\.5.?medium", ("SD 3.5 Medium", "SD 3.5 Medium")),
        (r"5-large$|3\.5.?large", ("SD 3.5 Large", "SD 3.5 Large")),
        (r"medium$|sd_?3$", ("SD 3", "SD 3")),
        (r"flux[._-]?1.?s", ("Flux.1 schnell", "Flux.1 S")),
        (r"flux[._-]?1", ("Flux.1", "Flux.1 D")),
        (r"flux[._-]?2", ("Flux.2 dev", "Flux.2 D")),
        (r"chroma", ("Chroma", "Chroma")),
        (r"lumina", ("Lumina 2", "Lumina")),
        (r"hunyuan.?image", ("HunyuanImage 2.1", "")),
        (r"hunyuan.?video", ("Hunyuan Video", "Hunyuan Video")),
        (r"wan", ("Wan", "Wan Video")),
        (r"qwen", ("Qwen-Image", "Qwen")),
        (r"z.?image", ("Z-Image", "ZImageTurbo")),
        (r"hidream", ("HiDream", "HiDream")),
        (r"ltx", ("LTX-Video", "LTXV")),
    )
)
_ABSENT: Final = ("", "none", "null", "unknown", "undefined")
# SDXL families that shapes cannot tell; searched in the names of base models, never in tags.
_FAMILIES: Final = (("noob", "NoobAI"), ("illustrious", "Illustrious"), ("pony", "Pony"))


def base_from_metadata(metadata: Mapping[str, str]) -> Answer | None:
    """Return (architecture, base model) from modelspec.architecture or the trainer's ss_ keys, None when they do not tell."""
    found = _from_spec(metadata.get("modelspec.architecture", "")[:80])
    if found:
        return found
    version = metadata.get("ss_base_model_version", "")[:80]
    if version.strip().lower() not in _ABSENT:
        return _from_version(version)
    v2 = metadata.get("ss_v2", "").lower()
    return {"true": _SD2, "false": _SD1}.get(v2) if "ss_network_module" in metadata and _is_plain(metadata) else None


@lru_cache(256)
def _from_spec(spec: str) -> Answer | None:
    return next((answer for start, answer in _SPEC if spec.lower().startswith(start)), None)


@lru_cache(256)
def _from_version(version: str) -> Answer | None:
    return next((answer for pattern, answer in _VERSIONS if pattern.match(version.strip().lower())), None)


def finer_base(base: str, metadata: Mapping[str, str]) -> str:
    """Return a narrower base model where shapes are the same and a name in the metadata is plain about it."""
    if base == "SDXL 1.0":
        words = " ".join(metadata.get(key, "") for key in ("ss_sd_model_name", "modelspec.title", "modelspec.merged_from")).lower()
        return next((family for part, family in _FAMILIES if part in words), base)
    if base == "Flux.1 D":
        words = " ".join(metadata.get(key, "") for key in ("ss_sd_model_name", "modelspec.title")).lower()
        return "Flux.1 Kontext" if "kontext" in words else "Flux.1 Krea" if "krea" in words else base
    return base


def _is_plain(metadata: Mapping[str, str]) -> bool:
    """Say whether the network is one of the scripts for SD 1 and 2; those for newer models write ss_v2 too."""
    return metadata.get("ss_network_module", "") in ("networks.lora", "networks.dylora", "lycoris.kohya", "networks.lora_fa")
