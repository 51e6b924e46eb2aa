"""Makes a small graph of ComfyUI's loader nodes out of models: who loads what, what is linked, and where each node stands.

Called by the bridge for copy and drag. It only thinks: no disk, no server, and it never changes what is open in ComfyUI.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from model_manager.core.comfyui.encoders import encoder_of, order_of, type_together
from model_manager.core.comfyui.loaders import CLIP, LORA_ONLY, MODEL, Loader, encoders_loader, kind_for_loader, loader_of
from model_manager.core.library.kinds import current_name, label
from model_manager.core.words import tr

Value = str | float
_TITLE_BAR, _GAP_X, _GAP_Y, _ROWS = 30, 60, 40, 8
_SOURCES: Final = frozenset({"checkpoints", "diffusers", "diffusion_models", "unet_gguf"})
_ENCODER_KINDS: Final = frozenset({"text_encoders", "clip_gguf"})


@dataclass(frozen=True, slots=True)
class NodeModel:
    """One model as a loader node needs it.

    kind: ComfyUI's category. name: below its root, with this computer's separator. title: for people, never on the node (a node's
    title would stay when another file is chosen in it). strength, clip_strength: preferred ones of a LoRA, None = ComfyUI's 1.0.
    architecture, base: as in Facts and Details; they choose the type of a text encoder's loader.
    """

    kind: str
    name: str
    title: str = ""
    strength: float | None = None
    clip_strength: float | None = None
    architecture: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a graph; values are those of its widgets in order, pos and size in the page's pixels."""

    id: int
    loader: Loader
    values: tuple[Value, ...]
    pos: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """A wire from an output slot of one node (by id) to an input slot of another."""

    origin: int
    origin_slot: int
    target: int
    target_slot: int
    type: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What arrives in ComfyUI at once; empty when no model has a loader."""

    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def packs(self) -> tuple[str, ...]:
        """Custom nodes that must be installed: without its pack ComfyUI skips a node and says nothing."""
        return tuple(dict.fromkeys(node.loader.pack for node in self.nodes if node.loader.pack))


def spelled(name: str, separator: str, here: str = os.sep) -> str:
    """Return a name below its root as a server lists it; separator: that server's, `here`: the one in `name`."""
    if here == "\\":
        name = name.replace("/", "\\")
    return name.replace(here, separator)


def graph(models: Iterable[NodeModel], separator: str = os.sep) -> Graph:
    """Return the nodes for models: what belongs together is linked, nothing overlaps; models without a loader are left out.

    LoRAs follow each other behind the model they are for. separator: the server's, `\\` on Windows.
    """
    return _Builder([model for model in models if loader_of(model.kind, model.name)], separator).graph()


def embedding_text(models: Iterable[NodeModel]) -> str:
    """Return what to write in a prompt for the embeddings among these models, "" when there are none.

    Source: Comfy-Org/ComfyUI:comfy/sd1_clip.py (load_embed tries .safetensors first; brackets are weights unless escaped).
    """
    usable = (model for model in models if _is_embedding(model) and not _fault(model))
    return ", ".join("embedding:" + _in_prompt(model.name) for model in usable)


def without_loader(models: Iterable[NodeModel]) -> list[tuple[NodeModel, str]]:
    """Return the models that can neither be a node nor be named in a prompt, each with a plain sentence why."""
    faults = ((model, _fault(model)) for model in models)
    return [(model, fault) for model, fault in faults if fault]


def _fault(model: NodeModel) -> str:
    if _is_embedding(model):
        return tr("ComfyUI cannot find an embedding whose name has a space in it. Rename it first.") if re.search(r"\s", model.name) else ""
    if loader_of(model.kind, model.name):
        return ""
    ending = os.path.splitext(model.name)[1].lower()
    if loader_of(model.kind, "x.safetensors"):
        return tr("ComfyUI's loader for {kind} does not list {ending} files.", kind=label(model.kind), ending=ending)
    return tr("ComfyUI has no loader node for {kind}.", kind=label(model.kind))


def _is_embedding(model: NodeModel) -> bool:
    return current_name(model.kind) == "embeddings"


def _in_prompt(name: str) -> str:
    stem, ending = os.path.splitext(spelled(name, "/"))
    return re.sub(r"([()])", r"\\\1", stem if ending == ".safetensors" else stem + ending)


@dataclass(slots=True)
class _Builder:
    """Puts nodes into rows: each source with its chain of LoRAs is one, all others fill the rows below."""

    models: Sequence[NodeModel]
    separator: str
    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def graph(self) -> Graph:
        sources, loras, encoders, others = self._sorted()
        family = next((model.architecture or model.base for model in sources if model.kind not in ("checkpoints", "diffusers")), "")
        lanes = [[self._add(model)] for model in sources]
        clips = self._encoders(encoders, family)
        rest = [*clips, *map(self._add, others)]
        for lora in loras:
            self._chain(lora, _lane(lora, sources), lanes, clips)
        columns = -(-len(rest) // _ROWS) or 1
        self._place(lanes + [rest[start : start + columns] for start in range(0, len(rest), columns)])
        return Graph(tuple(self.nodes), tuple(self.links))

    def _sorted(self) -> tuple[list[NodeModel], list[NodeModel], list[NodeModel], list[NodeModel]]:
        groups: tuple[list[NodeModel], ...] = ([], [], [], [])
        for model in self.models:
            kind = kind_for_loader(model.kind, model.name)
            groups[0 if kind in _SOURCES else 1 if kind == "loras" else 2 if kind in _ENCODER_KINDS else 3].append(model)
        sources, loras, encoders, others = groups
        return sources, loras, encoders, others

    def _add(self, model: NodeModel) -> int:
        """Add the node of one model by the table and return its place."""
        loader = loader_of(model.kind, model.name)
        assert loader is not None
        return self._put(loader, [self._spelled(model, loader), *loader.extra])

    def _put(self, loader: Loader, values: Iterable[Value]) -> int:
        self.nodes.append(Node(len(self.nodes) + 1, loader, tuple(values)))
        return len(self.nodes) - 1

    def _spelled(self, model: NodeModel, loader: Loader) -> str:
        return loader.prefix + spelled(model.name, self.separator)

    def _encoders(self, models: Sequence[NodeModel], family: str) -> list[int]:
        """One loader for all encoders when they belong together, else one for each."""
        words = [encoder_of(model.architecture, model.name) for model in models]
        order = order_of(words)
        together = type_together([words[place] for place in order], family) if len(models) > 1 else None
        if together is not None:
            return [self._encoder([models[place] for place in order], together)]
        return [self._encoder([model], type_together([word], family) or "") for model, word in zip(models, words, strict=True)]

    def _encoder(self, models: Sequence[NodeModel], clip_type: str) -> int:
        is_gguf = any(kind_for_loader(model.kind, model.name) == "clip_gguf" for model in models)
        loader = encoders_loader(len(models), clip_type, is_gguf)
        return self._put(loader, [*(self._spelled(model, loader) for model in models), *loader.extra])

    def _chain(self, model: NodeModel, lane: int, lanes: list[list[int]], clips: Sequence[int]) -> None:
        """Put a LoRA behind the last node of a lane; without a source the LoRAs are a lane of their own."""
        if not lanes:
            lanes.append([])
        before = self.nodes[lanes[lane][-1]] if lanes[lane] else None
        clip = before if before is None or CLIP in before.loader.outputs else self.nodes[clips[0]] if clips and lane == 0 else None
        is_alone = before is None
        loader = loader_of("loras", "") if clip or is_alone else LORA_ONLY
        assert loader is not None
        strength = 1.0 if model.strength is None else model.strength
        strengths = [strength, strength if model.clip_strength is None else model.clip_strength]
        place = self._put(loader, [self._spelled(model, loader), *strengths[: len(loader.extra)]])
        for slot, origin in enumerate((before, clip)):
            if origin is not None:
                self._link(origin, place, slot)
        lanes[lane].append(place)

    def _link(self, origin: Node, target: int, slot: int) -> None:
        type_ = (MODEL, CLIP)[slot]
        self.links.append(Link(origin.id, origin.loader.outputs.index(type_), self.nodes[target].id, slot, type_))

    def _place(self, rows: Sequence[Sequence[int]]) -> None:
        y = 0
        for row in rows:
            x = 0
            for place in row:
                self.nodes[place] = replace(self.nodes[place], pos=(x, y))
                x += self.nodes[place].loader.size[0] + _GAP_X
            y += max((self.nodes[place].loader.size[1] for place in row), default=0) + _TITLE_BAR + _GAP_Y


def _lane(lora: NodeModel, sources: Sequence[NodeModel]) -> int:
    """The source a LoRA goes to: of a pair for high and low noise (Wan 2.2) its own half, else the first."""
    noise = _noise(lora.name)
    return next((place for place, source in enumerate(sources) if noise and _noise(source.name) == noise), 0)


def _noise(name: str) -> str:
    found = set(re.findall(r"(?<![a-z])(high|low)(?![a-z])|(?<![a-z])(high|low)_?noise", os.path.basename(name).lower()))
    words = {word for pair in found for word in pair if word}
    return words.pop() if len(words) == 1 else ""
