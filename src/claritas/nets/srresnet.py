"""SRResNet (Ledig 2017): residual blocks with batch norm; the generator of SRGAN.

9x9 convolutions at both ends, 16 blocks of 64 channels, PReLU of one slope for
all channels, a sub-pixel stage for each factor 2 (for x3, which the paper has
not, one of 3: ours). White is 1 at the input; the last convolution gives
-1..1, which becomes 0..1 here. All convolutions have biases; where a batch
norm follows they can change nothing while training, and the paper leaves open
whether they are there.
"""

from __future__ import annotations

from torch import Tensor, nn

from claritas.nets.contract import Contract, WithBody


class ResidualBlock(nn.Module):
    """Convolution, norm, PReLU, convolution, norm, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.body(x)
        return x + change


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, scale: int, blocks: int, channels: int) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(3, channels, 9, padding=4), nn.PReLU())
        self.blocks = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))
        self.fuse = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        )
        self.upsampler = _upsampler(scale, channels)
        self.tail = nn.Conv2d(channels, 3, 9, padding=4)

    def forward(self, pictures: Tensor) -> Tensor:
        first = self.head(pictures)
        features = first + self.fuse(self.blocks(first))
        result: Tensor = self.tail(self.upsampler(features))
        return (result + 1) / 2


class SRResNet(WithBody):
    """`blocks` residual blocks of `channels` channels."""

    def __init__(self, scale: int = 4, blocks: int = 16, channels: int = 64) -> None:
        super().__init__()
        self.body = Body(scale, blocks, channels)
        # 4 of the head, 1 before and at most 2 behind the upsampler's first stage.
        self.contract = Contract(scale, halo=4 + 2 * blocks + 1 + 3, edges="own")


def _upsampler(scale: int, channels: int) -> nn.Sequential:
    """Sub-pixel convolutions with PReLU: one for 2 and 3, two in a row for 4."""
    stages = nn.Sequential()
    for factor in [2, 2] if scale == 4 else [scale]:
        stages.append(nn.Conv2d(channels, channels * factor**2, 3, padding=1))
        stages.append(nn.PixelShuffle(factor))
        stages.append(nn.PReLU())
    return stages
