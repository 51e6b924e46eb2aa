"""Reads addresses of Civitai's pages, its API and its pictures, and AIR names.

Called by links. Which forms there are: civitai/civitai:src/pages (models, model-versions, images, api/download), src/shared/utils/air.ts.
"""

import re
from typing import Final

from model_manager.core.online.link_pieces import Address
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, Link
from model_manager.core.words import tr

HOSTS: Final = frozenset(f"{front}civitai.{end}" for front in ("", "www.", "m.") for end in ("com", "red", "green"))
PICTURE_HOSTS: Final = frozenset(("image.civitai.com", "imagecache.civitai.com", "image-b2.civitai.com"))
_ID: Final = re.compile(r"0*([1-9][0-9]{0,14})(?![0-9])(?:[^\x00-\x7f].*)?", re.DOTALL)  # words without blanks between may follow
_LEADING: Final = re.compile(r"[0-9]{1,15}(?![0-9])")
# id[@version][:layer][+file][.format]
_PAIR: Final = re.compile(r"([0-9]{1,15})(?:@([0-9]{1,15}))?(?::[^+@:\s]*)?(?:\+([0-9]{1,15}))?(?:\.[a-z][a-z0-9_-]{0,30})?", re.IGNORECASE)
_AIR: Final = re.compile(r"(urn:)?(air:)?((?:[^:\s/]{1,40}:){0,2})([a-z][a-z0-9_-]{1,30}):([^:\s][^\s]*)", re.IGNORECASE)
_FORMAT: Final = re.compile(r"\.(safetensors?|pickletensor|ckpt|pt|pth|bin|gguf|onnx|diffusers?|other)$", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")
_PAGES: Final = frozenset(
    "models model-versions images posts user users articles bounties collections api login tag search videos tools events".split()
)


def number(text: str) -> int:
    """Return an id written as digits, 0 for anything else."""
    match = _ID.fullmatch(text)
    return int(match[1]) if match else 0


def civitai_link(text: str, address: Address) -> Link:
    """Return what a page or API address of Civitai names; a link with a problem where that is nothing to download."""
    parts = address.parts
    if parts and _LANGUAGE.fullmatch(parts[0]) and len(parts) > 1 and parts[1] in _PAGES:
        parts = parts[1:]
    query = address.query
    if parts[:2] == ("api", "v1"):
        parts = parts[2:]
    if parts[:1] == ("images",):
        return _image(text, parts[1] if len(parts) > 1 else query.get("imageid", ""))
    if parts[:3] == ("api", "download", "models") and len(parts) > 3:
        return _checked(text, 0, number(parts[3]), number(query.get("fileid", "")))
    if parts[:1] == ("model-versions",) and len(parts) > 1:
        place = 2 if parts[1] == "mini" and len(parts) > 2 else 1
        return _checked(text, 0, number(parts[place]), number(query.get("fileid", "")))
    if parts[:1] == ("models",) and len(parts) > 1:
        told = _LEADING.match(query.get("modelversionid", ""))
        version = number(told[0]) if told else 0
        if not version and len(parts) > 3 and parts[2] == "model-versions":
            version = number(parts[3])
        return _checked(text, number(parts[1]), version, number(query.get("fileid", "")))
    return Link(text, CIVITAI, problem=_why_not(parts))


def _checked(text: str, model: int, version: int, file: int) -> Link:
    if not model and not version:
        return Link(text, CIVITAI, problem=tr("This Civitai link has no model number in it. Copy the address of the model's page."))
    return Link(text, CIVITAI, model_id=model, version_id=version, file_id=file)


def _image(text: str, id: str) -> Link:
    if found := number(id):
        return Link(text, CIVITAI, image_id=found)
    return Link(text, CIVITAI, problem=tr("This Civitai link has no picture number in it. Copy the address of the model's page."))


def _why_not(parts: tuple[str, ...]) -> str:
    first = parts[0] if parts else ""
    if first == "posts":
        return tr("A post on Civitai may show many models. Open one of its pictures or the model's page, and copy that address.")
    if first in ("user", "users"):
        return tr("This is the page of a person on Civitai. Open one of their models, and copy that address.")
    if first in ("models", "search", "tag", "collections"):
        return tr("This is a list on Civitai, not one model. Open the model's page, and copy that address.")
    if parts[:3] == ("api", "download", "training-data"):
        return tr("This leads to training data, not to a model. Copy the address of the model's page.")
    return tr("This page of Civitai is not a model. Copy the address of the model's page.")


def picture_link(text: str, address: Address) -> Link:
    """Return the picture an address of Civitai's picture host shows: its id is the last part of the path, without its ending."""
    return _image(text, address.parts[-1].partition(".")[0] if address.parts else "")


def numbers_link(text: str) -> Link | None:
    """Return the model of "12345" or "12345@678", None for anything else."""
    match = _PAIR.fullmatch(text)
    if not match or ":" in text or "." in text:
        return None
    model, version, file = (number(part or "") for part in match.groups())
    return Link(text, CIVITAI, model_id=model, version_id=version, file_id=file) if model else None


def air_link(text: str) -> Link | None:
    """Return what an AIR names (`urn:air:sdxl:lora:civitai:1@2`), tolerant of what is left out; None for anything else."""
    match = _AIR.fullmatch(text)
    if not match or match[5].startswith("//"):
        return None
    source, rest = match[4].lower(), match[5]
    if source == CIVITAI:
        pair = _PAIR.fullmatch(rest)
        ids = [number(part or "") for part in pair.groups()] if pair else [0, 0, 0]
        if ids[0]:
            return Link(text, CIVITAI, model_id=ids[0], version_id=ids[1], file_id=ids[2])
        return Link(text, CIVITAI, problem=tr("This AIR has no model number in it."))
    if source == "huggingface":
        return _hub_air(text, rest)
    if match[1] or match[2]:
        return Link(text, problem=tr("This AIR names a source that this program does not know: {source}.", source=match[4]))
    return None


def _hub_air(text: str, rest: str) -> Link:
    name, _, revision = _FORMAT.sub("", rest).partition("@") if rest.count("/") < 2 or "@" in rest else rest.partition("@")
    parts = name.partition("+")[0].split("/")
    if len(parts) < 2 or not all(parts) or ".." in parts:
        return Link(text, HUGGING_FACE, problem=tr("This AIR has no repository in it."))
    path = "/".join(parts[2:])
    revision = revision.partition("+")[0].partition(":")[0]
    return Link(text, HUGGING_FACE, repo="/".join(parts[:2]), revision=revision, path=path, is_folder=not path)
