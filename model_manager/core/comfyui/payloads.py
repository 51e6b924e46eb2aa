"""Writes a graph of nodes in the forms that ComfyUI's page takes from outside: HTML on the clipboard, a JSON file or URL dropped.

Called by the bridge. The forms were tried in the pages of ComfyUI 1.30 to 1.58; each space in them counts.
"""

import base64
import json
import sys
from typing import Any

from model_manager.core.comfyui.nodes import Graph, Node


def clipboard_html(graph: Graph, system: str = sys.platform) -> str:
    """Return the HTML that makes Ctrl+V over ComfyUI's canvas paste the graph.

    Pages from 1.55 on compare all of it, also the word "Text". On Windows Qt adds the two fragment comments unless they are there,
    and the browser hands all of it to the page, so it must be the form that Windows browsers write; elsewhere it is the bare one.
    Source: Comfy-Org/ComfyUI_frontend:src/composables/usePaste.ts. Put no file URL on the same clipboard; plain text may be there.
    """
    nodes = [_node(node) for node in graph.nodes]
    links = [
        {"id": number, "origin_id": link.origin, "origin_slot": link.origin_slot, "target_id": link.target,
         "target_slot": link.target_slot, "type": link.type}
        for number, link in enumerate(graph.links, 1)
    ]  # fmt: skip
    packed = _base64({"nodes": nodes, "groups": [], "reroutes": [], "links": links, "subgraphs": []})
    bare = f'<meta charset="utf-8"><div><span data-metadata="{packed}"></span></div><span style="white-space:pre-wrap;">Text</span>'
    if system == "win32":
        return f"<html>\r\n<body>\r\n<!--StartFragment-->{bare}<!--EndFragment-->\r\n</body>\r\n</html>"
    return bare


def template_json(graph: Graph, title: str) -> str:
    """Return the text of a .json file that adds the graph where it is dropped on ComfyUI's canvas; title: its name for people.

    Source: Comfy-Org/ComfyUI_frontend:src/scripts/app.ts (handleFile, "templates").
    """
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    links = [[places[link.origin], link.origin_slot, places[link.target], link.target_slot] for link in graph.links]
    data = json.dumps({"nodes": [_node(node) for node in graph.nodes], "links": links})
    return json.dumps({"templates": [{"name": title, "data": data}]})


def data_url(graph: Graph, title: str) -> str:
    """Return the same as a URL that holds the whole file."""
    return "data:application/json;base64," + base64.b64encode(template_json(graph, title).encode()).decode()


def _node(node: Node) -> dict[str, Any]:
    """A node as the page serialises it; it fills the slots from its own definition of the class."""
    return {
        "id": node.id, "type": node.loader.type, "pos": list(node.pos), "size": list(node.loader.size), "flags": {}, "order": node.id - 1,
        "mode": 0, "inputs": [], "outputs": [], "properties": {"Node name for S&R": node.loader.type}, "widgets_values": list(node.values),
    }  # fmt: skip


def _base64(value: dict[str, Any]) -> str:
    """ASCII JSON (1.30 decodes no UTF-8) as base64 with padding."""
    return base64.b64encode(json.dumps(value).encode("ascii")).decode("ascii")
