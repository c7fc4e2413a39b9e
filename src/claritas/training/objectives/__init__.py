"""What a net is trained for: (net, batch) to a dict with `loss` and its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from claritas.nets.contract import Net
from claritas.training.objectives.fidelity import fidelity
from claritas.training.patches import Batch

Objective = Callable[[Net, Batch], dict[str, Tensor]]


def create_objective(weights: Mapping[str, float]) -> Objective:
    """The weighted sum of named fidelity terms."""
    return fidelity(weights)
