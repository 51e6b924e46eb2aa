"""The whole header as a tree, and the pictures in it."""

import base64
import json
import pickle
from pathlib import Path

import pytest

from model_manager.core.errors import BadFormat, FileFault
from model_manager.core.formats.tree import LARGEST_COVER, embedded_covers, header_tree
from model_manager.core.formats.write import gguf_bytes, onnx_bytes, safetensors_bytes, torch_legacy_bytes, torch_zip_bytes

PICTURE = bytes(range(256)) * 40
LETTERS = base64.b64encode(PICTURE).decode()


def put(folder: Path, data: bytes, name: str = "a.safetensors") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def tree(folder: Path, data: bytes) -> dict[str, object]:
    return header_tree(put(folder, data))


def test_json_in_texts_is_opened_and_pictures_are_described(tmp_path: Path) -> None:
    metadata = {
        "ss_tag_frequency": '{"10_a":{"ink":5}}',
        "ss_bucket_info": '[1, {"deep": null}]',
        "broken": "{not json",
        "plain": "text",
        "ssmd_cover_images": json.dumps([LETTERS]),
        "modelspec.thumbnail": "data:image/jpeg;base64," + LETTERS,
        "icon": LETTERS,
    }
    found = tree(tmp_path, safetensors_bytes({"a": ("F16", [2]), "b": ("F16", [3]), "c": ("F32", [1])}, metadata))
    assert found["tensors"] == {"count": 3, "dtypes": {"fp16": 2, "fp32": 1}}
    assert found["metadata"] == {
        "ss_tag_frequency": {"10_a": {"ink": 5}},
        "ss_bucket_info": [1, {"deep": None}],
        "broken": "{not json",
        "plain": "text",
        "ssmd_cover_images": ["picture, 10 kB"],
        "modelspec.thumbnail": ["picture, 10 kB"],
        "icon": "picture, 10 kB",
    }


def test_metadata_in_any_place_is_shown(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    for header in ({"w": entry, "__metadata__": {"a": "b"}}, {"__metadata__": {"a": "b"}, "w": entry}):
        for indent in (None, 2):
            text = json.dumps(header, indent=indent).encode()
            found = tree(tmp_path, len(text).to_bytes(8, "little") + text + bytes(4))
            assert found == {"metadata": {"a": "b"}, "tensors": {"count": 1, "dtypes": {"fp32": 1}}}


def test_gguf_lists_are_cut(tmp_path: Path) -> None:
    found = tree(tmp_path, gguf_bytes("flux", {"w": ("Q8_0", [32])}, {"tokens": [str(number) for number in range(1000)], "few": [1, 2]}))
    assert found["version"] == 3
    assert found["tensors"] == {"count": 1, "dtypes": {"Q8_0": 1}}
    pairs = found["metadata"]
    assert isinstance(pairs, dict)
    assert (pairs["general.architecture"], pairs["few"]) == ("flux", [1, 2])
    assert pairs["tokens"] == [*(str(number) for number in range(16)), "and 984 more"]


def test_pickles_show_what_they_would_import(tmp_path: Path) -> None:
    expected = ["collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch FloatStorage"]
    for data in (torch_zip_bytes({"a": ("F32", [1])}), torch_legacy_bytes({"a": ("F32", [1])})):
        assert tree(tmp_path, data) == {"imports": expected}
    assert tree(tmp_path, pickle.dumps([1, 2])) == {"imports": []}


def test_onnx_fields(tmp_path: Path) -> None:
    found = tree(tmp_path, onnx_bytes("maker", "1.2", {"author": "mira"}, 19))
    assert (found["producer_name"], found["producer_version"], found["ir_version"]) == ("maker", "1.2", 8)
    assert (found["opset_import"], found["metadata_props"]) == ({"ai.onnx": 19}, {"author": "mira"})


def test_trouble_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="not there"):
        header_tree(str(tmp_path / "gone"))
    with pytest.raises(FileFault):
        embedded_covers(str(tmp_path / "gone"))
    with pytest.raises(BadFormat, match="no header"):
        tree(tmp_path, b"hello there")
    with pytest.raises(BadFormat, match="shorter"):
        tree(tmp_path, safetensors_bytes({"a": ("F32", [1])})[:20])
    with pytest.raises(BadFormat, match="JSON"):
        tree(tmp_path, (12).to_bytes(8, "little") + b'{"a":{{{{{{{')


def test_covers_come_out_as_they_went_in(tmp_path: Path) -> None:
    covers = [LETTERS, "data:image/png;base64," + LETTERS, "not base64!", 7, "", "\n".join([LETTERS[:76], LETTERS[76:]])]
    metadata = {
        "ssmd_cover_images": json.dumps(covers),
        "modelspec.thumbnail": "data:image/webp;base64," + base64.b64encode(b"last").decode(),
    }
    path = put(tmp_path, safetensors_bytes({"a": ("F32", [1])}, metadata))
    assert embedded_covers(path) == [PICTURE, PICTURE, PICTURE, b"last"]


def test_covers_are_bounded(tmp_path: Path) -> None:
    covers = ["A" * (LARGEST_COVER * 4 // 3 + 100), *["QUJD"] * 20]
    found = embedded_covers(put(tmp_path, safetensors_bytes({}, {"ssmd_cover_images": json.dumps(covers)})))
    assert found == [b"ABC"] * 7
    assert embedded_covers(put(tmp_path, safetensors_bytes({}, {"ssmd_cover_images": "[broken"}))) == []
    assert embedded_covers(put(tmp_path, safetensors_bytes({}))) == []
    assert embedded_covers(put(tmp_path, gguf_bytes("flux", {}))) == []
