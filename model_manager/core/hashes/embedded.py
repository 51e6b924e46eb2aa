"""The hashes that a safetensors file carries of its own tensors: `sshs_model_hash`, and `modelspec.hash_sha256`.

Called by matching for a LoRA that neither its SHA-256 nor its AutoV3 found: Civitai may have taken its AutoV3 from there. They may be
wrong, so they are asked for last (kohya-ss/sd-scripts:library/train_util.py, Stability-AI/ModelSpec:README.md).
"""

import io
import os
from typing import Final

from model_manager.core.errors import BadFormat
from model_manager.core.formats import safetensors
from model_manager.core.formats.read import HEAD, header_of
from model_manager.core.hashes.compute import NOTHING
from model_manager.core.paths import long_path

_KEYS: Final = ("sshs_model_hash", "modelspec.hash_sha256")
_DIGITS: Final = 12


def embedded_hashes(path: str) -> tuple[str, ...]:
    """Return what AutoV3 may be by the header of the file, 12 digits each; nothing where there is none or it cannot be read."""
    try:
        with io.FileIO(long_path(path)) as file:
            size = os.fstat(file.fileno()).st_size
            if not safetensors.looks_like(file.read(HEAD), size):
                return ()
            metadata = safetensors.all_metadata(*header_of(file, size))
    except (OSError, ValueError, BadFormat):
        return ()
    found = [str(metadata.get(key, "")).lower().removeprefix("0x") for key in _KEYS]
    return tuple(dict.fromkeys(text[:_DIGITS] for text in found if _is_hash(text)))


def _is_hash(text: str) -> bool:
    return len(text) >= _DIGITS and not text[:64].strip("0123456789abcdef") and not text.startswith(NOTHING)
