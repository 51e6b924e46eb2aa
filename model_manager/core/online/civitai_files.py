"""Civitai's files[] and images[] as records, out of each of the shapes its API has.

Called by civitai_parts. Every field may be missing, null or of another sort; nothing here raises, and no address is believed:
where a download begins is put together from the ids (civitai/civitai:src/server/services/file.service.ts).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from model_manager.core.online.records import PG, PG13, XXX, Image, R, RemoteFile, X
from model_manager.core.sidecars.layer import hashes, items, line, mapping, text, whole

_KINDS: Final = {
    "VAE": "vae",
    "Text Encoder": "text_encoders",
    "UNet": "diffusion_models",
    "Diffusion Model": "diffusion_models",
    "CLIPVision": "clip_vision",
    "Vision Encoder": "clip_vision",
    "ControlNet": "controlnet",
    "Upscaler": "upscale_models",
    "Enhancement LoRA": "loras",
    "Negative": "embeddings",
}
_NO_MODELS: Final = frozenset(("Training Data", "Config", "Archive", "Workflow"))
_NO_MODEL_ENDINGS: Final = (
    ".zip",
    ".7z",
    ".rar",
    ".gz",
    ".json",
    ".yaml",
    ".yml",
    ".txt",
    ".md",
    ".csv",
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".mp4",
)
_MAIN: Final = frozenset(("Model", "Pruned Model", "Diffusion Model", "UNet"))
_WORDS: Final = {"none": PG, "soft": PG13, "mature": R, "x": X, "blocked": 32, "false": PG, "true": X}
_VERSION: Final = re.compile(r"/api/download/models/([0-9]{1,15})(?:[/?#]|$)")
_VIDEOS: Final = (".mp4", ".webm", ".mov")
_MOST: Final = 200
_LARGEST: Final = 1 << 50


def files_of(raw: object, version_id: int, kind: str, origin: str) -> tuple[RemoteFile, ...]:
    """Return the files of a version; exactly one of its models is primary, the site's or else the one it would choose.

    kind: ComfyUI's category by the model's type, for files whose own type says nothing. origin: of the API.
    """
    found = [file for entry in items(raw)[:_MOST] if (file := _file(mapping(entry), version_id, kind, origin)) is not None]
    main = next((file for file in found if file.is_primary), None) or max(
        (file for file in found if file.is_model), key=_score, default=None
    )
    return tuple(replace(file, is_primary=file is main) for file in found)


def _file(raw: Mapping[str, Any], version_id: int, kind: str, origin: str) -> RemoteFile | None:
    id, sort = whole(raw.get("id")), line(raw.get("type"))
    name = (line(raw.get("name")) or line(raw.get("overrideName"))).replace("/", "_").replace("\\", "_")
    url = _download(raw, id, version_id, origin)
    if not url or not (id or name):
        return None
    about = mapping(raw.get("metadata"))
    size, is_exact = _size(raw.get("sizeKB"))
    pickle, virus = line(raw.get("pickleScanResult")), line(raw.get("virusScanResult"))
    is_model = sort not in _NO_MODELS and not name.lower().endswith(_NO_MODEL_ENDINGS)
    return RemoteFile(
        id=str(id or name),
        name=name or f"{version_id}-{id}",
        url=url,
        size=size,
        is_size_exact=is_exact,
        kind=_KINDS.get(sort, kind) if is_model else "",
        type=sort,
        format=line(about.get("format")),
        precision=line(about.get("fp")).lower(),
        variant=line(about.get("quantType")) or line(about.get("size")),
        hashes=_hashes(raw.get("hashes")),
        pickle_scan=pickle,
        virus_scan=virus,
        scan_message=_message(raw, pickle, virus),
        is_primary=raw.get("primary") is True and is_model,
        is_model=is_model,
    )


def _download(raw: Mapping[str, Any], id: int, version_id: int, origin: str) -> str:
    """Where the download begins: a file of another version, linked as a part, is with that version."""
    told = raw.get("downloadUrl")
    told = told if type(told) is str and len(told) < 2_000 else ""
    match = _VERSION.search(told)
    version = int(match[1]) if match else version_id
    if not version:
        return ""
    address = f"{origin}/api/download/models/{version}"
    if id:
        return f"{address}?fileId={id}"
    try:
        fields = [(key, value) for key, value in parse_qsl(urlsplit(told).query, max_num_fields=20) if key.lower() != "token"]
    except ValueError:
        fields = []
    return address + (f"?{urlencode(fields)}" if fields else "")


def _size(kib: object) -> tuple[int, bool]:
    """Bytes of a size in KiB, and whether that cannot have been rounded: it has a fraction that makes whole bytes."""
    if type(kib) not in (int, float) or not isinstance(kib, int | float) or not 0 < kib < _LARGEST:
        return 0, False
    return round(kib * 1024), kib != int(kib) and kib * 1024 == int(kib * 1024)


def _hashes(raw: object) -> dict[str, str]:
    lengths = {"sha256": 64, "blake3": 64, "autov2": 10, "autov3": 12}
    return {name: value for name, value in hashes(raw).items() if len(value) == lengths.get(name, len(value))}


def _message(raw: Mapping[str, Any], pickle: str, virus: str) -> str:
    if pickle in ("Danger", "Error"):
        return text(raw.get("pickleScanMessage"), 2_000)
    return text(raw.get("virusScanMessage"), 2_000) if virus in ("Danger", "Error") else ""


def _score(file: RemoteFile) -> float:
    """The site's own order (civitai/civitai:src/server/utils/model-helpers.ts)."""
    score = 1000.0 * (file.type in _MAIN) + (100 if file.format == "SafeTensor" else -100)
    return score + (10 if file.variant == "pruned" else -10) + (1 if file.precision == "fp16" else -1)


def images_of(raw: object) -> tuple[Image, ...]:
    """Return the pictures and videos of a version or of an answer of /images, in their order; what has no web address is left out."""
    return tuple(image for entry in items(raw)[:_MOST] if (image := _image(mapping(entry))) is not None)


def _image(raw: Mapping[str, Any]) -> Image | None:
    url = raw.get("url")
    url = url.strip() if type(url) is str else ""
    url = f"https:{url}" if url.startswith("//") else url
    if not url.lower().startswith(("https://", "http://")) or not url.isprintable() or len(url) > 2_000 or raw.get("type") == "audio":
        return None
    about, meta = mapping(raw.get("metadata")), mapping(raw.get("meta"))
    path = url.partition("?")[0].partition("#")[0]
    return Image(
        url=url,
        width=whole(raw.get("width")) or whole(about.get("width")),
        height=whole(raw.get("height")) or whole(about.get("height")),
        level=level_of(raw.get("browsingLevel")) or level_of(raw.get("nsfwLevel")) or level_of(raw.get("nsfw")),
        is_video=raw.get("type") == "video" or path.lower().endswith(_VIDEOS),
        prompt=text(meta.get("prompt") or mapping(meta.get("meta")).get("prompt"), 8_000),
        id=whole(raw.get("id")) or whole(path.rpartition("/")[2].partition(".")[0]),
        is_delicate=raw.get("minor") is True or raw.get("poi") is True,
    )


def level_of(value: object) -> int:
    """Return Civitai's level as OR of its bits from a number or one of the older words, 0 unknown."""
    if type(value) is int:
        return value & (PG | PG13 | R | X | XXX | 32) if value > 0 else 0
    if type(value) is bool:
        value = str(value)
    return _WORDS.get(value.lower(), 0) if type(value) is str else 0
