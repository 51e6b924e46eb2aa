"""Names ControlNets and their relatives by their tensors. Called by detect.py; tests after Comfy-Org/ComfyUI:comfy/controlnet.py."""

from typing import Final

from model_manager.core.formats.keys import Keys
from model_manager.core.formats.unets import attention_width

Answer = tuple[str, str]

_WIDTHS: Final = {768: ("SD 1.x", "SD 1.5"), 1024: ("SD 2.x", "SD 2.1"), 2048: ("SDXL", "SDXL 1.0")}


def control(keys: Keys) -> Answer | None:
    """Return (architecture, base model) of a ControlNet or T2I-Adapter, None when it is neither."""
    if "lora_controlnet" in keys:
        return _by_width(keys, "Control-LoRA")
    if "control_model.zero_convs.0.0.weight" in keys or "zero_convs.0.0.weight" in keys:
        return _by_width(keys, "ControlNet")
    if "controlnet_cond_embedding.conv_in.weight" in keys:
        union = "control_add_embedding.linear_1.bias" in keys
        return _by_width(keys, "ControlNet union" if union else "ControlNet")
    if "controlnet_blocks.0.weight" in keys:
        return _transformer(keys)
    if "controlnet_blocks.0.linear.weight" in keys:
        return "Flux.1 ControlNet (MistoLine)", "Flux.1 D"
    if "after_proj_list.18.bias" in keys:
        return "Hunyuan DiT ControlNet", "Hunyuan 1"
    return _adapter(keys)


def _by_width(keys: Keys, name: str) -> Answer:
    words, base = _WIDTHS.get(attention_width(keys), ("", ""))
    return f"{words} {name}".strip(), base


def _transformer(keys: Keys) -> Answer:
    if "double_blocks.0.img_attn.norm.key_norm.scale" in keys:
        return "Flux.1 ControlNet (XLabs)", "Flux.1 D"
    if "pos_embed_input.proj.weight" in keys:
        if "transformer_blocks.0.adaLN_modulation.1.bias" in keys:
            return "SD 3.5 Large ControlNet", "SD 3.5 Large"
        return "SD 3 ControlNet", "SD 3"
    if "transformer_blocks.0.img_mlp.net.0.proj.weight" in keys:
        return "Qwen-Image ControlNet", "Qwen"
    if "controlnet_x_embedder.weight" in keys:
        union = "controlnet_mode_embedder.weight" in keys
        return "Flux.1 ControlNet union" if union else "Flux.1 ControlNet (InstantX)", "Flux.1 D"
    return "ControlNet", ""


def _adapter(keys: Keys) -> Answer | None:
    for prefix in ("", "adapter."):
        if keys.has(f"{prefix}body.0.in_conv.weight") or keys.has(f"{prefix}conv_in.weight", f"{prefix}body.0.block2.weight"):
            return "T2I-Adapter", ""
    if keys.starts("adapter.body."):
        return "T2I-Adapter", ""
    return None
