"""All that the sidecars and the header of one model say, as one record in which every field knows where it came from.

Called by the scanner for each model and by the details panel. It never raises and never writes: a sidecar that cannot be read
becomes a problem of this model, and the rest is read on.
"""

import os
import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from model_manager.core.errors import BadSidecar
from model_manager.core.library.entry import Details, Facts, Family, Problem
from model_manager.core.sidecars import civitai_info, cm_info, front_matter, info, lora_manager, webui
from model_manager.core.sidecars.layer import BODY, HEADER, OWN, TEXT, Layer, Pairs, Ranked, page_ids, storable, text
from model_manager.core.sidecars.own_key import KEY as OWN_KEY
from model_manager.core.sidecars.reading import JSON_LIMIT, TEXT_LIMIT, parse_object, plain_text, read_bytes, unreadable
from model_manager.core.sidecars.record import Marks, record_of, without_ours
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, CM_INFO, DESCRIPTION, INFO, LORA_MANAGER, NOTES, WEBUI, stem_of
from model_manager.core.sidecars.suffixes import TEXT as TEXT_SUFFIX
from model_manager.core.words import tr

_JSON: dict[str, Callable[[dict[str, Any], str], list[Ranked]]] = {
    INFO: info.layers,
    WEBUI: webui.layers,
    LORA_MANAGER: lora_manager.layers,
    CM_INFO: cm_info.layers,
    CIVITAI_INFO: civitai_info.layers,
}
_PLAIN = (NOTES, TEXT_SUFFIX, DESCRIPTION)
_HTML = re.compile(
    r"</?(?:p|br|a|h[1-6]|ul|ol|li|strong|em|img|div|span|b|i|u|code|pre|hr|blockquote|table)\b[^<>]{0,2000}>", re.IGNORECASE
)
_HEADER = "header"
_FILE_NAME = "file name"
_BESIDE = frozenset(("recommended", "links", "hashes", "ids", "is_html", "own"))
_FIELDS = {"strength": "recommended", "link": "links"}

_Heard = tuple[int, str, Layer]  # rank, source, what it says


def read_details(folder: str, model_name: str, family: Family, facts: Facts) -> Details:
    """Return what is known of one model, from its sidecars and its header.

    Believed in this order: the person's edits in `.info`; the person's fields of `.json`, `.metadata.json`, `.cm-info.json`; `.info`;
    `.civitai.info`; Civitai's object in `.metadata.json`; `.cm-info.json`; front matter of `.md`; plain texts; header; file name.
    Notes are the body of the `.md` first of all. Sidecars that cannot be read are in `problems` (code bad_sidecar).
    """
    is_worded = facts.title or facts.author or facts.description or facts.license or facts.trigger_phrase or facts.usage_hint
    if not family.sidecars and not is_worded:
        return _bare(model_name, facts)
    heard, problems = _all_heard(folder, model_name, family, facts)
    return _details(_Merge(heard), model_name, facts, problems)


def read_both(folder: str, model_name: str, family: Family, facts: Facts) -> tuple[Details, Details]:
    """Return what is known of one model, and what would be without the values the person set here (`user` in `.info`, the notes)."""
    heard, problems = _all_heard(folder, model_name, family, facts)
    others = [one for one in heard if one[0] not in (BODY, OWN)]
    return tuple(_details(_Merge(told), model_name, facts, problems) for told in (heard, others))  # type: ignore[return-value]


def _all_heard(folder: str, model_name: str, family: Family, facts: Facts) -> tuple[list[_Heard], tuple[Problem, ...]]:
    """Return all layers in the order in which they are believed, and what could not be read."""
    heard: list[_Heard] = []
    problems: list[Problem] = []
    marks: Marks = {}
    if family.sidecars:
        top, length = folder if folder.endswith(os.sep) else folder + os.sep, len(stem_of(model_name))
        for name in family.sidecars:
            _hear(top + name, name, name[length:], model_name, heard, problems, marks)
    if layer := _header(facts):
        heard.append((HEADER, _HEADER, layer))
    if len(heard) > 1:
        heard.sort(key=itemgetter(0))
    return heard, tuple(problems)


def _bare(model_name: str, facts: Facts) -> Details:
    """Return the record of a model without sidecars whose header has no words for people; this is most of a fresh library."""
    sources = {"name": _FILE_NAME}
    if facts.kind:
        sources["kind"] = _HEADER
    if facts.base_model:
        sources["base_model"] = _HEADER
    return Details(storable(stem_of(model_name)), "", "", facts.kind, facts.base_model, sources=sources)


def _hear(path: str, name: str, suffix: str, model_name: str, heard: list[_Heard], problems: list[Problem], marks: Marks) -> None:
    shown = storable(name)
    try:
        layers = _layers(path, shown, suffix if suffix in _JSON or suffix in _PLAIN else suffix.lower(), model_name, problems, marks)
    except BadSidecar as fault:
        problems.append(Problem("bad_sidecar", fault.text))
    except FileNotFoundError as error:
        if os.path.lexists(path):  # else it went away since the folder was listed
            problems.append(Problem("bad_sidecar", unreadable(shown, error)))
    except (OSError, ValueError) as error:
        problems.append(Problem("bad_sidecar", unreadable(shown, error)))
    else:
        heard += [(rank, shown, layer) for rank, layer in layers]


def _layers(path: str, name: str, suffix: str, model_name: str, problems: list[Problem], marks: Marks) -> list[Ranked]:
    """Return what one sidecar says; `<file name>.info` is what is left when no suffix fits.

    marks: from `.info`, which is read first: of the values a fetch put into the web UI's file, where they would pass for the person's.
    """
    if suffix not in _PLAIN:
        data = parse_object(name, read_bytes(path, JSON_LIMIT), suffix == CIVITAI_INFO)
        if suffix == INFO and OWN_KEY in data:
            marks |= record_of(data).marks.get(WEBUI, {})
        elif suffix == WEBUI and marks:
            data = without_ours(data, marks)
        return _JSON.get(suffix, info.layers)(data, model_name)
    found, _ = plain_text(name, read_bytes(path, TEXT_LIMIT))
    if suffix == NOTES:
        return front_matter.layers(name, found, problems)
    return [Ranked(TEXT, {"description": text(front_matter.unix_lines(found).lstrip("\ufeff")), "is_html": False})]


def _header(facts: Facts) -> Layer:
    """Return what the model file says of itself; formats made it, so it is clean."""
    layer: Layer = {}
    if facts.kind:
        layer["kind"] = facts.kind
    if facts.base_model:
        layer["base_model"] = facts.base_model
    if facts.title or facts.author or facts.description or facts.license:
        layer |= {"name": facts.title, "author": facts.author, "description": facts.description, "license": facts.license}
    if facts.trigger_phrase:
        layer["trigger_words"] = (facts.trigger_phrase,)
    if facts.usage_hint:
        layer["recommended"] = ((tr("Usage hint"), facts.usage_hint),)
    return layer


class _Merge:
    """Layers put on top of each other: the first to say something is believed, lists of settings and links are joined."""

    __slots__ = ("hashes", "ids", "links", "own", "plain", "recommended", "sources")

    def __init__(self, heard: list[_Heard]) -> None:
        self.plain: dict[str, Any] = {}
        self.sources: dict[str, str] = {}
        self.recommended: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.hashes: dict[str, str] = {}
        self.ids = (0, 0)
        self.own: tuple[str, ...] = ()
        for _, source, layer in heard:
            self._add(source, layer)

    def _add(self, source: str, layer: Layer) -> None:
        plain, sources = self.plain, self.sources
        for name, value in layer.items():
            if (value or value is False) and name not in sources:
                if name in _BESIDE:
                    continue
                plain[name] = value
                sources[name] = source
                if name == "description":
                    plain["is_html"] = layer.get("is_html", True) and _HTML.search(layer["description"]) is not None
        if settings := layer.get("recommended"):
            self._join("recommended", source, self.recommended, dict(settings))
        if pages := layer.get("links"):
            self._join("links", source, self.links, {url: label for label, url in pages})
        if (hashes := layer.get("hashes")) and (not self.hashes or _agree(self.hashes, hashes)):
            self._join("hashes", source, self.hashes, hashes)
        if ids := layer.get("ids"):
            self._take_ids(source, ids)
        if own := layer.get("own"):
            self._take_own(source, own)

    def _take_own(self, source: str, own: tuple[str, ...]) -> None:
        """What the person set to nothing is settled by that."""
        self.own += tuple([name for name in own if name not in self.own])
        for name in own:
            self.sources.setdefault(_FIELDS.get(name, name), source)

    def _join(self, field: str, source: str, known: dict[str, str], new: dict[str, str]) -> None:
        before = len(known)
        for name, value in new.items():
            known.setdefault(name, value)
        if len(known) > before:
            told = self.sources.get(field, source)
            self.sources[field] = told if told.endswith(source) else f"{told}, {source}"

    def _take_ids(self, source: str, ids: tuple[int, int]) -> None:
        """Take model and version together; a later source may only fill in the one that is missing."""
        old = self.ids
        if 0 in old and old != ids and old[0] in (0, ids[0]) and old[1] in (0, ids[1]):
            self.ids = ids
            self.sources["model_id"] = self.sources["version_id"] = source


def _agree(known: dict[str, str], new: dict[str, str]) -> bool:
    """Return whether two sets of hashes can be of one file; sidecars may speak of another version's."""
    return all(known.get(name, value) == value for name, value in new.items())


def _details(merge: _Merge, model_name: str, facts: Facts, problems: tuple[Problem, ...]) -> Details:
    plain, sources = merge.plain, merge.sources
    get = plain.get
    if "name" not in plain:
        plain["name"] = storable(stem_of(model_name))
        sources["name"] = _FILE_NAME
    if facts.kind == "diffusion_models" and get("kind") == "checkpoints":  # Civitai calls both Checkpoint; the tensors tell
        plain["kind"] = facts.kind
        sources["kind"] = _HEADER
    model_id, version_id, links = _pages(merge) if merge.links or any(merge.ids) else (0, 0, ())
    return Details(
        plain["name"],
        get("version", ""),
        get("author", ""),
        get("kind", ""),
        get("base_model", ""),
        get("description", ""),
        get("is_html", False),
        get("notes", ""),
        get("trigger_words", ()),
        get("negative_words", ""),
        get("tags", ()),
        tuple(merge.recommended.items()),
        links,
        merge.hashes,
        model_id,
        version_id,
        get("favourite", False),
        get("rating", 0),
        get("adult", False),
        get("license", ""),
        sources,
        problems,
        get("collections", ()),
        get("category", ""),
        get("group", ""),
        get("colour", ""),
        get("adult_level", 0),
        merge.own,
    )


def _pages(merge: _Merge) -> tuple[int, int, Pairs]:
    """Return the ids on Civitai and all pages, the one of exactly this version first; other spellings of it are left out."""
    found = tuple([(label, url) for url, label in merge.links.items()])
    model_id, version_id = merge.ids
    if not model_id and not version_id:
        model_id, version_id = page_ids(found)
        if model_id or version_id:
            merge.sources["model_id"] = merge.sources["version_id"] = merge.sources["links"]
    if not model_id and not version_id:
        return 0, 0, found
    others = tuple([pair for pair in found if pair[0] != "Civitai" or page_ids((pair,))[0] not in (0, model_id)])
    merge.sources.setdefault("links", merge.sources["model_id"])
    page = ("Civitai", civitai_page(model_id, version_id))
    mine = found[0] if "link" in merge.own else page  # what the person gave stands first
    return model_id, version_id, tuple(dict.fromkeys((mine, page, *others)))


def civitai_page(model_id: int, version_id: int) -> str:
    """Return the address of a model's page on Civitai, at one version if that is known; one of the ids may be 0."""
    if not model_id:
        return f"https://civitai.com/model-versions/{version_id}"
    return f"https://civitai.com/models/{model_id}" + (f"?modelVersionId={version_id}" if version_id else "")
