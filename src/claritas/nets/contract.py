"""What every net promises, so that export, tests and the loop can treat all alike.

A net is a `torch.nn.Module` that takes pictures (n, channels, h, w), 0..1, and
gives finished pictures (n, channels, h * scale, w * scale), not clamped. It
carries its facts as `contract`, and hands out the module that ships by
`deployed()`: merged, without what only training needs, and in the form that
the card describes. `trained_form()` goes the other way: the tensors of a
deployed file in the names and units of the net, for training on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, cast

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Contract:
    """Facts of one net.

    Attributes
    ----------
    scale
        Output over input, along a side.
    halo
        Rows and columns of context, on each side, that can change a result;
        -1 where there is no bound (attention, pooling over the picture).
    tail
        What the deployed module gives: `picture`, or `sub-pixel`, the
        (n, channels * scale**2, h, w) that a depth-to-space turns into one.
    residual
        The interpolation that the deployed module's output is added to.
    edges
        What lies beyond the picture: `mirror` (the picture extended by the
        halo, symmetrically) or `own` (the net's own padding).
    before
        Whether the net takes the picture already interpolated to its full size.
    range
        What the deployed module calls white.
    multiple, minimum
        Sides are divisible by `multiple` and at least `minimum`.
    """

    scale: int
    halo: int
    channels: int = 3
    tail: Literal["picture", "sub-pixel"] = "picture"
    residual: Literal["none", "bicubic"] = "none"
    edges: Literal["mirror", "own"] = "mirror"
    before: bool = False
    range: float = 1.0
    multiple: int = 1
    minimum: int = 1

    @property
    def whole(self) -> bool:
        """Whether the net must see the whole picture at once."""
        return self.halo < 0


class Net(Protocol):
    """A `torch.nn.Module` with its facts; see the module's text."""

    contract: Contract

    def __call__(self, pictures: Tensor) -> Tensor: ...

    def deployed(self) -> nn.Module: ...

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]: ...


def parameter_count(net: nn.Module) -> int:
    """Weights, biases and affine norm parameters; buffers are not counted."""
    return sum(parameter.numel() for parameter in net.parameters())


def as_module(net: Net) -> nn.Module:
    """The same object under its other type."""
    return cast(nn.Module, net)


@torch.no_grad()
def measured_halo(net: Net, side: int = 96) -> int:
    """The largest distance at which an input pixel changes the deployed result.

    Seen in the gradient-free way: one pixel in the middle of a random picture
    is changed, and the farthest result that moves tells the distance (in
    input pixels).
    """
    module = net.deployed().eval()
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, net.contract.channels, side, side, generator=generator)
    picture = (picture * net.contract.range).double()
    changed = picture.clone()
    changed[..., side // 2, side // 2] += net.contract.range
    moved = (module.double()(picture) != module.double()(changed)).any(1)[0].nonzero()
    grain = net.contract.scale if net.contract.tail == "picture" and not net.contract.before else 1
    return int((moved // grain - side // 2).abs().max())
