"""EnhanceNet's generator (Sajjadi 2017): residual blocks, then repeated pixels; x4 only.

Colours are counted from the mean of its pictures. What the net gives is added
to a bicubic enlargement inside the net; beyond the border that one repeats the
border pixel, the convolutions see zeros as in the paper.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.engines.polyphase import polyphase_kernel
from claritas.errors import UsageError
from claritas.nets.contract import Contract, WithBody
from claritas.nets.edsr import ResidualBlock

MEAN = (0.47614917, 0.45001204, 0.40904046)  # RGB, 0..1
SCALE = 4


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    mean: Tensor
    kernel: Tensor

    def __init__(self, blocks: int, channels: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(channels, 1.0) for _ in range(blocks)))
        self.up1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.up2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.fuse = nn.Conv2d(channels, channels, 3, padding=1)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)
        kernel = torch.from_numpy(polyphase_kernel(SCALE))[:, None].repeat(3, 1, 1, 1)
        self.register_buffer("kernel", kernel, persistent=False)
        self.register_buffer("mean", torch.tensor(MEAN)[None, :, None, None], persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        centred = pictures - self.mean
        x = self.blocks(functional.relu(self.head(centred)))
        x = functional.interpolate(x, scale_factor=2, mode="nearest")
        x = functional.relu(self.up1(x))
        x = functional.interpolate(x, scale_factor=2, mode="nearest")
        x = functional.relu(self.up2(x))
        correction: Tensor = self.tail(functional.relu(self.fuse(x)))
        return correction + self._enlarged(centred) + self.mean

    def _enlarged(self, pictures: Tensor) -> Tensor:
        reach = self.kernel.shape[-1] // 2
        extended = functional.pad(pictures, (reach,) * 4, mode="replicate")
        phases = functional.conv2d(extended, self.kernel.to(extended.dtype), groups=3)
        return functional.pixel_shuffle(phases, SCALE)


class EnhanceNet(WithBody):
    """`blocks` residual blocks of `channels` channels; `scale` must be 4."""

    def __init__(self, scale: int = SCALE, blocks: int = 10, channels: int = 64) -> None:
        super().__init__()
        if scale != SCALE:
            raise UsageError(f"enhancenet has no factor {scale}", "a scale of 4")
        self.body = Body(blocks, channels)
        # Head and blocks see one pixel a convolution; the four behind them two together.
        self.contract = Contract(scale, halo=1 + 2 * blocks + 2, edges="own")
