"""The training loop: Lightning Fabric, one process, exact resume.

The loop knows neither net nor objective. A step's batch depends on its number
alone, and everything else that a step changes is in the checkpoint, so a run
that was killed goes on to the same weights.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor

from claritas.nets.contract import Net, as_module
from claritas.training.checkpoint import save_checkpoint
from claritas.training.config import Config
from claritas.training.objectives import Objective
from claritas.training.patches import Batch, PatchSampler
from claritas.training.state import State, begin, resume, to_checkpoint
from claritas.training.step import learning_share, prepare, take_step

MEASURED_STEPS = range(10, 30)  # steps whose time tells how many fit into --minutes
BATCHES_AHEAD = 4


@dataclass
class Progress:
    """Where a run stands; handed to whoever watches."""

    step: int
    steps: int
    loss: float
    parts: dict[str, float]
    learning_rate: float
    seconds_a_step: float


@dataclass
class Watchers:
    """What the run folder wants to be told."""

    every_step: Callable[[Progress], None] | None = None
    validate: Callable[[Net, int], None] | None = None


def native_precision() -> str:
    """Fabric's name of the fastest precision that this machine has natively."""
    if torch.cuda.is_available():
        return "bf16-mixed"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


def train(
    config: Config,
    net: Net,
    objective: Objective,
    sampler: PatchSampler,
    checkpoints: Path,
    *,
    minutes: float | None = None,
    watchers: Watchers | None = None,
) -> Net:
    """Train to the schedule's end, from the newest checkpoint where there is one.

    Returns
    -------
    The net with the averaged weights.

    Raises
    ------
    TrainingError
        If the loss is not finite, or a checkpoint does not fit.
    """
    watchers = watchers or Watchers()
    fabric = Fabric(accelerator="auto", devices=1, precision=native_precision())  # type: ignore[arg-type]
    prepare(fabric, objective)
    state = begin(config, net, objective)
    resume(state, checkpoints)
    module, *optimisers = fabric.setup(as_module(net), *state.of_net())
    as_module(state.average.net).to(fabric.device)  # type: ignore[arg-type]
    state.optimisers |= dict(zip(state.optimisers, optimisers, strict=False))
    saved = time.monotonic()
    for batch in batches(sampler, state):
        began = time.monotonic()
        parts = take_step(fabric, module, objective, batch, state, config)
        state.durations.append(time.monotonic() - began)
        _fit_to_minutes(state, minutes)
        if watchers.every_step:
            watchers.every_step(_progress(state, parts, config))
        last = state.step >= state.steps
        if watchers.validate and (last or state.step % config.schedule.validate_every == 0):
            watchers.validate(state.average.net, state.step)  # type: ignore[arg-type]
        if last or time.monotonic() - saved > config.schedule.checkpoint_minutes * 60:
            save_checkpoint(checkpoints, to_checkpoint(state))
            saved = time.monotonic()
    return state.average.net  # type: ignore[return-value]


def batches(sampler: PatchSampler, state: State) -> Iterator[Batch]:
    """The batches of the coming steps, cut ahead in a thread of their own."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        ahead: list[Future[Batch]] = []
        coming = state.step
        while state.step < state.steps:
            while len(ahead) < BATCHES_AHEAD:
                ahead.append(pool.submit(sampler, coming))
                coming += 1
            yield ahead.pop(0).result()
        for unused in ahead:
            unused.cancel()


def _fit_to_minutes(state: State, minutes: float | None) -> None:
    """Turn minutes into steps, once; the number is in every later checkpoint."""
    if minutes is None or state.step != MEASURED_STEPS.stop:
        return
    measured = statistics.median(state.durations[MEASURED_STEPS.start :])
    state.steps = max(MEASURED_STEPS.stop, int(minutes * 60 / measured))


def _progress(state: State, parts: dict[str, Tensor], config: Config) -> Progress:
    share = learning_share(state.step, state.steps, config.schedule.warmup)
    values = {name: float(part.detach()) for name, part in parts.items()}
    recent = statistics.median(state.durations[-20:])
    return Progress(state.step, state.steps, values.pop("loss"), values, share, recent)
