"""What a model gives, what it loses by a precision and how fast it is, as users run it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from claritas.assessment.full_reference import psnr
from claritas.assessment.score import Score, mean
from claritas.engines.devices import list_devices, native_precisions
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.steps import EngineMaker, Network
from claritas.image.picture import Array, Picture
from claritas.image.resize import resize
from claritas.training.data.store import Pair
from claritas.training.deployment.margin import result, with_margin
from claritas.training.deployment.smooth import LARGEST_STEP, smooth_pictures
from claritas.training.deployment.tiling_cost import with_tiling_cost
from claritas.zoo.card import Model, Precision, PrecisionName, Result, Speed

LARGEST_LOSS = 0.05  # dB that 8-bit pictures may lose by a faster precision
SIXTEEN_BIT_RMS = 2 / 65535
CROP = 960  # validation crops are at most this many pixels a side
PICTURES = 24
SPEED_SIDE = 512
SPEED_RUNS = 5
SPEED_SECONDS = 20.0  # after which a slow net is not run once more

Pairs = Sequence[Pair]  # whole pictures, with what the net gets of them


def measured(model: Model, pairs: Pairs) -> Model:
    """The model with its card's margin, precisions, results and speed filled in.

    A precision that this machine does not compute in by itself cannot be
    measured here and is left out of the card.
    """
    engine = Enhancer().engine
    fp32 = model.card.precision["fp32"]
    tried: dict[PrecisionName, Precision] = {"fp32": fp32}
    native = native_precisions("openvino", "auto")
    int8 = model.card.precision.get("int8")
    if "bf16" in native and (int8 is None or int8.file != fp32.file):
        tried["bf16"] = fp32
    if "int8" in native and int8 is not None:
        tried["int8"] = int8
    trial = with_margin(_with_card(model, precision=tried), engine, pairs)
    scores = {name: _score(trial, name, engine, pairs) for name in tried} if pairs else {}
    precisions = {name: _facts(trial, name, engine, scores) for name in tried}
    filled = _with_card(
        trial,
        precision=precisions,
        results=list(_results(trial, scores, pairs)),
        speed=_speeds(trial, engine, list(tried)),
    )
    return with_tiling_cost(filled, engine, pairs)


def _with_card(model: Model, **changes: object) -> Model:
    card = msgspec.structs.replace(model.card, **changes)
    return msgspec.structs.replace(model, card=card)


def _score(model: Model, name: PrecisionName, engine: EngineMaker, pairs: Pairs) -> Score:
    step = Network(model, engine, name)
    return _mean_psnr(model, [restored(step, pair) for pair in pairs], pairs)


def _mean_psnr(model: Model, results: Sequence[Array], pairs: Pairs) -> Score:
    border = model.card.contract.scale
    truths = [pair.high for pair in pairs]
    both = zip(results, truths, strict=True)
    return mean([psnr(result, truth, border=border) for result, truth in both])


def restored(step: Network, pair: Pair) -> Array:
    """The result of a whole picture, as users would get it; uint8."""
    return step(*given(pair)).array()


def given(pair: Pair) -> tuple[Picture, Picture | None]:
    """A pair's spoiled picture, and its mask where it has one."""
    assert pair.low is not None
    mask = pair.low[..., 3] if pair.low.shape[-1] == 4 else None
    return Picture.from_array(pair.low[..., :3]), None if mask is None else Picture.from_array(mask)


def interpolated(pair: Pair, scale: int) -> Array:
    """What the net is given, enlarged by bicubic; uint8."""
    return resize(given(pair)[0], scale=scale).array()


def _results(model: Model, scores: dict[PrecisionName, Score], pairs: Pairs) -> Iterator[Result]:
    if not pairs:
        return
    scale = model.card.contract.scale
    data = f"{len(pairs)} validation photographs"
    plain = _mean_psnr(model, [interpolated(pair, scale) for pair in pairs], pairs)
    name_of_plain = "bicubic" if scale > 1 else "what the net is given"
    yield Result(data, f"PSNR of {name_of_plain}", round(plain.value, 3), str(plain.protocol))
    for name, score in scores.items():
        yield Result(data, score.name, round(score.value, 3), str(score.protocol), name)


def _facts(
    model: Model, name: PrecisionName, engine: EngineMaker, scores: dict[PrecisionName, Score]
) -> Precision:
    """The precision's entry in the card: what it loses against fp32, and whom it may serve."""
    known = model.card.precision[name]
    if name == "fp32":
        return known
    ramps = smooth_pictures(model.card.contract.side)
    moved = [result(model, name, engine, r) - result(model, "fp32", engine, r) for r in ramps]
    ramp = 255 * max(float(np.abs(m).max()) for m in moved)
    rms = max(float(np.sqrt(np.square(m).mean())) for m in moved)
    loss = scores["fp32"].value - scores[name].value if scores else 0.0
    return msgspec.structs.replace(
        known,
        loss=round(loss, 4),
        ramp=round(ramp, 3),
        serves_8_bit=loss <= LARGEST_LOSS and ramp <= LARGEST_STEP,
        serves_16_bit=name != "int8" and rms <= SIXTEEN_BIT_RMS,
    )


def _speeds(model: Model, engine: EngineMaker, names: Sequence[PrecisionName]) -> list[Speed]:
    """Megapixels of input a second, 8 bits in and out, the fastest of up to five runs."""
    side = model.card.contract.side or SPEED_SIDE
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    picture = Picture.from_array(noise)
    cpu = next(device for device in list_devices() if device.engine == "openvino")
    speeds = []
    for name in names:
        step = Network(model, engine, name)
        rate = round(side**2 / 1e6 / _shortest(step, picture), 3)
        speeds.append(Speed(cpu.description, "openvino", name, rate))
    return speeds


def _shortest(step: Network, picture: Picture) -> float:
    runs: list[float] = []
    while len(runs) < SPEED_RUNS and sum(runs) < SPEED_SECONDS:
        runs.append(_seconds(step, picture))
    return min(runs)


def _seconds(step: Network, picture: Picture) -> float:
    began = time.perf_counter()
    for _ in step(picture).stored_bands():
        pass
    return time.perf_counter() - began
