"""Makes a NodeModel of what the library knows of a model: the name ComfyUI lists it by, and the preferred strength of a LoRA.

Called by the bridge. It never touches the disk.
"""

import os
import re
from collections.abc import Iterable
from typing import Final

from model_manager.core.comfyui.loaders import loader_of
from model_manager.core.comfyui.nodes import NodeModel
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.places import by_listing
from model_manager.core.words import tr

_STRONGEST: Final = 10.0  # a larger figure is a slip, not a strength
_FIGURE: Final = re.compile(r"(?<![\d.,])-?\d*[.,]?\d+")


def of_record(record: ModelRecord) -> NodeModel:
    """Return the model of a record, by the first of its places that a loader node takes."""
    ordered = by_listing(record.places)
    place = next((place for place in ordered if loader_of(place.kind, place.name)), ordered[0] if ordered else None)
    kind, name = (place.kind, place.name) if place else (record.kind, os.path.basename(record.path))
    strength, clip_strength = strengths(record.details.recommended) if kind == "loras" else (None, None)
    base = record.details.base_model or record.facts.base_model
    return NodeModel(kind, name, record.name, strength, clip_strength, record.facts.architecture, base)


def strengths(recommended: Iterable[tuple[str, str]]) -> tuple[float | None, float | None]:
    """Return the strengths for model and CLIP that the sidecars recommend, None where they say nothing; a range gives its middle.

    The labels are those of sidecars/lora_manager.py and webui.py; the index may hold them in another language than today's.
    """
    said = dict(recommended)
    weight = said.get(tr("Weight"), said.get("Weight", "")) or said.get(tr("Weight range"), said.get("Weight range", ""))
    return _figure(weight), _figure(said.get(tr("CLIP weight"), said.get("CLIP weight", "")))


def _figure(text: str) -> float | None:
    figures = [float(figure.replace(",", ".")) for figure in _FIGURE.findall(text)[:2]]
    if not figures:
        return None
    middle = round(sum(figures) / len(figures), 2)
    return middle if abs(middle) <= _STRONGEST else None
