"""Times nets of several shapes in OpenVINO: which shape gives most for its time?

    python benchmarks/nets.py [--rounds 7] [--write]

Random weights: time does not depend on them. 256x256 in, x4, float32 in and
out of the bare net, all nets in turn, in every precision that the processor
computes in by itself. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from document import SPEED_PAGE, machine, publish, stop, table
from engines import openvino
from interleaved import Timing, interleaved

from claritas.engines.openvino import native_precisions

try:
    from claritas.nets import create
    from claritas.nets.contract import Net, as_module, parameter_count
    from claritas.training.deploy import multiply_adds, write_onnx
except ImportError:
    stop("torch is not installed; pip install '.[train]' brings it.")

SIDE = 256
PRECISIONS = [name for name in ("bf16", "fp32") if name in native_precisions()]

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain, 32 channels": ("plain", {"channels": 32}),
    "plain, 48 channels": ("plain", {"channels": 48}),
    "plain, 64 channels (photo-x4)": ("plain", {"channels": 64}),
    "plain, 64 channels, 8 convolutions": ("plain", {"channels": 64, "blocks": 2}),
    "plain, 96 channels, 8 convolutions": ("plain", {"channels": 96, "blocks": 2}),
    "EDSR, 64 channels, 8 blocks": ("edsr", {"channels": 64, "blocks": 8}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds")
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    arguments = parser.parse_args()
    nets = {name: create(kind, {"scale": 4} | form) for name, (kind, form) in SHAPES.items()}
    with tempfile.TemporaryDirectory() as folder:
        timings = interleaved(candidates(nets, Path(folder)), arguments.rounds)
    text = f"{machine()}. {arguments.rounds} rounds.\n\n{as_table(nets, timings)}"
    publish("nets", text, SPEED_PAGE if arguments.write else None)


def candidates(nets: dict[str, Net], folder: Path) -> dict[str, Callable[[], object]]:
    """Each net in each precision, ready to run."""
    made: dict[str, Callable[[], object]] = {}
    for number, (name, net) in enumerate(nets.items()):
        path = folder / f"{number}.onnx"
        write_onnx(net, path)
        noise = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
        fed = noise * np.float32(net.contract.range)
        made |= {f"{name} {p}": openvino(path, fed, p) for p in PRECISIONS}
    return made


def as_table(nets: dict[str, Net], timings: dict[str, Timing]) -> str:
    heads = ["net", "parameters", "multiply-adds a pixel"]
    heads += [f"{p}, {unit}" for p in PRECISIONS for unit in ("ms", "GFLOP/s")]
    return table(heads, [line(name, net, timings) for name, net in nets.items()])


def line(name: str, net: Net, timings: dict[str, Timing]) -> list[str]:
    work = multiply_adds(net)
    cells = [name, f"{parameter_count(as_module(net)):,}", f"{work:,}"]
    for precision in PRECISIONS:
        seconds = timings[f"{name} {precision}"].smallest
        cells += [f"{seconds * 1e3:.0f}", f"{2 * work * SIDE**2 / seconds / 1e9:.0f}"]
    return cells


if __name__ == "__main__":
    main()
