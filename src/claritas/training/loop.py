"""The training loop: Lightning Fabric, one process, exact resume.

The loop knows neither net nor objective. A step's batch depends on its number
alone, and everything else that a step changes is in the checkpoint, so a run
that was killed goes on to the same weights.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from claritas.errors import TrainingError
from claritas.nets.contract import Net, as_module
from claritas.training.average import Average
from claritas.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    load_module,
    load_optimiser,
    module_tensors,
    optimiser_tensors,
    save_checkpoint,
)
from claritas.training.config import Config, Optimiser
from claritas.training.muon import Muon, split_parameters
from claritas.training.objectives import Objective
from claritas.training.patches import Batch, PatchSampler

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


@dataclass
class State:
    """What a step changes."""

    net: Net
    average: Average
    optimisers: dict[str, torch.optim.Optimizer]
    base_rates: dict[str, float]
    step: int = 0
    steps: int = 0
    durations: list[float] = field(default_factory=list)


def native_precision() -> str:
    """Fabric's name of the fastest precision that this machine has natively."""
    if torch.cuda.is_available():
        return "bf16-mixed"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"


def begin(config: Config, net: Net) -> State:
    """A state before its first step."""
    module = as_module(net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimisers, rates = make_optimisers(module, config.optimiser)
    average = Average(module, config.optimiser.average)
    return State(net, average, optimisers, rates, steps=config.schedule.steps)


def make_optimisers(
    net: nn.Module, settings: Optimiser
) -> tuple[dict[str, torch.optim.Optimizer], dict[str, float]]:
    """Muon for inner convolutions where its rate is not 0, Adam for the rest."""
    inner, rest = split_parameters(net)
    if settings.muon == 0 or not inner:
        return {"adam": torch.optim.Adam(inner + rest, settings.adam)}, {"adam": settings.adam}
    made = {"muon": Muon(inner, settings.muon), "adam": torch.optim.Adam(rest, settings.adam)}
    return made, {"muon": settings.muon, "adam": settings.adam}


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
    state = begin(config, net)
    _resume(state, checkpoints)
    module, *optimisers = fabric.setup(as_module(net), *state.optimisers.values())
    as_module(state.average.net).to(fabric.device)  # type: ignore[arg-type]
    state.optimisers = dict(zip(state.optimisers, optimisers, strict=True))
    saved = time.monotonic()
    for batch in batches(sampler, state):
        began = time.monotonic()
        parts = _step(fabric, module, objective, batch, state, config)
        state.durations.append(time.monotonic() - began)
        _fit_to_minutes(state, minutes)
        if watchers.every_step:
            watchers.every_step(_progress(state, parts, config))
        last = state.step >= state.steps
        if watchers.validate and (last or state.step % config.schedule.validate_every == 0):
            watchers.validate(state.average.net, state.step)  # type: ignore[arg-type]
        if last or time.monotonic() - saved > config.schedule.checkpoint_minutes * 60:
            save_checkpoint(checkpoints, _checkpoint(state))
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


def _step(
    fabric: Fabric,
    module: nn.Module,
    objective: Objective,
    batch: Batch,
    state: State,
    config: Config,
) -> dict[str, Tensor]:
    _set_learning_rates(state, config)
    layout = torch.channels_last
    low = batch.low.to(fabric.device, memory_format=layout, non_blocking=True)
    high = batch.high.to(fabric.device, memory_format=layout, non_blocking=True)
    parts = objective(module, Batch(low, high))  # type: ignore[arg-type]
    if not torch.isfinite(parts["loss"]):
        raise TrainingError(
            f"The loss is not finite at step {state.step + 1}",
            remedy="lower the learning rates, or look for broken pictures in the data.",
        )
    for optimiser in state.optimisers.values():
        optimiser.zero_grad()
    fabric.backward(parts["loss"])
    torch.nn.utils.clip_grad_norm_(module.parameters(), config.optimiser.clip)
    for optimiser in state.optimisers.values():
        optimiser.step()
    state.step += 1
    state.average.update(as_module(state.net), state.step)
    return parts


def learning_share(step: int, steps: int, warmup: int) -> float:
    """Share of the full learning rate: a linear rise, then a cosine down to zero."""
    rise = min(1.0, (step + 1) / max(1, min(warmup, steps // 10)))
    return rise * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))


def _set_learning_rates(state: State, config: Config) -> None:
    share = learning_share(state.step, state.steps, config.schedule.warmup)
    for name, optimiser in state.optimisers.items():
        for group in optimiser.param_groups:
            group["lr"] = state.base_rates[name] * share


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


def _checkpoint(state: State) -> Checkpoint:
    tensors = module_tensors("net", as_module(state.net))
    tensors |= module_tensors("average", state.average.net)
    for name, optimiser in state.optimisers.items():
        tensors |= optimiser_tensors(name, optimiser)
    return Checkpoint(tensors, {"step": state.step, "steps": state.steps})


def _resume(state: State, folder: Path) -> None:
    checkpoint = load_checkpoint(folder)
    if checkpoint is None:
        return
    load_module("net", as_module(state.net), checkpoint.tensors)
    load_module("average", state.average.net, checkpoint.tensors)
    for name, optimiser in state.optimisers.items():
        load_optimiser(name, optimiser, checkpoint.tensors)
    state.step, state.steps = checkpoint.scalars["step"], checkpoint.scalars["steps"]
