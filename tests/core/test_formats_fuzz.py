"""Thousands of small damages to valid files of every container: a verdict each time, never an exception."""

import random
from pathlib import Path

import pytest

from model_manager.core.errors import ModelManagerError
from model_manager.core.formats.health import judge
from model_manager.core.formats.read import read_facts
from model_manager.core.formats.tree import embedded_covers, header_tree
from model_manager.core.formats.write import gguf_bytes, onnx_bytes, safetensors_bytes, torch_legacy_bytes, torch_zip_bytes

TENSORS = {"lora_unet_a.lora_down.weight": ("F16", [4, 768]), "lora_unet_a.lora_up.weight": ("F16", [4, 4]), "x.alpha": ("F32", [])}
METADATA = {"ss_network_dim": "4", "ss_tag_frequency": '{"a":{"b":1}}', "modelspec.thumbnail": "data:image/png;base64,AAAA"}
SEEDS = {
    ".safetensors": safetensors_bytes(TENSORS, METADATA),
    ".gguf": gguf_bytes("flux", TENSORS, {"general.name": "x", "list": ["a", "b"], "numbers": [1, 2, 3]}),
    ".pth": torch_zip_bytes(TENSORS, "state_dict"),
    ".ckpt": torch_legacy_bytes(TENSORS),
    ".onnx": onnx_bytes(properties={"a": "b"}),
}
VERDICTS = {"ok", "truncated", "zero_filled", "not_a_model", "bad_header", "trailing_data", "wrong_extension", "wrong_folder"}


def damaged(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(min(len(found), 700)) if chance.random() < 0.7 else chance.randrange(len(found))
        act = chance.randrange(6)
        if act == 0:
            found[place] = chance.randrange(256)
        elif act == 1:
            found[place] ^= 1 << chance.randrange(8)
        elif act == 2:
            del found[place : place + chance.randrange(1, 40)]
        elif act == 3:
            found[place:place] = chance.randbytes(chance.randrange(1, 20))
        elif act == 4:
            found[place : place + 8] = chance.choice((b"\xff" * 8, bytes(8), b"\0\0\0\0\0\0\0\x80", b'"}{][:,"'))
        else:
            del found[max(1, place) :]
        if not found:
            return b""
    return bytes(found)


@pytest.mark.parametrize("ending", SEEDS)
def test_damage_always_gives_a_verdict(tmp_path: Path, ending: str) -> None:
    chance = random.Random(f"formats{ending}")
    path = tmp_path / f"a{ending}"
    seen = set()
    for _ in range(400):
        data = damaged(SEEDS[ending], chance)
        path.write_bytes(data)
        facts = read_facts(str(path), len(data))
        verdict, reason = judge(facts, path.name, "loras")
        assert verdict in VERDICTS
        assert bool(reason) == (verdict != "ok")
        seen.add(verdict)
        for ask in (header_tree, embedded_covers):
            try:
                ask(str(path))
            except ModelManagerError as fault:
                assert fault.text
    assert len(seen) > 2


def test_pure_noise(tmp_path: Path) -> None:
    chance = random.Random("noise")
    starts = (b"", b"GGUF\x03\0\0\0", b"PK\x03\x04", b"\x80\x02", b"\x08\x07\x12", b"\x40" + bytes(7) + b'{"')
    for number in range(300):
        data = starts[number % len(starts)] + chance.randbytes(chance.randrange(400))
        path = tmp_path / f"a{chance.choice(list(SEEDS))}"
        path.write_bytes(data)
        facts = read_facts(str(path), chance.choice((len(data), 0, 5, 10_000, 1 << 60)))
        assert facts.verdict in VERDICTS | {"unreadable"}
