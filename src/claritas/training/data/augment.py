"""More pictures than there are: changes that leave a picture a picture, drawn anew each time.

Both of a pair are changed alike. Where a recipe spoils each patch afresh, the
clean one is changed first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from claritas.degradation import exposure
from claritas.degradation.parameters import Number
from claritas.errors import UsageError
from claritas.image.picture import Array
from claritas.image.resize import imresize, mirror

MIXUP_BETA = 1.2  # of the distribution of a mixture's shares, Restormer's

# What each may be: a chance, or the range that a value is drawn from.
CHANCES = {"crop": 1.0, "flip": 0.5, "turn": 1.0, "mixup": 0.5, "channel_shuffle": 0.5}
RANGES = {
    "angle": Number(-180, 180, default=(-10, 10)),
    "scale": Number(0.1, 1, default=(0.5, 1)),
    "brightness": Number(0, 4, default=(0.8, 1.2)),
    "contrast": Number(0, 4, default=(0.8, 1.2)),
    "hue": Number(-180, 180, default=(-18, 18)),
    "gamma": Number(0.1, 10, default=(0.8, 1.25)),
}
UNCHANGED = {
    "angle": 0.0, "scale": 1.0, "brightness": 1.0, "contrast": 1.0, "hue": 0.0, "gamma": 1.0,
}  # fmt: skip
TONES = ("gamma", "brightness", "contrast")


@dataclass(frozen=True)
class Change:
    """What is done to one patch, and to its partner.

    Attributes
    ----------
    place
        Where the patch is cut, 0 to 1 down and across what room there is.
    turns, flip
        Quarter turns, then a mirror along the vertical axis.
    values
        A number for each of `RANGES`.
    order
        Of the channels.
    """

    place: tuple[float, float] = (0.5, 0.5)
    turns: int = 0
    flip: bool = False
    values: Mapping[str, float] = field(default_factory=lambda: UNCHANGED)
    order: tuple[int, ...] = (0, 1, 2)

    def source_side(self, side: int) -> int:
        """The side of the square that has to be cut for a patch of `side` pixels."""
        return math.ceil(self._before_turning(side) / self.values["scale"])

    def _before_turning(self, side: int) -> int:
        angle = math.radians(self.values["angle"])
        reach = abs(math.cos(angle)) + abs(math.sin(angle))
        return side if angle == 0 else math.ceil(side * reach) + 2

    def shaped(self, square: Array, side: int, grain: int = 1) -> Array:
        """A square of `source_side(side) * grain` pixels to its patch of `side * grain`."""
        before = self._before_turning(side) * grain
        if len(square) != before:
            square = imresize(square, size=(before, before))
        if self.values["angle"]:
            square = turned(square, self.values["angle"], side * grain)
        square = np.rot90(square, self.turns)
        return square[:, ::-1] if self.flip else square

    def toned(self, patch: Array) -> Array:
        """Gamma, brightness, contrast and hue changed, channels reordered; uint8."""
        if any(self.values[name] != 1 for name in TONES):
            patch = self._curve[patch]
        if self.values["hue"]:
            pixels = patch.astype(np.float32) / np.float32(255)
            shifted = exposure.hue(pixels, np.random.default_rng(0), degrees=self.values["hue"])
            patch = np.asarray(np.rint(np.clip(shifted, 0, 1) * np.float32(255)), np.uint8)
        return patch if self.order == (0, 1, 2) else patch[..., self.order]

    @cached_property
    def _curve(self) -> npt.NDArray[np.uint8]:
        """What the tones make of each of 256 levels."""
        level = (np.arange(256) / 255) ** self.values["gamma"]
        level = np.clip(level * self.values["brightness"], 0, 1)
        level = 0.5 + (level - 0.5) * self.values["contrast"]
        return np.asarray(np.rint(np.clip(level, 0, 1) * 255), np.uint8)


@dataclass(frozen=True)
class Augmentation:
    """What is drawn for each patch: chances and ranges by name."""

    chances: Mapping[str, float]
    ranges: Mapping[str, Any]

    def draw(self, random: np.random.Generator) -> Change:
        """The change of one patch."""
        # All numbers are drawn whatever is asked for, so that no name changes another's.
        place = random.random(), random.random()
        turns, luck = int(random.integers(4)), random.random(4)
        order = tuple(int(n) for n in random.permutation(3))
        values = {name: draw.draw(random) for name, draw in self.ranges.items()}
        return Change(
            place if luck[0] < self.chances.get("crop", 0) else (0.5, 0.5),
            turns if luck[1] < self.chances.get("turn", 0) else 0,
            bool(luck[2] < self.chances.get("flip", 0)),
            UNCHANGED | values,
            order if luck[3] < self.chances.get("channel_shuffle", 0) else (0, 1, 2),
        )

    def mixture(self, random: np.random.Generator) -> float:
        """The share that each sample of a batch keeps of itself; 1 where none are mixed."""
        mixed = random.random() < self.chances.get("mixup", 0)
        return float(random.beta(MIXUP_BETA, MIXUP_BETA)) if mixed else 1.0


def read_augmentation(table: Sequence[str] | Mapping[str, Any]) -> Augmentation:
    """The augmentation of `data.augment`: names, or names with their chance or range.

    Raises
    ------
    UsageError
        If a name is not known, or a value out of its limits.
    """
    named = table if isinstance(table, Mapping) else dict.fromkeys(table)
    for name in named:
        if name not in CHANCES and name not in RANGES:
            expected = ", ".join((*CHANCES, *RANGES))
            raise UsageError(f"data.augment has the unknown name {name!r}", expected)
    chances = {n: _chance(n, named[n]) for n in CHANCES if n in named}
    ranges = {n: _range(n, named[n]) for n in RANGES if n in named}
    return Augmentation(chances, ranges)


def _chance(name: str, value: Any) -> float:
    given = CHANCES[name] if value is None else value
    return Number(0, 1).checked(given, f"data.augment: {name}")


def _range(name: str, value: Any) -> Any:
    known = RANGES[name]
    default = known.default
    assert isinstance(default, tuple)
    return known.read(list(default) if value is None else value, f"data.augment: {name}", None)  # type: ignore[arg-type]


def turned(square: Array, degrees: float, side: int) -> Array:
    """The middle `side` pixels of a square turned counter-clockwise, by a cubic; uint8."""
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    middle = (len(square) - 1) / 2
    at = np.arange(side) - (side - 1) / 2
    rows = middle + at[:, None] * cosine + at[None, :] * sine
    columns = middle - at[:, None] * sine + at[None, :] * cosine
    return _sampled(square, rows, columns)


def _sampled(picture: Array, rows: Array, columns: Array) -> Array:
    """The picture at points between its pixels: Keys' cubic, sixteen taps, mirrored edges."""
    top, left = np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)
    down, across = _keys(rows - top), _keys(columns - left)
    result = np.zeros((*rows.shape, picture.shape[-1]), np.float32)
    for i in range(4):
        row = mirror(top + i - 1, picture.shape[0])
        for j in range(4):
            weight = (down[i] * across[j])[..., None]
            result += weight * picture[row, mirror(left + j - 1, picture.shape[1])]
    return np.asarray(np.rint(np.clip(result, 0, 255)), np.uint8)


def _keys(t: Array) -> list[npt.NDArray[np.float32]]:
    """Weights of the four taps at -1, 0, 1 and 2 for a point at `t` of 0..1."""
    weights = (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    return [weight.astype(np.float32) for weight in weights]
