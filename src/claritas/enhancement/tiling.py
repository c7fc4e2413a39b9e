"""How a picture is cut for a network, so that tiled equals whole.

Geometry only. A tile keeps its core and computes a halo around it. What lies
beyond the picture follows the card: some of it mirrored (the edge pixel
repeated), then nothing, where the network's own padding acts. The end is the
same for every tile, so that each sees there what the whole picture would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from claritas.image.picture import Array, Header
from claritas.image.resize import mirror
from claritas.zoo.card import Contract

Indices = npt.NDArray[np.int64]

# Pixels of one tile with its halo: small tiles compute much halo, large ones
# hold several feature maps of this size at once.
TILE_PIXELS = 1 << 20
# Bytes of one finished band: as much again is held by whoever reads it.
BAND_BYTES = 64 << 20
LEAST_CORE = 16


@dataclass(frozen=True)
class Core:
    """The part of the picture that a tile keeps: [top, bottom) by [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    def halves(self, multiple: int) -> tuple[Core, Core]:
        """Cut across the longer side, at a multiple."""
        if self.bottom - self.top >= self.right - self.left:
            middle = _middle(self.top, self.bottom, multiple)
            return (
                Core(self.top, middle, self.left, self.right),
                Core(middle, self.bottom, self.left, self.right),
            )
        middle = _middle(self.left, self.right, multiple)
        return (
            Core(self.top, self.bottom, self.left, middle),
            Core(self.top, self.bottom, middle, self.right),
        )

    @property
    def side(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)


def _middle(first: int, last: int, multiple: int) -> int:
    return first + _up((last - first) // 2, multiple)


@dataclass(frozen=True)
class Context:
    """What a tile sees along one axis.

    Attributes
    ----------
    indices
        The picture's rows or columns that are fed, mirrored where they lie outside.
    before
        How many of them come before the core.
    """

    indices: Indices
    before: int


def context(first: int, last: int, length: int, contract: Contract) -> Context:
    """The context of the core [first, last) of an axis of `length` pixels."""
    halo = 0 if contract.whole else _up(contract.halo, contract.multiple)
    aligned = first - first % contract.multiple
    beyond = _beyond(contract, halo)
    begin, end = max(aligned - halo, -beyond), min(last + halo, length + beyond)
    fed = max(_up(end - begin, contract.multiple), _up(contract.minimum, contract.multiple))
    return Context(mirror(np.arange(begin, begin + fed), length), first - begin)


def _beyond(contract: Contract, halo: int) -> int:
    """How far what is fed goes on past the picture's own edge."""
    if contract.edges == "own" or contract.whole:
        return 0
    return halo if contract.margin < 0 else _up(contract.margin, contract.multiple)


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def bands_of_cores(header: Header, contract: Contract, tile: int | None) -> list[list[Core]]:
    """The cores of a picture: bands from top to bottom, each from left to right.

    Parameters
    ----------
    tile
        Side of a core in pixels; None takes tiles as large as memory allows.
    """
    if contract.whole:
        return [[Core(0, header.height, 0, header.width)]]
    height, width = (tile, tile) if tile else _core_size(header, contract)
    rows = _cuts(header.height, height, contract.multiple)
    columns = _cuts(header.width, width, contract.multiple)
    return [[Core(top, bottom, left, right) for left, right in columns] for top, bottom in rows]


def _core_size(header: Header, contract: Contract) -> tuple[int, int]:
    """Height and width of cores: near squares, fewer rows where the picture is wide."""
    if (header.width + 2 * contract.halo) * (header.height + 2 * contract.halo) <= TILE_PIXELS:
        return header.height, header.width
    side = max(LEAST_CORE, math.isqrt(TILE_PIXELS) - 2 * contract.halo)
    band_row = header.width * contract.scale**2 * header.channels * 4
    height = min(side, max(8 * LEAST_CORE, BAND_BYTES // band_row))
    height = min(height, header.height)
    width = max(side, TILE_PIXELS // (height + 2 * contract.halo) - 2 * contract.halo)
    return height, min(width, header.width)


def _cuts(length: int, wanted: int, multiple: int) -> list[tuple[int, int]]:
    """Parts of about equal size, none larger than `wanted`, beginning at multiples."""
    count = math.ceil(length / max(wanted, 1))
    size = _up(math.ceil(length / count), multiple)
    return [(start, min(start + size, length)) for start in range(0, length, size)]


@dataclass(frozen=True)
class Strip:
    """The rows that one band of cores looks at, and how tiles are cut from them.

    Attributes
    ----------
    rows
        (rows, width, channels); the first is the picture's row `first`.
    """

    rows: Array
    first: int
    header: Header
    contract: Contract

    def tile(self, core: Core) -> Array:
        """A core with its context, (h, w, channels)."""
        rows, columns = self._contexts(core)
        return self.rows.take(rows.indices - self.first, 0).take(columns.indices, 1)

    def kept(self, core: Core, result: Array) -> Array:
        """The part of a tile's result that belongs to its core."""
        rows, columns = self._contexts(core)
        s = self.contract.scale
        return result[
            rows.before * s : (rows.before + core.bottom - core.top) * s,
            columns.before * s : (columns.before + core.right - core.left) * s,
        ]

    def _contexts(self, core: Core) -> tuple[Context, Context]:
        return (
            context(core.top, core.bottom, self.header.height, self.contract),
            context(core.left, core.right, self.header.width, self.contract),
        )


def rows_needed(
    bands: list[list[Core]], header: Header, contract: Contract
) -> list[tuple[int, int]]:
    """The picture's rows [first, last) that each band looks at; `first` never goes back."""
    needed: list[tuple[int, int]] = []
    first = header.height
    for cores in reversed(bands):
        indices = context(cores[0].top, cores[0].bottom, header.height, contract).indices
        first = min(first, int(indices.min()))
        needed.append((first, int(indices.max()) + 1))
    return needed[::-1]
