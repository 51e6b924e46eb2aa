"""Names upscalers by their tensors. Called by detect.py; rows after chaiNNer-org/spandrel:libs/spandrel/spandrel/architectures."""

from typing import Final

from model_manager.core.formats.keys import Keys

# (architecture, tensors that must all be there); the first that fits wins, so what has more marks stands before what has fewer.
_ROWS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("ESRGAN+", ("model.0.weight", "model.1.sub.0.RDB1.conv1x1.weight")),
    ("ESRGAN", ("model.0.weight", "model.1.sub.0.RDB1.conv1.0.weight")),
    ("RealESRGAN", ("conv_first.weight", "body.0.rdb1.conv1.weight", "conv_body.weight", "conv_last.weight")),
    ("ESRGAN", ("RRDB_trunk.0.RDB1.conv1.weight", "trunk_conv.weight")),
    ("SPAN", ("conv_1.sk.weight",)),
    ("DAT", ("before_RG.1.weight",)),
    ("HAT", ("layers.0.residual_group.blocks.0.norm1.weight", "conv_first.weight", "relative_position_index_SA")),
    ("Swin2SR", ("layers.0.residual_group.blocks.0.norm1.weight", "conv_first.weight", "patch_embed.proj.weight")),
    ("SwinIR", ("layers.0.residual_group.blocks.0.norm1.weight", "conv_first.weight")),
    ("PLKSR", ("feats.0.weight",)),
    ("ATD", ("layers.0.residual_group.td",)),
    ("Real-CUGAN", ("unet1.conv1.conv.0.weight",)),
    ("SCUNet", ("m_head.0.weight", "m_tail.0.weight")),
)


def upscaler(keys: Keys) -> str:
    """Return the architecture of an upscaler, "" when it is none."""
    for name, marks in _ROWS:
        if keys.has(*marks):
            return name
    if keys.starts("layers.0.swin1."):
        return "DRCT"
    convolves = len(keys.shape("body.0.weight")) == 4 and len(keys.shape("body.1.weight")) in (1, 4)
    return "SRVGG Compact" if convolves and not keys.starts("conv_first.", "conv_in.") else ""
