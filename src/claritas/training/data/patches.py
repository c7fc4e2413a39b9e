"""Batches of patch pairs.

What a step sees depends on the seed and the step's number alone, so a resumed
run goes on exactly and any number of workers gives the same batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from claritas.degradation.spoiling import MARGIN, Spoiling
from claritas.image.picture import Array
from claritas.image.resize import mirror
from claritas.training.data.augment import Augmentation, Change, read_augmentation
from claritas.training.data.store import Pair, Store, held_pairs
from claritas.training.data.tasks import received

__all__ = ["Batch", "Pair", "PatchSampler", "Sampler", "Wanted"]

USUAL = ("crop", "flip", "turn")
PARTNER = 1  # tells a row's partner in a mixture from the row itself
ROWS = 1 << 20  # more than a batch has: rows of different steps are different samples


@dataclass(frozen=True)
class Batch:
    """Tensors of 0..1: what the net gets, and what it should give.

    `low` is (n, 3, side, side), with a mask (n, 4, side, side); `high` is
    (n, 3, side * scale, side * scale), or (n, 10) shares of marks.
    """

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
Sample = tuple[Array, Array]  # what the net gets and what it should give, of one row


class PatchSampler:
    """Random patches, augmented and spoiled, for any step.

    Parameters
    ----------
    pairs
        Of each factor a store, or pairs in memory.
    spoilings
        Of each factor what makes `low` for pairs that have none.
    task
        Decides what the net gets of the spoiled patch.
    """

    def __init__(
        self,
        pairs: Mapping[int, Store | Sequence[Pair]],
        seed: int,
        *,
        spoilings: Mapping[int, Spoiling] | None = None,
        task: str = "upscale",
        augmentation: Augmentation | None = None,
    ) -> None:
        self._stores = {
            scale: of_scale if isinstance(of_scale, Store) else held_pairs(of_scale)
            for scale, of_scale in pairs.items()
        }
        self._seed = seed
        self._spoilings = spoilings or {}
        self._task = task
        self._augmentation = augmentation or read_augmentation(USUAL)

    @property
    def pictures(self) -> int:
        """How many pictures patches are drawn from."""
        return min(store.usable for store in self._stores.values())

    def __call__(self, wanted: Wanted) -> Batch:
        low, high = _tensors([self._row(wanted, [row]) for row in wanted.rows])
        share = self._augmentation.mixture(np.random.default_rng([self._seed, wanted.step]))
        if share < 1:
            others = _tensors([self._row(wanted, [row, PARTNER]) for row in wanted.rows])
            low, high = (torch.lerp(y, x, share) for x, y in zip((low, high), others, strict=True))
        return Batch(low, high, wanted.scale)

    def _row(self, wanted: Wanted, row: list[int]) -> Sample:
        random = np.random.default_rng([self._seed, wanted.step, *row])
        store = self._stores[wanted.scale]
        pair = store[store.choose(wanted.step, random)]
        change = self._augmentation.draw(random)
        if pair.rating is not None:
            return _patch(pair.high, 1, wanted.patch, change), pair.rating
        if pair.low is None:
            position = sum(row[1:]) * ROWS // 2 + wanted.step * ROWS + row[0]
            low, high = self._spoiled(pair, wanted, change, random, position)
        else:
            low = _patch(pair.low, 1, wanted.patch, change)
            high = _patch(pair.high, wanted.scale, wanted.patch, change)
        return received(low, self._task), high

    def _spoiled(
        self, pair: Pair, wanted: Wanted, change: Change, random: np.random.Generator, position: int
    ) -> Sample:
        """A patch spoiled afresh, with a margin that is cut off: what lies beside it counts."""
        s, side = wanted.scale, wanted.patch
        margin = max(0, min(2 * MARGIN, min(pair.high.shape[:2]) // s - side))
        clean = _patch(pair.high, s, side + margin, change)
        spoiled = self._spoilings[s](np.ascontiguousarray(clean), pair.name, position)
        # JPEG's blocks must not always begin at a patch's corner.
        top, left = (int(n) for n in random.integers(0, margin + 1, 2))
        low = _square(spoiled.with_mask(), top, left, side)
        return low, _square(spoiled.high, top * s, left * s, side * s)


def _patch(picture: Array, grain: int, side: int, change: Change) -> Array:
    """A patch of `side * grain` pixels, cut, shaped and toned as `change` says."""
    wanted = change.source_side(side)
    top, left = (
        _first(length // grain, wanted, place)
        for length, place in zip(picture.shape[:2], change.place, strict=True)
    )
    square = _square(picture, top * grain, left * grain, wanted * grain)
    return change.toned(change.shaped(square, side, grain))


def _first(length: int, wanted: int, place: float) -> int:
    """The first of `wanted` pixels; it is negative where the picture is too small."""
    room = length - wanted
    return int(place * (room + 1)) if room > 0 else room // 2


def _square(picture: Array, top: int, left: int, side: int) -> Array:
    """A square of a picture, mirrored where it reaches beyond it."""
    height, width = picture.shape[:2]
    if top >= 0 and left >= 0 and top + side <= height and left + side <= width:
        return picture[top : top + side, left : left + side]
    rows = mirror(np.arange(top, top + side), height)
    return picture[rows][:, mirror(np.arange(left, left + side), width)]


def _tensors(samples: list[Sample]) -> tuple[Tensor, Tensor]:
    wanted = [high for _, high in samples]
    rated = wanted[0].ndim == 1
    return (
        _tensor([low for low, _ in samples]),
        torch.from_numpy(np.stack(wanted)) if rated else _tensor(wanted),
    )


def _tensor(patches: list[Array]) -> Tensor:
    """uint8 (side, side, channels) patches to float (n, channels, side, side).

    Channels stay last in memory.
    """
    stacked = torch.from_numpy(np.stack(patches))
    return stacked.permute(0, 3, 1, 2).float().div_(255)
