"""Which output pictures used a model, over real files as ComfyUI, its savers and A1111 write them."""

import json
import os
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hostile_pictures import refused
from PIL import Image, PngImagePlugin
from preview_case import record

from model_manager.core.comfyui import usage as usage_module
from model_manager.core.comfyui.embedded import read_embedded
from model_manager.core.comfyui.usage import Usage, output_folders
from model_manager.core.comfyui.used_names import names_in
from model_manager.core.errors import Cancelled
from model_manager.core.library.entry import ModelRecord, Place
from model_manager.core.work import Work


def prompt(*loras: str, checkpoint: str = "xl/base.safetensors", **more: Any) -> str:
    nodes: dict[str, Any] = {"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": checkpoint}}}
    for number, name in enumerate(loras):
        inputs = {"lora_name": name, "strength_model": 1.0, "strength_clip": 1.0, "model": ["4", 0]}
        nodes[f"1{number}"] = {"class_type": "LoraLoader", "inputs": inputs}
    return json.dumps({**nodes, **more})


def write_png(path: Path, size: tuple[int, int] = (512, 768), time: float = 0.0, **texts: str) -> Path:
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_itxt(name, text, zip=len(text) > 5000) if not text.isascii() else info.add_text(name, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path, pnginfo=info)
    if time:
        os.utime(path, (time, time))
    return path


def write_exif(path: Path, tags: dict[int, str], comment: bytes = b"") -> Path:
    exif = Image.Exif()
    for tag, text in tags.items():
        exif[tag] = text
    if comment:
        exif.get_ifd(0x8769)[0x9286] = comment
    Image.new("RGB", (512, 768)).save(path, exif=exif)
    return path


def box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def mp4(**tags: str) -> bytes:
    """A film without a film, with tags as ffmpeg writes them with use_metadata_tags."""
    keys = b"".join(box(b"mdta", name.encode()) for name in tags)
    items = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), text.encode()))
        for number, text in enumerate(tags.values(), 1)
    )
    handler = box(b"hdlr", b"\0" * 8, b"mdta", b"\0" * 13)
    meta = box(b"meta", handler, box(b"keys", struct.pack(">II", 0, len(tags)), keys), box(b"ilst", items))
    track = box(b"trak", box(b"tkhd", b"\0" * 76, struct.pack(">II", 512 << 16, 768 << 16)))
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", b"\0" * 5000) + box(b"moov", box(b"mvhd", b"\0" * 100), track, box(b"udta", meta))


def element(kind: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + (len(data) | 1 << 56).to_bytes(8, "big") + data


def webm(**tags: str) -> bytes:
    simple = [element(0x67C8, element(0x45A3, name.upper().encode()), element(0x4487, text.encode())) for name, text in tags.items()]
    video = element(0xAE, element(0xD7, b"\1"), element(0xE0, element(0xB0, b"\2\0"), element(0xBA, b"\3\0")))
    tags_ = element(0x1254C367, element(0x7373, element(0x63C0, b""), *simple))
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    return (
        head + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + element(0x1654AE6B, video) + tags_ + element(0x1F43B675, b"\0" * 900)
    )


class Outputs:
    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "ComfyUI" / "output"
        self.folder.mkdir(parents=True)
        self.usage = Usage(tmp_path / "data")
        self.tmp_path = tmp_path

    def refresh(self) -> int:
        return self.usage.refresh([str(self.folder)], Work())

    def names(self, model: ModelRecord) -> list[str]:
        return [os.path.relpath(one.path, self.folder) for one in self.usage.outputs_of(model)]


@pytest.fixture
def outputs(tmp_path: Path) -> Any:
    made = Outputs(tmp_path)
    yield made
    made.usage.close()


def model(name: str, kind: str = "loras") -> ModelRecord:
    path = os.path.join(os.sep, "m", kind, *name.split("/"))
    return record(path, kind=kind, places=(Place(kind, os.path.join(os.sep, "m", kind), path, name.replace("/", os.sep)),))


INK, BASE = model("style/ink.safetensors"), model("xl/base.safetensors", "checkpoints")


def test_every_container(outputs: Outputs) -> None:
    text, parameters = prompt("style/ink.safetensors"), "a cat <lora:ink:0.8>\nSteps: 20, Model: base, Size: 512x768"
    folder = outputs.folder
    write_png(folder / "text.png", prompt=text, workflow="{}")
    write_png(folder / "international.png", prompt=prompt("style/ink.safetensors", note={"class_type": "x", "inputs": {"t": "é" * 9000}}))
    write_png(folder / "a1111.png", parameters=parameters)
    write_exif(folder / "comfy.webp", {0x0110: "prompt:" + text, 0x010F: "workflow:{}"})
    write_exif(folder / "comfy.jpg", {0x0110: "prompt:" + text})
    for byte_order in ("be", "le"):
        write_exif(folder / f"a1111_{byte_order}.jpg", {}, b"UNICODE\0" + parameters.encode(f"utf-16-{byte_order}"))
    write_exif(folder / "comment.jpeg", {}, b"ASCII\0\0\0" + text.encode())
    (folder / "film.mp4").write_bytes(mp4(workflow="{}", prompt=text))
    (folder / "film.webm").write_bytes(webm(prompt=text))
    assert outputs.refresh() == 10
    found = outputs.usage.outputs_of(INK)
    assert {os.path.basename(one.path) for one in found} == set(os.listdir(folder))
    assert {(one.width, one.height) for one in found} == {(512, 768)}
    assert {os.path.basename(one.path) for one in found if one.is_video} == {"film.mp4", "film.webm"}
    assert len(outputs.usage.outputs_of(BASE)) >= 7


def test_a_second_look_opens_nothing(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        write_png(outputs.folder / f"day{number}" / "x.png", prompt=prompt("style/ink.safetensors"))
    assert outputs.refresh() == 5
    monkeypatch.setattr(usage_module, "read_embedded", lambda path: pytest.fail(path))
    assert outputs.refresh() == 0
    monkeypatch.undo()
    write_png(outputs.folder / "day1" / "x.png", (640, 768), prompt=prompt("style/other.safetensors"))
    (outputs.folder / "day2" / "x.png").unlink()
    again = Usage(outputs.tmp_path / "data")
    assert again.refresh([str(outputs.folder)], Work()) == 1 and len(again.outputs_of(INK)) == 3
    again.close()


@pytest.mark.parametrize(
    ("written", "asked", "is_found"),
    [
        ("style/ink.safetensors", "style/ink.safetensors", True),
        ("style\\ink.safetensors", "style/ink.safetensors", True),
        ("STYLE/Ink.SAFETENSORS", "style/ink.safetensors", True),
        ("ink.safetensors", "style/ink.safetensors", True),  # moved into a folder since
        ("style/ink.v2.safetensors", "style/ink.safetensors", False),
        ("style/ink.safetensors", "style/ink.v2.safetensors", False),
        ("pink.safetensors", "ink.safetensors", False),
        ("ink", "ink.safetensors", False),  # ComfyUI always writes the extension
    ],
)
def test_names_as_comfyui_spells_them(outputs: Outputs, written: str, asked: str, is_found: bool) -> None:
    write_png(outputs.folder / "x.png", prompt=prompt(written))
    outputs.refresh()
    assert bool(outputs.names(model(asked))) == is_found


def test_an_exact_name_is_believed_before_another_folder(outputs: Outputs) -> None:
    write_png(outputs.folder / "sdxl.png", prompt=prompt("sdxl/ink.safetensors"))
    write_png(outputs.folder / "sd15.png", prompt=prompt("sd15/ink.safetensors"))
    outputs.refresh()
    assert outputs.names(model("sdxl/ink.safetensors")) == ["sdxl.png"]


def test_one_name_in_two_categories(outputs: Outputs) -> None:
    write_png(outputs.folder / "x.png", prompt=prompt(checkpoint="same.safetensors"))
    outputs.refresh()
    assert outputs.names(model("same.safetensors", "checkpoints")) == ["x.png"]
    assert outputs.names(model("same.safetensors", "vae")) == []


RGTHREE = {"lora_1": {"on": True, "lora": "p.safetensors"}, "lora_2": {"on": False, "lora": "q.safetensors"}}
TEXT = "(embedding:easy/neg:1.2), embedding:bad.pt <lora:words:1>"
TWO = {"clip_name1": "a.safetensors", "clip_name2": "b.gguf"}
NODES: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"class_type": "VAELoader", "inputs": {"vae_name": "v.pt"}}, {("vae", "v")}),
    ({"class_type": "DualCLIPLoader", "inputs": TWO}, {("text_encoders", "a"), ("text_encoders", "b")}),
    ({"class_type": "CLIPVisionLoader", "inputs": {"clip_name": "c.safetensors"}}, {("clip_vision", "c")}),
    ({"class_type": "UpscaleModelLoader", "inputs": {"model_name": "4x.pth"}}, {("upscale_models", "4x")}),
    ({"class_type": "SAMLoader", "inputs": {"model_name": "s.pth"}}, {("", "s")}),
    ({"class_type": "Power Lora Loader (rgthree)", "inputs": RGTHREE}, {("loras", "p")}),
    ({"class_type": "LoraLoader", "inputs": {"lora_name": "off.safetensors", "strength_model": 0, "strength_clip": 0.0}}, set()),
    ({"class_type": "CLIPTextEncode", "inputs": {"text": TEXT}}, {("embeddings", "easy/neg"), ("embeddings", "bad")}),
    ({"class_type": "Lora Loader (LoraManager)", "inputs": {"text": "<lora:a b:0.5> <lora:none:0>"}}, {("loras", ":a b")}),
    ({"class_type": "X", "inputs": None}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("node", "wanted"), NODES)
def test_nodes(node: dict[str, Any], wanted: set[tuple[str, str]]) -> None:
    assert names_in({"prompt": json.dumps({"1": node, "2": "odd", "3": []})}) == wanted


def test_workflow_where_there_is_no_prompt() -> None:
    nodes = [
        {"type": "LoraLoader", "widgets_values": ["s/a.safetensors", 1, 1]},
        {"type": "LoraLoader", "mode": 4, "widgets_values": ["bypassed.safetensors", 1, 1]},
        {"type": "N", "widgets_values": {"name": "b.gguf"}},
        None,
    ]
    inner = {"subgraphs": [{"nodes": [{"type": "VAELoader", "widgets_values": ["v.safetensors"]}]}, 3]}
    assert names_in({"workflow": json.dumps({"nodes": nodes, "definitions": inner})}) == {("", "s/a"), ("", "b"), ("", "v")}
    assert names_in({"prompt": prompt("x.safetensors"), "workflow": json.dumps({"nodes": nodes})}) >= {("loras", "x")}


def test_parameters() -> None:
    text = "cat <lora:sub/Ink:0.7><lora:off:0>\nNegative prompt: bad\nSteps: 20, Model hash: 12ab, Model: dream, VAE: kl.vae.pt"
    text += ', Lora hashes: "ink: 1, two: 2", TI hashes: "neg: 3", Version: 1'
    found = names_in({"parameters": text})
    assert found == {
        ("loras", ":sub/ink"),
        ("", ":dream"),
        ("vae", ":kl.vae"),
        ("loras", ":ink"),
        ("loras", ":two"),
        ("embeddings", ":neg"),
    }


def test_best_first(outputs: Outputs) -> None:
    folder, mine, other = outputs.folder, "style/ink.safetensors", "x.safetensors"
    write_png(folder / "alone_portrait.png", time=2000, prompt=prompt(mine))
    write_png(folder / "with_another.png", time=3000, prompt=prompt(mine, other))
    write_png(folder / "wide.png", (1600, 600), 2500, prompt=prompt(mine, other))
    write_png(folder / "xyz_grid_1.png", (900, 900), 4000, prompt=prompt(mine))
    write_png(folder / "tiny.png", (64, 64), 5000, prompt=prompt(mine))
    outputs.refresh()
    assert outputs.names(INK) == ["alone_portrait.png", "with_another.png", "wide.png", "xyz_grid_1.png"]
    assert [one.is_alone for one in outputs.usage.outputs_of(INK)] == [True, False, False, True]
    (folder / "alone_portrait.png").unlink()
    assert outputs.names(INK)[0] == "with_another.png"
    assert len(outputs.usage.outputs_of(INK, most=2)) == 2


def hostile() -> dict[str, bytes]:
    deep = '{"1": {"class_type": "x", "inputs": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}}"
    long = prompt(*[f"{number}.safetensors" for number in range(5000)])
    out = BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", "{" + " " * 30_000_000, zip=True)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    film = mp4(prompt=prompt("a.safetensors"))
    return {
        **refused(),
        "bomb_text2.png": out.getvalue(),
        "deep.mp4": mp4(prompt=deep),
        "many.mp4": mp4(prompt=long),
        "endless.mp4": box(b"ftyp", b"isom") + struct.pack(">I4s", 8, b"free") * 100_000,
        "lying.mp4": film.replace(struct.pack(">I", 2), struct.pack(">I", 2**31)),
        "longer_than_itself.mp4": film[:-100],
        "huge_moov.mp4": box(b"ftyp", b"isom") + struct.pack(">I4s", 2**31, b"moov"),
        "nan.mp4": mp4(prompt='{"1": {"class_type": "x", "inputs": {"a": NaN, "b": 1e999}}}'),
        "endless.webm": b"\x1aE\xdf\xa3\x80" + b"\x18\x53\x80\x67\xff" * 100_000,
        "zero.webm": b"\x1aE\xdf\xa3" + b"\0" * 5000,
        "text.webm": webm(prompt="not json"),
        "ifd_circle.jpg": b"\xff\xd8\xff\xe1\0\x40Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" + b"\0" * 60,
    }


def test_hostile_files_say_nothing_and_stop_nothing(outputs: Outputs) -> None:
    files = hostile()
    for name, data in files.items():
        (outputs.folder / name).write_bytes(data)
    write_png(outputs.folder / "good.png", prompt=prompt("style/ink.safetensors"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(outputs.folder / "pipe.png")
    (outputs.folder / "round").symlink_to(outputs.folder)
    (outputs.folder / "nowhere.png").symlink_to("gone.png")
    assert outputs.refresh() == sum(name.endswith((".png", ".webp", ".jpg", ".avif", ".mp4", ".webm")) for name in files) + 1
    assert outputs.names(INK) == ["good.png"]
    assert len(names_in(read_embedded(str(outputs.folder / "many.mp4")).texts)) == 200


def test_cut_anywhere(tmp_path: Path) -> None:
    for data in (
        mp4(prompt=prompt("a.safetensors")),
        webm(prompt=prompt("a.safetensors")),
        write_png(tmp_path / "o.png", prompt="{}").read_bytes(),
    ):
        for end in range(0, min(len(data), 800), 3):
            (tmp_path / "x").write_bytes(data[:end])
            read_embedded(str(tmp_path / "x"))


def test_stopping_keeps_what_was_read(outputs: Outputs, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write_png(outputs.folder / f"{number}.png", prompt=prompt("style/ink.safetensors"))
    work = Work()
    monkeypatch.setattr(usage_module, "read_embedded", lambda path: (work.cancel(), read_embedded(path))[1])
    with pytest.raises(Cancelled):
        outputs.usage.refresh([str(outputs.folder)], work)
    assert len(outputs.names(INK)) == 1 and outputs.refresh() == 3 and len(outputs.names(INK)) == 4


def test_a_folder_that_is_away_is_not_forgotten(outputs: Outputs) -> None:
    write_png(outputs.folder / "x.png", prompt=prompt("style/ink.safetensors"))
    outputs.refresh()
    os.rename(outputs.folder, outputs.tmp_path / "away")
    outputs.refresh()
    os.rename(outputs.tmp_path / "away", outputs.folder)
    assert outputs.refresh() == 0 and outputs.names(INK) == ["x.png"]
    assert outputs.usage.refresh([], Work()) == 0 and outputs.names(INK) == []


def test_a_broken_database_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "outputs.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    usage = Usage(tmp_path)
    assert usage.outputs_of(INK) == []
    usage.close()


def test_output_folders(tmp_path: Path) -> None:
    comfy, webui = tmp_path / "ComfyUI", tmp_path / "webui"
    for path in (comfy / "models" / "loras", comfy / "output", webui / "models" / "Stable-diffusion", webui / "outputs", tmp_path / "bare"):
        path.mkdir(parents=True)
    found = output_folders([str(comfy), str(comfy / "models"), str(webui), str(tmp_path / "bare"), str(tmp_path / "gone")])
    assert found == [str(comfy / "output"), str(webui / "outputs")]
