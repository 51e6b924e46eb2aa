"""The one table of what may follow a model's stem: sidecars in reading order, previews best first.

Used by family, merge, notes and previews. It must stay plain data: no disk here. Spellings are those the field writes
(hayden-fr/ComfyUI-Model-Manager:py/utils.py, willmiao/ComfyUI-Lora-Manager:py/utils/constants.py,
LykosAI/StabilityMatrix:StabilityMatrix.Core/Models/Database/LocalModelFile.cs, Comfy-Org/ComfyUI:app/model_manager.py,
lllyasviel/stable-diffusion-webui-forge:modules/ui_extra_networks.py).
"""

INFO = ".info"
WEBUI = ".json"
LORA_MANAGER = ".metadata.json"
CM_INFO = ".cm-info.json"
CIVITAI_INFO = ".civitai.info"
NOTES = ".md"
TEXT = ".txt"
DESCRIPTION = ".description.txt"

SIDECARS = (INFO, WEBUI, LORA_MANAGER, CM_INFO, CIVITAI_INFO, NOTES, TEXT, DESCRIPTION)

VIDEOS = (".preview.mp4", ".preview.webm", ".mp4", ".webm")

STILLS = (
    *(".preview.png", ".preview.webp", ".preview.jpeg", ".preview.jpg", ".png", ".webp", ".jpeg", ".jpg", ".preview.gif", ".gif"),
    *(".preview.avif", ".avif", ".preview.bmp", ".bmp", ".preview.tiff", ".tiff", ".preview.tif", ".tif"),
    *(".preview.apng", ".apng", ".preview.jxl", ".jxl", ".example.0.jpeg"),
)

PREVIEWS = STILLS + VIDEOS


def stem_of(file_name: str) -> str:
    """Return a file name without its last extension (`a.b.safetensors` -> `a.b`); a leading dot starts no extension."""
    dot = file_name.rfind(".")
    return file_name[:dot] if dot > 0 else file_name
