"""Which text encoders belong together, and what ComfyUI's CLIP loaders call them.

Called by nodes. Recipes: the descriptions of CLIPLoader and DualCLIPLoader in Comfy-Org/ComfyUI:nodes.py, and comfy/sd.py
(load_text_encoder_state_dicts). What it does not know gets a loader of its own, with ComfyUI's default.
"""

from collections.abc import Sequence
from typing import Final

DEFAULT_TYPE: Final = "stable_diffusion"

# start of the diffusion model's architecture (formats/diffusion.py, unets.py) -> type for one encoder, for two; "" = not used so
_FAMILIES: Final = (
    ("Flux.1", "", "flux"),
    ("Flux.2", "flux2", ""),
    ("Chroma", "chroma", ""),
    ("SD 3", "sd3", "sd3"),
    ("SDXL", "", "sdxl"),
    ("Stable Cascade", "stable_cascade", ""),
    ("Stable Audio", "stable_audio", ""),
    ("Mochi", "mochi", ""),
    ("LTX-2", "", "ltxv"),
    ("LTX-Video", "ltxv", ""),
    ("PixArt", "pixart", ""),
    ("Cosmos", "cosmos", ""),
    ("Z-Image", "lumina2", ""),
    ("Lumina 2", "lumina2", ""),
    ("NewBie", "", "newbie"),
    ("Wan", "wan", ""),
    ("HiDream", "hidream", "hidream"),
    ("HunyuanImage", "hunyuan_image", "hunyuan_image"),
    ("Hunyuan Video 1.5", "", "hunyuan_video_15"),
    ("Hunyuan Video", "", "hunyuan_video"),
    ("OmniGen2", "omnigen2", ""),
    ("Qwen-Image", "qwen_image", ""),
    ("Kandinsky 5", "", "kandinsky5"),
    ("ACE-Step 1.5", "", "ace"),
    ("ACE-Step", "ace", ""),
)
# start of the encoder's architecture (formats/encoders.py), words of usual file names -> a short word for it
_ENCODERS: Final = (
    ("CLIP-L", ("clip_l", "clip-l", "clip-vit-large", "vit-l-14"), "l"),
    ("CLIP-G", ("clip_g", "clip-g"), "g"),
    ("UMT5", ("umt5",), "umt5"),
    ("ByT5", ("byt5",), "byt5"),
    ("T5-XXL (old)", ("oldt5", "old_t5"), "old t5"),
    ("T5-XXL", ("t5xxl", "t5-xxl", "t5_xxl", "t5-v1_1-xxl"), "t5"),
    ("T5-base", ("t5_base", "t5-base"), "t5 base"),
    ("Llama", ("llama", "llava"), "llama"),
    ("Qwen2.5-VL 3B", ("qwen2.5_vl_3b", "qwen_2.5_vl_3b"), "qwen 3b"),
    ("Qwen2.5-VL", ("qwen2.5_vl", "qwen_2.5_vl", "qwen2.5-vl"), "qwen"),
    ("Qwen3 4B", ("qwen_3_4b", "qwen3_4b", "qwen3-4b"), "qwen3 4b"),
    ("Gemma 2", ("gemma_2", "gemma2", "gemma-2"), "gemma2"),
    ("Gemma 3", ("gemma_3", "gemma3", "gemma-3"), "gemma3"),
    ("Mistral 3", ("mistral",), "mistral"),
)
_TYPE_OF_ONE: Final = {
    "g": "stable_cascade", "umt5": "wan", "old t5": "cosmos", "t5 base": "stable_audio", "llama": "hidream", "qwen 3b": "omnigen2",
    "qwen": "qwen_image", "qwen3 4b": "lumina2", "gemma2": "lumina2", "gemma3": "ltxv", "mistral": "flux2",
}  # fmt: skip
_TYPE_OF_SEVERAL: Final = {
    ("l", "g"): "sdxl", ("l", "t5"): "flux", ("g", "t5"): "sd3", ("l", "llama"): "hunyuan_video", ("t5", "llama"): "hidream",
    ("qwen", "byt5"): "hunyuan_image", ("l", "qwen"): "kandinsky5", ("l", "g", "t5"): "sd3", ("l", "g", "t5", "llama"): "hidream",
}  # fmt: skip
_ORDER: Final = ("l", "g", "t5", "llama", "qwen", "byt5")


def encoder_of(architecture: str, name: str) -> str:
    """Return our short word for a text encoder, by what its tensors say, else by its file name; "" when neither tells."""
    for start, _, word in _ENCODERS:
        if architecture and architecture.startswith(start):
            return word
    low = name.lower()
    return "" if architecture else next((word for _, names, word in _ENCODERS if any(part in low for part in names)), "")


def order_of(words: Sequence[str]) -> list[int]:
    """Return the places of the encoders in the order of the recipes; unknown ones stay behind, as they came."""
    rank = [_ORDER.index(word) if word in _ORDER else len(_ORDER) for word in words]
    return sorted(range(len(words)), key=rank.__getitem__)


def type_together(words: Sequence[str], family: str) -> str | None:
    """Return the loader's type for these encoders (in the order of `order_of`) as one CLIP, None if they do not belong together.

    family: the architecture of the diffusion model they are for, "" when there is none. One encoder always has a type.
    """
    one, two = next(((one, two) for start, one, two in _FAMILIES if family.startswith(start)), ("", ""))
    if len(words) == 1:
        return one or _TYPE_OF_ONE.get(words[0], DEFAULT_TYPE)
    if len(words) == 2 and two and len(set(words)) + ("" in words) >= 2:
        return two
    return _TYPE_OF_SEVERAL.get(tuple(words))
