"""What the steps of a run change, and its way into a checkpoint and back."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import nn

from claritas.nets.contract import Net, as_module
from claritas.training.average import Average
from claritas.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    load_module,
    load_optimiser,
    module_tensors,
    optimiser_tensors,
)
from claritas.training.config import Config, Optimiser
from claritas.training.machines import compiled, is_divided, spread
from claritas.training.muon import Muon, split_parameters
from claritas.training.objectives import Objective, WithOpponent

Optimisers = dict[str, torch.optim.Optimizer]


@dataclass
class State:
    """What a step changes.

    Attributes
    ----------
    net, module
        The net itself, and as it is called: in its precision, in step with other processes.
    steps
        Length of the run; `measured` once it was found from `--minutes`.
    durations
        Seconds of the steps of this process.
    """

    net: Net
    module: nn.Module
    average: Average
    shown: Net
    optimisers: Optimisers
    base_rates: dict[str, float]
    opponent: nn.Module | None
    steps: int
    step: int = 0
    measured: bool = False
    durations: list[float] = field(default_factory=list)

    def of_net(self) -> list[torch.optim.Optimizer]:
        """The optimisers of the net itself."""
        return [o for name, o in self.optimisers.items() if name != "opponent"]


def begin(
    fabric: Fabric, config: Config, net: Net, objective: Objective, checkpoints: Path
) -> State:
    """The state before the coming step: that of the newest checkpoint, or a fresh one.

    Raises
    ------
    TrainingError
        If the checkpoint does not fit.
    """
    raw = as_module(net)
    if not is_divided(fabric):  # parts of weights lie in the usual order
        raw = raw.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = Average(raw, config.optimiser.average)
    opponent = objective.opponent if isinstance(objective, WithOpponent) else None
    checkpoint = load_checkpoint(checkpoints)
    if checkpoint:
        load_module("net", raw, checkpoint.tensors)
        load_module("average", average.net, checkpoint.tensors)
        if opponent:
            load_module("opponent", opponent, checkpoint.tensors)
    shown = copy.deepcopy(average.net) if is_divided(fabric) else average.net
    average.net = spread(fabric, average.net)
    module = fabric.setup_module(compiled(raw) if config.machines.compile else raw)
    optimisers, rates = make_optimisers(raw, opponent, config.optimiser)
    state = State(
        net,
        module,
        average,
        shown,  # type: ignore[arg-type]
        optimisers,
        rates,
        opponent,
        config.schedule.steps,
    )
    if checkpoint:
        _go_on(state, checkpoint)
    return state


def _go_on(state: State, checkpoint: Checkpoint) -> None:
    for name, optimiser in state.optimisers.items():
        load_optimiser(name, optimiser, checkpoint.tensors)
    state.step, state.steps = checkpoint.scalars["step"], checkpoint.scalars["steps"]
    state.measured = checkpoint.scalars.get("measured", False)


def make_optimisers(
    net: nn.Module, opponent: nn.Module | None, settings: Optimiser
) -> tuple[Optimisers, dict[str, float]]:
    """Muon for inner convolutions where its rate is not 0, Adam for the rest; their full rates."""
    inner, rest = split_parameters(net)
    rates = {"adam": settings.adam}
    made: Optimisers = {}
    if settings.muon and inner:
        rates = {"muon": settings.muon} | rates
        made["muon"] = Muon(inner, settings.muon, decay=settings.decay)
        inner = []
    made["adam"] = _adam([*inner, *rest], settings.adam, settings)
    if opponent:
        rates["opponent"] = settings.opponent
        made["opponent"] = _adam(list(opponent.parameters()), settings.opponent, settings)
    return made, rates


def _adam(
    parameters: list[torch.Tensor], rate: float, settings: Optimiser
) -> torch.optim.Optimizer:
    """Adam (Kingma 2015); with weight decay it is AdamW (Loshchilov 2019)."""
    if settings.decay:
        return torch.optim.AdamW(parameters, rate, settings.betas, weight_decay=settings.decay)
    return torch.optim.Adam(parameters, rate, settings.betas)


def to_checkpoint(state: State) -> Checkpoint:
    """All processes must ask for it, where each holds a part of the weights."""
    tensors = module_tensors("net", as_module(state.net))
    tensors |= module_tensors("average", state.average.net)
    if state.opponent:
        tensors |= module_tensors("opponent", state.opponent)
    for name, optimiser in state.optimisers.items():
        tensors |= optimiser_tensors(name, optimiser)
    scalars = {"step": state.step, "steps": state.steps, "measured": state.measured}
    return Checkpoint(tensors, scalars)


def show(state: State) -> Net:
    """The averaged net, whole; all processes must ask for it."""
    if as_module(state.shown) is not state.average.net:
        load_module("average", as_module(state.shown), module_tensors("average", state.average.net))
    return state.shown
