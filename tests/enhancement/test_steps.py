"""The step that runs a network, on engines that are made to fail or to count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from claritas.engines.engine import Description, Request
from claritas.engines.fake import FakeEngine
from claritas.enhancement.enhancer import Enhancer, finish_of
from claritas.enhancement.hidden import fill_hidden
from claritas.enhancement.plan import Options
from claritas.enhancement.steps import Network
from claritas.errors import EngineMemoryError, ModelError
from claritas.image.picture import Array, Picture
from claritas.image.resize import resize
from claritas.zoo.catalogue import shipped

MODEL = shipped()["photo-x2"]
RANDOM = np.random.default_rng(5)


def fake(model, precision, samples):
    return FakeEngine(Request(model.file("fp32"), finish_of(model), precision, samples))


class Spoiled(FakeEngine):
    """Gives values that are no numbers, except in fp32 where asked so."""

    heals = True

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        outputs = super().run(inputs)
        if not (self.heals and self._request.precision == "fp32"):
            outputs["size"] = np.asarray(np.float32(np.nan))
            outputs["picture"][:] = 0
        return outputs


class Small(FakeEngine):
    """Has memory for small tiles only."""

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        if max(inputs["picture"].shape[1:3]) > 80:
            raise EngineMemoryError("no memory")
        return super().run(inputs)


class Full(FakeEngine):
    """Has no memory at all."""

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        raise EngineMemoryError(f"no memory for {inputs.keys()}")


def engine_of(kind):
    return lambda model, precision, samples: kind(
        Request(model.file("fp32"), finish_of(model), precision, samples)
    )


def result(step: Network, array: Array) -> Array:
    return np.concatenate(list(step(Picture.from_array(array)).bands()))


def plain(array: Array) -> Array:
    return np.concatenate(list(resize(Picture.from_array(array), scale=2).bands()))


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (70, 90), (300, 20)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_net_that_answers_nothing_is_the_interpolation(size, channels):
    array = RANDOM.random((*size, channels), dtype=np.float32)
    if channels in (2, 4):
        array[..., -1] = 0.25 + 0.75 * array[..., -1]
        array[..., :-1] = 0.5  # straight colours would show any difference in weighting
    ours = result(Network(MODEL, fake, "fp32"), array)
    assert np.abs(ours - plain(array)).max() < 2e-6


def test_a_bad_tile_is_computed_again_in_fp32_and_said():
    step = Network(MODEL, engine_of(Spoiled), "bf16")
    array = RANDOM.random((20, 20, 3), dtype=np.float32)
    assert np.abs(result(step, array) - plain(array)).max() < 1e-6
    assert "bf16" in step.remarks[0]


def test_a_tile_that_stays_bad_never_reaches_a_file():
    kind = type("Hopeless", (Spoiled,), {"heals": False})
    with pytest.raises(ModelError, match="no picture"):
        result(Network(MODEL, engine_of(kind), "bf16"), np.zeros((20, 20, 3), np.float32))


def test_a_tile_too_large_for_memory_is_halved_until_it_fits():
    step = Network(MODEL, engine_of(Small), "fp32")
    array = RANDOM.random((150, 200, 3), dtype=np.float32)
    assert np.abs(result(step, array) - plain(array)).max() < 1e-6
    assert any("smaller tiles" in sentence for sentence in step.remarks)


def test_memory_that_never_suffices_is_an_error():
    with pytest.raises(EngineMemoryError):
        result(Network(MODEL, engine_of(Full), "fp32"), np.zeros((40, 40, 3), np.float32))


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_strength_mixes_with_plain_interpolation(strength):
    array = RANDOM.random((40, 30, 3), dtype=np.float32)
    engine = Enhancer().engine
    full = result(Network(MODEL, engine, "fp32"), array)
    mixed = result(Network(MODEL, engine, "fp32", strength=strength), array)
    assert np.abs(mixed - (plain(array) + strength * (full - plain(array)))).max() < 1e-5


def test_the_ensemble_does_not_care_for_turns_and_flips():
    array = RANDOM.random((24, 24, 3), dtype=np.float32)
    step = Network(MODEL, Enhancer().engine, "fp32", ensemble=True)
    assert np.abs(result(step, array[::-1])[::-1] - result(step, array)).max() < 1e-5
    turned = np.ascontiguousarray(np.rot90(array))
    assert np.abs(np.rot90(result(step, turned), -1) - result(step, array)).max() < 1e-5


def test_grey_stays_grey_and_is_the_mean_of_what_the_net_gives():
    grey = RANDOM.random((20, 21, 1), dtype=np.float32)
    step = Network(MODEL, Enhancer().engine, "fp32")
    ours = result(step, grey)
    colour = result(step, np.repeat(grey, 3, axis=-1))
    assert ours.shape[-1] == 1
    assert np.abs(ours - colour.mean(-1, keepdims=True)).max() < 1e-6


def test_a_white_shape_on_transparent_black_has_no_rim():
    array = np.zeros((24, 24, 4), np.uint16)
    array[10:12, 10:12] = 65535
    enhanced = Enhancer(Options(scale=2))(Picture.from_array(array)).array() / 65535
    on_white = enhanced[..., :3] * enhanced[..., 3:] + (1 - enhanced[..., 3:])
    assert on_white.min() > 0.98


def test_hidden_colours_do_not_leak_into_visible_ones():
    seen = RANDOM.random((40, 40, 4), dtype=np.float32)
    seen[..., 3] = 0
    seen[15:25, 15:25, 3] = 1
    other = np.where(seen[..., 3:] == 0, np.float32(1) - seen, seen)
    other[..., 3] = seen[..., 3]
    step = Network(MODEL, Enhancer().engine, "fp32")
    visible = result(step, seen)[..., 3] > 0.01
    difference = np.abs(result(step, seen) - result(step, other))[visible]
    assert difference.max() < 1e-6


def test_filling_hidden_colours_touches_nothing_visible():
    array = RANDOM.random((600, 9, 4), dtype=np.float32)
    array[..., 3] = RANDOM.random((600, 9)) > 0.7
    filled = np.concatenate(list(fill_hidden(Picture.from_array(array), 18).bands()))
    visible = array[..., 3] > 0
    assert np.array_equal(filled[visible], array[visible])
    assert np.array_equal(filled[..., 3], array[..., 3])


def test_describe_names_the_fake_engine():
    assert fake(MODEL, "fp32", "uint8").describe() == Description("fake", "none", "fp32", 1)
