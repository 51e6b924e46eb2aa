"""Safetensors: the fact sheet's file, every broken header, lengths that lie, the memo against the slow way."""

import json
from pathlib import Path

import pytest

from model_manager.core.formats import read, safetensors
from model_manager.core.formats.memo import Memo
from model_manager.core.formats.read import read_facts
from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.library.entry import Facts

FILE_A = bytes.fromhex("4000000000000000") + b'{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}' + b" " * 7 + bytes(16)


def put(folder: Path, data: bytes, name: str = "a.safetensors") -> Facts:
    path = folder / name
    path.write_bytes(data)
    return read_facts(str(path), len(data))


def with_header(text: bytes | str, data: bytes = b"") -> bytes:
    header = text.encode() if isinstance(text, str) else text
    return len(header).to_bytes(8, "little") + header + data


def entry(name: str, dtype: str, shape: list[int], begin: int, end: int) -> str:
    return f'"{name}":{{"dtype":"{dtype}","shape":{json.dumps(shape)},"data_offsets":[{begin},{end}]}}'


def test_the_known_small_file_is_sound(tmp_path: Path) -> None:
    assert len(FILE_A) == 88
    facts = put(tmp_path, FILE_A)
    assert (facts.verdict, facts.format, facts.precision, facts.parameters) == ("ok", "safetensors", "fp32", 4)
    assert safetensors_bytes({"w": ("F32", [2, 2])}) == FILE_A


BROKEN = {
    "empty": (b"", "truncated", "empty"),
    "seven bytes": (b"1234567", "truncated", "7 bytes"),
    "no header": (bytes(8) + b"{}" + b"x" * 20, "bad_header", "empty"),
    "only zeros": (bytes(500), "zero_filled", "zeros"),
    "longer than the file": (with_header(b"{" + b" " * 40)[:30], "truncated", "shorter"),
    "length of 2^63": ((1 << 63).to_bytes(8, "little") + b"\x00\x01\x02\x03" * 8, "bad_header", "length"),
    "no brace": (with_header(b"\x01\x02\x03" * 20), "bad_header", "table of tensors"),
    "not UTF-8": (with_header(b'{"\xff\xfe":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', bytes(4)), "bad_header", "UTF-8"),
    "metadata not UTF-8": (with_header(b'{"__metadata__":{"a":"\xff"},"w":{}}'), "bad_header", "UTF-8"),
    "a list": (with_header('[{"w":1}]'), "bad_header", "table of tensors"),
    "byte order mark": (with_header(b"\xef\xbb\xbf{}"), "bad_header", "byte order mark"),
    "cut JSON": (with_header('{"w":{"dtype":"F32","shape":[2'), "bad_header", "JSON"),
    "text after the header": (with_header('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x', bytes(4)), "bad_header", "JSON"),
    "entry without dtype": (with_header('{"w":{"shape":[1],"data_offsets":[0,4]}}', bytes(4)), "bad_header", "incomplete"),
    "negative offset": (with_header('{"w":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'), "bad_header", "incomplete"),
    "one offset": (with_header('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}}'), "bad_header", "incomplete"),
    "wrong size": (with_header("{" + entry("w", "F32", [2], 0, 4) + "}", bytes(4)), "bad_header", "wrong number of bytes"),
    "backwards": (with_header("{" + entry("w", "X9", [2], 8, 4) + "}", bytes(8)), "bad_header", "wrong number of bytes"),
    "hole": (with_header("{" + entry("a", "F32", [1], 0, 4) + "," + entry("b", "F32", [1], 8, 12) + "}", bytes(12)), "bad_header", "holes"),
    "overlap": (
        with_header("{" + entry("a", "F32", [1], 0, 4) + "," + entry("b", "F32", [1], 2, 6) + "}", bytes(6)),
        "bad_header",
        "overlap",
    ),
    "late start": (with_header("{" + entry("a", "F32", [1], 4, 8) + "}", bytes(8)), "bad_header", "holes"),
    "name twice": (
        with_header("{" + entry("a", "F32", [1], 0, 4) + "," + entry("a", "F32", [1], 4, 8) + "}", bytes(8)),
        "bad_header",
        "twice",
    ),
    "data cut": (FILE_A[:-1], "truncated", "1 bytes shorter"),
    "no data": (FILE_A[:-16], "truncated", "shorter"),
    "data behind": (FILE_A + b"xyz", "trailing_data", "3 bytes longer"),
    "huge numbers": (with_header('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,' + "9" * 5000 + "]}}"), "bad_header", "too large"),
    "deep": (with_header('{"w":' + "[" * 100_000 + "]" * 100_000 + "}"), "bad_header", "JSON"),
    "three bits": (with_header("{" + entry("w", "F6_E2M3", [1], 0, 1) + "}", bytes(1)), "bad_header", "wrong number of bytes"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_each_broken_file_is_named(tmp_path: Path, case: str) -> None:
    data, verdict, word = BROKEN[case]
    facts = put(tmp_path, data)
    assert (facts.verdict, word in facts.reason) == (verdict, True), facts.reason


FINE = {
    "only metadata": with_header('{"__metadata__":{"a":"b"}}'),
    "nothing": with_header("{}"),
    "scalar": with_header("{" + entry("w", "F32", [], 0, 4) + "}", bytes(4)),
    "no elements": with_header("{" + entry("w", "F32", [0, 7], 0, 0) + "}"),
    "four bits": with_header("{" + entry("w", "F4", [3, 2], 0, 3) + "}", bytes(3)),
    "six bits": with_header("{" + entry("w", "F6_E3M2", [4], 0, 3) + "}", bytes(3)),
    "unknown dtype": with_header("{" + entry("w", "Q7_X", [4], 0, 9) + "}", bytes(9)),
    "not in order": with_header("{" + entry("b", "F32", [1], 4, 8) + "," + entry("a", "F32", [1], 0, 4) + "}", bytes(8)),
    "metadata last": with_header("{" + entry("w", "F32", [1], 0, 4) + ',"__metadata__":{"modelspec.title":"T"}}', bytes(4)),
    "spaces": with_header(
        json.dumps({"__metadata__": {"x": "y"}, "w": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}), bytes(4)
    ),
    "indented": with_header(json.dumps({"w": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}, indent=2), bytes(4)),
    "other order": with_header('{"w":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}', bytes(4)),
    "escaped name": with_header('{"a\\u0041\\"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
    "brackets in a name": with_header("{" + entry('a],"}x', "F32", [1], 0, 4).replace('a],"}', 'a],\\"}') + "}", bytes(4)),
    "metadata that looks like its end": with_header('{"__metadata__":{"a":"},","b":"{}"},' + entry("w", "F32", [1], 0, 4) + "}", bytes(4)),
    "metadata with numbers": with_header(
        '{"__metadata__":{"ss_network_dim":8,"x":{"y":[1]},"z":null},' + entry("w", "F32", [1], 0, 4) + "}", bytes(4)
    ),
}


@pytest.mark.parametrize("case", FINE)
def test_each_unusual_file_is_sound(tmp_path: Path, case: str) -> None:
    facts = put(tmp_path, FINE[case])
    assert (facts.verdict, facts.reason, facts.format) == ("ok", "", "safetensors")


def test_metadata_is_found_first_last_and_spaced(tmp_path: Path) -> None:
    titles = [put(tmp_path, FINE[case]).title for case in ("metadata last", "spaces")]
    assert titles == ["T", ""]
    spaced = json.dumps({"__metadata__": {"modelspec.title": "S"}, "w": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}})
    assert put(tmp_path, with_header(spaced, bytes(4))).title == "S"


def test_the_header_cap_is_checked_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for length, verdict in ((100_000_000, "truncated"), (100_000_001, "bad_header")):
        path.write_bytes(length.to_bytes(8, "little") + b'{"a":' + bytes(50))
        before = len(read._buffers.data)
        assert read_facts(str(path), path.stat().st_size).verdict == verdict
        assert len(read._buffers.data) == before


def test_a_size_from_an_older_look_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(FILE_A[:40])
    assert read_facts(str(path), 88).verdict == "truncated"


def sdxl_lora(metadata: dict[str, str]) -> bytes:
    tensors: dict[str, tuple[str, list[int]]] = {}
    for block in range(400):
        name = f"lora_unet_input_blocks_4_1_transformer_blocks_{block}_attn2_to_k"
        tensors |= {f"{name}.alpha": ("F16", []), f"{name}.lora_down.weight": ("F16", [4, 2048]), f"{name}.lora_up.weight": ("F16", [1, 4])}
    return safetensors_bytes(tensors, metadata)


def test_a_remembered_table_says_the_same_as_a_fresh_one(tmp_path: Path) -> None:
    read.forget()
    first = put(tmp_path, sdxl_lora({"modelspec.title": "one"}))
    held = safetensors._memo.held
    second = put(tmp_path, sdxl_lora({"modelspec.title": "another, longer"}))
    assert held > 100_000
    assert safetensors._memo.held == held  # the second one brought no new table
    assert (first.title, second.title) == ("one", "another, longer")
    read.forget()
    assert put(tmp_path, sdxl_lora({"modelspec.title": "another, longer"})) == second
    assert (second.architecture, second.rank, second.alpha, second.verdict) == ("SDXL", "4", "", "ok")


def test_a_thorough_look_compares_a_remembered_table_to_the_last_byte(tmp_path: Path) -> None:
    data = bytearray(sdxl_lora({}))
    assert put(tmp_path, bytes(data)).verdict == "ok"
    place = data.index(b'"data_offsets":[', safetensors.header_length(data) // 3) + len(b'"data_offsets":[')
    data[place] = ord("9") if data[place] != ord("9") else ord("8")
    path = tmp_path / "changed.safetensors"
    path.write_bytes(data)
    assert read_facts(str(path), len(data), is_thorough=True).verdict == "bad_header"


def test_a_glance_sees_a_table_that_begins_or_ends_otherwise(tmp_path: Path) -> None:
    data = bytearray(sdxl_lora({}))
    end = 8 + safetensors.header_length(data)
    assert put(tmp_path, bytes(data)).verdict == "ok"
    mark = b'"data_offsets":['
    for start in (data.index(mark), data.rindex(mark, 0, end)):
        place = start + len(mark)
        changed = data.copy()
        changed[place] = ord("9") if data[place] != ord("9") else ord("8")
        assert put(tmp_path, bytes(changed)).verdict == "bad_header"


def test_a_remembered_table_still_sees_a_cut_file(tmp_path: Path) -> None:
    data = sdxl_lora({})
    assert [put(tmp_path, piece).verdict for piece in (data, data[:-10], data + b"x")] == ["ok", "truncated", "trailing_data"]


def test_the_memo_is_bounded() -> None:
    memo: Memo[int] = Memo(1000)
    for number in range(50):
        table = bytearray(f"{number:0100d}".encode())
        memo.keep(table, 0, 100, number)
        assert memo.find(table, 0, 100) == number
    assert memo.held <= 1000
    assert memo.find(bytearray(b"0" * 100), 0, 100) is None
    memo.forget()
    assert memo.held == 0


def test_both_ways_through_a_table_agree() -> None:
    tensors = {f"blocks.{number}.w": ("BF16", [number % 5, 3]) for number in range(3000)}
    buffer = bytearray(safetensors_bytes(tensors))
    end = 8 + safetensors.header_length(buffer)
    usual = safetensors.contents(buffer, end, len(buffer))
    loose = json.dumps(json.loads(bytes(buffer[8:end])), indent=1).encode()
    other = bytearray(with_header(loose, bytes(buffer[end:])))
    assert safetensors.contents(other, 8 + len(loose), len(other)) == usual
    assert usual.traits.parameters == sum(shape[0] * 3 for _, shape in tensors.values())


def test_huge_metadata_is_not_decoded_but_its_pictures_are_counted(tmp_path: Path) -> None:
    covers = json.dumps(["A" * 400_000, "B" * 100_000])
    tags = json.dumps({"set": {f"tag {number}": number for number in range(40_000)}})
    facts = put(tmp_path, sdxl_lora({"ss_tag_frequency": tags, "ssmd_cover_images": covers, "modelspec.title": "big"}))
    assert (facts.verdict, facts.covers, facts.tags, facts.title) == ("ok", 2, (), "big")


DATA = 3 << 20


def sparse(tmp_path: Path, first: bytes, last: bytes) -> Facts:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write(with_header("{" + entry("w", "U8", [DATA], 0, DATA) + "}"))
        start = file.tell()
        file.write(first)
        file.seek(start + DATA - len(last))
        file.write(last)
        file.truncate(start + DATA)
    return read_facts(str(path), start + DATA)


def test_a_file_whose_end_was_never_written(tmp_path: Path) -> None:
    assert sparse(tmp_path, b"\x01" * 1000, b"").verdict == "zero_filled"
    assert sparse(tmp_path, b"\x01" * 1000, b"\x01").verdict == "ok"
    assert sparse(tmp_path, b"\x01" * (DATA - 5000), b"").verdict == "ok"  # only a little at the end is zero
    assert sparse(tmp_path, b"", b"").verdict == "ok"  # zeros throughout are somebody's intention
