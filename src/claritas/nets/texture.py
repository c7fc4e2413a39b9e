"""What a picture's own pixels tell of noise, blur and exposure, in a few numbers.

A backbone that was made for recognising things has learned to overlook these.
Here the picture minus its blurred self, at three sizes, is measured in small
windows: noise fills the flattest of them, blur empties the busiest.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

WHITE = 255.0
SIZES = 3  # the picture, and twice half of it
WINDOW, STEP = 6, 3  # of the windows, in pixels of each size
LEAST = 0.5  # grey levels, added before a logarithm: the rounding of 8 bits
NEARLY = 2.0  # grey levels from black or white that count as lost
# A luma of halves and quarters, and two differences of colours.
PLANES = ((0.25, 0.5, 0.25), (0.5, -0.5, 0.0), (0.0, -0.5, 0.5))
NUMBERS = 2 * 3 + 2 + SIZES * 3 * 3


class Texture(nn.Module):
    """(n, 3, h, w), 0..1, to (n, `NUMBERS`); sides of at least 32."""

    planes: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("planes", torch.tensor(PLANES)[..., None, None], persistent=False)
        for size in range(SIZES):
            self.register_buffer(f"fine_{size}", _fine(2**size), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        levels = pictures.float() * WHITE
        found = [*self._exposure(levels[:, :, ::2, ::2])]  # a quarter of the pixels tells as much
        for size in range(SIZES):
            kernel = cast(Tensor, getattr(self, f"fine_{size}"))
            found += _activity(functional.conv2d(levels, kernel, stride=2**size).abs())
        return torch.cat(found, 1)

    def _exposure(self, levels: Tensor) -> list[Tensor]:
        """Mean and logarithm of the deviation of each plane; the roots of what is lost."""
        planes = functional.conv2d(levels, self.planes)
        mean = planes.mean((2, 3))
        variance = (planes - mean[..., None, None]).square().mean((2, 3))
        lost = [levels < NEARLY, levels > WHITE - NEARLY]
        shares = [part.float().mean((1, 2, 3))[:, None] for part in lost]
        return [mean / WHITE, (variance + LEAST).log() / 2, *(s.add(1e-6).sqrt() for s in shares)]


def _activity(fine: Tensor) -> list[Tensor]:
    """Logarithms: of the mean, and mean and deviation of those of the windows' means."""
    windows = functional.avg_pool2d(fine, WINDOW, STEP) + LEAST
    told = windows.log()
    mean = told.mean((2, 3))
    variance = (told - mean[..., None, None]).square().mean((2, 3))
    return [windows.mean((2, 3)).log(), mean, (variance + 1e-4).sqrt()]


def _fine(factor: int) -> Tensor:
    """From colours to what is finer than a blur of 3 pixels, in planes `factor` times smaller."""
    line = torch.tensor([0.25, 0.5, 0.25])
    kernel = -(line[:, None] * line)
    kernel[1, 1] += 1
    square = torch.full((factor, factor), 1 / factor**2)
    return torch.tensor(PLANES)[..., None, None] * torch.kron(kernel, square)
