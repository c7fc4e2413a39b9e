from __future__ import annotations

import weakref

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.image.rows import RowWindow, copies, rebanded

heights = st.lists(st.integers(1, 9), min_size=1, max_size=8)


def bands_of(cuts: list[int]) -> list[np.ndarray]:
    rows = np.arange(sum(cuts), dtype=np.float32)[:, None, None]
    return np.split(rows, np.cumsum(cuts)[:-1])


@settings(max_examples=80)
@given(cuts=heights, data=st.data())
def test_a_window_gives_the_rows_that_were_asked_for(cuts, data):
    total = sum(cuts)
    window = RowWindow(iter(bands_of(cuts)))
    first = 0
    for _ in range(6):
        first = data.draw(st.integers(first, total - 1))
        last = data.draw(st.integers(first + 1, total))
        assert window.rows(first, last).ravel().tolist() == list(range(first, last))


@settings(max_examples=50)
@given(cuts=heights)
def test_a_window_lets_go_of_rows_that_nobody_needs(cuts):
    window = RowWindow(iter(bands_of(cuts)))
    total = sum(cuts)
    for top in range(total):
        window.rows(top, top + 1)
        held = sum(len(band) for band in window._held)
        assert held <= max(cuts)


@settings(max_examples=50)
@given(cuts=heights, step=st.integers(1, 12))
def test_other_bands_hold_the_same_rows(cuts, step):
    total = sum(cuts)
    wanted = [min(step, total - top) for top in range(0, total, step)]
    result = list(rebanded(iter(bands_of(cuts)), iter(wanted)))
    assert [len(band) for band in result] == wanted
    assert np.concatenate(result).ravel().tolist() == list(range(total))


def test_copies_give_the_same_bands_and_hold_none_that_all_have_taken():
    made: list[weakref.ref[np.ndarray]] = []

    def stream():
        for value in range(5):
            band = np.full((2, 3, 1), value, np.float32)
            made.append(weakref.ref(band))
            yield band
            del band

    first, second = copies(stream(), 2)
    for value in range(5):
        assert next(first)[0, 0, 0] == value
        assert next(second)[0, 0, 0] == value
        assert sum(one() is not None for one in made) <= 1
    assert next(first, None) is next(second, None) is None
