"""A small ComfyUI folder with pictures from everywhere, for tests of regenerating previews."""

import base64
import json
import struct
from io import BytesIO
from pathlib import Path

from PIL import Image, PngImagePlugin

from model_manager.core.formats.write import safetensors_bytes

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 60), (40, 60, 200), (90, 90, 90)
TENSORS = {f"lora_unet_down_blocks_0.{part}.weight": ("F16", [4, 4]) for part in ("lora_down", "lora_up")}


def png_bytes(colour: tuple[int, int, int], size: tuple[int, int] = (400, 600)) -> bytes:
    """A picture of one colour."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def colour_of(path: Path) -> tuple[int, int, int]:
    """The colour in the middle of a picture."""
    with Image.open(path) as picture:
        found = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(found, tuple)
    return (found[0], found[1], found[2])


def is_like(path: Path, colour: tuple[int, int, int]) -> bool:
    """Whether a picture has this colour, as far as a lossy format keeps it."""
    return all(abs(one - other) < 12 for one, other in zip(colour_of(path), colour, strict=True))


def make_library(folder: Path) -> Path:
    """Write it and return the ComfyUI folder.

    covered: a red cover inside; used: green output; shown: a blue preview beside; bare: nothing; web: a web page for a preview.
    """
    comfyui = folder / "ComfyUI"
    loras = comfyui / "models" / "loras"
    loras.mkdir(parents=True)
    for name in ("main.py", "folder_paths.py"):
        (comfyui / name).write_bytes(b"")
    cover = base64.b64encode(png_bytes(RED)).decode("ascii")
    for name in ("bare", "covered", "shown", "used", "web"):
        extra = {"ssmd_cover_images": json.dumps([cover])} if name == "covered" else {}
        (loras / f"{name}.safetensors").write_bytes(safetensors_bytes(TENSORS, {"ss_output_name": name, **extra}))
    (loras / "shown.png").write_bytes(png_bytes(BLUE))
    (loras / "web.png").write_bytes(b"<!DOCTYPE html><html><body>Please log in</body></html>")
    write_output(comfyui / "output" / "one.png", "used.safetensors", GREEN)
    return comfyui


def write_output(path: Path, lora: str, colour: tuple[int, int, int]) -> None:
    """Write a picture as ComfyUI saves it, made with a LoRA."""
    prompt = {"1": {"class_type": "LoraLoader", "inputs": {"lora_name": lora, "strength_model": 1.0}}}
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", json.dumps(prompt))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (512, 768), colour).save(path, pnginfo=info)


def motion_jpeg(path: Path, frames: list[Image.Image]) -> str:
    """Write a small AVI by hand: one MJPG stream, ten frames a second."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    width, height = frames[0].size
    pieces = []
    for frame in frames:
        out = BytesIO()
        frame.save(out, "JPEG")
        pieces.append(chunk(b"00dc", out.getvalue()))
    main = struct.pack("<14I", 100_000, 0, 0, 0x10, len(frames), 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = b"vidsMJPG" + struct.pack("<IHHIIIIIIII4H", 0, 0, 0, 0, 1, 10, 0, len(frames), 0, 0, 0, 0, 0, width, height)
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    lists = chunk(b"LIST", b"hdrl" + chunk(b"avih", main) + chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", form)))
    path.write_bytes(chunk(b"RIFF", b"AVI " + lists + chunk(b"LIST", b"movi" + b"".join(pieces))))
    return str(path)
