"""How far a picture goes on past its edges is measured, not argued."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

pytest.importorskip("torch")

from skimage.data import astronaut, chelsea

from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.steps import Network
from claritas.image.picture import Picture
from claritas.training.data.store import Pair
from claritas.training.deployment.margin import (
    LARGEST_CHANGE,
    LEAST,
    SIDE,
    STEP,
    with_margin,
)
from claritas.zoo.catalogue import shipped

pytestmark = pytest.mark.torch

ENGINE = Enhancer().engine


def busy(photograph):
    """A corner with an edge at every other pixel."""
    return np.ascontiguousarray(photograph[100::4, 100::4])


@pytest.fixture
def pairs():
    return [Pair(high=one, low=busy(one)) for one in (astronaut(), chelsea())]


@pytest.fixture(params=["photo-x2", "photo-x4-fast"])
def model(request):
    return shipped()[request.param]


def with_contract(model, **changes):
    contract = msgspec.structs.replace(model.card.contract, **changes)
    card = msgspec.structs.replace(model.card, contract=contract)
    return msgspec.structs.replace(model, card=card)


def change(model, pairs, margin):
    """The largest of a sample, in the pictures' corners and in white, against the whole halo."""
    corners = [pair.low[:SIDE, :SIDE] for pair in pairs]
    corners.append(np.full((SIDE, SIDE, 3), 255, np.uint8))
    less, all_of_it = (
        Network(with_contract(model, margin=each), ENGINE, "fp32") for each in (margin, -1)
    )
    both = [[step(Picture.from_array(c)) for step in (less, all_of_it)] for c in corners]
    differences = (
        np.concatenate(list(one.bands())) - np.concatenate(list(other.bands()))
        for one, other in both
    )
    return max(np.abs(difference).max() for difference in differences)


def test_the_margin_is_the_smallest_that_moves_no_sample_by_more_than_half_a_level(model, pairs):
    margin = with_margin(model, ENGINE, pairs).card.contract.margin
    assert LEAST < margin < model.card.contract.halo
    assert change(model, pairs, margin) <= LARGEST_CHANGE
    assert change(model, pairs, margin - STEP) > LARGEST_CHANGE


def test_a_model_that_pads_by_itself_or_has_no_pictures_keeps_its_halo(model, pairs):
    own = with_contract(model, edges="own", residual="none", margin=-1)
    assert with_margin(own, ENGINE, pairs).card.contract.margin == -1
    kept = with_contract(model, margin=-1)
    assert with_margin(kept, ENGINE, []).card.contract.margin == -1
