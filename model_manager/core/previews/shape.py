"""Which part of a picture goes onto the card, as plain arithmetic.

Called by make before it cuts, and by the dialog to show what will be cut. It must never open a picture.
"""

from model_manager.core.previews.records import CARD_SHAPE, FILL, Look

PORTRAITS = (0.5, 0.85)  # width by height: what FILL leaves in its own shape
MOST_ZOOM = 16.0

Box = tuple[float, float, float, float]


def crop_box(width: int, height: int, look: Look) -> Box:
    """Return left, top, right, bottom in pixels of the part of an upright picture that `look` shows; its shape is that of the preview."""
    shape = _shape(width / height, look)
    zoom = min(max(look.zoom, 1.0), MOST_ZOOM)
    wide, high = (width, width / shape) if width / height < shape else (height * shape, height)
    wide, high = max(1.0, wide / zoom), max(1.0, high / zoom)
    left = _placed(look.focus[0] * width - wide / 2, width - wide)
    top = _placed(look.focus[1] * height - high / 2, height - high)
    return left, top, left + wide, top + high


def fitted(box: Box, edge: int) -> tuple[int, int]:
    """Return width and height of the part when its longest side is at most `edge` pixels; nothing is made larger than it is."""
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, edge / max(wide, high))
    return max(1, round(wide * scale)), max(1, round(high * scale))


def _shape(own: float, look: Look) -> float:
    if look.fit != FILL or PORTRAITS[0] <= own <= PORTRAITS[1]:
        return own
    return CARD_SHAPE


def _placed(start: float, most: float) -> float:
    return min(max(start, 0.0), max(most, 0.0))
