"""Bicubic enlargement by a whole factor, in torch: what residual nets are added to.

The polyphase form of `claritas.image.resize`: a fixed 5x5 convolution gives
all sub-pixels of a pixel at once.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.engines.polyphase import polyphase_kernel
from claritas.image.resize import mirror


class Interpolation(nn.Module):
    """(n, c, h, w) to (n, c, h * scale, w * scale), float32, MATLAB's bicubic."""

    kernel: Tensor

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale
        kernel = torch.from_numpy(polyphase_kernel(scale))[:, None]
        self.register_buffer("kernel", kernel, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        n, c, h, w = pictures.shape
        reach = self.kernel.shape[-1] // 2
        rows = torch.from_numpy(mirror(np.arange(-reach, h + reach), h)).to(pictures.device)
        columns = torch.from_numpy(mirror(np.arange(-reach, w + reach), w)).to(pictures.device)
        extended = pictures.float()[:, :, rows][..., columns]
        with torch.autocast(pictures.device.type, enabled=False):
            planes = extended.reshape(n * c, 1, h + 2 * reach, w + 2 * reach)
            phases = functional.conv2d(planes, self.kernel)
        return functional.pixel_shuffle(phases.reshape(n, -1, h, w), self.scale)
