"""Batches of patch pairs, cut from pictures held in memory.

What a step sees depends on the seed and the step's number alone, so a resumed
run goes on exactly and any number of workers gives the same batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from claritas.image.picture import Array

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """A spoiled picture and the clean one, uint8 (h, w, 3) and (h * scale, w * scale, 3)."""

    low: Array
    high: Array


@dataclass(frozen=True)
class Batch:
    """Tensors (n, 3, side, side), 0..1: what the net gets, and what it should give."""

    low: Tensor
    high: Tensor
    scale: int = 1  # of a net of several factors, the one of this batch


@dataclass(frozen=True)
class Wanted:
    """What a step asks of a sampler, which gives the same batch whenever it is asked.

    Attributes
    ----------
    step
        From 0.
    patch
        Side of the low patches, in pixels.
    batch
        Patches of the step, in all processes together.
    scale
        Side of a high patch over that of the low one.
    rank, processes
        This process takes the rows `range(rank, batch, processes)`; a row is
        the same whichever process takes it.
    """

    step: int
    patch: int
    batch: int
    scale: int
    rank: int = 0
    processes: int = 1

    @property
    def rows(self) -> range:
        return range(self.rank, self.batch, self.processes)


Sampler = Callable[[Wanted], Batch]


class PatchSampler:
    """Random patches, flipped and turned; `pairs` are those of each factor."""

    def __init__(self, pairs: Mapping[int, Sequence[Pair]], seed: int) -> None:
        self._pairs = pairs
        self._seed = seed
        self._shares = {scale: _shares(of_scale) for scale, of_scale in pairs.items()}

    def __call__(self, wanted: Wanted) -> Batch:
        cuts = [self._row(wanted, row) for row in wanted.rows]
        low, high = ([cut[side] for cut in cuts] for side in (0, 1))
        return Batch(_tensor(low), _tensor(high), wanted.scale)

    def _row(self, wanted: Wanted, row: int) -> tuple[Array, Array]:
        random = np.random.default_rng([self._seed, wanted.step, row])
        pairs = self._pairs[wanted.scale]
        pair = pairs[random.choice(len(pairs), p=self._shares[wanted.scale])]
        return _cut(pair, wanted.patch, wanted.scale, random)


def _shares(pairs: Sequence[Pair]) -> FloatArray:
    areas = np.array([pair.low.shape[0] * pair.low.shape[1] for pair in pairs], float)
    return areas / areas.sum()


def _cut(pair: Pair, patch: int, scale: int, random: np.random.Generator) -> tuple[Array, Array]:
    height, width = pair.low.shape[:2]
    top = int(random.integers(height - patch + 1))
    left = int(random.integers(width - patch + 1))
    turns, flip = int(random.integers(4)), bool(random.integers(2))
    low = _square(pair.low, top, left, patch)
    high = _square(pair.high, top * scale, left * scale, patch * scale)
    return _turned(low, turns, flip), _turned(high, turns, flip)


def _square(picture: Array, top: int, left: int, side: int) -> Array:
    return picture[top : top + side, left : left + side]


def _turned(patch: Array, turns: int, flip: bool) -> Array:
    turned = np.rot90(patch, turns)
    return turned[:, ::-1] if flip else turned


def _tensor(patches: list[Array]) -> Tensor:
    """uint8 (side, side, 3) patches to float (n, 3, side, side), channels last in memory."""
    stacked = torch.from_numpy(np.stack(patches))
    return stacked.permute(0, 3, 1, 2).float().div_(255)
