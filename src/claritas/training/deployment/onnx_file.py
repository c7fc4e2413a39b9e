"""From a net in torch to an ONNX file, with facts that are counted and measured."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, Net

LEVEL = "level"  # an input of one number for each picture


def write_onnx(net: Net, path: Path) -> None:
    """The deployed net as an ONNX file: `picture` in, `output` out, any size that it takes."""
    # Two pictures: the exporter would take a batch of one for a constant.
    given = example_inputs(net.contract, 2)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.deployed().eval(),
            tuple(given.values()),
            path,
            input_names=list(given),
            output_names=["output"],
            external_data=False,
            verbose=False,
            **_any_size(net.contract, given),
        )
    _strip(path)
    _name_slopes(path, net.deployed())


def example_inputs(contract: Contract, count: int) -> dict[str, Tensor]:
    """Random inputs by their names: pictures, and one number each for a `level`.

    Smooth with a little noise: nets of products (PAN) give astronomic numbers on noise alone.
    """
    generator = torch.Generator().manual_seed(0)
    side = max(32, contract.minimum, 2 * contract.multiple)
    shape = (contract.side or side, contract.side or side + 2 * contract.multiple)
    given = {}
    for name in contract.inputs or ("picture",):
        size = (count, 1) if name == LEVEL else (count, contract.fed, *shape)
        noise = torch.rand(size, generator=generator)
        if name != LEVEL:
            coarse = torch.rand((*size[:2], 4, 4), generator=generator)
            noise = 0.9 * functional.interpolate(coarse, shape, mode="bilinear") + 0.1 * noise
        given[name] = noise * contract.range
    return given


def _any_size(contract: Contract, given: dict[str, Tensor]) -> dict[str, Any]:
    """The exporter's settings for any number of pictures, of any size unless theirs is fixed.

    Sizes that are halved and doubled again keep the symbolic exporter busy for
    minutes (a Restormer of eight blocks 38 s, by the older one 1 s).
    """
    axes = {0: "n"} if contract.side else {0: "n", 2: "h", 3: "w"}
    named = {name: {0: "n"} if name == LEVEL else axes for name in given}
    if contract.multiple > 1 and not contract.side:
        return {"dynamo": False, "dynamic_axes": named | {"output": axes}}
    sizes = {name: torch.export.Dim(name) for name in ("n", "h", "w")}
    shapes = ({axis: sizes[size] for axis, size in one.items()} for one in named.values())
    return {"dynamo": True, "dynamic_shapes": tuple(shapes)}


def _strip(path: Path) -> None:
    """Take out what only describes the exporter: stack traces and file names of this machine."""
    model = onnx.load(path)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _name_slopes(path: Path, deployed: nn.Module) -> None:
    """Give PReLU's slopes their names back: the exporter reshapes them and forgets the names."""
    names = [f"{n}.weight" for n, m in deployed.named_modules() if isinstance(m, nn.PReLU)]
    if not names:
        return
    model = onnx.load(path)
    nodes = [node for node in model.graph.node if node.op_type == "PRelu"]
    slopes = {i.name: i for i in model.graph.initializer}
    for name, node in zip(names, nodes, strict=True):
        slope = model.graph.initializer.add()
        slope.CopyFrom(slopes[node.input[1]])
        node.input[1] = slope.name = name
    for nameless in {slope.name for slope in slopes.values()} - _inputs(model):
        model.graph.initializer.remove(slopes[nameless])
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _inputs(model: onnx.ModelProto) -> set[str]:
    return {name for node in model.graph.node for name in node.input}


@torch.no_grad()
def parity(net: Net, path: Path) -> float:
    """Largest difference between torch and the file, as a share of white.

    ONNX Runtime runs the file: an outside opinion on what was written.
    """
    import onnxruntime

    given = example_inputs(net.contract, 1)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {name: value.numpy() for name, value in given.items()})[0]
    wanted = net.deployed().eval()(*given.values()).numpy()
    return float(np.abs(found - wanted).max() / net.contract.range)


@torch.no_grad()
def multiply_adds(net: Net) -> int:
    """Multiplications of the deployed convolutions and matrices, for each pixel of the input."""
    contract = net.contract
    given = example_inputs(contract, 1)
    pixels = next(iter(given.values()))[0, 0].numel()
    total = 0

    def count(module: nn.Module, given: tuple[Tensor, ...], result: Tensor) -> None:
        nonlocal total
        weight = module.weight
        assert isinstance(weight, Tensor)
        # A transposed convolution multiplies at each of its inputs.
        points = given[0] if isinstance(module, nn.ConvTranspose2d) else result
        total += weight[0].numel() * points.numel() if weight.ndim > 2 else weight.numel()

    deployed = net.deployed().eval()
    counted = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    hooks = [m.register_forward_hook(count) for m in deployed.modules() if isinstance(m, counted)]
    deployed(*given.values())
    for hook in hooks:
        hook.remove()
    full_size = contract.scale**2 if contract.before else 1
    return round(total * full_size / pixels)


def card_contract(contract: Contract) -> dict[str, object]:
    """The contract of a net in the words of a card."""
    return {
        "scale": contract.scale,
        "halo": max(contract.halo, 0),
        "channels": contract.channels,
        "range": contract.range,
        "edges": contract.edges,
        "multiple": contract.multiple,
        "minimum": contract.minimum,
        "whole": contract.whole,
        "before": contract.before,
        "residual": contract.residual,
        "tail": contract.tail,
        "inputs": list(contract.inputs),
        "side": contract.side,
        "outputs": contract.outputs,
        "mask": contract.mask,
    }
