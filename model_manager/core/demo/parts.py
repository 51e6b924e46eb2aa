"""Tensor names and shapes of LoRAs, VAEs and the smaller kinds of model.

Used by the demo library and the benchmarks. Shapes only, no data; names as Comfy-Org/ComfyUI:comfy/sd.py, comfy/lora.py and
comfy/controlnet.py, chaiNNer-org/spandrel and the nodes of each kind look for them.
"""

from collections.abc import Iterable

from model_manager.core.demo.transformers import clip_shapes, flux_shapes, qwen_image_shapes, wan_shapes, z_image_shapes
from model_manager.core.demo.unet import SD1, SDXL, Shapes, unet_shapes

Layers = list[tuple[str, int, int]]  # name, inner width, outer width


def lora_shapes(layers: Layers, rank: int, style: str = "kohya") -> Shapes:
    """Return the table of an adapter over `layers`; style: kohya, peft, loha."""
    out: Shapes = {}
    for name, inner, outer in layers:
        if style == "kohya":
            out |= {f"{name}.lora_down.weight": (rank, inner), f"{name}.lora_up.weight": (outer, rank), f"{name}.alpha": ()}
        elif style == "peft":
            out |= {f"{name}.lora_A.weight": (rank, inner), f"{name}.lora_B.weight": (outer, rank)}
        else:
            out |= {f"{name}.hada_w{n}_{side}": shape for n in (1, 2) for side, shape in (("a", (outer, rank)), ("b", (rank, inner)))}
            out[f"{name}.alpha"] = ()
    return out


def lora_layers(base: str) -> Layers:
    """Return the layers a LoRA for that base model changes; base: sd1, sdxl, flux, flux_peft, wan, wan_5b, qwen, z_image."""
    if base == "sd1":
        unet = [(f"lora_unet_{_diffusers_name(name)}", inner, outer) for name, inner, outer in _attention(unet_shapes(SD1))]
        return _text_layers("lora_te", clip_shapes()) + unet
    if base == "sdxl":
        texts = _text_layers("lora_te1", clip_shapes()) + _text_layers("lora_te2", clip_shapes(1280, 32))
        return texts + [(_kohya("lora_unet", name), inner, outer) for name, inner, outer in _attention(unet_shapes(SDXL))]
    if base == "flux":
        return [(_kohya("lora_unet", name), inner, outer) for name, inner, outer in _linears(flux_shapes(), ("double_", "single_"))]
    tables = {
        "flux_peft": (flux_shapes(), ("double_", "single_")),
        "wan": (wan_shapes(), ("blocks.",)),
        "wan_5b": (wan_shapes(3072, 48, 48, 30), ("blocks.",)),
        "qwen": (qwen_image_shapes(), ("transformer_blocks.",)),
        "z_image": (z_image_shapes(), ("layers.",)),
    }
    return [(f"diffusion_model.{name}", inner, outer) for name, inner, outer in _linears(*tables[base])]


def vae_shapes(latent: int = 4, has_quant: bool = True) -> Shapes:
    """Return the table of a picture VAE: latent 4 is SD and SDXL, 16 (without quant) Flux.1 and SD3."""
    out = _conv("encoder.conv_in", 128, 3) | _conv("encoder.conv_out", latent * 2, 512)
    out |= _conv("decoder.conv_in", 512, latent) | _conv("decoder.conv_out", 3, 128)
    widths, now = (128, 256, 512, 512), 128
    for level, width in enumerate(widths):
        for index in range(2):
            out |= _vae_block(f"encoder.down.{level}.block.{index}", now, width)
            now = width
        out |= _conv(f"encoder.down.{level}.downsample.conv", width, width) if level < 3 else {}
    for level, width in reversed(list(enumerate(widths))):
        for index in range(3):
            out |= _vae_block(f"decoder.up.{level}.block.{index}", now, width)
            now = width
        out |= _conv(f"decoder.up.{level}.upsample.conv", width, width) if level else {}
    for side, width in (("encoder", 512), ("decoder", 128)):
        out |= _vae_block(f"{side}.mid.block_1", 512, 512) | _vae_block(f"{side}.mid.block_2", 512, 512)
        out |= _norm(f"{side}.mid.attn_1.norm", 512) | _norm(f"{side}.norm_out", width)
        for part in ("q", "k", "v", "proj_out"):
            out |= _conv(f"{side}.mid.attn_1.{part}", 512, 512, 1)
    return out | (_conv("quant_conv", latent * 2, latent * 2, 1) | _conv("post_quant_conv", latent, latent, 1) if has_quant else {})


def wan_vae_shapes() -> Shapes:
    """Return the telling part of the Wan 2.1 VAE."""
    out: Shapes = {"conv1.weight": (32, 32, 1, 1, 1), "conv2.weight": (16, 16, 1, 1, 1), "encoder.conv1.weight": (96, 3, 3, 3, 3)}
    out |= {"decoder.conv1.weight": (384, 16, 3, 3, 3), "decoder.conv1.bias": (384,), "decoder.head.2.weight": (3, 96, 3, 3, 3)}
    for side in ("encoder", "decoder"):
        for block in (0, 2):
            out |= {f"{side}.middle.{block}.residual.{norm}.gamma": (384, 1, 1, 1) for norm in (0, 3)}
            out |= {f"{side}.middle.{block}.residual.{step}.weight": (384, 384, 3, 3, 3) for step in (2, 6)}
    return out


def taesd_shapes() -> Shapes:
    """Return the table of a TAESD decoder as its own file has it."""
    out: Shapes = {}
    for index in range(1, 15):
        out |= _conv(f"{index}" if index in (1, 6, 10, 14) else f"{index}.conv.0", 64, 64)
    return out


def esrgan_shapes(blocks: int = 23) -> Shapes:
    """Return the telling part of an ESRGAN upscaler in its old layout (first block whole, 4x)."""
    out = _conv("model.0", 64, 3)
    for dense in range(1, 4):
        for step in range(1, 6):
            out |= _conv(f"model.1.sub.0.RDB{dense}.conv{step}.0", 64 if step == 5 else 32, 64 + 32 * (step - 1))
    out |= _conv(f"model.1.sub.{blocks}", 64, 64)
    for index, width in ((3, 64), (6, 64), (8, 64), (10, 3)):
        out |= _conv(f"model.{index}", width, 64)
    return out


def compact_shapes() -> Shapes:
    """Return the table of a small SRVGG Compact upscaler (4x)."""
    out = _conv("body.0", 64, 3) | {"body.1.weight": (64,)}
    for index in range(2, 34, 2):
        out |= _conv(f"body.{index}", 64, 64) | {f"body.{index + 1}.weight": (64,)}
    return out | _conv("body.34", 48, 64)


def flux_control_shapes() -> Shapes:
    """Return the telling part of a Flux union ControlNet (InstantX layout)."""
    out = _linear("controlnet_x_embedder", 3072, 64) | {"controlnet_mode_embedder.weight": (10, 3072)}
    for index in range(5):
        out |= _linear(f"controlnet_blocks.{index}", 3072, 3072)
        out |= {f"transformer_blocks.{index}.attn.norm_q.weight": (128,), f"transformer_blocks.{index}.attn.norm_k.weight": (128,)}
    return out


def ip_adapter_shapes(context: int = 768) -> Shapes:
    """Return the telling part of an IP-Adapter."""
    out = _linear("image_proj.proj", context * 4, 1024) | _norm("image_proj.norm", context)
    for index in range(1, 32, 2):
        out |= {f"ip_adapter.{index}.to_{part}_ip.weight": (320, context) for part in "kv"}
    return out


def motion_shapes() -> Shapes:
    """Return the telling part of an AnimateDiff motion module for SD 1.5."""
    out: Shapes = {}
    for level, width in enumerate((320, 640, 1280, 1280)):
        for index in range(2):
            block = f"down_blocks.{level}.motion_modules.{index}.temporal_transformer"
            out |= _norm(f"{block}.norm", width) | {f"{block}.transformer_blocks.0.attention_blocks.0.pos_encoder.pe": (1, 32, width)}
            for part in "qkv":
                out[f"{block}.transformer_blocks.0.attention_blocks.0.to_{part}.weight"] = (width, width)
    return out


def hypernetwork_shapes() -> Shapes:
    """Return the table of a hypernetwork with one hidden layer per width."""
    sides = [(f"{width}.{side}", width) for width in (320, 640, 768, 1280) for side in (0, 1)]
    return join(_linear(f"{name}.linear.0", width * 2, width) | _linear(f"{name}.linear.1", width, width * 2) for name, width in sides)


def yolo_shapes() -> Shapes:
    """Return the first layers of a YOLOv8 nano detector."""
    out: Shapes = {}
    for index, (outer, inner) in enumerate(((16, 3), (32, 16), (64, 32), (128, 64), (256, 128))):
        out |= {f"model.{index}.conv.weight": (outer, inner, 3, 3)} | _norm(f"model.{index}.bn", outer)
    return out


def sam_shapes() -> Shapes:
    """Return the telling part of a Segment Anything model (base size)."""
    out: Shapes = {"image_encoder.pos_embed": (1, 64, 64, 768)} | _conv("image_encoder.neck.0", 256, 768, 1)
    out |= {"prompt_encoder.no_mask_embed.weight": (1, 256), "mask_decoder.iou_token.weight": (1, 256)}
    return out | _norm("image_encoder.blocks.0.norm1", 768) | _linear("image_encoder.blocks.0.attn.qkv", 2304, 768)


def prefixed(prefix: str, shapes: Shapes) -> Shapes:
    """Return the table with `prefix` before every name."""
    return {prefix + name: shape for name, shape in shapes.items()}


def open_clip_shapes(width: int = 1280, layers: int = 32) -> Shapes:
    """Return the table of CLIP-G as SDXL checkpoints hold it."""
    out: Shapes = {"token_embedding.weight": (49408, width), "positional_embedding": (77, width), "text_projection": (width, width)}
    for index in range(layers):
        block = f"transformer.resblocks.{index}"
        out |= {f"{block}.attn.in_proj_weight": (width * 3, width), f"{block}.attn.in_proj_bias": (width * 3,)}
        out |= _linear(f"{block}.attn.out_proj", width, width) | _norm(f"{block}.ln_1", width) | _norm(f"{block}.ln_2", width)
        out |= _linear(f"{block}.mlp.c_fc", width * 4, width) | _linear(f"{block}.mlp.c_proj", width, width * 4)
    return out | _norm("ln_final", width)


def join(tables: Iterable[Shapes]) -> Shapes:
    """Return several tables as one."""
    return {name: shape for table in tables for name, shape in table.items()}


def _attention(shapes: Shapes) -> Layers:
    """Return the layers of a UNet that kohya's LoRAs change: all in and around its transformer blocks."""
    return [(name, inner, outer) for name, inner, outer in _linears(shapes, ("",)) if ".proj_" in name or ".transformer_blocks." in name]


def _linears(shapes: Shapes, prefixes: tuple[str, ...]) -> Layers:
    found = [(name, shape) for name, shape in shapes.items() if name.startswith(prefixes) and len(shape) in (2, 4)]
    return [(name.removesuffix(".weight"), shape[1], shape[0]) for name, shape in found if name.endswith(".weight")]


def _text_layers(prefix: str, shapes: Shapes) -> Layers:
    return [(_kohya(prefix, name), inner, outer) for name, inner, outer in _linears(shapes, ("text_model.encoder.",))]


def _kohya(prefix: str, name: str) -> str:
    return f"{prefix}_{name.replace('.', '_')}"


def _diffusers_name(name: str) -> str:
    """Return the name of an SD 1.x attention block's layer as diffusers, and so kohya for SD 1.x, spells it."""
    room, number, *rest = name.split(".")
    if room == "middle_block":
        return "_".join(["mid_block_attentions_0", *rest])
    place = int(number)
    if room == "input_blocks":
        block = f"down_blocks_{(place - 1) // 3}_attentions_{(place - 1) % 3}"
    else:
        block = f"up_blocks_{place // 3}_attentions_{place % 3}"
    return "_".join([block, *rest[1:]])


def _vae_block(name: str, inner: int, outer: int) -> Shapes:
    out = _norm(f"{name}.norm1", inner) | _conv(f"{name}.conv1", outer, inner) | _norm(f"{name}.norm2", outer)
    return out | _conv(f"{name}.conv2", outer, outer) | (_conv(f"{name}.nin_shortcut", outer, inner, 1) if inner != outer else {})


def _linear(name: str, outer: int, inner: int) -> Shapes:
    return {f"{name}.weight": (outer, inner), f"{name}.bias": (outer,)}


def _conv(name: str, outer: int, inner: int, edge: int = 3) -> Shapes:
    return {f"{name}.weight": (outer, inner, edge, edge), f"{name}.bias": (outer,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
