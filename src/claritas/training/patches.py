"""Batches of patch pairs, cut from pictures held in memory.

What a step sees depends on the seed and the step's number alone, so a resumed
run goes on exactly and any number of workers gives the same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from claritas.image.picture import Array


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


class PatchSampler:
    """Random patches, flipped and turned, for any step's number."""

    def __init__(
        self, pairs: Sequence[Pair], scale: int, patch: int, batch: int, seed: int
    ) -> None:
        self.pairs = pairs
        self.scale = scale
        self.patch = patch
        self.batch = batch
        self.seed = seed
        areas = np.array([pair.low.shape[0] * pair.low.shape[1] for pair in pairs], float)
        self._share = areas / areas.sum()

    def __call__(self, step: int) -> Batch:
        random = np.random.default_rng([self.seed, step])
        chosen = random.choice(len(self.pairs), self.batch, p=self._share)
        cuts = [self._cut(self.pairs[index], random) for index in chosen]
        return Batch(_tensor([low for low, _ in cuts]), _tensor([high for _, high in cuts]))

    def _cut(self, pair: Pair, random: np.random.Generator) -> tuple[Array, Array]:
        height, width = pair.low.shape[:2]
        top = int(random.integers(height - self.patch + 1))
        left = int(random.integers(width - self.patch + 1))
        turns, flip = int(random.integers(4)), bool(random.integers(2))
        low = _square(pair.low, top, left, self.patch)
        s = self.scale
        high = _square(pair.high, top * s, left * s, self.patch * s)
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
