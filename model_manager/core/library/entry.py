"""The records that travel between the rooms: frozen, plain, no behaviour beyond small questions.

Made in core, carried by signals, shown by ui. They never hold open files, widgets or rows of a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs the person's attention, with what to do.

    code: one of truncated, zero_filled, not_a_model, bad_header, trailing_data, wrong_extension, wrong_folder, unreadable,
    bad_sidecar. text: a plain sentence.
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model file says of itself; made by formats, kept in the index by (size, mtime).

    format: safetensors, gguf, pickle, pickle_legacy, torchscript, onnx, tar, or "" when unknown (judged by content).
    kind: the ComfyUI category its tensors belong to (checkpoints, loras ...), "" when they do not tell.
    architecture: words for people ("SDXL", "Flux.1 dev", "Wan 2.2 14B T2V", "T5-XXL"); base_model: Civitai's spelling
    ("SDXL 1.0", "Flux.1 D") or "". precision: "fp16", "bf16", "fp8_e4m3fn", "Q4_K" ... parameters: elements of all tensors.
    verdict/reason: health at once and offline ("ok" or a Problem code) and its plain sentence.
    tags: (tag, count) pairs, most frequent first, at most 50. covers: number of pictures embedded in the header.
    """

    format: str = ""
    kind: str = ""
    architecture: str = ""
    base_model: str = ""
    precision: str = ""
    parameters: int = 0
    verdict: str = "ok"
    reason: str = ""
    title: str = ""
    author: str = ""
    description: str = ""
    resolution: str = ""
    trigger_phrase: str = ""
    usage_hint: str = ""
    license: str = ""
    adapter: str = ""
    rank: str = ""
    alpha: str = ""
    trained_on: str = ""
    tags: tuple[tuple[str, int], ...] = ()
    covers: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """The files beside one model that belong to it, as bare names in its folder.

    sidecars in reading order of their dialects; previews best first (stills, then videos).
    """

    sidecars: tuple[str, ...] = ()
    previews: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Details:
    """What all sidecars and the header of one model say, merged by the precedence of the dialects.

    sources: field name -> where it came from (a sidecar's file name, "header" or "file name").
    description: HTML or Markdown as found (description_is_html tells). notes: the person's own Markdown (body of the .md).
    trigger_words: one entry per group of words, as trained. recommended: (label, value) pairs ("Sampler", "DPM++ 2M").
    links: (label, url). hashes: lower-case algorithm -> hex. problems: sidecars that could not be read.
    collections, category, group: the person's own order; colour: a name of COLOURS. adult_level: Civitai's highest bit, 0 unknown.
    own: names of the fields (as FieldValue has them) that the person set in this program and may give back.
    """

    name: str = ""
    version: str = ""
    author: str = ""
    kind: str = ""
    base_model: str = ""
    description: str = ""
    description_is_html: bool = False
    notes: str = ""
    trigger_words: tuple[str, ...] = ()
    negative_words: str = ""
    tags: tuple[str, ...] = ()
    recommended: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    model_id: int = 0
    version_id: int = 0
    favourite: bool = False
    rating: int = 0
    adult: bool = False
    license: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    collections: tuple[str, ...] = ()
    category: str = ""
    group: str = ""
    colour: str = ""
    adult_level: int = 0
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field that can be edited. shown, fetched: a text, a tuple of texts, a bool or a whole number, as the field is.

    field: name, version, base_model, kind, trigger_words, tags, strength, link, adult, favourite, rating, collections, category,
    group, colour or notes. source: what says it (a sidecar's file name, "header", "file name", "" for nobody). is_own: the person
    set it here; without that `fetched` would be shown, which `fetched_source` says.
    """

    field: str
    shown: object
    source: str = ""
    fetched: object = ""
    fetched_source: str = ""
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One way to reach a model: a category, its root as configured, and the path below it.

    name: relative to the root with the system's separator, as ComfyUI spells it. listed: ComfyUI's own list shows it.
    shadowed: an earlier root of the category has the same name, so ComfyUI takes that one.
    """

    kind: str
    root: str
    path: str
    name: str
    listed: bool = True
    shadowed: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """One picture of a model. sort: still, animated, video or embedded. For embedded, index counts within the header."""

    path: str
    sort: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of one category, as configured. source: what named it ("ComfyUI", "extra_model_paths.yaml: a111", "own")."""

    kind: str
    path: str
    source: str


@dataclass(frozen=True, slots=True)
class FolderReport:
    """The state of one root.

    state: fine, missing, not_needed, not_readable, not_writable, link_broken, link_loop, away, empty, not_seen_by_comfyui.
    reason: what is the matter and what to do, a plain sentence ("" when fine).
    """

    kind: str
    path: str
    source: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """All that is known of one model, for the details panel and the command line."""

    id: int
    name: str
    path: str
    kind: str
    size: int
    modified: float
    added: float
    is_away: bool
    facts: Facts
    details: Details
    places: tuple[Place, ...] = ()
    previews: tuple[Preview, ...] = ()
    sidecars: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
