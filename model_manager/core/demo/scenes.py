"""The demo previews' landscapes: each painter draws one motif in a palette, different for every seed.

Called by pictures.py alone. Nothing is loaded from disk or net.
"""

import math
import random

from PIL import Image, ImageDraw

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
    ridge,
    sky,
)


def hills(rng: random.Random, colors: Palette) -> Image.Image:
    """Ridges in the haze below a low sun."""
    image = sky(mix(colors[1], colors[0], 0.3), colors[2], colors[3], colors[4], colors[4])
    sun = (rng.uniform(0.25, 0.75) * WIDTH, rng.uniform(0.3, 0.46) * HEIGHT)
    glow(image, sun, 460, colors[4], 0.9)
    draw = brush(image)
    draw.ellipse((sun[0] - 92, sun[1] - 92, sun[0] + 92, sun[1] + 92), fill=mix(colors[4], (255, 255, 255), 0.6))
    layers = 6
    for layer in range(layers):
        depth = layer / (layers - 1)
        line = ridge(rng, HEIGHT * (0.5 + 0.42 * depth), 150 - 70 * depth)
        draw.polygon(ground(line), fill=mix(mix(colors[3], colors[4], 0.25), colors[0], depth**0.75))
    for x, y in rng.sample(line, 46):
        _fir(draw, x, y + 12, rng.uniform(34, 92), colors[0])
    return image


def _fir(draw: ImageDraw.ImageDraw, x: float, y: float, height: float, color: Color) -> None:
    for part in range(3):
        top, half = y - height + part * height * 0.24, height * (0.13 + part * 0.07)
        draw.polygon([(x, top), (x - half, top + height * 0.46), (x + half, top + height * 0.46)], fill=color)


def sea(rng: random.Random, colors: Palette) -> Image.Image:
    """A moon over water, its light broken by waves."""
    image = sky(colors[0], colors[1], colors[2], colors[3])
    horizon, x = HEIGHT * rng.uniform(0.52, 0.62), rng.uniform(0.3, 0.7) * WIDTH
    moon = (x, horizon - rng.uniform(230, 460))
    glow(image, moon, 520, colors[4], 0.8)
    ball(image, moon, 104, mix(colors[4], (255, 255, 255), 0.7), mix(colors[3], colors[4], 0.6))
    water = sky(mix(colors[2], colors[0], 0.45), colors[1], colors[0])
    image.paste(water.crop((0, 0, WIDTH, HEIGHT - round(horizon))), (0, round(horizon)))
    draw = brush(image)
    draw.polygon([*ridge(rng, horizon - 10, 46)[64:], (WIDTH, horizon), (WIDTH / 2, horizon)], fill=mix(colors[1], colors[0], 0.6))
    for step in range(130):
        y = horizon + 6 + (HEIGHT - horizon) * (step / 130) ** 1.25
        spread = 40 + (y - horizon) * 0.3
        for _ in range(3):
            middle, half = rng.gauss(x, spread), rng.uniform(12, 26 + spread * 0.42)
            draw.line((middle - half, y, middle + half, y), fill=(*colors[4], rng.randint(50, 190)), width=rng.randint(2, 6))
    boat = WIDTH * (0.26 if x > WIDTH / 2 else 0.7)
    y = horizon + 150
    draw.polygon([(boat - 66, y), (boat + 70, y), (boat + 44, y + 28), (boat - 46, y + 28)], fill=colors[0])
    draw.polygon([(boat + 2, y - 8), (boat + 2, y - 176), (boat + 64, y - 8)], fill=colors[4])
    draw.polygon([(boat - 8, y - 8), (boat - 8, y - 148), (boat - 54, y - 8)], fill=colors[3])
    return image


def ink(rng: random.Random, colors: Palette) -> Image.Image:
    """Misty mountains on paper, a branch, a red seal."""
    paper = mix(colors[4], (250, 244, 228), 0.6)
    image = sky(mix(paper, colors[3], 0.25), paper, paper)
    for layer in range(4):
        shape = Image.new("L", (WIDTH, HEIGHT))
        ImageDraw.Draw(shape).polygon(ground(ridge(rng, HEIGHT * (0.4 + layer * 0.14), 250 - layer * 36)), fill=255)
        top = HEIGHT * (0.22 + layer * 0.14)
        fade = [round(max(0.0, 1 - max(0.0, y - top) / 520) ** 1.3 * (90 + layer * 42)) for y in range(HEIGHT)]
        column = Image.new("L", (1, HEIGHT))
        column.putdata(fade)
        image.paste(colors[0], (0, 0), Image.composite(column.resize((WIDTH, HEIGHT)), Image.new("L", (WIDTH, HEIGHT)), shape))
    draw = brush(image)
    x, y, angle = float(WIDTH), HEIGHT * rng.uniform(0.1, 0.2), math.pi * 0.93
    for step in range(24):
        end = (x + math.cos(angle) * 34, y + math.sin(angle) * 34)
        draw.line((x, y, *end), fill=(*colors[0], 235), width=max(3, 22 - step))
        (x, y), angle = end, angle + rng.uniform(-0.24, 0.2)
        for _ in range(3):
            blossom = (x + rng.uniform(-50, 50), y + rng.uniform(-40, 60), rng.uniform(8, 19))
            color = mix(colors[2], (206, 52, 58), 0.5)
            draw.circle(blossom[:2], blossom[2], fill=(*color, 170))
    draw.rounded_rectangle((WIDTH - 190, HEIGHT - 230, WIDTH - 96, HEIGHT - 110), 14, fill=(186, 44, 42))
    for line in range(3):
        draw.line((WIDTH - 172, HEIGHT - 204 + line * 34, WIDTH - 114, HEIGHT - 204 + line * 34), fill=paper, width=8)
    return image


def city(rng: random.Random, colors: Palette) -> Image.Image:
    """Towers at night with lit windows, mirrored in a wet street."""
    image = sky(colors[0], colors[1], colors[2], colors[3], colors[4])
    glow(image, (rng.uniform(0.2, 0.8) * WIDTH, HEIGHT * 0.62), 620, colors[3], 0.8)
    floor = round(HEIGHT * 0.76)
    draw = brush(image)
    for layer in range(3):
        color, x = mix(mix(colors[2], colors[1], 0.5), colors[0], 0.25 + layer * 0.37), -40.0
        while x < WIDTH:
            width, height = rng.uniform(70, 190), rng.uniform(0.2, 0.72 - layer * 0.17) * HEIGHT
            draw.rectangle((x, floor - height, x + width, floor), fill=color)
            if rng.random() < 0.3:
                draw.line((x + width / 2, floor - height - 90, x + width / 2, floor - height), fill=color, width=6)
            _windows(rng, draw, (x, floor - height, width), floor, colors, layer)
            x += width + rng.uniform(-10, 34)
    mirror = image.crop((0, floor * 2 - HEIGHT, WIDTH, floor)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    narrow = mirror.resize((WIDTH // 3, 40), Image.Resampling.BOX).resize(mirror.size, Image.Resampling.BICUBIC)
    image.paste(Image.blend(narrow, Image.new("RGB", mirror.size, colors[0]), 0.42), (0, floor))
    return image


def _windows(
    rng: random.Random, draw: ImageDraw.ImageDraw, tower: tuple[float, float, float], floor: int, colors: Palette, layer: int
) -> None:
    x, top, width = tower
    for row in range(int(top) + 24, floor - 20, 34):
        for column in range(int(x) + 12, int(x + width) - 16, 26):
            if rng.random() < 0.16 + layer * 0.13:
                color = rng.choice((colors[4], colors[3], mix(colors[4], (255, 220, 140), 0.6)))
                draw.rectangle((column, row, column + 11, row + 17), fill=(*color, 120 + layer * 60))


def space(rng: random.Random, colors: Palette) -> Image.Image:
    """A planet before clouds of gas and stars."""
    image = patches(rng, [(6, 6, 16), colors[0], mix(colors[0], colors[1], 0.7), colors[1]], 4)
    for _ in range(3):
        glow(image, (rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)), rng.uniform(380, 640), rng.choice(colors[1:4]), 0.55)
    draw = brush(image)
    for _ in range(420):
        x, y, half = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.choice((1, 1, 1.5, 2, 3))
        draw.ellipse((x - half, y - half, x + half, y + half), fill=(255, 255, 255, rng.randint(90, 255)))
    center, radius = (WIDTH * rng.uniform(0.35, 0.65), HEIGHT * rng.uniform(0.38, 0.6)), rng.uniform(210, 320)
    glow(image, center, radius * 1.7, colors[3], 0.6)
    ball(image, center, radius, colors[4], mix(colors[1], (0, 0, 0), 0.55))
    for ring in range(5):
        wide, flat = radius * (1.36 + ring * 0.1), radius * (0.3 + ring * 0.022)
        box = (center[0] - wide, center[1] - flat, center[0] + wide, center[1] + flat)
        draw.arc(box, -12, 192, fill=(*mix(colors[3], colors[4], ring / 5), 190), width=12)
    ball(image, (center[0] + radius * 1.2, center[1] - radius * 1.25), radius * 0.2, colors[3], colors[0])
    return image


def arches(rng: random.Random, colors: Palette) -> Image.Image:
    """Nested arches with a low sun, like a printed poster."""
    image = sky(mix(colors[4], (255, 255, 255), 0.25), colors[4])
    draw = brush(image)
    middle, foot = WIDTH * rng.uniform(0.45, 0.55), HEIGHT * 0.86
    for index in range(5):
        half = 430 - index * 82
        top, color = HEIGHT * 0.14 + index * 110, mix(colors[min(index + 1, 4)], colors[3], 0.3 if index == 3 else 0.0)
        draw.ellipse((middle - half, top, middle + half, top + half * 2), fill=color)
        draw.rectangle((middle - half, top + half, middle + half, foot), fill=color)
    radius = rng.uniform(64, 92)
    glow(image, (middle, HEIGHT * 0.64), 300, colors[3], 0.6)
    draw.ellipse(
        (middle - radius, HEIGHT * 0.64 - radius, middle + radius, HEIGHT * 0.64 + radius), fill=mix(colors[2], (232, 88, 60), 0.5)
    )
    draw.rectangle((0, foot, WIDTH, HEIGHT), fill=mix(colors[0], colors[1], 0.4))
    for side in (-1, 1):
        pot = middle + side * rng.uniform(270, 350)
        draw.polygon([(pot - 62, foot - 110), (pot + 62, foot - 110), (pot + 44, foot + 30), (pot - 44, foot + 30)], fill=colors[0])
        for leaf in range(9):
            length = rng.uniform(190, 330)
            blade = petal((pot, foot - 104), -math.pi * (0.16 + leaf * 0.085), length, length * 0.14)
            draw.polygon(blade, fill=mix(colors[0], colors[2], leaf / 10))
    return image
