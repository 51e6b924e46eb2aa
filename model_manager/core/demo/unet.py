"""Tensor names and shapes of the UNets (SD 1.x, SD 2.x, SDXL), complete and in the layout their checkpoints have.

Used by the demo library, which keeps the telling part of a table, and by the benchmarks, which take them whole. Shapes only, no data.
Layout: CompVis/stable-diffusion:ldm/modules/diffusionmodules/openaimodel.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class UNet:
    """What tells one UNet from another; depths count transformer blocks per resolution, finest first."""

    context: int
    depths: tuple[int, ...]
    multipliers: tuple[int, ...]
    label: int = 0
    has_linear_projection: bool = True
    channels: int = 320
    inputs: int = 4


SD1: Final = UNet(context=768, depths=(1, 1, 1, 0), multipliers=(1, 2, 4, 4), has_linear_projection=False)
SD1_INPAINT: Final = UNet(context=768, depths=(1, 1, 1, 0), multipliers=(1, 2, 4, 4), has_linear_projection=False, inputs=9)
SD2: Final = UNet(context=1024, depths=(1, 1, 1, 0), multipliers=(1, 2, 4, 4))
SDXL: Final = UNet(context=2048, depths=(0, 2, 10), multipliers=(1, 2, 4), label=2816)


def unet_shapes(kind: UNet) -> Shapes:
    """Return the whole table of a UNet, names without a prefix: name -> shape in PyTorch's order."""
    wide = kind.channels * 4
    out = _linear("time_embed.0", wide, kind.channels) | _linear("time_embed.2", wide, wide)
    if kind.label:
        out |= _linear("label_emb.0.0", wide, kind.label) | _linear("label_emb.0.2", wide, wide)
    out |= _encoder(kind)
    out |= _decoder(kind)
    out |= _norm("out.0", kind.channels) | _conv("out.2", 4, kind.channels)
    return out


def control_shapes(kind: UNet) -> Shapes:
    """Return the table of a ControlNet for that UNet, with its usual prefix `control_model.`."""
    wide = kind.channels * 4
    out = _linear("time_embed.0", wide, kind.channels) | _linear("time_embed.2", wide, wide)
    if kind.label:
        out |= _linear("label_emb.0.0", wide, kind.label) | _linear("label_emb.0.2", wide, wide)
    out |= _encoder(kind) | _conv("input_hint_block.0", 16, 3) | _conv("input_hint_block.14", kind.channels, 256)
    for index, (_, channels) in enumerate(_encoder_steps(kind)):
        out |= _conv(f"zero_convs.{index}.0", channels, channels, 1)
    return {f"control_model.{name}": shape for name, shape in out.items()}


def _encoder_steps(kind: UNet) -> list[tuple[str, int]]:
    """Return what each input block is and how wide it ends: the skip connections in order."""
    steps = [("in", kind.channels)]
    for level, multiplier in enumerate(kind.multipliers):
        steps += [("res", kind.channels * multiplier)] * 2
        if level < len(kind.multipliers) - 1:
            steps.append(("down", kind.channels * multiplier))
    return steps


def _encoder(kind: UNet) -> Shapes:
    out: Shapes = {}
    now, level = kind.inputs, 0
    for index, (step, channels) in enumerate(_encoder_steps(kind)):
        name = f"input_blocks.{index}"
        if step == "in":
            out |= _conv(f"{name}.0", channels, now)
        elif step == "down":
            out |= _conv(f"{name}.0.op", channels, channels)
            level += 1
        else:
            out |= _residual(f"{name}.0", now, channels, kind.channels * 4) | _transformer(f"{name}.1", channels, kind.depths[level], kind)
        now = channels
    deepest = next(depth for depth in reversed(kind.depths) if depth)
    out |= _residual("middle_block.0", now, now, kind.channels * 4) | _transformer("middle_block.1", now, deepest, kind)
    return out | _residual("middle_block.2", now, now, kind.channels * 4)


def _decoder(kind: UNet) -> Shapes:
    out: Shapes = {}
    skips = [channels for _, channels in _encoder_steps(kind)]
    now, index = skips[-1], 0
    for level in reversed(range(len(kind.multipliers))):
        channels = kind.channels * kind.multipliers[level]
        for step in range(3):
            name = f"output_blocks.{index}"
            out |= _residual(f"{name}.0", now + skips.pop(), channels, kind.channels * 4)
            out |= _transformer(f"{name}.1", channels, kind.depths[level], kind)
            if step == 2 and level:
                out |= _conv(f"{name}.{2 if kind.depths[level] else 1}.conv", channels, channels)
            now, index = channels, index + 1
    return out


def _transformer(name: str, width: int, depth: int, kind: UNet) -> Shapes:
    if not depth:
        return {}
    side = (width, width) if kind.has_linear_projection else (width, width, 1, 1)
    out = _norm(f"{name}.norm", width) | {f"{name}.proj_in.weight": side, f"{name}.proj_in.bias": (width,)}
    for index in range(depth):
        out |= dict(_transformer_block(f"{name}.transformer_blocks.{index}", width, kind.context))
    return out | {f"{name}.proj_out.weight": side, f"{name}.proj_out.bias": (width,)}


def _transformer_block(name: str, width: int, context: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for attention, inner in (("attn1", width), ("attn2", context)):
        yield f"{name}.{attention}.to_q.weight", (width, width)
        yield f"{name}.{attention}.to_k.weight", (width, inner)
        yield f"{name}.{attention}.to_v.weight", (width, inner)
        yield from _linear(f"{name}.{attention}.to_out.0", width, width).items()
    yield from _linear(f"{name}.ff.net.0.proj", width * 8, width).items()
    yield from _linear(f"{name}.ff.net.2", width, width * 4).items()
    for norm in ("norm1", "norm2", "norm3"):
        yield from _norm(f"{name}.{norm}", width).items()


def _residual(name: str, inner: int, outer: int, embedding: int) -> Shapes:
    out = _norm(f"{name}.in_layers.0", inner) | _conv(f"{name}.in_layers.2", outer, inner)
    out |= _linear(f"{name}.emb_layers.1", outer, embedding)
    out |= _norm(f"{name}.out_layers.0", outer) | _conv(f"{name}.out_layers.3", outer, outer)
    return out | (_conv(f"{name}.skip_connection", outer, inner, 1) if inner != outer else {})


def _linear(name: str, outer: int, inner: int) -> Shapes:
    return {f"{name}.weight": (outer, inner), f"{name}.bias": (outer,)}


def _conv(name: str, outer: int, inner: int, edge: int = 3) -> Shapes:
    return {f"{name}.weight": (outer, inner, edge, edge), f"{name}.bias": (outer,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
