"""Pictures on which the eye sees an error first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LARGEST_STEP = 1  # grey levels that they may move by a faster precision


def smooth_pictures(side: int = 0) -> list[npt.NDArray[np.float32]]:
    """Smooth ramps along both directions at three brightnesses, and flat grey; 0: any side."""
    along = np.linspace(0, 1, side or 256, dtype=np.float32)
    field = np.broadcast_to(along, (side or 96, side or 256))
    ramps = [low + 0.3 * field for low in (0.05, 0.35, 0.65)]
    flat = np.full((side or 64, side or 64), 0.5, np.float32)
    pictures = [*ramps, *(ramp.T for ramp in ramps), flat]
    return [np.repeat(p[..., None], 3, axis=-1).astype(np.float32) for p in pictures]
