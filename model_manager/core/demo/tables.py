"""The tables of whole model files by a short name, and how to keep only the telling part of one.

Used by the demo library and the benchmarks. It knows no bytes; core/formats/write.py makes those.
"""

import functools
import math
import re
from collections.abc import Callable
from typing import Final

from model_manager.core.demo import parts
from model_manager.core.demo import transformers as dit
from model_manager.core.demo.unet import SD1, SD1_INPAINT, SD2, SDXL, Shapes, UNet, control_shapes, unet_shapes

_UNET = "model.diffusion_model."

# Names that tell kind and architecture (Comfy-Org/ComfyUI:comfy/model_detection.py, comfy/sd.py): these are kept first.
_TELLING: Final = re.compile(
    r"""(^|\.)input_blocks\.(0\.0\.weight|[14]\.1\.(proj_in\.weight|transformer_blocks\.0\.attn2\.to_k\.weight))|label_emb\.0\.0\.weight
    |zero_convs\.0\.0|(img|guidance)_in\.(in_layer\.)?weight|txt_norm|_blocks\.0\..*key_norm\.scale|cap_embedder
    |noise_refiner\.0\.attention\.k_norm|head\.modulation|head\.head|patch_embedding|(^|\.)x_embedder\.proj
    |joint_blocks\.0\.(context_block\.attn\.qkv\.weight|context_block\.attn\.ln_q|x_block\.attn2\.qkv\.weight)
    |coder\.conv_(in|out)\.|quant_conv|position_embedding|layers\.\d+\.layer_norm1|layers\.(0|22|30)\.mlp\.fc1\.weight
    |block\.23\..*wi_1|shared\.weight|k_proj\.bias|post_attention_layernorm|resblocks\.0\.ln_1|controlnet_.*embedder""",
    re.VERBOSE,
)


def _checkpoint(kind: UNet, text: Callable[[], Shapes]) -> Shapes:
    unet = parts.prefixed(_UNET, unet_shapes(kind))
    return parts.join([unet, parts.prefixed("first_stage_model.", parts.vae_shapes()), text()])


def _sd_text() -> Shapes:
    return parts.prefixed("cond_stage_model.transformer.", dit.clip_shapes())


def _sd2_text() -> Shapes:
    return parts.prefixed("cond_stage_model.model.", parts.open_clip_shapes(1024, 23))


def _sdxl_text() -> Shapes:
    small = parts.prefixed("conditioner.embedders.0.transformer.", dit.clip_shapes())
    return small | parts.prefixed("conditioner.embedders.1.model.", parts.open_clip_shapes())


def _flux_checkpoint() -> Shapes:
    texts = parts.prefixed("text_encoders.clip_l.transformer.", dit.clip_shapes())
    return parts.join([parts.prefixed(_UNET, dit.flux_shapes()), parts.prefixed("vae.", parts.vae_shapes(16, False)), texts])


def _sd35_checkpoint() -> Shapes:
    texts = parts.prefixed("text_encoders.clip_g.transformer.", dit.clip_shapes(1280, 32))
    vae = parts.prefixed("first_stage_model.", parts.vae_shapes(16, False))
    return parts.join([parts.prefixed(_UNET, dit.sd35_shapes()), vae, texts])


TABLES: Final[dict[str, Callable[[], Shapes]]] = {
    "sd15": lambda: _checkpoint(SD1, _sd_text),
    "sd15_inpaint": lambda: _checkpoint(SD1_INPAINT, _sd_text),
    "sd21": lambda: _checkpoint(SD2, _sd2_text),
    "sdxl": lambda: _checkpoint(SDXL, _sdxl_text),
    "flux_checkpoint": _flux_checkpoint,
    "sd35_checkpoint": _sd35_checkpoint,
    "flux_dev": dit.flux_shapes,
    "flux_schnell": lambda: dit.flux_shapes(has_guidance=False),
    "wan22_t2v": dit.wan_shapes,
    "wan22_i2v": lambda: dit.wan_shapes(inputs=36),
    "wan22_5b": lambda: dit.wan_shapes(3072, 48, 48, 30),
    "wan21_1b": lambda: dit.wan_shapes(1536, blocks=30),
    "qwen_image": dit.qwen_image_shapes,
    "z_image": dit.z_image_shapes,
    "sd35_large": lambda: dit.sd35_shapes(38),
    "clip_l": dit.clip_shapes,
    "clip_g": lambda: dit.clip_shapes(1280, 32),
    "t5": dit.t5_shapes,
    "umt5": lambda: dit.t5_shapes(256384),
    "qwen25_vl": dit.qwen_text_shapes,
    "clip_vision_h": dit.clip_vision_shapes,
    "clip_vision_l": lambda: dit.clip_vision_shapes(1024, 24),
    "vae": parts.vae_shapes,
    "vae_flux": lambda: parts.vae_shapes(16, False),
    "vae_wan": parts.wan_vae_shapes,
    "taesd": parts.taesd_shapes,
    "control_sd15": lambda: control_shapes(SD1),
    "control_sdxl": lambda: control_shapes(SDXL),
    "control_flux": parts.flux_control_shapes,
    "esrgan": parts.esrgan_shapes,
    "compact": parts.compact_shapes,
    "embedding_sd1": lambda: {"emb_params": (8, 768)},
    "embedding_sdxl": lambda: {"clip_g": (6, 1280), "clip_l": (6, 768)},
    "redux": lambda: {"redux_down.weight": (4096, 12288), "redux_down.bias": (4096,), "redux_up.weight": (12288, 1152)},
    "ip_adapter": parts.ip_adapter_shapes,
    "motion": parts.motion_shapes,
    "hypernetwork": parts.hypernetwork_shapes,
    "yolo": parts.yolo_shapes,
    "sam": parts.sam_shapes,
}
_AT_LEAST = 200_000
LORA_STYLES: Final = {"flux_peft": "peft", "wan": "peft", "wan_5b": "peft", "qwen": "peft", "z_image": "peft"}


@functools.cache
def table(name: str) -> Shapes:
    """Return a table by its name; `lora_<base>_<rank>` (and `loha_...`) make an adapter's."""
    if name.startswith(("lora_", "loha_")):
        sort, rest = name.split("_", 1)
        base, rank = rest.rsplit("_", 1)
        style = "loha" if sort == "loha" else LORA_STYLES.get(base, "kohya")
        return parts.lora_shapes(parts.lora_layers(base), int(rank), style)
    return TABLES[name]()


def is_telling(name: str) -> bool:
    """Return whether a tensor of this name tells what kind of model a file is; in adapters any layer does, so none is marked."""
    return not name.startswith(("lora_", "diffusion_model.")) and _TELLING.search(name) is not None


def telling_part(shapes: Shapes, most_elements: int) -> Shapes:
    """Return the tensors that tell what a model is, then as many small ones as fit in `most_elements`, in the table's order.

    What tells is kept even when it is over the limit by itself, and a little more: a prefix has to have some keys to count.
    """
    kept = {name for name in shapes if is_telling(name)}
    left = max(most_elements - sum(math.prod(shapes[name]) for name in kept), _AT_LEAST)
    for name, shape in sorted(shapes.items(), key=lambda item: math.prod(item[1])):
        size = math.prod(shape)
        if size > left:
            break
        if name not in kept:
            kept.add(name)
            left -= size
    return {name: shape for name, shape in shapes.items() if name in kept}
