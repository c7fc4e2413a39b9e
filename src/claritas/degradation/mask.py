"""Holes to be painted in: each step gives a mask, (height, width), 1 where the picture is gone.

Lengths are shares of the picture's shorter side unless they are said to be in
pixels, so that a recipe means the same for pictures of all sizes.
"""

from __future__ import annotations

import math

import numpy as np

from claritas.degradation.drawing import Point, drawn, joined, random_words, text_lines
from claritas.degradation.greyscale import Pixels

HOLE = np.float32(128 / 255)  # what a net sees where the picture is gone: middle grey of 8 bits


def with_hole(picture: Pixels, mask: Pixels) -> Pixels:
    """A picture (height, width, channels), even grey where `mask` (height, width) is 1."""
    return np.where(mask[..., None] > 0, HOLE, picture)


def boxes(picture: Pixels, random: np.random.Generator, *, count: int, side: float) -> Pixels:
    """Upright rectangles; each side is 0.5 to 1 of `side`, which is a share of that axis."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for _ in range(count):
        tall, wide = (
            max(1, round(length * side * random.uniform(0.5, 1))) for length in (height, width)
        )
        top = int(random.integers(height - tall + 1))
        left = int(random.integers(width - wide + 1))
        mask[top : top + tall, left : left + wide] = 1
    return mask


def strokes(picture: Pixels, random: np.random.Generator, *, count: int, width: float) -> Pixels:
    """Brush strokes as DeepFill v2 makes them (Yu et al. 2019): 4 to 11 joints, zigzag."""
    shape = picture.shape[:2]
    mask = np.zeros(shape, np.float32)
    for _ in range(count):
        points = _zigzag(shape, random)
        mask = np.maximum(mask, drawn(shape, joined(points), width * min(shape)))
    mask = mask[::-1] if random.random() < 0.5 else mask
    mask = mask[:, ::-1] if random.random() < 0.5 else mask
    return _hard(mask)


def _zigzag(shape: tuple[int, int], random: np.random.Generator) -> list[Point]:
    height, width = shape
    mean = math.sqrt(height * height + width * width) / 8
    low = 2 * math.pi / 5 - random.uniform(0, 2 * math.pi / 15)
    high = 2 * math.pi / 5 + random.uniform(0, 2 * math.pi / 15)
    points = [(random.uniform(0, width), random.uniform(0, height))]
    for number in range(int(random.integers(4, 12))):
        angle = random.uniform(low, high)
        angle = 2 * math.pi - angle if number % 2 == 0 else angle
        length = float(np.clip(random.normal(mean, mean / 2), 0, 2 * mean))
        x = points[-1][0] + length * math.cos(angle)
        y = points[-1][1] + length * math.sin(angle)
        points.append((float(np.clip(x, 0, width)), float(np.clip(y, 0, height))))
    return points


def scratches(picture: Pixels, random: np.random.Generator, *, count: int, width: float) -> Pixels:
    """Long thin lines that waver, `width` pixels wide, more upright than not: old photographs."""
    shape = picture.shape[:2]
    mask = np.zeros(shape, np.float32)
    for _ in range(count):
        mask = np.maximum(mask, drawn(shape, joined(_wavering(shape, random)), width))
    return _hard(mask)


def _wavering(shape: tuple[int, int], random: np.random.Generator) -> list[Point]:
    angle = random.normal(math.pi / 2, 0.5)
    step = random.uniform(0.2, 1) * max(shape) / 10
    points = [(random.uniform(0, shape[1]), random.uniform(0, shape[0]))]
    for _ in range(10):
        angle += random.normal(0, 0.12)
        points.append(
            (points[-1][0] + step * math.cos(angle), points[-1][1] + step * math.sin(angle))
        )
    return points


def text(
    picture: Pixels, random: np.random.Generator, *, lines: int, height: float, angle: float
) -> Pixels:
    """Lines of capital letters and digits, `height` high, anywhere, all at one angle."""
    shape = picture.shape[:2]
    tall = max(5.0, height * min(shape))
    mask = np.zeros(shape, np.float32)
    for _ in range(lines):
        centre = random.uniform(0, shape[1]), random.uniform(0, shape[0])
        strokes_of_text = text_lines(random_words(random), tall, centre, angle)
        mask = np.maximum(mask, drawn(shape, strokes_of_text, tall * random.uniform(0.08, 0.2)))
    return _hard(mask)


def _hard(cover: Pixels) -> Pixels:
    """1 wherever anything was drawn: a pixel that is touched is spoiled."""
    return np.asarray(cover > 0, np.float32)
