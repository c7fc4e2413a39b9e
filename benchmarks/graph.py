"""A plain convolutional ONNX file rebuilt for engines that do not read ONNX: torch and ncnn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx

KINDS = ("Conv", "Relu", "Add")


class Node(NamedTuple):
    """One operation; `weights` are a convolution's kernel (out, in, side, side) and bias (out,)."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    weights: tuple[Any, ...]


class Graph(NamedTuple):
    source: str
    result: str
    nodes: tuple[Node, ...]


def read_graph(path: Path) -> Graph:
    """The operations of an ONNX file, in order.

    Raises
    ------
    ValueError
        If it has others than same-size convolutions, ReLU and additions.
    """
    graph = onnx.load(path).graph
    weights = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    casts = [node for node in graph.node if node.op_type == "Cast" and node.input[0] in weights]
    for cast in casts:  # weights that the file holds in 16 bits
        weights[cast.output[0]] = weights[cast.input[0]].astype("float32")
    kept = [node for node in graph.node if node not in casts]
    strange = {node.op_type for node in kept} - set(KINDS)
    if strange:
        raise ValueError(f"it holds {', '.join(sorted(strange))}")
    nodes = tuple(_node(node, weights) for node in kept)
    source = next(one.name for one in graph.input if one.name not in weights)
    return Graph(source, graph.output[0].name, nodes)


def _node(node: Any, weights: dict[str, Any]) -> Node:
    held = tuple(weights[name] for name in node.input if name in weights)
    if node.op_type == "Conv" and len(held) != 2:
        raise ValueError(f"its convolution {node.name} lacks a kernel or a bias")
    inputs = tuple(name for name in node.input if name not in weights)
    return Node(node.op_type, inputs, node.output[0], held)


def torch_net(graph: Graph) -> Callable[[Any], Any]:
    """The graph as eager torch: a tensor (1, c, h, w) to a tensor."""
    import torch
    from torch.nn import functional

    held = {node.output: [torch.tensor(one) for one in node.weights] for node in graph.nodes}

    def run(picture: Any) -> Any:
        values = {graph.source: picture}
        for node in graph.nodes:
            given = [values[name] for name in node.inputs]
            if node.kind == "Conv":
                kernel, bias = held[node.output]
                values[node.output] = functional.conv2d(
                    given[0], kernel, bias, padding=kernel.shape[-1] // 2
                )
            else:
                values[node.output] = torch.relu(given[0]) if node.kind == "Relu" else sum(given)
        return values[graph.result]

    return run


def write_ncnn(graph: Graph, folder: Path) -> tuple[Path, Path]:
    """The graph as ncnn's text (.param) and weights (.bin)."""
    param, weights = folder / "net.param", folder / "net.bin"
    lines = list(_ncnn_lines(graph))
    blobs = sum(int(line.split()[3]) for line in lines)
    param.write_text("\n".join(["7767517", f"{len(lines)} {blobs}", *lines, ""]))
    weights.write_bytes(b"".join(_ncnn_weights(node) for node in graph.nodes))
    return param, weights


def _ncnn_lines(graph: Graph) -> Iterator[str]:
    """ncnn lets a blob be read once, so one that is read more often is split."""
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    read: Counter[str] = Counter()

    def copies(name: str) -> list[str]:
        return [f"{name}.copy{number}" for number in range(readers[name])]

    def made(name: str) -> Iterator[str]:
        if readers[name] > 1:
            outputs = copies(name)
            yield f"Split split_{name} 1 {len(outputs)} {name} {' '.join(outputs)}"

    yield f"Input {graph.source} 0 1 {graph.source}"
    yield from made(graph.source)
    for node in graph.nodes:
        inputs = []
        for name in node.inputs:
            inputs.append(copies(name)[read[name]] if readers[name] > 1 else name)
            read[name] += 1
        kind, settings = _ncnn_layer(node)
        names = f"{' '.join(inputs)} {node.output}"
        yield f"{kind} {node.output} {len(inputs)} 1 {names} {settings}"
        yield from made(node.output)


def _ncnn_layer(node: Node) -> tuple[str, str]:
    """ncnn's name of a layer and its numbered settings."""
    if node.kind == "Relu":
        return "ReLU", ""
    if node.kind == "Add":
        return "BinaryOp", "0=0"
    kernel = node.weights[0]
    out, side = kernel.shape[0], kernel.shape[-1]
    return "Convolution", f"0={out} 1={side} 4={side // 2} 5=1 6={kernel.size}"


def _ncnn_weights(node: Node) -> bytes:
    """A zero word says that float32 follows."""
    if node.kind != "Conv":
        return b""
    kernel, bias = (np.ascontiguousarray(one, dtype="<f4").tobytes() for one in node.weights)
    return b"\0\0\0\0" + kernel + bias
