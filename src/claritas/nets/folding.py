"""Batch norms folded into the convolutions before them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def folded(layers: nn.Sequential) -> nn.Sequential:
    """The same layers, as they run with the norms' moving statistics, without the norms."""
    result = nn.Sequential()
    for layer in layers.eval():
        if isinstance(layer, nn.BatchNorm2d):
            previous = result[-1]
            assert isinstance(previous, nn.Conv2d)
            result[-1] = fuse_conv_bn_eval(previous, layer)
        else:
            result.append(layer)
    return result


def fold_norms(module: nn.Module) -> None:
    """Fold every norm that follows a plain convolution in a `Sequential` into it, in place.

    An identity is left where a norm was: all other layers keep their names.
    """
    for layers in list(module.modules()):
        if not isinstance(layers, nn.Sequential):
            continue
        for index, (layer, norm) in enumerate(pairwise(layers)):
            if type(layer) is nn.Conv2d and isinstance(norm, nn.BatchNorm2d):
                layers[index] = fuse_conv_bn_eval(layer.eval(), norm.eval())
                layers[index + 1] = nn.Identity()


def unfolded(layers: nn.Sequential, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Folded tensors in the names of the layers with norms, which then change nothing.

    Parameters
    ----------
    tensors
        Of `folded(layers)`, by number and name, such as `2.weight`.
    """
    named: dict[str, Tensor] = {}
    number = 0
    for index, layer in enumerate(layers):
        if isinstance(layer, nn.BatchNorm2d):
            named |= {f"{index}.{name}": tensor for name, tensor in idle(layer).items()}
            continue
        prefix = f"{number}."
        own = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        named |= {f"{index}.{name}": tensor for name, tensor in own.items()}
        number += 1
    return named


def idle(norm: nn.BatchNorm2d) -> dict[str, Tensor]:
    """A norm's tensors with which its result is what it is given."""
    ones = torch.ones(norm.num_features)
    return {
        "weight": ones * (1 + norm.eps) ** 0.5,
        "bias": 0 * ones,
        "running_mean": 0 * ones,
        "running_var": ones,
    }
