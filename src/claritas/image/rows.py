"""Rows on demand from a stream of bands: what steps that look around keep."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from claritas.image.picture import Array


class RowWindow:
    """A window that slides down a stream; it holds only what is still needed.

    Rows before the first one that was asked for last are let go, so a caller
    asks in ascending order.
    """

    def __init__(self, bands: Iterator[Array]) -> None:
        self._bands = bands
        self._held: list[Array] = []
        self._top = 0  # number of the first row held

    def rows(self, first: int, last: int) -> Array:
        """Rows [first, last) as one array; `first` never goes back."""
        self._let_go(first)
        while self._top + sum(map(len, self._held)) < last:
            self._held.append(next(self._bands))
        joined = self._held[0] if len(self._held) == 1 else np.concatenate(self._held)
        self._held = [joined]
        return joined[first - self._top : last - self._top]

    def _let_go(self, first: int) -> None:
        while self._held and self._top + len(self._held[0]) <= first:
            self._top += len(self._held.pop(0))
        if not self._held:
            while self._top < first:
                band = next(self._bands)
                if self._top + len(band) > first:
                    self._held.append(band)
                    return
                self._top += len(band)
        elif first > self._top:
            # A copy, or the view would keep the whole band alive.
            self._held[0] = self._held[0][first - self._top :].copy()
            self._top = first


def copies(bands: Iterator[Array], count: int) -> tuple[Iterator[Array], ...]:
    """The same stream `count` times; a band is held until the last copy has taken it.

    `itertools.tee` would hold up to 57 bands, whoever has taken them.
    """
    waiting: list[deque[Array]] = [deque() for _ in range(count)]

    def one(own: deque[Array]) -> Iterator[Array]:
        while True:
            if not own:
                band = next(bands, None)
                if band is None:
                    return
                for queue in waiting:
                    queue.append(band)
            yield own.popleft()

    return tuple(map(one, waiting))


def side_by_side(bands: Iterator[Array], others: Iterator[Array]) -> Iterator[tuple[Array, Array]]:
    """Each band with the same rows of another stream, however that one is cut."""
    window, top = RowWindow(others), 0
    for band in bands:
        yield band, window.rows(top, top + len(band))
        top += len(band)


def rebanded(bands: Iterator[Array], heights: Iterator[int]) -> Iterator[Array]:
    """The same rows in bands of the given heights."""
    window = RowWindow(bands)
    top = 0
    for height in heights:
        yield window.rows(top, top + height)
        top += height
