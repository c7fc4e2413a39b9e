"""One step: the loss of a batch, its gradient, and the change of the weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from claritas.errors import TrainingError, UsageError
from claritas.nets.contract import ManyScales, Net, as_module
from claritas.training.config import Config
from claritas.training.data.patches import Batch
from claritas.training.machines import share_gradients
from claritas.training.objectives import Objective, WithModules, WithOpponent
from claritas.training.schedules import learning_share
from claritas.training.state import State
from claritas.training.tensors import whole


class NotFiniteError(TrainingError):
    """A loss or gradient that is no number; the weights are those of the step before."""


def take_step(
    fabric: Fabric, objective: Objective, batch: Batch, state: State, config: Config
) -> dict[str, Tensor]:
    """Train the net on a batch, then its opponent if the objective has one.

    Returns
    -------
    The parts of the objective; the opponent's are named `opponent/...`.

    Raises
    ------
    NotFiniteError
        If a loss or a gradient is not finite in any process.
    """
    set_learning_rates(state, config)
    # Dropout and drawn codes depend on the step's number alone: a resumed run goes on exactly.
    torch.manual_seed((config.seed << 32) + (fabric.global_rank << 26) + state.step)
    use_scale(state.net, batch.scale, config)
    batch = on_device(batch, fabric.device)
    if state.opponent:
        state.opponent.requires_grad_(False)
    parts = objective(state.module, batch)  # type: ignore[arg-type]
    _descend(fabric, parts["loss"], state.module, state.of_net(), state, config)
    if isinstance(objective, WithOpponent):
        objective.opponent.requires_grad_(True)
        theirs = objective.opponent_parts(state.module, batch)  # type: ignore[arg-type]
        optimiser = state.optimisers["opponent"]
        _descend(fabric, theirs["loss"], objective.opponent, [optimiser], state, config)
        parts = parts | {f"opponent/{name}": part for name, part in theirs.items()}
    state.step += 1
    state.average.update(as_module(state.net), state.step)
    return parts


def use_scale(net: Net, scale: int, config: Config) -> None:
    """Let a net of several factors take the batch's."""
    if not config.schedule.scales:
        return
    if not isinstance(net, ManyScales):
        raise UsageError(
            f"The net {config.net.kind} has one scale", "no schedule.scales, or the net mdsr"
        )
    net.use_scale(scale)


def on_device(batch: Batch, device: torch.device) -> Batch:
    low, high = (_moved(tensor, device) for tensor in (batch.low, batch.high))
    return replace(batch, low=low, high=high)


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
        module.forward = _in_precision(fabric, module.forward)


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
    optimisers: Sequence[torch.optim.Optimizer],
    state: State,
    config: Config,
) -> None:
    for optimiser in optimisers:
        optimiser.zero_grad()
    fabric.backward(loss)
    if module is state.opponent:
        share_gradients(fabric, module)
    norm = torch.nn.utils.clip_grad_norm_(module.parameters(), config.optimiser.clip)
    # The gradient is the mean of all processes': what is no number in one is none in all.
    if not torch.isfinite(whole(norm)) or not torch.isfinite(loss):
        raise NotFiniteError("The loss or its gradient is not finite")
    for optimiser in optimisers:
        optimiser.step()


def set_learning_rates(state: State, config: Config) -> None:
    share = learning_share(config.schedule, state.step, state.steps)
    for name, optimiser in state.optimisers.items():
        for group in optimiser.param_groups:
            group["lr"] = state.base_rates[name] * share
