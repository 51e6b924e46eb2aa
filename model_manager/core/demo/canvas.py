"""Brushes for the drawn previews: gradients, glows, soft noise and a drawing surface twice as fine as the result.

Used by the painters alone. Everything follows from the numbers given, so one seed always gives one picture.
"""

import itertools
import math
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1024, 1536  # drawn at twice the size, then halved: smooth edges for next to nothing
Color = tuple[int, int, int]
Palette = tuple[Color, Color, Color, Color, Color]
Point = tuple[float, float]

# Five colours from dark to light, made for each other.
PALETTES: Final[dict[str, Palette]] = {
    "amber": ((38, 24, 44), (122, 46, 68), (214, 93, 66), (245, 165, 80), (255, 232, 178)),
    "dusk": ((22, 22, 58), (66, 44, 112), (150, 72, 146), (238, 128, 132), (255, 214, 178)),
    "sea": ((6, 28, 52), (14, 74, 104), (32, 138, 152), (118, 204, 190), (230, 246, 226)),
    "forest": ((12, 30, 30), (26, 70, 58), (70, 122, 74), (160, 178, 92), (240, 232, 176)),
    "rose": ((54, 18, 44), (128, 36, 82), (206, 84, 122), (244, 156, 160), (255, 226, 216)),
    "ice": ((18, 32, 64), (48, 86, 144), (104, 152, 206), (176, 212, 238), (244, 250, 255)),
    "mono": ((20, 20, 24), (66, 66, 74), (128, 128, 134), (194, 192, 188), (244, 240, 230)),
    "neon": ((14, 8, 40), (70, 14, 128), (196, 32, 170), (44, 196, 224), (224, 252, 250)),
    "clay": ((48, 34, 34), (120, 74, 60), (190, 120, 84), (226, 178, 132), (248, 234, 210)),
    "mint": ((16, 40, 48), (32, 96, 98), (88, 168, 142), (168, 220, 180), (242, 250, 226)),
    "violet": ((24, 14, 54), (76, 44, 142), (132, 98, 210), (190, 160, 240), (244, 234, 255)),
    "sun": ((60, 26, 20), (158, 58, 34), (232, 120, 44), (250, 190, 74), (255, 244, 204)),
}


def mix(a: Color, b: Color, share: float) -> Color:
    """Return the colour `share` of the way from `a` to `b`."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def sky(*colors: Color) -> Image.Image:
    """Return a canvas that runs through `colors` from top to bottom."""
    strip = Image.new("RGB", (1, len(colors)))
    strip.putdata(list(colors))
    return strip.resize((1, HEIGHT), Image.Resampling.BICUBIC).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)


def patches(rng: random.Random, colors: list[Color], across: int = 3) -> Image.Image:
    """Return a canvas of soft patches of `colors`, like cloth out of focus."""
    size = (across, across * 3 // 2)
    small = Image.new("RGB", size)
    small.putdata([rng.choice(colors) for _ in range(size[0] * size[1])])
    return small.resize((WIDTH // 4, HEIGHT // 4), Image.Resampling.BICUBIC).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)


def glow(image: Image.Image, center: Point, radius: float, color: Color, strength: float = 1.0) -> None:
    """Lay a soft round light on the image."""
    edge = round(radius * 2)
    light = Image.radial_gradient("L").point([round((255 - min(value * 1.42, 255)) ** 2 / 255 * strength) for value in range(256)])
    place = (round(center[0] - radius), round(center[1] - radius))
    image.paste(color, (*place, place[0] + edge, place[1] + edge), light.resize((edge, edge), Image.Resampling.BILINEAR))


def ball(image: Image.Image, center: Point, radius: float, light: Color, dark: Color) -> None:
    """Paint a ball lit from the upper left."""
    edge = round(radius * 2)
    shade = Image.radial_gradient("L").resize((edge * 2, edge * 2), Image.Resampling.BILINEAR)
    start = round(edge * 0.66)
    shade = shade.crop((start, start, start + edge, start + edge))
    tones = [mix(light, dark, min(value / 190, 1.0)) for value in range(256)]
    colored = Image.merge("RGB", [shade.point([tone[band] for tone in tones]) for band in range(3)])
    mask = Image.new("L", (edge, edge))
    ImageDraw.Draw(mask).ellipse((0, 0, edge - 1, edge - 1), fill=255)
    image.paste(colored, (round(center[0] - radius), round(center[1] - radius)), mask)


def ridge(rng: random.Random, base: float, rise: float, steps: int = 7) -> list[Point]:
    """Return a mountain line across the canvas by halving and shifting: 2**steps + 1 points."""
    heights = [rng.uniform(-rise, rise), rng.uniform(-rise, rise)]
    for _ in range(steps):
        rise *= 0.54
        between = [(a + b) / 2 + rng.uniform(-rise, rise) for a, b in itertools.pairwise(heights)]
        heights = [height for pair in zip(heights, [*between, 0.0], strict=True) for height in pair][:-1]
    return [(WIDTH * index / (len(heights) - 1), base + height) for index, height in enumerate(heights)]


def ground(line: Sequence[tuple[float, float]]) -> list[Point]:
    """Return the area below a line, down to the canvas's edge."""
    return [*line, (WIDTH, HEIGHT), (0, HEIGHT)]


def petal(start: Point, angle: float, length: float, half: float) -> list[Point]:
    """Return the outline of a leaf that grows from `start`; angle in radians."""
    along, side = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    points = []
    for step in range(33):
        share = step / 32
        swell = math.sin(share * math.pi)
        out, wide = length * swell**0.8, half * math.sin(share * math.tau) * (0.7 + 0.3 * swell)
        points.append((start[0] + along[0] * out + side[0] * wide, start[1] + along[1] * out + side[1] * wide))
    return points


def brush(image: Image.Image) -> ImageDraw.ImageDraw:
    """Return a brush whose colours may have a fourth number: how much they cover (0 to 255)."""
    return ImageDraw.Draw(image, "RGBA")
