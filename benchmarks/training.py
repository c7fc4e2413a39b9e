"""What the training loop costs beside a bare step of the same net on the same machine.

    python benchmarks/training.py PICTURES [--steps 40] [--net span] [--compile] [--write]

span x4, batch 16, patches of 48: `claritas train` as a whole (cutting, spoiling,
copies, clipping, average, log) against forward, L1, backward and optimisers on
one batch of noise. The two take turns, one step each, so that whatever else the
machine does meets both. Prints medians, their ratio and the peak of memory.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from document import SPEED_PAGE, machine, publish, table

from claritas.nets import create
from claritas.nets.contract import as_module
from claritas.training.config import Config, Optimiser, to_config
from claritas.training.data.feed import find_parts, make_sampler
from claritas.training.loop import Progress, Watchers, train
from claritas.training.machines import native_precision
from claritas.training.objectives import create_objective
from claritas.training.state import make_optimisers

SCALE, BATCH, PATCH = 4, 16, 48
WARMUP = 5


def bare_step(kind: str, compiled: bool) -> Callable[[], None]:
    """Nothing but the mathematics, in the precision that the loop takes."""
    torch.manual_seed(0)
    module = as_module(create(kind, {"scale": SCALE})).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimisers, _ = make_optimisers(module, None, Optimiser())
    call = torch.compile(module) if compiled else module
    low = torch.rand(BATCH, 3, PATCH, PATCH).to(memory_format=torch.channels_last)
    high = torch.rand(BATCH, 3, PATCH * SCALE, PATCH * SCALE).to(memory_format=torch.channels_last)
    mixed = native_precision() == "bf16-mixed"

    def step() -> None:
        for optimiser in optimisers.values():
            optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            result = call(low)
        (result.float() - high).abs().mean().backward()
        for optimiser in optimisers.values():
            optimiser.step()

    return step


class Turns:
    """After each step of the loop, a bare one; the seconds of both."""

    def __init__(self, bare: Callable[[], None]) -> None:
        self._bare = bare
        self.loop: list[float] = []
        self.bare: list[float] = []
        self._resumed = time.perf_counter()

    def __call__(self, _: Progress) -> None:
        came = time.perf_counter()
        self.loop.append(came - self._resumed)
        self._bare()
        self._resumed = time.perf_counter()
        self.bare.append(self._resumed - came)


def configuration(kind: str, pictures: Path, steps: int, compiled: bool) -> Config:
    table = {
        "name": "speed",
        "net": {"kind": kind, "arguments": {"scale": SCALE}},
        "data": {"folder": str(pictures)},
        "schedule": {"steps": steps, "batch": BATCH, "patch": PATCH},
        "machines": {"compile": compiled},
    }
    return to_config(table, "benchmark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--net", default="span")
    parser.add_argument("--compile", action="store_true", help="compile both with torch")
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    asked = parser.parse_args()
    turns = Turns(bare_step(asked.net, asked.compile))
    config = configuration(asked.net, asked.pictures, asked.steps + WARMUP, asked.compile)
    sampler = make_sampler(config, find_parts(config), print)
    net, objective = create(asked.net, {"scale": SCALE}), create_objective({"l1": 1.0})
    with tempfile.TemporaryDirectory() as folder:
        train(config, net, objective, sampler, Path(folder), watchers=Watchers(turns))
    loop, bare = (statistics.median(seconds[WARMUP:]) for seconds in (turns.loop, turns.bare))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    title = f"{asked.net} x{SCALE}, batch {BATCH} of {PATCH}x{PATCH}, {native_precision()}"
    kind = "compiled" if asked.compile else "as it is"
    lines = [[f"{title}, {kind}", *(f"{one * 1e3:.0f}" for one in (bare, loop))]]
    lines[0] += [f"{loop / bare:.2f}", f"{peak:.2f}"]
    heads = [
        "net",
        "bare step, ms",
        "step of the loop, ms",
        "times bare",
        "peak memory of both, GB",
    ]
    text = f"{machine()}. Medians of {asked.steps} steps.\n\n{table(heads, lines)}"
    publish("training", text, SPEED_PAGE if asked.write else None)


if __name__ == "__main__":
    main()
