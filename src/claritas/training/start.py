"""Beginning from weights that are there already: a run's, or a model's that shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from claritas.errors import TrainingError
from claritas.image.picture import Array
from claritas.nets.contract import Net, as_module
from claritas.training.checkpoint import load_checkpoint
from claritas.training.deployment.packed import WIDE
from claritas.training.keras import folded_weights
from claritas.zoo.card import CARD, checked_file
from claritas.zoo.catalogue import find


def take_over(net: Net, start: Path) -> int:
    """Copy into `net` all weights of equal name and shape; the number of those taken.

    Parameters
    ----------
    start
        A run folder (its averaged weights), a model folder, the name of a
        model that ships, or an npz file of Keras' MobileNetV2.

    Raises
    ------
    TrainingError
        If there are no weights, or none fits.
    """
    if start.suffix == ".npz":
        weights = net.trained_form(folded_weights(net, start))
    else:
        weights = _of_run(start) or _of_model(net, start)
    own = as_module(net).state_dict()
    fitting = {
        name: tensor.reshape(own[name].shape)  # PReLU's slopes have sides of 1 in a file
        for name, tensor in weights.items()
        if name in own and own[name].squeeze().shape == tensor.squeeze().shape
    }
    if not fitting:
        raise TrainingError(
            f"No weight of {start} fits this net", "a run or model of the same kind of net"
        )
    as_module(net).load_state_dict(own | fitting)
    return len(fitting)


def _of_run(start: Path) -> dict[str, Tensor]:
    checkpoint = load_checkpoint(start / "checkpoints")
    tensors = checkpoint.tensors if checkpoint else {}
    return {n.removeprefix("average."): t for n, t in tensors.items() if n.startswith("average.")}


def _of_model(net: Net, start: Path) -> dict[str, Tensor]:
    """A deployed file's initialisers, in the names and units of the net that trains."""
    model = find(str(start)) if not (start / CARD).is_file() else find(str(start.resolve()))
    graph = onnx.load(checked_file(model, "fp32")).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    floats = {n: a.astype("float32") for n, a in arrays.items() if a.dtype.kind == "f"}
    floats |= _from_bytes(graph, arrays, floats)
    return net.trained_form({name: torch.from_numpy(array) for name, array in floats.items()})


def _from_bytes(
    graph: onnx.GraphProto, arrays: dict[str, Array], floats: dict[str, Array]
) -> dict[str, Array]:
    """Weights that lie in the file as whole numbers and a scale for each row, as float32."""
    found = {}
    for node in graph.node:
        codes = arrays.get(node.input[0]) if node.op_type == "DequantizeLinear" else None
        if codes is not None and codes.dtype == np.int8:
            scale = floats[node.input[1].removesuffix(WIDE)].reshape(-1, *([1] * (codes.ndim - 1)))
            stem, _, last = node.input[0].rpartition(".")
            name = f"{stem}.weight" if last == "codes" else node.input[0]
            found[name] = (codes * scale).astype(np.float32)
    return found
