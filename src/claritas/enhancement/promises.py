"""What every model's card promises, checked: export refuses what a test would find.

Each check gives a sentence where the promise is broken, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from claritas.enhancement.steps import EngineMaker, Network
from claritas.errors import ClaritasError
from claritas.image.picture import Array, Picture
from claritas.image.resize import resize
from claritas.zoo.card import Model, checked_file

GREY_TOLERANCE = 0.001
TILE_TOLERANCE = 1e-5
KEEPING = ("upscale", "denoise", "deblur", "dejpeg")  # tasks that leave flat grey alone
GREYS = (0.0, 0.18, 0.5, 0.75, 1.0)

Check = Callable[[Model, EngineMaker], str]


def broken_promises(model: Model, engine: EngineMaker) -> list[str]:
    """A sentence for each promise that the model breaks in fp32; empty if it keeps all."""
    found: list[str] = []
    for check in (_hash, _odd_sizes, _tiles, flat_grey):
        try:
            sentence = check(model, engine)
        except ClaritasError as error:
            sentence = str(error)
        if sentence:
            found.append(sentence)
            if check is _hash:
                break
    return found


def enlarged(
    model: Model, engine: EngineMaker, array: npt.NDArray[np.float32], tile: int | None = None
) -> Array:
    """An array (h, w, 3), 0..1, through the model in fp32."""
    step = Network(model, engine, "fp32", tile=tile)
    mask = None
    if model.card.contract.mask:
        mask = Picture.from_array((array[..., 0] > 0.4).astype(np.float32))
    return np.concatenate(list(step(Picture.from_array(array), mask).bands()))


def _hash(model: Model, engine: EngineMaker) -> str:
    del engine
    for precision in model.card.precision:
        checked_file(model, precision)
    return ""


def _odd_sizes(model: Model, engine: EngineMaker) -> str:
    scale = model.card.contract.scale
    side = model.card.contract.side
    for height, width in ((side, side),) if side else ((1, 1), (1, 37), (29, 31)):
        result = enlarged(model, engine, _noise(height, width))
        if result.shape != (height * scale, width * scale, 3):
            return f"A picture of {width}x{height} became {result.shape[1]}x{result.shape[0]}."
        if not np.isfinite(result).all():
            return f"A picture of {width}x{height} gave values that are no numbers."
    return ""


def _tiles(model: Model, engine: EngineMaker) -> str:
    contract = model.card.contract
    if contract.whole:
        return ""
    picture = _noise(97, 83)
    whole = enlarged(model, engine, picture)
    core = max(24, contract.multiple)
    difference = float(np.abs(enlarged(model, engine, picture, core) - whole).max())
    if difference > TILE_TOLERANCE:
        return f"Tiled differs from whole by {difference:.1e}: a halo of {contract.halo} is short."
    return ""


def flat_grey(model: Model, engine: EngineMaker) -> str:
    """What is wrong with the results of flat pictures; empty where nothing is."""
    if not _keeps_flats(model):
        return ""
    worst = 0.0
    for grey in GREYS:
        result = enlarged(model, engine, np.full((40, 44, 3), grey, np.float32))
        worst = max(worst, float(np.abs(result - grey).max()))
    if worst > GREY_TOLERANCE:
        return f"Flat grey changes by {worst:.4f}, more than {GREY_TOLERANCE}."
    return ""


def _keeps_flats(model: Model) -> bool:
    """A net that gives the whole picture, with padding of its own, does not promise flats.

    Nor does one whose task is to change them: to colour, to relight.
    """
    return model.card.contract.residual != "none" and model.card.task in KEEPING


def _noise(height: int, width: int) -> npt.NDArray[np.float32]:
    """A random picture with structure at several sizes."""
    random = np.random.default_rng(7)
    fine = random.random((height, width, 3), dtype=np.float32)
    coarse = Picture.from_array(random.random((4, 4, 3), dtype=np.float32))
    smooth = np.concatenate(list(resize(coarse, size=(width, height)).bands()))
    return np.clip(0.3 * fine + 0.7 * smooth, 0, 1)
