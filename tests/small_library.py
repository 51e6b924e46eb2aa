"""A small ComfyUI folder with real files, for tests of session, window and command line."""

from pathlib import Path

from PIL import Image

from model_manager.core.formats.write import safetensors_bytes

NAMES = ["ae", "brush", "broken", "ink", "juggernaut"]


def lora_bytes(mark: str = "x") -> bytes:
    """A valid LoRA of some hundred bytes; another mark, other content and size."""
    tensors = {f"lora_unet_down_blocks_0.{part}.weight": ("F16", [4, 4]) for part in ("lora_down", "lora_up")}
    return safetensors_bytes(tensors, {"ss_output_name": mark})


def make_library(folder: Path) -> Path:
    """Write the library and return its ComfyUI folder: five models, one of them broken; one preview, notes and tags."""
    comfyui = folder / "ComfyUI"
    files = {
        "main.py": b"",
        "folder_paths.py": b"",
        "models/checkpoints/xl/juggernaut.safetensors": safetensors_bytes({"a.weight": ("F16", [8, 8])}, {"modelspec.title": "Juggernaut"}),
        "models/checkpoints/xl/juggernaut.info": b'{"favourite": true}',
        "models/checkpoints/xl/juggernaut.md": b"---\ntags: [photo, best]\n---\nMy **notes** on it.\n",
        "models/loras/ink.safetensors": lora_bytes("ink wash"),
        "models/loras/ink.civitai.info": b'{"trainedWords": ["inkwash style"], "baseModel": "Pony", "model": {"name": "ink"}}',
        "models/loras/style/brush.safetensors": lora_bytes("brush"),
        "models/loras/broken.safetensors": b"<!DOCTYPE html><html><body>Please log in</body></html>",
        "models/vae/ae.safetensors": safetensors_bytes({"decoder.conv_in.weight": ("F32", [4, 4, 3, 3])}),
    }
    for name, data in files.items():
        path = comfyui / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    Image.new("RGB", (64, 96), (200, 80, 40)).save(comfyui / "models/checkpoints/xl/juggernaut.png")
    return comfyui
