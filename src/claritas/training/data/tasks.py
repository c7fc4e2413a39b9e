"""What a net receives of a spoiled picture: its task decides."""

from __future__ import annotations

import numpy as np

from claritas.degradation.greyscale import greyscale
from claritas.errors import UsageError
from claritas.image.picture import Array

COLOUR = "colour"
INPAINT = "inpaint"


def received(low: Array, task: str) -> Array:
    """What the net of a task is given of a spoiled picture; uint8 (h, w, 3 or 4) both.

    Colouring sees luma three times, in-painting a fourth channel that is
    white in holes, all others the spoiled picture.

    Raises
    ------
    UsageError
        If the picture has no mask and the task needs one, or the other way round.
    """
    if (low.shape[-1] == 4) != (task == INPAINT):
        has = "has no" if task == INPAINT else "has"
        raise UsageError(
            f"The degradation {has} masks, and the task is {task}",
            "steps that make masks for the task inpaint, and for no other",
        )
    if task != COLOUR:
        return low
    pixels = low.astype(np.float32) / np.float32(255)
    grey = greyscale(pixels, np.random.default_rng(0), standard="bt601")
    return np.asarray(np.rint(grey * np.float32(255)), np.uint8)
