"""Batch norms folded into the convolutions before them, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_norms(module: nn.Module) -> None:
    """Fold every norm that follows a convolution in a `Sequential` into it, in place.

    An identity is left where a norm was: all other layers keep their names.
    """
    for (place, convolution), (behind, norm) in list(_pairs(module)):
        module.set_submodule(place, fuse_conv_bn_eval(convolution.eval(), norm.eval()))
        module.set_submodule(behind, nn.Identity())


def unfolded(module: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Folded tensors of that module, with norms that change nothing."""
    named = dict(tensors)
    for (place, _), (behind, norm) in _pairs(module):
        if f"{place}.weight" in tensors and f"{behind}.weight" not in tensors:
            named |= {f"{behind}.{name}": tensor for name, tensor in idle(norm).items()}
    return named


def _pairs(
    module: nn.Module,
) -> Iterator[tuple[tuple[str, nn.Conv2d], tuple[str, nn.BatchNorm2d]]]:
    """The convolutions that a norm follows, and those norms, each by its name."""
    for stem, layers in module.named_modules():
        if not isinstance(layers, nn.Sequential):
            continue
        named = [(f"{stem}.{name}".lstrip("."), one) for name, one in layers.named_children()]
        for (first, layer), (second, norm) in pairwise(named):
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                yield (first, layer), (second, norm)


def idle(norm: nn.BatchNorm2d) -> dict[str, Tensor]:
    """A norm's tensors with which its result is what it is given."""
    ones = torch.ones(norm.num_features)
    return {
        "weight": ones * (1 + norm.eps) ** 0.5,
        "bias": 0 * ones,
        "running_mean": 0 * ones,
        "running_var": ones,
    }
