"""Large pictures for networks that want to see all of them: tiles that overlap and are blended.

A network whose every pixel depends on the whole picture (attention over
channels, pooling) answers otherwise for a part of it. Up to `WHOLE_PIXELS` it
gets the whole; beyond that parts, whose results pass into one another along
their overlap, linearly, so that no seam is seen. What that changes is in the
card (`tiling_psnr`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from claritas.errors import ModelError
from claritas.image.picture import Array, Header
from claritas.image.resize import mirror
from claritas.image.rows import RowWindow
from claritas.zoo.card import Contract

WHOLE_PIXELS = 1 << 21  # pixels of the largest picture that is taken whole
OVERLAP = 128  # pixels that two neighbours share
STEP = 896  # pixels from one tile to the next; with the overlap a tile has a megapixel
LEAST_STEP = OVERLAP  # so that no place belongs to three tiles in a row
BAND_BYTES = 256 << 20  # of one finished row of tiles, float32

# A tile (h, w, channels), 0..1, to its result (h * scale, w * scale, channels), float32.
Run = Callable[[Array], Array]


def is_blended(header: Header, contract: Contract, tile: int | None) -> bool:
    """Whether a picture goes through a network that wants all of it in blended parts.

    Raises
    ------
    ModelError
        If it is too large to go through whole, and the card forbids parts.
    """
    pixels = header.width * header.height
    if not contract.whole or contract.side or (tile is None and pixels <= WHOLE_PIXELS):
        return False
    if contract.tiling == "blended":
        return True
    if pixels <= WHOLE_PIXELS:
        return False
    raise ModelError(
        f"{header.width}x{header.height} is too large for a model that sees pictures whole only",
        f"at most {WHOLE_PIXELS / 1e6:.1f} megapixels",
        "choose another model, or make the picture smaller first.",
    )


@dataclass(frozen=True)
class Part:
    """Pixels [first, last) of an axis, of which the next part has the last `shared` too."""

    first: int
    last: int
    shared: int


def parts(length: int, step: int, multiple: int) -> list[Part]:
    """Parts of one size that cover an axis, beginning at multiples; the last may be smaller."""
    overlap = _up(OVERLAP, multiple)
    inner = max(length - overlap, 1)
    even = _up(-(-inner // -(-inner // max(step, LEAST_STEP))), multiple)
    starts = range(0, inner, max(even, overlap))
    return [
        Part(start, min(start + starts.step + overlap, length), overlap) for start in starts[:-1]
    ] + [Part(starts[-1], length, 0)]


def step_for(header: Header, contract: Contract) -> int:
    """Pixels from one tile to the next: fewer where the picture is very wide."""
    row = header.width * contract.scale**2 * header.channels * 4
    return max(LEAST_STEP, min(STEP, BAND_BYTES // row - OVERLAP))


def blended(
    source: Iterator[Array], header: Header, contract: Contract, step: int, run: Run
) -> Iterator[Array]:
    """A picture's bands, 0..1, to those of its result, float32; holds one row of tiles."""
    window = RowWindow(source)
    held: Array | None = None
    for rows in parts(header.height, step, contract.multiple):
        strip = window.rows(rows.first, rows.last)
        band = _row_of_tiles(strip, parts(header.width, step, contract.multiple), contract, run)
        if held is not None:
            _pass_over(held, band[: len(held)], axis=0)
        shared = rows.shared * contract.scale
        held = band[len(band) - shared :].copy()
        yield band[: len(band) - shared]


def _row_of_tiles(strip: Array, columns: list[Part], contract: Contract, run: Run) -> Array:
    """The tiles of a strip, side by side."""
    height, width = strip.shape[:2]
    s = contract.scale
    band = np.empty((0, 0, 0), np.float32)
    shared = 0
    for part in columns:
        tile = _filled(strip[:, part.first : part.last], contract)
        result = run(tile)[: height * s, : (part.last - part.first) * s]
        if not band.size:  # the result's channels are the network's business
            band = np.empty((height * s, width * s, result.shape[-1]), np.float32)
        place = band[:, part.first * s : part.last * s]
        kept = place[:, : shared * s].copy()
        place[:] = result
        _pass_over(kept, place[:, : shared * s], axis=1)
        shared = part.shared
    return band


def _filled(tile: Array, contract: Contract) -> Array:
    """Below and to the right mirrored up to a size that the network takes."""
    sizes = (
        _up(max(side, contract.minimum), contract.multiple)
        for side in (tile.shape[0], tile.shape[1])
    )
    rows, columns = (
        mirror(np.arange(size), side) for size, side in zip(sizes, tile.shape[:2], strict=True)
    )
    return tile.take(rows, 0).take(columns, 1)


def _pass_over(first: Array, second: Array, axis: int) -> None:
    """In place of `second`: `first` where an axis begins, `second` where it ends."""
    count = first.shape[axis]
    share = (np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(max(count, 1))
    shape = [1, 1, 1]
    shape[axis] = count
    second[:] = first + share.reshape(shape) * (second - first)


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def of_bytes(bands: Iterator[Array]) -> Iterator[Array]:
    """uint8 bands to float32, 0..1."""
    return (band.astype(np.float32) / np.float32(255) for band in bands)


def to_bytes(bands: Iterator[Array]) -> Iterator[Array]:
    """Float bands, 0..1, to uint8, clamped and rounded."""
    return (np.rint(np.clip(band, 0, 1) * np.float32(255)).astype(np.uint8) for band in bands)


def blended_again(tile: Array, contract: Contract, run: Run) -> Array:
    """A tile that was too large for memory, in parts of half its side."""
    header = Header(tile.shape[1], tile.shape[0], tile.shape[2])
    step = max(tile.shape[:2]) // 2 - OVERLAP
    return np.concatenate(list(blended(iter([tile]), header, contract, step, run)))
