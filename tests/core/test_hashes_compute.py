"""Hashes as Civitai defines them, by the published test values, and what happens on the way."""

import hashlib
import os
from pathlib import Path

import pytest

from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.hashes import compute as module
from model_manager.core.hashes.compute import ALL, CHEAP, Mark, autov1_of, compute, mark_of
from model_manager.core.work import Work

HEADER_A = b'{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}' + b" " * 7
HEADER_B = (
    b'{"__metadata__":{"ss_output_name":"demo"},"lora_unet_x.lora_down.weight":'
    b'{"dtype":"F32","shape":[512,1024],"data_offsets":[0,2097152]}} '
)
FILES = {
    "empty": b"",
    "abc": b"abc",
    "A": (64).to_bytes(8, "little") + HEADER_A + bytes(16),
    "B": (136).to_bytes(8, "little") + HEADER_B + bytes(range(256)) * 8192,
}
EXPECTED = {
    "empty": (
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "", "",
        "AF1349B9F5F9A1A6A0404DEA36DCC9499BCB25C9ADC112B7CC9A93CAE41F3262", "00000000",
    ),
    "abc": (
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "", "",
        "6437B3AC38465133FFB63B75273A8DB548C558465D79DB03FD359C6CD5BD9D85", "C2412435",
    ),
    "A": (
        "644D5BEE6775FF7DE02421C6A323FE1CAF3C011CD55123F27446267BAC8E61A6", "", "374708FFF771",
        "B5C0B8E00A795126BD0AE7C9B572A04092F927A6B9FB6A88C6713BA1ECFAFDDA", "F859485E",
    ),
    "B": (
        "85C8A4DE555644A90639EB0FC1593B74E40FA8B3C2968435AEB0021BAB66970B", "1C3E4F02", "91D3BEB88A9B",
        "1E52EA1C804FF9D9E404F7C712473C35B2C2A70E4C738B0BD4E57213FB4E03E3", "39D62016",
    ),
}  # fmt: skip


def expected(name: str) -> dict[str, str]:
    sha256, autov1, autov3, blake3, crc = EXPECTED[name]
    found = {"sha256": sha256, "autov2": sha256[:10], "autov1": autov1, "autov3": autov3, "blake3": blake3, "crc32": crc}
    return {key: value.lower() for key, value in found.items() if value}


@pytest.mark.parametrize("block", [4 << 20, 64 << 10, 1000])
@pytest.mark.parametrize("name", list(FILES))
def test_published_values(name: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the borders of blocks cut the header and the part of AutoV1."""
    monkeypatch.setattr(module, "_BLOCK", block)
    path = tmp_path / "x.safetensors"
    path.write_bytes(FILES[name])
    mark, found = compute(str(path), Work())
    assert found == expected(name)
    assert mark == mark_of(str(path)) and mark.size == len(FILES[name])


def test_only_what_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(FILES["B"])
    _, found = compute(str(path), Work(), CHEAP)
    assert found.keys() == {"sha256", "autov2", "autov1"}
    assert autov1_of(str(path)) == expected("B")["autov1"]


def test_a_header_alone_and_one_that_lies_have_no_autov3(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes((2).to_bytes(8, "little") + b"{}")
    assert "autov3" not in compute(str(path), Work())[1]
    path.write_bytes((5000).to_bytes(8, "little") + b"{" + bytes(100))
    assert "autov3" not in compute(str(path), Work())[1]


def test_short_file_has_no_autov1(tmp_path: Path) -> None:
    path = tmp_path / "x.ckpt"
    path.write_bytes(bytes((2 << 20) - 1))
    assert "autov1" not in compute(str(path), Work())[1] and autov1_of(str(path)) == ""


def test_progress_by_bytes_and_stopping_inside_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 1 << 20)
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(10 << 20))
    heard: list[int] = []
    work = Work()

    def told(done: int) -> None:
        heard.append(done)
        if done == 3 << 20:
            work.cancel()

    with pytest.raises(Cancelled):
        compute(str(path), work, ALL, told)
    assert heard == [1 << 20, 2 << 20, 3 << 20]


def test_a_huge_file_is_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HUGE", 1 << 20)
    monkeypatch.setattr(module, "_FORGET", 2 << 20)
    monkeypatch.setattr(module, "_BLOCK", 1 << 20)
    dropped: list[tuple[int, int]] = []
    monkeypatch.setattr(module, "_forget", lambda handle, start, end: dropped.append((start, end)) or end)
    path = tmp_path / "x.bin"
    data = os.urandom(5 << 20)
    path.write_bytes(data)
    assert compute(str(path), Work(), CHEAP)[1]["sha256"] == hashlib.sha256(data).hexdigest()
    assert dropped == [(0, 2 << 20), (2 << 20, 4 << 20)]


def test_a_file_that_is_written_to_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 1 << 20)
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(3 << 20))

    def told(done: int) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(FileFault, match="changed"):
        compute(str(path), Work(), ALL, told)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="not there"):
        compute(str(tmp_path / "no.bin"), Work())
    with pytest.raises(FileFault):
        mark_of(str(tmp_path / "no.bin"))
    with pytest.raises(FileFault):
        compute(str(tmp_path), Work())
    assert isinstance(mark_of(str(tmp_path)), Mark)
