from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claritas.enhancement.plan import Options, choose_precision, make_plan
from claritas.errors import UsageError
from claritas.image.picture import Header, SampleType
from claritas.zoo.catalogue import shipped

NATIVE = ["fp32", "bf16", "int8"]
HEADER = Header(100, 60, 3)


def plan(**options):
    return make_plan(HEADER, Options(**options), NATIVE)


@given(st.floats(0.01, 16))
def test_the_models_reach_the_scale_and_the_size_is_its_ceiling(scale):
    made = plan(scale=scale)
    product = math.prod(s.model.card.contract.scale for s in made.stages)
    assert product >= scale - 1e-9 or product == 1
    assert (made.width, made.height) == tuple(
        max(1, math.ceil(round(side * scale, 9))) for side in (100, 60)
    )


@pytest.mark.parametrize("scale", [0.3, 1])
def test_one_or_less_is_the_resizer_alone(scale):
    assert plan(scale=scale).models == ()


@pytest.mark.parametrize(
    ("scale", "product"),
    [(1.2, 2), (2, 2), (2.5, 3), (3, 3), (3.5, 4), (5, 6), (7, 8), (10, 12), (16, 16)],
)
def test_the_smallest_product_of_trained_factors_is_taken(scale, product):
    stages = plan(scale=scale).stages
    assert math.prod(s.model.card.contract.scale for s in stages) == product


def test_the_default_scale_is_two():
    assert plan().width == 200


@pytest.mark.parametrize(
    ("size", "wanted"), [((50, 20), (50, 20)), ((200, None), (200, 120)), ((None, 30), (50, 30))]
)
def test_a_size_with_one_side_keeps_the_shape(size, wanted):
    made = plan(size=size)
    assert (made.width, made.height) == wanted


@pytest.mark.parametrize(
    "options",
    [
        {"scale": 0},
        {"scale": -1},
        {"scale": 16.1},
        {"scale": math.nan},
        {"scale": 2, "size": (4, 4)},
        {"size": (None, None)},
        {"size": (0, 5)},
        {"size": (5000, None)},
        {"strength": 1.2},
        {"tile": 3},
        {"task": "colour"},
        {"model": "photo-x9"},
        {"model": "photo-x2", "task": "denoise"},
    ],
)
def test_options_that_make_no_sense_are_wrong_use(options):
    with pytest.raises(UsageError):
        plan(**options)


def test_the_best_takes_the_balanced_models_and_averages_over_variants():
    assert plan(preset="best").models == plan().models
    assert Options(preset="best").averages
    assert not Options().averages


def test_a_model_named_by_the_user_is_repeated_as_often_as_it_takes():
    assert plan(model="photo-x2", scale=7).models == ("photo-x2",) * 3


def with_bf16(model):
    """As exported where bf16 is native; no model that ships was."""
    replace, precision = msgspec.structs.replace, model.card.precision
    bf16 = replace(precision["fp32"], serves_16_bit=False)
    return replace(model, card=replace(model.card, precision={**precision, "bf16": bf16}))


def test_eight_bits_run_in_what_is_fast_and_sixteen_in_fp32():
    model = with_bf16(shipped()["photo-x4-fast"])
    sixteen = Header(9, 9, 3, SampleType.UINT16, 0, 65535)
    assert choose_precision(model, "auto", HEADER, NATIVE) == "int8"
    assert choose_precision(model, "auto", HEADER, ["fp32", "bf16"]) == "bf16"
    assert choose_precision(model, "auto", HEADER, ["fp32"]) == "fp32"
    assert choose_precision(model, "auto", sixteen, NATIVE) == "fp32"


def test_a_precision_that_the_device_or_the_model_lacks_is_refused():
    model = shipped()["photo-x4"]
    with pytest.raises(UsageError, match="bf16"):
        choose_precision(model, "bf16", HEADER, ["fp32"])
    alone = {"fp32": model.card.precision["fp32"]}
    replace = msgspec.structs.replace
    without = replace(model, card=replace(model.card, precision=alone))
    with pytest.raises(UsageError, match="no int8"):
        choose_precision(without, "int8", HEADER, NATIVE)


def test_the_identity_changes_with_options_and_only_with_them():
    assert plan(scale=2).identity == plan(scale=2).identity
    assert plan(scale=2).identity != plan(scale=2, strength=0.5).identity
