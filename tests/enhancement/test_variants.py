"""The same picture in other ways."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from claritas.assessment.assessor import eight_bits
from claritas.enhancement.variants import in_other_colours, telling, turned, turns_tell
from claritas.image.picture import Picture
from claritas.zoo.catalogue import shipped

CAT = np.ascontiguousarray(data.chelsea()[60:92, 90:130])
CARD, SYMMETRIC = (shipped()[name].card for name in ("real-x4", "photo-x2"))


PICTURES = {
    "colour": CAT,
    "grey": CAT[..., :1],
    "16 bits": CAT.astype(np.uint16) * 257,
    "transparent": np.dstack([CAT, np.full(CAT.shape[:2], 255, np.uint8)]),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("cards", [[CARD], [SYMMETRIC]])
def test_what_is_done_to_a_picture_is_undone(name, cards):
    picture = Picture.from_array(PICTURES[name])
    header, whole = picture.header, eight_bits(picture)
    variants = telling(cards, header.colours, header.low + header.high, 255)
    given = [np.ascontiguousarray(one.there(picture.array())) for one in variants]
    assert len({(one.shape, one.tobytes()) for one in given}) == len(given)
    for one, samples in zip(variants, given, strict=True):
        again = Picture.from_array(samples, low=header.low, high=header.high)
        assert np.array_equal(one.back(eight_bits(again)), whole)
        assert one.across == (samples.shape[:2] != CAT.shape[:2])


def test_there_are_eight_turns_and_as_many_exchanges_as_colours_allow():
    assert len(list(turned())) == 8
    assert len(list(in_other_colours(3, 1.0, 1.0))) == 6
    assert len(list(in_other_colours(1, 1.0, 1.0))) == 2


def test_turns_tell_nothing_of_what_turns_by_construction():
    assert not turns_tell([SYMMETRIC])
    assert turns_tell([SYMMETRIC, CARD])
