"""The demo previews' patterns and still lifes: each painter draws one motif in a palette, different for every seed.

Called by pictures.py alone. Nothing is loaded from disk or net.
"""

import itertools
import math
import random

from PIL import Image

from model_manager.core.demo.canvas import (
    HEIGHT,
    WIDTH,
    Color,
    Palette,
    ball,
    brush,
    glow,
    ground,
    mix,
    patches,
    petal,
    sky,
)


def flower(rng: random.Random, colors: Palette) -> Image.Image:
    """One large blossom of see-through petals."""
    image = patches(rng, [colors[0], mix(colors[0], colors[1], 0.6), colors[1]])
    middle = (WIDTH * rng.uniform(0.42, 0.58), HEIGHT * rng.uniform(0.38, 0.46))
    glow(image, middle, 700, colors[2], 0.7)
    draw = brush(image)
    stem = [(middle[0] + 60 * math.sin(step / 5), middle[1] + step * 62) for step in range(18)]
    draw.line(stem, fill=mix(colors[0], (40, 110, 70), 0.55), width=20, joint="curve")
    petals, turn = rng.choice((7, 8, 9, 11, 13)), rng.uniform(0, 1)
    for ring, length in enumerate((450, 350, 250, 160)):
        color = mix(colors[2], colors[4], ring / 3.4)
        for index in range(petals):
            angle = (index + turn + ring * 0.5) / petals * math.tau
            draw.polygon(petal(middle, angle, length, length * 1.7 / petals + 26), fill=(*color, 150), outline=(*colors[4], 90))
    ball(image, middle, 62, mix(colors[4], (255, 255, 255), 0.4), colors[3])
    return image


def tiles(rng: random.Random, colors: Palette) -> Image.Image:
    """A poster of circles, quarters and stripes on a grid."""
    edge = 256
    image = Image.new("RGB", (WIDTH, HEIGHT), colors[4])
    draw = brush(image)
    for row in range(HEIGHT // edge):
        for column in range(WIDTH // edge):
            back, front, third = rng.sample(colors, 3)
            x, y = column * edge, row * edge
            draw.rectangle((x, y, x + edge, y + edge), fill=back)
            form = rng.randrange(6)
            if form == 0:
                draw.ellipse((x + 20, y + 20, x + edge - 20, y + edge - 20), fill=front)
                draw.ellipse((x + 84, y + 84, x + edge - 84, y + edge - 84), fill=third)
            elif form in (1, 2):
                corner_x, corner_y = x - edge * rng.randrange(2), y - edge * rng.randrange(2)
                for inset, color in ((0, front), (88, third), (176, back)):
                    box = (corner_x + inset, corner_y + inset, corner_x + edge * 2 - inset, corner_y + edge * 2 - inset)
                    _clipped_ellipse(image, (x, y, x + edge, y + edge), box, color)
            elif form == 3:
                draw.polygon([(x, y), (x + edge, y), (x, y + edge)], fill=front)
            elif form == 4:
                for stripe in range(0, edge, 64):
                    draw.rectangle((x, y + stripe, x + edge, y + stripe + 31), fill=front)
            else:
                middle, near, far = edge // 2, 16, edge - 16
                draw.polygon([(x + middle, y + near), (x + far, y + middle), (x + middle, y + far), (x + near, y + middle)], fill=front)
    return image


def _clipped_ellipse(image: Image.Image, tile: tuple[int, int, int, int], box: tuple[int, int, int, int], color: Color) -> None:
    part = image.crop(tile)
    brush(part).ellipse((box[0] - tile[0], box[1] - tile[1], box[2] - tile[0], box[3] - tile[1]), fill=color)
    image.paste(part, tile[:2])


def waves(rng: random.Random, colors: Palette) -> Image.Image:
    """Layers of cut paper, each with its shadow."""
    image = sky(colors[4], mix(colors[4], colors[3], 0.6))
    sun = (rng.uniform(0.3, 0.7) * WIDTH, HEIGHT * 0.2)
    draw = brush(image)
    draw.ellipse((sun[0] - 150, sun[1] - 150, sun[0] + 150, sun[1] + 150), fill=mix(colors[3], colors[2], 0.4))
    phase, layers = rng.uniform(0, math.tau), 9
    for layer in range(layers):
        share = layer / (layers - 1)
        base, swing, beat = HEIGHT * (0.24 + 0.7 * share), rng.uniform(40, 92), rng.uniform(0.7, 1.6)
        phase += rng.uniform(0.6, 2.2)
        line = [(x, base + swing * math.sin(x / WIDTH * beat * math.tau + phase)) for x in range(0, WIDTH + 17, 16)]
        for width, cover in ((52, 14), (34, 20), (16, 28)):
            draw.line(line, fill=(*colors[0], cover), width=width)
        tone = 3 - share * 2.999
        draw.polygon(ground(line), fill=mix(colors[int(tone)], colors[int(tone) + 1], tone % 1 * 0.5))
    return image


def facets(rng: random.Random, colors: Palette) -> Image.Image:
    """A gem's surface: triangles that catch the light."""
    columns, rows = 7, 10
    wide, high = WIDTH / (columns - 1), HEIGHT / (rows - 1)
    grid = [
        [((column + rng.uniform(-0.34, 0.34)) * wide, (row + rng.uniform(-0.34, 0.34)) * high) for column in range(-1, columns + 1)]
        for row in range(-1, rows + 1)
    ]
    image = Image.new("RGB", (WIDTH, HEIGHT), colors[2])
    draw = brush(image)
    light = (rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.1, 0.5) * HEIGHT)
    for upper, lower in itertools.pairwise(grid):
        for index in range(len(upper) - 1):
            a, b, c, d = upper[index], upper[index + 1], lower[index + 1], lower[index]
            for corners in ((a, b, c), (a, c, d)) if rng.random() < 0.5 else ((a, b, d), (b, c, d)):
                x, y = sum(corner[0] for corner in corners) / 3, sum(corner[1] for corner in corners) / 3
                tone = min(max(4.2 - math.dist((x, y), light) / 330 + rng.uniform(-0.5, 0.5), 0), 3.999)
                draw.polygon(corners, fill=mix(colors[int(tone)], colors[int(tone) + 1], tone % 1))
    return image


def spheres(rng: random.Random, colors: Palette) -> Image.Image:
    """Polished balls floating before a soft background."""
    image = patches(rng, [colors[4], mix(colors[3], colors[4], 0.5), colors[3]])
    placed: list[tuple[float, float, float]] = []
    for _ in range(240):
        radius = rng.uniform(50, 210) * (1 if len(placed) < 4 else 0.6)
        x, y = rng.uniform(radius, WIDTH - radius), rng.uniform(radius, HEIGHT - radius)
        if len(placed) < 15 and all(math.dist((x, y), other[:2]) > radius + other[2] + 8 for other in placed):
            placed.append((x, y, radius))
    for x, y, radius in placed:
        glow(image, (x + radius * 0.3, y + radius * 0.6), radius * 1.35, colors[1], 0.6)
    for x, y, radius in placed:
        tone = rng.randrange(1, 4)
        ball(image, (x, y), radius, mix(colors[tone + 1], (255, 255, 255), 0.35), mix(colors[tone - 1], colors[tone], 0.3))
        glow(image, (x - radius * 0.36, y - radius * 0.4), radius * 0.34, (255, 255, 255), 0.85)
    return image


def leaves(rng: random.Random, colors: Palette) -> Image.Image:
    """Branches growing across a plain ground."""
    image = sky(mix(colors[4], colors[3], 0.2), colors[4])
    draw = brush(image)
    draw.ellipse((WIDTH * 0.16, HEIGHT * 0.2, WIDTH * 0.84, HEIGHT * 0.2 + WIDTH * 0.68), fill=mix(colors[3], colors[4], 0.3))
    for branch in range(5):
        x, y, angle = WIDTH * (0.1 + 0.2 * branch) + rng.uniform(-40, 40), float(HEIGHT + 20), -math.pi / 2 + (branch - 2) * 0.09
        color, bend, steps = mix(colors[0], colors[2], rng.random()), rng.uniform(-0.05, 0.05), rng.randint(15, 23)
        for step in range(steps):
            end = (x + math.cos(angle) * 56, y + math.sin(angle) * 56)
            draw.line((x, y, *end), fill=color, width=max(3, 12 - step // 2))
            (x, y), angle = end, angle + bend
            size = 190 * math.sin((step + 4) / (steps + 6) * math.pi)
            for side in (-1, 1):
                draw.polygon(petal((x, y), angle + side * rng.uniform(0.7, 1.0), size, size * 0.27), fill=(*color, 226))
    return image
