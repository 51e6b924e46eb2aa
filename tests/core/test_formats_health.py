"""Wrong endings and wrong folders are found; everything that might be right is left alone."""

import pytest

from model_manager.core.formats.health import judge
from model_manager.core.library.entry import Facts

PT = (".ckpt", ".pt", ".pt2", ".bin", ".pth", ".pkl")
CORE = (
    *("checkpoints", "loras", "vae", "vae_approx", "text_encoders", "clip", "diffusion_models", "unet", "clip_vision", "style_models"),
    *("embeddings", "controlnet", "gligen", "upscale_models", "hypernetworks", "model_patches", "audio_encoders"),
)
FINE = {
    "safetensors": (".safetensors", ".sft", ".SafeTensors", ".SFT"),
    "gguf": (".gguf",),
    "pickle": PT,
    "pickle_legacy": PT,
    "torchscript": PT,
    "onnx": (".onnx", ".bin"),
    "tar": PT,
    "": (".safetensors", ".ckpt", ".engine", ".gguf", ""),
}
WRONG = {
    "safetensors": (*PT, ".gguf", ".onnx", ".CKPT"),
    "gguf": (*PT, ".safetensors", ".sft", ".onnx"),
    "pickle": (".safetensors", ".sft", ".gguf", ".onnx"),
    "pickle_legacy": (".safetensors", ".sft", ".gguf", ".onnx"),
    "torchscript": (".safetensors", ".gguf"),
    "onnx": (".safetensors", ".ckpt", ".pth", ".gguf"),
    "tar": (".safetensors",),
}


@pytest.mark.parametrize("form", FINE)
def test_right_endings(form: str) -> None:
    for ending in (*FINE[form], ".model", ""):
        assert judge(Facts(format=form), f"a.b{ending}", "loras") == ("ok", "")


@pytest.mark.parametrize("form", WRONG)
def test_wrong_endings(form: str) -> None:
    for ending in WRONG[form]:
        verdict, reason = judge(Facts(format=form), f"a{ending}", "loras")
        assert (verdict, ending.lower() in reason, "Rename" in reason) == ("wrong_extension", True, True)


TOGETHER = (
    {"vae", "vae_approx"},
    {"text_encoders", "clip"},
    {"diffusion_models", "unet"},
    {"controlnet", "model_patches"},
)


def test_every_kind_in_every_folder() -> None:
    kinds = [kind for kind in CORE if kind not in ("vae_approx", "clip", "unet")]
    for kind in kinds:
        for folder in CORE:
            is_right = kind == folder or any({kind, folder} <= group for group in TOGETHER)
            verdict, reason = judge(Facts(format="safetensors", kind=kind), "a.safetensors", folder)
            assert verdict == ("ok" if is_right else "wrong_folder"), (kind, folder)
            assert is_right or f"the {kind} folder" in reason


def test_categories_the_core_does_not_settle_take_anything() -> None:
    for folder in ("ipadapter", "animatediff_motion_lora", "diffusers", "photomaker", "classifiers", "detection", "my own", "other", "LLM"):
        for kind in CORE:
            assert judge(Facts(format="safetensors", kind=kind), "a.safetensors", folder) == ("ok", "")
    for kind in ("", "ipadapter", "photomaker", "animatediff_models"):
        for folder in CORE:
            assert judge(Facts(format="safetensors", kind=kind), "a.safetensors", folder) == ("ok", "")
    for folder in ("unet_gguf", "clip_gguf"):
        right, wrong = ("diffusion_models", "text_encoders") if folder == "unet_gguf" else ("text_encoders", "diffusion_models")
        assert judge(Facts(format="gguf", kind=right), "a.gguf", folder)[0] == "ok"
        assert judge(Facts(format="gguf", kind=wrong), "a.gguf", folder)[0] == "wrong_folder"
    assert judge(Facts(format="pickle", kind="upscale_models"), "a.pth", "latent_upscale_models") == ("ok", "")


def test_damage_comes_first_then_the_ending() -> None:
    hurt = Facts(format="safetensors", kind="vae", verdict="truncated", reason="why")
    assert judge(hurt, "a.ckpt", "loras") == ("truncated", "why")
    assert judge(Facts(format="safetensors", kind="vae"), "a.ckpt", "loras")[0] == "wrong_extension"
