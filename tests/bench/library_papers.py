"""Sidecars of every dialect and header metadata for the benchmark library, all of one model saying the same.

Used by make_library.py. Only the odd ones (see library_traps.py) contradict each other.
"""

import json
import random
from dataclasses import dataclass
from typing import Final

SUFFIXES: Final = {
    "info": ".info",
    "civitai": ".civitai.info",
    "cm_info": ".cm-info.json",
    "lora_manager": ".metadata.json",
    "webui": ".json",
    "md": ".md",
    "text": ".txt",
    "description": ".description.txt",
}
FULL_NAME_INFO: Final = "full_info"  # <file name>.info
DIALECTS: Final = (*SUFFIXES, FULL_NAME_INFO)
WEIGHTS: Final = (26, 18, 14, 12, 10, 10, 6, 2, 2)
_KNOWS_WORDS: Final = frozenset(("info", "civitai", "cm_info", "lora_manager", "webui", FULL_NAME_INFO))
_KNOWS_BASE: Final = frozenset(("info", "civitai", "cm_info", "lora_manager", "md", FULL_NAME_INFO))
_KNOWS_TAGS: Final = frozenset(("cm_info", "lora_manager"))
_TEXT: Final = (
    "amber ash basil birch brook cedar chalk clay cloud cobalt copper coral dune ember fern flint fog frost glass grove "
    "harbour hazel heath indigo iris ivory jade lantern larch linen loam maple marble meadow mint mist moss north oak ochre "
    "opal orchard paper pearl pine plum quarry quartz raven reed ridge river rose rust sage salt sand shale silver slate sloe "
    "smoke snow stone storm straw tide timber umber velvet violet willow winter wren "
)
_WORDS: Final = _TEXT.split()
_SORTS: Final = (
    "style",
    "concept",
    "portrait",
    "landscape",
    "photo",
    "line art",
    "night",
    "studio",
    "texture",
    "animals",
    "architecture",
    "poster",
)


@dataclass(frozen=True, slots=True)
class Story:
    """What all sidecars of one model say."""

    title: str
    author: str
    version: str
    base: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    number: int
    kind: str


def make_story(rng: random.Random, bases: tuple[str, ...], kind: str) -> Story:
    """Return an invented story; base is one of `bases`, "" when there are none."""
    pair = rng.sample(_WORDS, 2)
    words = tuple(f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}" for _ in range(rng.randrange(1, 4)))
    tags = tuple(rng.sample(_SORTS, rng.randrange(1, 5)))
    return Story(
        " ".join(pair).title(),
        rng.choice(_WORDS) + rng.choice(("notes", "lab", "works", "house")),
        f"v{rng.randrange(1, 9)}",
        rng.choice(bases) if bases else "",
        tuple(dict.fromkeys(words)),
        tags,
        2_000_000_000 + rng.randrange(900_000_000),
        kind,
    )


def choose_dialects(rng: random.Random, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dialects of one model: none for 45 of 100, one or two for most, all of them for one of a hundred."""
    roll = rng.random()
    if not allowed or roll < 0.45:
        return ()
    if roll > 0.99:
        return allowed
    weights = [WEIGHTS[DIALECTS.index(dialect)] for dialect in allowed]
    return tuple(dict.fromkeys(rng.choices(allowed, weights, k=1 if roll < 0.84 else 2)))


def sidecar_bytes(dialect: str, story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> tuple[str, bytes]:
    """Return (file name, content) of one sidecar."""
    name = f"{stem}{suffix}.info" if dialect == FULL_NAME_INFO else stem + SUFFIXES[dialect]
    return name, _TEXTS[dialect](story, stem, suffix, size, modified, folder).encode()


def told(dialects: tuple[str, ...], story: Story) -> dict[str, object]:
    """Return what the manifest says of words, tags and base model; None: not compared, as no dialect states it plainly."""
    there = set(dialects)
    return {
        "trigger_words": list(story.words) if there & _KNOWS_WORDS else None,
        "tags": list(story.tags) if there & _KNOWS_TAGS else None,
        "base_model": [story.base] if story.base and there & _KNOWS_BASE else None,
    }


def header_metadata(rng: random.Random, story: Story, name: str, rank: int) -> dict[str, str]:
    """Return `__metadata__` as trainers write it, or next to nothing."""
    roll = rng.random()
    serial = f"{rng.getrandbits(64):016x}"
    if roll < 0.25 or not rank:
        return {"format": "pt", "serial": serial}
    counts = {f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}": rng.randrange(1, 200) for _ in range(rng.randrange(5, 40))}
    return {
        "ss_output_name": name,
        "ss_session_id": serial,
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(rank),
        "ss_network_alpha": f"{rank / 2}",
        "ss_num_train_images": str(rng.randrange(10, 900)),
        "ss_epoch": str(rng.randrange(1, 20)),
        "ss_steps": str(rng.randrange(200, 9000)),
        "ss_learning_rate": "0.0001",
        "ss_optimizer": "AdamW8bit",
        "ss_tag_frequency": json.dumps({f"10_{name}": counts}),
        "ss_bucket_info": json.dumps({"buckets": {str(index): {"resolution": [768 + index * 64, 1024], "count": 4} for index in range(8)}}),
    }


def _version(story: Story, stem: str, suffix: str, size: int) -> dict[str, object]:
    kind = {"loras": "LORA", "checkpoints": "Checkpoint", "embeddings": "TextualInversion"}.get(story.kind, "Other")
    return {
        "id": story.number + 1,
        "modelId": story.number,
        "name": story.version,
        "trainedWords": list(story.words),
        "baseModel": story.base,
        "description": f"<p>{story.title} by <b>{story.author}</b></p>",
        "model": {"name": story.title, "type": kind, "nsfw": False, "poi": False},
        "files": [{"id": story.number + 2, "name": stem + suffix, "sizeKB": size / 1024, "type": "Model", "hashes": {}, "primary": True}],
        "images": [],
    }


def _info(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    return json.dumps(_version(story, stem, suffix, size) | {"author": story.author}, indent=2, ensure_ascii=False)


def _civitai(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    return json.dumps(_version(story, stem, suffix, size), indent=4)


def _cm_info(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    return json.dumps(
        {
            "ModelId": story.number,
            "ModelName": story.title,
            "ModelDescription": "<p>text</p>",
            "Nsfw": False,
            "Tags": list(story.tags),
            "ModelType": "LORA",
            "VersionId": story.number + 1,
            "VersionName": story.version,
            "BaseModel": story.base,
            "AuthorUsername": story.author,
            "Hashes": {},
            "ImportedAt": "2025-05-04T10:00:00+00:00",
            "TrainedWords": list(story.words),
            "Source": 0,
        },
        ensure_ascii=False,
    )


def _lora_manager(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    return json.dumps(
        {
            "file_name": stem,
            "model_name": story.title,
            "file_path": f"{folder}/{stem}{suffix}",
            "size": size,
            "modified": modified,
            "sha256": "",
            "base_model": story.base or "Unknown",
            "preview_url": "",
            "from_civitai": True,
            "tags": list(story.tags),
            "usage_tips": "{}",
            "civitai": _version(story, stem, suffix, size),
            "hash_status": "pending",
        },
        indent=2,
        ensure_ascii=False,
    )


def _webui(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    text = {"description": story.title, "activation text": ", ".join(story.words), "preferred weight": 0.8, "notes": "a note"}
    return json.dumps(text, indent=4, ensure_ascii=False)


def _md(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    base = f"baseModel: {story.base}\n" if story.base else ""
    return f"---\nauthor: {story.author}\n{base}website: Civitai\n---\n\n# {story.title}\n\nSome *notes* on {stem}.\n"


def _text(story: Story, stem: str, suffix: str, size: int, modified: float, folder: str) -> str:
    return f"{story.title}, plain words.\n"


_TEXTS: Final = {
    "info": _info,
    FULL_NAME_INFO: _info,
    "civitai": _civitai,
    "cm_info": _cm_info,
    "lora_manager": _lora_manager,
    "webui": _webui,
    "md": _md,
    "text": _text,
    "description": _text,
}
