"""How far a picture must go on past its edges for a net, measured.

A net's halo says what can change a result. Past the picture's own edges all of it is
mirrored, nothing that anyone saw, and a few pixels of it do as well: a net has learned
at the edges of its patches to do with the zeros that lie beyond. Only flat colours, to
which the eye is sharpest, want more of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from claritas.enhancement.promises import flat_grey
from claritas.enhancement.steps import EngineMaker, Network
from claritas.image.picture import Array, Picture
from claritas.training.data.store import Pair
from claritas.training.deployment.smooth import LARGEST_STEP, smooth_pictures
from claritas.zoo.card import Contract, Model, PrecisionName

Float32 = npt.NDArray[np.float32]

LEAST = 4
STEP = 2
LARGEST_CHANGE = 0.5 / 255  # of a smooth sample: at most the next grey level
FLATS = range(0, 256, 5)
LARGEST_LOSS = 0.01  # dB, at the edges
LEAST_ERROR = 1e-6  # a quarter of a level: nobody sees less
FRAME = 2  # pixels of what is fed
PICTURES = 24
SIDE = 128

_SMOOTH = [
    np.full((SIDE, SIDE, 3), 255, np.uint8),
    *(np.rint(255 * picture).astype(np.uint8) for picture in smooth_pictures()),
]


def with_margin(model: Model, engine: EngineMaker, pairs: Sequence[Pair]) -> Model:
    """The model with the smallest `margin` that does no harm at the edges.

    White and ramps, on which zeros beyond the edge show first, change by at most half a
    grey level against the whole halo, and flat grey by no more than every model promises; in
    8 bits flat colours do not change and ramps stay within a grey level of fp32; and corners of
    the pictures come as near to the truth. A model that is not fed a mirrored edge or takes one
    size alone, or of which there are no pictures, stays as it is.
    """
    contract = msgspec.structs.replace(model.card.contract, margin=-1)
    fixed = contract.whole or contract.mask or contract.side
    if contract.edges != "mirror" or fixed or all(pair.low is None for pair in pairs):
        return model
    model = _with(model, contract)
    corners = _corners(pairs, contract.scale)
    smooth, flats = _smooth(model, engine), _flats(model, engine)
    step = max(LARGEST_STEP, _step(model, engine, smooth))
    wanted = _at_the_edges(model, engine, corners) - LARGEST_LOSS
    for margin in range(LEAST, contract.halo, STEP):
        trial = _with(model, msgspec.structs.replace(contract, margin=margin))
        if (
            not flat_grey(trial, engine)
            and np.array_equal(_flats(trial, engine), flats)
            and _largest_change(found := _smooth(trial, engine), smooth) <= LARGEST_CHANGE
            and _step(trial, engine, found) <= step
            and _at_the_edges(trial, engine, corners) >= wanted
        ):
            return trial
    return model


def _smooth(model: Model, engine: EngineMaker) -> list[Float32]:
    """Results of white and of ramps."""
    return [result(model, "fp32", engine, picture) for picture in _SMOOTH]


def _flats(model: Model, engine: EngineMaker) -> Array:
    """Results of small flat pictures in 8 bits, if the model has them."""
    if "int8" not in model.card.precision:
        return np.empty(0, np.int16)
    flats = (np.full((LEAST, LEAST, 3), level, np.uint8) for level in FLATS)
    return np.stack([_bytes(model, "int8", engine, flat) for flat in flats])


def _step(model: Model, engine: EngineMaker, smooth: Sequence[Float32]) -> int:
    """The largest by which 8 bits, if the model has them, leave fp32 on what is smooth."""
    if "int8" not in model.card.precision:
        return 0
    eight = [_bytes(model, "int8", engine, picture) for picture in _SMOOTH]
    return int(_largest_change(eight, [np.rint(255 * picture) for picture in smooth]))


def _largest_change(some: Sequence[Array], others: Sequence[Array]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(some, others, strict=True))


def _bytes(model: Model, name: PrecisionName, engine: EngineMaker, picture: Array) -> Array:
    return Network(model, engine, name)(Picture.from_array(picture)).array().astype(np.int16)


def _corners(pairs: Sequence[Pair], scale: int) -> list[tuple[Array, Array]]:
    """What is fed and the truth, from 0 to 1."""
    side = SIDE * scale
    return [
        (pair.low[:SIDE, :SIDE], pair.high[:side, :side].astype(np.float32) / 255)
        for pair in pairs[:PICTURES]
        if pair.low is not None
    ]


def _at_the_edges(
    model: Model, engine: EngineMaker, corners: Sequence[tuple[Array, Array]]
) -> float:
    """Mean PSNR of the frames, in dB."""
    frame = FRAME * model.card.contract.scale
    levels = []
    for low, high in corners:
        square = (result(model, "fp32", engine, low) - high) ** 2
        square[frame:-frame, frame:-frame] = np.nan
        levels.append(-10 * math.log10(max(float(np.nanmean(square)), LEAST_ERROR)))
    return float(np.mean(levels))


def _with(model: Model, contract: Contract) -> Model:
    card = msgspec.structs.replace(model.card, contract=contract)
    return msgspec.structs.replace(model, card=card)


def result(model: Model, name: PrecisionName, engine: EngineMaker, picture: Array) -> Float32:
    """What a model makes of a picture in one precision, from 0 to 1 and not rounded."""
    return np.concatenate(list(Network(model, engine, name)(Picture.from_array(picture)).bands()))
