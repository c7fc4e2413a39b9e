"""Results that give back their input when they are brought down."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

import claritas
from claritas.enhancement.exact_blocks import exact_blocks
from claritas.enhancement.faithful import faithful
from claritas.errors import ClaritasError
from claritas.image.picture import Picture
from claritas.image.resize import imresize, resize

RANDOM = np.random.default_rng(5)


def pictures() -> dict[str, np.ndarray]:
    dots = np.zeros((23, 31, 3), np.uint8)
    dots[4::9, 5::11] = 255
    checkers = (np.indices((24, 30)).sum(0) % 2 * 255).astype(np.uint8)
    return {
        "photograph": np.ascontiguousarray(data.chelsea()[80:120, 100:160]),
        "noise": RANDOM.integers(0, 256, (29, 37, 3), np.uint8),
        "checkerboard": np.repeat(checkers[..., None], 3, -1),
        "single pixels": dots,
        "white pixels' holes": 255 - dots,
        "grey": checkers[..., None],
        "one pixel": np.full((1, 1, 3), 7, np.uint8),
    }


def block_means(array: np.ndarray, s: int) -> np.ndarray:
    height, width, channels = array.shape
    return array.reshape(height // s, s, width // s, s, channels).mean(axis=(1, 3))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", pictures())
def test_block_means_are_the_input_read_back_from_the_file(tmp_path, name, scale):
    source = Picture.from_array(pictures()[name])
    result = claritas.enhance(source, scale=scale, faithful="block")
    claritas.write_picture(result, tmp_path / "out.png")
    read = claritas.open_picture(tmp_path / "out.png").array()
    assert np.array_equal(block_means(read, scale), source.array())
    assert "Faithful (block averages): largest deviation 0 of 255." in result.remarks


@pytest.mark.parametrize("highest", [255, 65535])
def test_whatever_a_network_gives_block_means_are_exact(highest):
    for scale in (2, 3, 4, 16):
        wanted = RANDOM.choice([0, 1, highest // 3, highest - 1, highest], (9, 8, 3))
        found = RANDOM.normal(0.5, 2, (9 * scale, 8 * scale, 3)).astype(np.float32)
        blocks = exact_blocks(found, wanted, highest)
        assert blocks.min() >= 0
        assert blocks.max() <= highest
        assert np.array_equal(block_means(blocks, scale), wanted)


def test_a_result_that_is_faithful_already_stays():
    large = RANDOM.integers(0, 64, (12, 16, 3)).astype(np.uint8)
    large[1::2], large[:, 1::2] = large[::2], large[:, ::2]
    source, result = large[::2, ::2], Picture.from_array(large)
    assert np.array_equal(faithful(result, Picture.from_array(source), "block").array(), large)


def test_sixteen_bits_and_transparency_are_exact_too():
    array = RANDOM.integers(0, 65536, (11, 13, 4)).astype(np.uint16)
    result = claritas.enhance(array, scale=2, faithful="block")
    assert np.array_equal(block_means(result, 2), array)


def test_block_averaged_photographs_gain():
    truth = data.coffee()[100:220, 100:240].astype(np.float64)
    small = block_means(truth, 2).round().astype(np.uint8)

    def error(**options):
        return float(((claritas.enhance(small, scale=2, **options) - truth) ** 2).mean())

    assert error(faithful="block") <= error()


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_gives_a_photograph_back_within_rounding(scale):
    source = np.ascontiguousarray(data.chelsea()[40:110, 60:160])
    result = claritas.enhance(Picture.from_array(source), scale=scale, faithful="bicubic")
    down = imresize(result.array().astype(np.float64), size=(100, 70))
    deviation = np.abs(down - source).max()
    assert deviation < 0.71
    said = next(remark for remark in result.remarks if remark.startswith("Faithful"))
    assert float(said.split("deviation ")[1].split()[0]) == pytest.approx(deviation, abs=2e-3)


def test_bicubic_says_how_far_off_clipping_leaves_it():
    result = claritas.enhance(
        Picture.from_array(pictures()["checkerboard"]), scale=2, faithful="bicubic"
    )
    assert result.array().shape == (48, 60, 3)
    assert any(float(r.split("deviation ")[1].split()[0]) > 1 for r in result.remarks)


@pytest.mark.parametrize("how", ["block", "bicubic"])
def test_the_height_of_bands_does_not_show(how):
    tall = RANDOM.integers(0, 256, (70, 6, 3), np.uint8)
    whole = Picture.from_array(tall)
    cut = Picture(whole.header, None, lambda: (tall[top : top + 9] for top in range(0, 70, 9)))
    options = {"scale": 2, "faithful": how, "engine": "fake"}
    assert np.array_equal(
        claritas.enhance(whole, **options).array(), claritas.enhance(cut, **options).array()
    )


@pytest.mark.parametrize("how", ["block", "bicubic"])
def test_a_tall_picture_is_not_read_to_its_end_before_the_first_band(how):
    given: list[int] = []

    def stream():
        for _ in range(100):
            given.append(64)
            yield RANDOM.integers(0, 256, (64, 5, 3), np.uint8)

    header = claritas.Header(5, 6400, 3)
    enlarged = resize(Picture(header, None, stream), scale=2)
    given.clear()
    next(faithful(enlarged, Picture(header, None, stream), how).stored_bands())
    assert sum(given) < 2 * 3000


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.zeros((9, 9, 3), np.float32), {"scale": 2, "faithful": "block"}),
        (np.zeros((9, 9, 3), np.uint8), {"scale": 1.5, "faithful": "block"}),
        (np.zeros((9, 9, 3), np.uint8), {"scale": 1, "faithful": "bicubic"}),
        (np.zeros((9, 9, 4), np.uint8), {"scale": 2, "faithful": "bicubic"}),
        (np.zeros((9, 9, 3), np.uint8), {"scale": 2, "faithful": "nearly"}),
    ],
)
def test_what_cannot_be_faithful_is_refused(array, options):
    with pytest.raises(ClaritasError, match="aithful"):
        claritas.enhance(array, **options)
