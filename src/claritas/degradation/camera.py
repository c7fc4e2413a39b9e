"""The noise of a sensor, where it arises: in raw values, before the camera has developed them.

After "Unprocessing Images for Learned Raw Denoising" (Brooks et al. 2019) and
its published code; gains, matrices and noise levels are theirs. Unlike there,
the way forward applies all that the way back undid, the overall gain and the
tone curve too: without noise the picture comes back, but for its mosaic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from claritas.degradation.blur import convolve_inside
from claritas.degradation.greyscale import Pixels

Float64 = npt.NDArray[np.float64]

GAMMA = 2.2
DARKEST = 1e-8  # where a power of 1 / 2.2 would be too steep
SHOT = (1e-4, 0.012)  # drawn evenly by its logarithm
# log(read) is normal about slope * log(shot) + intercept.
READ_SLOPE, READ_INTERCEPT, READ_DEVIATION = 2.18, 1.20, 0.26
OVERALL_GAIN = (0.8, 0.1)  # one over it is normal: mean, deviation
RED_GAIN = (1.9, 2.4)
BLUE_GAIN = (1.5, 1.9)
BRIGHT = 0.9  # from here on gains are not undone, so that white stays white

SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# Of four cameras, by row.
XYZ_TO_CAMERA = np.array(
    [
        [1.0234, -0.2969, -0.2266, -0.5625, 1.6328, -0.0469, -0.0703, 0.2188, 0.6406],
        [0.4913, -0.0541, -0.0202, -0.613, 1.3513, 0.2906, -0.1564, 0.2151, 0.7183],
        [0.838, -0.263, -0.0639, -0.2887, 1.0725, 0.2496, -0.0627, 0.1427, 0.5438],
        [0.6596, -0.2079, -0.0562, -0.4782, 1.3016, 0.1933, -0.097, 0.1581, 0.5181],
    ]
).reshape(4, 3, 3)

CROSS = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / np.float32(4)
SQUARE = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / np.float32(4)


@dataclass(frozen=True)
class Camera:
    """How a camera sees: its colours (each row sums to 1) and its gains of red, green and blue."""

    colours: Float64  # (3, 3), from linear RGB
    gains: Float64  # (3,)


def camera_noise(
    picture: Pixels, random: np.random.Generator, *, shot: float | None, read: float | None
) -> Pixels:
    """Noise of the variance shot * x + read at the raw value x, seen through a random camera.

    Where they are not given, `shot` is drawn from `SHOT`, and `read` so as it
    goes with that.
    """
    camera = random_camera(random)
    drawn_shot, drawn_read = random_levels(random, shot)
    raw = mosaic(unprocessed(picture, camera))
    noisy = with_noise(raw, random, drawn_shot, drawn_read if read is None else read)
    return processed(noisy, camera)


def with_noise(raw: Float64, random: np.random.Generator, shot: float, read: float) -> Float64:
    """Raw values with the noise of light that is counted and of electronics that read it."""
    return np.asarray(raw + random.standard_normal(raw.shape) * np.sqrt(shot * raw + read))


def random_camera(random: np.random.Generator) -> Camera:
    """A mixture of four real ones, in a random light."""
    weights = random.random(4)
    weights /= weights.sum()
    mixed = sum(w * one for w, one in zip(weights, XYZ_TO_CAMERA, strict=True))
    colours = _product(np.asarray(mixed), SRGB_TO_XYZ)
    overall = 1 / random.normal(*OVERALL_GAIN)
    red, blue = random.uniform(*RED_GAIN), random.uniform(*BLUE_GAIN)
    gains = overall * np.array([red, 1, blue])
    return Camera(colours / colours.sum(axis=1, keepdims=True), gains)


def random_levels(random: np.random.Generator, shot: float | None) -> tuple[float, float]:
    """Shot noise, drawn if it is None, and a read noise that goes with it."""
    low, high = (math.log(one) for one in SHOT)
    log_shot = random.uniform(low, high)
    log_shot = log_shot if not shot else math.log(shot)
    log_read = random.normal(READ_SLOPE * log_shot + READ_INTERCEPT, READ_DEVIATION)
    return (math.exp(log_shot) if shot is None else shot), math.exp(log_read)


def unprocessed(picture: Pixels, camera: Camera) -> Float64:
    """From what is shown to what the sensor got: (height, width, 3), 0..1."""
    shown = np.clip(picture, 0, 1).astype(np.float64)
    toned = 0.5 - np.sin(np.arcsin(1 - 2 * shown) / 3)
    light = _mixed(np.maximum(toned, DARKEST) ** GAMMA, camera.colours)
    grey = light.mean(axis=2, keepdims=True)
    bright = (np.maximum(grey - BRIGHT, 0) / (1 - BRIGHT)) ** 2
    less = 1 / camera.gains
    return np.asarray(np.clip(light * np.maximum(bright + (1 - bright) * less, less), 0, 1))


def processed(raw: Float64, camera: Camera) -> Pixels:
    """A mosaic (height, width) developed: gains, colours, gamma, tone."""
    filters = _filters(*raw.shape)
    gained = np.clip(raw * (filters * camera.gains).sum(axis=2), 0, 1)
    seen = demosaicked(gained.astype(np.float32)).astype(np.float64)
    light = np.clip(_mixed(seen, inverse(camera.colours)), 0, 1)
    x = np.maximum(light, DARKEST) ** (1 / GAMMA)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def mosaic(picture: Float64) -> Float64:
    """One colour a pixel, (height, width): red and green in even rows, green and blue in odd."""
    return np.asarray((picture * _filters(*picture.shape[:2])).sum(axis=2))


def _filters(height: int, width: int) -> npt.NDArray[np.bool_]:
    """Which colour each pixel of the sensor sees: (height, width, 3)."""
    odd_row, odd_column = np.arange(height)[:, None] % 2 == 1, np.arange(width)[None, :] % 2 == 1
    return np.stack([~odd_row & ~odd_column, odd_row ^ odd_column, odd_row & odd_column], axis=2)


def demosaicked(raw: Pixels) -> Pixels:
    """The mean of the nearest pixels of each colour, (height, width, 3)."""
    # Mirrored about the edge pixel, so that the pattern goes on.
    padded = np.pad(raw[..., None] * _filters(*raw.shape), ((1, 1), (1, 1), (0, 0)), "reflect")
    planes = zip(np.split(padded, 3, axis=2), (SQUARE, CROSS, SQUARE), strict=True)
    return np.concatenate([convolve_inside(plane, kernel) for plane, kernel in planes], axis=2)


def _mixed(picture: Float64, matrix: Float64) -> Float64:
    """Colours times a matrix, term by term: the same on every processor."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return np.stack([red * row[0] + green * row[1] + blue * row[2] for row in matrix], axis=2)


def _product(first: Float64, second: Float64) -> Float64:
    return np.asarray((first[:, :, None] * second[None, :, :]).sum(axis=1))


def inverse(matrix: Float64) -> Float64:
    """Of 3x3, by cross products."""
    a, b, c = matrix
    columns = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    return np.asarray(columns / (a * columns[:, 0]).sum())
