"""Against the values that the metrics' authors published for five pairs of pictures."""

from __future__ import annotations

import csv

import pytest
from skimage.io import imread

from claritas.assessment.full_reference import ms_ssim, psnr, ssim
from claritas.assessment.gradient import gmsd
from claritas.assessment.natural import niqe, read_pristine
from claritas.assessment.piqe import piqe

PAIRS = ("I03", "I04", "I06", "I08", "I19")
COMPARED = {
    "psnr": lambda dist, ref: psnr(dist, ref, channels="RGB"),
    "ssim": lambda dist, ref: ssim(dist, ref, channels="grey"),
    "ms_ssim": lambda dist, ref: ms_ssim(dist, ref, channels="grey"),
    "gmsd": gmsd,
    "piqe": lambda dist, _: piqe(dist),
}


def official(shared, name):
    with (shared / "ratings/calibration/results_official.csv").open() as file:
        rows = {row[0]: [float(value) for value in row[1:]] for row in list(csv.reader(file))[1:]}
    return rows[name]


def pair(shared, name):
    return [imread(shared / f"ratings/calibration/{kind}/{name}.png") for kind in ("dist", "ref")]


@pytest.mark.shared
@pytest.mark.parametrize("name", COMPARED)
def test_a_metric_is_within_one_percent_of_its_authors_values(shared, name):
    found = [COMPARED[name](*pair(shared, one)).value for one in PAIRS]
    assert found == pytest.approx(official(shared, name), rel=0.01)


@pytest.mark.shared
def test_niqe_with_the_published_model_is_within_one_percent_of_its_authors_values(shared):
    model = read_pristine(shared / "oracles/niqe/niqe_pris_params.npz")
    found = [niqe(pair(shared, one)[0], model).value for one in PAIRS]
    assert found == pytest.approx(official(shared, "niqe"), rel=0.01)


@pytest.mark.shared
def test_niqe_of_the_baboon_is_that_of_matlab(shared):
    model = read_pristine(shared / "oracles/niqe/niqe_pris_params.npz")
    assert niqe(imread(shared / "set14/baboon.png"), model).value == pytest.approx(5.7296, rel=0.01)
