"""What backbones that rate have in common: merged convolutions, and the head of NIMA.

NIMA (Talebi 2018): the features of a network made for recognising things,
averaged over the picture; dropout, a matrix, softmax: the shares of the marks
1 to 10. All nets here take pictures of 0..1 and scale them to what their
backbone was made for themselves.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from claritas.nets.contract import Contract
from claritas.nets.folding import idle
from claritas.nets.rounding import Rounding

LEAST_SIDE = 32  # the backbones halve the sides five times


class Convolution(nn.Module):
    """A convolution, its batch norm and its activation.

    Parameters
    ----------
    lower
        Whether a stride of 2 pads at the bottom and on the right only, as
        Keras does for even sides, or all round, as torch.
    norm
        Without it the convolution has biases: the merged form.
    """

    def __init__(
        self,
        given: int,
        made: int,
        side: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        activation: type[nn.Module] | None = nn.ReLU6,
        lower: bool = False,
        norm: bool = True,
    ) -> None:
        super().__init__()
        self.lower = lower and stride == 2
        padding = 0 if self.lower else side // 2
        self.conv = nn.Conv2d(given, made, side, stride, padding, groups=groups, bias=not norm)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu" if activation else "linear")
        self.norm: nn.Module = nn.BatchNorm2d(made) if norm else nn.Identity()
        self.activation = activation() if activation else nn.Identity()
        # Without activation a sum may follow: whoever adds rounds.
        self.rounding = Rounding() if activation else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        if self.lower:
            x = functional.pad(x, (0, 1, 0, 1))
        result: Tensor = self.rounding(self.activation(self.norm(self.conv(x))))
        return result

    def merge(self) -> None:
        """The same function at rest, with biases instead of the norm."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class InvertedResidual(nn.Module):
    """Sandler 2018: widen, filter each channel, narrow without activation; plus the input.

    `squeeze` channels weigh the widened ones by the picture's average (Tan
    2019); 0 is without.
    """

    def __init__(
        self,
        given: int,
        made: int,
        expansion: int,
        side: int,
        stride: int,
        *,
        squeeze: int = 0,
        activation: type[nn.Module] = nn.ReLU6,
        lower: bool = False,
        norm: bool = True,
    ) -> None:
        super().__init__()
        wide = given * expansion
        self.layers = nn.Sequential()
        if expansion > 1:
            self.layers.append(Convolution(given, wide, activation=activation, norm=norm))
        self.layers.append(
            Convolution(
                wide,
                wide,
                side,
                stride,
                groups=wide,
                activation=activation,
                lower=lower,
                norm=norm,
            )
        )
        if squeeze:
            self.layers.append(Squeeze(wide, squeeze))
        self.layers.append(Convolution(wide, made, activation=None, norm=norm))
        self.added = stride == 1 and given == made
        self.rounding = Rounding()

    def forward(self, x: Tensor) -> Tensor:
        result = self.layers(x)
        rounded: Tensor = self.rounding(x + result if self.added else result)
        return rounded


class Squeeze(nn.Module):
    """Channels weighed by what the whole picture holds of them (Hu 2018)."""

    def __init__(self, channels: int, narrow: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Conv2d(channels, narrow, 1), nn.ReLU(), nn.Conv2d(narrow, channels, 1), nn.Sigmoid()
        )
        self.rounding = Rounding()

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.weigh(x.mean((2, 3), keepdim=True))
        weighed: Tensor = self.rounding(x * weights)
        return weighed


class Rating(nn.Module):
    """(n, 3, h, w), 0..1, to (n, outputs) shares that sum to 1.

    Parameters
    ----------
    features
        The backbone, stage after stage: (n, `width`, h / 32, w / 32) at its end.
    mean, deviation
        What the backbone's pictures were shifted and divided by, for each colour.
    side
        What pictures are resized to before they are rated; 0: nothing.
    frozen
        First stages that keep their weights, for training on few pictures.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        features: nn.Sequential,
        width: int,
        *,
        outputs: int,
        dropout: float,
        side: int,
        frozen: int,
        mean: Sequence[float],
        deviation: Sequence[float],
    ) -> None:
        super().__init__()
        self.features = features
        self.features[:frozen].requires_grad_(False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, outputs)
        for name, values in (("mean", mean), ("deviation", deviation)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)
        self.contract = Contract(
            scale=1, halo=-1, edges="own", minimum=LEAST_SIDE, side=side, outputs=outputs
        )

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.features((pictures - self.mean) / self.deviation)
        marks = self.head(self.dropout(features.mean((2, 3))))
        return torch.softmax(marks.float(), 1)

    def deployed(self) -> nn.Module:
        merged = copy.deepcopy(self).float().eval()
        for module in merged.modules():
            if isinstance(module, Convolution):
                module.merge()
        return merged

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Merged weights, with norms that change nothing where this net has norms."""
        found = dict(tensors)
        for name, module in self.named_modules():
            bias = f"{name}.conv.bias"
            if isinstance(module, Convolution) and module.conv.bias is None and bias in found:
                assert isinstance(module.norm, nn.BatchNorm2d)
                still = idle(module.norm) | {"bias": found.pop(bias)}
                found |= {f"{name}.norm.{key}": tensor for key, tensor in still.items()}
        return found
