from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

import claritas
from claritas.errors import ClaritasError, PictureError, UsageError

RANDOM = np.random.default_rng(11)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 1), (9, 12, 3), (9, 12, 4)])
def test_an_array_gives_an_array_of_its_kind(dtype, shape):
    array = RANDOM.random(shape) * (1 if dtype.startswith("float") else np.iinfo(dtype).max)
    for _ in range(2):  # a package of the function's name would hide it at the second call
        result = claritas.enhance(array.astype(dtype), scale=2)
        assert (result.dtype, result.shape) == (np.dtype(dtype), (18, 24, *shape[2:]))


def test_a_picture_gives_a_picture_that_nobody_has_computed_yet():
    picture = claritas.Picture.from_array(np.zeros((5, 6, 3), np.uint8))
    result = claritas.enhance(picture, scale=3)
    assert isinstance(result, claritas.Picture)
    assert (result.header.width, result.header.height) == (18, 15)
    assert any("photo-x" in note for note in result.header.notes)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gives_the_path_of_a_new_file(tmp_path, kind):
    source = tmp_path / "small.png"
    Image.fromarray(RANDOM.integers(0, 256, (8, 9, 3), np.uint8)).save(source)
    written = claritas.enhance(kind(source), scale=2)
    assert type(written) in (str, type(source))
    assert isinstance(written, kind)
    with Image.open(written) as image:
        assert image.size == (18, 16)
    with pytest.raises(ClaritasError, match="small-enhanced"):
        claritas.enhance(source)


def test_an_input_is_never_written_over(tmp_path):
    source = tmp_path / "small.png"
    Image.fromarray(RANDOM.integers(0, 256, (8, 9, 3), np.uint8)).save(source)
    before = source.read_bytes()
    with pytest.raises(ClaritasError):
        claritas.enhance(source, output=source)
    assert source.read_bytes() == before


def test_two_threads_that_share_an_enhancer_get_what_one_gets():
    enhancer = claritas.Enhancer(claritas.Options(scale=2))
    sizes = RANDOM.integers(5, 40, (100, 2))
    pictures = [RANDOM.integers(0, 256, (*size, 3), np.uint8) for size in sizes]

    def enhanced(array: np.ndarray) -> np.ndarray:
        return enhancer(claritas.Picture.from_array(array)).array()

    alone = [enhanced(array) for array in pictures]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(enhanced, pictures))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_no_result_leaves_its_range():
    checkers = np.indices((30, 30)).sum(0) % 2 * np.ones((3, 1, 1))
    array = np.ascontiguousarray(checkers.transpose(1, 2, 0), np.float32)
    assert claritas.enhance((array * 255).astype(np.uint8), scale=2).max() <= 255
    own = claritas.enhance((array * 65535).astype(np.uint16), scale=2)
    assert own.dtype == np.uint16


def test_wrong_arrays_and_options_are_clear_errors():
    with pytest.raises(PictureError, match="complex128"):
        claritas.enhance(np.zeros((3, 3), complex))
    with pytest.raises(PictureError, match="shape"):
        claritas.enhance(np.zeros((3, 3, 3, 3), np.uint8))
    with pytest.raises(UsageError, match="scale of 99"):
        claritas.enhance(np.zeros((3, 3), np.uint8), scale=99)
    with pytest.raises(TypeError, match="sclae"):
        claritas.enhance(np.zeros((3, 3), np.uint8), sclae=2)


def best_and_plain(model, samples):
    """What the preset makes of samples, what the model alone does, and what the best says."""
    options = claritas.Options(preset="best", model=model)
    best = claritas.Enhancer(options)(claritas.Picture.from_array(samples))
    result, notes = best.array(), " ".join(best.header.notes)
    assert np.array_equal(result, claritas.enhance(samples, model=model, ensemble=True))
    plain = claritas.enhance(samples, model=model)
    assert not np.array_equal(result, plain)
    assert np.abs(result.astype(int) - plain).mean() < 8
    return result, notes


SMALL = np.ascontiguousarray(data.chelsea()[60:80, 90:114])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_best_preset_gives_the_mean_over_flips_and_turns_and_says_so(channels):
    best, notes = best_and_plain("real-x4", SMALL[..., :channels])
    assert "mean over flips and turns" in notes
    on_its_side = np.ascontiguousarray(np.rot90(SMALL[..., :channels]))
    turned, _ = best_and_plain("real-x4", on_its_side)
    assert np.abs(np.rot90(turned, -1).astype(int) - best).max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_of_a_model_that_turns_with_its_input_it_is_the_mean_over_other_colours(channels):
    best, notes = best_and_plain("photo-x2", SMALL[..., :channels])
    assert "mean over exchanged colours and negatives" in notes
    exchanged = np.roll(255 - SMALL[..., :channels], 1, axis=-1)
    negative, _ = best_and_plain("photo-x2", exchanged)
    assert np.abs(np.roll(255 - negative.astype(int), -1, axis=-1) - best).max() <= 1
