"""Makes the bytes of a new preview from any picture: cut, scaled, true PNG or WebP, below its size limit, without foreign metadata.

Called by makers in worker processes and by the dialog's jobs. It must never write a file and never run on the GUI thread.
"""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from model_manager.core.amounts import size_text
from model_manager.core.errors import BadPicture
from model_manager.core.previews.reading import Opened, broken
from model_manager.core.previews.records import WEBP, Form, Look, Made
from model_manager.core.previews.shape import crop_box, fitted
from model_manager.core.words import tr

SMALLEST_EDGE = 256  # below it colours go first
STEP = 0.8  # of the edge, when a file is too large
COLOURS = (256, 128, 64, 32)
QUALITIES = (80, 70)  # of a WebP that is too large as it is wanted
LEVEL = 6  # of zlib
USUAL_LOOK = Look()
USUAL_FORM = Form()


def make(picture: str | bytes, look: Look = USUAL_LOOK, form: Form = USUAL_FORM) -> Made:
    """Return the preview made of `picture` (a path or a file's bytes). Raises BadPicture with a text for people."""
    with Opened(picture) as opened:
        box = crop_box(opened.width, opened.height, look)
        size = fitted(box, form.edge)
        image = opened.pixels(size[0] / (box[2] - box[0]))
        shrunk = image.width / opened.width, image.height / opened.height  # a JPEG may have come smaller
        part = (box[0] * shrunk[0], box[1] * shrunk[1], min(box[2] * shrunk[0], image.width), min(box[3] * shrunk[1], image.height))
        try:
            small = image.resize(size, Image.Resampling.LANCZOS, box=part, reducing_gap=2.0)
        except (ValueError, MemoryError) as error:
            raise broken(opened.name, error) from error
        return _encoded(small, form, opened)


def _encoded(image: Image.Image, form: Form, opened: Opened) -> Made:
    """Return the first encoding that is small enough; each is smaller than the one before."""
    tries = _webps(image, form.quality) if form.suffix == WEBP else _pngs(image)
    for number, (candidate, data) in enumerate(tries):
        if len(data) <= form.most_bytes:
            if number and candidate.size != image.size:
                size = f"{candidate.width} × {candidate.height}"
                opened.notes.append(tr("Made smaller ({size} pixels) to stay below {limit}.", size=size, limit=size_text(form.most_bytes)))
            return Made(data, candidate.width, candidate.height, form.suffix, tuple(opened.notes))
    raise BadPicture(tr("{file} cannot be made smaller than {limit}.", file=opened.name, limit=size_text(form.most_bytes)))


def _pngs(image: Image.Image) -> Iterator[tuple[Image.Image, bytes]]:
    for candidate in _sizes(image):
        yield candidate, _png(candidate)
    for colours in COLOURS:
        method = Image.Quantize.FASTOCTREE if candidate.mode == "RGBA" else Image.Quantize.MEDIANCUT
        yield candidate, _png(candidate.quantize(colours, method))


def _webps(image: Image.Image, wanted: int) -> Iterator[tuple[Image.Image, bytes]]:
    for candidate in _sizes(image):
        for quality in (wanted, *(lower for lower in QUALITIES if lower < wanted)):
            yield candidate, _saved(candidate, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=b"")


def _sizes(image: Image.Image) -> Iterator[Image.Image]:
    """Return the picture, then smaller and smaller ones down to `SMALLEST_EDGE`."""
    yield image
    edge = max(image.size) * STEP
    while edge >= SMALLEST_EDGE:
        yield image.resize(fitted((0, 0, *image.size), int(edge)), Image.Resampling.LANCZOS, reducing_gap=2.0)
        edge *= STEP


def _png(image: Image.Image) -> bytes:
    return _saved(image, "PNG", compress_level=LEVEL)


def _saved(image: Image.Image, form: str, **how: object) -> bytes:
    """Return the encoded picture; nothing of what came with the original (profile, EXIF, workflow) goes along."""
    out = BytesIO()
    kept, image.info = image.info, {key: value for key, value in image.info.items() if key == "transparency" and image.mode == "P"}
    image.save(out, form, **how)
    image.info = kept
    return out.getvalue()
