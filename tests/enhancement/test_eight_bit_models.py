"""The 8-bit files of the models that ship: what nobody may see."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import chelsea

from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.image.picture import Picture, SampleType
from claritas.image.resize import imresize
from claritas.zoo.card import PrecisionName
from claritas.zoo.catalogue import names, shipped

MODELS = [name for name in names() if shipped()[name].card.task == "upscale"]
ACROSS = np.broadcast_to(np.linspace(0, 0.3 * 255, 256), (96, 256))  # as at export


def enlarged(model: str, picture: np.ndarray, precision: PrecisionName, engine: str = "openvino"):
    options = Options(
        model=model,
        precision=precision,
        engine=engine,
        scale=shipped()[model].card.contract.scale,
    )
    return Enhancer(options)(Picture.from_array(picture)).array().astype(int)


def in_colour(plane: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(plane)[..., None], 3, axis=-1).astype(np.uint8)


@pytest.fixture(params=MODELS)
def model(request):
    return request.param


def test_a_model_that_enlarges_serves_8_bits_in_8_bits_and_16_in_32(model):
    enhancer = Enhancer(Options(model=model))
    header = Picture.from_array(in_colour(ACROSS)).header
    deep = Picture.from_array(np.zeros((9, 9, 3), np.uint16)).header
    assert deep.sample is SampleType.UINT16
    assert enhancer.plan(header).stages[0].precision == "int8"
    assert enhancer.plan(deep).stages[0].precision == "fp32"


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("grey", [0, 3, 128, 200, 255])
def test_flat_colour_stays_itself_to_the_last_bit(model, grey, engine):
    picture = in_colour(np.full((50, 60), grey))
    assert (enlarged(model, picture, "int8", engine) == grey).all()


@pytest.mark.parametrize("low", [0.05 * 255, 0.35 * 255, 0.65 * 255])
@pytest.mark.parametrize("turned", [False, True])
def test_a_smooth_ramp_is_at_most_one_grey_level_off_and_hardly_ever(model, low, turned):
    ramp = in_colour(low + (ACROSS.T if turned else ACROSS))
    off = enlarged(model, ramp, "int8") - enlarged(model, ramp, "fp32")
    assert np.abs(off).max() <= 1
    assert np.sqrt(np.square(off).mean()) <= 0.25


def test_both_engines_give_the_same_picture_in_8_bits(model):
    low = imresize(chelsea(), size=(150, 100))
    ours, other = (enlarged(model, low, "int8", engine) for engine in ("openvino", "onnxruntime"))
    assert np.square(ours - other).mean() < 0.5
