"""What the demo library writes beside a model and into its header: every sidecar dialect the field has, with sensible content.

Called by build.py. It returns bytes and writes nothing. Ids are far above any that Civitai has given, so they lead nowhere.
"""

import base64
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from PIL import Image

from model_manager.core.demo.catalogue import FLUX, ILLUSTRIOUS, PONY, SD1, SDXL, Model

_FIRST_ID = 2_000_000_000
_TYPES: Final = {
    "checkpoints": "Checkpoint",
    "loras": "LORA",
    "vae": "VAE",
    "controlnet": "Controlnet",
    "upscale_models": "Upscaler",
    "embeddings": "TextualInversion",
    "hypernetworks": "Hypernetwork",
    "animatediff_models": "MotionModule",
}
_TRAINED_ON: Final = {SDXL: "sdxl_base_v1-0", PONY: "sdxl_base_v1-0", ILLUSTRIOUS: "sdxl_base_v1-0", SD1: "sd_v1", FLUX: "flux1"}
_BASE_FILES: Final = {PONY: "bramble-pony-v3.safetensors", ILLUSTRIOUS: "lacquer-illustrious.safetensors"}
_SPECS: Final = {
    SDXL: "stable-diffusion-xl-v1-base",
    SD1: "stable-diffusion-v1",
    FLUX: "flux-1-dev",
    "SD 2.1 768": "stable-diffusion-v2-768-v",
    "SD 3.5 Medium": "stable-diffusion-3-5-medium",
}
_SIDES: Final = ("evening", "window", "trees", "stone wall", "still life", "reflection", "from above", "overcast", "wide shot", "close-up")


def kind_of(model: Model) -> str:
    """Return the folder below models/ that the model lies in."""
    return model.path.split("/", 1)[0]


def number_of(model: Model) -> int:
    """Return the model's invented id."""
    return _FIRST_ID + sum(ord(letter) * (index + 7) for index, letter in enumerate(model.path))


def made_of(model: Model) -> float:
    """Return when its header says it was made: not when the library was built, so that its hash is always the same."""
    return 1_778_000_000.0 - number_of(model) % 400 * 86_400


def papers_of(model: Model, modified: float, size: int, folder: str) -> dict[str, bytes]:
    """Return file name -> content of the model's sidecars; folder: where it lies, as Lora Manager writes it."""
    name = model.path.rsplit("/", 1)[1]
    stem = name.rsplit(".", 1)[0]
    return {
        (name if paper == "info_full" else stem) + _SUFFIXES[paper]: _WRITERS[paper](model, modified, size, folder).encode()
        for paper in model.papers
    }


def header_of(model: Model, modified: float, cover: Image.Image | None) -> dict[str, str]:
    """Return the `__metadata__` of a safetensors file; empty for models that say nothing of themselves."""
    out = {"format": "pt"} if model.header else {}
    if model.header in ("kohya", "both") and kind_of(model) == "loras":
        out |= _kohya(model, modified)
    if model.header in ("modelspec", "both"):
        out |= _modelspec(model, modified)
    if cover is not None:
        out["ssmd_cover_images"] = json.dumps([_base64(cover, (384, 576)), _base64(cover.rotate(180), (384, 576))])
        out["modelspec.thumbnail"] = "data:image/jpeg;base64," + _base64(cover, (171, 256))
    return out


def tag_counts(model: Model) -> dict[str, int]:
    """Return how often each word is said to have been in the training captions."""
    seed = number_of(model)
    words = [*model.words, *model.tags, *(_SIDES[(seed + index * 3) % len(_SIDES)] for index in range(6))]
    return {word: max(3, 120 // (index + 1) + seed % (index + 5)) for index, word in enumerate(dict.fromkeys(words))}


def _kohya(model: Model, modified: float) -> dict[str, str]:
    rank = model.table.rsplit("_", 1)[1]
    stem = model.path.rsplit("/", 1)[1].rsplit(".", 1)[0]
    edge = 512 if model.base == SD1 else 1024
    module = "networks.lora_flux" if model.base == FLUX else "lycoris.kohya" if model.table.startswith("loha") else "networks.lora"
    return {
        "ss_output_name": stem,
        "ss_base_model_version": _TRAINED_ON.get(model.base, ""),
        "ss_sd_model_name": _BASE_FILES.get(model.base, ""),
        "ss_network_module": module,
        "ss_network_dim": rank,
        "ss_network_alpha": f"{int(rank) / 2:.1f}",
        "ss_resolution": f"({edge}, {edge})",
        "ss_num_train_images": "120",
        "ss_num_epochs": "10",
        "ss_epoch": "8",
        "ss_steps": "2400",
        "ss_learning_rate": "0.0001",
        "ss_optimizer": "AdamW8bit",
        "ss_lr_scheduler": "cosine",
        "ss_mixed_precision": "bf16",
        "ss_seed": str(number_of(model) % 10_000),
        "ss_training_started_at": f"{modified - 5400:.1f}",
        "ss_training_finished_at": f"{modified:.1f}",
        "ss_tag_frequency": json.dumps({f"10_{stem}": tag_counts(model)}),
    }


def _modelspec(model: Model, modified: float) -> dict[str, str]:
    lora = "/lora" if kind_of(model) == "loras" else ""
    edge = 512 if model.base == SD1 else 1024
    out = {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": _SPECS.get(model.base, "") + lora,
        "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
        "modelspec.title": model.title,
        "modelspec.author": model.author,
        "modelspec.description": model.about,
        "modelspec.date": _date(modified),
        "modelspec.resolution": f"{edge}x{edge}",
        "modelspec.license": "CC-BY-4.0",
        "modelspec.tags": ", ".join(model.tags),
        "modelspec.trigger_phrase": ", ".join(model.words),
    }
    return {key: value for key, value in out.items() if value and value != "/lora"}


def _version(model: Model, modified: float, size: int) -> dict[str, object]:
    """Return a version as Civitai's API gives it (civitai/civitai:src/pages/api/v1/model-versions/[id].ts)."""
    number = number_of(model)
    steps = model.settings
    meta = {"prompt": ", ".join([*model.words, "wide shot, evening light"]), "negativePrompt": "lowres, text", "seed": number % 99_991}
    if steps:
        meta |= {"sampler": steps[0], "steps": steps[1], "cfgScale": steps[2], "Size": f"{steps[3]}x{steps[4]}"}
    kind = "Model" if kind_of(model) != "vae" else "VAE"
    return {
        "id": number + 1,
        "modelId": number,
        "name": model.version,
        "createdAt": _date(modified),
        "updatedAt": _date(modified),
        "baseModel": model.base,
        "baseModelType": "Standard",
        "description": f"<p>{model.about}</p>",
        "trainedWords": list(model.words),
        "model": {"name": model.title, "type": type_of(model), "nsfw": False, "poi": False, "tags": list(model.tags)},
        "stats": {"downloadCount": number % 9000, "thumbsUpCount": number % 800},
        "files": [
            {
                "id": number + 2,
                "name": model.path.rsplit("/", 1)[1],
                "sizeKB": size / 1024,
                "type": kind,
                "primary": True,
                "metadata": {"fp": "fp16", "size": "pruned", "format": "SafeTensor"},
                "hashes": {},
            }
        ],
        "images": [{"url": "", "nsfwLevel": 1, "width": 512, "height": 768, "type": "image", "meta": meta}],
    }


def _info(model: Model, modified: float, size: int, folder: str) -> str:
    extras = {"author": model.author, "website": "Civitai", "tags": list(model.tags)}
    return json.dumps(_version(model, modified, size) | extras, indent=2, ensure_ascii=False)


def _civitai(model: Model, modified: float, size: int, folder: str) -> str:
    return json.dumps(_version(model, modified, size), indent=4)


def _cm_info(model: Model, modified: float, size: int, folder: str) -> str:
    number = number_of(model)
    out: dict[str, object] = {
        "ModelId": number,
        "ModelName": model.title,
        "ModelDescription": f"<p>{model.about}</p>",
        "Nsfw": False,
        "Tags": list(model.tags),
        "ModelType": type_of(model),
        "VersionId": number + 1,
        "VersionName": model.version,
        "BaseModel": model.base,
        "AuthorUsername": model.author,
        "FileMetadata": {"fp": "fp16", "size": "pruned", "format": "SafeTensor"},
        "ImportedAt": _date(modified).replace("Z", "+00:00"),
        "Hashes": {},
        "TrainedWords": list(model.words),
        "Stats": {"downloadCount": number % 9000},
        "Source": 0,
    }
    if model.settings:
        sampler, steps, scale, width, height = model.settings
        out["InferenceDefaults"] = {"Sampler": {"Name": sampler}, "Steps": steps, "CfgScale": scale, "Width": width, "Height": height}
    return json.dumps(out, ensure_ascii=False)


def _lora_manager(model: Model, modified: float, size: int, folder: str) -> str:
    name = model.path.rsplit("/", 1)[1]
    stem = name.rsplit(".", 1)[0]
    preview = f"{folder}/{stem}{model.pictures[0]}" if model.pictures else ""
    tips = json.dumps({"strength_min": 0.6, "strength_max": 0.9}) if kind_of(model) == "loras" else "{}"
    out = {
        "file_name": stem,
        "model_name": model.title,
        "file_path": f"{folder}/{name}",
        "size": size,
        "modified": modified,
        "sha256": "",
        "base_model": model.base,
        "preview_url": preview,
        "preview_nsfw_level": 1,
        "notes": "",
        "modelDescription": f"<p>{model.about}</p>",
        "from_civitai": True,
        "civitai": _version(model, modified, size) | {"creator": {"username": model.author}},
        "tags": list(model.tags),
        "favorite": number_of(model) % 2 == 0,
        "hash_status": "pending",
        "usage_tips": tips,
    }
    return json.dumps(out, indent=2, ensure_ascii=False)


def _webui(model: Model, modified: float, size: int, folder: str) -> str:
    base = {SD1: "SD1", FLUX: "Flux"}.get(model.base, "SDXL")
    out: dict[str, object] = {
        "description": model.about,
        "sd version": base,
        "activation text": ", ".join(model.words),
        "preferred weight": 0.8,
        "negative text": "blurry",
        "notes": "Works best in the second half of the steps.",
    }
    return json.dumps(out, indent=4, ensure_ascii=False)


def _notes(model: Model, modified: float, size: int, folder: str) -> str:
    number = number_of(model)
    front = [
        f"author: {model.author}",
        f"baseModel: {model.base}",
        f"modelPage: https://civitai.com/models/{number}?modelVersionId={number + 1}",
        "website: Civitai",
    ]
    body = [
        "# Trigger Words",
        "",
        ", ".join(model.words) or "No trigger words",
        "",
        f"# {model.title}",
        "",
        model.about,
        "",
        "## My notes",
        "",
        "- good with **weight 0.75**",
        "- too strong together with a second style",
        "",
        "| scene | steps | verdict |",
        "| --- | --- | --- |",
        "| harbour, fog | 28 | keeps the ropes thin |",
        "| kitchen, noon | 24 | too much contrast |",
        "",
    ]
    return "\n".join(["---", *front, "---", "", *body])


def _text(model: Model, modified: float, size: int, folder: str) -> str:
    return f"{model.about}\nTrigger words: {', '.join(model.words) or 'none'}\n"


def type_of(model: Model) -> str:
    """Return Civitai's word for what the model is."""
    return _TYPES.get(kind_of(model), "Checkpoint" if kind_of(model) == "diffusion_models" else "Other")


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _base64(image: Image.Image, size: tuple[int, int]) -> str:
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BILINEAR).save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode("ascii")


_SUFFIXES: Final = {
    "info": ".info",
    "info_full": ".info",
    "md": ".md",
    "text": ".txt",
    "description": ".description.txt",
    "civitai": ".civitai.info",
    "cm_info": ".cm-info.json",
    "lora_manager": ".metadata.json",
    "webui": ".json",
}
_WRITERS: Final[dict[str, Callable[[Model, float, int, str], str]]] = {
    "info": _info,
    "info_full": _info,
    "md": _notes,
    "text": _text,
    "description": _text,
    "civitai": _civitai,
    "cm_info": _cm_info,
    "lora_manager": _lora_manager,
    "webui": _webui,
}
