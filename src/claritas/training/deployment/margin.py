"""How far a picture must go on past its edges for a net, measured.

A net's halo says what can change a result. Far less of it does, and past the
picture's own edges all of it is mirrored, nothing that anyone saw.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from claritas.enhancement.steps import EngineMaker, Network
from claritas.image.picture import Array, Picture
from claritas.training.data.store import Pair
from claritas.zoo.card import Contract, Model

LEAST = 8
STEP = 2
LARGEST_CHANGE = 0.5 / 255  # of a sample: at most the next grey level
PICTURES = 8
SIDE = 64


def with_margin(model: Model, engine: EngineMaker, pairs: Sequence[Pair]) -> Model:
    """The model with the smallest `margin` that changes no sample by more than half a grey level.

    Seen on corners of the pictures and on flat white, the hardest of flats
    where a net pads with zeros. A model that is not fed a mirrored edge or takes
    one size alone, or of which there are no pictures, stays as it is.
    """
    contract = msgspec.structs.replace(model.card.contract, margin=-1)
    lows = [pair.low for pair in pairs[:PICTURES] if pair.low is not None]
    fixed = contract.whole or contract.mask or contract.side
    if contract.edges != "mirror" or fixed or not lows:
        return model
    pictures = [low[:SIDE, :SIDE] for low in lows] + [np.full((SIDE, SIDE, 3), 255, np.uint8)]
    model = _with(model, contract)
    wanted = [_result(model, engine, picture) for picture in pictures]
    for margin in range(LEAST, contract.halo, STEP):
        trial = _with(model, msgspec.structs.replace(contract, margin=margin))
        found = (_result(trial, engine, picture) for picture in pictures)
        changes = (np.abs(f - w).max() for f, w in zip(found, wanted, strict=True))
        if all(change <= LARGEST_CHANGE for change in changes):
            return trial
    return model


def _with(model: Model, contract: Contract) -> Model:
    card = msgspec.structs.replace(model.card, contract=contract)
    return msgspec.structs.replace(model, card=card)


def _result(model: Model, engine: EngineMaker, picture: Array) -> npt.NDArray[np.float32]:
    return np.concatenate(list(Network(model, engine, "fp32")(Picture.from_array(picture)).bands()))
