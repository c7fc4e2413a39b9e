"""Results that hold what their input said, by construction.

The network's result is moved to the nearest picture that, brought down again,
gives the input. `block`: the mean of every block is the input's pixel, exactly,
in whole numbers. `bicubic`: as `imresize` brings down, as near as rounding and
the ends of the range allow. Both are steps over bands and say, as a remark,
the largest deviation that they found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from claritas.enhancement.exact_blocks import block_deviation, exact_blocks
from claritas.errors import PictureError, UsageError
from claritas.image.formats import Format
from claritas.image.picture import Array, Band, Header, Picture, SampleType, quantise
from claritas.image.read import open_picture
from claritas.image.resize import Taps, mirror, resize, resize_by, taps
from claritas.image.rows import RowWindow, copies, rebanded, side_by_side

Faithful = Literal["block", "bicubic"]
Float64 = npt.NDArray[np.float64]

NAMES: tuple[Faithful, ...] = ("block", "bicubic")
SAMPLES_A_STEP = 1 << 20
# The ends of the range undo a part of each projection; measured, more rounds gain nothing.
ROUNDS = 5
# Samples to each side that the inverse of "up, then down" looks at: 1e-6 of it lies beyond.
REACH = 10
LOW_BAND = 64  # rows
LOSSLESS = ("png", "tiff")
LOSSLESS_WEBP = 100


def check_faithful(source: Header, width: int, height: int, how: Faithful) -> None:
    """Refuse what cannot be made faithful, before any work.

    Raises
    ------
    UsageError
        If the scale is not a whole one above 1.
    PictureError
        If the samples are not whole numbers of 8 or 16 bits or, for `bicubic`,
        the picture has transparency.
    """
    scale = width // source.width
    if scale < 2 or (width, height) != (source.width * scale, source.height * scale):
        raise UsageError(
            f"From {source.width}x{source.height} to {width}x{height} no result can be faithful",
            "a whole scale of at least 2",
        )
    plain = source.sample in (SampleType.UINT8, SampleType.UINT16)
    full = (source.low, source.high) == source.sample.limits
    if not (plain and full) or (source.alpha and how == "bicubic"):
        kind = f"{source.sample}{' with transparency' if source.alpha else ''}"
        raise PictureError(
            f"A picture of {kind} cannot be made faithful ({how})",
            "8 or 16 bits, and for bicubic no transparency",
        )


def check_file(how: Faithful | None, source: Header, form: Format, quality: int | None) -> None:
    """Refuse a file that would not hold an exact result.

    Raises
    ------
    UsageError
        If `block` is asked for and the file is lossy or has fewer bits.
    """
    if how == "block" and is_lossy(form, source, quality):
        raise UsageError(
            f"{form.title} changes pixels, and --faithful block promises every one",
            "a lossless file of the same depth: --format png, tiff, or webp with --quality 100",
            "--faithful bicubic is measured again in a lossy file.",
        )


def is_lossy(form: Format, source: Header, quality: int | None) -> bool:
    """Whether a file of this format differs from the samples that are written."""
    if form.name in LOSSLESS:
        return False
    if form.name != "webp" or source.sample is not SampleType.UINT8:
        return True
    kept = source.quality if source.format == "webp" else None
    usual = LOSSLESS_WEBP if source.format in ("", "png", "tiff", "gif") else 0
    return (quality or kept or usual) != LOSSLESS_WEBP


def faithful(result: Picture, source: Picture, how: Faithful) -> Picture:
    """`result` moved until it gives `source` when it is brought down.

    Raises
    ------
    ClaritasError
        As `check_faithful`.
    """
    check_faithful(source.header, result.header.width, result.header.height, how)
    moved = _block if how == "block" else _bicubic
    return moved(result, source)


# Block averages


def _block(result: Picture, source: Picture) -> Picture:
    header, scale = result.header, result.header.width // source.header.width

    def stored() -> Iterator[Array]:
        wanted, found = source.stored_bands(), RowWindow(result.bands())
        top, worst = 0, 0
        step = max(1, SAMPLES_A_STEP // (header.width * header.channels * scale))
        for band in wanted:
            for first in range(0, len(band), step):
                rows = band[first : first + step]
                last = top + len(rows) * scale
                blocks = exact_blocks(found.rows(top, last), rows, header.high)
                worst = max(worst, block_deviation(blocks, rows))
                yield blocks.astype(header.sample.value)
                top = last
        _certify(result.remarks, worst / scale**2, header, "block averages")

    return Picture(header, None, stored, result.remarks)


# MATLAB's bicubic


def _bicubic(result: Picture, source: Picture) -> Picture:
    header = result.header

    def stored() -> Iterator[Array]:
        *sources, last = copies(_in_low_bands(source), ROUNDS + 1)
        moved = Picture(header, lambda: _in_low_bands(result))
        for bands in sources:
            moved = _projected(moved, _once(source.header, bands))
        pixels = (quantise(band, header) for band in moved.bands())
        yield from _certified(pixels, header, _once(source.header, last), result.remarks)

    return Picture(header, None, stored, result.remarks)


def _in_low_bands(picture: Picture) -> Iterator[Band]:
    """Each round holds a few bands, so they are low."""
    height = picture.header.height
    tops = range(0, height, LOW_BAND)
    return rebanded(picture.bands(), (min(LOW_BAND, height - top) for top in tops))


def _once(header: Header, bands: Iterator[Band]) -> Picture:
    """A stream that is read one time, as a picture."""
    return Picture(header, lambda: bands)


def _projected(picture: Picture, source: Picture) -> Picture:
    """`picture` plus what it lacks to give `source`, within 0..1."""
    small = source.header
    size = small.width, small.height
    rows, columns = (
        inverse(length, wanted // length)
        for length, wanted in (
            (small.height, picture.header.height),
            (small.width, picture.header.width),
        )
    )

    def bands() -> Iterator[Band]:
        ours, theirs = copies(picture.bands(), 2)
        down = resize(_once(picture.header, theirs), size=size)
        lacking = resize_by(_difference(source, down), picture.header, rows, columns)
        for more, band in side_by_side(lacking.bands(), ours):
            yield np.clip(band + more, 0, 1)

    return Picture(picture.header, bands)


def _difference(picture: Picture, other: Picture) -> Picture:
    def bands() -> Iterator[Band]:
        for band, beside in side_by_side(picture.bands(), other.bands()):
            yield band - beside

    return Picture(picture.header, bands)


def inverse(length: int, scale: int) -> Taps:
    """Weights of an enlargement that bringing down undoes, along one axis.

    Up, then down, is a symmetric convolution between mirrored ends; so is its
    inverse. It is had from the middle of an axis that is long enough.

    Parameters
    ----------
    length
        Of the small axis; the large one has `length * scale` samples.
    """
    inside = 4 * REACH
    up = _dense(taps(inside, inside * scale, scale))
    down = _dense(taps(inside * scale, inside, 1 / scale))
    middle = inside // 2
    both = up @ np.linalg.inv(down @ up)
    part = both[middle * scale : (middle + 1) * scale, middle - REACH : middle + REACH + 1]
    weights = np.tile(part / part.sum(axis=1, keepdims=True), (length, 1))
    centres = np.repeat(np.arange(length), scale)[:, None]
    return Taps(weights, mirror(centres + np.arange(-REACH, REACH + 1), length))


def _dense(axis: Taps) -> Float64:
    """The weights of an axis as a matrix, (out, in)."""
    matrix = np.zeros((len(axis.weights), int(axis.indices.max()) + 1))
    np.add.at(matrix, (np.arange(len(matrix))[:, None], axis.indices), axis.weights)
    return matrix


def _certified(
    pixels: Iterator[Array], header: Header, source: Picture, remarks: list[str]
) -> Iterator[Array]:
    """The same bands; once all have passed, a remark says what they are when brought down."""
    passed: deque[Array] = deque()

    def passing() -> Iterator[Band]:
        for stored in pixels:
            passed.append(stored)
            yield stored.astype(np.float32) / np.float32(header.high)

    worst = 0.0
    size = source.header.width, source.header.height
    down = resize(_once(header, passing()), size=size)
    for band in _difference(source, down).bands():
        worst = max(worst, float(np.abs(band).max()) * header.high)
        while passed:
            yield passed.popleft()
    yield from passed
    yield from pixels
    _certify(remarks, worst, header, "brought down by bicubic")


def _certify(remarks: list[str], worst: float, header: Header, means: str) -> None:
    sentence = f"Faithful ({means}): largest deviation {worst:.4g} of {header.high:g}."
    if sentence not in remarks:
        remarks.append(sentence)


def measured_again(path: Path, source: Picture, how: Faithful) -> str:
    """The certificate of a lossy file, from its own pixels: a sentence."""
    written = open_picture(path)
    if written.header.channels != source.header.channels:
        return f"Faithful ({how}): the file has other channels and was not measured again."
    worst = _measured(written, source, how) * source.header.high
    return (
        f"Faithful ({how}), measured again in the file: "
        f"largest deviation {worst:.4g} of {source.header.high:g}."
    )


def _measured(written: Picture, source: Picture, how: Faithful) -> float:
    kernel: Literal["area", "bicubic"] = "area" if how == "block" else "bicubic"
    size = source.header.width, source.header.height
    down = resize(written, size=size, kernel=kernel)
    return max(float(np.abs(band).max()) for band in _difference(source, down).bands())
