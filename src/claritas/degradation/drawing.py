"""Lines, dots and letters with soft edges, drawn by their distance: the same on every machine.

No font is needed: letters are lines on a grid of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from claritas.degradation.greyscale import Pixels

Point = tuple[float, float]  # x, y in pixels from the top left corner
Line = tuple[Point, Point]

# Each letter: strokes, and in a stroke points as two digits, x of 0..4 and y of 0..6 downwards.
LETTERS = {
    "A": "06 20 46|13 33", "B": "00 06 36 45 44 33 03|33 42 41 30 00",
    "C": "41 30 10 01 05 16 36 45",
    "D": "00 06 26 44 42 20 00", "E": "40 00 06 46|03 33", "F": "40 00 06|03 33",
    "G": "41 30 10 01 05 16 36 45 43 23", "H": "00 06|40 46|03 43", "I": "10 30|20 26|16 36",
    "J": "40 45 36 16 05", "K": "00 06|40 03 46", "L": "00 06 46", "M": "06 00 23 40 46",
    "N": "06 00 46 40", "O": "10 30 41 45 36 16 05 01 10", "P": "06 00 30 41 42 33 03",
    "Q": "10 30 41 45 36 16 05 01 10|24 46", "R": "06 00 30 41 42 33 03|23 46",
    "S": "41 30 10 01 02 13 33 44 45 36 16 05", "T": "00 40|20 26", "U": "00 05 16 36 45 40",
    "V": "00 26 40", "W": "00 16 23 36 40", "X": "00 46|40 06", "Y": "00 23 40|23 26",
    "Z": "00 40 06 46", "0": "10 30 41 45 36 16 05 01 10|05 41", "1": "11 20 26|16 36",
    "2": "01 10 30 41 42 06 46", "3": "00 40 22 33 44 45 36 16 05", "4": "36 30 04 44",
    "5": "40 00 02 32 43 45 36 06", "6": "30 12 04 05 16 36 45 44 33 03", "7": "00 40 16",
    "8": "10 30 41 42 33 13 04 05 16 36 45 44 33 13 02 01 10", "9": "16 34 42 41 30 10 01 02 13 43",
}  # fmt: skip
GRID = 6.0  # units of a letter's height
ADVANCE = 5.6  # units from a letter to the next


def drawn(shape: tuple[int, int], lines: Iterable[Line], width: float) -> Pixels:
    """How much of each pixel lines with round ends cover, float32 (height, width), 0..1."""
    cover = np.zeros(shape, np.float32)
    reach = width / 2 + 1
    for (x0, y0), (x1, y1) in lines:
        left, right = _range(min(x0, x1) - reach, max(x0, x1) + reach, shape[1])
        top, bottom = _range(min(y0, y1) - reach, max(y0, y1) + reach, shape[0])
        if left >= right or top >= bottom:
            continue
        away = _distance(np.arange(left, right), np.arange(top, bottom), (x0, y0), (x1, y1))
        part = np.clip(width / 2 + 0.5 - away, 0, 1).astype(np.float32)
        np.maximum(cover[top:bottom, left:right], part, out=cover[top:bottom, left:right])
    return cover


def _range(low: float, high: float, length: int) -> tuple[int, int]:
    return max(0, math.floor(low)), min(length, math.ceil(high) + 1)


def _distance(
    columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], start: Point, end: Point
) -> npt.NDArray[np.float64]:
    """Of the pixels' centres from the line between two points."""
    x = columns[None, :] + 0.5 - start[0]
    y = rows[:, None] + 0.5 - start[1]
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / length, 0, 1) if length else 0.0
    return np.sqrt((x - along * dx) ** 2 + (y - along * dy) ** 2)


def joined(points: Sequence[Point]) -> list[Line]:
    """The lines from each point to the next."""
    return list(pairwise(points))


def text_lines(words: str, height: float, centre: Point, degrees: float) -> list[Line]:
    """The strokes of capital letters and digits, `height` pixels high, around `centre`, turned."""
    unit = height / GRID
    width = (len(words) * ADVANCE - (ADVANCE - 4)) * unit
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def placed(point: str, number: int) -> Point:
        x = (int(point[0]) + number * ADVANCE) * unit - width / 2
        y = int(point[1]) * unit - height / 2
        return centre[0] + x * cosine + y * sine, centre[1] - x * sine + y * cosine

    lines: list[Line] = []
    for number, letter in enumerate(words):
        for stroke in LETTERS.get(letter, "").split("|"):
            lines += joined([placed(point, number) for point in stroke.split()])
    return lines


def random_words(random: np.random.Generator) -> str:
    """One to three groups of two to eight letters and digits."""
    letters = list(LETTERS)
    groups = []
    for _ in range(int(random.integers(1, 4))):
        chosen = random.integers(0, len(letters), int(random.integers(2, 9)))
        groups.append("".join(letters[n] for n in chosen))
    return " ".join(groups)
