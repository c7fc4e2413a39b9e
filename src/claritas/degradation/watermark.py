"""Watermarks: J = (1 - a M) I + a M W with opacity a, shape M and colours W."""

from __future__ import annotations

import math

import numpy as np

from claritas.degradation.drawing import Line, Point, drawn, joined, random_words, text_lines
from claritas.degradation.greyscale import Pixels

MOST_TILES = 400


def blended(picture: Pixels, shape: Pixels, colour: Pixels, opacity: float) -> Pixels:
    """A watermark (height, width), 0..1, of a colour (3,) laid over a picture."""
    weight = (shape * np.float32(opacity))[..., None]
    return picture * (1 - weight) + colour * weight


def text(
    picture: Pixels,
    random: np.random.Generator,
    *,
    opacity: float,
    height: float,
    angle: float,
    tiled: float,
) -> Pixels:
    """Words, `height` (of the shorter side) high; all over the picture with the chance `tiled`."""
    shape = picture.shape[:2]
    tall = max(5.0, height * min(shape))
    words = random_words(random)
    centre = random.uniform(0, shape[1]), random.uniform(0, shape[0])
    centres = [centre]
    if random.random() < tiled:
        centres = _grid(shape, tall * (len(words) + 2), tall * 4, centre)
    lines: list[Line] = []
    for one in centres:
        lines += text_lines(words, tall, one, angle)
    cover = drawn(shape, lines, tall * random.uniform(0.08, 0.2))
    return blended(picture, cover, _colour(random), opacity)


def _grid(shape: tuple[int, int], wide: float, tall: float, centre: Point) -> list[Point]:
    """Points all over the picture, one of them `centre`, not too many."""
    columns = np.arange(centre[0] % wide, shape[1] + wide, wide)
    rows = np.arange(centre[1] % tall, shape[0] + tall, tall)
    return [(float(x), float(y)) for y in rows for x in columns][:MOST_TILES]


def logo(picture: Pixels, random: np.random.Generator, *, opacity: float, size: float) -> Pixels:
    """A ring, a star, bars and letters at random, `size` (of the shorter side) wide."""
    shape = picture.shape[:2]
    radius = max(3.0, size * min(shape) / 2)
    centre = random.uniform(0, shape[1]), random.uniform(0, shape[0])
    turn = random.uniform(0, 360)
    pen = radius * random.uniform(0.06, 0.2)
    result = picture
    for make in (_ring, _star, _bars, _initials):
        if random.random() < 0.6 or make is _initials:
            cover = drawn(shape, make(centre, radius, turn, random), pen)
            result = blended(result, cover, _colour(random), opacity)
    return result


def _around(centre: Point, radius: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def _ring(centre: Point, radius: float, turn: float, random: np.random.Generator) -> list[Line]:
    corners = int(random.choice([3, 4, 6, 32]))
    points = [_around(centre, radius, turn + 360 * n / corners) for n in range(corners + 1)]
    return joined(points)


def _star(centre: Point, radius: float, turn: float, random: np.random.Generator) -> list[Line]:
    count = int(random.integers(3, 9))
    return [(centre, _around(centre, radius * 0.8, turn + 360 * n / count)) for n in range(count)]


def _bars(centre: Point, radius: float, turn: float, random: np.random.Generator) -> list[Line]:
    lines: list[Line] = []
    for n in range(int(random.integers(2, 5))):
        middle = _around(centre, radius * (0.3 * n - 0.4), turn + 90)
        half = radius * random.uniform(0.3, 0.8)
        lines.append((_around(middle, half, turn), _around(middle, -half, turn)))
    return lines


def _initials(centre: Point, radius: float, turn: float, random: np.random.Generator) -> list[Line]:
    word = random_words(random)[: int(random.integers(1, 4))]
    return text_lines(word, radius * 0.9, centre, turn)


def _colour(random: np.random.Generator) -> Pixels:
    """White, black or any colour, (3,)."""
    kind = random.random()
    if kind < 0.5:
        return np.ones(3, np.float32)
    if kind < 0.6:
        return np.zeros(3, np.float32)
    return random.random(3, np.float32)
