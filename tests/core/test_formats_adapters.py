"""LoRAs and their relatives: sort, rank, base model by names, widths and metadata."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from model_manager.core.formats.contents import Contents, Shape, Traits
from model_manager.core.formats.detect import traits_of
from model_manager.core.formats.metadata import facts_of
from model_manager.core.formats.read import read_facts
from model_manager.core.formats.write import safetensors_bytes


def traits(shapes: Mapping[str, Shape]) -> Traits:
    return traits_of({name: ("BF16", shape) for name, shape in shapes.items()})


def lora(*names: str, width: int = 64, style: str = "lora_down") -> dict[str, Shape]:
    up, down = {"lora_down": ("lora_up", "lora_down"), "lora_A": ("lora_B", "lora_A")}[style]
    found: dict[str, Shape] = {}
    for name in names:
        found |= {f"{name}.{down}.weight": (16, width), f"{name}.{up}.weight": (64, 16)}
    return found


SORTS: dict[str, tuple[dict[str, Shape], str, str]] = {
    "LoRA": (lora("lora_unet_x"), "LoRA", "16"),
    "PEFT": (lora("base_model.model.x", style="lora_A"), "LoRA", "16"),
    "diffusers": ({"unet.x.to_q_lora.down.weight": (8, 4), "unet.x.to_q_lora.up.weight": (4, 8)}, "LoRA", "8"),
    "linear layer": ({"x.lora_linear_layer.down.weight": (8, 4), "x.lora_linear_layer.up.weight": (4, 8)}, "LoRA", "8"),
    "two ranks": (lora("a") | {"b.lora_down.weight": (64, 8)}, "LoRA", "16-64"),
    "LoCon": ({"x.lora_down.weight": (8, 4, 3, 3), "x.lora_up.weight": (4, 8, 1, 1)}, "LoCon", "8"),
    "Tucker": (lora("x") | {"x.lora_mid.weight": (16, 16, 3, 3)}, "LoCon", "16"),
    "LoHa": ({"x.hada_w1_a": (9, 4), "x.hada_w1_b": (4, 9), "x.hada_w2_a": (9, 4), "x.hada_w2_b": (4, 9)}, "LoHa", "4"),
    "LoKr": ({"x.lokr_w1": (4, 4), "x.lokr_w2_a": (9, 2), "x.lokr_w2_b": (2, 9)}, "LoKr", "2"),
    "GLoRA": ({"x.a1.weight": (2, 2), "x.a2.weight": (2, 2), "x.b1.weight": (2, 2), "x.b2.weight": (2, 2)}, "GLoRA", "2"),
    "OFT": ({"x.oft_blocks": (4, 8, 8)}, "OFT", ""),
    "BOFT": ({"x.oft_blocks": (2, 4, 8, 8)}, "BOFT", ""),
    "DoRA": (lora("x") | {"x.dora_scale": (64, 1)}, "DoRA", "16"),
    "deltas": ({"x.diff": (9, 9), "y.diff_b": (9,)}, "full difference", ""),
}


@pytest.mark.parametrize("case", SORTS)
def test_each_sort_of_adapter(case: str) -> None:
    shapes, sort, rank = SORTS[case]
    found = traits(shapes)
    assert (found.kind, found.adapter, found.rank) == ("loras", sort, rank)


def test_deltas_beside_other_weights_are_no_adapter() -> None:
    assert traits({"x.diff": (9, 9), "x.weight": (9, 9)}).kind == ""


FLUX = "lora_unet_double_blocks_{}_img_attn_qkv"
DIFFUSERS = "transformer.transformer_blocks.{}.attn."
BASES: dict[str, tuple[dict[str, Shape], str]] = {
    "SDXL": (lora("lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k", width=2048), "SDXL 1.0"),
    "SDXL by its encoders": (
        lora("lora_te1_text_model_encoder_layers_0_mlp_fc1", "lora_te2_text_model_encoder_layers_0_mlp_fc1"),
        "SDXL 1.0",
    ),
    "SD 1": (lora("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k", width=768), "SD 1.5"),
    "SD 2": (lora("lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k", width=1024), "SD 2.1"),
    "SD 1 of diffusers": (
        {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora.down.weight": (4, 768), "x.lora.up.weight": (4, 4)},
        "SD 1.5",
    ),
    "SD 1 of processors": (
        {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight": (4, 768)},
        "SD 1.5",
    ),
    "LoHa SDXL": (
        {"lora_unet_input_blocks_4_1_attn2_to_k.hada_w1_a": (9, 4), "lora_unet_input_blocks_4_1_attn2_to_k.hada_w1_b": (4, 2048)},
        "SDXL 1.0",
    ),
    "SD 1 text encoder": (lora("lora_te_text_model_encoder_layers_0_self_attn_k_proj", width=768), "SD 1.5"),
    "Flux": (lora(FLUX.format(0), "lora_unet_single_blocks_3_linear1", width=3072), "Flux.1 D"),
    "Flux of diffusers": (
        lora("transformer.single_transformer_blocks.0.attn.to_q", DIFFUSERS.format(3) + "to_q", width=3072, style="lora_A"),
        "Flux.1 D",
    ),
    "Flux of BFL names": (lora("diffusion_model.double_blocks.0.img_attn.qkv", width=3072, style="lora_A"), "Flux.1 D"),
    "Flux control": ({"img_in.lora_A.weight": (16, 128), "single_blocks.0.norm.key_norm.scale": (128,)}, "Flux.1 D"),
    "Hunyuan Video": (lora(FLUX.format(19), width=3072), "Hunyuan Video"),
    "Chroma": (lora(FLUX.format(0), "lora_unet_distilled_guidance_layer_x", width=3072), "Chroma"),
    "Flux.2": (lora(FLUX.format(0), width=6144), "Flux.2 D"),
    "Flux.2 by depth": (lora("diffusion_model.single_blocks.47.linear1"), "Flux.2 D"),
    "SD 3": (lora("transformer.transformer_blocks.0.attn.add_k_proj", "transformer.transformer_blocks.0.ff_context.x", width=1536), "SD 3"),
    "SD 3.5 Medium": (lora("lora_unet_joint_blocks_0_x_block_attn2_qkv", width=1536), "SD 3.5 Medium"),
    "SD 3.5 Large": (lora("lora_unet_joint_blocks_0_x_block_attn_qkv", width=2432), "SD 3.5 Large"),
    "Wan 1.3B": (lora("diffusion_model.blocks.0.cross_attn.k", "diffusion_model.blocks.0.self_attn.k", width=1536), "Wan Video 1.3B t2v"),
    "Wan 5B": (lora("diffusion_model.blocks.0.cross_attn.k", width=3072), "Wan Video 2.2 TI2V-5B"),
    "Wan 14B": (lora("diffusion_model.blocks.0.cross_attn.k", width=5120, style="lora_A"), "Wan Video 14B t2v"),
    "Wan I2V": (lora("diffusion_model.blocks.0.cross_attn.k_img", "diffusion_model.blocks.0.cross_attn.k", width=5120), "Wan Video"),
    "Wan Fun": (lora("lora_unet__blocks_0_cross_attn_k", width=5120), "Wan Video 14B t2v"),
    "Qwen": (lora(DIFFUSERS.format(0) + "add_q_proj", "transformer.transformer_blocks.0.img_mlp.net.0.proj", width=3072), "Qwen"),
    "Qwen attention only": (lora(DIFFUSERS.format(59) + "to_q", width=3072, style="lora_A"), "Qwen"),
    "HiDream": (lora("diffusion_model.double_stream_blocks.0.block.attn1.to_q"), "HiDream"),
    "LTX": (lora("diffusion_model.transformer_blocks.0.attn1.to_k", "diffusion_model.transformer_blocks.0.attn2.to_k", width=4096), "LTXV"),
    "Z-Image": (lora("diffusion_model.layers.0.attention.to_q", width=3840, style="lora_A"), "ZImageTurbo"),
    "Lumina 2": (lora("diffusion_model.layers.0.attention.qkv", width=2304), "Lumina"),
    "AuraFlow": (lora("transformer.joint_transformer_blocks.0.attn.to_q"), "AuraFlow"),
    "Cascade": (lora("lora_prior_unet_down_blocks_0_x"), "Stable Cascade"),
    "motion": (lora("down_blocks.0.motion_modules.0.temporal_transformer.x"), ""),
    "unknown": (lora("something.else"), ""),
}


@pytest.mark.parametrize("case", BASES)
def test_the_base_model_by_names_and_widths(case: str) -> None:
    shapes, base = BASES[case]
    found = traits(shapes)
    assert (found.kind, found.base_model) == ("loras", base)


def told(metadata: dict[str, str], traits: Traits = Traits("loras", adapter="LoRA", rank="8")) -> tuple[str, str]:  # noqa: B008
    facts = facts_of(Contents("safetensors", traits, metadata))
    return facts.architecture, facts.base_model


WORDS: dict[str, tuple[dict[str, str], str]] = {
    "kohya SD 1": ({"ss_base_model_version": "sd_v1"}, "SD 1.5"),
    "kohya SD 2": ({"ss_base_model_version": "sd_v2_v"}, "SD 2.1"),
    "kohya SDXL": ({"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL 1.0"),
    "kohya Flux": ({"ss_base_model_version": "flux1"}, "Flux.1 D"),
    "kohya SD 3.5": ({"ss_base_model_version": "5-large"}, "SD 3.5 Large"),
    "kohya Lumina": ({"ss_base_model_version": "lumina2"}, "Lumina"),
    "others SD 1": ({"ss_base_model_version": "sd_1.5"}, "SD 1.5"),
    "others Wan": ({"ss_base_model_version": "wan2.1"}, "Wan Video"),
    "old SD 2": ({"ss_v2": "True", "ss_network_module": "networks.lora"}, "SD 2.1"),
    "old SD 1": ({"ss_v2": "False", "ss_network_module": "networks.lora"}, "SD 1.5"),
    "ss_v2 of a newer script": ({"ss_v2": "False", "ss_network_module": "networks.lora_flux"}, ""),
    "spec first": ({"modelspec.architecture": "stable-diffusion-xl-v1-base/lora", "ss_base_model_version": "sd_v1"}, "SDXL 1.0"),
    "spec schnell": ({"modelspec.architecture": "Flux-1-schnell/lora"}, "Flux.1 S"),
    "spec turbo": ({"modelspec.architecture": "stable-diffusion-xl-turbo-v1"}, "SDXL Turbo"),
    "pony": ({"ss_base_model_version": "sdxl_base_v1-0", "ss_sd_model_name": "ponyDiffusionV6XL.safetensors"}, "Pony"),
    "illustrious": ({"ss_base_model_version": "sdxl_base_v1-0", "ss_sd_model_name": "Illustrious-XL-v0.1"}, "Illustrious"),
    "noob": ({"modelspec.architecture": "stable-diffusion-xl-v1-base", "modelspec.merged_from": "NoobAI-XL"}, "NoobAI"),
    "vanilla is no family": ({"ss_base_model_version": "sdxl_base_v1-0", "ss_sd_model_name": "vanilla-il"}, "SDXL 1.0"),
    "kontext": ({"modelspec.architecture": "flux-1-dev/lora", "modelspec.title": "my Kontext thing"}, "Flux.1 Kontext"),
    "nonsense": ({"ss_base_model_version": "whatever"}, ""),
    "none": ({"ss_base_model_version": "None"}, ""),
}


@pytest.mark.parametrize("case", WORDS)
def test_the_base_model_by_metadata(case: str) -> None:
    metadata, base = WORDS[case]
    assert told(metadata)[1] == base


def test_words_win_for_a_lora_unless_shapes_are_finer_and_never_for_a_checkpoint() -> None:
    assert told({"ss_base_model_version": "flux1"}, Traits("loras", "SDXL", "SDXL 1.0"))[1] == "Flux.1 D"
    assert told({"ss_base_model_version": "wan2.1"}, Traits("loras", "Wan 5B", "Wan Video 2.2 TI2V-5B"))[1] == "Wan Video 2.2 TI2V-5B"
    assert told({"modelspec.architecture": "stable-diffusion-v1"}, Traits("checkpoints", "SDXL", "SDXL 1.0")) == ("SDXL", "SDXL 1.0")


def test_all_that_a_trainer_wrote(tmp_path: Path) -> None:
    metadata = {
        "modelspec.title": " Ink Wash ",
        "modelspec.author": "mira",
        "modelspec.description": "brushes \ud83d",
        "modelspec.resolution": "1024x768",
        "modelspec.trigger_phrase": "ink wash",
        "modelspec.usage_hint": "0.7",
        "modelspec.license": "CC0",
        "modelspec.thumbnail": "data:image/jpeg;base64,AAAA",
        "ssmd_cover_images": '["AAAA","BBBB"]',
        "ss_sd_model_name": "sd_xl_base_1.0.safetensors",
        "ss_network_dim": "32",
        "ss_network_alpha": "16.0",
        "ss_tag_frequency": '{"10_a":{"ink":5,"wash":7,"bad":"x"},"2_b":{"ink":4," brush ":1},"c":3}',
    }
    path = tmp_path / "a.safetensors"
    data = safetensors_bytes(
        {name: ("F16", shape) for name, shape in lora("lora_unet_x").items()}, metadata | {"modelspec.description": "b"}
    )
    path.write_bytes(data)
    facts = read_facts(str(path), len(data))
    assert (facts.title, facts.author, facts.resolution, facts.trigger_phrase) == ("Ink Wash", "mira", "1024x768", "ink wash")
    assert (facts.usage_hint, facts.license, facts.covers, facts.trained_on) == ("0.7", "CC0", 3, "sd_xl_base_1.0.safetensors")
    assert (facts.rank, facts.alpha, facts.adapter) == ("32", "16", "LoRA")
    assert facts.tags == (("ink", 9), ("wash", 7), ("brush", 1))
    shown = facts_of(Contents("safetensors", metadata=metadata))
    assert shown.description.encode() == b"brushes ?"


def test_alpha_is_the_rank_where_none_is_stored() -> None:
    assert facts_of(Contents("safetensors", traits(lora("x")))).alpha == "16"
    assert facts_of(Contents("safetensors", traits(lora("x") | {"x.alpha": ()}))).alpha == ""


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"a":1}', '{"a":{"t":"x"}}', "nan", '"x"', "9" * 300_000])
def test_broken_tag_lists_give_no_tags(text: str) -> None:
    assert facts_of(Contents("safetensors", metadata={"ss_tag_frequency": text, "x": "y"})).tags == ()


def test_resolution_and_tags_in_other_spellings() -> None:
    facts = facts_of(Contents("safetensors", metadata={"ss_resolution": "(512, 768)", "modelspec.tags": "a, b ,,c"}))
    assert (facts.resolution, facts.tags) == ("512x768", (("a", 0), ("b", 0), ("c", 0)))
    assert facts_of(Contents("safetensors", metadata={"ss_resolution": "None"})).resolution == ""
