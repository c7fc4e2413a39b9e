"""What a net is trained for: (net, batch) to a dict with `loss` and its parts.

One file a kind. A kind is made from its settings: the `[objective]` table of
the TOML file without `kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from claritas.errors import UsageError
from claritas.nets.contract import Net
from claritas.training.data.patches import Batch
from claritas.training.objectives.adversarial import adversarial
from claritas.training.objectives.aesthetic import aesthetic
from claritas.training.objectives.autoencoding import autoencoding
from claritas.training.objectives.fidelity import fidelity
from claritas.training.objectives.perceptual import perceptual
from claritas.training.objectives.ranking import ranking
from claritas.training.objectives.rating import rating


class Objective(Protocol):
    """Called with the net and a batch; all parts are scalars, and `loss` is minimised.

    A function or a plain object, not an `nn.Module`, whose `modules` is something else.
    """

    def __call__(self, net: Net, batch: Batch, /) -> dict[str, Tensor]: ...


@runtime_checkable
class WithModules(Protocol):
    """An objective that looks through frozen networks, which the loop moves to its device."""

    modules: nn.ModuleDict


@runtime_checkable
class WithOpponent(Protocol):
    """An objective with a second network that learns against the first.

    After each step of the net, `opponent_parts` gives a dict with the `loss`
    that the opponent minimises. While the net takes its step the opponent is
    frozen. Both it and its optimiser are in the checkpoint.
    """

    opponent: nn.Module

    def opponent_parts(self, net: Net, batch: Batch) -> dict[str, Tensor]: ...


KINDS: dict[str, Callable[[Mapping[str, Any]], Objective]] = {
    "fidelity": fidelity,
    "perceptual": perceptual,
    "adversarial": adversarial,
    "aesthetic": aesthetic,
    "autoencoding": autoencoding,
    "rating": rating,
    "ranking": ranking,
}


def create_objective(table: Mapping[str, Any]) -> Objective:
    """An objective from the `[objective]` table of a configuration.

    Raises
    ------
    UsageError
        If there is no such kind, or its settings do not fit.
    """
    settings = dict(table)
    kind = settings.pop("kind", "fidelity")
    if kind not in KINDS:
        raise UsageError(f"There is no objective {kind!r}", f"one of {', '.join(KINDS)}")
    return KINDS[kind](settings)
