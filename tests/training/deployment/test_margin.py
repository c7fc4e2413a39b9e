"""How far a picture goes on past its edges is measured, not argued."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

pytest.importorskip("torch")

from skimage.data import astronaut, chelsea

from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.promises import flat_grey
from claritas.enhancement.steps import Network
from claritas.image.picture import Picture
from claritas.image.resize import imresize
from claritas.training.data.store import Pair
from claritas.training.deployment import margin as module
from claritas.training.deployment import measure
from claritas.training.deployment.margin import (
    FLATS,
    FRAME,
    LARGEST_CHANGE,
    LARGEST_LOSS,
    LEAST,
    SIDE,
    STEP,
    with_margin,
)
from claritas.zoo.catalogue import shipped

pytestmark = pytest.mark.torch

ENGINE = Enhancer().engine


@pytest.fixture(scope="module", params=["photo-x2", "photo-x4-fast"])
def model(request):
    return shipped()[request.param]


@pytest.fixture(scope="module")
def pairs(model):
    scale = model.card.contract.scale
    return [pair_of(photograph[:256, :256], scale) for photograph in (astronaut(), chelsea())]


def pair_of(high, scale):
    return Pair(high=high, low=imresize(high, scale=1 / scale))


def with_contract(model, **changes):
    contract = msgspec.structs.replace(model.card.contract, **changes)
    card = msgspec.structs.replace(model.card, contract=contract)
    return msgspec.structs.replace(model, card=card)


def result(model, low, margin):
    step = Network(with_contract(model, margin=margin), ENGINE, "fp32")
    return np.concatenate(list(step(Picture.from_array(low)).bands()))


def is_harmless(model, pairs, margin):
    """No smooth sample moves by half a level, flats not at all, and the frames are as near."""
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    change = np.abs(result(model, white, margin) - result(model, white, -1)).max()
    lost = np.mean([frame_psnr(model, p, -1) - frame_psnr(model, p, margin) for p in pairs])
    flat = all(stays(model, level, margin) for level in FLATS)
    return change <= LARGEST_CHANGE and lost <= LARGEST_LOSS and flat


def stays(model, level, margin):
    flat = Picture.from_array(np.full((LEAST, LEAST, 3), level, np.uint8))
    step = Network(with_contract(model, margin=margin), ENGINE, "int8")
    return (step(flat).array() == level).all()


def frame_psnr(model, pair, margin):
    scale = model.card.contract.scale
    low, high = pair.low[:SIDE, :SIDE], pair.high[: SIDE * scale, : SIDE * scale]
    difference = result(model, low, margin) - high / 255
    frame = np.ones(high.shape, bool)
    frame[FRAME * scale : -FRAME * scale, FRAME * scale : -FRAME * scale] = False
    return -10 * np.log10((difference[frame] ** 2).mean())


def test_the_margin_is_the_smallest_that_does_no_harm_at_the_edges(model, pairs):
    margin = with_margin(model, ENGINE, pairs).card.contract.margin
    assert LEAST <= margin < model.card.contract.halo
    assert is_harmless(model, pairs, margin)
    assert margin == LEAST or not is_harmless(model, pairs, margin - STEP)


def test_a_model_that_pads_by_itself_or_has_no_pictures_keeps_its_halo(model, pairs):
    own = with_contract(model, edges="own", residual="none", margin=-1)
    assert with_margin(own, ENGINE, pairs).card.contract.margin == -1
    kept = with_contract(model, margin=-1)
    assert with_margin(kept, ENGINE, []).card.contract.margin == -1


@pytest.mark.parametrize("model", ["photo-x4-fast"], indirect=True)
def test_it_is_measured_only_in_precisions_that_the_machine_has(pairs, model, monkeypatch):
    asked = set()

    def spy(model, engine, precision):
        asked.add(precision)
        return Network(model, engine, precision)

    monkeypatch.setattr(module, "Network", spy)
    monkeypatch.setattr(measure, "native_precisions", lambda *_: ["fp32"])
    assert set(measure.measured(model, pairs).card.precision) == {"fp32"}
    assert asked == {"fp32"}


@pytest.mark.parametrize("model", ["photo-x2"], indirect=True)
def test_no_margin_breaks_the_promise_of_flat_grey(model, pairs, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_LOSS", 99.0)  # so that the pictures allow any
    precision = {"fp32": model.card.precision["fp32"]}
    card = msgspec.structs.replace(model.card, precision=precision)
    alone = msgspec.structs.replace(model, card=card)
    assert not flat_grey(with_margin(alone, ENGINE, pairs), ENGINE)


@pytest.mark.parametrize("model", ["photo-x4-fast"], indirect=True)
def test_a_margin_that_breaks_the_promise_of_flat_grey_is_passed_over(model, pairs, monkeypatch):
    own = with_margin(model, ENGINE, pairs).card.contract.margin

    def broken(trial, _engine):
        return "Flat grey changes." if trial.card.contract.margin <= own else ""

    monkeypatch.setattr(module, "flat_grey", broken)
    assert with_margin(model, ENGINE, pairs).card.contract.margin > own
