"""DnCNN (Zhang 2017): convolutions that find the noise, which is then taken away.

3x3 convolutions of 64 channels, ReLU, batch norm between the first and the
last; the result is the picture minus the net's answer, at the same size. The
defaults are the blind colour form of 20 layers; 17 layers of one channel are
the paper's for a known noise. Convolutions keep their biases beside the norms
and the norms have an epsilon of 1e-4, as in the authors' later code; the
weights that they gave out have no norms (`norm=False`), and `layers` counts as
their `model` does. What ships has the norms folded in.
"""

from __future__ import annotations

from torch import Tensor, nn

from claritas.nets.contract import Contract, WithBody

EPSILON = 1e-4


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, channels: int, depth: int, width: int, norm: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential()
        for index in range(depth):
            first, last = index == 0, index == depth - 1
            self.layers.append(
                _convolution(channels if first else width, channels if last else width)
            )
            if norm and not first and not last:
                self.layers.append(nn.BatchNorm2d(width, eps=EPSILON))
            if not last:
                self.layers.append(nn.ReLU())

    def forward(self, pictures: Tensor) -> Tensor:
        noise: Tensor = self.layers(pictures)
        return pictures - noise


class DnCNN(WithBody):
    """`depth` convolutions of `width` channels; `channels` is 3 or 1."""

    def __init__(
        self, channels: int = 3, depth: int = 20, width: int = 64, norm: bool = True
    ) -> None:
        super().__init__()
        self.body = Body(channels, depth, width, norm)
        self.contract = Contract(1, halo=depth, channels=channels, edges="own")


def _convolution(given: int, made: int) -> nn.Conv2d:
    layer = nn.Conv2d(given, made, 3, padding=1)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
