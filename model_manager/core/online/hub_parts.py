"""Hugging Face's answers as records: a repository's card, its files, its pictures.

Called by huggingface. Every field may be missing, null or of another sort; nothing here raises
(huggingface/huggingface_hub:src/huggingface_hub/hf_api.py: ModelInfo, RepoSibling, RepoFile).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from model_manager.core.library.kinds import MODEL_EXTENSIONS
from model_manager.core.online.groups import kind_of_path
from model_manager.core.online.records import PG, Image, RemoteFile, X
from model_manager.core.sidecars.layer import line, mapping, text, whole

_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_HEX40: Final = re.compile(r"[0-9a-f]{40}")
_QUANT: Final = re.compile(r"(?<![A-Za-z0-9])(I?Q[0-9]_[A-Z0-9]+(?:_[A-Z0-9]+)*)(?![A-Za-z0-9])", re.IGNORECASE)
_PRECISION: Final = re.compile(
    r"(?<![a-z0-9])(fp32|fp16|bf16|fp8(?:_e[45]m[23](?:fn)?)?(?:_scaled)?|nvfp4|mxfp8|int8|int4|nf4)(?![a-z0-9])", re.IGNORECASE
)
_FORMATS: Final = {".safetensors": "SafeTensor", ".sft": "SafeTensor", ".gguf": "GGUF", ".onnx": "ONNX"}
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_VIDEOS: Final = (".mp4", ".webm")
_SHOWN: Final = re.compile(
    r"!\[[^\]\n]{0,300}\]\(\s{0,9}<?([^\s()<>\"]{1,500})|<(?:img|video|source)\b[^<>]{0,500}?\bsrc\s{0,9}=\s{0,9}[\"']([^\"'<>\s]{1,500})",
    re.IGNORECASE,
)
_MOST_PICTURES: Final = 40
_TRAINING: Final = re.compile(
    r"(^|/)(optimizer|scheduler|rng_state|training_args|random_states)[^/]*\.(bin|pt|pth|pkl)$|(^|/)checkpoint-[0-9]+/", re.IGNORECASE
)
# Repositories that cards name as base, in Civitai's spelling (civitai/civitai:packages/civitai-shared/src/basemodel.constants.ts)
_BASES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"flux\.?1-kontext", "Flux.1 Kontext"),
        (r"flux\.?1-krea", "Flux.1 Krea"),
        (r"flux\.?1-schnell", "Flux.1 S"),
        (r"flux\.?1-(dev|fill|depth|canny|redux)", "Flux.1 D"),
        (r"flux\.?2-dev", "Flux.2 D"),
        (r"stable-diffusion-xl-base|sdxl-base", "SDXL 1.0"),
        (r"sdxl-turbo", "SDXL Turbo"),
        (r"stable-diffusion-v?1-?5", "SD 1.5"),
        (r"stable-diffusion-v?1-?4", "SD 1.4"),
        (r"stable-diffusion-2-1", "SD 2.1"),
        (r"stable-diffusion-3\.5-large", "SD 3.5 Large"),
        (r"stable-diffusion-3\.5-medium", "SD 3.5 Medium"),
        (r"stable-diffusion-3", "SD 3"),
        (r"illustrious", "Illustrious"),
        (r"noobai", "NoobAI"),
        (r"pony-diffusion-v6", "Pony"),
        (r"qwen-image", "Qwen"),
        (r"hunyuanvideo", "Hunyuan Video"),
        (r"hidream", "HiDream"),
        (r"z-image-turbo", "ZImageTurbo"),
        (r"chroma", "Chroma"),
        (r"cogvideox", "CogVideoX"),
    )
)


def entries_of(raw: object) -> dict[str, Mapping[str, Any]]:
    """Return path -> entry of a list of files, in the shape of siblings (rfilename) or of a tree (path, type)."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in raw if type(raw) is list else []:
        about = mapping(entry)
        path = about.get("rfilename") or about.get("path")
        if type(path) is str and about.get("type", "file") == "file" and _is_plain(path):
            found[path] = about
    return found


def _is_plain(path: str) -> bool:
    parts = path.split("/")
    return path.isprintable() and len(path) < 1_000 and "\\" not in path and not any(part in ("", ".", "..") for part in parts)


def file_of(path: str, entry: Mapping[str, Any], base: str, kind: str) -> RemoteFile:
    """Return one file. base: the address below which files begin (.../resolve/main); kind: what the card says all of them are."""
    below, _, name = path.rpartition("/")
    lfs = mapping(entry.get("lfs"))
    size = whole(lfs.get("size")) or whole(entry.get("size"))
    dot = name.rfind(".")
    ending = name[dot:].lower() if dot > 0 else ""
    is_model = ending in MODEL_EXTENSIONS and _TRAINING.search(path) is None
    quant, precision = _QUANT.search(name), _PRECISION.search(name)
    status = mapping(entry.get("securityFileStatus"))
    return RemoteFile(
        id=path,
        name=name,
        url=f"{base}/{quote(path)}",
        below=below,
        size=size,
        is_size_exact=size > 0,
        kind=(kind_of_path(below) or kind) if is_model else "",
        format=_FORMATS.get(ending, "PickleTensor") if is_model else "",
        precision=precision[1].lower() if precision and is_model else "",
        variant=quant[1].upper() if quant and ending == ".gguf" else "",
        hashes=_hashes(entry, lfs),
        pickle_scan=_scan(mapping(status.get("pickleImportScan")).get("status")),
        virus_scan=_scan(mapping(status.get("avScan")).get("status")),
        scan_message=text(mapping(status.get("avScan")).get("message"), 2_000) if _scan(status.get("status")) == "Danger" else "",
        is_model=is_model,
    )


def _hashes(entry: Mapping[str, Any], lfs: Mapping[str, Any]) -> dict[str, str]:
    """The table's sha256 for large files (lfs.sha256 of siblings is lfs.oid of a tree), for small ones only git's own sha1."""
    sha256 = line(lfs.get("sha256") or lfs.get("oid")).lower().removeprefix("sha256:")
    if lfs:
        return {"sha256": sha256} if _HEX64.fullmatch(sha256) else {}
    blob = line(entry.get("blobId") or entry.get("oid")).lower()
    return {"git_sha1": blob} if _HEX40.fullmatch(blob) else {}


def _scan(status: object) -> str:
    return {"safe": "Success", "unsafe": "Danger", "suspicious": "Danger", "queued": "Pending", "error": "Error"}.get(line(status), "")


def kind_of_card(info: Mapping[str, Any]) -> str:
    """Return ComfyUI's category that the tags of a repository name for all its models, "" when they do not."""
    tags = {line(tag).lower() for tag in _list(info.get("tags"))}
    for tag, kind in (("lora", "loras"), ("controlnet", "controlnet"), ("textual_inversion", "embeddings"), ("ip-adapter", "ipadapter")):
        if tag in tags:
            return kind
    return "loras" if any(tag.startswith("base_model:adapter:") for tag in tags) else ""


def base_of_card(card: Mapping[str, Any]) -> str:
    """Return the base model that the card names, as Civitai writes it; one it does not know by the repository's own name."""
    bases = [line(base) for base in _list(card.get("base_model"))]
    for base in bases:
        for pattern, name in _BASES:
            if pattern.search(base):
                return name
    return bases[0].rpartition("/")[2] if bases else ""


def licence_of_card(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the licence's name and address as the card has them."""
    names = [line(name) for name in _list(card.get("license"))]
    if "other" in names and (own := line(card.get("license_name"))):
        names = [own]
    return tuple(filter(None, [*names, line(card.get("license_link"))]))


def is_for_adults(info: Mapping[str, Any]) -> bool:
    """Return whether a repository is marked as not for all audiences."""
    return "not-for-all-audiences" in _list(info.get("tags"))


def _list(value: object) -> list[Any]:
    return value[:200] if type(value) is list else [value] if type(value) is str else []


def pictures_of(info: Mapping[str, Any], readme: str, paths: Iterable[str], base: str) -> tuple[Image, ...]:
    """Return the pictures of a repository: its examples first, then what its page shows, then all others in it.

    Nothing rates them one by one: in a repository that is marked as not for all audiences each counts as X, else as PG.
    """
    level = X if is_for_adults(info) else PG
    card = mapping(info.get("cardData"))
    entries = [mapping(one) for key, holder in (("widgetData", info), ("widget", card)) for one in _list(holder.get(key))]
    found: dict[str, str] = {}
    for entry in entries:
        if url := _absolute(mapping(entry.get("output")).get("url"), base):
            found.setdefault(url, text(entry.get("text"), 8_000))
    for match in list(_SHOWN.finditer(readme[:200_000]))[:200]:
        if url := _absolute(match[1] or match[2], base):
            found.setdefault(url, "")
    for path in paths:
        if path.lower().endswith(_PICTURES + _VIDEOS):
            found.setdefault(f"{base}/{quote(path)}", "")
    shown = [(url, prompt) for url, prompt in found.items() if _path(url).endswith(_PICTURES + _VIDEOS)][:_MOST_PICTURES]
    return tuple(Image(url, level=level, is_video=_path(url).endswith(_VIDEOS), prompt=prompt) for url, prompt in shown)


def _path(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].lower()


def _absolute(told: object, base: str) -> str:
    url = told.strip() if type(told) is str and len(told) < 1_000 else ""
    if url.startswith(("https://", "http://")):
        return url if url.isprintable() else ""
    path = unquote(url.removeprefix("./").partition("?")[0])
    return f"{base}/{quote(path)}" if path and ":" not in path and _is_plain(path) else ""
