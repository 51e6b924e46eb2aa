"""Names of what is downloaded: sub-folders by a template, safe file names, and what `--to` means.

Called by proposals, the settings page, the command line, and by tidy for templates and names. Pure text; it never looks at a disk.
Whatever a site says, a name made here stays within its folder and is possible on every system.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from model_manager.core.errors import FolderFault
from model_manager.core.files.names import LONGEST, safe_name
from model_manager.core.library.kinds import KINDS, MODEL_EXTENSIONS, current_name, is_ignored_folder, kind_of, label_one
from model_manager.core.library.layouts import guess_kind
from model_manager.core.online.records import HUGGING_FACE, SAFE, SITE_NAMES, Offer, RemoteFile, Version
from model_manager.core.paths import name_key
from model_manager.core.words import tr

PLACES: Final = ("base_model", "author", "type", "name", "version", "tag", "adult", "site")
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_UNSEEN: Final = re.compile("[\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_LONGEST_PART: Final = 100  # bytes of one folder's name
_LONGEST_STEM: Final = LONGEST - 55  # room for ".safetensors", for what sidecars and partials have behind the stem, and for " (12)"
# The tags by which Civitai itself sorts models; they say more than what came first
_TELLING_TAGS: Final = tuple(
    "character,style,concept,clothing,poses,background,buildings,vehicle,objects,animal,action,tool,assets,celebrity,base model".split(",")
)
_ENDINGS: Final = {"SafeTensor": ".safetensors", "PickleTensor": ".pt", "GGUF": ".gguf", "ONNX": ".onnx"}
_FORMATS: Final = {"safetensors": "SafeTensor", "gguf": "GGUF", "onnx": "ONNX", "pickle": "PickleTensor", "pickle_legacy": "PickleTensor"}
_NAMELESS: Final = re.compile(
    r"(diffusion_pytorch_model|pytorch_model|pytorch_lora_weights|adapter_model|model|diffusion_model|unet|transformer|vae|lora|weights|checkpoint)"
    r"([._-](fp16|bf16|fp32|non_ema|ema))*",
    re.IGNORECASE,
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")


def safe_part(text: str, longest: int = _LONGEST_PART) -> str:
    """Return text as the name of one folder or file that every system takes, "" when nothing is left of it."""
    clean = " ".join(_UNSEEN.sub("", text.encode("utf-8", "replace").decode()).split())
    clean = safe_name(clean, "win32").strip(" .") if clean.strip(" .") else ""
    while len(os.fsencode(clean)) > longest:
        clean = clean[:-1]
    clean = clean.rstrip(" .")
    return f"_{clean}" if clean and is_ignored_folder(clean) else clean


def template_problem(template: str, places: Collection[str] = PLACES) -> str:
    """Return what is wrong with a template for sub-folders, a plain sentence; "" when nothing is. places: what may stand in brackets."""
    unknown = [name for name in _PLACE.findall(template) if name not in places]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in places)
        return tr("{name} is not known. These are: {known}.", name=f"{{{unknown[0]}}}", known=known)
    bare = _PLACE.sub("", template)
    if "{" in bare or "}" in bare:
        return tr("A bracket { or } has no partner.")
    return _path_problem(template)


def _path_problem(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    if ".." in [part.strip() for part in parts]:
        return tr("A sub-folder cannot lead out of its folder (..).")
    if (parts[0] == "" and len(parts) > 1) or _DRIVE.match(path):
        return tr("A sub-folder is written without a drive and without a slash before it.")
    return ""


def subfolder(template: str, offer: Offer, version: Version, kind: str) -> str:
    """Return the sub-folder for a model, as `filled` gives it. Raises FolderFault for a template that is not right."""
    return filled(template, _values(offer, version, kind))


def filled(template: str, values: Mapping[str, str], empty: str = "") -> str:
    """Return a sub-folder with the system's separator, "" for none. Raises FolderFault for a template that is not right.

    values: by place. A part of the path whose places are all empty is left out, unless `empty` is a word to put there; what values hold
    never makes a folder more.
    """
    if problem := template_problem(template, values):
        raise FolderFault(problem)
    found = []
    for part in template.replace("\\", "/").split("/"):
        names = _PLACE.findall(part)
        if not names or empty or any(values[name] for name in names):
            found.append(safe_part(_PLACE.sub(lambda match: values[match[1]] or empty, part)))
    return os.sep.join(filter(None, found))


def telling_tag(tags: Sequence[str]) -> str:
    """Return the tag that says most of what a model is, "" when it has none."""
    known = {tag.lower(): tag for tag in reversed(tags)}
    return next((known[tag] for tag in _TELLING_TAGS if tag in known), tags[0] if tags else "")


def _values(offer: Offer, version: Version, kind: str) -> dict[str, str]:
    is_adult = offer.is_adult or bool(version.level & ~SAFE and not version.level & SAFE)
    return {
        "base_model": version.base_model,
        "author": offer.author,
        "type": label_one(kind) if kind else offer.type,
        "name": offer.name,
        "version": version.name,
        "tag": telling_tag(offer.tags),
        "adult": tr("adult") if is_adult else "",
        "site": SITE_NAMES.get(offer.site, ""),
    }


def ending_of(file: RemoteFile) -> str:
    """Return the model's ending of a file as its name has it (".safetensors"), else the one of its format; "" where nothing tells."""
    ending = os.path.splitext(file.name)[1]
    return ending if ending.lower() in MODEL_EXTENSIONS else _ENDINGS.get(file.format, "")


def with_ending(file: RemoteFile, form: str) -> RemoteFile:
    """Return a model file with the format that its header tells (as Facts.format), where neither name nor site tells one."""
    return replace(file, format=_FORMATS.get(form, "")) if file.is_model and not ending_of(file) else file


def file_name(offer: Offer, version: Version, file: RemoteFile, wanted: str = "") -> str:
    """Return the bare name for a file: the site's, or `wanted`, made safe; the ending is always that of the model.

    A name that says nothing ("diffusion_pytorch_model") gets that of its repository, one that several files of the version share what
    they differ in.
    """
    ending = ending_of(file) if file.is_model else os.path.splitext(file.name)[1]
    stem = _without(wanted, ending) if wanted else _without(file.name, ending)
    if not wanted and file.is_model:
        if offer.site == HUGGING_FACE and _NAMELESS.fullmatch(stem):
            stem = _telling(offer, file, stem)
        twins = [one for one in version.files if one.is_model and one.id != file.id and name_key(one.name) == name_key(file.name)]
        if twins and (mark := _mark(file, twins)):
            stem = f"{stem} {mark}"
    safe = safe_part(stem, _LONGEST_STEM) or safe_part(offer.name, _LONGEST_STEM) or tr("model")
    return safe + (safe_part("x" + ending)[1:] if ending else "")


def _without(name: str, ending: str) -> str:
    """A name without the ending of a model; "v1.5" keeps its dot."""
    stem, own = os.path.splitext(name)
    return stem if own and (own.lower() == ending.lower() or own.lower() in MODEL_EXTENSIONS) else name


def _telling(offer: Offer, file: RemoteFile, stem: str) -> str:
    folder = file.below.rpartition("/")[2]
    marks = "".join(f".{mark}" for mark in re.findall(r"(?<=[._-])(?:fp16|bf16|fp32|non_ema)(?=$|[._-])", stem, re.IGNORECASE))
    return "_".join(filter(None, (offer.name, folder))) + marks


def _mark(file: RemoteFile, twins: Iterable[RemoteFile]) -> str:
    others = list(twins)
    for value in ("variant", "precision", "format", "type"):
        own = getattr(file, value)
        if own and all(getattr(one, value) != own for one in others):
            return str(own)
    return "" if file.is_primary else file.id.rpartition("/")[2]


def parse_target(text: str) -> tuple[str, str | None]:
    """Return (category, sub-folder) of "loras" or "loras/style/x"; None when no sub-folder was named. Raises FolderFault."""
    path = text.strip().replace("\\", "/")
    if problem := _path_problem(path):
        raise FolderFault(problem)
    name, slash, rest = path.partition("/")
    kind = (
        current_name(name) if current_name(name) in KINDS else next((one for one in KINDS if one.lower() == name.lower()), guess_kind(name))
    )
    if not kind or kind_of(kind).is_hidden:
        known = ", ".join(one.name for one in KINDS.values() if not one.is_hidden)
        raise FolderFault(tr("There is no type {name}. These are known: {known}.", name=name or '""', known=known))
    below = os.sep.join(filter(None, (safe_part(part) for part in rest.split("/"))))
    return kind, below if slash else None
