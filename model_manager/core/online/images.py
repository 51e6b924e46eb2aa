"""Which example picture fits a card best, and the address of a copy of the size in question.

Called by pictures, the dialogs and the online browser. Plain functions on records and text: nothing here is fetched.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import urlsplit

from model_manager.core.online.records import SAFE, Image
from model_manager.core.previews.records import CARD_SHAPE
from model_manager.core.previews.shape import PORTRAITS

# civitai/civitai:src/client-utils/edge-url.ts: one part of the path holds "key=value,key=value"
_PARAMS: Final = re.compile(r"[a-z]{1,20}=[^/=,]{1,40}(?:,[a-z]{1,20}=[^/=,]{1,40}){0,12}", re.IGNORECASE)
_VIDEO: Final = re.compile(r"\.(mp4|webm|mov)$", re.IGNORECASE)
_ENOUGH: Final = 300_000  # pixels: 450 × 675, as wide as the largest card
_WIDTHS: Final = (96, 320, 450, 512, 800, 1200, 1600, 2200)  # other ones work, but are slow there


def sized(url: str, width: int, is_still: bool = False, hosts: Collection[str] = ()) -> str:
    """Return the address of a copy at least `width` pixels wide; 0: of the original.

    is_still: of a video its first picture. Only addresses of Civitai's picture hosts, and of `hosts` ("127.0.0.1:8188"), are changed,
    and only the one part of their path that holds such parameters; any other comes back as it is.
    """
    try:
        split = urlsplit(url)
        host = split.hostname or ""
    except ValueError:
        return url
    parts = split.path.split("/")
    places = [place for place, part in enumerate(parts[:-1]) if _PARAMS.fullmatch(part)]
    if len(places) != 1 or not (host == "civitai.com" or host.endswith(".civitai.com") or split.netloc.lower() in hosts or host in hosts):
        return url
    is_video = _VIDEO.search(parts[-1]) is not None
    if is_video and is_still:
        parts[-1] = _VIDEO.sub(".jpeg", parts[-1])
    parts[places[0]] = ",".join(_params(width, is_video, is_still))
    return split._replace(path="/".join(parts)).geturl()


def _params(width: int, is_video: bool, is_still: bool) -> list[str]:
    size = f"width={next((one for one in _WIDTHS if one >= width), _WIDTHS[-1])}" if width > 0 else "original=true"
    if is_video:
        return [*(["anim=false"] if is_still else []), *(["transcode=true"] if is_still or width > 0 else []), size]
    return [size, "optimized=true"] if 0 < width <= 450 else [size]


def ranked(images: Iterable[Image], level: int, wants_video: bool = False) -> tuple[Image, ...]:
    """Return what may be shown at `level` (OR of bits), the best for a card first; equals stay in the creator's order.

    What is not rated counts as unfit while only safe levels are allowed.
    """
    shown = [image for image in images if image.level & level or (not image.level and level & ~SAFE)]
    return tuple(sorted(shown, key=lambda image: _rank(image, wants_video)))


def _rank(image: Image, wants_video: bool) -> tuple[bool, bool, bool, float]:
    return (image.is_delicate, image.is_video != wants_video, 0 < image.width * image.height < _ENOUGH, _misfit(image))


def _misfit(image: Image) -> float:
    """How much of it a card would cut away: 0 for a portrait, more the wider it is."""
    shape = image.width / image.height if image.width and image.height else 1.0
    if PORTRAITS[0] <= shape <= PORTRAITS[1]:
        return 0.0
    return round(1 - min(shape, CARD_SHAPE) / max(shape, CARD_SHAPE), 1)


def best(images: Iterable[Image], level: int, wants_video: bool = False) -> Image | None:
    """Return the picture for the card, a still where there is one unless a video is wanted; None when none may be shown.

    Pictures of minors or real people are never chosen.
    """
    return next((image for image in ranked(images, level, wants_video) if not image.is_delicate), None)
