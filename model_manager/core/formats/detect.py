"""Says what the tensors of a file are: category, architecture, base model, precision, count of parameters.

Called by every reader of a container, with names, dtypes and shapes only. Order of the tests: Comfy-Org/ComfyUI:comfy/sd.py and
model_detection.py. What it does not know for certain stays "", which never raises an alarm.
"""

import math
from collections import Counter
from dataclasses import replace
from typing import Final

from model_manager.core.formats.adapters import base, is_adapter, sort_and_rank
from model_manager.core.formats.autoencoders import autoencoder
from model_manager.core.formats.contents import Shape, Tensors, Traits
from model_manager.core.formats.controls import control
from model_manager.core.formats.diffusion import architecture
from model_manager.core.formats.dtypes import WEIGHTS, label
from model_manager.core.formats.encoders import audio, text_encoder, vision
from model_manager.core.formats.keys import Keys
from model_manager.core.formats.upscalers import upscaler

# Comfy-Org/ComfyUI:comfy/model_detection.py (unet_prefix_from_state_dict)
_PREFIXES: Final = ("model.diffusion_model.", "model.model.", "net.")
_VAE_PREFIXES: Final = ("first_stage_model.", "vae.", "autoencoder.", "pretransform.")
_TEXT_PREFIXES: Final = (
    *("cond_stage_model.", "conditioner.", "text_encoders.", "text_encoder.", "text_encoder_2."),
    *("clip_l.", "clip_g.", "t5xxl.", "te1.", "te2."),
)
# Dicts of custom nodes that would otherwise look like a LoRA or a UNet: their categories belong to no core list.
_NODE_MODELS: Final = (
    ("image_proj.", "ipadapter", "IP-Adapter"),
    ("ip_adapter.", "ipadapter", "IP-Adapter"),
    ("ip_adapter_double_blocks.", "ipadapter", "IP-Adapter for Flux"),
    ("id_encoder.", "photomaker", "PhotoMaker"),
)
_HYPER_WIDTHS: Final = ("320.", "640.", "768.", "1024.", "1280.")


def traits_of(tensors: Tensors) -> Traits:
    """Return all that names, dtypes and shapes tell; works for any mapping, an empty one gives empty traits."""
    if not tensors:
        return Traits()
    keys = Keys(tensors)
    found = _kind(keys)
    precision, parameters = measure(tensors, _prefix(keys) if found.kind == "checkpoints" else "")
    return replace(found, precision=precision, parameters=parameters)


def measure(tensors: Tensors, prefix: str = "") -> tuple[str, int]:
    """Return the precision with the most bits among the tensors below `prefix`, and the elements of all tensors."""
    values = Counter(tensors.values())
    parameters = sum(math.prod(shape) * count for (_, shape), count in values.items())
    if prefix:
        values = Counter(value for name, value in tensors.items() if name.startswith(prefix)) or values
    weights: dict[str, float] = {}
    for (dtype, shape), count in values.items():
        weights[dtype] = weights.get(dtype, 0) + math.prod(shape) * count * WEIGHTS.get(dtype, 8)
    most = max(weights, key=weights.__getitem__, default="")
    if most == "U8" and any(".quant_state.bitsandbytes__nf4" in name for name in tensors):
        return "nf4", parameters
    return label(most), parameters


def _kind(keys: Keys) -> Traits:
    """Go through the kinds in order; the first that fits wins."""
    for prefix, kind, name in _NODE_MODELS:
        if keys.starts(prefix):
            return Traits(kind, name)
    if "lora_controlnet" not in keys and is_adapter(keys):
        name, base_model = base(keys)
        sort, rank = sort_and_rank(keys)
        return Traits("loras", name, base_model, adapter=sort, rank=rank, has_alpha=".alpha\n" in keys.joined)
    found = control(keys)
    if found:
        return Traits("controlnet", *found)
    return _small(keys) or _diffusion(keys) or _part(keys)


def _prefix(keys: Keys) -> str:
    """Return the prefix of the diffusion model inside a larger file, "" when there is none."""
    counts = {prefix: keys.count(prefix) for prefix in _PREFIXES}
    best = max(counts, key=counts.__getitem__)
    if counts[best] > 5 or (counts[best] and best == _PREFIXES[0]):
        return best
    return "model." if keys.starts("model.") else ""


def _diffusion(keys: Keys) -> Traits | None:
    prefix = _prefix(keys)
    inside = architecture(keys.below(prefix)) if prefix else None
    has_parts = keys.starts(*_VAE_PREFIXES) or keys.starts(*_TEXT_PREFIXES)
    if inside or prefix == _PREFIXES[0]:
        return Traits("checkpoints" if has_parts else "diffusion_models", *(inside or ("", "")))
    bare = architecture(keys)
    return Traits("diffusion_models", *bare) if bare else None


def _small(keys: Keys) -> Traits | None:
    """Recognise the kinds that one or two names give away."""
    if keys.starts("string_to_param") or "emb_params" in keys or _is_clip_embedding(keys):
        return Traits("embeddings", *_embedding(keys))
    if "style_embedding" in keys or "redux_down.weight" in keys:
        return Traits("style_models", *(("Flux.1 Redux", "Flux.1 D") if "redux_down.weight" in keys else ("T2I style model", "")))
    if keys.starts("position_net.") and ".fuser." in keys.joined:
        return Traits("gligen", "GLIGEN")
    if "controlnet_blocks.0.y_rms.weight" in keys:
        return Traits("model_patches", "Qwen-Image patch", "Qwen")
    if "feature_embedder.mid_layer_norm.bias" in keys:
        return Traits("model_patches", "Model patch")
    if sum(keys.starts(width) for width in _HYPER_WIDTHS) > 1 and not keys.starts("0.", "1."):
        return Traits("hypernetworks", "Hypernetwork")
    return None


def _part(keys: Keys) -> Traits:
    """Recognise what stands beside a diffusion model: VAE, encoders, upscalers."""
    for prefix in ("", "first_stage_model.", "vae."):
        if name := autoencoder(keys.below(prefix)):
            return Traits("vae", name)
    text, sight = text_encoder(keys), vision(keys)
    if text and sight and text.startswith("CLIP"):
        return Traits("", f"{text}, text and vision")  # both folders are right
    rest = {"text_encoders": text, "clip_vision": sight, "audio_encoders": audio(keys), "upscale_models": upscaler(keys)}
    for kind, name in rest.items():
        if name:
            return Traits(kind, name)
    return Traits()


def _is_clip_embedding(keys: Keys) -> bool:
    widths = {"clip_l": 768, "clip_g": 1280}
    return 0 < len(keys.tensors) <= 2 and all(
        name in widths and len(shape) == 2 and shape[1] == widths[name] for name, (_, shape) in keys.tensors.items()
    )


def _embedding(keys: Keys) -> tuple[str, str]:
    """Tell the base model of an embedding by the width of its vectors."""
    if "clip_g" in keys:
        return "SDXL", "SDXL 1.0"
    shapes: list[Shape] = [shape for _, shape in keys.tensors.values() if len(shape) == 2]
    width = shapes[0][1] if shapes else 0
    return {768: ("SD 1.x", "SD 1.5"), 1024: ("SD 2.x", "SD 2.1")}.get(width, ("", ""))
