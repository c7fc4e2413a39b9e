"""Samples in memory, and no more of them than a stated limit.

Where all fit, all are held. Where not, patches are drawn from a window that
slides over the items in a random order, one item a step: which items a step
may see depends on the seed and the step's number alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from claritas.errors import PictureError
from claritas.image.picture import Array
from claritas.training.data.samples import Item, Sample
from claritas.training.data.sources import Weighted

GIGABYTE = 1 << 30

Indices = npt.NDArray[np.int64]
_NONE, _NO_CHANCE = np.arange(0), np.zeros(0)


@dataclass(frozen=True)
class Pair:
    """What is held of an item: a spoiled picture and the clean one.

    Attributes
    ----------
    low
        uint8 (h, w, 3 or, with a mask, 4); None where each patch is spoiled afresh.
    high
        uint8 (h * scale, w * scale, 3).
    name
        What is random in the spoiling comes from it.
    rating
        Shares of the ten marks, which are then what the net is to give.
    """

    low: Array | None
    high: Array
    name: str = ""
    rating: Array | None = None

    @property
    def size(self) -> int:
        return self.high.nbytes + (0 if self.low is None else self.low.nbytes)


class Store:
    """The pairs of some sources, read when they are first needed.

    Parameters
    ----------
    make
        From an item to its pair.
    memory
        Gigabytes that pairs may fill.
    growth
        Bytes of a pair for each byte of its clean picture.
    """

    def __init__(
        self,
        sources: Sequence[Weighted],
        make: Callable[[Item], Pair],
        memory: float,
        growth: float,
        seed: int,
    ) -> None:
        self.items = [item for source in sources for item in source.items]
        self._make = make
        self._limit = int(memory * GIGABYTE)
        self._held: OrderedDict[int, Pair] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        sizes = [[3 * growth * item.pixels for item in source.items] for source in sources]
        self.whole = sum(map(sum, sizes)) <= self._limit
        self._windows = self._all_windows(sources, sizes, seed)
        self._now: tuple[int, tuple[Indices, npt.NDArray[np.float64]]] = (-1, (_NONE, _NO_CHANCE))

    def _all_windows(
        self, sources: Sequence[Weighted], sizes: Sequence[Sequence[float]], seed: int
    ) -> list[_Window]:
        first, windows = 0, []
        for number, (source, bytes_) in enumerate(zip(sources, sizes, strict=True)):
            count = len(source.items)
            part = self._limit * sum(bytes_) / sum(map(sum, sizes))
            held = count if self.whole else _fitting(bytes_, part)
            areas = np.array([item.pixels for item in source.items], float)
            windows.append(_Window(first, areas, source.share, held, (seed, number)))
            first += count
        return windows

    def load_all(self) -> list[str]:
        """Read all, where all fit; a sentence for each that cannot be read and is left out."""
        left_out: list[str] = []
        for index in range(len(self.items) if self.whole else 0):
            try:
                self[index]
            except PictureError as error:
                left_out.append(error.what)
                self._leave_out(index)
        return left_out

    def _leave_out(self, index: int) -> None:
        self._now = (-1, (_NONE, _NO_CHANCE))
        for window in self._windows:
            if window.first <= index < window.first + len(window.areas):
                window.areas[index - window.first] = 0

    @property
    def usable(self) -> int:
        """Items that patches are drawn from."""
        return sum(int((window.areas > 0).sum()) for window in self._windows)

    def choose(self, step: int, random: np.random.Generator) -> int:
        """An item that the step may see: a source by its share, in it a picture by its area."""
        indices, up_to = self._seen(step)
        return int(indices[np.searchsorted(up_to, random.random() * up_to[-1], "right")])

    def _seen(self, step: int) -> tuple[Indices, npt.NDArray[np.float64]]:
        """The items of a step, and the sum of chances up to each."""
        now, key = self._now, 0 if self.whole else step
        if now[0] != key:
            parts = [window.at(step) for window in self._windows]
            indices = np.concatenate([part[0] for part in parts])
            chances = np.cumsum(np.concatenate([part[1] for part in parts]))
            now = self._now = (key, (indices, chances))
        return now[1]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Pair:
        with self._lock:
            if index in self._held:
                self._held.move_to_end(index)
                return self._held[index]
        pair = self._make(self.items[index])
        with self._lock:
            if index not in self._held:
                self._held[index] = pair
                self._bytes += pair.size
            while self._bytes > self._limit and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].size
        return pair


class _Window:
    """The items of one source that a step may see.

    Attributes
    ----------
    first
        The number of the source's first item in the store.
    held
        How many items are seen at once.
    """

    def __init__(
        self,
        first: int,
        areas: npt.NDArray[np.float64],
        share: float,
        held: int,
        seed: tuple[int, int],
    ) -> None:
        self.first, self.areas, self._share = first, areas, share
        self._held, self._seed = held, seed

    def at(self, step: int) -> tuple[Indices, npt.NDArray[np.float64]]:
        """Items of the store, and the chance of each."""
        count = len(self.areas)
        if self._held >= count:
            seen = np.arange(count)
        else:
            epochs = range(step // count, (step + self._held - 1) // count + 1)
            orders = np.concatenate([_order(self._seed, epoch, count) for epoch in epochs])
            seen = orders[step % count : step % count + self._held]
        areas = self.areas[seen]
        whole = areas.sum()
        return self.first + seen, (areas * self._share / whole if whole else areas)


@lru_cache(maxsize=64)
def _order(seed: tuple[int, int], epoch: int, count: int) -> Indices:
    return np.random.default_rng([*seed, epoch]).permutation(count)


def _fitting(sizes: Sequence[float], limit: float) -> int:
    """How many of the largest fit into the limit: then any so many do; at least one."""
    total = np.cumsum(sorted(sizes, reverse=True))
    return max(1, int((total <= limit).sum()))


def held_pairs(pairs: Sequence[Pair], memory: float = 64.0) -> Store:
    """A store of pairs that are in memory already."""
    items = [
        Item(str(n), (), (p.high.shape[1], p.high.shape[0]), _no_sample)
        for n, p in enumerate(pairs)
    ]
    numbers = {item.name: n for n, item in enumerate(items)}
    return Store([Weighted(items, 1.0)], lambda i: pairs[numbers[i.name]], memory, 2.0, 0)


def _no_sample() -> Sample:
    raise NotImplementedError("a pair in memory is not read")
