"""What a fetch writes into `<stem>.info`, the seed's sidecar: Civitai's version object with extras, and the same extras for other sites.

Called by writing. What a person wrote on the top level goes into the object `user`, which is believed first; `user` itself, notes, rating
and favourite are never told here (ChrisFab16/ComfyUI-Model-Manager:comfyui_manager/download.py).
"""

from collections.abc import Callable, Mapping
from typing import Any

from model_manager.core.online.records import Image, RemoteFile
from model_manager.core.sidecars.fetched import Fetched, cut, public
from model_manager.core.sidecars.info import CIVITAI_KEYS
from model_manager.core.sidecars.keeping import Kept, is_empty, keep, mark
from model_manager.core.sidecars.own_object import USER_KEY
from model_manager.core.sidecars.suffixes import stem_of

# what people write on the top level -> its name in `user`
_WORDS = {
    "description": "description",
    "trigger_words": "trigger_words",
    "trainedWords": "trigger_words",
    "tags": "tags",
    "license": "license",
    "base_model": "base_model",
    "baseModel": "base_model",
    "author": "author",
    "version": "version",
    "name": "name",
}
REQUIRED = ("name", "description", "model", "files")  # the seed's own test asks for them


def info_told(fetched: Fetched, sha256: str) -> dict[str, Any]:
    """Return the values of `.info`: the version object first, then the extras."""
    offer, version = fetched.offer, fetched.version
    told = fetched.civitai_version() if fetched.is_civitai else _as_version(fetched, sha256)
    told["description"] = told.get("description") or fetched.about
    told.setdefault("files", [])
    return told | {
        "author": offer.author,
        "website": fetched.website,
        "modelPage": fetched.page,
        "trigger_words": fetched.words,
        "base_model": version.base_model,
        "model_type": offer.type,
        "tags": list(offer.tags),
        "license": " ".join(offer.licence),
        "hashes": fetched.hashes(sha256),
        "source": fetched.website,
        "source_url": fetched.page if fetched.is_civitai or not fetched.file else public(fetched.file.url),
    }


def _as_version(fetched: Fetched, sha256: str) -> dict[str, Any]:
    """Return what another site told in the shape of a version object; without ids, which would be taken for Civitai's."""
    offer, version, file = fetched.offer, fetched.version, fetched.file
    return {
        "name": version.name or (version.id if fetched.website else "") or offer.name,  # of a plain address the id is the address
        "publishedAt": version.published,
        "description": cut(version.description),
        "model": {"name": offer.name, "type": offer.type, "nsfw": offer.is_adult, "poi": False, "tags": list(offer.tags)},
        "files": [_as_file(file, fetched.hashes(sha256))] if file else [],
        "images": [_as_image(one) for one in version.images],
    }


def _as_image(image: Image) -> dict[str, Any]:
    sort = "video" if image.is_video else "image"
    return {"url": public(image.url), "nsfwLevel": image.level, "width": image.width, "height": image.height, "type": sort}


def _as_file(file: RemoteFile, hashes: dict[str, str]) -> dict[str, Any]:
    metadata = {"fp": file.precision, "size": file.variant, "format": file.format}
    return {
        "name": file.name,
        "sizeKB": file.size / 1024,
        "type": "Model",
        "metadata": {key: value for key, value in metadata.items() if value},
        "hashes": hashes,
        "primary": True,
        "downloadUrl": public(file.url),
    }


def info_kept(
    before: Mapping[str, Any], fetched: Fetched, sha256: str, model_name: str, marks: Mapping[str, str], is_other: bool
) -> tuple[Kept, dict[str, Any]]:
    """Return what to change in `.info`, and what goes into `user`: values people wrote where the fetch says something else."""
    told = info_told(fetched, sha256)
    known = dict(marks) | _said(before, fetched, model_name)
    kept = keep(before, told, known, _WORDS, is_other)
    for key in REQUIRED:
        if key not in before and key not in kept.changes:
            kept.changes[key] = told.get(key) or {"files": [], "model": {}}.get(key, "")
            kept.marks[key] = mark(kept.changes[key])
    return kept, _moved(before, told, kept)


def _moved(before: Mapping[str, Any], told: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """Return new entries for `user`; what finds no room there stays where it is, and the fetched value is left out."""
    user = before.get(USER_KEY) or {}
    moved: dict[str, Any] = {}
    for key, old in kept.theirs.items():
        goal = "version" if key == "name" and not CIVITAI_KEYS.isdisjoint(before) else _WORDS[key]
        taken = moved.get(goal, user.get(goal) if isinstance(user, dict) else old)
        if not isinstance(user, dict) or not (taken is None or taken == old):
            continue  # what is there and empty says "none", and stays
        if is_empty(user.get(goal)):
            moved[goal] = old
        kept.changes[key] = told[key]
        kept.marks[key] = mark(told[key])
    return moved


def _said(before: Mapping[str, Any], fetched: Fetched, model_name: str) -> dict[str, str]:
    """Return marks of values that are the site's own, though we did not write them: those of any version, and the file's name."""
    offer = fetched.offer
    versions = (fetched.version, *offer.versions)
    texts = {offer.description, fetched.about, *(version.description for version in versions)}
    names = {offer.name, model_name, stem_of(model_name), *(version.name for version in versions)}
    bases = {version.base_model for version in versions}
    words = [sorted(group.strip(" ,") for group in version.trigger_words) for version in versions]
    said: dict[str, Callable[[Any], bool]] = {
        "description": lambda value: isinstance(value, str) and value.strip() in {text.strip() for text in texts},
        "name": lambda value: isinstance(value, str) and value in names,
        "version": lambda value: isinstance(value, str) and value in names,
        "base_model": lambda value: isinstance(value, str) and value in bases,
        "trigger_words": lambda value: isinstance(value, list) and sorted(str(group).strip(" ,") for group in value) in words,
    }
    said |= {"baseModel": said["base_model"], "trainedWords": said["trigger_words"]}
    return {key: mark(before[key]) for key, is_said in said.items() if key in before and is_said(before[key])}
