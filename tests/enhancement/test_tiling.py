from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.enhancement.tiling import bands_of_cores, context, rows_needed
from claritas.image.picture import Header
from claritas.zoo.card import Contract

sizes = st.integers(1, 300)


def contracts():
    return st.builds(
        Contract,
        scale=st.integers(1, 4),
        halo=st.integers(12, 40),
        margin=st.integers(-1, 12),
        multiple=st.sampled_from([1, 2, 4, 8]),
        minimum=st.integers(1, 20),
        edges=st.sampled_from(["mirror", "own"]),
    )


@settings(max_examples=60, deadline=None)
@given(sizes, sizes, contracts(), st.one_of(st.none(), st.integers(16, 90)))
def test_cores_cover_every_pixel_once(width, height, contract, tile):
    covered = np.zeros((height, width), int)
    for band in bands_of_cores(Header(width, height, 3), contract, tile):
        for core in band:
            covered[core.top : core.bottom, core.left : core.right] += 1
            assert core.top % contract.multiple == core.left % contract.multiple == 0
    assert (covered == 1).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), contracts(), st.data())
def test_a_context_holds_its_core_and_fits_the_net(length, contract, data):
    first = data.draw(st.integers(0, length - 1)) // contract.multiple * contract.multiple
    last = data.draw(st.integers(first + 1, length))
    seen = context(first, last, length, contract)
    core = seen.indices[seen.before : seen.before + last - first]
    assert core.tolist() == list(range(first, last))
    assert len(seen.indices) % contract.multiple == 0
    assert len(seen.indices) >= contract.minimum
    if contract.edges == "mirror" and contract.margin < 0:
        assert seen.before >= contract.halo


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), contracts(), st.data())
def test_a_context_holds_the_halo_and_ends_where_that_of_the_whole_picture_does(
    length, contract, data
):
    whole = _fed(context(0, length, length, contract), 0)
    first = data.draw(st.integers(0, length - 1)) // contract.multiple * contract.multiple
    last = data.draw(st.integers(first + 1, length))
    begin, end = _fed(context(first, last, length, contract), first)
    assert begin == max(whole[0], begin)
    assert begin <= max(whole[0], first - contract.halo)
    assert end >= min(whole[1], last + contract.halo)
    if end > last + contract.halo + contract.multiple + contract.minimum:
        assert end <= whole[1]


def _fed(seen, first):
    """[begin, end) of what is fed, in the picture's pixels; below 0 before its edge."""
    begin = first - seen.before
    return begin, begin + len(seen.indices)


def test_beyond_its_edges_a_picture_is_extended_by_the_margin():
    contract = Contract(scale=4, halo=26, margin=12)
    for first, last in ((0, 100), (0, 30), (90, 100)):
        begin, end = _fed(context(first, last, 100, contract), first)
        assert (begin, end) == (max(first - 26, -12), min(last + 26, 112))


@settings(max_examples=40, deadline=None)
@given(sizes, sizes, contracts(), st.integers(16, 90))
def test_the_rows_that_bands_need_never_go_back(width, height, contract, tile):
    header = Header(width, height, 3)
    cut = bands_of_cores(header, contract, tile)
    firsts = [first for first, _ in rows_needed(cut, header, contract)]
    assert firsts == sorted(firsts)


def test_a_picture_of_a_million_pixels_is_one_tile():
    contract = Contract(scale=4, halo=18)
    assert len(bands_of_cores(Header(1024, 768, 3), contract, None)) == 1


def test_a_wide_picture_is_cut_into_low_bands():
    contract = Contract(scale=4, halo=18)
    bands = bands_of_cores(Header(40_000, 500, 3), contract, None)
    rows = max(band[0].bottom - band[0].top for band in bands)
    assert rows <= 128
