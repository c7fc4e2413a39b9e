"""Enlargement by a whole factor as one small convolution.

With a whole factor, MATLAB's `imresize` looks at the same few neighbours for
each input pixel: scale * scale fixed filters, one a sub-pixel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from claritas.image.resize import Kernel, taps


def polyphase_kernel(scale: int, kernel: Kernel = "bicubic") -> npt.NDArray[np.float32]:
    """The filters of all sub-pixels: (scale * scale, side, side), row-major in the sub-pixel.

    The input pixel that the sub-pixels lie in is the centre of the window.
    """
    # One pixel far from the borders of a line that is long enough for any kernel.
    length, centre, reach = 15, 7, 3
    axis = taps(length, length * scale, float(scale), kernel)
    lines = np.zeros((scale, length))
    for phase in range(scale):
        output = centre * scale + phase
        np.add.at(lines[phase], axis.indices[output], axis.weights[output])
    while reach > 0 and not lines[:, [centre - reach, centre + reach]].any():
        reach -= 1
    lines = lines[:, centre - reach : centre + reach + 1]
    filters = np.einsum("ay,bx->abyx", lines, lines)
    flat = filters.reshape(scale * scale, *filters.shape[2:])
    return np.asarray(flat, np.float32)
