"""A 3x3 convolution that is trained as several branches and ships as one (SPAN's, Wan 2024).

Branches widen what an optimiser can do and change nothing in what can be
said: a 1x1, and beside it 1x1, 3x3, 1x1 in a row on `GAIN` times the
channels. The row's border is the first 1x1's answer to the zeros around the
picture, so that all of it is one 3x3 with zero padding, exactly. It is
computed as such in training too: the kernel is put together first, which
costs little, and one convolution runs.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import WithBody

GAIN = 2  # channels of the row over those given and made


class Branched(nn.Module):
    """Takes (n, given, h, w), makes (n, made, h, w)."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.shortcut = nn.Conv2d(given, made, 1)
        self.widen = nn.Conv2d(given, GAIN * given, 1)
        self.middle = nn.Conv2d(GAIN * given, GAIN * made, 3)
        self.narrow = nn.Conv2d(GAIN * made, made, 1)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            weight, bias = self.kernel()
        return functional.conv2d(x, weight, bias, padding=1)

    def kernel(self) -> tuple[Tensor, Tensor]:
        """Weight (made, given, 3, 3) and bias (made,) of the one convolution."""
        narrow, widen = self.narrow.weight[:, :, 0, 0], self.widen.weight[:, :, 0, 0]
        row = torch.einsum("om,mwyx->owyx", narrow, self.middle.weight)
        weight = torch.einsum("owyx,wi->oiyx", row, widen)
        weight = weight + functional.pad(self.shortcut.weight, (1, 1, 1, 1))
        bias = row.sum((2, 3)) @ _bias(self.widen) + narrow @ _bias(self.middle)
        return weight, bias + _bias(self.narrow) + _bias(self.shortcut)

    @torch.no_grad()
    def merged(self) -> nn.Conv2d:
        weight, bias = self.kernel()
        convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
        convolution.weight.copy_(weight)
        assert convolution.bias is not None
        convolution.bias.copy_(bias)
        return convolution

    @torch.no_grad()
    def split(self, weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
        """This module's tensors, such that `kernel` gives these two.

        The convolution goes through the row's first channels; the others keep
        their fresh ends, so that training finds gradients there.
        """
        tensors = {name: tensor.clone() for name, tensor in self.state_dict().items()}
        made, given = weight.shape[:2]
        for name in ("shortcut.weight", "shortcut.bias", "widen.bias", "narrow.bias"):
            tensors[name].zero_()
        tensors["widen.weight"][:given, :, 0, 0] = torch.eye(given)
        tensors["narrow.weight"][:, :made, 0, 0] = torch.eye(made)
        for name, values in (("middle.weight", weight), ("middle.bias", bias)):
            tensors[name].zero_()
            tensors[name][tuple(slice(side) for side in values.shape)] = values
        return tensors


class WithBranches(WithBody):
    """A net whose body ships with every `Branched` as one convolution."""

    def deployed(self) -> nn.Module:
        return merged(super().deployed())

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return super().trained_form(split(self.get_submodule(self.ships), tensors))


def convolution(given: int, made: int, branches: bool) -> nn.Module:
    """A 3x3 convolution, in branches or already one."""
    return Branched(given, made) if branches else nn.Conv2d(given, made, 3, padding=1)


def merged(body: nn.Module) -> nn.Module:
    """The same body, changed: every `Branched` is one convolution."""
    for name, module in list(body.named_modules()):
        if isinstance(module, Branched):
            parent, _, child = name.rpartition(".")
            setattr(body.get_submodule(parent), child, module.merged())
    return body


def split(body: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a merged body in the names of the body that has branches."""
    rest = dict(tensors)
    found: dict[str, Tensor] = {}
    for name, module in body.named_modules():
        if isinstance(module, Branched) and f"{name}.weight" in rest:
            parts = module.split(rest.pop(f"{name}.weight"), rest.pop(f"{name}.bias"))
            found |= {f"{name}.{key}": tensor for key, tensor in parts.items()}
    return rest | found


def _bias(convolution: nn.Conv2d) -> Tensor:
    assert convolution.bias is not None
    return convolution.bias
