"""Numbers, dates and sources in words, for the tabs of the details panel.

Pure functions over records; must never touch widgets, disk or the clock on its own (the time is an argument).
"""

import math
import time
from collections.abc import Mapping

from model_manager.core.library.entry import Details, ModelRecord
from model_manager.core.words import tr, trn

_STEPS = ((31_557_600, "{count} year ago", "{count} years ago"), (2_629_800, "{count} month ago", "{count} months ago"),
          (604_800, "{count} week ago", "{count} weeks ago"), (86_400, "{count} day ago", "{count} days ago"),
          (3_600, "{count} hour ago", "{count} hours ago"), (60, "{count} minute ago", "{count} minutes ago"))  # fmt: skip
_HASHES = {"sha256": "SHA-256", "autov1": "AutoV1", "autov2": "AutoV2", "autov3": "AutoV3", "blake3": "BLAKE3", "crc32": "CRC32"}
_FORMATS = {
    "safetensors": "safetensors", "gguf": "GGUF", "pickle": "PyTorch (pickle)", "pickle_legacy": "PyTorch (old pickle)",
    "torchscript": "TorchScript", "onnx": "ONNX", "tar": "tar",
}  # fmt: skip


def parameters_text(count: int) -> str:
    """Number of parameters as people say it: 860 M, 2.6 B."""
    for limit, unit in ((999_500_000_000, "T"), (999_500_000, "B"), (999_500, "M"), (1_000, "k")):
        step = {"T": 10**12, "B": 10**9, "M": 10**6, "k": 10**3}[unit]
        if count >= limit:
            value = count / step
            return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    return str(count)


def ago(moment: float, now: float) -> str:
    """How long ago `moment` was (both seconds since 1970): "just now", "3 days ago"; "" when unknown."""
    if moment <= 0 or not math.isfinite(moment):
        return ""
    passed = now - moment
    for step, one, many in _STEPS:
        if passed >= step:
            return trn(one, many, int(passed // step))
    return tr("just now") if passed > -60 else date_text(moment)


def date_text(moment: float) -> str:
    """The local date and time of `moment`, "" when it is none that a clock can show."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment)) if moment > 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""


def hash_label(algorithm: str) -> str:
    """The usual spelling of a hash's name."""
    return _HASHES.get(algorithm, algorithm.upper())


def format_label(name: str) -> str:
    """The usual spelling of a file format."""
    return _FORMATS.get(name, name)


def comfy_name(record: ModelRecord) -> str:
    """The name that ComfyUI shows for the model: its first place that is listed and not shadowed, else its file name."""
    best = [place.name for place in record.places if place.listed and not place.shadowed]
    return (best or [place.name for place in record.places] or [file_name(record.path)])[0]


def file_name(path: str) -> str:
    """The last part of `path`, whichever separator it uses."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def folder_text(record: ModelRecord) -> str:
    """The model's folder as category and sub-folders: "checkpoints / xl"."""
    if not record.places:
        return record.kind
    place = record.places[0]
    return " / ".join([place.kind, *place.name.replace("\\", "/").split("/")[:-1]])


def short_source(source: str, path: str) -> str:
    """A source without the model's own stem: "x.civitai.info" beside x.safetensors is "civitai.info"."""
    stem = file_name(path).rpartition(".")[0]
    return source[len(stem) + 1 :] if stem and source.startswith(stem + ".") else source


def from_text(source: str) -> str:
    """The tooltip that tells where a fact came from, "" when nobody said."""
    return tr("From {source}", source=_named(source)) if source else ""


def _named(source: str) -> str:
    return {"header": tr("the header of the file"), "file name": tr("the file name")}.get(source, source)


_FIELDS = {
    "name": "Name", "version": "Version", "author": "Author", "base_model": "Base model", "description": "Description",
    "notes": "Notes", "trigger_words": "Trigger words", "negative_words": "Negative words", "tags": "Tags", "recommended": "Recommended",
    "links": "Links", "hashes": "Hashes", "model_id": "Model number", "version_id": "Version number", "favourite": "Favourite",
    "rating": "Rating", "adult": "Adult content", "license": "Licence", "collections": "Collections", "category": "Category",
    "group": "Group", "colour": "Colour", "adult_level": "Adult level", "kind": "Type", "strength": "Strength", "link": "Source link",
}  # fmt: skip


def field_label(name: str) -> str:
    """The visible name of a field of `Details`; hashes.sha256 and the like are named by their last part."""
    head, _, rest = name.partition(".")
    if head == "hashes" and rest:
        return hash_label(rest)
    return tr(_FIELDS[name]) if name in _FIELDS else name.replace("_", " ")


def fields_by_source(sources: Mapping[str, str]) -> list[tuple[str, str]]:
    """(source, the fields it gave, in words), the one that gave most first."""
    gathered: dict[str, list[str]] = {}
    for name, source in sources.items():
        if source:
            gathered.setdefault(source, []).append(field_label(name))
    ordered = sorted(gathered.items(), key=lambda pair: -len(pair[1]))
    return [(source, ", ".join(names)) for source, names in ordered]


def subtitle(details: Details, base: str, kind_label: str) -> str:
    """The line under the name: "by author · base · kind", leaving out what is not known."""
    author = tr("by {author}", author=details.author) if details.author else ""
    return " · ".join(part for part in (author, base, kind_label) if part)
