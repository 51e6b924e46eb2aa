"""Names text encoders, CLIP vision models and audio encoders by their tensors.

Called by detect.py. Tests after Comfy-Org/ComfyUI:comfy/sd.py (detect_te_model), comfy/clip_vision.py; first match wins.
"""

from typing import Final

from model_manager.core.formats.keys import Keys

_QWEN3_WIDTHS: Final = {1024: "Qwen3 0.6B", 2048: "Qwen3 2B", 2560: "Qwen3 4B", 4096: "Qwen3 8B", 5120: "Mistral 3 24B"}
_UMT5_WORDS: Final = 256_384  # Comfy-Org/ComfyUI:comfy/text_encoders/umt5_config_xxl.json
_LANGUAGE_PREFIXES: Final = ("model.", "model.language_model.", "language_model.model.", "language_model.")
_T5_PREFIXES: Final = ("", "transformer.", "text_encoder.")
_CLIP_PREFIXES: Final = ("", "transformer.", "cond_stage_model.transformer.", "text_encoder.")


def text_encoder(keys: Keys) -> str:
    """Return the name of a text encoder, "" when it is none."""
    for prefix in _CLIP_PREFIXES:
        if found := _clip(keys.below(prefix)):
            return found
    for prefix in _T5_PREFIXES:
        if found := _t5(keys.below(prefix)):
            return found
    for prefix in _LANGUAGE_PREFIXES:
        if found := _language(keys.below(prefix)):
            return found
    return ""


def vision(keys: Keys) -> str:
    """Return the name of a vision model of CLIP's kind, "" when it is none."""
    for layer, name in ((47, "CLIP-G vision"), (30, "CLIP-H vision"), (22, "CLIP-L vision")):
        if f"vision_model.encoder.layers.{layer}.layer_norm1.weight" in keys:
            positions = keys.dim("vision_model.embeddings.position_embedding.weight", 0)
            if layer == 22 and positions in (729, 1024):
                return "SigLIP vision"
            return name + " 336" if positions == 577 else name
    if "visual.transformer.resblocks.0.attn.in_proj_weight" in keys:
        return "OpenCLIP vision"
    if "encoder.layer.39.layer_scale2.lambda1" in keys:
        return "DINOv2 giant"
    return "DINOv2 large" if "encoder.layer.23.layer_scale2.lambda1" in keys else ""


def audio(keys: Keys) -> str:
    """Return the name of an audio encoder, "" when it is none."""
    if "model.encoder.embed_positions.weight" in keys and not keys.starts("model.shared.") and keys.starts("model.encoder.conv1."):
        return "Whisper"
    if "encoder.layer_norm.bias" in keys and keys.starts("feature_extractor.", "feature_projection.", "encoder.pos_conv_embed."):
        return "wav2vec2"
    return ""


def gguf_text_encoder(architecture: str, keys: Keys) -> str:
    """Return the name of a text encoder in llama.cpp's naming of tensors; architecture: `general.architecture`.

    Sources: city96/ComfyUI-GGUF:loader.py; widths as in 4-bit free files.
    """
    words, width = (*keys.shape("token_embd.weight"), 0, 0)[:2]
    if architecture in ("t5", "t5encoder"):
        size = {4096: "XXL", 2048: "XL", 1024: "large", 768: "base"}.get(width, "")
        return f"{'UMT5' if words == _UMT5_WORDS else 'T5'}-{size}".rstrip("-")
    if architecture == "qwen2vl":
        return {2048: "Qwen2.5-VL 3B", 3584: "Qwen2.5-VL 7B"}.get(width, "Qwen2.5-VL")
    if architecture == "qwen3vl":
        return "Qwen3-VL"
    if architecture == "qwen3":
        return _QWEN3_WIDTHS.get(width, "Qwen3")
    if architecture == "llama":
        return {4096: "Llama 3 8B", 5120: "Mistral 3 24B"}.get(width, "Llama")
    return {"gemma2": "Gemma 2 2B", "gemma3": "Gemma 3", "mistral3": "Mistral 3 24B"}.get(architecture, "")


def _clip(keys: Keys) -> str:
    for layer, name in ((30, "CLIP-G"), (22, "CLIP-H"), (0, "CLIP-L")):
        if f"text_model.encoder.layers.{layer}.mlp.fc1.weight" in keys:
            return name
    if "transformer.resblocks.0.ln_1.weight" not in keys:
        return ""
    for layer, name in ((30, "CLIP-G"), (22, "CLIP-H")):
        if f"transformer.resblocks.{layer}.ln_1.weight" in keys:
            return name
    return "CLIP-L"


def _t5(keys: Keys) -> str:
    wide = keys.shape("encoder.block.23.layer.1.DenseReluDense.wi_1.weight")
    if wide:
        if wide[-1] == 2048:
            return "T5-XL"
        return "UMT5-XXL" if keys.dim("shared.weight", 0) == _UMT5_WORDS else "T5-XXL"
    if "encoder.block.23.layer.1.DenseReluDense.wi.weight" in keys:
        return "T5-XXL (old)"
    if "encoder.block.0.layer.0.SelfAttention.k.weight" not in keys:
        return ""
    return "ByT5-small" if keys.dim("encoder.block.0.layer.0.SelfAttention.k.weight", 0) == 384 else "T5-base"


def _language(keys: Keys) -> str:
    attention = "layers.0.self_attn."
    if "layers.0.post_feedforward_layernorm.weight" in keys:
        if f"{attention}q_norm.weight" not in keys:
            return "Gemma 2 2B"
        return {3840: "Gemma 3 12B"}.get(keys.dim("layers.0.post_feedforward_layernorm.weight", 0), "Gemma 3 4B")
    bias = keys.dim(f"{attention}k_proj.bias", 0)
    if bias:
        return {256: "Qwen2.5-VL 3B", 512: "Qwen2.5-VL 7B"}.get(bias, "Qwen2.5")
    if "layers.0.post_attention_layernorm.weight" not in keys:
        return ""
    width = keys.dim("layers.0.post_attention_layernorm.weight", 0)
    if f"{attention}q_norm.weight" in keys:
        return _QWEN3_WIDTHS.get(width, "Qwen3")
    return "Mistral 3 24B" if width == 5120 else "Llama 3 8B"
