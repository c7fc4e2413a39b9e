"""What a model loses by a precision and how fast it is, measured through the Enhancer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from claritas.degradation.resample import crop_to_multiple, shrink
from claritas.engines.devices import list_devices, native_precisions
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.steps import EngineMaker, Network
from claritas.image.picture import Array, Picture
from claritas.training.sources import load_rgb
from claritas.zoo.card import Model, Precision, PrecisionName, Speed

LARGEST_LOSS = 0.05  # dB that 8-bit pictures may lose by a faster precision
SIXTEEN_BIT_RMS = 2 / 65535
CROP = 240  # validation crops are at most this many low-resolution pixels a side
PICTURES = 12
SPEED_SIDE = 512


def measured_precisions(model: Model, files: Sequence[Path]) -> dict[PrecisionName, Precision]:
    """The card's precisions, bf16 among them where it was worth it, with their losses.

    A precision that this machine does not compute in by itself cannot be
    measured here and is left out.
    """
    fp32 = model.card.precision["fp32"]
    tried: dict[PrecisionName, Precision] = {"fp32": fp32, "bf16": fp32}
    engine = Enhancer().engine
    trial = msgspec.structs.replace(
        model, card=msgspec.structs.replace(model.card, precision=tried)
    )
    pairs = [_pair(load_rgb(path), model.card.contract.scale) for path in files[:PICTURES]]
    measured: dict[PrecisionName, Precision] = {"fp32": fp32}
    if "bf16" in native_precisions("openvino", "auto"):
        measured["bf16"] = _against_fp32(trial, "bf16", pairs, engine)
    return measured


def _pair(clean: Array, scale: int) -> tuple[Array, Array]:
    cropped = crop_to_multiple(clean[: CROP * scale, : CROP * scale], scale)
    return shrink(cropped, scale), cropped


def _against_fp32(
    model: Model, name: PrecisionName, pairs: Sequence[tuple[Array, Array]], engine: EngineMaker
) -> Precision:
    def run(precision: PrecisionName, array: Array) -> npt.NDArray[np.float32]:
        step = Network(model, engine, precision)
        return np.concatenate(list(step(Picture.from_array(array)).bands()))

    losses = [_psnr(run("fp32", low), high) - _psnr(run(name, low), high) for low, high in pairs]
    ramps = [run(name, ramp) - run("fp32", ramp) for ramp in _ramps()]
    ramp = max(float(np.abs(r).max()) for r in ramps)
    rms = max(float(np.sqrt(np.square(r).mean())) for r in ramps)
    loss = float(np.mean(losses)) if losses else 0.0
    return msgspec.structs.replace(
        model.card.precision[name],
        loss=round(loss, 4),
        ramp=round(ramp * 255, 3),
        serves_8_bit=loss <= LARGEST_LOSS and ramp * 255 <= 1,
        serves_16_bit=rms <= SIXTEEN_BIT_RMS,
    )


def _psnr(result: Array, truth: Array) -> float:
    """PSNR over all channels, of a result rounded to 8 bits."""
    rounded = np.rint(np.clip(result, 0, 1) * 255)
    error = np.square(rounded - truth.astype(np.float64)).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def _ramps() -> list[npt.NDArray[np.float32]]:
    """Smooth ramps along both directions at three brightnesses, and flat grey."""
    along = np.linspace(0, 1, 256, dtype=np.float32)
    field = np.broadcast_to(along, (96, 256))
    ramps = [low + 0.3 * field for low in (0.05, 0.35, 0.65)]
    pictures = [*ramps, *(ramp.T for ramp in ramps), np.full((64, 64), 0.5, np.float32)]
    return [np.repeat(p[..., None], 3, axis=-1).astype(np.float32) for p in pictures]


def measured_speed(model: Model, precisions: Sequence[PrecisionName]) -> list[Speed]:
    """Megapixels of input a second in each precision, the fastest of five, on this machine."""
    picture = np.random.default_rng(0).integers(0, 255, (SPEED_SIDE, SPEED_SIDE, 3), np.uint8)
    enhancer = Enhancer()
    cpu = next(d for d in list_devices() if d.engine == "openvino")
    speeds = []
    for precision in precisions:
        step = Network(model, enhancer.engine, precision)
        seconds = min(_seconds(step, picture) for _ in range(5))
        rate = round(picture.shape[0] * picture.shape[1] / 1e6 / seconds, 3)
        speeds.append(Speed(cpu.description, "openvino", precision, rate))
    return speeds


def _seconds(step: Network, picture: Array) -> float:
    began = time.perf_counter()
    for _ in step(Picture.from_array(picture)).stored_bands():
        pass
    return time.perf_counter() - began
