"""Recognises what a chosen folder is (ComfyUI, a models folder, Stability Matrix, A1111 or Forge, bare) and which folders it brings.

Called by roots and installs. It reads names and ComfyUI's own folder table, never runs anything and never looks deeper than two levels.
"""

import ast
import os
from dataclasses import dataclass

from model_manager.core.library.kinds import KINDS, OTHER, current_name, is_ignored_folder
from model_manager.core.paths import normalize

COMFYUI, MODELS, STABILITY_MATRIX, WEBUI, BARE, GONE = "comfyui", "models", "stability_matrix", "webui", "bare", "gone"
_MOST_NAMES = 2000
_LARGEST_SOURCE = 1024 * 1024

# LykosAI/StabilityMatrix:StabilityMatrix.Core/Models/SharedFolderType.cs; AUTOMATIC1111/stable-diffusion-webui and Forge: models/
_FOREIGN = {
    "checkpoints": ("StableDiffusion", "Stable-diffusion", "SVD", "checkpoint"),
    "loras": ("Lora", "LyCORIS"),
    "vae": ("VAE",),
    "vae_approx": ("ApproxVAE", "VAE-approx"),
    "embeddings": ("Embeddings", "TextualInversion", "embedding"),
    "hypernetworks": ("Hypernetwork",),
    "controlnet": ("ControlNet", "T2IAdapter"),
    "text_encoders": ("TextEncoders", "CLIP", "text_encoder"),
    "clip_vision": ("ClipVision", "InvokeClipVision"),
    "diffusion_models": ("DiffusionModels", "Unet"),
    "style_models": ("StyleModels",),
    "gligen": ("GLIGEN",),
    "diffusers": ("Diffusers",),
    "upscale_models": ("ESRGAN", "RealESRGAN", "SwinIR", "BSRGAN", "LDSR", "ScuNET", "DAT", "HAT", "upscalers", "upscaler"),
    "facerestore_models": ("GFPGAN", "Codeformer"),
    "ultralytics": ("Ultralytics", "AfterDetailer", "adetailer"),
    "ipadapter": ("IpAdapter", "IpAdapters15", "IpAdaptersXl"),
    "sams": ("Sams",),
    "prompt_expansion": ("PromptExpansion",),
    "audio_encoders": ("AudioEncoders",),
    "model_patches": ("ModelPatches",),
    "background_removal": ("BackgroundRemoval",),
}
_COMFYUI_NAMES = {folder.removeprefix("models/"): kind.name for kind in KINDS.values() for folder in kind.folders}
_KIND_OF_FOLDER = {name.lower(): kind for name, kind in _COMFYUI_NAMES.items()}
_KIND_OF_FOLDER |= {name.lower(): kind for kind, names in _FOREIGN.items() for name in names}
_TELLING = frozenset(name for name, kind in _COMFYUI_NAMES.items() if KINDS[kind].is_core)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a folder is. base: the folder ComfyUI counts from; code: where its Python lies, "" if not here; models: its models folder."""

    sort: str
    base: str
    models: str
    code: str = ""


def guess_kind(folder: str) -> str:
    """Return the category a folder's own name speaks of ("Lora", "StableDiffusion", "checkpoints"), "" if it does not."""
    return _KIND_OF_FOLDER.get(os.path.basename(folder).lower(), "")


def subfolders(path: str) -> list[str]:
    """Return the names of the folders in `path` (links to folders too), sorted, none when it cannot be read."""
    found = []
    try:
        with os.scandir(path) as entries:
            for entry, _ in zip(entries, range(_MOST_NAMES), strict=False):
                if not is_ignored_folder(entry.name) and _is_folder(entry):
                    found.append(entry.name)
    except (OSError, ValueError):
        return []
    return sorted(found, key=lambda name: (name.lower(), name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link loop
        return False


def _code_at(folder: str) -> Layout | None:
    table = os.path.join(folder, "folder_paths.py")
    if not os.path.isfile(table):
        return None
    base = os.path.dirname(os.path.realpath(table))  # ComfyUI counts from the real place of this file
    return Layout(COMFYUI, base, os.path.join(base, "models"), base)


def layout_of(path: str) -> Layout:
    """Return what the folder at `path` is: a ComfyUI (its folder, its base folder, a portable one), its models, another program's, bare."""
    top = normalize(path)
    if not os.path.isdir(top):
        return Layout(GONE, top, os.path.join(top, "models"))
    for folder in (top, os.path.join(top, "ComfyUI"), os.path.join(top, "app")):  # `app` is where Pinokio puts it
        if found := _code_at(folder):
            return found
    names = subfolders(top)
    for name in ("models", "Models", "Data"):
        if name in names:
            inner = os.path.join(top, name)
            if found := _inner_layout(top, inner, name, subfolders(inner)):
                return found
    return _models_layout(top, names)


def _inner_layout(top: str, inner: str, name: str, names: list[str]) -> Layout | None:
    if name == "Data":  # a portable Stability Matrix
        return Layout(STABILITY_MATRIX, inner, os.path.join(inner, "Models")) if "Models" in names else None
    if "Stable-diffusion" in names:
        return Layout(WEBUI, top, inner)
    if "StableDiffusion" in names:
        return Layout(STABILITY_MATRIX, top, inner)
    return Layout(COMFYUI, top, inner)


def _models_layout(top: str, names: list[str]) -> Layout:
    if "Stable-diffusion" in names:
        return Layout(WEBUI, top, top)
    if "StableDiffusion" in names:
        return Layout(STABILITY_MATRIX, top, top)
    name = os.path.basename(top).lower()
    known = len(_TELLING.intersection(names))
    if name == "models":
        return _code_at(os.path.dirname(top)) or Layout(MODELS, top, top)
    if name == "comfyui" and not known:
        return Layout(COMFYUI, top, os.path.join(top, "models"))
    if known > 1 or (known and not guess_kind(top)):
        return Layout(MODELS, top, top)
    return Layout(BARE, top, top)


def core_folders(layout: Layout) -> list[tuple[str, list[str]]]:
    """Return ComfyUI's built-in categories with their folders, in its order, for a `comfyui` or `models` layout.

    They are read from its own folder_paths.py where the code is at hand, as the table grows with every version; else they are those of
    October 2025 (Comfy-Org/ComfyUI:folder_paths.py).
    """
    tops = {"base_path": layout.base, "models_dir": layout.models}
    table = _own_table(layout.code) if layout.code else {}
    if not table:
        table = {kind.name: [_split(folder) for folder in kind.folders] for kind in KINDS.values() if kind.is_core}
    return [(kind, [os.path.join(tops[top], *parts) for top, *parts in folders]) for kind, folders in table.items()]


def _split(folder: str) -> list[str]:
    first, _, rest = folder.partition("/")
    return ["models_dir", *rest.split("/")] if first == "models" else ["base_path", folder]


def _own_table(code: str) -> dict[str, list[list[str]]]:
    """Return category -> [[top, part ...]] as written in folder_paths.py, empty when it is written in a way not known here."""
    try:
        with open(os.path.join(code, "folder_paths.py"), "rb") as file:
            tree = ast.parse(file.read(_LARGEST_SOURCE))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return {}
    table: dict[str, list[list[str]]] = {}
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id="folder_names_and_paths"), slice=ast.Constant(value=str(kind)))],
                value=ast.Tuple(elts=[ast.List(elts=folders), *_]),
            ):
                table[kind] = [parts for folder in folders if (parts := _joined(folder))]
    return table


def _joined(node: ast.expr) -> list[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.Name(id="models_dir" | "base_path" as top), *rest]):
            parts = [part.value for part in rest if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            return [top, *parts] if len(parts) == len(rest) else []
    return []


def foreign_folders(layout: Layout) -> list[tuple[str, str]]:
    """Return (category, folder) of what a `stability_matrix` or `webui` layout holds; a folder of unknown name is its own category."""
    found = [(guess_kind(name) or current_name(name), os.path.join(layout.models, name)) for name in subfolders(layout.models)]
    if layout.sort == WEBUI and layout.base != layout.models:
        beside = (("embeddings", "embeddings"), ("controlnet", os.path.join("extensions", "sd-webui-controlnet", "models")))
        found += [(kind, path) for kind, name in beside if os.path.isdir(path := os.path.join(layout.base, name))]
    return found


def bare_kind(layout: Layout) -> str:
    """Return the category of a bare folder of files, guessed from its name or those of the two folders around it, else `other`."""
    folder = layout.base
    for _ in range(3):
        if found := guess_kind(folder):
            return found
        folder = os.path.dirname(folder)
    return OTHER
