"""The finish in numpy: for engines without a graph of their own, and as the others' oracle."""

from __future__ import annotations

import numpy as np

from claritas.engines.engine import Finish, Samples
from claritas.engines.polyphase import polyphase_kernel
from claritas.image.picture import Array


def to_network(picture: Array, finish: Finish) -> Array:
    """(n, h, w, c) uint8 or 0..1 to the network's float32 (n, c, h, w) and range."""
    whole = 255.0 if picture.dtype == np.uint8 else 1.0
    scaled = picture.astype(np.float32) * np.float32(finish.white / whole)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def finished(fed: Array, output: Array, finish: Finish, samples: Samples) -> dict[str, Array]:
    """The network's input and output (n, c, h, w) to an engine's result."""
    planes = depth_to_space(output, finish.scale) if finish.sub_pixel else output
    if finish.residual == "bicubic":
        planes = planes + interpolated(fed[:, : finish.channels], finish.scale)
    picture = planes.transpose(0, 2, 3, 1) / np.float32(finish.white)
    if samples == "uint8":
        bounded = np.clip(np.nan_to_num(picture), 0, 1)
        picture = np.rint(bounded * np.float32(255)).astype(np.uint8)
    size = np.mean(np.abs(output), dtype=np.float32) / np.float32(finish.white)
    return {"picture": np.ascontiguousarray(picture), "size": np.asarray(size)}


def depth_to_space(x: Array, scale: int) -> Array:
    """(n, c * scale**2, h, w) to (n, c, h * scale, w * scale), channel-major as in torch."""
    n, channels, h, w = x.shape
    parts = x.reshape(n, channels // scale**2, scale, scale, h, w)
    joined = parts.transpose(0, 1, 4, 2, 5, 3)
    return joined.reshape(n, channels // scale**2, h * scale, w * scale)


def interpolated(planes: Array, scale: int) -> Array:
    """Bicubic enlargement of (n, c, h, w); zeros lie beyond the borders."""
    kernel = polyphase_kernel(scale)
    side = kernel.shape[-1]
    reach = side // 2
    padded = np.pad(planes, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    n, c, h, w = planes.shape
    phases = np.zeros((n, c, scale * scale, h, w), np.float32)
    for row in range(side):
        for column in range(side):
            shifted = padded[:, :, None, row : row + h, column : column + w]
            phases += kernel[None, None, :, row, column, None, None] * shifted
    return depth_to_space(phases.reshape(n, c * scale * scale, h, w), scale)
