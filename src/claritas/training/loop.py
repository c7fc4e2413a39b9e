"""The training loop: Lightning Fabric, one process or many, exact resume.

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
from safetensors.torch import save_file
from torch import Tensor

from claritas.errors import TrainingError
from claritas.nets.contract import Net
from claritas.training.checkpoint import save_checkpoint
from claritas.training.config import Config
from claritas.training.data.patches import Batch, Sampler, Wanted
from claritas.training.machines import launch
from claritas.training.objectives import Objective
from claritas.training.schedules import learning_share, wanted
from claritas.training.state import State, begin, show, to_checkpoint
from claritas.training.step import NotFiniteError, prepare, take_step

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
    """What the run folder wants to be told; only the first process calls them."""

    every_step: Callable[[Progress], None] | None = None
    validate: Callable[[Net, int], None] | None = None


def train(
    config: Config,
    net: Net,
    objective: Objective,
    sampler: Sampler,
    checkpoints: Path,
    *,
    fabric: Fabric | None = None,
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
    fabric = fabric or launch(config)
    scale = net.contract.scale
    prepare(fabric, objective)
    state = begin(fabric, config, net, objective, checkpoints)
    saved = time.monotonic()
    for batch in batches(sampler, lambda step: _wanted(fabric, config, scale, step, state), state):
        began = time.monotonic()
        parts = _step_or_tell(fabric, objective, batch, state, config, checkpoints.parent)
        state.durations.append(time.monotonic() - began)
        fitted = _fit_to_minutes(fabric, state, minutes)
        _tell(fabric, watchers, state, parts, config)
        last = state.step >= state.steps
        if last or state.step % config.schedule.validate_every == 0:
            _validate(fabric, watchers, state)
        if last or fitted or _is_due(fabric, saved, config.schedule.checkpoint_minutes):
            _save(fabric, checkpoints, state)
            saved = time.monotonic()
    return show(state)


def _wanted(fabric: Fabric, config: Config, scale: int, step: int, state: State) -> Wanted:
    return wanted(config, scale, step, state.steps, fabric.global_rank, fabric.world_size)


def batches(sampler: Sampler, wanted: Callable[[int], Wanted], state: State) -> Iterator[Batch]:
    """The batches of the coming steps, cut ahead in threads of their own."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        ahead: list[tuple[Wanted, Future[Batch]]] = []
        coming = state.step
        while state.step < state.steps:
            while len(ahead) < BATCHES_AHEAD:
                asked = wanted(coming)
                ahead.append((asked, pool.submit(sampler, asked)))
                coming += 1
            asked, made = ahead.pop(0)
            # A length found from --minutes moves the stages of the schedule.
            yield made.result() if asked == wanted(state.step) else sampler(wanted(state.step))
        for _, unused in ahead:
            unused.cancel()


def _step_or_tell(
    fabric: Fabric, objective: Objective, batch: Batch, state: State, config: Config, folder: Path
) -> dict[str, Tensor]:
    """A step; a batch that cannot be learned from is kept as a file."""
    try:
        return take_step(fabric, objective, batch, state, config)
    except NotFiniteError as error:
        path = folder / f"not-finite-{state.step + 1:08d}-{fabric.global_rank}.safetensors"
        folder.mkdir(parents=True, exist_ok=True)
        save_file({"low": batch.low.contiguous(), "high": batch.high.contiguous()}, path)
        if batch.low.isfinite().all() and batch.high.isfinite().all():
            cause, remedy = "", "lower the learning rates or optimiser.clip."
        else:
            cause, remedy = "Its data hold values that are no numbers. ", "mend the data."
        raise TrainingError(
            f"{error.what} at step {state.step + 1}. {cause}The batch is in {path}", remedy=remedy
        ) from None


def _is_due(fabric: Fabric, saved: float, minutes: float) -> bool:
    """Whether it is time for a checkpoint; the first process decides for all."""
    due = time.monotonic() - saved > minutes * 60
    return bool(fabric.broadcast(due)) if fabric.world_size > 1 else due


def _save(fabric: Fabric, checkpoints: Path, state: State) -> None:
    checkpoint = to_checkpoint(state)
    if fabric.is_global_zero:
        save_checkpoint(checkpoints, checkpoint)
    fabric.barrier()


def _validate(fabric: Fabric, watchers: Watchers, state: State) -> None:
    net = show(state)
    if watchers.validate and fabric.is_global_zero:
        watchers.validate(net, state.step)
    fabric.barrier()


def _fit_to_minutes(fabric: Fabric, state: State, minutes: float | None) -> bool:
    """Turn minutes into steps, once; the number is in every later checkpoint."""
    if minutes is None or state.measured or len(state.durations) < MEASURED_STEPS.stop:
        return False
    measured = statistics.median(state.durations[MEASURED_STEPS.start :])
    steps = max(state.step, int(minutes * 60 / measured))
    state.steps = fabric.broadcast(steps) if fabric.world_size > 1 else steps
    state.measured = True
    return True


def _tell(
    fabric: Fabric, watchers: Watchers, state: State, parts: dict[str, Tensor], config: Config
) -> None:
    values = torch.stack([part.detach().float() for part in parts.values()])
    if fabric.world_size > 1:
        values = fabric.all_reduce(values, reduce_op="mean")  # type: ignore[assignment]
    if not watchers.every_step or not fabric.is_global_zero:
        return
    named = dict(zip(parts, values.tolist(), strict=True))
    share = learning_share(config.schedule, state.step, state.steps)
    recent = statistics.median(state.durations[-20:])
    loss = named.pop("loss")
    watchers.every_step(Progress(state.step, state.steps, loss, named, share, recent))
