"""Blur: a kernel for each kind, and one convolution.

Kernels are float32 (height, width) with odd sides and sum to 1. They are
computed in float64 and then rounded, and pixels are added tap by tap in one
order, so that every machine gives the same picture. Formulas of the Gaussian
family and of sinc: Real-ESRGAN (Wang et al. 2021) and its published code.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from claritas.degradation.greyscale import Pixels
from claritas.errors import UsageError

Kernel = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

LARGEST_KERNEL = 255  # pixels a side
# A Gaussian beyond three sigma holds 0.3 % of its weight.
SIGMAS_IN_A_RADIUS = 3
ROWS_AT_ONCE = 64  # few enough to stay in the processor's cache
POINTS_A_PIXEL = 16  # of the discs and lines that are drawn by sampling


def gaussian(
    picture: Pixels, _random: np.random.Generator, *, sigma: float, size: int | None
) -> Pixels:
    """The same blur in all directions; `sigma` in pixels."""
    line = gaussian_line(sigma, size)
    return convolve(convolve(picture, line[None, :]), line[:, None])


def anisotropic(
    picture: Pixels,
    _random: np.random.Generator,
    *,
    sigma_x: float,
    sigma_y: float | None,
    angle: float,
    size: int | None,
) -> Pixels:
    """A Gaussian with two sigmas, turned by `angle` degrees, counter-clockwise."""
    return convolve(picture, normalised(np.exp(-_form(sigma_x, sigma_y, angle, size) / 2)))


def generalised(
    picture: Pixels,
    _random: np.random.Generator,
    *,
    sigma_x: float,
    sigma_y: float | None,
    angle: float,
    beta: float,
    size: int | None,
) -> Pixels:
    """exp(-Q^beta / 2): 1 is a Gaussian, less is peaked, more is flat."""
    form = _form(sigma_x, sigma_y, angle, size)
    return convolve(picture, normalised(np.exp(-(form**beta) / 2)))


def plateau(
    picture: Pixels,
    _random: np.random.Generator,
    *,
    sigma_x: float,
    sigma_y: float | None,
    angle: float,
    beta: float,
    size: int | None,
) -> Pixels:
    """1 / (1 + Q^beta)."""
    form = _form(sigma_x, sigma_y, angle, size)
    return convolve(picture, normalised(1 / (1 + form**beta)))


def sinc(picture: Pixels, _random: np.random.Generator, *, cutoff: float, size: int) -> Pixels:
    """A low pass with a sharp edge, which rings; `cutoff` in radians a pixel, at most pi."""
    return convolve(picture, sinc_kernel(cutoff, size))


def motion(picture: Pixels, _random: np.random.Generator, *, length: float, angle: float) -> Pixels:
    """A straight move of `length` pixels at constant speed; 0 degrees is along x."""
    return convolve(picture, motion_kernel(length, angle))


def defocus(picture: Pixels, _random: np.random.Generator, *, radius: float) -> Pixels:
    """A lens out of focus: an even disc."""
    return convolve(picture, disc_kernel(radius))


def by_kernel(picture: Pixels, _random: np.random.Generator, *, file: Kernel) -> Pixels:
    """Convolution with a kernel that `read_kernel` has read."""
    return convolve(picture, file)


def convolve(picture: Pixels, kernel: Kernel) -> Pixels:
    """Convolution of each channel; the border is mirrored, the edge pixel repeated."""
    rows, columns = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(picture, ((rows, rows), (columns, columns), (0, 0)), mode="symmetric")
    return convolve_inside(padded, kernel)


def convolve_inside(picture: Pixels, kernel: Kernel) -> Pixels:
    """Convolution where the whole kernel lies within the picture, so the result is smaller."""
    height = picture.shape[0] - kernel.shape[0] + 1
    width = picture.shape[1] - kernel.shape[1] + 1
    result = np.zeros((height, width, picture.shape[2]), np.float32)
    turned = kernel[::-1, ::-1]
    for top in range(0, height, ROWS_AT_ONCE):
        block = result[top : top + ROWS_AT_ONCE]
        for y, x in np.argwhere(turned):
            block += turned[y, x] * picture[top + y : top + y + len(block), x : x + width]
    return result


def normalised(weights: Float64) -> Kernel:
    """Weights that sum to 1."""
    return np.asarray(weights / weights.sum(), np.float32)


def size_for(sigma: float) -> int:
    """The side of a kernel that holds nearly all of a Gaussian."""
    return 2 * max(1, math.ceil(SIGMAS_IN_A_RADIUS * sigma)) + 1


def gaussian_line(sigma: float, size: int | None = None) -> Kernel:
    """One axis of a Gaussian kernel, (size,)."""
    x = _centred(size or size_for(sigma))
    return normalised(np.exp(-(x**2) / (2 * sigma**2)))


def _centred(size: int) -> Float64:
    return np.arange(size, dtype=np.float64) - size // 2


def _form(sigma_x: float, sigma_y: float | None, angle: float, size: int | None) -> Float64:
    """Q = x^T S^-1 x with S = R diag(sigma_x^2, sigma_y^2) R^T, (size, size)."""
    sigma_y = sigma_y or sigma_x
    size = size or size_for(max(sigma_x, sigma_y))
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    y, x = _centred(size)[:, None], _centred(size)[None, :]
    # Rows count downwards, angles upwards.
    along, across = x * cosine - y * sine, y * cosine + x * sine
    return (along / sigma_x) ** 2 + (across / sigma_y) ** 2


def sinc_kernel(cutoff: float, size: int) -> Kernel:
    """cutoff J1(cutoff r) / (2 pi r), and cutoff^2 / (4 pi) in the centre."""
    r = np.hypot(_centred(size)[:, None], _centred(size)[None, :])
    r[size // 2, size // 2] = 1
    weights = cutoff * bessel_j1(cutoff * r) / (2 * math.pi * r)
    weights[size // 2, size // 2] = cutoff**2 / (4 * math.pi)
    return normalised(weights)


def bessel_j1(x: Float64) -> Float64:
    """The Bessel function J1 by its integral.

    The mean of cos(t - x sin t) over a whole period; equidistant points
    converge faster than any power once there are more of them than x.

    Examples
    --------
    >>> round(float(bessel_j1(np.array(1.0))), 12)
    0.440050585745
    """
    points = 2 * math.ceil(float(np.max(np.abs(x)))) + 64
    total = np.zeros_like(x)
    for t in 2 * math.pi * np.arange(points) / points:
        total += np.cos(t - x * math.sin(t))
    return total / points


def motion_kernel(length: float, angle: float) -> Kernel:
    """A line through the centre, each of its points shared among the four nearest pixels."""
    radius = math.ceil(length / 2)
    weights = np.zeros((2 * radius + 3, 2 * radius + 3))
    count = POINTS_A_PIXEL * math.ceil(length) + 1
    along = np.linspace(-length / 2, length / 2, count)
    x = radius + 1 + along * math.cos(math.radians(angle))
    y = radius + 1 - along * math.sin(math.radians(angle))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for dy, part_y in ((0, 1 - (y - top)), (1, y - top)):
        for dx, part_x in ((0, 1 - (x - left)), (1, x - left)):
            np.add.at(weights, (top + dy, left + dx), part_y * part_x)
    return normalised(weights)


def disc_kernel(radius: float) -> Kernel:
    """Each pixel's share in a disc, by sampling."""
    side = 2 * math.ceil(radius + 0.5) + 1
    points = (np.arange(side * POINTS_A_PIXEL) + 0.5) / POINTS_A_PIXEL - side / 2
    inside = points[:, None] ** 2 + points[None, :] ** 2 <= radius**2
    shares = inside.reshape(side, POINTS_A_PIXEL, side, POINTS_A_PIXEL).sum(axis=(1, 3))
    return normalised(shares.astype(np.float64))


def read_kernel(path: Path) -> Kernel:
    """A kernel from a file: rows of numbers in text, or .npy; it is made to sum to 1.

    Raises
    ------
    UsageError
        If it cannot be read, has even sides, or cannot be made to sum to 1.
    """
    try:
        weights = np.atleast_2d(_load(path).astype(np.float64))
    except FileNotFoundError:
        raise UsageError(f"There is no kernel {path}", "rows of numbers, or .npy") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no kernel: {error}", "rows of numbers, or .npy") from None
    odd = weights.ndim == 2 and all(n % 2 and n <= LARGEST_KERNEL for n in weights.shape)
    if not odd or not np.isfinite(weights).all() or abs(weights.sum()) < 1e-6:
        raise UsageError(
            f"{path} holds a kernel of {'x'.join(map(str, weights.shape))} with "
            f"the sum {weights.sum():g}",
            f"odd sides, at most {LARGEST_KERNEL}, and a sum that is not 0",
        )
    return normalised(weights)


def _load(path: Path) -> npt.NDArray[np.float64]:
    if path.suffix == ".npy":
        return np.asarray(np.load(path, allow_pickle=False))
    text = path.read_text("utf-8").replace(",", " ")
    rows = [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]
    return np.array(rows)
