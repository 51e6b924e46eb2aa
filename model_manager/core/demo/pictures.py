"""Draws the demo's previews and writes them in every spelling of picture file the field uses.

Called by the demo library and, for its pool of pictures, by the benchmarks. One seed always gives one picture.
"""

import io
import random
from collections.abc import Callable
from typing import Final

from PIL import Image

from model_manager.core.demo import patterns, scenes
from model_manager.core.demo.canvas import PALETTES, Palette

_PAINTERS = (scenes.hills, patterns.waves, scenes.sea, patterns.flower, scenes.city, patterns.tiles, scenes.ink, patterns.spheres)
MOTIFS: Final[dict[str, Callable[[random.Random, Palette], Image.Image]]] = {
    painter.__name__: painter for painter in (*_PAINTERS, scenes.space, patterns.facets, patterns.leaves, scenes.arches)
}
_FRAMES = 10


def paint(motif: str, palette: str, seed: int) -> Image.Image:
    """Return a picture of 512 x 768; motif: a key of MOTIFS, palette: a key of PALETTES."""
    return MOTIFS[motif](random.Random(seed), PALETTES[palette]).reduce(2)


def picture_bytes(image: Image.Image, suffix: str) -> bytes:
    """Return the picture as a file for a name that ends with `suffix` (".preview.png", ".webp" ...); ".gif" and ".anim.webp" move."""
    out = io.BytesIO()
    end = suffix[suffix.rfind(".") :].lower()
    if end in (".jpg", ".jpeg"):
        image.save(out, "JPEG", quality=88)
    elif end == ".gif":
        frames = [frame.quantize(64, Image.Quantize.FASTOCTREE) for frame in _drift(image)]
        frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90, loop=0)
    elif end == ".webp" and ".anim" in suffix:
        frames = _drift(image)
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=90, loop=0, quality=70, method=0)
    elif end == ".webp":
        image.save(out, "WEBP", quality=84, method=1)
    else:
        image.save(out, "PNG", compress_level=4)
    return out.getvalue()


def _drift(image: Image.Image) -> list[Image.Image]:
    """Return small frames of a slow pan there and back."""
    steps = [*range(_FRAMES // 2 + 1), *range(_FRAMES // 2 - 1, 0, -1)]
    size = (image.width * 3 // 4, image.height * 3 // 4)
    boxes = [(step * 20, step * 30, step * 20 + size[0], step * 30 + size[1]) for step in steps]
    return [image.crop(box).resize((256, 384), Image.Resampling.BILINEAR) for box in boxes]
