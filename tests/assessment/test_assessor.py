from __future__ import annotations

import math

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import claritas
from claritas.assessment.assessor import Assessor, best_first, eight_bits, is_worse
from claritas.assessment.metrics import METRICS, Subject
from claritas.assessment.score import Score
from claritas.errors import PictureError, UsageError
from claritas.image.picture import Picture
from tests.assessment.conftest import noisy, through_jpeg

HAD_WITHOUT_A_FILE = [name for name in METRICS if name != "lpips"]


def kinds(height, width, seed):
    random = np.random.default_rng(seed)
    shape = (height, width, 3)
    yield np.zeros(shape, np.uint8)
    yield np.full(shape, 255, np.uint8)
    yield np.full(shape, 77, np.uint8)
    yield (random.random(shape) < 0.5).astype(np.uint8) * np.uint8(255)
    yield random.integers(0, 256, shape, np.uint8)
    yield np.broadcast_to(np.arange(width, dtype=np.uint8)[None, :, None], shape)


@pytest.mark.parametrize("name", HAD_WITHOUT_A_FILE)
@settings(max_examples=6, deadline=None)
@given(st.integers(1, 200), st.integers(1, 120), st.integers(0, 99))
def test_any_picture_gives_a_number_in_its_range_or_an_error(name, height, width, seed):
    for picture in kinds(height, width, seed):
        for reference in (picture, picture[::-1]):
            try:
                score = METRICS[name].measure(Subject(picture, reference))
            except PictureError:
                continue
            low, high = score.range
            assert not math.isnan(score.value)
            assert low - 1e-9 <= score.value <= high + 1e-9


@pytest.mark.parametrize("name", HAD_WITHOUT_A_FILE)
def test_a_picture_beside_itself_has_the_best_score(cat, name):
    metric = METRICS[name]
    if metric.needs == "nothing":
        return
    same, other = (metric.measure(Subject(one, cat)) for one in (cat, noisy(cat, 30)))
    assert best_first(same) < best_first(other) or name == "registration"
    best = same.range[1] if same.higher_is_better else same.range[0]
    assert same.value == pytest.approx(best, abs=1e-6)


def test_a_path_an_array_and_a_picture_are_assessed_alike(cat, tmp_path):
    Image.fromarray(cat).save(tmp_path / "cat.png")
    found = [claritas.assess(one) for one in (cat, Picture.from_array(cat), tmp_path / "cat.png")]
    assert found[0] == found[1] == found[2]
    assert found[0]["niqe"].name == "NIQE"


def test_the_files_own_quality_is_told(cat, tmp_path):
    Image.fromarray(cat).save(tmp_path / "cat.jpg", quality=97)
    assert claritas.assess(tmp_path / "cat.jpg")["jpeg-quality"].value == 97
    found = claritas.assess(through_jpeg(cat, 50))["jpeg-quality"]
    assert found.value == pytest.approx(50, abs=1)
    assert "pixels" in str(found.protocol)


def test_a_metric_that_was_not_named_may_fail_and_one_that_was_may_not(cat):
    small = cat[:40, :40]
    found = claritas.assess(small)
    assert "at least 96 pixels" in found.unavailable["niqe"]
    with pytest.raises(PictureError, match="NIQE"):
        claritas.assess(small, metrics=["niqe"])


@pytest.mark.parametrize(
    ("metrics", "says"),
    [(["nique"], "niqe"), (["psnr-y=x"], "no file"), (["lpips"], "lpips=FILE"), (["gmsd"], "gmsd")],
)
def test_metrics_that_cannot_be_had_are_said(cat, metrics, says):
    with pytest.raises(UsageError, match=says):
        claritas.assess(cat, metrics=metrics)


def test_a_reference_of_another_size_is_one_clear_error(cat):
    with pytest.raises(PictureError, match="451x300 pixels, its reference 225x150") as caught:
        claritas.assess(cat, cat[::2, ::2][:150, :225])
    assert "consistency" in caught.value.remedy
    names = ["consistency", "registration"]
    assert claritas.assess(cat, cat[::2, ::2], metrics=names)["registration"].value < 0.6


def test_no_number_is_no_score():
    with pytest.raises(PictureError, match="no number"):
        Score("Any", math.nan, "", (0, 1), True, "")


def test_deep_and_transparent_pictures_become_8_bits_over_white():
    deep = np.array([[0, 257, 65535]], np.uint16)
    assert eight_bits(Picture.from_array(deep))[0, :, 0].tolist() == [0, 1, 255]
    see_through = np.array([[[100, 0], [100, 255]]], np.uint8)
    assert eight_bits(Picture.from_array(see_through))[0, :, 0].tolist() == [255, 100]
    found = claritas.assess(deep)
    assert "uint16 samples were rounded to 8 bits" in found.notes


def test_float_pictures_are_compared_by_the_references_range(tmp_path):
    ramp = np.linspace(0, 1000, 64 * 64, dtype=np.float32).reshape(64, 64)
    tifffile.imwrite(tmp_path / "a.tif", ramp)
    tifffile.imwrite(tmp_path / "b.tif", ramp * np.float32(0.5))
    assert claritas.assess(tmp_path / "b.tif", tmp_path / "a.tif")["rmse"].value > 50
    assert claritas.assess(tmp_path / "a.tif", tmp_path / "a.tif")["rmse"].value == 0


def test_samples_that_are_no_numbers_are_an_error(tmp_path):
    pixels = np.zeros((20, 20), np.float32)
    pixels[3, 4] = np.nan
    with pytest.raises(PictureError, match="no numbers"):
        claritas.assess(pixels)
    tifffile.imwrite(tmp_path / "nan.tif", pixels)
    with pytest.raises(PictureError, match=r"nan\.tif holds samples that are no numbers"):
        claritas.assess(tmp_path / "nan.tif")


def test_worse_means_below_or_above_as_the_direction_is(cat):
    found = Assessor(["noise", "sharpness"])(cat)
    assert is_worse(found["noise"], 0.1)
    assert not is_worse(found["noise"], 100)
    assert is_worse(found["sharpness"], 0.99)
