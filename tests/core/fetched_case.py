"""What a site tells of one invented model, as the tests of writing sidecars need it; the shapes are those of Civitai's answers."""

from dataclasses import replace
from typing import Any

from model_manager.core.online.records import CIVITAI, HUGGING_FACE, Image, Offer, RemoteFile, Version
from model_manager.core.sidecars.fetched import Fetched

SHA = "85c8a4de555644a90639eb0fc1593b74e40fa8b3c2968435aeb0021bab66970b"
OTHER_SHA = "70c07400f01c31f9b32e3354e86b3448d93e3b21c9f975258770dc7aa8ea3643"
ABOUT = "<p>An <em>invented</em> model with ünïcödé, 日本語 and an <a href='https://example.com/'>external link</a>.</p>"
VERSION_ABOUT = "<p>Retrained. Weight <strong>0.7 - 0.9</strong>.</p>"
IMAGE = "https://image.civitai.com/xG1nkqKTMzGDvpLrqFT7WA/0d0c9bb1-4d27-4835-a7a2-6da5a17de49c/original=true/9200201.jpeg"
TIME = 1_780_000_000.5


def raw_version(**changes: Any) -> dict[str, Any]:
    """Return a version as `GET /model-versions/by-hash/` gives it."""
    return {
        "id": 9000302,
        "modelId": 900030,
        "name": "v2.0",
        "nsfwLevel": 7,
        "createdAt": "2026-04-29T17:40:02.900Z",
        "status": "Published",
        "publishedAt": "2026-05-02T10:30:00.000Z",
        "trainedWords": ["glass fox", "translucent fur, "],
        "trainingStatus": None,
        "baseModel": "SDXL 1.0",
        "baseModelType": "Standard",
        "description": VERSION_ABOUT,
        "air": "urn:air:sdxl:lora:civitai:900030@9000302",
        "stats": {"downloadCount": 1532, "thumbsUpCount": None},
        "model": {"name": "Glass Fox (sample)", "type": "LORA", "nsfw": False, "poi": False},
        "files": [
            {
                "id": 9100302,
                "sizeKB": 2048.140625,
                "name": "glass_fox_v2.safetensors",
                "type": "Model",
                "metadata": {"format": "SafeTensor", "size": "full", "fp": "fp16"},
                "hashes": {"AutoV2": "85C8A4DE55", "SHA256": SHA.upper(), "CRC32": "39D62016", "AutoV3": "91D3BEB88A9B"},
                "downloadUrl": "https://undefined/api/download/models/9000302?token=secret-key",
                "primary": True,
            }
        ],
        "images": [{"url": IMAGE, "nsfwLevel": 1, "width": 832, "height": 1216, "type": "image", "meta": {"steps": 28}}],
        "downloadUrl": "https://civitai.com/api/download/models/9000302",
        **changes,
    }


def civitai(raw: dict[str, Any] | None = None, /, **offer: Any) -> Fetched:
    """Return what Civitai tells; `raw`: its version object, `offer`: fields of the model that differ."""
    raw = raw_version() if raw is None else raw
    file = RemoteFile(
        "9100302", "glass_fox_v2.safetensors", "https://civitai.com/api/download/models/9000302?fileId=9100302",
        size=2_097_296, kind="loras", type="Model", format="SafeTensor", precision="fp16", variant="full",
        hashes={"sha256": SHA, "autov2": "85c8a4de55", "crc32": "39d62016", "autov3": "91d3beb88a9b"}, is_primary=True,
    )  # fmt: skip
    version = Version(
        str(raw.get("id", 9000302)), raw.get("name") or "", raw.get("baseModel") or "", description=raw.get("description") or "",
        trigger_words=tuple(raw.get("trainedWords") or ()), files=(file,), images=(Image(IMAGE, 832, 1216, 1),), raw=raw,
    )  # fmt: skip
    whole = Offer(
        CIVITAI, "900030", "Glass Fox (sample)", "https://civitai.com/models/900030", "sample_author", "LORA", "loras", ABOUT,
        ("animal", "fox"), ("No credit needed.", "Images may be sold."), versions=(version,),
        raw={"allowNoCredit": True, "allowCommercialUse": ["Image"], "creator": {"username": "sample_author", "image": None}},
    )  # fmt: skip
    return Fetched(CIVITAI, replace(whole, **offer), version, file, TIME)


def hugging_face() -> Fetched:
    """Return what Hugging Face tells of a file in a repository."""
    file = RemoteFile(
        "glass_fox_v2.safetensors", "glass_fox_v2.safetensors",
        "https://huggingface.co/example-org/tiny/resolve/main/glass_fox_v2.safetensors", size=2_097_296, is_size_exact=True,
        kind="loras", hashes={"sha256": SHA},
    )  # fmt: skip
    version = Version("main", "main", "SDXL 1.0", files=(file,), page="https://huggingface.co/example-org/tiny/tree/main")
    card = "---\nlicense: mit\n---\n# Tiny\n\nA **card** <!-- model-manager: end -->.\n"
    offer = Offer(
        HUGGING_FACE, "example-org/tiny", "tiny", "https://huggingface.co/example-org/tiny", "example-org", "text-to-image", "loras",
        card, ("lora",), ("Apache 2.0",), versions=(version,),
    )  # fmt: skip
    return Fetched(HUGGING_FACE, offer, version, file, TIME)
