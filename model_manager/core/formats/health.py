"""Adds to a file's own health what its name and its folder tell: a wrong ending, a wrong category.

Called by the scanner and by `check`. It must raise no false alarm: what is not certain, and every category that ComfyUI's core does
not know, is left alone.
"""

import os
from typing import Final

from model_manager.core.library.entry import Facts
from model_manager.core.words import tr

_PICKLED: Final = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".pkl"})
_SAFE: Final = frozenset({".safetensors", ".sft"})
# Format by content -> endings under which no program can load it. ComfyUI decides by the ending, not by the content.
_WRONG: Final = {
    "safetensors": _PICKLED | {".gguf", ".onnx"},
    "gguf": _PICKLED | _SAFE | {".onnx"},
    "pickle": _SAFE | {".gguf", ".onnx"},
    "pickle_legacy": _SAFE | {".gguf", ".onnx"},
    "torchscript": _SAFE | {".gguf", ".onnx"},
    "onnx": _SAFE | {".gguf", ".ckpt", ".pt", ".pth"},
    "tar": _SAFE | {".gguf", ".onnx"},
}
_ENDINGS: Final = {"safetensors": ".safetensors", "gguf": ".gguf", "onnx": ".onnx", "torchscript": ".pt", "tar": ".ckpt"}

_DIFFUSION: Final = frozenset({"diffusion_models", "unet", "unet_gguf"})
_TEXT: Final = frozenset({"text_encoders", "clip", "clip_gguf"})
# Kind by content -> categories in which it may lie.
_RIGHT: Final = {
    "checkpoints": frozenset({"checkpoints"}),
    "loras": frozenset({"loras"}),
    "vae": frozenset({"vae", "vae_approx"}),
    "text_encoders": _TEXT,
    "diffusion_models": _DIFFUSION,
    "clip_vision": frozenset({"clip_vision"}),
    "style_models": frozenset({"style_models"}),
    "embeddings": frozenset({"embeddings"}),
    "controlnet": frozenset({"controlnet", "t2i_adapter", "model_patches"}),
    "gligen": frozenset({"gligen"}),
    "upscale_models": frozenset({"upscale_models", "latent_upscale_models"}),
    "hypernetworks": frozenset({"hypernetworks"}),
    "model_patches": frozenset({"model_patches", "controlnet"}),
    "audio_encoders": frozenset({"audio_encoders"}),
}
# Categories whose purpose is settled; others (diffusers, photomaker, classifiers, those of custom nodes) take anything.
_SETTLED: Final = frozenset().union(*_RIGHT.values())


def judge(facts: Facts, file_name: str, kind: str) -> tuple[str, str]:
    """Return (verdict, reason) of a file called `file_name` in category `kind`: damage first, then its ending, then its folder."""
    if facts.verdict != "ok":
        return facts.verdict, facts.reason
    ending = os.path.splitext(file_name)[1].lower()
    if ending in _WRONG.get(facts.format, ()):
        return "wrong_extension", _wrong_ending(facts.format, ending)
    if kind in _SETTLED and facts.kind in _RIGHT and kind not in _RIGHT[facts.kind]:
        return "wrong_folder", tr("{what} Move it to the {folder} folder.", what=_what(facts.kind), folder=facts.kind)
    return "ok", ""


def ending_for(form: str) -> str:
    """Return the usual ending of a format, "" for one that has none."""
    return ".pt" if form.startswith("pickle") else _ENDINGS.get(form, "")


def _wrong_ending(form: str, ending: str) -> str:
    names = {"gguf": "GGUF", "onnx": "ONNX", "torchscript": "TorchScript", "tar": "tar"}
    if form.startswith("pickle"):
        return tr("This is a PyTorch pickle called {ending}, so ComfyUI cannot load it. Rename it to end in .ckpt or .pt.", ending=ending)
    name = names.get(form, form)
    right = _ENDINGS[form]
    text = "This is a {name} file called {ending}, so it cannot be loaded. Rename it to end in {right}."
    return tr(text, name=name, ending=ending, right=right)


def _what(kind: str) -> str:
    sentences = {
        "checkpoints": tr("This is a whole checkpoint."),
        "loras": tr("This is a LoRA."),
        "vae": tr("This is a VAE."),
        "text_encoders": tr("This is a text encoder."),
        "diffusion_models": tr("This is a diffusion model without VAE and text encoder."),
        "clip_vision": tr("This is a CLIP vision model."),
        "style_models": tr("This is a style model."),
        "embeddings": tr("This is an embedding."),
        "controlnet": tr("This is a ControlNet."),
        "gligen": tr("This is a GLIGEN model."),
        "upscale_models": tr("This is an upscaler."),
        "hypernetworks": tr("This is a hypernetwork."),
        "model_patches": tr("This is a model patch."),
        "audio_encoders": tr("This is an audio encoder."),
    }
    return sentences[kind]
