"""Trains nets of several shapes alike: which gives most for its time?

    python benchmarks/nets.py [--steps 400] [--rounds 7] [--runs DIR] [--write]

Enlargement by 4 from nothing, with train-photos alone and the optimisers of configs/photo-x4.toml,
all for the same number of steps; a training that is finished is not made again. Quality is PSNR-Y
on kodak, which nobody trains on, and on Set14. The time is that of the whole graph, bytes to bytes,
256x256 in, by turns. Some forty minutes of one core. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from document import ROOT, SHARED_DATA, SPEED_PAGE, machine, photograph, publish, stop, table
from interleaved import interleaved
from study.curves import Curve, write_curves

from claritas.benchmark.sets import picture_sets
from claritas.benchmark.tables import model_method, rows
from claritas.engines.openvino import native_precisions
from claritas.zoo.card import Model, PrecisionName
from claritas.zoo.catalogue import find

try:
    from int8 import whole_graph
    from study.runs import Run, Workshop

    from claritas.nets import create
    from claritas.training.deployment.export import export_eight_bits
    from claritas.training.deployment.onnx_file import multiply_adds
except ImportError:
    stop("torch is not installed; pip install '.[train]' brings it.")

SIDE = 256
SETS = ("kodak", "set14")
PHOTOGRAPHS = "train-photos"
PLOT = ROOT / "docs" / "pictures" / "nets.svg"
PRECISIONS: list[PrecisionName] = [p for p in ("bf16", "int8") if p in native_precisions()]

# Name in the tables: kind of the net, and its arguments.
SHAPES: dict[str, tuple[str, dict[str, int]]] = {
    "plain 32, 4x4": ("plain", {"channels": 32, "blocks": 4, "depth": 4}),
    "plain 48, 4x4": ("plain", {"channels": 48, "blocks": 4, "depth": 4}),
    "plain 64, 4x4": ("plain", {"channels": 64, "blocks": 4, "depth": 4}),
    "plain 64, 2x4": ("plain", {"channels": 64, "blocks": 2, "depth": 4}),
    "plain 48, 8x2": ("plain", {"channels": 48, "blocks": 8, "depth": 2}),
    "plain 48, 1x10": ("plain", {"channels": 48, "blocks": 1, "depth": 10}),
    "DISP": ("disp", {"channels": 32, "blocks": 4, "depth": 4}),
    "SPANV2": ("spanv2", {"channels": 32, "blocks": 5}),
    "ERRN2": ("errn2", {"channels": 32, "blocks": 6}),
    "AMCANet": ("amcanet", {"channels": 32, "blocks": 7}),
}


class Trained(NamedTuple):
    """A shape, trained: its model, and PSNR-Y on each set in float and in 8 bits."""

    name: str
    model: Model
    exact: list[float]
    eight: list[float]


def main() -> None:
    arguments = parse()
    if not SHARED_DATA.is_dir():
        stop(f"The nets learn from the pictures of {SHARED_DATA}, which is not there.")
    workshop = Workshop(arguments.runs)
    found = [trained(name, workshop, arguments.steps) for name in SHAPES]
    times = timed(found, arguments.rounds)
    if arguments.write:
        write_curves(PLOT, curves(found, times), "log10 of ms", "kodak, dB", side=520)
    head = f"{machine()}. {arguments.steps} steps, {SIDE}x{SIDE} in, {arguments.rounds} rounds."
    publish("nets", f"{head}\n\n{as_table(found, times)}", SPEED_PAGE if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=400, help="of each training")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds")
    parser.add_argument("--runs", type=Path, default=Path("runs/nets"), help="where runs lie")
    parser.add_argument("--write", action="store_true", help="put table and plot into docs")
    return parser.parse_args()


def trained(name: str, workshop: Workshop, steps: int) -> Trained:
    """A shape after its training, with an 8-bit file of the same weights."""
    kind, form = SHAPES[name]
    inline = ", ".join(f"{key}={value}" for key, value in ({"scale": 4} | form).items())
    label = name.lower().replace(", ", "-").replace(" ", "-")
    settings = [f"net.kind={kind}", f"net.arguments={{{inline}}}", f"schedule.steps={steps}"]
    folder = workshop.model(Run(f"{label}-{steps}", "photo-x4", settings, PHOTOGRAPHS))
    both = Path(f"{folder}-int8")
    if not both.is_dir():
        export_eight_bits(folder, SHARED_DATA / PHOTOGRAPHS, both)
    return Trained(name, find(str(both)), quality(both, "fp32"), quality(both, "int8"))


def quality(folder: Path, precision: PrecisionName) -> list[float]:
    method = model_method(str(folder), 4, precision)
    sets = picture_sets([SHARED_DATA / name for name in SETS])
    return [rows(pictures, 4, [method])[0].psnr_y for pictures in sets]


def timed(found: Sequence[Trained], rounds: int) -> dict[tuple[str, str], float]:
    """Milliseconds of each net in each precision."""
    pixels = photograph(SIDE, SIDE)[None]
    candidates: dict[str, Callable[[], object]] = {}
    for one in found:
        for precision in PRECISIONS:
            candidates[f"{one.name}/{precision}"] = whole_graph(one.model, precision, pixels)
    timings = interleaved(candidates, rounds)
    return {
        (one.name, precision): 1e3 * timings[f"{one.name}/{precision}"].smallest
        for one in found
        for precision in PRECISIONS
    }


def as_table(found: Sequence[Trained], times: dict[tuple[str, str], float]) -> str:
    heads = ["net", "parameters", "multiply-adds a pixel"]
    heads += [f"{set_}, dB" for set_ in SETS] + [f"in 8 bits, {set_}" for set_ in SETS]
    heads += [f"{precision}, ms" for precision in PRECISIONS]
    return table(heads, [line(one, times) for one in found])


def line(one: Trained, times: dict[tuple[str, str], float]) -> list[str]:
    net = one.model.card.net
    work = multiply_adds(create(net.kind, net.arguments))
    lost = [f"{b - a:+.2f}" for a, b in zip(one.exact, one.eight, strict=True)]
    return [
        one.name,
        f"{net.parameters:,}",
        f"{work:,}",
        *(f"{value:.2f}" for value in one.exact),
        *lost,
        *(f"{times[one.name, precision]:.0f}" for precision in PRECISIONS),
    ]


def curves(found: Sequence[Trained], times: dict[tuple[str, str], float]) -> list[Curve]:
    """A panel for each precision: what quality costs in it."""
    made = []
    for precision in PRECISIONS:
        values = [(one.eight if precision == "int8" else one.exact)[0] for one in found]
        spent = [math.log10(times[one.name, precision]) for one in found]
        points = list(zip(spent, values, strict=True))
        made.append(Curve(precision, points, [one.name for one in found], joined=False))
    return made


if __name__ == "__main__":
    main()
