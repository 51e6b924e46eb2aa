"""Which models a picture's prompt, workflow or parameters name, in one spelling to compare by.

Called by usage. The texts come from strangers: too large or too deep ones name nothing, and nothing here raises.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from model_manager.core.library.kinds import MODEL_EXTENSIONS

Name = tuple[str, str]  # category ("" when the place it stands at does not tell), key (with TAG when it tells no folder)
TAG = ":"  # before the key of what A1111 and its tags name: never with the folder it lies in

TEXT_MAX = 2 * 1024 * 1024
MOST_NAMES = 200
LONGEST_NAME = 1024
_MOST_NODES = 20_000
_DEEPEST = 4
_OFF = (2, 4)  # modes of a node in a workflow that is muted or bypassed

# input -> category, where it is the same for all classes (Comfy-Org/ComfyUI:nodes.py, comfy_extras/nodes_*.py)
_INPUTS = {
    "ckpt_name": "checkpoints",
    "lora_name": "loras",
    "lora": "loras",
    "vae_name": "vae",
    "unet_name": "diffusion_models",
    "control_net_name": "controlnet",
    "style_model_name": "style_models",
    "gligen_name": "gligen",
    "hypernetwork_name": "hypernetworks",
    "audio_encoder_name": "audio_encoders",
    "ipadapter_file": "ipadapter",
}
_CLIP = re.compile(r"clip_name\d?\Z")
_EMBEDDING = re.compile(r"\bembedding:([^\s,:()\[\]{}<>]{1,200})", re.IGNORECASE)
_LORA = re.compile(r"<lora:([^:<>\n]{1,300}):\s*(-?[\d.]*)", re.IGNORECASE)
_PARAMETER = re.compile(r'(?:^|, |\n)(Model|VAE|Lora hashes|TI hashes): ("(?:[^"\\]|\\.){0,8000}"|[^,\n]{1,500})')
_PLAIN_TEXTS = ("CLIPTextEncode",)  # here a <lora:...> is only words


def key_of(name: str) -> str:
    """Return a model's relative name as all spell it: `/`, folded case, no extension."""
    text = name.replace("\\", "/").strip().strip("/").casefold()
    dot = text.rfind(".")
    return text[:dot] if dot > 0 and text[dot:] in MODEL_EXTENSIONS else text


def names_in(texts: dict[str, str]) -> frozenset[Name]:
    """Return the models named in the texts of one picture; the prompt, which is what ran, is believed before the workflow."""
    found: set[Name] = set()
    for name, read in (("prompt", _prompt), ("workflow", _workflow)):
        data = _json(texts.get(name, ""))
        if isinstance(data, dict) and data:
            _take(found, read(data))
            break
    _take(found, _parameters(texts.get("parameters", "")))
    return frozenset(found)


def _take(found: set[Name], names: Iterator[Name]) -> None:
    for kind, name in names:
        if len(found) >= MOST_NAMES:
            return
        if 0 < len(name) <= LONGEST_NAME:
            found.add((kind, TAG + key_of(name[1:]) if name.startswith(TAG) else key_of(name)))


def _json(text: str) -> Any:
    if not text or len(text) > TEXT_MAX:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _prompt(data: dict[str, Any]) -> Iterator[Name]:
    for _, node in zip(range(_MOST_NODES), data.values(), strict=False):
        inputs = node.get("inputs") if isinstance(node, dict) else None
        if isinstance(inputs, dict) and not _is_idle(inputs):
            has_loras = not str(node.get("class_type")).startswith(_PLAIN_TEXTS)
            for name, value in inputs.items():
                yield from _values(str(node.get("class_type")), name, value, has_loras, 0)


def _is_idle(inputs: dict[str, Any]) -> bool:
    """Say whether a LoRA is loaded with no strength at all."""
    strengths = [inputs[name] for name in ("strength_model", "strength_clip", "strength") if name in inputs]
    return bool(strengths) and all(value == 0 and not isinstance(value, bool) for value in strengths)


def _values(node: str, name: str, value: Any, has_loras: bool, depth: int) -> Iterator[Name]:
    if isinstance(value, str):
        if value.lower().endswith(_ENDINGS) and "\n" not in value:
            yield _kind(node, name), value
            return
        yield from (("embeddings", found) for found in _EMBEDDING.findall(value[:TEXT_MAX]))
        if has_loras:
            yield from _loras(value)
    elif isinstance(value, dict) and depth < _DEEPEST and value.get("on") is not False and value.get("active") is not False:
        for inner, one in value.items():
            yield from _values(node, inner, one, has_loras, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for one in value[:1000]:
            yield from _values(node, name, one, has_loras, depth + 1)


_ENDINGS = tuple(MODEL_EXTENSIONS)


def _kind(node: str, name: str) -> str:
    if _CLIP.match(name):
        return "clip_vision" if "vision" in node.lower() else "text_encoders"
    return _INPUTS.get(name, "upscale_models" if (node, name) == ("UpscaleModelLoader", "model_name") else "")


def _loras(text: str) -> Iterator[Name]:
    for name, weight in _LORA.findall(text[:TEXT_MAX]):
        if weight.strip("-.0") or not weight:
            yield "loras", TAG + name


def _workflow(data: dict[str, Any]) -> Iterator[Name]:
    definitions = data.get("definitions")
    graphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for graph in (data, *(graphs[:200] if isinstance(graphs, list) else ())):
        nodes = graph.get("nodes") if isinstance(graph, dict) else None
        for node in nodes[:_MOST_NODES] if isinstance(nodes, list) else ():
            if isinstance(node, dict) and node.get("mode") not in _OFF:
                values = node.get("widgets_values")
                yield from _values(str(node.get("type")), "", values, False, 0)


def _parameters(text: str) -> Iterator[Name]:
    """Yield what A1111's text names (AUTOMATIC1111/stable-diffusion-webui:modules/infotext_utils.py)."""
    text = text[:TEXT_MAX]
    yield from _loras(text)
    for label, value in _PARAMETER.findall(text):
        value = value.strip('"')
        if label == "Model":
            yield "", TAG + value  # a checkpoint, or a diffusion model in Forge
        elif label == "VAE":
            yield "vae", TAG + value
        else:
            kind = "loras" if label.startswith("Lora") else "embeddings"
            yield from ((kind, TAG + part.partition(":")[0].strip()) for part in value.split(",")[:MOST_NAMES])
