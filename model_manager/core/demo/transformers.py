"""Tensor names and shapes of the transformer models: Flux.1, Wan, Qwen-Image, SD3.5, Z-Image, and the text encoders.

Used by the demo library and the benchmarks. Shapes only, no data; names as Comfy-Org/ComfyUI:comfy/model_detection.py and
comfy/sd.py look for them.
"""

from model_manager.core.demo.unet import Shapes


def flux_shapes(has_guidance: bool = True, double: int = 19, single: int = 38) -> Shapes:
    """Return the table of Flux.1 dev, or of schnell without guidance; names without a prefix."""
    width = 3072
    out = _linear("img_in", width, 64) | _linear("txt_in", width, 4096)
    for name, inner in (("time_in", 256), ("vector_in", 768), *([("guidance_in", 256)] if has_guidance else [])):
        out |= _linear(f"{name}.in_layer", width, inner) | _linear(f"{name}.out_layer", width, width)
    for index in range(double):
        for side in ("img", "txt"):
            block = f"double_blocks.{index}.{side}"
            out |= {f"{block}_attn.norm.key_norm.scale": (128,), f"{block}_attn.norm.query_norm.scale": (128,)}
            out |= _linear(f"{block}_attn.qkv", width * 3, width) | _linear(f"{block}_attn.proj", width, width)
            out |= _linear(f"{block}_mlp.0", width * 4, width) | _linear(f"{block}_mlp.2", width, width * 4)
            out |= _linear(f"{block}_mod.lin", width * 6, width)
    for index in range(single):
        block = f"single_blocks.{index}"
        out |= {f"{block}.norm.key_norm.scale": (128,), f"{block}.norm.query_norm.scale": (128,)}
        out |= _linear(f"{block}.linear1", width * 7, width) | _linear(f"{block}.linear2", width, width * 5)
        out |= _linear(f"{block}.modulation.lin", width * 3, width)
    return out | _linear("final_layer.linear", 64, width) | _linear("final_layer.adaLN_modulation.1", width * 2, width)


def wan_shapes(width: int = 5120, inputs: int = 16, outputs: int = 16, blocks: int = 40) -> Shapes:
    """Return the table of Wan 2.x: width 1536 is 1.3B, 3072 5B, 5120 14B; 36 inputs make image to video of Wan 2.2."""
    inner = {1536: 8960, 3072: 14336, 5120: 13824}[width]
    out: Shapes = {"patch_embedding.weight": (width, inputs, 1, 2, 2), "patch_embedding.bias": (width,)}
    out |= _linear("text_embedding.0", width, 4096) | _linear("text_embedding.2", width, width)
    out |= _linear("time_embedding.0", width, 256) | _linear("time_embedding.2", width, width)
    out |= _linear("time_projection.1", width * 6, width)
    for index in range(blocks):
        block = f"blocks.{index}"
        out[f"{block}.modulation"] = (1, 6, width)
        out |= {f"{block}.norm3.weight": (width,), f"{block}.norm3.bias": (width,)}
        for attention in ("self_attn", "cross_attn"):
            out |= {f"{block}.{attention}.norm_q.weight": (width,), f"{block}.{attention}.norm_k.weight": (width,)}
            for part in "qkvo":
                out |= _linear(f"{block}.{attention}.{part}", width, width)
        out |= _linear(f"{block}.ffn.0", inner, width) | _linear(f"{block}.ffn.2", width, inner)
    return out | {"head.modulation": (1, 2, width)} | _linear("head.head", outputs * 4, width)


def qwen_image_shapes(blocks: int = 60) -> Shapes:
    """Return the table of Qwen-Image; names without a prefix."""
    width = 3072
    out = _linear("img_in", width, 64) | _linear("txt_in", width, 3584) | {"txt_norm.weight": (3584,)}
    for step, inner in (("linear_1", 256), ("linear_2", width)):
        out |= _linear(f"time_text_embed.timestep_embedder.{step}", width, inner)
    for index in range(blocks):
        block = f"transformer_blocks.{index}"
        for part in ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out"):
            out |= _linear(f"{block}.attn.{part}", width, width)
        out |= {f"{block}.attn.{norm}.weight": (128,) for norm in ("norm_q", "norm_k", "norm_added_q", "norm_added_k")}
        for side in ("img", "txt"):
            out |= _linear(f"{block}.{side}_mlp.net.0.proj", width * 4, width) | _linear(f"{block}.{side}_mlp.net.2", width, width * 4)
            out |= _linear(f"{block}.{side}_mod.1", width * 6, width)
    return out | _linear("norm_out.linear", width * 2, width) | _linear("proj_out", 64, width)


def sd35_shapes(depth: int = 24) -> Shapes:
    """Return the table of Stable Diffusion 3.5: depth 24 is Medium, 38 Large; names without a prefix."""
    width = depth * 64
    out: Shapes = {"pos_embed": (1, 147456, width), "x_embedder.proj.weight": (width, 16, 2, 2), "x_embedder.proj.bias": (width,)}
    out |= _linear("context_embedder", width, 4096) | _linear("y_embedder.mlp.0", width, 2048) | _linear("t_embedder.mlp.0", width, 256)
    for index in range(depth):
        for side in ("context_block", "x_block"):
            block = f"joint_blocks.{index}.{side}"
            attentions = ["attn", "attn2"] if depth == 24 and side == "x_block" and index < 13 else ["attn"]
            for attention in attentions:
                out |= _linear(f"{block}.{attention}.qkv", width * 3, width) | _linear(f"{block}.{attention}.proj", width, width)
                out |= {f"{block}.{attention}.ln_q.weight": (64,), f"{block}.{attention}.ln_k.weight": (64,)}
            out |= _linear(f"{block}.mlp.fc1", width * 4, width) | _linear(f"{block}.mlp.fc2", width, width * 4)
            out |= _linear(f"{block}.adaLN_modulation.1", width * (9 if len(attentions) == 2 else 6), width)
    return out | _linear("final_layer.linear", 64, width)


def z_image_shapes(blocks: int = 30) -> Shapes:
    """Return the table of Z-Image (Lumina 2's layout, width 3840); names without a prefix."""
    width, inner = 3840, 10240
    out = {"cap_embedder.0.weight": (2560,)} | _linear("cap_embedder.1", width, 2560) | _linear("x_embedder", width, 64)
    names = [f"{room}.{index}" for room in ("noise_refiner", "context_refiner") for index in range(2)]
    for block in names + [f"layers.{index}" for index in range(blocks)]:
        out |= {f"{block}.attention.qkv.weight": (width * 3, width), f"{block}.attention.out.weight": (width, width)}
        out |= {f"{block}.attention.q_norm.weight": (128,), f"{block}.attention.k_norm.weight": (128,)}
        out |= {f"{block}.feed_forward.w1.weight": (inner, width), f"{block}.feed_forward.w2.weight": (width, inner)}
        out |= {f"{block}.feed_forward.w3.weight": (inner, width)}
        out |= {f"{block}.{norm}.weight": (width,) for norm in ("attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2")}
    return out | _linear("final_layer.linear", 64, width)


def clip_shapes(width: int = 768, layers: int = 12) -> Shapes:
    """Return the table of a CLIP text encoder: 768 and 12 is CLIP-L, 1280 and 32 CLIP-G, 1024 and 23 the one of SD 2."""
    top = "text_model"
    out: Shapes = {f"{top}.embeddings.token_embedding.weight": (49408, width), f"{top}.embeddings.position_embedding.weight": (77, width)}
    for index in range(layers):
        block = f"{top}.encoder.layers.{index}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            out |= _linear(f"{block}.self_attn.{part}", width, width)
        out |= _linear(f"{block}.mlp.fc1", width * 4, width) | _linear(f"{block}.mlp.fc2", width, width * 4)
        out |= _norm(f"{block}.layer_norm1", width) | _norm(f"{block}.layer_norm2", width)
    return out | _norm(f"{top}.final_layer_norm", width)


def clip_vision_shapes(width: int = 1280, layers: int = 32) -> Shapes:
    """Return the table of a CLIP vision tower: 1280 and 32 is H, 1024 and 24 L, 1664 and 48 G."""
    top = "vision_model"
    out: Shapes = {f"{top}.embeddings.class_embedding": (width,), f"{top}.embeddings.patch_embedding.weight": (width, 3, 14, 14)}
    out[f"{top}.embeddings.position_embedding.weight"] = (257, width)
    for index in range(layers):
        block = f"{top}.encoder.layers.{index}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            out |= _linear(f"{block}.self_attn.{part}", width, width)
        out |= _linear(f"{block}.mlp.fc1", width * 4, width) | _linear(f"{block}.mlp.fc2", width, width * 4)
        out |= _norm(f"{block}.layer_norm1", width) | _norm(f"{block}.layer_norm2", width)
    return out | _norm(f"{top}.post_layernorm", width) | {"visual_projection.weight": (1024, width)}


def t5_shapes(vocabulary: int = 32128, layers: int = 24) -> Shapes:
    """Return the table of the T5-XXL encoder; a vocabulary of 256384 makes it UMT5-XXL."""
    width, inner = 4096, 10240
    out: Shapes = {"shared.weight": (vocabulary, width)}
    for index in range(layers):
        block = f"encoder.block.{index}"
        out |= {f"{block}.layer.0.SelfAttention.{part}.weight": (width, width) for part in "qkvo"}
        if index == 0 or vocabulary != 32128:
            out[f"{block}.layer.0.SelfAttention.relative_attention_bias.weight"] = (32, 64)
        out |= {f"{block}.layer.0.layer_norm.weight": (width,), f"{block}.layer.1.layer_norm.weight": (width,)}
        out |= {f"{block}.layer.1.DenseReluDense.{part}.weight": (inner, width) for part in ("wi_0", "wi_1")}
        out[f"{block}.layer.1.DenseReluDense.wo.weight"] = (width, inner)
    return out | {"encoder.final_layer_norm.weight": (width,)}


def qwen_text_shapes(layers: int = 28) -> Shapes:
    """Return the table of Qwen2.5-VL 7B's language part, the text encoder of Qwen-Image."""
    width, inner = 3584, 18944
    out: Shapes = {"model.embed_tokens.weight": (152064, width)}
    for index in range(layers):
        block = f"model.layers.{index}"
        out |= _linear(f"{block}.self_attn.q_proj", width, width) | {f"{block}.self_attn.o_proj.weight": (width, width)}
        out |= _linear(f"{block}.self_attn.k_proj", 512, width) | _linear(f"{block}.self_attn.v_proj", 512, width)
        out |= {f"{block}.mlp.{part}.weight": (inner, width) for part in ("gate_proj", "up_proj")}
        out[f"{block}.mlp.down_proj.weight"] = (width, inner)
        out |= {f"{block}.{norm}.weight": (width,) for norm in ("input_layernorm", "post_attention_layernorm")}
    return out | {"model.norm.weight": (width,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _linear(name: str, outer: int, inner: int) -> Shapes:
    return {f"{name}.weight": (outer, inner), f"{name}.bias": (outer,)}
