"""What every net promises, so that export, tests and the loop can treat all alike.

A net is a `torch.nn.Module` that takes pictures (n, channels, h, w), 0..1, and
gives finished pictures (n, channels, h * scale, w * scale), not clamped. It
carries its facts as `contract`, and hands out the module that ships by
`deployed()`: merged, without what only training needs, and in the form that
the card describes. `trained_form()` goes the other way: the tensors of a
deployed file in the names and units of the net, for training on.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn

from claritas.nets.folding import fold_norms, unfolded


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
    side
        The one height and width that the net takes; 0 where it takes any. For
        a net that rates, the side that a picture is resized to.
    outputs
        0 for a picture; otherwise the net gives (n, outputs) numbers: the
        shares of the marks 1 to `outputs`.
    inputs
        Names of all inputs where they are not just `picture`.
    mask
        Whether a mask comes as one more channel after the picture's, 1 where
        the picture is to be painted in.
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
    side: int = 0
    outputs: int = 0
    inputs: tuple[str, ...] = ()
    mask: bool = False

    @property
    def fed(self) -> int:
        """Channels of the net's input: the picture's, and the mask's."""
        return self.channels + self.mask

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


class WithBody(nn.Module):
    """What most nets are: a module that ships as it is trained, and is all they call.

    `ships` is that module's name; a deployed file has its tensors, with batch norms folded in.
    """

    contract: Contract
    ships = "body"

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = getattr(self, self.ships)(pictures)
        return result

    def deployed(self) -> nn.Module:
        body = copy.deepcopy(self.get_submodule(self.ships)).float().eval()
        fold_norms(body)
        return body

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        named = unfolded(self.get_submodule(self.ships), tensors)
        return {f"{self.ships}.{name}": tensor for name, tensor in named.items()}


@runtime_checkable
class ManyScales(Protocol):
    """A net of several factors: from here on, pictures go through that one."""

    def use_scale(self, scale: int) -> None: ...


@runtime_checkable
class Centring(Protocol):
    """A net that can move its biases to where its 8-bit form rounds a flat picture's features."""

    def centre(self) -> None: ...


@runtime_checkable
class Balancing(Protocol):
    """A net that can scale its channels, all else unchanged, so that their rounding is seen least.

    `balance` takes batches as the net takes them.
    """

    def balance(self, batches: Iterable[Tensor]) -> None: ...


def parameter_count(net: nn.Module) -> int:
    """Weights, biases and affine norm parameters; buffers are not counted."""
    return sum(parameter.numel() for parameter in net.parameters())


def as_module(net: Net) -> nn.Module:
    """The same object under its other type."""
    return cast(nn.Module, net)


def measured_halo(net: Net, side: int = 96) -> int:
    """The largest distance, in input pixels, at which the input changes the deployed result.

    Seen from both ends, in a random picture: how far away results move when a
    pixel in the middle is changed, and how far away the inputs are on which a
    result in the middle depends. The first misses influences below a double's
    last digit, the second those of a maximum. Where sides have a multiple, it
    depends on the place within it, so each place along the diagonal is tried.
    """
    contract = net.contract
    side = contract.side or max(side, 2 * (contract.halo // 8 + 2) * 8)
    module = net.deployed().double().eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, contract.fed, side, side, generator=generator).double()
    picture *= contract.range
    places = range(side // 2, side // 2 + (1 if contract.whole else contract.multiple))
    looks = (_moved_by_a_pixel, _seen)
    return max(look(module, picture, contract, place) for look in looks for place in places)


def _grain(contract: Contract) -> int:
    """Side of a pixel of the deployed module's input in its output."""
    return contract.scale if contract.tail == "picture" and not contract.before else 1


def _moved_by_a_pixel(module: nn.Module, picture: Tensor, contract: Contract, place: int) -> int:
    changed = picture.clone()
    changed[..., place, place] += contract.range
    moved = (module(picture) != module(changed)).any(1)[0].nonzero()
    return int((moved // _grain(contract) - place).abs().max())


def _seen(module: nn.Module, picture: Tensor, contract: Contract, place: int) -> int:
    grain = _grain(contract)
    span = slice(place * grain, (place + 1) * grain)
    leaf = picture.clone().requires_grad_()
    module(leaf)[..., span, span].sum().backward()
    assert leaf.grad is not None
    return int((leaf.grad.abs().sum(1)[0].nonzero() - place).abs().max())
