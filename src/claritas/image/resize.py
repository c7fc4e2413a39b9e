"""MATLAB's `imresize`, for arrays and for streams of bands.

The one definition of "bicubic x4" in this project. Low-resolution pictures
for training and benchmarks are made in the uint8 form (each pass rounded, as
MATLAB does for uint8); enlargement is computed in float and rounded once.

The formulas are those of MATLAB R2019b's `imresize.m`: output pixel x (from 1)
looks at u = x / scale + (1 - 1 / scale) / 2; the kernel is stretched by
1 / scale when it shrinks (antialiasing); each row of weights sums to 1; the
border is symmetric, the edge pixel repeated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from claritas.errors import UsageError
from claritas.image.alpha import premultiply, unpremultiply
from claritas.image.picture import ROWS_A_BAND, Array, Band, Header, Picture
from claritas.image.rows import RowWindow

Kernel = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
Float64 = npt.NDArray[np.float64]

# Outputs of one dense block: small blocks call the matrix product more often,
# large ones multiply more zeros.
ROWS_A_BLOCK = 16
COLUMNS_A_BLOCK = 64


def _box(x: Float64) -> Float64:
    inside: Float64 = ((x >= -0.5) & (x < 0.5)).astype(np.float64)
    return inside


def _triangle(x: Float64) -> Float64:
    return np.asarray(np.maximum(1 - np.abs(x), 0))


def _cubic(x: Float64) -> Float64:
    """Keys 1981, a = -0.5."""
    a = np.abs(x)
    inner = 1.5 * a**3 - 2.5 * a**2 + 1
    outer = -0.5 * a**3 + 2.5 * a**2 - 4 * a + 2
    return np.asarray(np.where(a <= 1, inner, np.where(a <= 2, outer, 0)))


def _lanczos3(x: Float64) -> Float64:
    return np.asarray(np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0))


class _Shape(NamedTuple):
    function: Callable[[Float64], Float64]
    width: float
    antialias: bool


KERNELS: dict[str, _Shape] = {
    "nearest": _Shape(_box, 1, False),
    "bilinear": _Shape(_triangle, 2, True),
    "bicubic": _Shape(_cubic, 4, True),
    "lanczos": _Shape(_lanczos3, 6, True),
    "area": _Shape(_box, 1, True),
}


@dataclass(frozen=True)
class Taps:
    """Which input samples make each output sample along one axis.

    Attributes
    ----------
    weights
        (out, taps), each row summing to 1.
    indices
        (out, taps), already mirrored into the input.
    """

    weights: Float64
    indices: npt.NDArray[np.int64]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The input range [from, to) that the output range [first, last) looks at."""
        part = self.indices[first:last]
        return int(part.min()), int(part.max()) + 1


def taps(
    length: int, wanted: int, scale: float, kernel: Kernel = "bicubic", antialias: bool = True
) -> Taps:
    """The weights of one axis.

    Parameters
    ----------
    length, wanted
        Input and output samples.
    scale
        Output over input; may differ from `wanted / length` where the output
        size was rounded up.
    antialias
        Widen the kernel when shrinking. `nearest` never is.
    """
    shape = KERNELS[kernel]
    stretch = min(scale, 1.0) if antialias and shape.antialias else 1.0
    width = shape.width / stretch
    u = np.arange(1, wanted + 1) / scale + 0.5 * (1 - 1 / scale)
    first = np.floor(u - width / 2)
    indices = first[:, None] + np.arange(math.ceil(width) + 2)
    weights = stretch * shape.function(stretch * (u[:, None] - indices))
    weights /= weights.sum(axis=1, keepdims=True)
    used = weights.any(axis=0)
    return Taps(weights[:, used], mirror(indices[:, used].astype(np.int64) - 1, length))


def mirror(indices: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Indices beyond the ends reflected symmetrically: 2 1 0 | 0 1 2."""
    folded = np.mod(indices, 2 * length)
    return np.asarray(np.minimum(folded, 2 * length - 1 - folded))


def _apply_rows(x: Array, axis: Taps, offset: int = 0) -> Array:
    """Weighted sums of rows: (in, ...) to (out, ...); `offset` is the row number of x[0]."""
    weights = axis.weights.astype(x.dtype)
    result = np.zeros((len(weights), *x.shape[1:]), x.dtype)
    for tap in range(weights.shape[1]):
        column = weights[:, tap].reshape(-1, *[1] * (x.ndim - 1))
        result += column * x[axis.indices[:, tap] - offset]
    return result


def _apply_columns(x: Array, axis: Taps) -> Array:
    return np.ascontiguousarray(_apply_rows(np.swapaxes(x, 0, 1), axis).swapaxes(0, 1))


def output_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """MATLAB's size of a picture resized by `scale`: ceil, at least 1 pixel.

    A hair is taken off first, so that 30 * 1.1 is 33 and not 34.
    """
    return tuple(max(1, math.ceil(round(side * scale, 9))) for side in (width, height))  # type: ignore[return-value]


def imresize(
    array: Array,
    *,
    scale: float | None = None,
    size: tuple[int, int] | None = None,
    kernel: Kernel = "bicubic",
    antialias: bool = True,
) -> Array:
    """MATLAB's `imresize` of a whole array.

    Parameters
    ----------
    array
        (height, width) or (height, width, channels). uint8 gives uint8, each
        pass rounded and clipped as MATLAB does; float64 gives float64 and is
        not clipped.
    scale, size
        One of the two; `size` is (width, height).
    kernel
        `lanczos` is lanczos3, `area` the box.

    Raises
    ------
    UsageError
        If neither or both of `scale` and `size` are given.

    Examples
    --------
    >>> imresize(np.array([[0.0, 1.0]]), scale=2, kernel="bilinear")[0].tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    height, width = array.shape[:2]
    (columns, x_scale), (rows, y_scale) = _target(width, height, scale, size)
    vertical = taps(height, rows, y_scale, kernel, antialias)
    horizontal = taps(width, columns, x_scale, kernel, antialias)
    rounded = _as_uint8 if array.dtype == np.uint8 else _unchanged
    x = array.astype(np.float64) if array.dtype == np.uint8 else array
    # MATLAB begins with the axis that shrinks most; only rounding can tell.
    if y_scale <= x_scale:
        result = rounded(_apply_columns(rounded(_apply_rows(x, vertical)), horizontal))
    else:
        result = rounded(_apply_rows(rounded(_apply_columns(x, horizontal)), vertical))
    return result.astype(array.dtype)


def _target(
    width: int, height: int, scale: float | None, size: tuple[int, int] | None
) -> tuple[tuple[int, float], tuple[int, float]]:
    if (scale is None) == (size is None):
        raise UsageError("imresize takes a scale or a size", "exactly one of the two")
    if scale is not None:
        columns, rows = output_size(width, height, scale)
        return (columns, scale), (rows, scale)
    assert size is not None
    columns, rows = size
    return (columns, columns / width), (rows, rows / height)


def _as_uint8(x: Float64) -> Float64:
    return np.clip(np.floor(x + 0.5), 0, 255)


def _unchanged(x: Array) -> Array:
    return x


def resize(
    picture: Picture,
    *,
    scale: float | tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    kernel: Kernel = "bicubic",
    antialias: bool = True,
) -> Picture:
    """A picture resized as a stream: the step form of `imresize`, in float32.

    Colours are interpolated premultiplied by alpha and divided afterwards.
    The physical size stays: dots per inch grow with the picture. Where both
    are given, `size` is the number of pixels and `scale` the exact factor
    (along x and y) that it was rounded from.
    """
    header = picture.header
    (width, x_scale), (height, y_scale) = _exact_target(header, scale, size)
    if (width, height) == (header.width, header.height) and x_scale == y_scale == 1:
        return picture
    vertical = taps(header.height, height, y_scale, kernel, antialias)
    horizontal = taps(header.width, width, x_scale, kernel, antialias)
    source = premultiply(picture) if header.alpha else picture

    def bands() -> Iterator[Band]:
        return _resized_bands(source, vertical, horizontal)

    resized = Picture(resized_header(header, width, height), bands)
    return unpremultiply(resized) if header.alpha else resized


def resize_by(picture: Picture, target: Header, vertical: Taps, horizontal: Taps) -> Picture:
    """A picture resized by weights of one's own to `target`'s size; alpha is a channel too."""
    header = replace(picture.header, width=target.width, height=target.height)
    return Picture(header, lambda: _resized_bands(picture, vertical, horizontal))


def _exact_target(
    header: Header, scale: float | tuple[float, float] | None, size: tuple[int, int] | None
) -> tuple[tuple[int, float], tuple[int, float]]:
    if isinstance(scale, tuple) and size is not None:
        return (size[0], scale[0]), (size[1], scale[1])
    if isinstance(scale, tuple) or (scale is not None and size is not None):
        raise UsageError("resize takes a scale, a size, or a size and the two exact factors")
    return _target(header.width, header.height, scale, size)


def resized_header(header: Header, width: int, height: int) -> Header:
    """The header at another size; dots per inch keep the physical size."""
    dpi = header.dpi and (
        header.dpi[0] * width / header.width,
        header.dpi[1] * height / header.height,
    )
    return replace(header, width=width, height=height, dpi=dpi)


def _resized_bands(source: Picture, vertical: Taps, horizontal: Taps) -> Iterator[Band]:
    window = RowWindow(source.bands())
    total = len(vertical.weights)
    step = _rows_a_step(source.header, vertical)
    columns = _blocks(horizontal, COLUMNS_A_BLOCK)
    for first in range(0, total, step):
        last = min(first + step, total)
        begin, end = vertical.span(first, last)
        part = Taps(vertical.weights[first:last], vertical.indices[first:last] - begin)
        yield _in_blocks(window.rows(begin, end), _blocks(part, ROWS_A_BLOCK), columns)


@dataclass(frozen=True)
class _Block:
    """A dense piece of one axis: outputs [first, last) from inputs [begin, end)."""

    first: int
    last: int
    begin: int
    end: int
    matrix: npt.NDArray[np.float32]  # (out, in)


def _blocks(axis: Taps, size: int) -> list[_Block]:
    """The sparse weights of an axis as dense blocks: matrix products beat gathering."""
    made = []
    for first in range(0, len(axis.weights), size):
        last = min(first + size, len(axis.weights))
        begin, end = axis.span(first, last)
        matrix = np.zeros((last - first, end - begin))
        rows = np.arange(last - first)[:, None]
        # Mirrored taps fall on one input, so they are added and not set.
        np.add.at(matrix, (rows, axis.indices[first:last] - begin), axis.weights[first:last])
        made.append(_Block(first, last, begin, end, matrix.astype(np.float32)))
    return made


def _in_blocks(x: Band, rows: list[_Block], columns: list[_Block]) -> Band:
    """Rows, then columns, of (height, width, channels); channels lie apart meanwhile."""
    height, width, channels = x.shape
    flat = np.ascontiguousarray(x).reshape(height, width * channels)
    tall = np.concatenate([block.matrix @ flat[block.begin : block.end] for block in rows])
    planes = np.ascontiguousarray(tall.reshape(-1, width, channels).transpose(2, 0, 1))
    result = np.empty((channels, len(tall), columns[-1].last), np.float32)
    for block in columns:
        part = planes[..., block.begin : block.end]
        np.matmul(part, block.matrix.T, out=result[..., block.first : block.last])
    return np.ascontiguousarray(result.transpose(1, 2, 0))


def _rows_a_step(header: Header, vertical: Taps) -> int:
    """Output rows that need about one band of input, and never more than one band."""
    wanted = round(ROWS_A_BAND * len(vertical.weights) / header.height)
    return min(max(wanted, 1), ROWS_A_BAND)
