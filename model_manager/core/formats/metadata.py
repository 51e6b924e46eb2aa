"""Turns contents of a container into `Facts`: reads modelspec.*, ss_* and ssmd_* beside what the tensors tell.

Called by read.py. It must stay cheap for thousands of files: long JSON in strings is decoded only where it is shown and only when it
is short enough. Keys: Stability-AI/ModelSpec:README.md, kohya-ss/sd-scripts:library/train_util.py.
"""

import json
import re
from collections.abc import Mapping
from operator import itemgetter
from typing import Final

from model_manager.core.formats.contents import Contents, Traits
from model_manager.core.formats.trained import base_from_metadata, finer_base
from model_manager.core.library.entry import Facts

MOST_TAGS: Final = 50
_LONGEST_JSON: Final = 256 << 10
_LONGEST_TEXT: Final = 20_000
_LONGEST_TAG: Final = 200
_CHANGING: Final = ("loras", "embeddings", "hypernetworks")
_ABSENT: Final = ("none", "null", "undefined", "nan")
_TITLE: Final = ("modelspec.title", "ssmd_display_name", "general.name")
_AUTHOR: Final = ("modelspec.author", "ssmd_author", "general.author")
_DESCRIPTION: Final = ("modelspec.description", "ssmd_description", "ss_training_comment", "general.description")
_TRIGGER: Final = ("modelspec.trigger_phrase", "ssmd_keywords")
_USAGE: Final = ("modelspec.usage_hint",)
_LICENSE: Final = ("modelspec.license", "general.license")
_TRAINED_ON: Final = ("ss_sd_model_name",)
_DIM: Final = ("ss_network_dim",)
_ALPHA: Final = ("ss_network_alpha",)
_WORDS: Final = frozenset((*_TITLE, *_AUTHOR, *_DESCRIPTION, *_TRIGGER, *_USAGE, *_LICENSE, *_TRAINED_ON))
# All keys that are looked at; most files have none of them, or no words.
_TELLING: Final = _WORDS | frozenset(
    (
        *("modelspec.architecture", "modelspec.resolution", "modelspec.merged_from", "modelspec.tags", "modelspec.thumbnail"),
        *("ss_base_model_version", "ss_network_module", "ss_network_dim", "ss_network_alpha", "ss_resolution", "ss_tag_frequency"),
        *("ss_v2", "ssmd_tags", "ssmd_cover_images"),
    )
)
_SIZE: Final = re.compile(r"(\d{2,5})\D{1,4}(\d{2,5})")


def facts_of(contents: Contents) -> Facts:
    """Return the facts of a file from what its container holds."""
    traits, metadata = contents.traits, contents.metadata
    if _TELLING.isdisjoint(metadata):
        return _bare(contents, traits)
    architecture, base_model = _base(traits, metadata)
    words: Mapping[str, str] = metadata if not _WORDS.isdisjoint(metadata) else {}
    return Facts(
        format=contents.format,
        kind=traits.kind,
        architecture=architecture,
        base_model=base_model,
        precision=traits.precision,
        parameters=traits.parameters,
        verdict=contents.verdict,
        reason=contents.reason,
        title=_text(words, _TITLE),
        author=_text(words, _AUTHOR),
        description=_text(words, _DESCRIPTION),
        resolution=_resolution(metadata),
        trigger_phrase=_text(words, _TRIGGER),
        usage_hint=_text(words, _USAGE),
        license=_text(words, _LICENSE),
        adapter=traits.adapter,
        rank=_rank(traits, metadata),
        alpha=_alpha(traits, metadata),
        trained_on=_text(words, _TRAINED_ON),
        tags=_tags(metadata),
        covers=_covers(metadata),
    )


def _bare(contents: Contents, traits: Traits) -> Facts:
    return Facts(
        contents.format,
        traits.kind,
        traits.architecture,
        traits.base_model,
        traits.precision,
        traits.parameters,
        contents.verdict,
        contents.reason,
        adapter=traits.adapter,
        rank=traits.rank,
        alpha=_alpha(traits, {}),
    )


def clean(text: str) -> str:
    """Return text that can be stored and shown: no lone surrogates, no zero bytes, ends trimmed, of bearable length."""
    text = text[:_LONGEST_TEXT].strip()
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _text(metadata: Mapping[str, str], keys: tuple[str, ...]) -> str:
    for key in keys if metadata else ():
        text = metadata.get(key)
        if text and text.lower() not in _ABSENT:
            return clean(text)
    return ""


def _base(traits: Traits, metadata: Mapping[str, str]) -> tuple[str, str]:
    """Trust shapes over words for whole models; for what only changes a model the words win, unless the shapes are finer."""
    told = base_from_metadata(metadata)
    architecture, base = traits.architecture, traits.base_model
    if told and (not architecture or traits.kind in _CHANGING) and not (told[1] and base.startswith(told[1])):
        architecture, base = told
    elif told and not base:
        base = told[1]
    return architecture, finer_base(base, metadata)


def _resolution(metadata: Mapping[str, str]) -> str:
    text = metadata.get("modelspec.resolution") or metadata.get("ss_resolution") or ""
    found = _SIZE.search(text)
    return f"{found[1]}x{found[2]}" if found else ""


def _rank(traits: Traits, metadata: Mapping[str, str]) -> str:
    told = _text(metadata, _DIM)
    return told[:12] if told and traits.kind == "loras" else traits.rank


def _alpha(traits: Traits, metadata: Mapping[str, str]) -> str:
    told = _text(metadata, _ALPHA)
    if told:
        return told[:12].removesuffix(".0")
    return traits.rank if traits.adapter and not traits.has_alpha else ""


def _tags(metadata: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Return the most frequent tags over all datasets; modelspec.tags, without counts, when there are none."""
    text = metadata.get("ss_tag_frequency", "")
    counts: dict[str, int] = {}
    for dataset in _datasets(text) if 2 < len(text) <= _LONGEST_JSON else ():
        if not counts:
            counts = dataset
        else:
            for tag, count in dataset.items():
                counts[tag] = counts.get(tag, 0) + count
    if not counts:
        words = metadata.get("modelspec.tags") or metadata.get("ssmd_tags") or ""
        return tuple((clean(word), 0) for word in words[:_LONGEST_TEXT].split(",") if word.strip())[:MOST_TAGS] if words else ()
    most = sorted(counts.items(), key=itemgetter(1), reverse=True)[:MOST_TAGS]
    if text.isascii() and "\\u" not in text:
        names = [tag for tag, _ in most]
        if names == list(map(str.strip, names)) and max(map(len, names)) <= _LONGEST_TAG:
            return tuple(most)
        return tuple([(tag.strip()[:_LONGEST_TAG], count) for tag, count in most])
    return tuple([(clean(tag)[:_LONGEST_TAG], count) for tag, count in most])


def _datasets(text: str) -> list[dict[str, int]]:
    """Return tag -> count of every dataset, without entries that are no count."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    datasets = [tags for tags in found.values() if isinstance(tags, dict)] if isinstance(found, dict) else []
    return [
        tags if set(map(type, tags.values())) <= {int} else {tag: count for tag, count in tags.items() if type(count) is int}
        for tags in datasets
    ]


def _covers(metadata: Mapping[str, str]) -> int:
    """Count embedded pictures without decoding them: base64 holds no quotes, so every picture has two."""
    count = metadata["ssmd_cover_images"].count('"') // 2 if "ssmd_cover_images" in metadata else 0
    return count + metadata.get("modelspec.thumbnail", "").startswith("data:")
