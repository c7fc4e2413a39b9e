"""Convolutions that turn and mirror with the picture.

How a photograph was held says nothing of how it is to be enlarged. Symmetric
convolutions treat the eight turns and mirrors of a square alike by
construction: channels inside a net come in groups of eight, one for each, and
all that a group learns it learns in eight positions at once (Cohen and Welling
2016). An eighth of the weights are free, so that few pictures teach more. What
ships is an ordinary convolution.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

# Mirrored or not, then turned by so many quarters.
SQUARE = tuple((mirrored, quarters) for mirrored in (False, True) for quarters in range(4))


def moved(x: Tensor, place: int) -> Tensor:
    """(..., side, side) in one of the eight positions, `place` of `SQUARE`."""
    mirrored, quarters = SQUARE[place]
    return torch.rot90(x.flip(-1) if mirrored else x, quarters, (-2, -1))


def unmoved(channels: int) -> Tensor:
    """Where channels go in each position, (8, channels): colours stay what they are."""
    return torch.arange(channels).expand(len(SQUARE), -1)


def in_eights(channels: int) -> Tensor:
    """The same for groups of eight, each of one feature in eight positions."""
    groups = torch.arange(0, channels, len(SQUARE))
    after = torch.tensor([[_after(first, then) for first in SQUARE] for then in SQUARE])
    return (groups[:, None] + after[:, None]).flatten(1)


def _after(first: tuple[bool, int], then: tuple[bool, int]) -> int:
    """The place in `SQUARE` of one position put into another: mirrored, quarters turn back."""
    quarters = then[1] + (-first[1] if then[0] else first[1])
    return SQUARE.index((first[0] != then[0], quarters % 4))


def sub_pixels(colours: int, scale: int) -> Tensor:
    """The same for the (colours * scale**2) channels that a depth-to-space turns into a picture."""
    squares = torch.arange(colours * scale**2).reshape(colours, scale, scale)
    return torch.stack([moved(squares, place).flatten().argsort() for place in range(len(SQUARE))])


class SymmetricConvolution(nn.Conv2d):
    """A convolution whose result turns and mirrors as its input does.

    The orbit of a number is the first of those that must be equal to it.
    """

    weight_orbits: Tensor
    bias_orbits: Tensor

    def tied(self) -> tuple[Tensor, Tensor]:
        """Weight and bias, numbers that must be equal replaced by their mean."""
        assert self.bias is not None
        return _tied(self.weight, self.weight_orbits), _tied(self.bias, self.bias_orbits)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self._conv_forward(x, *self.tied())
        return result


@torch.no_grad()
def make_symmetric(convolution: nn.Conv2d, inputs: Tensor, outputs: Tensor) -> None:
    """Tie a convolution's fresh weights, in place; their variance stays what it was.

    Parameters
    ----------
    inputs, outputs
        Where its channels go in each position, (8, channels).
    """
    weight, bias = weights_of(convolution)
    numbers = torch.arange(weight.numel()).reshape(weight.shape)
    by_weight = torch.empty(len(SQUARE), *weight.shape, dtype=torch.long)
    for place, (into, out) in enumerate(zip(inputs, outputs, strict=True)):
        by_weight[place, out[:, None], into] = moved(numbers, place)
    orbits = by_weight.amin(0), outputs.argsort(1).amin(0)
    for tensor, orbit in zip((weight, bias), orbits, strict=True):
        tensor.copy_(_tied(tensor, orbit) * _sizes(tensor, orbit).sqrt())
    convolution.__class__ = SymmetricConvolution
    for name, orbit in zip(("weight_orbits", "bias_orbits"), orbits, strict=True):
        convolution.register_buffer(name, orbit, persistent=False)


def weights_of(convolution: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """Weight and bias as the convolution applies them."""
    if isinstance(convolution, SymmetricConvolution):
        return convolution.tied()
    assert convolution.bias is not None
    return convolution.weight, convolution.bias


@torch.no_grad()
def untie(module: nn.Module) -> None:
    """Make ordinary convolutions of the symmetric ones, in place; the results stay the same."""
    for one in module.modules():
        if isinstance(one, SymmetricConvolution):
            weight, bias = one.tied()
            one.weight, one.bias = nn.Parameter(weight), nn.Parameter(bias)
            del one.weight_orbits, one.bias_orbits
            cast(nn.Module, one).__class__ = nn.Conv2d


def _tied(tensor: Tensor, orbits: Tensor) -> Tensor:
    """Every number as the mean of its orbit."""
    return _sums(tensor, orbits) / _sizes(tensor, orbits)


def _sizes(tensor: Tensor, orbits: Tensor) -> Tensor:
    """How many numbers each one must be equal to, itself among them."""
    return _sums(torch.ones_like(tensor), orbits)


def _sums(tensor: Tensor, orbits: Tensor) -> Tensor:
    sums = torch.zeros_like(tensor).flatten().index_add(0, orbits.flatten(), tensor.flatten())
    return sums[orbits]
