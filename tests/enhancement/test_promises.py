"""Each model that ships keeps the promises of its card."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.enhancement.promises import broken_promises, enlarged
from claritas.enhancement.steps import Network
from claritas.image.picture import Picture
from claritas.image.resize import imresize, resize
from claritas.zoo.card import read_card
from claritas.zoo.catalogue import SHIPPED, names, shipped

ENHANCER = Enhancer()
PICTURES = [name for name in names() if not shipped()[name].card.contract.outputs]


@pytest.fixture(params=PICTURES)
def model(request):
    return shipped()[request.param]


def test_a_shipped_model_keeps_its_promises(model):
    assert broken_promises(model, ENHANCER.engine) == []


def test_a_halo_that_is_too_short_is_found(model, tmp_path):
    folder = tmp_path / "short"
    shutil.copytree(model.folder, folder)
    card = folder / "card.toml"
    text = re.sub("halo = [0-9]+", "halo = 9", card.read_text("utf-8"))
    card.write_text(re.sub("margin = [0-9]+", "margin = 9", text), "utf-8")
    broken = broken_promises(read_card(folder), ENHANCER.engine)
    assert any("halo of 9" in sentence for sentence in broken)


@pytest.mark.parametrize("size", [(61, 47), (33, 128), (20, 19)])
@pytest.mark.parametrize("tile", [16, 23, 40])
def test_tiled_equals_whole_picture_edges_included(model, size, tile):
    picture = np.random.default_rng(1).random((*size, 3), dtype=np.float32)
    whole = enlarged(model, ENHANCER.engine, picture)
    assert np.abs(enlarged(model, ENHANCER.engine, picture, tile) - whole).max() <= 1e-5


@pytest.mark.parametrize("grey", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_flat_grey_stays_flat_edges_included(model, grey):
    picture = np.full((30, 41, 3), grey, np.float32)
    assert np.abs(enlarged(model, ENHANCER.engine, picture) - grey).max() <= 0.001


def ramp(height: int, width: int, down: float, across: float) -> Picture:
    """A 16-bit grey ramp that rises by these steps a pixel."""
    rows, columns = np.mgrid[:height, :width]
    return Picture.from_array(np.rint(rows * down + columns * across).astype(np.uint16))


@pytest.mark.parametrize("picture", [ramp(24, 11_000, 0, 5.957), ramp(400, 400, 95, 69)])
def test_sixteen_bit_ramps_stay_ramps_in_the_default_precision(picture):
    result = Enhancer(Options(scale=2))(picture)
    ours = np.concatenate(list(result.bands()))
    plain = np.concatenate(list(resize(picture, scale=2).bands()))
    assert np.abs(ours - plain).max() <= 0.001
    assert len(np.unique(result.array())) >= 20_000


def test_default_precision_has_no_falling_step_that_fp32_has_not():
    picture = ramp(24, 4000, 0, 16.38)
    steps = []
    for precision in ("auto", "fp32"):
        enhance = Enhancer(Options(scale=2, precision=precision))
        steps.append(np.diff(enhance(picture).array()[..., 0].astype(int), axis=1))
    assert not ((steps[0] < 0) & (steps[1] >= 0)).any()


@pytest.mark.parametrize("name", PICTURES)
def test_enlarging_does_not_shift_the_picture(name):
    from skimage.data import astronaut

    scale = shipped()[name].card.contract.scale
    truth = astronaut()[: 96 * scale, : 96 * scale]
    low = imresize(truth, scale=1 / scale)
    step = Network(shipped()[name], ENHANCER.engine, "fp32")
    large = np.concatenate(list(step(Picture.from_array(low)).bands()))
    back = imresize(large.astype(np.float64), scale=1 / scale).mean(-1)
    shift = best_alignment(low.mean(-1) / 255, back)
    assert np.abs(shift).max() <= 0.02


def best_alignment(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The sub-pixel shift between two pictures: a parabola through the cross-correlation's peak."""
    window = np.hanning(a.shape[0])[:, None] * np.hanning(a.shape[1])
    spectra = [np.fft.fft2((x - x.mean()) * window) for x in (a, b)]
    correlation = np.fft.fftshift(np.fft.ifft2(spectra[0] * spectra[1].conj()).real)
    y, x = np.unravel_index(correlation.argmax(), correlation.shape)
    lines = correlation[y - 1 : y + 2, x], correlation[y, x - 1 : x + 2]
    centre = np.array([n // 2 for n in correlation.shape])
    peak = np.array([y, x]) + [0.5 * (a - c) / (a - 2 * b + c) for a, b, c in lines]
    return peak - centre


def test_every_folder_of_the_catalogue_is_listed():
    assert {p.name for p in SHIPPED.iterdir() if p.is_dir()} == set(names())
