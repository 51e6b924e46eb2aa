"""Finding installs in the usual places of each system, and saying what a folder is."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from model_manager.core.library import installs
from model_manager.core.library.installs import Install, find_installs, look_at


def comfyui(path: Path, *models: str) -> Path:
    """Make a small ComfyUI code folder with model files."""
    for name in ("models", "custom_nodes", "input"):
        (path / name).mkdir(parents=True)
    (path / "folder_paths.py").write_text("")
    for model in models:
        (path / "models" / model).parent.mkdir(parents=True, exist_ok=True)
        (path / "models" / model).write_bytes(b"x")
    return path


def found(
    home: Path, platform: str = "linux", env: Mapping[str, str] | None = None, drives: tuple[str, ...] = (), here: Path | None = None
) -> list[Install]:
    """Search with nothing of this machine in it."""
    return find_installs(str(home), platform, env or {}, drives, str(here or home / "nowhere"))


@pytest.mark.parametrize(
    ("platform", "folder"),
    [("win32", "AppData/Roaming/ComfyUI"), ("darwin", "Library/Application Support/ComfyUI"), ("linux", ".config/ComfyUI")],
)
def test_desktop(tmp_path: Path, platform: str, folder: str) -> None:
    base = tmp_path / "somewhere" / "ComfyUI data"
    (base / "models").mkdir(parents=True)
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "config.json").write_text(json.dumps({"basePath": str(base)}))
    assert found(tmp_path, platform) == [Install(str(base), "desktop")]
    config = tmp_path / folder / "extra_models_config.yaml"
    config.write_text("comfyui_desktop:\n  is_default: 'true'\n")
    assert found(tmp_path, platform) == [Install(str(base), "desktop", (str(config),))]


def test_app_data_of_the_environment_comes_first(tmp_path: Path) -> None:
    base = comfyui(tmp_path / "base")
    (tmp_path / "roaming" / "ComfyUI").mkdir(parents=True)
    (tmp_path / "roaming" / "ComfyUI" / "config.json").write_text(json.dumps({"basePath": str(base)}))
    assert [install.sort for install in found(tmp_path / "home", "win32", {"APPDATA": str(tmp_path / "roaming")})] == ["desktop"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"basePath": 3}', '{"basePath": "no\\u0000name"}', '{"basePath": "/no/such"}', "[" * 100_000, "\xff"]
)
def test_odd_configs_find_nothing(tmp_path: Path, text: str) -> None:
    for name in ("ComfyUI/config.json", "StabilityMatrix/library.json", "Pinokio/config.json", "comfy-cli/config.ini"):
        (tmp_path / ".config" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".config" / name).write_text(text, encoding="latin-1")
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    "place",
    ["ComfyUI", "Documents/ComfyUI", "comfy/ComfyUI", "Downloads/ComfyUI_windows_portable/ComfyUI", "AI/ComfyUI-master", "Desktop/comfy"],
)
def test_usual_places_below_home(tmp_path: Path, place: str) -> None:
    path = comfyui(tmp_path / place)
    assert found(tmp_path) == [Install(str(path), "comfyui")]


def test_portable_at_the_top_of_a_drive(tmp_path: Path) -> None:
    drive = tmp_path / "D"
    path = comfyui(drive / "ComfyUI_windows_portable_nvidia" / "ComfyUI")
    assert found(tmp_path / "home", "win32", drives=(str(drive),)) == [Install(str(path), "comfyui")]


def test_the_environment_and_the_current_folder(tmp_path: Path) -> None:
    one, two = comfyui(tmp_path / "one"), comfyui(tmp_path / "two")
    assert [install.path for install in found(tmp_path / "home", env={"COMFYUI_PATH": str(one)}, here=two)] == [str(one), str(two)]


def test_comfy_cli(tmp_path: Path) -> None:
    path = comfyui(tmp_path / "work space")
    (tmp_path / ".config" / "comfy-cli").mkdir(parents=True)
    (tmp_path / ".config" / "comfy-cli" / "config.ini").write_text(
        f"[DEFAULT]\ndefault_workspace = {path}\nrecent_workspace = /no/%(such)s\n"
    )
    assert found(tmp_path) == [Install(str(path), "comfyui")]


def test_stability_matrix(tmp_path: Path) -> None:
    library = tmp_path / "lib"
    path = comfyui(library / "Packages" / "ComfyUI")
    (library / "Packages" / "forge").mkdir()
    (library / "Models" / "StableDiffusion").mkdir(parents=True)
    (tmp_path / ".config" / "StabilityMatrix").mkdir(parents=True)
    (tmp_path / ".config" / "StabilityMatrix" / "library.json").write_text(json.dumps({"LibraryPath": str(library)}))
    assert found(tmp_path) == [Install(str(path), "comfyui"), Install(str(library), "stability_matrix")]


def test_portable_stability_matrix(tmp_path: Path) -> None:
    (tmp_path / "StabilityMatrix" / "Data" / "Packages").mkdir(parents=True)
    (tmp_path / "StabilityMatrix" / "Data" / "Models").mkdir()
    assert [install.sort for install in found(tmp_path / "home", drives=(str(tmp_path),))] == ["stability_matrix"]


def test_pinokio(tmp_path: Path) -> None:
    path = comfyui(tmp_path / "pinokio" / "api" / "comfy.git" / "app")
    assert found(tmp_path) == [Install(str(path), "comfyui")]


def test_one_install_by_two_ways_is_found_once(tmp_path: Path) -> None:
    path = comfyui(tmp_path / "ComfyUI")
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents" / "ComfyUI").symlink_to(path)
    assert found(tmp_path, here=path) == [Install(str(path), "comfyui")]


def test_a_folder_that_only_has_the_name_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "ComfyUI" / "docs").mkdir(parents=True)
    (tmp_path / "Documents" / "ComfyUI" / "models").mkdir(parents=True)
    assert found(tmp_path) == []


def test_looking_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(400):
        (tmp_path / f"comfy{number:03}").mkdir()
    asked: list[object] = []
    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **more: (asked.append(path), stat(path, **more))[1])
    assert found(tmp_path) == []
    assert len(asked) < 2000


def test_look_at_a_comfyui(tmp_path: Path) -> None:
    path = comfyui(
        tmp_path / "ComfyUI_portable" / "ComfyUI",
        "loras/a.safetensors",
        "loras/deep/b.pt",
        "unet/c.gguf",
        "loras/x.png",
        "sams/d.pth",
        "vae/e.sft",
    )
    look = look_at(str(path.parent))
    assert look.install == Install(str(path), "comfyui")
    assert look.counts == {"loras": 2, "diffusion_models": 1, "sams": 1, "vae": 1}
    assert look.text == "ComfyUI: 5 models (2 LoRAs, 1 VAE, 1 Diffusion model and more)."
    assert not look.is_rough
    (path / "extra_model_paths.yaml").write_text(f"a:\n  loras: {path}\n")
    assert look_at(str(path)).text.startswith("ComfyUI with extra folders: ")


def test_look_at_a_bare_folder(tmp_path: Path) -> None:
    (tmp_path / "Lora").mkdir()
    (tmp_path / "Lora" / "a.safetensors").write_bytes(b"x")
    look = look_at(str(tmp_path / "Lora"))
    assert look.install == Install(str(tmp_path / "Lora"), "bare")
    assert look.text == "Folder of models: 1 model (1 LoRA)."


def test_look_at_stops_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installs, "MOST_ENTRIES", 10)
    (tmp_path / "loras").mkdir()
    for number in range(30):
        (tmp_path / "loras" / f"{number}.safetensors").write_bytes(b"x")
    look = look_at(str(tmp_path / "loras"))
    assert (look.is_rough, dict(look.counts)) == (True, {"loras": 10})
    assert "more than 10" in look.text


def test_look_at_a_loop_of_links_ends(tmp_path: Path) -> None:
    path = comfyui(tmp_path / "ComfyUI", "loras/a.safetensors")
    (path / "models" / "loras" / "again").symlink_to(path / "models")
    assert look_at(str(path)).counts == {"loras": 1}


def test_look_at_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"x")
    (tmp_path / "x.yaml").write_text("a:")
    (tmp_path / "photos").mkdir()
    (tmp_path / "ComfyUI" / "models").mkdir(parents=True)
    for path, words in (
        ("x.safetensors", "folder it lies in"),
        ("x.yaml", "configuration"),
        ("gone", "not there"),
        ("photos", "no models"),
        ("no\0name", "not there"),
    ):
        look = look_at(f"{tmp_path}/{path}")
        assert look.install is None
        assert words in look.text
    assert look_at("").install is None
    assert "no models in it yet" in look_at(str(tmp_path / "ComfyUI")).text
