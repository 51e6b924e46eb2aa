"""Names the architecture of a diffusion model by the tensors below its prefix: transformers here, UNets in unets.py.

Called by detect.py. The order of the tests is that of Comfy-Org/ComfyUI:comfy/model_detection.py; each answers (architecture, base
model in Civitai's spelling or "").
"""

from collections.abc import Callable
from typing import Final

from model_manager.core.formats.keys import Keys
from model_manager.core.formats.unets import unet

Answer = tuple[str, str]

_VIDEO_WIDTHS: Final = {1536: "1.3B", 3072: "5B", 5120: "14B"}
# civitai/civitai:packages/civitai-shared/src/basemodel.constants.ts
_WAN_BASES: Final = {
    ("2.1", "1.3B", "T2V"): "Wan Video 1.3B t2v",
    ("", "14B", "T2V"): "Wan Video 14B t2v",
    ("2.2", "5B", "TI2V"): "Wan Video 2.2 TI2V-5B",
    ("2.2", "14B", "I2V"): "Wan Video 2.2 I2V-A14B",
}
_WAN_SORTS: Final = (
    ("vace_patch_embedding.weight", "VACE"),
    ("control_adapter.conv.weight", "camera"),
    ("casual_audio_encoder.encoder.final_linear.weight", "S2V"),
    ("audio_proj.audio_proj_glob_1.layer.bias", "HuMo"),
    ("face_adapter.fuser_blocks.0.k_norm.weight", "Animate"),
    ("img_emb.proj.0.bias", "I2V"),
)


def architecture(keys: Keys) -> Answer | None:
    """Return what diffusion model lies below the prefix of `keys`, None when it is none we know."""
    for test, answer in _TESTS:
        if test in keys:
            found = answer(keys)
            if found is not None:
                return found
    return unet(keys)


def _fixed(name: str, base: str) -> Callable[[Keys], Answer | None]:
    return lambda keys: (name, base)


def _sd3(keys: Keys) -> Answer:
    depth = keys.dim("x_embedder.proj.weight", 0) // 64
    if "joint_blocks.0.context_block.attn.ln_q.weight" in keys:
        if "joint_blocks.0.x_block.attn2.qkv.weight" in keys:
            return "SD 3.5 Medium", "SD 3.5 Medium"
        return ("SD 3.5 Large", "SD 3.5 Large") if depth == 38 else ("SD 3.5", "SD 3.5")
    return {24: "SD 3 Medium", 38: "SD 3 Large"}.get(depth, "SD 3"), "SD 3"


def _cascade(keys: Keys) -> Answer:
    stage = "Stable Cascade"
    if "clip_txt_mapper.weight" in keys:
        stage += " stage C lite" if keys.dim("clip_txt_mapper.weight", 0) == 1536 else " stage C"
    elif "clip_mapper.weight" in keys:
        stage += " stage B lite" if keys.dim("clip_mapper.weight", -1) == 576 else " stage B"
    return stage, "Stable Cascade"


def _hunyuan_dit(keys: Keys) -> Answer:
    return "Hunyuan DiT 1.1" if keys.dim("extra_embedder.0.weight", 1) == 3968 else "Hunyuan DiT 1.2", "Hunyuan 1"


def _hunyuan_video(keys: Keys) -> Answer:
    if keys.starts("vector_in."):
        sort = {16: " T2V", 33: " I2V", 32: " I2V SkyReels"}.get(keys.dim("img_in.proj.weight", 1), "")
        return "Hunyuan Video" + sort, "Hunyuan Video"
    shape = keys.shape("img_in.proj.weight")
    if "vision_in.proj.0.weight" in keys or "cond_type_embedding.weight" in keys:
        return "Hunyuan Video 1.5", "Hunyuan Video"
    if len(shape) == 4:
        return "HunyuanImage 2.1 distilled" if keys.starts("time_r_in.") else "HunyuanImage 2.1", ""
    if len(shape) == 5 and shape[2:] == (1, 1, 1):
        return "HunyuanImage 2.1 refiner", ""
    return "Hunyuan Video", "Hunyuan Video"


def _flux(keys: Keys) -> Answer | None:
    chroma = "distilled_guidance_layer.0.norms.0.scale" in keys or "distilled_guidance_layer.norms.0.scale" in keys
    if chroma:
        return "Chroma Radiance" if "nerf_blocks.0.norm.scale" in keys else "Chroma", "Chroma"
    if "img_in.weight" not in keys:
        return None
    if "double_stream_modulation_img.lin.weight" in keys:
        return _flux2(keys.dim("img_in.weight", 0))
    if "guidance_in.in_layer.weight" not in keys:
        return "Flux.1 schnell", "Flux.1 S"
    return "Flux.1 " + {384: "Fill", 128: "control"}.get(keys.dim("img_in.weight", 1), "dev"), "Flux.1 D"


def _flux2(width: int) -> Answer:
    klein = {4096: "Flux.2 Klein 9B", 3072: "Flux.2 Klein 4B"}.get(width)
    return (klein, klein) if klein else ("Flux.2 dev", "Flux.2 D")


def _ltx(keys: Keys) -> Answer:
    if "pos_embed.proj.bias" in keys:
        return "PixArt", ""
    return ("LTX-2", "LTXV2") if "audio_adaln_single.linear.weight" in keys else ("LTX-Video", "LTXV")


def _pixart(keys: Keys) -> Answer:
    return ("PixArt alpha", "PixArt a") if "ar_embedder.mlp.0.weight" in keys else ("PixArt sigma", "PixArt E")


def _lumina(keys: Keys) -> Answer:
    if "clip_text_pooled_proj.0.weight" in keys:
        return "NewBie", ""
    width = keys.dim("cap_embedder.1.weight", 0)
    return ("Z-Image", "ZImageTurbo") if width == 3840 else ("Lumina 2", "Lumina")


def _wan(keys: Keys) -> Answer:
    size = _VIDEO_WIDTHS.get(keys.dim("head.modulation", -1), "")
    sort = next((sort for test, sort in _WAN_SORTS if test in keys), "T2V")
    version = "2.1" if sort in ("VACE", "I2V") or size == "1.3B" else ""
    if keys.dim("head.head.weight", 0) // 4 == 48:
        version, sort = "2.2", "TI2V" if sort == "T2V" else sort
    elif sort == "T2V" and keys.dim("patch_embedding.weight", 1) == 36:
        version, sort = "2.2" if size == "14B" else version, "I2V"
    elif sort in ("S2V", "Animate"):
        version = "2.2"
    words = ["Wan", version, size, sort]
    return " ".join(word for word in words if word), _WAN_BASES.get((version, size, sort), "Wan Video")


def _cosmos2(keys: Keys) -> Answer:
    return ("Anima", "Anima") if "llm_adapter.blocks.0.cross_attn.q_proj.weight" in keys else ("Cosmos Predict2", "")


def _qwen(keys: Keys) -> Answer:
    if "time_text_embed.addition_t_embedding.weight" in keys:
        return "Qwen-Image Layered", "Qwen"
    return "Qwen-Image Edit" if "__index_timestep_zero__" in keys else "Qwen-Image", "Qwen"


def _flux_diffusers(keys: Keys) -> Answer | None:
    if not keys.starts("single_transformer_blocks.0.attn.") or "x_embedder.weight" not in keys:
        return None
    if keys.starts("distilled_guidance_layer."):
        return "Chroma", "Chroma"
    if keys.starts("double_stream_modulation_img."):
        return _flux2(keys.dim("x_embedder.weight", 0))
    return ("Flux.1 dev", "Flux.1 D") if keys.starts("time_text_embed.guidance_embedder.") else ("Flux.1 schnell", "Flux.1 S")


def _hunyuan3d21(keys: Keys) -> Answer | None:
    return ("Hunyuan3D 2.1", "Hunyuan3D") if keys.has("blocks.0.attn1.k_norm.weight") or keys.has("x_embedder.weight") else None


_TESTS: Final[tuple[tuple[str, Callable[[Keys], Answer | None]], ...]] = (
    ("joint_blocks.0.context_block.attn.qkv.weight", _sd3),
    ("clf.1.weight", _cascade),
    ("transformer.rotary_pos_emb.inv_freq", _fixed("Stable Audio", "")),
    ("double_layers.0.attn.w1q.weight", _fixed("AuraFlow", "AuraFlow")),
    ("mlp_t5.0.weight", _hunyuan_dit),
    ("txt_in.individual_token_refiner.blocks.0.norm1.weight", _hunyuan_video),
    ("double_blocks.0.img_attn.norm.key_norm.scale", _flux),
    ("double_blocks.0.img_attn.norm.key_norm.weight", _flux),
    ("t5_yproj.weight", _fixed("Mochi", "Mochi")),
    ("adaln_single.emb.timestep_embedder.linear_1.bias", _ltx),
    ("genre_embedder.weight", _fixed("ACE-Step", "ACE Audio")),
    ("t_block.1.weight", _pixart),
    ("blocks.block0.blocks.0.block.attn.to_q.0.weight", _fixed("Cosmos 1", "")),
    ("cap_embedder.1.weight", _lumina),
    ("head.modulation", _wan),
    ("latent_in.weight", _fixed("Hunyuan3D 2", "Hunyuan3D")),
    ("t_embedder.mlp.2.weight", _hunyuan3d21),
    ("caption_projection.0.linear.weight", _fixed("HiDream", "HiDream")),
    ("blocks.0.mlp.layer1.weight", _cosmos2),
    ("time_caption_embed.timestep_embedder.linear_1.bias", _fixed("OmniGen2", "")),
    ("txt_norm.weight", _qwen),
    ("visual_transformer_blocks.0.cross_attention.key_norm.weight", _fixed("Kandinsky 5", "")),
    ("encoder.lyric_encoder.layers.0.input_layernorm.weight", _fixed("ACE-Step 1.5", "ACE Audio")),
    ("transformer_blocks.0.attn.add_q_proj.weight", _flux_diffusers),
)
