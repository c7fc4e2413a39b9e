"""Nets that want the whole picture, on pictures that are too large for it."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.engines.engine import Request
from claritas.engines.fake import FakeEngine
from claritas.enhancement import blending
from claritas.enhancement.blending import OVERLAP, blended, is_blended, parts
from claritas.enhancement.enhancer import finish_of
from claritas.enhancement.steps import Network
from claritas.errors import EngineMemoryError, ModelError
from claritas.image.picture import Header, Picture
from claritas.zoo.card import Contract
from claritas.zoo.catalogue import shipped

PHOTO = shipped()["photo-x2"]


def whole(**changes):
    """A model that enlarges twice and says that it wants the whole picture."""
    contract = msgspec.structs.replace(
        PHOTO.card.contract, whole=True, edges="own", residual="none", tail="picture", **changes
    )
    card = msgspec.structs.replace(PHOTO.card, contract=contract)
    return msgspec.structs.replace(PHOTO, card=card)


class Averaging(FakeEngine):
    """Repeats pixels, and adds what only a net that pools can know: half the tile's mean."""

    fed: list[tuple[int, int]] = []  # noqa: RUF012 - what the one test that asks has seen
    most = 10**9

    def run(self, inputs):
        picture = inputs["picture"]
        if max(picture.shape[1:3]) > self.most:
            raise EngineMemoryError("no memory")
        self.fed.append(picture.shape[1:3])
        result = picture.repeat(2, 1).repeat(2, 2)
        result = 0.5 * result + 0.5 * picture.mean((1, 2), keepdims=True)
        return {"picture": result.astype(np.float32), "size": np.asarray(np.float32(1))}


def averaging(most=10**9):
    kind = type("Limited", (Averaging,), {"most": most, "fed": []})
    maker = lambda model, precision, samples: kind(  # noqa: E731
        Request(model.file("fp32"), finish_of(model), precision, samples)
    )
    return kind, maker


def gradient(height, width):
    """Smooth along both axes, (height, width, 3), 0..1."""
    rows, columns = np.mgrid[:height, :width]
    field = (rows / height + columns / width) / 2
    return np.repeat(field[..., None], 3, axis=-1).astype(np.float32)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 3000), st.integers(16, 900), st.sampled_from([1, 4, 8, 16]))
def test_parts_cover_an_axis_and_share_the_overlap_with_one_neighbour(length, step, multiple):
    made = parts(length, step, multiple)
    assert made[0].first == 0
    assert made[-1].last == length
    for one, following in pairwise(made):
        assert one.last - following.first == one.shared == OVERLAP
        assert following.first % multiple == 0
        assert one.last - one.first >= 2 * OVERLAP
    for one, third in zip(made, made[2:], strict=False):
        assert one.last <= third.first


@pytest.mark.parametrize(("height", "width"), [(700, 1), (1, 700), (517, 611), (256, 256)])
def test_blended_tiles_of_a_net_that_only_looks_at_pixels_are_the_whole(height, width):
    contract = Contract(1, halo=0, whole=True, multiple=8, minimum=16)
    picture = np.random.default_rng(0).random((height, width, 3), np.float32)
    header = Header(width, height, 3)
    bands = [picture[top : top + 50] for top in range(0, height, 50)]
    result = np.concatenate(list(blended(iter(bands), header, contract, 150, lambda x: 1 - x)))
    assert np.allclose(result, 1 - picture, atol=1e-6)


def test_on_a_smooth_gradient_there_is_no_seam():
    picture = gradient(600, 700)
    _, maker = averaging()
    result = Network(whole(), maker, "fp32", tile=256)(Picture.from_array(picture)).array()
    assert result.shape == (1200, 1400, 3)
    # Neighbouring tiles disagree by almost 0.1: a seam, but along the overlap a slope.
    for axis in (0, 1):
        own = np.abs(np.diff(picture, axis=axis)).max()
        assert np.abs(np.diff(result[::2, ::2], axis=axis)).max() < own / 2 + 0.1 / OVERLAP


def test_a_picture_that_is_small_enough_is_taken_whole():
    kind, maker = averaging()
    network = Network(whole(), maker, "fp32")
    network(Picture.from_array(gradient(200, 300))).array()
    assert kind.fed == [(200, 300)]
    assert network.remarks == []


def test_a_large_picture_is_cut_and_the_remarks_say_so(monkeypatch):
    monkeypatch.setattr(blending, "WHOLE_PIXELS", 500 * 500)
    kind, maker = averaging()
    network = Network(whole(tiling_psnr=41.2), maker, "fp32")
    network(Picture.from_array(gradient(300, 1500))).array()
    assert max(max(size) for size in kind.fed) <= 1024
    assert len(kind.fed) == 2
    assert network.remarks == [
        "The network wants the whole picture; it got tiles, blended: 41 dB from one piece."
    ]


def test_bytes_come_out_as_floats_do_but_for_rounding():
    picture = np.rint(255 * gradient(400, 500)).astype(np.uint8)
    _, maker = averaging()
    result = Network(whole(), maker, "fp32", tile=200)(Picture.from_array(picture))
    stored = np.concatenate(list(result.stored_bands()))
    floats = np.concatenate(list(result.bands()))
    assert stored.dtype == np.uint8
    assert np.abs(stored / 255 - floats).max() <= 0.5 / 255 + 1e-6


def test_memory_that_is_short_makes_tiles_smaller():
    kind, maker = averaging(most=500)
    network = Network(whole(), maker, "fp32", tile=600)
    result = network(Picture.from_array(gradient(700, 750))).array()
    assert result.shape == (1400, 1500, 3)
    assert max(max(size) for size in kind.fed) <= 500
    assert "Memory was short, so smaller tiles were used." in network.remarks


def test_a_card_that_forbids_tiles_has_large_pictures_refused():
    contract = Contract(1, halo=0, whole=True, tiling="forbidden")
    assert not is_blended(Header(1000, 1000, 3), contract, tile=64)
    with pytest.raises(ModelError, match="5000x4000") as error:
        is_blended(Header(5000, 4000, 3), contract, tile=None)
    assert "2.1 megapixels" in error.value.expected


def test_few_rows_of_a_large_picture_are_held_at_once():
    held = []

    def bands():
        for top in range(0, 4000, 100):
            held.append(top)
            yield np.zeros((100, 300, 3), np.float32)

    contract = Contract(1, halo=0, whole=True)
    result = blended(bands(), Header(300, 4000, 3), contract, 400, lambda x: x)
    next(result)
    assert max(held) < 700
