"""From a net in torch to an ONNX file, with facts that are counted and measured."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.contract import Contract, Net

LEVEL = "level"  # an input of one number for each picture


def write_onnx(net: Net, path: Path) -> None:
    """The deployed net as an ONNX file: `picture` in, `output` out, any size that it takes.

    The exporter is torch's older one, which follows the net as it runs. The newer one works out
    what holds for every size, which takes many times as long and minutes where sizes are
    halved and doubled again; here `parity` runs the file with another size instead.
    """
    # Two pictures: the exporter would take a batch of one for a constant.
    given = example_inputs(net.contract, 2)
    axes = {0: "n"} if net.contract.side else {0: "n", 2: "h", 3: "w"}
    named = {name: {0: "n"} if name == LEVEL else axes for name in given}
    deployed = net.deployed().eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            tuple(given.values()),
            path,
            input_names=list(given),
            output_names=["output"],
            dynamo=False,
            dynamic_axes=named | {"output": axes},
        )
    model = onnx.load(path)
    _undo_sharing(model.graph)
    _name_slopes(model.graph, deployed)
    _strip(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def example_inputs(contract: Contract, count: int, more: int = 0) -> dict[str, Tensor]:
    """Random inputs by their names: pictures, and one number each for a `level`.

    Pictures are larger by `more` times what their sides must be multiples of, unless that is fixed.
    Smooth with a little noise: nets of products (PAN) give astronomic numbers on noise alone.
    """
    generator = torch.Generator().manual_seed(0)
    side = max(32, contract.minimum, 2 * contract.multiple) + more * contract.multiple
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


def _undo_sharing(graph: onnx.GraphProto) -> None:
    """Give equal tensors, of which the exporter keeps one, their own names and values back."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in list(graph.node):
        if node.op_type == "Identity" and node.input[0] in tensors:
            own = graph.initializer.add()
            own.CopyFrom(tensors[node.input[0]])
            own.name = node.output[0]
            graph.node.remove(node)


def _name_slopes(graph: onnx.GraphProto, deployed: nn.Module) -> None:
    """Give PReLU's slopes their names back: the exporter reshapes them and forgets the names."""
    names = [f"{n}.weight" for n, m in deployed.named_modules() if isinstance(m, nn.PReLU)]
    nodes = [node for node in graph.node if node.op_type == "PRelu"]
    slopes = {tensor.name: tensor for tensor in graph.initializer}
    for name, node in zip(names, nodes, strict=True):
        slope = slopes[node.input[1]]
        slope.name = node.input[1] = name


def _strip(model: onnx.ModelProto) -> None:
    """Take out what only describes the exporter and this machine."""
    for node in model.graph.node:
        node.doc_string = ""
    del model.graph.value_info[:]


@torch.no_grad()
def parity(net: Net, path: Path) -> float:
    """Largest difference between torch and the file, as a share of white.

    ONNX Runtime runs the file: an outside opinion on what was written. The picture has another
    size than the one that was exported with: a size that got into the file shows.
    """
    import onnxruntime

    given = example_inputs(net.contract, 1, more=3)
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
