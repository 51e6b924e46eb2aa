"""Dropped files and a ComfyUI to drop them into: used by the tests of intake."""

import os
from collections.abc import Mapping
from pathlib import Path

from model_manager.core.demo import parts
from model_manager.core.files.carry import Report, carry
from model_manager.core.files.destinations import destinations
from model_manager.core.files.gather import gather
from model_manager.core.files.intake import GOES, Choice, Line, Plan, Planner, look
from model_manager.core.formats.write import safetensors_bytes, torch_zip_bytes
from model_manager.core.library.roots import collect
from model_manager.core.work import Work


def lora(mark: str = "a") -> bytes:
    """A valid LoRA; other marks, other content and (by length) another size."""
    return safetensors_bytes({"lora_unet_x.lora_down.weight": ("F16", [4, 8]), "lora_unet_x.lora_up.weight": ("F16", [8, 4])}, {"a": mark})


def tensors(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[str, list[int]]]:
    """A table of tensors as the writers of formats take it."""
    return {name: ("F16", list(shape)) for name, shape in shapes.items()}


VAE = {name: tuple(min(part, 8) for part in shape) for name, shape in parts.vae_shapes().items()}
UPSCALER = {"model.0.weight": (4, 3, 3, 3), "model.1.sub.0.RDB1.conv1.0.weight": (4, 4, 3, 3)}
CONTROL = {"zero_convs.0.0.weight": (4, 4, 1, 1)}
CLIP = {"text_model.encoder.layers.0.mlp.fc1.weight": (4, 4)}
STYLE = {"redux_down.weight": (4, 4)}
VISION = {"vision_model.encoder.layers.30.layer_norm1.weight": (4,)}


def unknown() -> bytes:
    """A valid PyTorch file whose tensors tell nothing."""
    return torch_zip_bytes({"mystery": ("F16", [2, 2])})


def embedding() -> bytes:
    """An SD 1.5 embedding as A1111 saves it."""
    return safetensors_bytes({"emb_params": ("F16", [2, 768])})


class Case:
    """A ComfyUI below one folder, and a folder of things to drop."""

    def __init__(self, folder: Path) -> None:
        self.comfyui, self.drop, self.data = folder / "ComfyUI", folder / "drop", folder / "data"
        self.models = self.comfyui / "models"
        for name in ("checkpoints", "loras", "vae", "text_encoders", "unet", "diffusion_models", "upscale_models", "embeddings"):
            (self.models / name).mkdir(parents=True)
        (self.comfyui / "main.py").touch()
        self.drop.mkdir()

    def put(self, name: str, data: bytes = b"") -> Path:
        """Write something to drop."""
        path = self.drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def planner(self, *paths: Path) -> Planner:
        found = gather([str(path) for path in paths or [self.drop]], Work())
        return Planner(found, look(found, Work()), destinations(collect([str(self.comfyui)])))

    def plan(self, *paths: Path, choices: Mapping[int, Choice] | None = None, keeps: bool = True) -> Plan:
        return self.planner(*paths).plan(choices or {}, keeps, Work())

    def carry(self, plan: Plan, moves: bool = False, work: Work | None = None) -> Report:
        taken = [number for number, line in enumerate(plan.lines) if line.state in GOES]
        return carry(plan, taken, moves, self.data, work or Work())

    def there(self) -> dict[str, bytes]:
        """Every file below models, by path from there."""
        return {path.relative_to(self.models).as_posix(): path.read_bytes() for path in self.models.rglob("*") if path.is_file()}


def by_name(plan: Plan) -> dict[str, Line]:
    return {line.known.find.name: line for line in plan.lines}


def only(plan: Plan) -> Line:
    (line,) = plan.lines
    return line


def target(line: Line) -> str:
    """Where the model goes, below the models folder."""
    assert line.destination is not None
    return os.path.relpath(line.targets[-1][1], os.path.dirname(line.destination.path)).replace(os.sep, "/")
