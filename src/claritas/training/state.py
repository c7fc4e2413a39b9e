"""What the steps of a run change, and its way into a checkpoint and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
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
from claritas.training.muon import Muon, split_parameters
from claritas.training.objectives import Objective, WithOpponent


@dataclass
class State:
    """What a step changes."""

    net: Net
    average: Average
    optimisers: dict[str, torch.optim.Optimizer]
    base_rates: dict[str, float]
    opponent: nn.Module | None = None
    step: int = 0
    steps: int = 0
    durations: list[float] = field(default_factory=list)

    def of_net(self) -> list[torch.optim.Optimizer]:
        """The optimisers of the net itself."""
        return [o for name, o in self.optimisers.items() if name != "opponent"]


def begin(config: Config, net: Net, objective: Objective) -> State:
    """A state before its first step."""
    module = as_module(net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimisers, rates = make_optimisers(module, config.optimiser)
    average = Average(module, config.optimiser.average)
    state = State(net, average, optimisers, rates, steps=config.schedule.steps)
    if isinstance(objective, WithOpponent):
        state.opponent = objective.opponent
        rates["opponent"] = config.optimiser.opponent
        optimisers["opponent"] = torch.optim.Adam(state.opponent.parameters(), rates["opponent"])
    return state


def make_optimisers(
    net: nn.Module, settings: Optimiser
) -> tuple[dict[str, torch.optim.Optimizer], dict[str, float]]:
    """Muon for inner convolutions where its rate is not 0, Adam for the rest."""
    inner, rest = split_parameters(net)
    if settings.muon == 0 or not inner:
        return {"adam": torch.optim.Adam(inner + rest, settings.adam)}, {"adam": settings.adam}
    made = {"muon": Muon(inner, settings.muon), "adam": torch.optim.Adam(rest, settings.adam)}
    return made, {"muon": settings.muon, "adam": settings.adam}


def to_checkpoint(state: State) -> Checkpoint:
    tensors = module_tensors("net", as_module(state.net))
    tensors |= module_tensors("average", state.average.net)
    if state.opponent:
        tensors |= module_tensors("opponent", state.opponent)
    for name, optimiser in state.optimisers.items():
        tensors |= optimiser_tensors(name, optimiser)
    return Checkpoint(tensors, {"step": state.step, "steps": state.steps})


def resume(state: State, folder: Path) -> None:
    """Lay the newest checkpoint of a folder, where there is one, over a fresh state.

    Raises
    ------
    TrainingError
        If it is corrupt or does not fit.
    """
    checkpoint = load_checkpoint(folder)
    if checkpoint is None:
        return
    load_module("net", as_module(state.net), checkpoint.tensors)
    load_module("average", state.average.net, checkpoint.tensors)
    if state.opponent:
        load_module("opponent", state.opponent, checkpoint.tensors)
    for name, optimiser in state.optimisers.items():
        load_optimiser(name, optimiser, checkpoint.tensors)
    state.step, state.steps = checkpoint.scalars["step"], checkpoint.scalars["steps"]
