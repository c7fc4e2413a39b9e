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
from claritas.training.deployment.margin import LEAST, STEP, with_margin
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


def corner(model, margin):
    step = Network(with_contract(model, margin=margin), ENGINE, "fp32")
    return step(Picture.from_array(busy(astronaut())[:48, :48])).array().astype(int)


def test_the_margin_is_less_than_the_halo_and_moves_no_sample_by_more_than_a_level(model, pairs):
    margin = with_margin(model, ENGINE, pairs).card.contract.margin
    assert LEAST <= margin < model.card.contract.halo
    assert np.abs(corner(model, margin) - corner(model, -1)).max() <= 1


def test_the_next_smaller_margin_would_change_the_picture(model, pairs):
    margin = with_margin(model, ENGINE, pairs).card.contract.margin
    assert margin > LEAST
    assert (corner(model, margin - 2 * STEP) != corner(model, -1)).any()


def test_a_model_that_pads_by_itself_or_has_no_pictures_keeps_its_halo(model, pairs):
    own = with_contract(model, edges="own", residual="none", margin=-1)
    assert with_margin(own, ENGINE, pairs).card.contract.margin == -1
    kept = with_contract(model, margin=-1)
    assert with_margin(kept, ENGINE, []).card.contract.margin == -1
