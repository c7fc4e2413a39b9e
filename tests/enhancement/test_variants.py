"""The same picture in other ways."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from skimage import data

from claritas.assessment.assessor import eight_bits
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.variants import in_other_colours, results, turned, turns_tell
from claritas.image.picture import Picture
from claritas.zoo.catalogue import shipped

CAT = np.ascontiguousarray(data.chelsea()[60:92, 90:130])
CARD = shipped()["photo-x3"].card


class Unchanged:
    """In place of an enhancer: gives back what it gets, and keeps it."""

    def __init__(self, given):
        self.given = given

    def __call__(self, picture):
        self.given.append(picture.array())
        return picture


def seen(picture, variants, monkeypatch):
    """What a model would get for each variant, and the results brought back."""
    given: list[np.ndarray] = []
    monkeypatch.setattr("claritas.enhancement.variants._makers", lambda _: [Unchanged(given)] * 2)
    return given, list(results(Enhancer(), picture, variants))


PICTURES = {
    "colour": CAT,
    "grey": CAT[..., :1],
    "16 bits": CAT.astype(np.uint16) * 257,
    "transparent": np.dstack([CAT, np.full(CAT.shape[:2], 255, np.uint8)]),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("way", [turned, in_other_colours])
def test_what_is_done_to_a_picture_is_undone(name, way, monkeypatch):
    picture = Picture.from_array(PICTURES[name])
    variants = turned() if way is turned else in_other_colours(picture.header)
    given, back = seen(picture, variants, monkeypatch)
    assert len({one.tobytes() + repr(one.shape).encode() for one in given}) == len(given)
    for one in back:
        assert np.array_equal(one, eight_bits(picture))


def test_there_are_eight_turns_and_as_many_exchanges_as_colours_allow():
    colour, grey = (Picture.from_array(PICTURES[name]).header for name in ("colour", "grey"))
    assert len(list(turned())) == 8
    assert len(list(in_other_colours(colour))) == 6
    assert len(list(in_other_colours(grey))) == 2


def test_turns_tell_nothing_of_what_turns_by_construction():
    arguments = CARD.net.arguments | {"symmetric": True}
    net = msgspec.structs.replace(CARD.net, arguments=arguments)
    symmetric = msgspec.structs.replace(CARD, net=net)
    assert not turns_tell([symmetric])
    assert turns_tell([symmetric, CARD])
