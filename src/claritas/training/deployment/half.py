"""Large weights in half the room: 16-bit floats in the file, 32-bit ones in use.

A weight is rounded before the file is written and compared, so nothing is lost
between the net that was measured and the one that ships.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from claritas.nets.contract import Net, as_module
from claritas.nets.symmetry import untie

LEAST = 4096  # numbers in a tensor that is worth it
LARGEST = 60_000.0
WIDENED = ".wide"  # added to the name of the weights, as they are used


@torch.no_grad()
def round_to_half(net: Net) -> None:
    """Round, in place, the large weights that ship as they are trained.

    What `deployed` merges or scales is left alone: it would not stay round. A symmetric net
    becomes an ordinary one: a mean of round weights need not be round.
    """
    untie(as_module(net))
    shipped = [p for p in net.deployed().parameters() if p.numel() >= LEAST]
    for own in as_module(net).parameters():
        same = any(own.shape == one.shape and torch.equal(own, one) for one in shipped)
        if same and own.abs().max() < LARGEST:
            own.copy_(own.half())


def halve(path: Path) -> None:
    """Store those weights of an ONNX file in 16 bits that lose nothing by it."""
    model = onnx.load(path)
    graph = model.graph
    wide = {}
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if _is_half(values):
            wide[tensor.name] = tensor.name + WIDENED
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), tensor.name))
    for node in graph.node:
        node.input[:] = [wide.get(name, name) for name in node.input]
    casts = [
        helper.make_node("Cast", [name], [used], to=onnx.TensorProto.FLOAT)
        for name, used in wide.items()
    ]
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _is_half(values: np.ndarray) -> bool:
    if values.dtype != np.float32 or values.size < LEAST:
        return False
    with np.errstate(over="ignore"):
        return np.array_equal(values.astype(np.float16).astype(np.float32), values)
