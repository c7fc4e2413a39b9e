"""Tensors from files of others, without running anything that is in them."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch import Tensor

from claritas.errors import ModelError, UsageError

# Where training codes put the weights among other things; averaged ones first.
WRAPPERS = ("params_ema", "params", "state_dict", "model_state_dict", "model")
PREFIXES = ("module.", "_orig_mod.")  # of torch's wrappers for many devices and for compiling
SAFE = "safetensors, ONNX, npz, or a file of torch.save that holds tensors alone"


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The named tensors of a file, told by its suffix: any other than
    .safetensors, .onnx and .npz is taken for torch's.

    Raises
    ------
    UsageError
        If there is no such file.
    ModelError
        If it is of no known form, or holds a pickle with code, which is never run.
    """
    if not file.is_file():
        raise UsageError(f"There is no file {file}", SAFE)
    reader = READERS.get(file.suffix.lower(), _torch)
    try:
        tensors = reader(file)
    except CodeError:
        raise ModelError(
            f"{file} holds a pickle with code: it is refused, and nothing of it was run",
            SAFE,
            "ask its author for safetensors, or convert it where you trust it.",
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # each format fails in its own ways
        words = str(error).partition("\n")[0][:200] or type(error).__name__
        raise ModelError(f"{file} holds no weights that can be read: {words}", SAFE) from None
    return _without_prefix(tensors)


class CodeError(Exception):
    """A pickle wants more than tensors."""


def _torch(file: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if re.search("[Uu]nsupported global|[Tt]rying to (call|instantiate)", str(error)):
            raise CodeError from None
        raise ValueError("it is no file of torch.save") from None
    return _tensors_in(content)


def _tensors_in(content: object) -> dict[str, Tensor]:
    """The tensors of a table, or of the first table in it that training codes use."""
    if not isinstance(content, Mapping):
        raise ValueError("it is no table of tensors")
    for key in WRAPPERS:
        if isinstance(content.get(key), Mapping):
            return _tensors_in(content[key])
    tensors = {str(k): v.detach() for k, v in content.items() if isinstance(v, Tensor)}
    if not tensors:
        raise ValueError("there are no tensors in it")
    return tensors


def _npz(file: Path) -> dict[str, Tensor]:
    """Keys such as w00 and b00 are the weight and the bias of layer 00."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    except ValueError as error:
        if "pickle" in str(error):
            raise CodeError from None
        raise
    kinds = {"w": "weight", "b": "bias"}
    return {
        re.sub(r"^([wb])(\d+)$", lambda m: f"{m[2]}.{kinds[m[1]]}", name): tensor
        for name, tensor in found.items()
    }


def _onnx(file: Path) -> dict[str, Tensor]:
    initialisers = onnx.load(file).graph.initializer
    return {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in initialisers}


def _without_prefix(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for prefix in PREFIXES:
        if all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return dict(tensors)


READERS: dict[str, Callable[[Path], dict[str, Tensor]]] = {
    ".safetensors": load_file,
    ".npz": _npz,
    ".onnx": _onnx,
}
