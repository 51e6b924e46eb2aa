"""`<stem>.civitai.info`: Civitai's version object as Civitai Helper and many web UI extensions save it.

Called by merge. `{}` marks a model that was looked up and is not on Civitai: it says nothing and is no fault
(butaixianran/Stable-Diffusion-Webui-Civitai-Helper:scripts/ch_lib/model.py).
"""

from typing import Any

from model_manager.core.sidecars.civitai import version_layer
from model_manager.core.sidecars.layer import CIVITAI_INFO, Ranked


def layers(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return what the file says; nothing for the `{}` mark."""
    return [Ranked(CIVITAI_INFO, version_layer(data, model_name))] if data else []
