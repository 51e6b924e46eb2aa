"""GGUF: the fact sheet's file, caps against lying counts, kinds, precision."""

import struct
from pathlib import Path

import pytest

from model_manager.core.formats.read import read_facts
from model_manager.core.formats.write import gguf_bytes
from model_manager.core.library.entry import Facts

FILE_G = bytes.fromhex(
    "474755460300000001000000000000000100000000000000140000000000000067656e6572616c2e617263686974656374757265080000000400000000000000"
    "666c75780d00000000000000696d675f696e2e776569676874020000004000000000000000000c000000000000010000000000000000000000"
)


def put(folder: Path, data: bytes, name: str = "a.gguf") -> Facts:
    path = folder / name
    path.write_bytes(data)
    return read_facts(str(path), len(data))


def pair(key: str, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", kind) + value


def head(tensors: int, pairs: int, *parts: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs) + b"".join(parts)


def test_the_known_small_file(tmp_path: Path) -> None:
    assert len(FILE_G) == 121
    whole = FILE_G + bytes(7) + bytes(3072 * 64 * 2)
    facts = put(tmp_path, whole)
    assert (facts.format, facts.verdict, facts.kind, facts.precision) == ("gguf", "ok", "diffusion_models", "fp16")
    assert (facts.architecture, facts.base_model, facts.parameters) == ("Flux.1", "Flux.1 D", 3072 * 64)
    assert gguf_bytes("flux", {"img_in.weight": ("F16", [3072, 64])}) == whole


def test_a_file_without_its_data_is_truncated(tmp_path: Path) -> None:
    whole = gguf_bytes("flux", {"a": ("Q4_K", [512, 512]), "b": ("Q6_K", [256, 256])})
    assert put(tmp_path, whole).verdict == "ok"
    facts = put(tmp_path, whole[:-5000])
    assert (facts.verdict, facts.kind) == ("truncated", "diffusion_models")
    for length in (8, 20, 60, 100, 120):
        assert put(tmp_path, whole[:length]).verdict in ("truncated", "bad_header")


DEEP = struct.pack("<IQ", 9, 1) * 6 + struct.pack("<IQ", 4, 0)
LIES = {
    "tensors": head(1_000_001, 0) + bytes(100),
    "pairs": head(0, 1 << 60) + bytes(100),
    "text": head(0, 1, struct.pack("<Q", 1 << 62)) + bytes(100),
    "array": head(0, 1, pair("a", 9, struct.pack("<IQ", 4, 1_000_001))) + bytes(100),
    "nesting": head(0, 1, pair("a", 9, DEEP)) + bytes(100),
    "kind": head(0, 1, pair("a", 77, bytes(8))) + bytes(100),
    "version": head(0, 0, version=99) + bytes(100),
    "dimensions": head(1, 0, struct.pack("<Q", 1) + b"w" + struct.pack("<I", 9)) + bytes(100),
    "alignment": head(0, 1, pair("general.alignment", 4, bytes(4))) + bytes(100),
}


@pytest.mark.parametrize("case", LIES)
def test_lying_headers_are_refused(tmp_path: Path, case: str) -> None:
    assert put(tmp_path, LIES[case]).verdict == "bad_header"


def test_counts_within_the_cap_end_with_the_file(tmp_path: Path) -> None:
    assert put(tmp_path, head(1_000_000, 1_000_000) + bytes(100)).verdict in ("truncated", "bad_header")


TEXTS = {
    "T5": ("t5encoder", {"token_embd.weight": ("F16", [32128, 4])}, "T5"),
    "UMT5-XXL": ("t5encoder", {"token_embd.weight": ("Q4_0", [256384, 4096])}, "UMT5-XXL"),
    "Qwen2.5-VL": ("qwen2vl", {"token_embd.weight": ("F16", [9, 3584])}, "Qwen2.5-VL 7B"),
    "Qwen3": ("qwen3", {"token_embd.weight": ("F16", [9, 2560])}, "Qwen3 4B"),
    "Llama": ("llama", {"token_embd.weight": ("F16", [9, 4096])}, "Llama 3 8B"),
    "Gemma": ("gemma2", {}, "Gemma 2 2B"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text_encoders(tmp_path: Path, case: str) -> None:
    architecture, tensors, name = TEXTS[case]
    data = gguf_bytes(architecture, tensors, fill=lambda name, size: b"")
    facts = put(tmp_path, data)
    assert (facts.kind, facts.architecture, facts.base_model) == ("text_encoders", name, "")


@pytest.mark.parametrize(
    "architecture", ["sd1", "sdxl", "sd3", "aura", "hidream", "cosmos", "ltxv", "hyvid", "wan", "lumina2", "qwen_image"]
)
def test_image_models(tmp_path: Path, architecture: str) -> None:
    facts = put(tmp_path, gguf_bytes(architecture, {"w": ("F16", [2, 2])}))
    assert (facts.kind, bool(facts.architecture)) == ("diffusion_models", True)


def test_tensors_are_finer_than_the_word_and_help_where_it_is_missing(tmp_path: Path) -> None:
    flux = {
        "img_in.weight": ("F16", [3072, 64]),
        "double_blocks.0.img_attn.norm.key_norm.scale": ("F32", [8]),
        "guidance_in.in_layer.weight": ("Q8_0", [32, 32]),
    }
    for architecture in ("flux", "pig", ""):
        assert put(tmp_path, gguf_bytes(architecture, flux)).architecture == "Flux.1 dev"
    vision = put(tmp_path, gguf_bytes("clip", {"v.x": ("F16", [2, 2])}, {"general.type": "mmproj"}))
    assert (vision.kind, vision.architecture) == ("", "Vision projector")


def test_precision_is_told_or_that_of_most_bits(tmp_path: Path) -> None:
    tensors = {"a": ("Q4_K", [256, 256]), "b": ("Q6_K", [256, 64]), "norm": ("F32", [100_000])}
    assert put(tmp_path, gguf_bytes("flux", tensors)).precision == "Q4_K"
    assert put(tmp_path, gguf_bytes("flux", tensors, {"general.file_type": 15})).precision == "Q4_K_M"
    assert put(tmp_path, gguf_bytes("flux", tensors, {"general.file_type": 1})).precision == "Q4_K"  # nobody set it


def test_the_real_shape_is_taken_where_it_is_told(tmp_path: Path) -> None:
    tensors = {"input_blocks.0.0.weight": ("F16", [320, 36]), "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": ("F16", [1, 768])}
    assert put(tmp_path, gguf_bytes("pig", tensors)).kind == ""
    pairs = {"comfy.gguf.orig_shape.input_blocks.0.0.weight": [320, 4, 3, 3]}
    assert put(tmp_path, gguf_bytes("pig", tensors, pairs)).architecture == "SD 1.x"


def test_words_about_the_model_and_every_kind_of_value(tmp_path: Path) -> None:
    pairs = {
        "general.name": "Tiny",
        "general.author": "mira",
        "tokenizer.tokens": ["a", "bb"] * 40,
        "flags": [True, False],
        "floats": [0.5] * 30,
        "nested": [[1, 2], [3]],
        "negative": -4,
        "general.license": "mit",
    }
    facts = put(tmp_path, gguf_bytes("flux", {"w": ("F16", [2, 2])}, pairs))
    assert (facts.verdict, facts.title, facts.author, facts.license) == ("ok", "Tiny", "mira", "mit")
