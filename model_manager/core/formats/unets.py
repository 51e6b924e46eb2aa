"""Names a UNet of the Stable Diffusion line by its widths, in the original layout and in that of diffusers.

Called by diffusion.py and controls.py. Widths: Comfy-Org/ComfyUI:comfy/supported_models.py.
"""

import re
from typing import Final

from model_manager.core.formats.contents import Shape
from model_manager.core.formats.keys import Keys

_TO_K: Final = re.compile(r"\n([^\n]*transformer_blocks\.0\.attn2\.to_k\.weight)(?=\n)")
_STABLE_VIDEO: Final = {768: ("SVD", "SVD"), 256: ("SV3D u", ""), 1280: ("SV3D p", "")}


def unet(keys: Keys) -> tuple[str, str] | None:
    """Return (architecture, base model) of the UNet below the prefix, None when there is none."""
    if len(keys.shape("input_blocks.0.0.weight")) == 4:
        shape, added = keys.shape("input_blocks.0.0.weight"), keys.dim("label_emb.0.0.weight", 1)
    elif len(keys.shape("conv_in.weight")) == 4 and keys.starts("down_blocks."):
        if keys.starts("down_blocks.0.motion_modules."):
            return None
        shape, added = keys.shape("conv_in.weight"), keys.dim("add_embedding.linear_1.weight", 1)
    else:
        return None
    found = _by_width(keys, shape, attention_width(keys), added)
    return found and _variant(keys, found, shape)


def attention_width(keys: Keys) -> int:
    """Return the width of the text the first cross attention takes in (768, 1024, 2048 ...), 0 when there is none."""
    for match in _TO_K.finditer(keys.joined):
        name = match[1]
        if name.startswith(keys.prefix):
            shape = keys.tensors[name][1]
            return shape[1] if len(shape) > 1 else 0
    return 0


def _by_width(keys: Keys, shape: Shape, context: int, added: int) -> tuple[str, str] | None:
    channels, inputs = shape[0], shape[1]
    if context == 2048:
        return _sdxl(keys)
    if context == 1280 or channels == 384:
        return "SDXL refiner", "SDXL 1.0"
    if channels == 256 and inputs == 7:
        return "x4 upscaler", ""
    if context == 1024:
        if ".time_stack." in keys.joined:
            return _STABLE_VIDEO.get(added, ("SVD", "SVD"))
        return {1536: ("SD 2.1 unCLIP L", "SD 2.1 Unclip"), 2048: ("SD 2.1 unCLIP H", "SD 2.1 Unclip")}.get(added, ("SD 2.x", "SD 2.1"))
    if context == 768:
        if inputs == 8 and "cc_projection.weight" in keys.tensors:
            return "Stable Zero123", ""
        return "SD 1.x", "SD 1.5"
    return None


def _sdxl(keys: Keys) -> tuple[str, str]:
    """Tell the small relatives by the depth of their deepest blocks: SDXL has ten transformer blocks there."""
    if keys.has("input_blocks.0.0.weight"):
        deepest = ("input_blocks.7.1.", "input_blocks.8.1.", "middle_block.1.")
    else:
        deepest = ("down_blocks.2.attentions.0.", "down_blocks.2.attentions.1.", "mid_block.attentions.0.")
    blocks = [len(set(re.findall(rf"\n{re.escape(keys.prefix + part)}transformer_blocks\.(\d+)\.", keys.joined))) for part in deepest]
    if blocks[0] in (4, 2) and sum(blocks) <= 12 and f"\n{keys.prefix}{deepest[0]}transformer_blocks.0.attn1" in keys.joined:
        return "SSD-1B" if blocks[0] == 4 else "Segmind Vega", "SDXL Distilled"
    if "edm_mean" in keys.tensors and "edm_std" in keys.tensors:
        return "Playground 2.5", "Playground v2"
    return "SDXL", "SDXL 1.0"


def _variant(keys: Keys, found: tuple[str, str], shape: Shape) -> tuple[str, str]:
    """Add what the number of input channels and the marker tensors tell."""
    name, base = found
    if shape[1] == 9:
        name += " inpainting"
    elif shape[1] == 8 and name in ("SD 1.x", "SDXL"):
        name += " instruct-pix2pix"
    if name == "SDXL" and ("v_pred" in keys.tensors or "edm_vpred.sigma_max" in keys.tensors):
        name += " v-prediction"
    return name, base
