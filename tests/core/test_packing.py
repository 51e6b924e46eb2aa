"""Records into the index and back: nothing lost, nothing made up, damage named."""

from dataclasses import fields

import pytest

from model_manager.core.library.entry import Details, Facts, Problem
from model_manager.core.library.index import IndexDamaged
from model_manager.core.library.packing import pack, unpack_details, unpack_facts

FACTS = Facts(
    "safetensors", "loras", "SDXL", "SDXL 1.0", "fp16", 2**62, "truncated", "Half is missing.", "Titel ✨", "me", "two\nlines", "1024",
    "ohwx", "use it", "MIT", "LoRA", "16", "8", "base", (("a", 3), ("b", 1)), 2,
)  # fmt: skip
DETAILS = Details(
    "n", "v1", "me", "loras", "SDXL 1.0", "<p>d</p>", True, "note", ("w1", "w2, w3"), "bad", ("t1", "t2"), (("Sampler", "DPM++ 2M"),),
    (("Page", "https://example.invalid"),), {"sha256": "ab"},
    5, 6, True, 4, True, "MIT", {"name": "a.info"}, (Problem("bad_sidecar", "No."),), ("c",), "k", "g", "red", 4, ("tags",),
)  # fmt: skip


def test_every_field_comes_back() -> None:
    assert unpack_facts(pack(FACTS)) == FACTS and unpack_details(pack(DETAILS)) == DETAILS
    for record in (FACTS, DETAILS):  # the samples above really fill every field
        assert all(getattr(record, one.name) != getattr(type(record)(), one.name) for one in fields(record))


def test_nothing_known_is_two_letters() -> None:
    assert pack(Facts()) == pack(Details()) == "{}"
    assert unpack_facts("{}") == Facts() and unpack_details("{}") == Details()


def test_each_field_alone() -> None:
    for one in fields(Details):
        record = Details(**{one.name: getattr(DETAILS, one.name)})
        assert unpack_details(pack(record)) == record
    for one in fields(Facts):
        known = Facts(**{one.name: getattr(FACTS, one.name)})
        assert unpack_facts(pack(known)) == known


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "\u2028", "🦊", "\\", '"', "\udcff.safetensors", "x" * 100_000])
def test_odd_letters(text: str) -> None:
    packed = pack(Facts(title=text, tags=((text, 1),)))
    assert packed.isascii() and unpack_facts(packed) == Facts(title=text, tags=((text, 1),))


def test_defaults_are_not_shared() -> None:
    first = unpack_details("{}")
    assert first.hashes is not unpack_details("{}").hashes


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", '{"format":1', '{"nobody":1}', None, b"\xff", '{"problems":[1]}'])
def test_damage_is_named(text: str) -> None:
    with pytest.raises(IndexDamaged):
        unpack_details(text)
    if text and "problems" not in str(text):
        with pytest.raises(IndexDamaged):
            unpack_facts(text)
