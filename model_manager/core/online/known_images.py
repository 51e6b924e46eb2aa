"""The example pictures that the sidecars of a model tell of, as sources for a new preview: known offline, fetched when one is taken.

Called by "Regenerate thumbnail" and bulk. It reads sidecars and must never write or ask a site.
"""

import os
from collections.abc import Iterable, Sequence

from model_manager.core.errors import BadSidecar
from model_manager.core.library.entry import ModelRecord
from model_manager.core.online.civitai_files import images_of
from model_manager.core.online.images import ranked
from model_manager.core.online.records import Image
from model_manager.core.previews.records import CIVITAI, Source
from model_manager.core.sidecars.layer import mapping
from model_manager.core.sidecars.reading import JSON_LIMIT, parse_object, read_bytes
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, INFO, LORA_MANAGER, stem_of
from model_manager.core.words import tr

_HOLDERS = (INFO, CIVITAI_INFO, LORA_MANAGER)
MOST_SOURCES = 60


def known_images(record: ModelRecord) -> tuple[Image, ...]:
    """Return the pictures of a model's version from the first sidecar that has some; a sidecar that cannot be read has none."""
    folder, name = os.path.split(record.path)
    length = len(stem_of(name))
    for suffix in _HOLDERS:
        for sidecar in record.sidecars:
            if sidecar[length:].lower() == suffix and (found := _images(os.path.join(folder, os.path.basename(sidecar)), suffix)):
                return found
    return ()


def _images(path: str, suffix: str) -> tuple[Image, ...]:
    try:
        data = parse_object(os.path.basename(path), read_bytes(path, JSON_LIMIT), suffix == CIVITAI_INFO)
    except (BadSidecar, OSError, ValueError):
        return ()
    return images_of((mapping(data.get("civitai")) if suffix == LORA_MANAGER else data).get("images"))


def sources_of(images: Iterable[Image], level: int) -> tuple[Source, ...]:
    """Return sources of the sort CIVITAI for what may be shown at `level`, best first; their bytes come later (`picture_bytes`)."""
    return tuple(Source(CIVITAI, image.url, number, _note(image)) for number, image in enumerate(ranked(images, level)[:MOST_SOURCES]))


def known_sources(record: ModelRecord, level: int) -> Sequence[Source]:
    """Return the sources that a model's own sidecars tell of."""
    return sources_of(known_images(record), level)


def _note(image: Image) -> str:
    size = f"{image.width} × {image.height}" if image.width and image.height else ""
    return ", ".join(filter(None, (tr("video") if image.is_video else "", size)))
