"""What makes the demo library a real one: faults of every kind, a second drive, one file by two ways, a download under way.

Called by build.py after the sound models. Every broken file here is broken on purpose.
"""

import contextlib
import random
from pathlib import Path

from model_manager.core.demo.sparse import Pieces, safetensors_pieces, write_pieces
from model_manager.core.demo.tables import table, telling_part

_LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Please sign in to download this file.</p></body></html>\n"
)
_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 228457840\n" % 4
_CONFIG = """# A second place for models, read by ComfyUI and by this program.
second_drive:
    base_path: ../Second drive
    loras: |
        loras
        more loras
    checkpoints: checkpoints
"""
_MARK = "# Marks this folder as a ComfyUI. It is the demo library of Model Manager, there is no program in it.\n"


def add_extras(folder: Path) -> None:
    """Add them to the demo library in `folder` (the parent of ComfyUI)."""
    rng = random.Random(4)
    models = folder / "ComfyUI" / "models"
    _add_broken(models, rng)
    _add_second_drive(folder, rng)
    loras = models / "loras"
    with contextlib.suppress(OSError, NotImplementedError):  # Windows lets only some people make links
        (loras / "favourites").mkdir()
        (loras / "favourites" / "ink-wash.safetensors").symlink_to(Path("..", "style", "ink-wash-v3.safetensors"))
    (loras / "style").mkdir(exist_ok=True)
    (loras / "style" / "charcoal-night.safetensors.part").write_bytes(rng.randbytes(20_000))


def _add_broken(models: Path, rng: random.Random) -> None:
    broken = models / "loras" / "needs attention"
    broken.mkdir(parents=True)
    lora = _lora("lora_sdxl_4", rng)
    write_pieces(broken / "half-downloaded.safetensors", Pieces(lora.parts[:3], lora.parts[3][0]))
    (broken / "login-page.safetensors").write_bytes(_LOGIN_PAGE)
    (broken / "pointer-only.safetensors").write_bytes(_POINTER)
    write_pieces(broken / "never-filled.safetensors", Pieces((), 24_000_000))
    write_pieces(broken / "torn-notes.safetensors", _lora("lora_sd1_4", rng))
    (broken / "torn-notes.info").write_text('{"name": "Torn Notes", "trainedWords": ["torn pap', encoding="utf-8")
    for room in ("checkpoints", "vae"):
        (models / room).mkdir(exist_ok=True)
    write_pieces(models / "checkpoints" / "misplaced-lora.safetensors", _lora("lora_sd1_8", rng))
    vae = safetensors_pieces(telling_part(table("vae"), 2_000_000), "F16", {}, rng)
    write_pieces(models / "vae" / "renamed-by-hand.ckpt", vae)


def _add_second_drive(folder: Path, rng: random.Random) -> None:
    """Add a drive that only extra_model_paths.yaml names; that file counts where ComfyUI's code lies, so its mark is there too."""
    (folder / "ComfyUI" / "folder_paths.py").write_text(_MARK, encoding="utf-8")
    (folder / "ComfyUI" / "extra_model_paths.yaml").write_text(_CONFIG, encoding="utf-8")
    drive = folder / "Second drive"
    for name, room in (("archive-fog", "loras"), ("archive-rust", "loras"), ("spare-brush", "more loras")):
        (drive / room).mkdir(parents=True, exist_ok=True)
        write_pieces(
            drive / room / f"{name}.safetensors",
            _lora("lora_sdxl_4", rng, {"ss_output_name": name, "ss_base_model_version": "sdxl_base_v1-0"}),
        )
    (drive / "checkpoints").mkdir()
    old = safetensors_pieces(telling_part(table("sd15"), 12_000_000), "F16", {}, rng)
    write_pieces(drive / "checkpoints" / "very-old-mix.safetensors", old)


def _lora(name: str, rng: random.Random, metadata: dict[str, str] | None = None) -> Pieces:
    return safetensors_pieces(telling_part(table(name), 5_000_000), "F16", metadata or {}, rng)
