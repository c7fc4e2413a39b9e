"""One step: the loss of a batch, its gradient, and the change of the weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from claritas.errors import TrainingError
from claritas.nets.contract import as_module
from claritas.training.config import Config
from claritas.training.objectives import Objective, WithModules, WithOpponent
from claritas.training.patches import Batch
from claritas.training.state import State


def take_step(
    fabric: Fabric,
    module: nn.Module,
    objective: Objective,
    batch: Batch,
    state: State,
    config: Config,
) -> dict[str, Tensor]:
    """Train the net on a batch, then its opponent if the objective has one.

    Returns
    -------
    The parts of the objective; the opponent's are named `opponent/...`.

    Raises
    ------
    TrainingError
        If a loss is not finite; the weights are then those of the step before.
    """
    set_learning_rates(state, config)
    # Dropout and drawn codes depend on the step's number alone: a resumed run goes on exactly.
    torch.manual_seed((config.seed << 32) + (fabric.global_rank << 26) + state.step)
    batch = on_device(batch, fabric.device)
    if state.opponent:
        state.opponent.requires_grad_(False)
    parts = objective(module, batch)  # type: ignore[arg-type]
    _descend(fabric, parts["loss"], module, state.of_net(), state, config)
    if isinstance(objective, WithOpponent):
        objective.opponent.requires_grad_(True)
        theirs = objective.opponent_parts(module, batch)  # type: ignore[arg-type]
        optimiser = state.optimisers["opponent"]
        _descend(fabric, theirs["loss"], objective.opponent, [optimiser], state, config)
        parts = parts | {f"opponent/{name}": part for name, part in theirs.items()}
    state.step += 1
    state.average.update(as_module(state.net), state.step)
    return parts


def on_device(batch: Batch, device: torch.device) -> Batch:
    low, high = (_moved(tensor, device) for tensor in (batch.low, batch.high))
    return Batch(low, high)


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    if tensor.ndim != 4:
        return tensor.to(device, non_blocking=True)
    return tensor.to(device, memory_format=torch.channels_last, non_blocking=True)


def prepare(fabric: Fabric, objective: Objective) -> None:
    """Move the networks that an objective owns; they compute in the net's precision."""
    owned: list[nn.Module] = []
    if isinstance(objective, WithModules):
        owned += objective.modules.values()
    if isinstance(objective, WithOpponent):
        owned.append(objective.opponent)
    for module in owned:
        module.to(fabric.device)
        module.forward = _in_precision(fabric, module.forward)  # type: ignore[method-assign]


def _in_precision(fabric: Fabric, forward: Callable[..., Any]) -> Callable[..., Any]:
    def cast(*arguments: Any, **named: Any) -> Any:
        with fabric.autocast():
            result = forward(*arguments, **named)
        return result.float() if isinstance(result, Tensor) else result

    return cast


def _descend(
    fabric: Fabric,
    loss: Tensor,
    module: nn.Module,
    optimisers: Iterable[torch.optim.Optimizer],
    state: State,
    config: Config,
) -> None:
    if not torch.isfinite(loss):
        raise TrainingError(
            f"The loss is not finite at step {state.step + 1}",
            remedy="lower the learning rates, or look for broken pictures in the data.",
        )
    for optimiser in optimisers:
        optimiser.zero_grad()
    fabric.backward(loss)
    torch.nn.utils.clip_grad_norm_(module.parameters(), config.optimiser.clip)
    for optimiser in optimisers:
        optimiser.step()


def learning_share(step: int, steps: int, warmup: int) -> float:
    """Share of the full learning rate: a linear rise, then a cosine down to zero."""
    rise = min(1.0, (step + 1) / max(1, min(warmup, steps // 10)))
    return rise * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))


def set_learning_rates(state: State, config: Config) -> None:
    share = learning_share(state.step, state.steps, config.schedule.warmup)
    for name, optimiser in state.optimisers.items():
        for group in optimiser.param_groups:
            group["lr"] = state.base_rates[name] * share
