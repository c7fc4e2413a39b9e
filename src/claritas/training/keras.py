"""Weights of Keras' MobileNetV2, norms folded in, from an npz file without pickles.

Arrays `lNN_q` (int8) times `lNN_scale`, or `lNN_w`, and `lNN_bias`, in the
network's order; `kind` says which are depthwise ("dw"). Convolutions lie as
(out, height, width, in), depthwise ones as (1, height, width, channels).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from claritas.errors import TrainingError
from claritas.nets.contract import Net, as_module
from claritas.nets.rating import Convolution

Weights = npt.NDArray[np.float32]


def folded_weights(net: Net, path: Path) -> dict[str, Tensor]:
    """The file's arrays under the names of the merged net's convolutions, one after the other.

    Raises
    ------
    TrainingError
        If the file is not of this form, or of another number of convolutions.
    """
    modules = as_module(net).named_modules()
    names = [name for name, module in modules if isinstance(module, Convolution)]
    try:
        with np.load(path, allow_pickle=False) as arrays:
            layers = list(_layers(dict(arrays)))
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise TrainingError(
            f"{path} does not hold weights as Keras' MobileNetV2 has them: {error}",
            "arrays l00_q, l00_scale, l00_bias and so on, and kind",
        ) from None
    if len(layers) - len(names) not in (0, 1):  # a net may lack the last one, for another head
        raise TrainingError(f"{path} has {len(layers)} convolutions, this net {len(names)}")
    tensors: dict[str, Tensor] = {}
    for name, (weight, bias) in zip(names, layers, strict=False):
        tensors[f"{name}.conv.weight"] = torch.from_numpy(weight)
        tensors[f"{name}.conv.bias"] = torch.from_numpy(bias)
    return tensors


def _layers(arrays: dict[str, npt.NDArray[np.generic]]) -> Iterator[tuple[Weights, Weights]]:
    """Weight (out, in / groups, height, width) and bias (out,) of each convolution."""
    for number, kind in enumerate(arrays["kind"]):
        name = f"l{number:02d}"
        weight = _values(arrays, name, depthwise=kind == "dw")
        turned = weight.transpose((3, 0, 1, 2) if kind == "dw" else (0, 3, 1, 2))
        yield np.ascontiguousarray(turned), arrays[f"{name}_bias"].astype(np.float32)


def _values(arrays: dict[str, npt.NDArray[np.generic]], name: str, *, depthwise: bool) -> Weights:
    if f"{name}_w" in arrays:
        return arrays[f"{name}_w"].astype(np.float32)
    scale = arrays[f"{name}_scale"].astype(np.float32)
    along = scale if depthwise else scale[:, None, None, None]
    return arrays[f"{name}_q"].astype(np.float32) * along
