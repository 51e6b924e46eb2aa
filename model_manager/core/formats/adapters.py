"""Recognises LoRAs and their relatives: the kind of adapter, its rank and the base model it fits.

Called by detect.py. Endings of names after Comfy-Org/ComfyUI:comfy/weight_adapter/*.py, prefixes after comfy/lora.py. All searches go
through the names joined to one text: a LoRA has two thousand of them. What names alone tell is remembered: adapters that differ in
rank or number type have the same ones.
"""

import re
from functools import lru_cache
from itertools import compress, repeat
from typing import Final

from model_manager.core.formats.contents import Shape
from model_manager.core.formats.keys import Keys

Answer = tuple[str, str]

_ENDINGS: Final = (
    *(f"{join}{half}.weight\n" for join in (".lora_", "_lora.", ".lora.", ".lora_linear_layer.") for half in ("up", "down", "mid")),
    *(f".lora_{half}{middle}.weight\n" for half in "AB" for middle in ("", ".default")),
    *(".hada_w1_a\n", ".lokr_w1\n", ".lokr_w1_a\n", ".lokr_w2\n", ".oft_blocks\n", ".dora_scale\n"),
)
_DELTAS: Final = (".diff", ".diff_b", ".set_weight", ".w_norm", ".b_norm", ".alpha")
# The half of a pair that takes the model's input in: its shape is (rank, inputs) or (rank, inputs, kernel, kernel).
_DOWNS: Final = (
    (".lora_down.weight",),
    ("_lora.down.weight", ".lora.down.weight"),
    (".lora_A.weight", ".lora_A.default.weight"),
    (".lora_linear_layer.down.weight",),
    (".hada_w1_b",),
    (".lokr_w1_b", ".lokr_w2_b"),
    (".b1.weight",),
)
_ALL_DOWNS: Final = tuple(ending for endings in _DOWNS for ending in endings)
_BEGINNING: Final = 50_000  # characters of names in which the marks of a sort must show: every module has them
_INPUT: Final = r"[._](?:lora[._]down\.weight|lora_A(?:\.default)?\.weight|lora_linear_layer\.down\.weight|hada_w1_b|b1\.weight|diff)(?=\n)"
_ATTENTION: Final = re.compile(rf"attn2[._](?:processor[._])?to_[kv]{_INPUT}")
_TEXT: Final = re.compile(rf"\n(?:lora_te_|text_encoder\.)[^\n]*(?:k_proj|fc1){_INPUT}")
_PARTS: Final = {
    part: re.compile(rf"{part}[^\n]*{_INPUT}")
    for part in ("double_blocks[._][0-9]+[._]img_attn", "joint_blocks", "cross_attn", "attn2", "attn")
}
_UNET_BLOCKS: Final = re.compile(r"(?:input|output|down|up)_blocks?[._]\d|middle_block|mid_block")
_WIDTHS: Final = {768: ("SD 1.x", "SD 1.5"), 1024: ("SD 2.x", "SD 2.1"), 2048: ("SDXL", "SDXL 1.0"), 1280: ("SDXL refiner", "SDXL 1.0")}
_WAN: Final = re.compile(r"(?<!transformer)[._]?blocks[._]\d+[._]cross_attn[._][kqvo](?:_img)?[._]")
_WAN_DIFFUSERS: Final = re.compile(r"(?<!transformer)[._]blocks[._]\d+[._]attn2[._]")
_WAN_WIDTHS: Final = {
    1536: ("Wan 2.1 1.3B", "Wan Video 1.3B t2v"),
    3072: ("Wan 2.2 5B", "Wan Video 2.2 TI2V-5B"),
    5120: ("Wan 14B", "Wan Video 14B t2v"),
}
_COSMOS: Final = re.compile(r"(?<!transformer)[._]blocks[._]\d+[._]cross_attn[._][kqv]_proj")
_PLAIN_ATTENTION: Final = re.compile(r"(?<!single_)transformer_blocks[._]\d+[._]attn[._](?:add_[qkv]_proj|to_[qkv])")
_DOUBLE_LAYERS: Final = re.compile(r"[._]double_layers[._]\d")
_TWICE: Final = re.compile(r"x_block[._]attn2")
_LAYERS: Final = re.compile(rf"layers[._]\d+[._]attention[._](?:to_)?(?:qkv|q|k){_INPUT}")


def is_adapter(keys: Keys) -> bool:
    """Return True if the tensors change another model rather than being one."""
    return _changes_another(keys.joined)


def forget() -> None:
    """Drop what was remembered of names; call it at the end of a scan."""
    for remembered in (_changes_another, _found, _top):
        remembered.cache_clear()


@lru_cache(64)
def _changes_another(joined: str) -> bool:
    if any(ending in joined for ending in _ENDINGS):
        return True
    glora = joined.find(".a1.weight\n")
    if glora >= 0:
        return joined[joined.rfind("\n", 0, glora) : glora] + ".b1.weight\n" in joined
    return (".diff\n" in joined or ".diff_b\n" in joined) and all(name.endswith(_DELTAS) for name in joined[1:-1].split("\n"))


def sort_and_rank(keys: Keys) -> Answer:
    """Return the sort of adapter (LoRA, LoCon, LoHa, LoKr, GLoRA, OFT, BOFT, DoRA, "full difference") and its rank.

    The rank is "16", "4-64" when ranks differ, "" when the shapes do not tell.
    """
    joined = keys.joined[:_BEGINNING]
    first = next((name for name in keys.tensors if name.endswith(_ALL_DOWNS)), "")
    endings = next((endings for endings in _DOWNS if first.endswith(endings)), ())
    are_downs = map(str.endswith, keys.tensors, repeat(endings))  # no Python between one name and the next
    shapes = {shape for _, shape in compress(keys.tensors.values(), are_downs)} if endings else set()
    name = _plain_adapter(keys, joined, shapes)
    if ".dora_scale\n" in joined:
        name = "DoRA" if name in ("LoRA", "LoCon") else f"{name} with DoRA"
    ranks = {shape[0] for shape in shapes if shape} or {0}
    low, high = min(ranks), max(ranks)
    return name, "" if high == 0 else str(low) if low == high else f"{low}-{high}"


def base(keys: Keys) -> Answer:
    """Return (architecture, base model) of what the adapter was made for, ("", "") when the names do not tell."""
    joined = keys.joined
    if "lora_prior_unet_" in joined:
        return "Stable Cascade", "Stable Cascade"
    if "motion_modules" in joined:
        return "AnimateDiff", ""
    if _has(joined, _UNET_BLOCKS):
        return _unet(keys)
    return _transformer(keys, joined) or _unet(keys)


def _plain_adapter(keys: Keys, joined: str, shapes: set[Shape]) -> str:
    if ".hada_w1_a\n" in joined:
        return "LoHa"
    if ".lokr_w" in joined:
        return "LoKr"
    if ".oft_blocks\n" in joined:
        blocks = next(shape for name, (_, shape) in keys.tensors.items() if name.endswith(".oft_blocks"))
        return "BOFT" if len(blocks) == 4 else "OFT"
    if ".a1.weight\n" in joined:
        return "GLoRA"
    if ".lora_mid.weight\n" in joined:
        return "LoCon"
    if any(len(shape) == 4 and shape[2] > 1 for shape in shapes):
        return "LoCon"
    return "LoRA" if shapes else "full difference"


def _width(keys: Keys, pattern: re.Pattern[str]) -> int:
    """Return the inputs of the first tensor that fits, 0 when none does."""
    name = _found(keys.joined, pattern)
    shape = keys.tensors[name][1] if name in keys.tensors else ()
    return shape[1] if len(shape) > 1 else 0


@lru_cache(256)
def _found(joined: str, pattern: re.Pattern[str]) -> str:
    """Return the first name, up to where the pattern ends in it, "" when it fits none."""
    match = pattern.search(joined)
    return joined[joined.rfind("\n", 0, match.start() + 1) + 1 : match.end()] if match else ""


def _has(joined: str, pattern: re.Pattern[str]) -> bool:
    return _found(joined, pattern) != ""


@lru_cache(64)
def _top(joined: str, part: str) -> int:
    """Return the highest number of the blocks called `part`, -1 when there are none."""
    return max((int(number) for number in set(re.findall(rf"(?<![a-z]){part}[._](\d{{1,4}})", joined))), default=-1)


def _unet(keys: Keys) -> Answer:
    width = _width(keys, _ATTENTION)
    if width in _WIDTHS:
        return _WIDTHS[width]
    joined = keys.joined
    if ("lora_te1_" in joined and "lora_te2_" in joined) or "lora_unet_input_blocks_" in joined or "lora_unet_output_blocks_" in joined:
        return _WIDTHS[2048]
    if "\ntext_encoder_2." in joined and "\ntext_encoder." in joined:
        return _WIDTHS[2048]
    text_width = _width(keys, _TEXT)
    return _WIDTHS[text_width] if text_width in (768, 1024) else ("", "")


def _transformer(keys: Keys, joined: str) -> Answer | None:
    """Go through the families of transformers, from the most telling names to the least."""
    if "double_stream_blocks" in joined or "single_stream_blocks" in joined:
        return "HiDream", "HiDream"
    if "joint_transformer_blocks" in joined or _has(joined, _DOUBLE_LAYERS):
        return "AuraFlow", "AuraFlow"
    if "joint_blocks" in joined:
        return _sd3(joined, _width(keys, _PARTS["joint_blocks"]))
    if "double_blocks" in joined or "single_blocks" in joined:
        return _flux(keys, joined)
    if "single_transformer_blocks" in joined:
        return _flux_diffusers(keys, joined)
    if "visual_transformer_blocks" in joined:
        return "Kandinsky 5", ""
    if _has(joined, _COSMOS):
        return ("Anima", "Anima") if "llm_adapter" in joined else ("Cosmos Predict2", "")
    if _has(joined, _WAN) or _has(joined, _WAN_DIFFUSERS):
        return _wan(keys, joined)
    if "transformer_blocks" in joined:
        return _blocks(keys, joined)
    width = _width(keys, _LAYERS)
    if width:
        return {3840: ("Z-Image", "ZImageTurbo"), 2304: ("Lumina 2", "Lumina")}.get(width)
    return None


def _sd3(joined: str, width: int) -> Answer:
    if _has(joined, _TWICE):
        return "SD 3.5 Medium", "SD 3.5 Medium"
    if width == 2432 or _top(joined, "joint_blocks") > 23:
        return "SD 3.5 Large", "SD 3.5 Large"
    return "SD 3", "SD 3"


def _flux(keys: Keys, joined: str) -> Answer:
    if "\nimg_in.lora_A.weight\n" in joined and "single_blocks.0.norm.key_norm.scale" in joined:
        return "Flux.1 control", "Flux.1 D"
    if "distilled_guidance_layer" in joined:
        return "Chroma", "Chroma"
    found = _flux2(_width(keys, _PARTS["double_blocks[._][0-9]+[._]img_attn"]))
    if found:
        return found
    single = _top(joined, "single_blocks")
    if single >= 40:
        return "Flux.2 dev", "Flux.2 D"
    if _top(joined, "double_blocks") >= 19 or single >= 38:
        return "Hunyuan Video", "Hunyuan Video"
    return "Flux.1", "Flux.1 D"


def _flux2(width: int) -> Answer | None:
    return {6144: ("Flux.2 dev", "Flux.2 D"), 4096: ("Flux.2 Klein 9B", "Flux.2 Klein 9B")}.get(width)


def _flux_diffusers(keys: Keys, joined: str) -> Answer:
    if "distilled_guidance_layer" in joined:
        return "Chroma", "Chroma"
    found = _flux2(_width(keys, _PARTS["attn"]))
    if found:
        return found
    single = _top(joined, "single_transformer_blocks")
    if single >= 40:
        return "Flux.2 dev", "Flux.2 D"
    if _top(joined, "transformer_blocks") >= 19 or single >= 38 or "token_refiner" in joined:
        return "Hunyuan Video", "Hunyuan Video"
    return "Flux.1", "Flux.1 D"


def _wan(keys: Keys, joined: str) -> Answer:
    width = _width(keys, _PARTS["cross_attn"]) or _width(keys, _PARTS["attn2"])
    name, found = _WAN_WIDTHS.get(width, ("Wan", "Wan Video"))
    if "k_img" in joined or "add_k_proj" in joined:
        return name.replace("Wan 14B", "Wan 2.1 14B") + " I2V", "Wan Video"
    return name, found


def _blocks(keys: Keys, joined: str) -> Answer | None:
    """Tell apart what calls its blocks `transformer_blocks` as diffusers does."""
    if "attn1" in joined and "attn2" in joined:
        if "audio_attn" in joined or "audio_to_video" in joined:
            return "LTX-2", "LTXV2"
        return ("PixArt", "") if _width(keys, _PARTS["attn"]) == 1152 else ("LTX-Video", "LTXV")
    if "speaker_embedder" in joined or "lyric" in joined:
        return "ACE-Step", "ACE Audio"
    if not _has(joined, _PLAIN_ATTENTION):
        return None
    width = _width(keys, _PARTS["attn"])
    if any(part in joined for part in ("img_mlp", "txt_mlp", "img_mod")) or (width == 3072 and _top(joined, "transformer_blocks") >= 19):
        return "Qwen-Image", "Qwen"
    if "ff_context" in joined or "add_k_proj" in joined:
        return {3072: ("Flux.1", "Flux.1 D")}.get(width) or _sd3(joined, width)
    return None
