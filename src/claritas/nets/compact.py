"""SRVGGNetCompact (Wang 2021, with Real-ESRGAN): a plain stack and one sub-pixel step.

3x3 convolutions with PReLU of one slope a channel; the result is added to the
picture enlarged by repeating its pixels. `depth=16` is that of its videos,
32 of its photographs.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, WithBody


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, channels: int, depth: int) -> None:
        super().__init__()
        self.scale = scale
        self.layers = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.PReLU(channels))
        for _ in range(depth):
            self.layers.append(nn.Conv2d(channels, channels, 3, padding=1))
            self.layers.append(nn.PReLU(channels))
        self.layers.append(nn.Conv2d(channels, 3 * scale**2, 3, padding=1))

    def forward(self, pictures: Tensor) -> Tensor:
        # Added before the shuffle: each pixel to all its sub-pixels.
        change = self.layers(pictures).unflatten(1, (3, self.scale**2))
        sub_pixels = (change + pictures[:, :, None]).flatten(1, 2)
        return functional.pixel_shuffle(sub_pixels, self.scale)


class Compact(WithBody):
    """`depth` convolutions of `channels` channels between the first and the last."""

    def __init__(self, scale: int = 4, channels: int = 64, depth: int = 16) -> None:
        super().__init__()
        self.body = Body(scale, channels, depth)
        self.contract = Contract(scale, halo=depth + 2, edges="own")
