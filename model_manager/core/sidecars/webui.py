"""`<stem>.json`: what a person noted in the A1111 or Forge web UI.

Called by merge. Its keys contain spaces
(lllyasviel/stable-diffusion-webui-forge:extensions-builtin/sd_forge_lora/ui_edit_user_metadata.py,
modules/ui_extra_networks_checkpoints_user_metadata.py).
"""

from typing import Any

from model_manager.core.sidecars.layer import TEXT, USER_WEBUI, Layer, Ranked, amount, groups, line, pairs, text
from model_manager.core.words import tr

# The web UI's families, in Civitai's spelling. Coarse (SDXL is Pony and Illustrious too), so they are believed late.
_BASE_MODELS = {"SD1": "SD 1.5", "SD2": "SD 2.1", "SDXL": "SDXL 1.0", "SD3": "SD 3", "Flux": "Flux.1 D"}
_NO_VAE = frozenset(("Automatic", "None", "Built in"))


def layers(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return the person's texts and settings, and the coarse base model."""
    weight, vae = amount(data.get("preferred weight")), line(data.get("vae"))
    mine: Layer = {
        "description": text(data.get("description")),
        "notes": text(data.get("notes")),
        "trigger_words": groups(text(data.get("activation text"))),
        "negative_words": line(data.get("negative text")),
        "recommended": pairs(
            (tr("Weight"), "" if weight == "0" else weight),  # 0 stands for the web UI's own default
            (tr("VAE"), "" if vae in _NO_VAE else vae),
        ),
    }
    family = line(data.get("sd version") or data.get("sd_version_str")).removeprefix("SdVersion.")
    hint: Layer = {"base_model": _BASE_MODELS.get(family, "")}
    return [Ranked(USER_WEBUI, mine), Ranked(TEXT, hint)]
