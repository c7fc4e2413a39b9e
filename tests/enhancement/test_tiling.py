from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.enhancement.tiling import bands_of_cores, context, rows_needed
from claritas.image.picture import Header
from claritas.zoo.card import Contract

sizes = st.integers(1, 300)


def contracts():
    """Any contract; its margin is the halo or less."""
    return st.integers(0, 40).flatmap(contracts_of)


def contracts_of(halo):
    return st.builds(
        Contract,
        scale=st.integers(1, 4),
        halo=st.just(halo),
        margin=st.integers(-1, halo),
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


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 200), contracts(), st.data())
def test_a_context_holds_the_halo_or_ends_where_that_of_the_whole_picture_ends(
    length, contract, data
):
    first = data.draw(st.integers(0, length - 1)) // contract.multiple * contract.multiple
    last = data.draw(st.integers(first + 1, length))
    begin, end = _fed(first, last, length, contract)
    whole = _fed(0, length, length, contract)
    assert begin == max(whole[0], first - _up(contract.halo, contract.multiple))
    assert end >= min(whole[1], last + contract.halo)
    smallest = _up(contract.minimum, contract.multiple)
    assert end <= whole[1] or end - begin == smallest  # what is too small for the net goes on


def test_beyond_its_edges_a_picture_is_extended_by_the_margin():
    contract = Contract(scale=4, halo=26, margin=12)
    assert _fed(0, 100, 100, contract) == (-12, 112)
    assert _fed(0, 30, 100, contract) == (-12, 56)
    assert _fed(90, 100, 100, contract) == (64, 112)


def _fed(first, last, length, contract):
    """[begin, end) of what a core is fed, in the picture's pixels; below 0 before its edge."""
    seen = context(first, last, length, contract)
    begin = first - seen.before
    return begin, begin + len(seen.indices)


def _up(value, multiple):
    return -(-value // multiple) * multiple


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
