"""Names a VAE by its tensors. Called by detect.py; tests after Comfy-Org/ComfyUI:comfy/sd.py."""

from typing import Final

from model_manager.core.formats.keys import Keys

_MARKS: Final = (
    ("decoder.mid.block_1.mix_factor", "SVD VAE"),
    ("taesd_decoder.1.weight", "TAESD"),
    ("vquantizer.codebook.weight", "Stable Cascade stage A"),
    ("backbone.1.0.block.0.1.num_batches_tracked", "Stable Cascade EfficientNet"),
    ("blocks.11.num_batches_tracked", "Stable Cascade previewer"),
    ("decoder.layers.1.layers.0.beta", "Stable Audio VAE"),
    ("blocks.2.blocks.3.stack.5.weight", "Mochi VAE"),
    ("decoder.blocks.2.blocks.3.stack.5.weight", "Mochi VAE"),
    ("layers.4.layers.1.attn_block.attn.qkv.weight", "Mochi VAE"),
    ("decoder.up_blocks.0.res_blocks.0.conv1.conv.weight", "LTX-Video VAE"),
    ("decoder.unpatcher3d.wavelets", "Cosmos VAE"),
    ("geo_decoder.cross_attn_decoder.ln_1.bias", "Hunyuan3D VAE"),
    ("vocoder.backbone.channel_layers.0.0.bias", "ACE-Step VAE"),
)
_CHANNELS: Final = {4: "SD or SDXL VAE", 16: "SD 3 or Flux.1 VAE", 64: "HunyuanImage 2.1 VAE"}


def autoencoder(keys: Keys) -> str:
    """Return the name of the VAE below the prefix, "" when there is none."""
    for mark, name in _MARKS:
        if mark in keys:
            return name
    if "decoder.middle.0.residual.0.gamma" in keys:
        return "Wan 2.2 VAE" if "decoder.upsamples.0.upsamples.0.residual.2.weight" in keys else "Wan 2.1 or Qwen-Image VAE"
    if "decoder.conv_in.conv.weight" in keys:
        return "HunyuanImage 2.1 refiner VAE" if keys.dim("decoder.conv_in.conv.weight", 1) == 32 else "Hunyuan Video VAE"
    return _still(keys) if len(keys.shape("decoder.conv_in.weight")) in (4, 5) else ""


def _still(keys: Keys) -> str:
    channels = keys.dim("decoder.conv_in.weight", 1)
    if channels == 32:
        return "Flux.2 VAE" if "bn.running_mean" in keys else "Hunyuan VAE, 32 channels"
    known = _CHANNELS.get(channels)
    if known:
        return known
    return "VAE" if keys.starts("decoder.mid.block_1.", "decoder.up_blocks.0.resnets.0.", "decoder.mid_block.") else ""
