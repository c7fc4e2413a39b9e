"""What it costs to cut a picture for a model that wants to see all of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from claritas.assessment.full_reference import psnr
from claritas.enhancement.steps import EngineMaker, Network
from claritas.image.picture import Array, Picture
from claritas.training.data.store import Pair
from claritas.zoo.card import Model, Result

SIDE = 512  # of the test picture
STEP = 128  # with the overlap, nine tiles of 256
LARGEST = 99.9  # dB that are written for tiles that change nothing


def with_tiling_cost(model: Model, engine: EngineMaker, pairs: Sequence[Pair]) -> Model:
    """The model with `tiling_psnr` and a row of results; another model as it was.

    One picture of 512x512 goes through whole and in blended tiles of
    256; the first validation picture that is as large, else smooth noise.
    """
    card = model.card
    contract = card.contract
    if not contract.whole or contract.side or contract.outputs or contract.mask:
        return model
    fitting = (p for p in pairs if p.low is not None and min(p.low.shape[:2]) >= SIDE)
    pair = next(fitting, None)
    low = (_noise() if pair is None or pair.low is None else pair.low)[:SIDE, :SIDE]
    whole, tiled = (_through(model, engine, low, tile) for tile in (None, STEP))
    found = round(min(psnr(tiled, whole).value, LARGEST), 2)
    contract = msgspec.structs.replace(contract, tiling_psnr=found)
    lost = [] if pair is None else [_lost(whole, tiled, pair.high, contract.scale)]
    card = msgspec.structs.replace(card, contract=contract, results=[*card.results, *lost])
    return msgspec.structs.replace(model, card=card)


def _through(model: Model, engine: EngineMaker, low: Array, tile: int | None) -> Array:
    return Network(model, engine, "fp32", tile=tile)(Picture.from_array(low)).array()


def _lost(whole: Array, tiled: Array, high: Array, scale: int) -> Result:
    """PSNR against the truth that tiles take away."""
    truth = high[: whole.shape[0], : whole.shape[1]]
    one, other = (psnr(result, truth, border=scale) for result in (whole, tiled))
    data = f"{SIDE}x{SIDE} of a validation photograph, tiles of {2 * STEP}"
    return Result(
        data, "PSNR-Y lost by tiling", round(one.value - other.value, 3) + 0.0, str(one.protocol)
    )


def _noise() -> Array:
    """A picture of noise at many sizes, uint8 (512, 512, 3)."""
    random = np.random.default_rng(0)
    total = np.zeros((SIDE, SIDE, 3))
    for size in (4, 16, 64, 256):
        coarse = random.random((size, size, 3))
        total += coarse.repeat(SIDE // size, 0).repeat(SIDE // size, 1) / 4
    return np.rint(255 * total).astype(np.uint8)
