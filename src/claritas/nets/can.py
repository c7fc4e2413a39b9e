"""CAN (Chen 2017): a context aggregation network, which imitates slow image operators.

3x3 convolutions at full size whose taps lie 1, 2, 4 ... pixels apart, one more
with its taps together, and a 1x1 to colours; leaky ReLU after all but the
last. `width=24, dilated=7` is CAN24, the defaults are CAN32. `norm` is the
paper's adaptive normalisation, x * share + BN(x) * weight, both learned, the
batch norm with an offset and no gain. Convolutions begin as the identity.

The norm goes by moving statistics when it is used, and is folded in when it
ships: the authors' demonstration normalises by each picture, which would tie
every pixel to the whole of it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract

SLOPE = 0.2  # of the leaky ReLU
EPSILON, MOMENTUM = 1e-3, 1e-3  # of the batch norm
SHARE = 0.9  # of the plain path where folded weights are taken up again


class AdaptiveNorm(nn.Module):
    """share * x + weight * (batch norm of x, plus bias)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.ones(()))
        self.weight = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.norm = nn.BatchNorm2d(channels, EPSILON, MOMENTUM, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.norm(x) + self.bias[:, None, None]
        return self.share * x + self.weight * normalised

    def gain_and_offset(self) -> tuple[Tensor, Tensor]:
        """What it does to each channel by the moving statistics."""
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert variance is not None
        deviation = torch.sqrt(variance + EPSILON)
        return self.share + self.weight / deviation, self.weight * (self.bias - mean / deviation)


class Layer(nn.Module):
    """A convolution, its norm if there is one, leaky ReLU."""

    def __init__(self, given: int, made: int, dilation: int, norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(given, made, 3, padding=dilation, dilation=dilation, bias=False)
        nn.init.dirac_(self.conv.weight)
        self.norm = AdaptiveNorm(made) if norm else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return functional.leaky_relu(x if self.norm is None else self.norm(x), SLOPE)

    def fold(self) -> None:
        """The norm goes into the convolution, which gets a bias."""
        if self.norm is None:
            return
        gain, offset = self.norm.gain_and_offset()
        self.conv.weight.data = self.conv.weight.data * gain.detach()[:, None, None, None]
        self.conv.bias = nn.Parameter(offset.detach())
        self.norm = None


class Body(nn.Module):
    """What ships: pictures of 0..1 in and out."""

    def __init__(self, channels: int, width: int, dilated: int, norm: bool) -> None:
        super().__init__()
        dilations = [*(2**index for index in range(dilated)), 1]
        given = [channels, *[width] * dilated]
        both = zip(given, dilations, strict=True)
        self.layers = nn.ModuleList(Layer(c, width, d, norm) for c, d in both)
        self.tail = nn.Conv2d(width, channels, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        for layer in self.layers:
            pictures = layer(pictures)
        result: Tensor = self.tail(pictures)
        return result


class CAN(nn.Module):
    """`dilated` layers with taps ever farther apart, `width` channels."""

    def __init__(
        self, channels: int = 3, width: int = 32, dilated: int = 8, norm: bool = True
    ) -> None:
        super().__init__()
        self.body = Body(channels, width, dilated, norm)
        self.contract = Contract(1, halo=2**dilated, channels=channels, edges="own")

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(pictures)
        return result

    def deployed(self) -> nn.Module:
        body = copy.deepcopy(self.body).float().eval()
        for layer in body.layers:
            assert isinstance(layer, Layer)
            layer.fold()
        return body

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A folded bias becomes the norm's: a tenth of the layer goes through an idle norm."""
        named: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            if name.startswith("layers.") and name.endswith("conv.bias"):
                named |= _idle(f"body.{name.removesuffix('conv.bias')}norm.", tensor)
            else:
                named[f"body.{name}"] = tensor
        return named


def _idle(prefix: str, bias: Tensor) -> dict[str, Tensor]:
    """A norm's tensors with which it only adds `bias`."""
    return {
        f"{prefix}share": torch.tensor(SHARE),
        f"{prefix}weight": torch.tensor(1 - SHARE),
        f"{prefix}bias": bias / (1 - SHARE),
        f"{prefix}norm.running_mean": torch.zeros_like(bias),
        f"{prefix}norm.running_var": torch.ones_like(bias) - EPSILON,
    }
