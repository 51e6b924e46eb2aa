"""Our nodes in real pages of ComfyUI: real frontends, a real browser, a real clipboard; only the server is a double.

Needs Chromium, Xvfb, and a folder with unpacked wheels of comfyui-frontend-package, one folder for each version:
MODEL_MANAGER_COMFY_FRONTENDS=FOLDER python -m pytest tests/comfy_page
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.comfyui.nodes import Graph, NodeModel, graph
from model_manager.core.comfyui.payloads import clipboard_html, data_url, template_json
from tests.comfy_page.browser import CHROMIUM, XVFB, Page, browser, clipboard, display, served, wait_for

FOLDER = os.environ.get("MODEL_MANAGER_COMFY_FRONTENDS", "")
FRONTENDS = {path.parts[-3]: path for path in sorted(Path(FOLDER).glob("*/comfyui_frontend_package/static"))} if FOLDER else {}
HAS_ALL = bool(FRONTENDS and CHROMIUM and XVFB)
pytestmark = pytest.mark.skipif(not HAS_ALL, reason="needs Chromium, Xvfb and MODEL_MANAGER_COMFY_FRONTENDS (see the module)")

CHECKPOINT = NodeModel("checkpoints", "sub/base [v1] été 模型.safetensors")
STYLE = NodeModel("loras", "style.safetensors", strength=0.8)
DETAIL = NodeModel("loras", "sub/detail.safetensors", strength=0.6, clip_strength=0.4)
FLUX = NodeModel("diffusion_models", "flux1-dev.safetensors", architecture="Flux.1 dev")
T5 = NodeModel("text_encoders", "t5xxl_fp16.safetensors", architecture="T5-XXL")
CLIP_L = NodeModel("text_encoders", "clip_l.safetensors", architecture="CLIP-L")
VAE = NodeModel("vae", "ae.safetensors")

NAME = "sub/base [v1] été 模型.safetensors"
CASES: dict[str, tuple[list[NodeModel], list[tuple[str, list[Any]]], list[tuple[int, str, int, str]]]] = {
    "one": ([CHECKPOINT], [("CheckpointLoaderSimple", [NAME])], []),
    "chain": (
        [STYLE, CHECKPOINT, DETAIL],
        [
            ("CheckpointLoaderSimple", [NAME]),
            ("LoraLoader", ["style.safetensors", 0.8, 0.8]),
            ("LoraLoader", ["sub/detail.safetensors", 0.6, 0.4]),
        ],
        [(0, "MODEL", 1, "model"), (0, "CLIP", 1, "clip"), (1, "MODEL", 2, "model"), (1, "CLIP", 2, "clip")],
    ),
    "group": (
        [FLUX, T5, CLIP_L, VAE, STYLE],
        [
            ("UNETLoader", ["flux1-dev.safetensors", "default"]),
            ("DualCLIPLoader", ["clip_l.safetensors", "t5xxl_fp16.safetensors", "flux", "default"]),
            ("VAELoader", ["ae.safetensors"]),
            ("LoraLoader", ["style.safetensors", 0.8, 0.8]),
        ],
        [(0, "MODEL", 3, "model"), (1, "CLIP", 3, "clip")],
    ),
    "model only": (
        [FLUX, DETAIL, NodeModel("upscale_models", "4x.pth"), NodeModel("controlnet", "depth.safetensors")],
        [
            ("UNETLoader", ["flux1-dev.safetensors", "default"]),
            ("UpscaleModelLoader", ["4x.pth"]),
            ("ControlNetLoader", ["depth.safetensors"]),
            ("LoraLoaderModelOnly", ["sub/detail.safetensors", 0.6]),
        ],
        [(0, "MODEL", 3, "model")],
    ),
}
WAYS = ("paste", "paste of Windows", "file", "url")

_APP = "(window.app ?? window.comfyAPI.app.app)"
_READY = f"String({_APP}.graph?.nodes?.length >= 0 && !!LiteGraph.registered_node_types.LoraLoader)"
# the user's own graph: two linked nodes
_OWN = f"""(() => {{
  const graph = {_APP}.graph; graph.clear()
  const a = LiteGraph.createNode('CheckpointLoaderSimple'), b = LiteGraph.createNode('LoraLoader')
  a.pos = [0, 0]; b.pos = [500, 0]; graph.add(a); graph.add(b); a.connect(0, b, 0)
  a.widgets[0].value = 'first.safetensors'; b.widgets[1].value = 0.3
  return true
}})()"""
_STATE = f"""(() => {{
  const graph = {_APP}.graph, links = graph.links instanceof Map ? [...graph.links.values()] : Object.values(graph.links)
  return {{
    nodes: graph.nodes.map(n => ({{id: n.id, type: n.type, title: n.title, values: n.widgets.map(w => w.value),
      box: [n.pos[0], n.pos[1] - 30, n.pos[0] + n.size[0], n.pos[1] + n.size[1]]}})),
    links: links.map(l => [l.origin_id, graph.getNodeById(l.origin_id).outputs[l.origin_slot].name,
      l.target_id, graph.getNodeById(l.target_id).inputs[l.target_slot].name]),
    toasts: [...document.querySelectorAll('.p-toast-message, [data-sonner-toast], [role=alert]')].map(t => t.innerText),
  }}
}})()"""


@dataclass
class Desk:
    """A version's page on its display."""

    version: str
    display: str
    page: Page
    folder: Path

    def send(self, way: str, made: Graph) -> None:
        name = "My models"
        if way in ("file", "url"):
            file = self.folder / f"{name}.json"
            file.write_text(template_json(made, name), "ascii")
            self.page.drop(700, 500, *(([str(file)],) if way == "file" else ([], data_url(made, name))))
            return
        html = clipboard_html(made, "win32" if way == "paste of Windows" else "linux")
        with clipboard(self.display, html):
            self.page.press_paste(700, 500)
            self.settle(2 + len(made.nodes))

    def settle(self, count: int) -> None:
        """Wait until that many nodes are there, or for a while; then see that it stays so."""
        end = time.monotonic() + 10
        while time.monotonic() < end and len(self.page.run(_STATE)["nodes"]) < count:
            time.sleep(0.1)
        time.sleep(0.3)


@pytest.fixture(scope="module", params=sorted(FRONTENDS) or [pytest.param("", marks=pytest.mark.skip(reason="no frontends"))])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with ExitStack() as stack:
        url = stack.enter_context(served(FRONTENDS[request.param]))
        screen = stack.enter_context(display())
        page = stack.enter_context(browser(screen, folder / "profile"))
        page.go(url)
        wait_for(lambda: "ready" if page.run(_READY) == "true" else "", "ComfyUI's page")
        time.sleep(3)  # the stock graph comes late
        assert page.run("document.querySelectorAll('[role=dialog]').length") == 0
        yield Desk(request.param, screen, page, folder)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_nodes_arrive_in_the_open_graph(desk: Desk, case: str, way: str) -> None:
    if way == "paste of Windows" and desk.version.startswith("1.55."):
        pytest.skip("1.55 takes the bare form only")
    models, nodes, links = CASES[case]
    assert desk.page.run(_OWN)
    desk.page.draw()
    before = desk.page.run(_STATE)
    desk.send(way, graph(models, "/"))
    desk.settle(2 + len(nodes))
    after = desk.page.run(_STATE)
    print(desk.version, case, way, after["toasts"])
    new = after["nodes"][2:]
    assert [(node["type"], node["values"]) for node in new] == nodes
    place = {node["id"]: number for number, node in enumerate(new)}
    found = sorted([place[link[0]], link[1], place[link[2]], link[3]] for link in after["links"] if link[0] in place)
    assert found == sorted(map(list, links))
    assert after["nodes"][:2] == before["nodes"]
    assert [link for link in after["links"] if link[0] not in place] == before["links"]
    assert not _overlaps([node["box"] for node in new])


def _overlaps(boxes: list[list[float]]) -> bool:
    pairs = [(a, b) for number, a in enumerate(boxes) for b in boxes[:number]]
    return any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for a, b in pairs)
