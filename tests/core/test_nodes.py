"""Loader nodes of our models: classes, names, links, places, and the exact forms that ComfyUI's page takes."""

import base64
import json
from typing import Any

import pytest

from model_manager.core.comfyui.loaders import LOADERS
from model_manager.core.comfyui.node_models import of_record, strengths
from model_manager.core.comfyui.nodes import Graph, NodeModel, embedding_text, graph, spelled, without_loader
from model_manager.core.comfyui.payloads import clipboard_html, data_url, template_json
from model_manager.core.library.entry import Details, Facts, ModelRecord, Place

BASE = NodeModel("checkpoints", "base.safetensors")
FLUX = NodeModel("diffusion_models", "flux1-dev.safetensors", architecture="Flux.1 dev")
CLIP_L, CLIP_G = NodeModel("text_encoders", "l", architecture="CLIP-L"), NodeModel("text_encoders", "g", architecture="CLIP-G")
T5, LLAMA = NodeModel("text_encoders", "t5", architecture="T5-XXL"), NodeModel("text_encoders", "llama", architecture="Llama 3 8B")
QWEN = NodeModel("text_encoders", "q", architecture="Qwen2.5-VL 7B")
VAE = NodeModel("vae", "ae.safetensors")


def lora(name: str, strength: float | None = None) -> NodeModel:
    return NodeModel("loras", name, strength=strength)


def shown(made: Graph) -> list[tuple[Any, ...]]:
    return [(node.loader.type, *node.values) for node in made.nodes]


def wires(made: Graph) -> list[tuple[str, str, str]]:
    """(first value of the origin, type, first value of the target), after a check of the slots."""
    nodes = {node.id: node for node in made.nodes}
    for link in made.links:
        assert nodes[link.origin].loader.outputs[link.origin_slot] == link.type
        assert nodes[link.target].loader.inputs[link.target_slot] == link.type
    return [(str(nodes[link.origin].values[0]), link.type, str(nodes[link.target].values[0])) for link in made.links]


# kind -> class and widgets, as ComfyUI's /object_info orders them
@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("checkpoints", "x.safetensors", ("CheckpointLoaderSimple", "x.safetensors")),
        ("loras", "x.safetensors", ("LoraLoader", "x.safetensors", 1.0, 1.0)),
        ("vae", "x.safetensors", ("VAELoader", "x.safetensors")),
        ("diffusion_models", "x.safetensors", ("UNETLoader", "x.safetensors", "default")),
        ("unet", "x.safetensors", ("UNETLoader", "x.safetensors", "default")),
        ("diffusion_models", "x.GGUF", ("UnetLoaderGGUF", "x.GGUF")),
        ("unet", "x.gguf", ("UnetLoaderGGUF", "x.gguf")),
        ("unet_gguf", "x.gguf", ("UnetLoaderGGUF", "x.gguf")),
        ("text_encoders", "x.safetensors", ("CLIPLoader", "x.safetensors", "stable_diffusion", "default")),
        ("clip", "x.safetensors", ("CLIPLoader", "x.safetensors", "stable_diffusion", "default")),
        ("clip", "umt5-xxl.gguf", ("CLIPLoaderGGUF", "umt5-xxl.gguf", "wan")),
        ("clip_gguf", "x.gguf", ("CLIPLoaderGGUF", "x.gguf", "stable_diffusion")),
        ("clip_vision", "x.safetensors", ("CLIPVisionLoader", "x.safetensors")),
        ("controlnet", "x.safetensors", ("ControlNetLoader", "x.safetensors")),
        ("upscale_models", "x.pth", ("UpscaleModelLoader", "x.pth")),
        ("style_models", "x.safetensors", ("StyleModelLoader", "x.safetensors")),
        ("gligen", "x.safetensors", ("GLIGENLoader", "x.safetensors")),
        ("hypernetworks", "x.pt", ("HypernetworkLoader", "x.pt", 1.0)),
        ("photomaker", "x.bin", ("PhotoMakerLoader", "x.bin")),
        ("model_patches", "x.safetensors", ("ModelPatchLoader", "x.safetensors")),
        ("audio_encoders", "x.safetensors", ("AudioEncoderLoader", "x.safetensors")),
        ("diffusers", "folder", ("DiffusersLoader", "folder")),
        ("latent_upscale_models", "x.safetensors", ("LatentUpscaleModelLoader", "x.safetensors")),
        ("background_removal", "x.safetensors", ("LoadBackgroundRemovalModel", "x.safetensors")),
        ("frame_interpolation", "x.safetensors", ("FrameInterpolationModelLoader", "x.safetensors")),
        ("geometry_estimation", "x.safetensors", ("LoadMoGeModel", "x.safetensors")),
        ("optical_flow", "x.safetensors", ("OpticalFlowLoader", "x.safetensors")),
        ("ultralytics_bbox", "face.pt", ("UltralyticsDetectorProvider", "bbox/face.pt")),
    ],
)
def test_each_kind_has_its_loader(kind: str, name: str, expected: tuple[Any, ...]) -> None:
    made = graph([NodeModel(kind, name)], "/")
    assert shown(made) == [expected]
    assert made.links == ()
    assert without_loader([NodeModel(kind, name)]) == []


@pytest.mark.parametrize("kind", LOADERS)
def test_a_name_is_the_first_widget_and_its_node_has_outputs(kind: str) -> None:
    node = graph([NodeModel(kind, "sub/x.safetensors")], "/").nodes[0]
    assert str(node.values[0]).endswith("sub/x.safetensors")
    assert node.loader.outputs and len(node.values) == 1 + len(node.loader.extra)


@pytest.mark.parametrize("kind", ["vae_approx", "classifiers", "configs", "LLM", "made_up_by_a_node"])
def test_kinds_without_a_loader_are_said(kind: str) -> None:
    model = NodeModel(kind, "x.safetensors")
    assert graph([model, BASE]).nodes == graph([BASE]).nodes
    ((left, reason),) = without_loader([BASE, model])
    assert left is model and "no loader node" in reason


def test_a_file_that_the_loader_does_not_list_is_said() -> None:
    model = NodeModel("checkpoints", "x.gguf")
    assert graph([model]).nodes == ()
    assert without_loader([model])[0][1] == "ComfyUI's loader for Checkpoints does not list .gguf files."


def test_nodes_of_packs_are_said() -> None:
    assert graph([BASE]).packs == ()
    assert graph([BASE, NodeModel("unet", "a.gguf"), NodeModel("clip", "b.gguf"), NodeModel("sams", "c.pth")]).packs == (
        "ComfyUI-GGUF", "ComfyUI-Impact-Pack",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "separator", "here", "expected"),
    [
        ("sub/a [v1].safetensors", "/", "/", "sub/a [v1].safetensors"),
        ("sub/deep/模型.safetensors", "\\", "/", "sub\\deep\\模型.safetensors"),
        ("sub\\a.safetensors", "/", "\\", "sub/a.safetensors"),
        ("sub/x\\a.safetensors", "\\", "\\", "sub\\x\\a.safetensors"),
        ("odd\\name.safetensors", "/", "/", "odd\\name.safetensors"),  # a backslash in a name is a letter on Linux
    ],
)
def test_names_are_spelled_as_the_server_does(name: str, separator: str, here: str, expected: str) -> None:
    assert spelled(name, separator, here) == expected


def test_loras_follow_each_other_behind_the_checkpoint() -> None:
    made = graph([lora("a", 0.8), BASE, NodeModel("loras", "b", strength=0.5, clip_strength=0.0)])
    assert shown(made) == [("CheckpointLoaderSimple", "base.safetensors"), ("LoraLoader", "a", 0.8, 0.8), ("LoraLoader", "b", 0.5, 0.0)]
    assert wires(made) == [
        ("base.safetensors", "MODEL", "a"), ("base.safetensors", "CLIP", "a"), ("a", "MODEL", "b"), ("a", "CLIP", "b"),
    ]  # fmt: skip


def test_loras_alone_are_linked_to_each_other() -> None:
    assert wires(graph([lora("a"), lora("b")])) == [("a", "MODEL", "b"), ("a", "CLIP", "b")]


def test_a_diffusion_model_with_encoders_and_vae_is_one_group() -> None:
    made = graph([VAE, T5, lora("a"), FLUX, CLIP_L, lora("b")])
    assert ("DualCLIPLoader", "l", "t5", "flux", "default") in shown(made)
    assert [row[0] for row in shown(made)] == ["UNETLoader", "DualCLIPLoader", "VAELoader", "LoraLoader", "LoraLoader"]
    assert wires(made) == [("flux1-dev.safetensors", "MODEL", "a"), ("l", "CLIP", "a"), ("a", "MODEL", "b"), ("a", "CLIP", "b")]


def test_without_encoders_a_lora_changes_the_model_only() -> None:
    made = graph([FLUX, lora("a", 0.7), lora("b")])
    assert shown(made)[1:] == [("LoraLoaderModelOnly", "a", 0.7), ("LoraLoaderModelOnly", "b", 1.0)]
    assert wires(made) == [("flux1-dev.safetensors", "MODEL", "a"), ("a", "MODEL", "b")]


def test_the_halves_of_a_pair_get_their_own_loras() -> None:
    high = NodeModel("diffusion_models", "wan2.2_t2v_high_noise_14B.safetensors", architecture="Wan 2.2 14B T2V")
    low = NodeModel("diffusion_models", "wan2.2_t2v_low_noise_14B.safetensors", architecture="Wan 2.2 14B T2V")
    made = graph([high, low, lora("light_LOW.safetensors"), lora("light_HighNoise.safetensors"), lora("slow.safetensors")])
    assert wires(made) == [
        (low.name, "MODEL", "light_LOW.safetensors"), (high.name, "MODEL", "light_HighNoise.safetensors"),
        ("light_HighNoise.safetensors", "MODEL", "slow.safetensors"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("encoders", "architecture", "expected"),
    [
        ([CLIP_G, CLIP_L], "", ("DualCLIPLoader", "l", "g", "sdxl", "default")),
        ([T5, CLIP_L], "", ("DualCLIPLoader", "l", "t5", "flux", "default")),
        ([T5, CLIP_L], "SD 3.5 Large", ("DualCLIPLoader", "l", "t5", "sd3", "default")),
        ([LLAMA, CLIP_L], "", ("DualCLIPLoader", "l", "llama", "hunyuan_video", "default")),
        ([QWEN, NodeModel("clip", "b", architecture="ByT5-small")], "", ("DualCLIPLoader", "q", "b", "hunyuan_image", "default")),
        (
            [QWEN, NodeModel("clip", "b", architecture="ByT5-small")], "Hunyuan Video 1.5",
            ("DualCLIPLoader", "q", "b", "hunyuan_video_15", "default"),
        ),
        ([T5, CLIP_G, CLIP_L], "", ("TripleCLIPLoader", "l", "g", "t5")),
        ([LLAMA, T5, CLIP_G, CLIP_L], "HiDream", ("QuadrupleCLIPLoader", "l", "g", "t5", "llama")),
        ([NodeModel("clip", "t5.gguf", architecture="T5-XXL"), CLIP_L], "", ("DualCLIPLoaderGGUF", "l", "t5.gguf", "flux")),
        ([NodeModel("clip", "clip_l"), NodeModel("clip", "t5xxl_fp8")], "", ("DualCLIPLoader", "clip_l", "t5xxl_fp8", "flux", "default")),
        ([QWEN], "", ("CLIPLoader", "q", "qwen_image", "default")),
        ([T5], "Chroma", ("CLIPLoader", "t5", "chroma", "default")),
        ([NodeModel("clip", "q", architecture="Qwen3 4B")], "Z-Image", ("CLIPLoader", "q", "lumina2", "default")),
    ],
)  # fmt: skip
def test_encoders_that_belong_together_get_one_loader(encoders: list[NodeModel], architecture: str, expected: tuple[Any, ...]) -> None:
    sources = [NodeModel("diffusion_models", "m", architecture=architecture)] if architecture else []
    assert shown(graph([*encoders, *sources]))[len(sources) :] == [expected]


def test_encoders_that_do_not_belong_together_stay_apart() -> None:
    again = NodeModel("text_encoders", "t5-fp8", architecture="T5-XXL")
    for models in ([T5, again], [FLUX, T5, again], [CLIP_L, CLIP_G, T5, LLAMA, QWEN]):
        made = shown(graph(models))
        assert [row[0] for row in made if "CLIP" in row[0]] == ["CLIPLoader"] * sum(model.kind == "text_encoders" for model in models)


def test_nothing_overlaps() -> None:
    models = [BASE, FLUX, CLIP_L, T5, VAE, *map(lora, "abc"), *(NodeModel("controlnet", str(number)) for number in range(30))]
    boxes = [(*node.pos, *node.loader.size) for node in graph(models).nodes]
    for place, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[:place]:
            assert x + width <= x2 or x2 + width2 <= x or y + height + 30 <= y2 or y2 + height2 + 30 <= y
    assert graph([BASE]).nodes[0].pos == (0, 0)


def test_embeddings_are_words_of_a_prompt() -> None:
    models = [
        NodeModel("embeddings", "sub/easy.safetensors"), NodeModel("embeddings", "neg (v2).pt"), NodeModel("embeddings", "a(b).pt"), BASE,
    ]  # fmt: skip
    assert embedding_text(models) == "embedding:sub/easy, embedding:a\\(b\\).pt"
    assert [(model.name, "space" in reason) for model, reason in without_loader(models)] == [("neg (v2).pt", True)]
    assert shown(graph(models)) == [("CheckpointLoaderSimple", "base.safetensors")]
    assert embedding_text([BASE]) == ""


HEAD = '<meta charset="utf-8"><div><span data-metadata="'
TAIL = '"></span></div><span style="white-space:pre-wrap;">Text</span>'


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_clipboard_has_the_exact_form_of_each_system(system: str) -> None:
    made = graph([NodeModel("checkpoints", "sub/[v1] 模型.safetensors"), lora("a", 0.5)], "\\")
    html = clipboard_html(made, system)
    if system == "win32":
        head, tail = "<html>\r\n<body>\r\n<!--StartFragment-->", "<!--EndFragment-->\r\n</body>\r\n</html>"
        assert html.startswith(head) and html.endswith(tail)
        html = html[len(head) : -len(tail)]
    assert html.startswith(HEAD) and html.endswith(TAIL)
    text = base64.b64decode(html[len(HEAD) : -len(TAIL)], validate=True)
    assert text.isascii()
    data = json.loads(text)
    assert set(data) == {"nodes", "groups", "reroutes", "links", "subgraphs"}
    assert data["nodes"][0] == {
        "id": 1, "type": "CheckpointLoaderSimple", "pos": [0, 0], "size": [340, 114], "flags": {}, "order": 0, "mode": 0, "inputs": [],
        "outputs": [], "properties": {"Node name for S&R": "CheckpointLoaderSimple"}, "widgets_values": ["sub\\[v1] 模型.safetensors"],
    }  # fmt: skip
    assert data["links"] == [
        {"id": 1, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0, "type": "MODEL"},
        {"id": 2, "origin_id": 1, "origin_slot": 1, "target_id": 2, "target_slot": 1, "type": "CLIP"},
    ]


def test_template_is_a_file_of_one_template() -> None:
    made = graph([BASE, lora("été")])
    text = template_json(made, "My “models”")
    assert text.isascii()
    ((template,),) = json.loads(text).values()
    assert template["name"] == "My “models”"
    data = json.loads(template["data"])
    assert set(data) == {"nodes", "links"}
    assert [node["widgets_values"] for node in data["nodes"]] == [["base.safetensors"], ["été", 1.0, 1.0]]
    assert data["links"] == [[0, 0, 1, 0], [0, 1, 1, 1]]
    start = "data:application/json;base64,"
    url = data_url(made, "My “models”")
    assert url.startswith(start) and base64.b64decode(url[len(start) :]).decode() == text


@pytest.mark.parametrize(
    ("recommended", "expected"),
    [
        ([], (None, None)),
        ([("Weight", "0.8"), ("CLIP weight", "0.5")], (0.8, 0.5)),
        ([("Weight", "0,75")], (0.75, None)),
        ([("Weight", ".5")], (0.5, None)),
        ([("Weight", "-1")], (-1.0, None)),
        ([("Weight range", "0.6 - 0.9")], (0.75, None)),
        ([("Weight range", "0.6-0.8"), ("Weight", "1")], (1.0, None)),
        ([("Weight range", "-2-2")], (0.0, None)),
        ([("Weight", "strong"), ("Sampler", "0.3")], (None, None)),
        ([("Weight", "4000")], (None, None)),
    ],
)
def test_strengths_come_from_what_sidecars_recommend(
    recommended: list[tuple[str, str]], expected: tuple[float | None, float | None]
) -> None:
    assert strengths(recommended) == expected


def test_a_record_gives_the_name_that_a_loader_takes() -> None:
    details = Details(base_model="Pony", recommended=(("Weight", "0.8"),))
    places = (
        Place("vae_approx", "/m/vae_approx", "/m/vae_approx/b.safetensors", "b.safetensors"),
        Place("loras", "/m/loras", "/m/loras/x/b.safetensors", "x/b.safetensors"),
    )
    record = ModelRecord(1, "B", "/m/loras/x/b.safetensors", "loras", 1, 0, 0, False, Facts(architecture="SDXL"), details, places)
    assert of_record(record) == NodeModel("loras", "x/b.safetensors", "B", 0.8, None, "SDXL", "Pony")
    alone = ModelRecord(1, "B", "/m/b.safetensors", "vae", 1, 0, 0, False, Facts(), details)
    assert of_record(alone) == NodeModel("vae", "b.safetensors", "B", None, None, "", "Pony")
