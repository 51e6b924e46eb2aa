"""A small double of ComfyUI's server: serves a real frontend and the few answers that its page asks for, on the loopback.

The node definitions are written after ComfyUI's own (nodes.py, comfy_extras), not after our table of loaders.
"""

import json
import mimetypes
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.comfy_page.websocket import accept_key, frame

MODELS = {
    "checkpoints": ["first.safetensors", "sub/base [v1] été 模型.safetensors"],
    "loras": ["style.safetensors", "sub/detail.safetensors"],
    "vae": ["ae.safetensors"],
    "diffusion_models": ["flux1-dev.safetensors"],
    "text_encoders": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
    "controlnet": ["depth.safetensors"],
    "upscale_models": ["4x.pth"],
}
_STRENGTH = ["FLOAT", {"default": 1.0, "min": -100.0, "max": 100.0, "step": 0.01}]
_TYPES = ["stable_diffusion", "sd3", "flux2", "wan", "qwen_image", "lumina2"]
_DUAL_TYPES = ["sdxl", "sd3", "flux", "hunyuan_video", "hidream", "hunyuan_image"]


def _definition(name: str, required: dict[str, Any], outputs: list[str], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    optional = optional or {}
    return {
        "input": {"required": required, "optional": optional},
        "input_order": {"required": list(required), "optional": list(optional)},
        "output": outputs, "output_is_list": [False] * len(outputs), "output_name": outputs, "name": name, "display_name": name,
        "description": "", "python_module": "nodes", "category": "loaders", "output_node": False,
    }  # fmt: skip


def object_info() -> dict[str, Any]:
    """What /object_info says of the loader classes; a picking input has one of two shapes, as with the real server."""
    files = {kind: [names] for kind, names in MODELS.items()}
    device = {"device": [["default", "cpu"], {"advanced": True}]}
    encoder = files["text_encoders"]
    found = [
        _definition("CheckpointLoaderSimple", {"ckpt_name": files["checkpoints"]}, ["MODEL", "CLIP", "VAE"]),
        _definition(
            "LoraLoader",
            {"model": ["MODEL"], "clip": ["CLIP"], "lora_name": files["loras"], "strength_model": _STRENGTH, "strength_clip": _STRENGTH},
            ["MODEL", "CLIP"],
        ),
        _definition("LoraLoaderModelOnly", {"model": ["MODEL"], "lora_name": files["loras"], "strength_model": _STRENGTH}, ["MODEL"]),
        _definition(
            "UNETLoader",
            {"unet_name": files["diffusion_models"], "weight_dtype": [["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"]]},
            ["MODEL"],
        ),
        _definition("CLIPLoader", {"clip_name": encoder, "type": [_TYPES]}, ["CLIP"], device),
        _definition("DualCLIPLoader", {"clip_name1": encoder, "clip_name2": encoder, "type": [_DUAL_TYPES]}, ["CLIP"], device),
        _definition("VAELoader", {"vae_name": files["vae"]}, ["VAE"]),
        _definition("ControlNetLoader", {"control_net_name": files["controlnet"]}, ["CONTROL_NET"]),
        _definition("UpscaleModelLoader", {"model_name": ["COMBO", {"options": MODELS["upscale_models"]}]}, ["UPSCALE_MODEL"]),
    ]
    return {one["name"]: one for one in found}


# the page's stock graph has nodes that this server lacks: no dialog about them
_SETTINGS = {
    "Comfy.TutorialCompleted": True, "Comfy.InstalledVersion": "1.0.0", "Comfy.Workflow.ShowMissingNodesWarning": False,
    "Comfy.Workflow.ShowMissingModelsWarning": False,
}  # fmt: skip
_SYSTEM = {
    "os": "posix", "ram_total": 8 << 30, "ram_free": 4 << 30, "comfyui_version": "0.3.64", "python_version": "3.11",
    "pytorch_version": "2.13", "embedded_python": False, "argv": ["main.py"], "required_frontend_version": "1.27.10",
}  # fmt: skip
_DEVICE = {"name": "cpu", "type": "cpu", "index": 0, "vram_total": 1, "vram_free": 1, "torch_vram_total": 1, "torch_vram_free": 1}
_STATUS = {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}, "sid": "test"}}


def _answers() -> dict[str, Any]:
    listed = {f"/models/{kind}": names for kind, names in MODELS.items()}
    return listed | {
        "/object_info": object_info(), "/settings": _SETTINGS, "/users": {"storage": "server", "migrated": True},
        "/system_stats": {"system": _SYSTEM, "devices": [_DEVICE]}, "/queue": {"queue_running": [], "queue_pending": []},
        "/prompt": {"exec_info": {"queue_remaining": 0}}, "/history": {}, "/extensions": [], "/features": {}, "/embeddings": [],
        "/i18n": {}, "/workflow_templates": {}, "/models": list(MODELS), "/experiment/models": [], "/userdata": [],
        "/global_subgraphs": {}, "/v2/userdata": [], "/node_replacements": {}, "/jobs": {"jobs": [], "pagination": {}},
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        path = path.removeprefix("/api") if path.startswith("/api/") else path
        if path == "/ws":
            self._websocket()
        elif path in self.server.answers:
            self._answer(200, json.dumps(self.server.answers[path]).encode(), "application/json")
        else:
            self._file(path)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, b"{}", "application/json")

    do_PUT = do_PATCH = do_DELETE = do_POST

    def log_message(self, *args: object) -> None:
        pass

    def _file(self, path: str) -> None:
        root = self.server.frontend.resolve()
        file = (root / (path.lstrip("/") or "index.html")).resolve()
        if root in file.parents and file.is_file():
            self._answer(200, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")
        else:
            self._answer(404, b"", "text/plain")

    def _answer(self, code: int, body: bytes, sort: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", sort)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _websocket(self) -> None:
        """Say once that nothing is queued, then hold the connection until the page goes."""
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept_key(self.headers["Sec-WebSocket-Key"]))
        self.end_headers()
        self.wfile.write(frame(json.dumps(_STATUS).encode()))
        self.wfile.flush()
        self.close_connection = True
        while self.rfile.read(1):
            pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the browser is gone
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, frontend: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.frontend, self.answers = frontend, _answers()


def main() -> None:
    """Serve the frontend folder that is the only argument (the one with index.html); print the port, then run until ended."""
    mimetypes.add_type("text/javascript", ".js")
    server = _Server(Path(sys.argv[1]))
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
