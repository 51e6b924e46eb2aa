"""The digest of a file's tensors: the same in any clothes, another one for anything that is not the same, none for what is unsound."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some
from random_case import examples
from twins_case import GGUF_NEARLY, GGUF_TWINS, NEARLY, TWINS, Make, Tensor, gguf, safetensors, tensors

from model_manager.core.errors import Cancelled
from model_manager.core.formats.write import torch_zip_bytes
from model_manager.core.twins.weights import NOTHING, digest, look
from model_manager.core.work import Work


@pytest.fixture
def of(tmp_path: Path) -> Callable[[bytes], bytes]:
    """The digest of a file with these bytes; what `look` says of it must fit."""

    def made(data: bytes) -> bytes:
        path = tmp_path / "model"
        path.write_bytes(data)
        found = digest(str(path), Work(), lambda done: None)[1]
        assert bool(look(str(path)).table) == bool(found)
        return found

    return made


HELD = tensors(Random(7), 5)
LARGE = tensors(Random(8), 3, (64, 128))


@pytest.mark.parametrize("held", [HELD, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", TWINS)
def test_twins_have_one_digest(of: Callable[[bytes], bytes], held: list[Tensor], name: str) -> None:
    base = of(safetensors(held, {"format": "pt"}))
    assert base and of(TWINS[name](held, Random(3))) == base


@pytest.mark.parametrize("held", [HELD, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", NEARLY)
def test_what_is_nearly_the_same_has_not(of: Callable[[bytes], bytes], held: list[Tensor], name: str) -> None:
    base = of(safetensors(held, {"format": "pt"}))
    assert of(NEARLY[name](held, Random(3))) != base


@pytest.mark.parametrize("name", GGUF_TWINS)
def test_gguf_twins_have_one_digest(of: Callable[[bytes], bytes], name: str) -> None:
    base = of(gguf(HELD, {"general.name": "base"}))
    assert base and of(GGUF_TWINS[name](HELD, Random(3))) == base


@pytest.mark.parametrize("name", GGUF_NEARLY)
def test_gguf_that_is_nearly_the_same_has_not(of: Callable[[bytes], bytes], name: str) -> None:
    assert of(GGUF_NEARLY[name](HELD, Random(3))) != of(gguf(HELD, {"general.name": "base"}))


def test_two_formats_are_never_the_same(of: Callable[[bytes], bytes]) -> None:
    assert of(gguf(HELD)) != of(safetensors(HELD))


HOLLOW = Tensor("hollow", "F16", (0, 4), b"")
TWICE = [HELD[0], HELD[1]]


@pytest.mark.parametrize(
    "data",
    [
        safetensors([], {"format": "pt"}), safetensors([HOLLOW]), safetensors([*HELD, HOLLOW]), gguf([]), gguf([HOLLOW]), b"", b"\0" * 64,
        safetensors(HELD)[:-1], safetensors(HELD)[:40], safetensors(HELD) + b"x", gguf(HELD)[:-40], gguf(HELD)[:60], b"GGUF" + b"\xff" * 64,
        safetensors(TWICE).replace(b"block_1", b"block_0"), gguf(TWICE).replace(b"block_1", b"block_0"),
        safetensors(TWICE).replace(b"[64,128]", b"[0,64]"), safetensors(TWICE).replace(b"[64,128]", b"[63,127]"),
        safetensors(TWICE, {"a": "b"}).replace(b'"a"', b'"\xff"'), torch_zip_bytes({"x": ("F16", [4])}),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_has_no_digest(of: Callable[[bytes], bytes], data: bytes) -> None:
    assert of(data) == NOTHING


def test_gguf_with_a_type_nobody_knows_or_a_lying_place(of: Callable[[bytes], bytes]) -> None:
    data = bytearray(gguf(TWICE))
    place = data.index(TWICE[1].name.encode()) + len(TWICE[1].name) + 4 + 2 * 8  # of the number of its type, then its place
    for offset, value in ((place, 99), (place + 4, 32), (place + 4, 1 << 40)):
        changed = bytearray(data)
        changed[offset : offset + (4 if value == 99 else 8)] = value.to_bytes(4 if value == 99 else 8, "little")
        assert of(bytes(changed)) == NOTHING, value


def test_the_shape_in_its_pairs_belongs_to_a_gguf_tensor(of: Callable[[bytes], bytes]) -> None:
    """What loads as another shape is not the same: city96/ComfyUI-GGUF reads `comfy.gguf.orig_shape.<name>`."""
    from model_manager.core.formats.write import gguf_bytes

    plain = gguf_bytes("sd1", {"x": ("F16", [4, 8])})
    told = gguf_bytes("sd1", {"x": ("F16", [4, 8])}, {"comfy.gguf.orig_shape.x": [2, 4, 4]})
    other = gguf_bytes("sd1", {"x": ("F16", [4, 8])}, {"comfy.gguf.orig_shape.x": [4, 2, 4]})
    assert len({of(plain), of(told), of(other)}) == 3


def test_metadata_among_the_tensors(of: Callable[[bytes], bytes]) -> None:
    text = safetensors(HELD)[8:]
    head = text[: text.rindex(b"}") + 1].rstrip()
    moved = head[:-1] + b',"__metadata__":{"a":"b"}}'
    data = safetensors(HELD)[8 + int.from_bytes(safetensors(HELD)[:8], "little") :]
    assert of(len(moved).to_bytes(8, "little") + moved + data) == of(safetensors(HELD))


def test_it_can_be_stopped(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(safetensors(HELD))
    work = Work()
    with pytest.raises(Cancelled):
        digest(str(path), work, lambda done: work.cancel())


@examples(60)
@given(some.integers(0, 1 << 30), some.sampled_from([*TWINS.values()]), some.sampled_from([*TWINS.values(), *NEARLY.values()]))
def test_any_two_are_the_same_only_if_their_tensors_are(
    tmp_path_factory: pytest.TempPathFactory, seed: int, one: Make, other: Make
) -> None:
    folder, random = tmp_path_factory.getbasetemp(), Random(seed)
    held = tensors(random, random.randrange(2, 6))
    found = []
    for make in (one, other):
        path = folder / f"{seed}"
        path.write_bytes(make(held, random))
        found.append(digest(str(path), Work(), lambda done: None)[1])
    is_twin = other in TWINS.values()
    assert (found[0] == found[1] and found[0] != NOTHING) == is_twin
