"""The table of model categories: ComfyUI's names, folders and extensions, what we list of them, and what people call them.

Called by roots, the scanner, the index and every view. It never touches the disk; `is_listed` must stay exactly what ComfyUI's core does.
"""

import os
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cache

from model_manager.core.words import tr

# Comfy-Org/ComfyUI:folder_paths.py (supported_pt_extensions)
PT_EXTENSIONS = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"})
# Custom nodes load these (GGUF, TensorRT, ONNX, MediaPipe, DeepDanbooru), ComfyUI's core never lists them.
NODE_EXTENSIONS = frozenset({".gguf", ".onnx", ".engine", ".trt", ".tflite", ".task", ".torchscript", ".h5"})
MODEL_EXTENSIONS = PT_EXTENSIONS | NODE_EXTENSIONS
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """One category.

    folders: default folders below ComfyUI's base, in search order, with `/`. extensions: ComfyUI's set, None for every file, "" for
    no extension. is_core: known to ComfyUI of October 2025; is_later: to newer ones. is_hidden: holds no models.
    """

    name: str
    folders: tuple[str, ...]
    extensions: frozenset[str] | None
    label: str
    label_one: str
    is_hidden: bool = False
    is_core: bool = True
    is_later: bool = False


def _core(name: str, label: str, label_one: str, *folders: str) -> Kind:
    return Kind(name, tuple(f"models/{folder}" for folder in folders or (name,)), PT_EXTENSIONS, label, label_one)


def _later(name: str, label: str, label_one: str) -> Kind:
    return Kind(name, (f"models/{name}",), PT_EXTENSIONS, label, label_one, is_core=False, is_later=True)


def _extra(name: str, label: str, label_one: str) -> Kind:
    return Kind(name, (f"models/{name}",), None, label, label_one, is_core=False)


# Order and content: Comfy-Org/ComfyUI:folder_paths.py
_CORE = (
    _core("checkpoints", "Checkpoints", "Checkpoint"),
    Kind("configs", ("models/configs",), frozenset({".yaml"}), "Configurations", "Configuration", is_hidden=True),
    _core("loras", "LoRAs", "LoRA"),
    _core("vae", "VAEs", "VAE"),
    _core("text_encoders", "Text encoders", "Text encoder", "text_encoders", "clip"),
    _core("diffusion_models", "Diffusion models", "Diffusion model", "unet", "diffusion_models"),
    _core("clip_vision", "CLIP vision models", "CLIP vision model"),
    _core("style_models", "Style models", "Style model"),
    _core("embeddings", "Embeddings", "Embedding"),
    Kind("diffusers", ("models/diffusers",), frozenset({"folder"}), "Diffusers folders", "Diffusers folder"),
    _core("vae_approx", "Preview VAEs", "Preview VAE"),
    _core("controlnet", "ControlNets", "ControlNet", "controlnet", "t2i_adapter"),
    _core("gligen", "GLIGEN models", "GLIGEN model"),
    _core("upscale_models", "Upscalers", "Upscaler"),
    Kind("custom_nodes", ("custom_nodes",), None, "Custom nodes", "Custom node", is_hidden=True),
    _core("hypernetworks", "Hypernetworks", "Hypernetwork"),
    _core("photomaker", "PhotoMaker models", "PhotoMaker model"),
    Kind("classifiers", ("models/classifiers",), frozenset({""}), "Classifiers", "Classifier"),
    _core("model_patches", "Model patches", "Model patch"),
    _core("audio_encoders", "Audio encoders", "Audio encoder"),
)
_LATER = (
    _later("latent_upscale_models", "Latent upscalers", "Latent upscaler"),
    _later("background_removal", "Background removers", "Background remover"),
    _later("frame_interpolation", "Frame interpolators", "Frame interpolator"),
    _later("geometry_estimation", "Geometry estimators", "Geometry estimator"),
    _later("optical_flow", "Optical flow models", "Optical flow model"),
    _later("detection", "Detectors", "Detector"),
    Kind("datasets", ("datasets",), None, "Datasets", "Dataset", is_hidden=True, is_core=False, is_later=True),
    Kind("fonts", ("fonts",), frozenset({".ttf", ".otf"}), "Fonts", "Font", is_hidden=True, is_core=False, is_later=True),
)
# Comfy-Org/desktop:src/config/comfyServerConfig.ts; LykosAI/StabilityMatrix:.../Packages/ComfyUI.cs; city96/ComfyUI-GGUF:nodes.py
_EXTRA = (
    _extra("animatediff_models", "AnimateDiff models", "AnimateDiff model"),
    _extra("animatediff_motion_lora", "AnimateDiff motion LoRAs", "AnimateDiff motion LoRA"),
    _extra("animatediff_video_formats", "AnimateDiff video formats", "AnimateDiff video format"),
    _extra("ipadapter", "IP-Adapters", "IP-Adapter"),
    _extra("instantid", "InstantID models", "InstantID model"),
    _extra("insightface", "InsightFace models", "InsightFace model"),
    _extra("liveportrait", "LivePortrait models", "LivePortrait model"),
    _extra("facerestore_models", "Face restorers", "Face restorer"),
    _extra("sams", "SAM models", "SAM model"),
    _extra("ultralytics", "Ultralytics detectors", "Ultralytics detector"),
    _extra("ultralytics_bbox", "Ultralytics box detectors", "Ultralytics box detector"),
    _extra("ultralytics_segm", "Ultralytics segmenters", "Ultralytics segmenter"),
    _extra("layerstyle", "LayerStyle models", "LayerStyle model"),
    _extra("LLM", "Language models", "Language model"),
    _extra("prompt_expansion", "Prompt expanders", "Prompt expander"),
    _extra("Joy_caption", "JoyCaption models", "JoyCaption model"),
    _extra("blip", "BLIP models", "BLIP model"),
    _extra("CogVideo", "CogVideo models", "CogVideo model"),
    _extra("xlabs", "XLabs models", "XLabs model"),
    _extra("unet_gguf", "Diffusion models (GGUF)", "Diffusion model (GGUF)"),
    _extra("clip_gguf", "Text encoders (GGUF)", "Text encoder (GGUF)"),
    Kind(OTHER, (), None, "Other models", "Other model", is_core=False),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _CORE + _LATER + _EXTRA}

# Comfy-Org/ComfyUI:folder_paths.py (map_legacy)
_LEGACY = {"unet": "diffusion_models", "clip": "text_encoders"}


def current_name(kind: str) -> str:
    """Return the category's name of today: `unet` and `clip` have new ones, all others are as they are."""
    return _LEGACY.get(kind, kind)


@cache
def kind_of(name: str) -> Kind:
    """Return the record of a category, made up for one that only a custom node or a configuration file knows."""
    spoken = name.replace("_", " ").strip() or name
    return KINDS.get(name) or Kind(name, (f"models/{name}",), None, spoken, spoken, is_core=False)


def label(kind: str) -> str:
    """Return what people call the models of a category ("LoRAs")."""
    return tr(kind_of(kind).label) if kind in KINDS else kind_of(kind).label


def label_one(kind: str) -> str:
    """Return what people call one model of a category ("LoRA")."""
    return tr(kind_of(kind).label_one) if kind in KINDS else kind_of(kind).label_one


# Our own replace_file, downloaders, browsers, torrent and copy programs: none of these is a whole file yet.
_PARTIAL_ENDINGS = (
    *(".part", ".dl-meta", ".downloading", ".download", ".aria2", ".aria2__temp", ".crdownload", ".incomplete", ".tmp", ".temp"),
    *(".partial", ".filepart", ".opdownload", ".fdmdownload", ".crswap", ".unfinished", ".xltd", ".td", ".td.cfg", ".dctmp", ".bc!"),
    *(".!qb", ".!ut", ".!bt", ".jc!", ".ucas", ".syncthing"),
)
_PARTIAL_STARTS = ("~utorrentpartfile_", ".syncthing.", "~syncthing~", ".~lock.")


def is_partial(name: str) -> bool:
    """Return whether a file's name is that of an unfinished download or copy of some program: never listed, never touched."""
    low = name.lower()
    return low.endswith(_PARTIAL_ENDINGS) or low.startswith(_PARTIAL_STARTS)


TRASH = ".model-manager-trash"  # where deleted models are held
# willmiao/ComfyUI-Lora-Manager:py/services/pending_delete_service.py (PENDING_DELETE_DIR_NAME); the bins of systems and of ourselves
_IGNORED_FOLDERS = frozenset(
    {".git", ".lm-pending-delete", TRASH, "__macosx", "__pycache__", "$recycle.bin", "system volume information"}
    | {".trashes", ".spotlight-v100", ".fseventsd", "lost+found", "@eadir", "#recycle", ".stversions"}
)


def is_ignored_folder(name: str) -> bool:
    """Return whether a folder of this name is never looked into: bins, unfinished downloads and other programs' own affairs."""
    low = name.lower()
    return low in _IGNORED_FOLDERS or low.startswith(".trash-") or low.endswith(".download")  # Safari's bundles


def is_in_trash(path: str) -> bool:
    """Return whether a path lies where deleted models are held: what comes and goes there is no news for a scan."""
    return TRASH in path and TRASH in path.split(os.sep)  # mostly the first is enough, in a third of the time


def is_listed(kind: str, file_name: str) -> bool:
    """Return whether ComfyUI's core lists a file of this name in this category.

    Source: Comfy-Org/ComfyUI:folder_paths.py (filter_files_extensions): the lower-cased last extension is in the set, or the set is empty.
    """
    extensions = kind_of(current_name(kind)).extensions
    return extensions is None or os.path.splitext(file_name)[1].lower() in extensions


_BARE_TEXTS = re.compile(r"(put_.*|readme|licen[cs]e|notice|copying|authors|makefile|dockerfile|version)", re.IGNORECASE)


def is_model(kind: str, file_name: str) -> bool:
    """Return whether we list a file of this name: what ComfyUI lists and is a model, and what well-known nodes load beside it.

    A diffusers model is a folder (`is_diffusers_folder`), so no file of that category counts. `._x` is macOS's shadow of a file.
    """
    name = current_name(kind)
    extension = os.path.splitext(file_name)[1].lower()
    if extension == "":
        return name == "classifiers" and not file_name.startswith(".") and not _BARE_TEXTS.fullmatch(file_name)
    if extension not in MODEL_EXTENSIONS or name == "diffusers" or kind_of(name).is_hidden:
        return False
    return not file_name.startswith("._") and not is_partial(file_name)


def is_diffusers_folder(names: Container[str]) -> bool:
    """Return whether a folder with these file names is one diffusers model (Comfy-Org/ComfyUI:nodes.py, DiffusersLoader)."""
    return "model_index.json" in names
