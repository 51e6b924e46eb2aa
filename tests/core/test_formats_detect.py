"""Kinds and architectures: a small table of tensors for every row we know."""

from collections.abc import Mapping

import pytest

from model_manager.core.formats.contents import Shape, Traits
from model_manager.core.formats.detect import traits_of

P = "model.diffusion_model."
Names = Mapping[str, Shape] | list[str]


def traits(names: Names, dtype: str = "F16") -> Traits:
    shapes = names if isinstance(names, Mapping) else dict.fromkeys(names, (2,))
    return traits_of({name: (dtype, shape) for name, shape in shapes.items()})


def unet(channels: int, inputs: int, context: int, added: int = 0, prefix: str = "", **more: Shape) -> dict[str, Shape]:
    found: dict[str, Shape] = {
        f"{prefix}input_blocks.0.0.weight": (channels, inputs, 3, 3),
        f"{prefix}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (channels, context),
    }
    if added:
        found[f"{prefix}label_emb.0.0.weight"] = (1280, added)
    return found | more


FLUX = {"double_blocks.0.img_attn.norm.key_norm.scale": (128,), "img_in.weight": (3072, 64)}
WAN = {"head.head.weight": (64, 8), "patch_embedding.weight": (8, 16, 1, 2, 2)}
HUNYUAN = "txt_in.individual_token_refiner.blocks.0.norm1.weight"
SD3 = {"joint_blocks.0.context_block.attn.qkv.weight": (2, 2)}

DIFFUSION: dict[str, tuple[Names, str, str]] = {
    "SD 3 Medium": (SD3 | {"x_embedder.proj.weight": (24 * 64, 16, 2, 2)}, "SD 3 Medium", "SD 3"),
    "SD 3.5 Large": (
        SD3 | {"x_embedder.proj.weight": (38 * 64, 16, 2, 2), "joint_blocks.0.context_block.attn.ln_q.weight": (64,)},
        "SD 3.5 Large",
        "SD 3.5 Large",
    ),
    "SD 3.5 Medium": (
        SD3 | {"joint_blocks.0.context_block.attn.ln_q.weight": (64,), "joint_blocks.0.x_block.attn2.qkv.weight": (2,)},
        "SD 3.5 Medium",
        "SD 3.5 Medium",
    ),
    "Cascade C": ({"clf.1.weight": (1,), "clip_txt_mapper.weight": (2048, 1)}, "Stable Cascade stage C", "Stable Cascade"),
    "Cascade C lite": ({"clf.1.weight": (1,), "clip_txt_mapper.weight": (1536, 1)}, "Stable Cascade stage C lite", "Stable Cascade"),
    "Cascade B": ({"clf.1.weight": (1,), "clip_mapper.weight": (1, 640)}, "Stable Cascade stage B", "Stable Cascade"),
    "Cascade B lite": ({"clf.1.weight": (1,), "clip_mapper.weight": (1, 576)}, "Stable Cascade stage B lite", "Stable Cascade"),
    "Stable Audio": (["transformer.rotary_pos_emb.inv_freq"], "Stable Audio", ""),
    "AuraFlow": (["double_layers.0.attn.w1q.weight"], "AuraFlow", "AuraFlow"),
    "HunyuanDiT 1.1": ({"mlp_t5.0.weight": (1,), "extra_embedder.0.weight": (1, 3968)}, "Hunyuan DiT 1.1", "Hunyuan 1"),
    "HunyuanDiT 1.2": ({"mlp_t5.0.weight": (1,), "extra_embedder.0.weight": (1, 1024)}, "Hunyuan DiT 1.2", "Hunyuan 1"),
    "Hunyuan Video": (
        {HUNYUAN: (1,), "vector_in.in_layer.weight": (1,), "img_in.proj.weight": (1, 16, 1, 2, 2)},
        "Hunyuan Video T2V",
        "Hunyuan Video",
    ),
    "Hunyuan I2V": (
        {HUNYUAN: (1,), "vector_in.in_layer.weight": (1,), "img_in.proj.weight": (1, 33, 1, 2, 2)},
        "Hunyuan Video I2V",
        "Hunyuan Video",
    ),
    "SkyReels": (
        {HUNYUAN: (1,), "vector_in.in_layer.weight": (1,), "img_in.proj.weight": (1, 32, 1, 2, 2)},
        "Hunyuan Video I2V SkyReels",
        "Hunyuan Video",
    ),
    "HunyuanImage": ({HUNYUAN: (1,), "img_in.proj.weight": (1, 64, 1, 1)}, "HunyuanImage 2.1", ""),
    "HunyuanImage distilled": (
        {HUNYUAN: (1,), "img_in.proj.weight": (1, 64, 1, 1), "time_r_in.w": (1,)},
        "HunyuanImage 2.1 distilled",
        "",
    ),
    "HunyuanImage refiner": ({HUNYUAN: (1,), "img_in.proj.weight": (1, 128, 1, 1, 1)}, "HunyuanImage 2.1 refiner", ""),
    "Hunyuan Video 1.5": ({HUNYUAN: (1,), "vision_in.proj.0.weight": (1,)}, "Hunyuan Video 1.5", "Hunyuan Video"),
    "Flux dev": (FLUX | {"guidance_in.in_layer.weight": (1, 1)}, "Flux.1 dev", "Flux.1 D"),
    "Flux schnell": (FLUX, "Flux.1 schnell", "Flux.1 S"),
    "Flux Fill": (FLUX | {"guidance_in.in_layer.weight": (1, 1), "img_in.weight": (3072, 384)}, "Flux.1 Fill", "Flux.1 D"),
    "Flux control": (FLUX | {"guidance_in.in_layer.weight": (1, 1), "img_in.weight": (3072, 128)}, "Flux.1 control", "Flux.1 D"),
    "Flux.2": (FLUX | {"double_stream_modulation_img.lin.weight": (1,), "img_in.weight": (6144, 128)}, "Flux.2 dev", "Flux.2 D"),
    "Klein": (
        FLUX | {"double_stream_modulation_img.lin.weight": (1,), "img_in.weight": (4096, 128)},
        "Flux.2 Klein 9B",
        "Flux.2 Klein 9B",
    ),
    "Chroma": (FLUX | {"distilled_guidance_layer.norms.0.scale": (1,)}, "Chroma", "Chroma"),
    "Radiance": (
        {
            "double_blocks.0.img_attn.norm.key_norm.scale": (1,),
            "distilled_guidance_layer.0.norms.0.scale": (1,),
            "nerf_blocks.0.norm.scale": (1,),
        },
        "Chroma Radiance",
        "Chroma",
    ),
    "Mochi": (["t5_yproj.weight"], "Mochi", "Mochi"),
    "PixArt of diffusers": (["adaln_single.emb.timestep_embedder.linear_1.bias", "pos_embed.proj.bias"], "PixArt", ""),
    "LTX": (["adaln_single.emb.timestep_embedder.linear_1.bias"], "LTX-Video", "LTXV"),
    "LTX-2": (["adaln_single.emb.timestep_embedder.linear_1.bias", "audio_adaln_single.linear.weight"], "LTX-2", "LTXV2"),
    "ACE-Step": (["genre_embedder.weight"], "ACE-Step", "ACE Audio"),
    "PixArt alpha": (["t_block.1.weight", "ar_embedder.mlp.0.weight"], "PixArt alpha", "PixArt a"),
    "PixArt sigma": (["t_block.1.weight"], "PixArt sigma", "PixArt E"),
    "Cosmos 1": (["blocks.block0.blocks.0.block.attn.to_q.0.weight"], "Cosmos 1", ""),
    "Lumina 2": ({"cap_embedder.1.weight": (2304, 2304)}, "Lumina 2", "Lumina"),
    "Z-Image": ({"cap_embedder.1.weight": (3840, 2560)}, "Z-Image", "ZImageTurbo"),
    "NewBie": (["cap_embedder.1.weight", "clip_text_pooled_proj.0.weight"], "NewBie", ""),
    "Wan 1.3B": (WAN | {"head.modulation": (1, 2, 1536)}, "Wan 2.1 1.3B T2V", "Wan Video 1.3B t2v"),
    "Wan 14B": (WAN | {"head.modulation": (1, 2, 5120)}, "Wan 14B T2V", "Wan Video 14B t2v"),
    "Wan 5B": (WAN | {"head.modulation": (1, 2, 3072), "head.head.weight": (192, 8)}, "Wan 2.2 5B TI2V", "Wan Video 2.2 TI2V-5B"),
    "Wan 2.1 I2V": (WAN | {"head.modulation": (1, 2, 5120), "img_emb.proj.0.bias": (1,)}, "Wan 2.1 14B I2V", "Wan Video"),
    "Wan 2.2 I2V": (
        WAN | {"head.modulation": (1, 2, 5120), "patch_embedding.weight": (8, 36, 1, 2, 2)},
        "Wan 2.2 14B I2V",
        "Wan Video 2.2 I2V-A14B",
    ),
    "Wan VACE": (WAN | {"head.modulation": (1, 2, 5120), "vace_patch_embedding.weight": (1,)}, "Wan 2.1 14B VACE", "Wan Video"),
    "Wan camera": (WAN | {"head.modulation": (1, 2, 5120), "control_adapter.conv.weight": (1,)}, "Wan 14B camera", "Wan Video"),
    "Wan S2V": (
        WAN | {"head.modulation": (1, 2, 5120), "casual_audio_encoder.encoder.final_linear.weight": (1,)},
        "Wan 2.2 14B S2V",
        "Wan Video",
    ),
    "HuMo": (WAN | {"head.modulation": (1, 2, 5120), "audio_proj.audio_proj_glob_1.layer.bias": (1,)}, "Wan 14B HuMo", "Wan Video"),
    "Animate": (
        WAN | {"head.modulation": (1, 2, 5120), "face_adapter.fuser_blocks.0.k_norm.weight": (1,)},
        "Wan 2.2 14B Animate",
        "Wan Video",
    ),
    "Hunyuan3D 2": (["latent_in.weight"], "Hunyuan3D 2", "Hunyuan3D"),
    "Hunyuan3D 2.1": (["t_embedder.mlp.2.weight", "blocks.0.attn1.k_norm.weight"], "Hunyuan3D 2.1", "Hunyuan3D"),
    "HiDream": (["caption_projection.0.linear.weight"], "HiDream", "HiDream"),
    "Cosmos Predict2": (["blocks.0.mlp.layer1.weight"], "Cosmos Predict2", ""),
    "Anima": (["blocks.0.mlp.layer1.weight", "llm_adapter.blocks.0.cross_attn.q_proj.weight"], "Anima", "Anima"),
    "OmniGen2": (["time_caption_embed.timestep_embedder.linear_1.bias"], "OmniGen2", ""),
    "Qwen-Image": ({"txt_norm.weight": (3584,), "img_in.weight": (3072, 64)}, "Qwen-Image", "Qwen"),
    "Qwen Layered": (["txt_norm.weight", "time_text_embed.addition_t_embedding.weight"], "Qwen-Image Layered", "Qwen"),
    "Qwen Edit": (["txt_norm.weight", "__index_timestep_zero__"], "Qwen-Image Edit", "Qwen"),
    "Kandinsky 5": (["visual_transformer_blocks.0.cross_attention.key_norm.weight"], "Kandinsky 5", ""),
    "ACE-Step 1.5": (["encoder.lyric_encoder.layers.0.input_layernorm.weight"], "ACE-Step 1.5", "ACE Audio"),
    "SD 1": (unet(320, 4, 768), "SD 1.x", "SD 1.5"),
    "SD 1 inpainting": (unet(320, 9, 768), "SD 1.x inpainting", "SD 1.5"),
    "SD 1 pix2pix": (unet(320, 8, 768), "SD 1.x instruct-pix2pix", "SD 1.5"),
    "Zero123": (unet(320, 8, 768) | {"cc_projection.weight": (1,)}, "Stable Zero123", ""),
    "SD 2": (unet(320, 4, 1024), "SD 2.x", "SD 2.1"),
    "unCLIP L": (unet(320, 4, 1024, 1536), "SD 2.1 unCLIP L", "SD 2.1 Unclip"),
    "unCLIP H": (unet(320, 4, 1024, 2048), "SD 2.1 unCLIP H", "SD 2.1 Unclip"),
    "SDXL": (unet(320, 4, 2048, 2816), "SDXL", "SDXL 1.0"),
    "SDXL inpainting": (unet(320, 9, 2048, 2816), "SDXL inpainting", "SDXL 1.0"),
    "SDXL v-prediction": (unet(320, 4, 2048, 2816) | {"v_pred": ()}, "SDXL v-prediction", "SDXL 1.0"),
    "Playground": (unet(320, 4, 2048, 2816) | {"edm_mean": (), "edm_std": ()}, "Playground 2.5", "Playground v2"),
    "refiner": (unet(384, 4, 1280, 2560), "SDXL refiner", "SDXL 1.0"),
    "SVD": (unet(320, 8, 1024, 768) | {"input_blocks.1.1.time_stack.0.w": (1,)}, "SVD", "SVD"),
    "SV3D u": (unet(320, 8, 1024, 256) | {"input_blocks.1.1.time_stack.0.w": (1,)}, "SV3D u", ""),
    "SV3D p": (unet(320, 8, 1024, 1280) | {"input_blocks.1.1.time_stack.0.w": (1,)}, "SV3D p", ""),
    "x4 upscaler": (unet(256, 7, 1024), "x4 upscaler", ""),
    "SDXL of diffusers": (
        {
            "conv_in.weight": (320, 4, 3, 3),
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
            "add_embedding.linear_1.weight": (1280, 2816),
        },
        "SDXL",
        "SDXL 1.0",
    ),
}


@pytest.mark.parametrize("case", DIFFUSION)
def test_each_diffusion_model_bare(case: str) -> None:
    names, architecture, base = DIFFUSION[case]
    found = traits(names)
    assert (found.kind, found.architecture, found.base_model) == ("diffusion_models", architecture, base)


WHOLE = ("v_pred", "edm_mean", "edm_std", "cc_projection.weight")


@pytest.mark.parametrize("case", DIFFUSION)
def test_each_diffusion_model_inside_a_checkpoint(case: str) -> None:
    names, architecture, base = DIFFUSION[case]
    shapes = names if isinstance(names, Mapping) else dict.fromkeys(names, (2,))
    inside = {name if name in WHOLE else P + name: shape for name, shape in shapes.items()}
    found = traits(inside | {"first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3)})
    assert (found.kind, found.architecture, found.base_model) == ("checkpoints", architecture, base)
    assert traits(inside).kind == "diffusion_models"


CLIP = "text_model.encoder.layers.{}.mlp.fc1.weight"
T5 = "encoder.block.23.layer.1.DenseReluDense."
LLM = "model.layers.0."
PARTS: dict[str, tuple[Names, str, str]] = {
    "SD VAE": ({"decoder.conv_in.weight": (512, 4, 3, 3)}, "vae", "SD or SDXL VAE"),
    "VAE of diffusers": (
        {"decoder.up_blocks.0.resnets.0.norm1.weight": (1,), "decoder.conv_in.weight": (512, 4, 3, 3)},
        "vae",
        "SD or SDXL VAE",
    ),
    "Flux VAE": ({"decoder.conv_in.weight": (512, 16, 3, 3)}, "vae", "SD 3 or Flux.1 VAE"),
    "Flux.2 VAE": ({"decoder.conv_in.weight": (512, 32, 3, 3), "bn.running_mean": (128,)}, "vae", "Flux.2 VAE"),
    "HunyuanImage VAE": ({"decoder.conv_in.weight": (512, 64, 3, 3)}, "vae", "HunyuanImage 2.1 VAE"),
    "refiner VAE": ({"decoder.conv_in.conv.weight": (512, 32, 3, 3, 3)}, "vae", "HunyuanImage 2.1 refiner VAE"),
    "Hunyuan Video VAE": ({"decoder.conv_in.conv.weight": (512, 16, 3, 3, 3)}, "vae", "Hunyuan Video VAE"),
    "SVD VAE": (["decoder.mid.block_1.mix_factor"], "vae", "SVD VAE"),
    "TAESD": (["taesd_decoder.1.weight"], "vae", "TAESD"),
    "Cascade A": (["vquantizer.codebook.weight"], "vae", "Stable Cascade stage A"),
    "Mochi VAE": (["decoder.blocks.2.blocks.3.stack.5.weight"], "vae", "Mochi VAE"),
    "LTX VAE": (["decoder.up_blocks.0.res_blocks.0.conv1.conv.weight"], "vae", "LTX-Video VAE"),
    "Cosmos VAE": (["decoder.unpatcher3d.wavelets"], "vae", "Cosmos VAE"),
    "Wan VAE": (["decoder.middle.0.residual.0.gamma"], "vae", "Wan 2.1 or Qwen-Image VAE"),
    "Wan 2.2 VAE": (
        ["decoder.middle.0.residual.0.gamma", "decoder.upsamples.0.upsamples.0.residual.2.weight"],
        "vae",
        "Wan 2.2 VAE",
    ),
    "Stable Audio VAE": (["decoder.layers.1.layers.0.beta"], "vae", "Stable Audio VAE"),
    "3D VAE": (["geo_decoder.cross_attn_decoder.ln_1.bias"], "vae", "Hunyuan3D VAE"),
    "ACE VAE": (["vocoder.backbone.channel_layers.0.0.bias"], "vae", "ACE-Step VAE"),
    "CLIP-L": ([CLIP.format(0)], "text_encoders", "CLIP-L"),
    "CLIP-H": ([CLIP.format(0), CLIP.format(22)], "text_encoders", "CLIP-H"),
    "CLIP-G": ([CLIP.format(0), CLIP.format(22), CLIP.format(30)], "text_encoders", "CLIP-G"),
    "OpenCLIP": (["transformer.resblocks.0.ln_1.weight"], "text_encoders", "CLIP-L"),
    "T5-XXL": ({T5 + "wi_1.weight": (10240, 4096), "shared.weight": (32128, 4096)}, "text_encoders", "T5-XXL"),
    "UMT5-XXL": ({T5 + "wi_1.weight": (10240, 4096), "shared.weight": (256384, 4096)}, "text_encoders", "UMT5-XXL"),
    "T5-XL": ({T5 + "wi_1.weight": (5120, 2048)}, "text_encoders", "T5-XL"),
    "old T5": ([T5 + "wi.weight"], "text_encoders", "T5-XXL (old)"),
    "ByT5": ({"encoder.block.0.layer.0.SelfAttention.k.weight": (384, 1472)}, "text_encoders", "ByT5-small"),
    "T5-base": ({"encoder.block.0.layer.0.SelfAttention.k.weight": (768, 768)}, "text_encoders", "T5-base"),
    "Gemma 2": ([LLM + "post_feedforward_layernorm.weight"], "text_encoders", "Gemma 2 2B"),
    "Gemma 3": ([LLM + "post_feedforward_layernorm.weight", LLM + "self_attn.q_norm.weight"], "text_encoders", "Gemma 3 4B"),
    "Qwen2.5-VL 3B": ({LLM + "self_attn.k_proj.bias": (256,)}, "text_encoders", "Qwen2.5-VL 3B"),
    "Qwen2.5-VL 7B": ({LLM + "self_attn.k_proj.bias": (512,)}, "text_encoders", "Qwen2.5-VL 7B"),
    "Qwen3 4B": (
        {LLM + "post_attention_layernorm.weight": (2560,), LLM + "self_attn.q_norm.weight": (128,)},
        "text_encoders",
        "Qwen3 4B",
    ),
    "Mistral": ({LLM + "post_attention_layernorm.weight": (5120,)}, "text_encoders", "Mistral 3 24B"),
    "Llama 3": ({LLM + "post_attention_layernorm.weight": (4096,)}, "text_encoders", "Llama 3 8B"),
    "CLIP vision L": (["vision_model.encoder.layers.22.layer_norm1.weight"], "clip_vision", "CLIP-L vision"),
    "CLIP vision L 336": (
        {"vision_model.encoder.layers.22.layer_norm1.weight": (1,), "vision_model.embeddings.position_embedding.weight": (577, 8)},
        "clip_vision",
        "CLIP-L vision 336",
    ),
    "SigLIP": (
        {"vision_model.encoder.layers.22.layer_norm1.weight": (1,), "vision_model.embeddings.position_embedding.weight": (729, 8)},
        "clip_vision",
        "SigLIP vision",
    ),
    "CLIP vision H": (["vision_model.encoder.layers.30.layer_norm1.weight"], "clip_vision", "CLIP-H vision"),
    "CLIP vision G": (["vision_model.encoder.layers.47.layer_norm1.weight"], "clip_vision", "CLIP-G vision"),
    "OpenCLIP vision": (["visual.transformer.resblocks.0.attn.in_proj_weight"], "clip_vision", "OpenCLIP vision"),
    "DINOv2 giant": (["encoder.layer.39.layer_scale2.lambda1"], "clip_vision", "DINOv2 giant"),
    "DINOv2 large": (["encoder.layer.23.layer_scale2.lambda1"], "clip_vision", "DINOv2 large"),
    "CLIP with both": ([CLIP.format(0), "vision_model.encoder.layers.22.layer_norm1.weight"], "", "CLIP-L, text and vision"),
    "wav2vec2": (["encoder.layer_norm.bias", "feature_projection.layer_norm.bias"], "audio_encoders", "wav2vec2"),
    "Whisper": (["model.encoder.embed_positions.weight", "model.encoder.conv1.weight"], "audio_encoders", "Whisper"),
    "Control-LoRA": (["lora_controlnet", "x.lora_up.weight"], "controlnet", "Control-LoRA"),
    "ControlNet SD 1": (
        {"control_model.zero_convs.0.0.weight": (1,), "control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768)},
        "controlnet",
        "SD 1.x ControlNet",
    ),
    "ControlNet of diffusers": (
        {
            "controlnet_cond_embedding.conv_in.weight": (1,),
            "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
        },
        "controlnet",
        "SDXL ControlNet",
    ),
    "union": (["controlnet_cond_embedding.conv_in.weight", "control_add_embedding.linear_1.bias"], "controlnet", "ControlNet union"),
    "XLabs": (
        ["controlnet_blocks.0.weight", "double_blocks.0.img_attn.norm.key_norm.scale"],
        "controlnet",
        "Flux.1 ControlNet (XLabs)",
    ),
    "SD 3 ControlNet": (["controlnet_blocks.0.weight", "pos_embed_input.proj.weight"], "controlnet", "SD 3 ControlNet"),
    "SD 3.5 ControlNet": (
        ["controlnet_blocks.0.weight", "pos_embed_input.proj.weight", "transformer_blocks.0.adaLN_modulation.1.bias"],
        "controlnet",
        "SD 3.5 Large ControlNet",
    ),
    "Qwen ControlNet": (
        ["controlnet_blocks.0.weight", "transformer_blocks.0.img_mlp.net.0.proj.weight"],
        "controlnet",
        "Qwen-Image ControlNet",
    ),
    "InstantX": (["controlnet_blocks.0.weight", "controlnet_x_embedder.weight"], "controlnet", "Flux.1 ControlNet (InstantX)"),
    "Flux union": (
        ["controlnet_blocks.0.weight", "controlnet_x_embedder.weight", "controlnet_mode_embedder.weight"],
        "controlnet",
        "Flux.1 ControlNet union",
    ),
    "MistoLine": (["controlnet_blocks.0.linear.weight"], "controlnet", "Flux.1 ControlNet (MistoLine)"),
    "HunyuanDiT ControlNet": (["after_proj_list.18.bias"], "controlnet", "Hunyuan DiT ControlNet"),
    "T2I-Adapter": (["body.0.in_conv.weight"], "controlnet", "T2I-Adapter"),
    "T2I-Adapter old": (["conv_in.weight", "body.0.block2.weight"], "controlnet", "T2I-Adapter"),
    "T2I-Adapter of diffusers": (["adapter.body.0.resnets.0.block1.weight"], "controlnet", "T2I-Adapter"),
    "ESRGAN": (["model.0.weight", "model.1.sub.0.RDB1.conv1.0.weight"], "upscale_models", "ESRGAN"),
    "ESRGAN+": (["model.0.weight", "model.1.sub.0.RDB1.conv1x1.weight"], "upscale_models", "ESRGAN+"),
    "RealESRGAN": (
        ["conv_first.weight", "body.0.rdb1.conv1.weight", "conv_body.weight", "conv_last.weight"],
        "upscale_models",
        "RealESRGAN",
    ),
    "BasicSR": (["RRDB_trunk.0.RDB1.conv1.weight", "trunk_conv.weight"], "upscale_models", "ESRGAN"),
    "Compact": ({"body.0.weight": (64, 3, 3, 3), "body.1.weight": (64,)}, "upscale_models", "SRVGG Compact"),
    "SPAN": (["conv_1.sk.weight"], "upscale_models", "SPAN"),
    "DAT": (["before_RG.1.weight"], "upscale_models", "DAT"),
    "SwinIR": (["layers.0.residual_group.blocks.0.norm1.weight", "conv_first.weight"], "upscale_models", "SwinIR"),
    "HAT": (
        ["layers.0.residual_group.blocks.0.norm1.weight", "conv_first.weight", "relative_position_index_SA"],
        "upscale_models",
        "HAT",
    ),
    "Swin2SR": (
        ["layers.0.residual_group.blocks.0.norm1.weight", "conv_first.weight", "patch_embed.proj.weight"],
        "upscale_models",
        "Swin2SR",
    ),
    "PLKSR": (["feats.0.weight"], "upscale_models", "PLKSR"),
    "ATD": (["layers.0.residual_group.td"], "upscale_models", "ATD"),
    "DRCT": (["layers.0.swin1.norm1.weight"], "upscale_models", "DRCT"),
    "Real-CUGAN": (["unet1.conv1.conv.0.weight"], "upscale_models", "Real-CUGAN"),
    "SCUNet": (["m_head.0.weight", "m_tail.0.weight"], "upscale_models", "SCUNet"),
    "embedding": ({"emb_params": (4, 768)}, "embeddings", "SD 1.x"),
    "SDXL embedding": ({"clip_l": (4, 768), "clip_g": (4, 1280)}, "embeddings", "SDXL"),
    "redux": (["redux_down.weight"], "style_models", "Flux.1 Redux"),
    "T2I style": (["style_embedding"], "style_models", "T2I style model"),
    "GLIGEN": (["position_net.linears.0.weight", "output_blocks.0.1.fuser.x"], "gligen", "GLIGEN"),
    "Qwen patch": (["controlnet_blocks.0.y_rms.weight"], "model_patches", "Qwen-Image patch"),
    "patch": (["feature_embedder.mid_layer_norm.bias"], "model_patches", "Model patch"),
    "hypernetwork": (["320.0.linear.0.weight", "640.0.linear.0.weight", "768.0.linear.0.weight"], "hypernetworks", "Hypernetwork"),
    "IP-Adapter": (["image_proj.proj.weight", "ip_adapter.1.to_q_lora.down.weight"], "ipadapter", "IP-Adapter"),
    "PhotoMaker": (["id_encoder.x", "lora_weights.unet.lora_linear_layer.up.weight"], "photomaker", "PhotoMaker"),
    "unknown": (["a.weight", "blocks.0.weight", "layers.0.weight", "model.layers.9.x"], "", ""),
}


@pytest.mark.parametrize("case", PARTS)
def test_each_other_kind(case: str) -> None:
    names, kind, architecture = PARTS[case]
    found = traits(names)
    assert (found.kind, found.architecture) == (kind, architecture)


def test_small_relatives_of_sdxl_are_told_by_their_depth() -> None:
    table = unet(320, 4, 2048, 2816)
    for block in range(4):
        table[f"input_blocks.7.1.transformer_blocks.{block}.attn1.to_k.weight"] = (1, 1)
    assert traits(table).architecture == "SSD-1B"
    for block in range(10):
        table[f"input_blocks.7.1.transformer_blocks.{block}.attn1.to_k.weight"] = (1, 1)
    assert traits(table).architecture == "SDXL"


def test_precision_is_that_of_the_diffusion_part() -> None:
    table: dict[str, tuple[str, Shape]] = {P + name: ("F8_E4M3", shape) for name, shape in unet(320, 4, 2048, 2816).items()}
    table["conditioner.embedders.0.transformer.w"] = ("F32", (9000, 9000))
    found = traits_of(table)
    assert (found.kind, found.precision) == ("checkpoints", "fp8_e4m3fn")
    assert found.parameters > 81_000_000
    assert traits_of({"a.quant_state.bitsandbytes__nf4": ("U8", (900,))}).precision == "nf4"
