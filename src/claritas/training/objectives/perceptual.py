"""Nearness of what a frozen network sees in two pictures (Johnson 2016, Ledig 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor, nn

from claritas.errors import UsageError
from claritas.nets.contract import Net
from claritas.training.data.patches import Batch
from claritas.training.objectives.features import create_features
from claritas.training.objectives.fidelity import fidelity, l1, l2

DISTANCES = {"l1": l1, "l2": l2}


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The perceptual term.

    Attributes
    ----------
    network
        `vgg19`, `mobilenet`, a run or model folder, or a model that ships.
    layers
        The layers that are compared, and the weight of each.
    file, sha256
        Weights of `vgg19` and `mobilenet`: a path, or a URL with its hash.
    gain
        What features are multiplied with; SRGAN's is 1/12.75.
    weight
        Of the whole term.
    """

    network: str
    layers: dict[str, float]
    file: str = ""
    sha256: str = ""
    distance: Literal["l1", "l2"] = "l1"
    gain: float = 1.0
    weight: float = 1.0


class Perceptual:
    """The term itself, unweighted: two pictures (n, 3, h, w), 0..1, to a scalar."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.features = create_features(
            settings.network, settings.layers, settings.file, settings.sha256
        )

    def __call__(self, result: Tensor, truth: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = self.features(truth)
        found = self.features(result)
        distance, gain = DISTANCES[self.settings.distance], self.settings.gain
        terms = [
            weight * distance(gain * found[name].float(), gain * wanted[name].float())
            for name, weight in self.settings.layers.items()
        ]
        return torch.stack(terms).sum()


class PerceptualObjective:
    """Fidelity plus a perceptual term."""

    def __init__(self, weights: Mapping[str, float], settings: Settings) -> None:
        self._fidelity = fidelity(weights) if weights else None
        self._perceptual = Perceptual(settings)
        self.modules = nn.ModuleDict({"features": self._perceptual.features})

    def __call__(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        result = net(batch.low).float()
        return self.compared(result, batch)

    def compared(self, result: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The parts for a result that is there already."""
        parts = self._fidelity(lambda _: result, batch) if self._fidelity else {}  # type: ignore[arg-type]
        parts["perceptual"] = self._perceptual(result, batch.high)
        weighted = self._perceptual.settings.weight * parts["perceptual"]
        return parts | {"loss": parts.get("loss", 0) + weighted}


class Table(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[objective]` of kind `perceptual`."""

    perceptual: Settings
    fidelity: dict[str, float] = {}


def perceptual(settings: Mapping[str, Any]) -> PerceptualObjective:
    """The objective: `fidelity` terms and the table `perceptual`.

    Raises
    ------
    UsageError
        If a setting is not known or does not fit.
    """
    table = checked(settings, Table)
    return PerceptualObjective(table.fidelity, table.perceptual)


def checked(settings: Mapping[str, Any], form: type[Any]) -> Any:
    """Settings in their typed form."""
    try:
        return msgspec.convert(dict(settings), form)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"The objective: {error}", "the keys that docs/training.md lists"
        ) from None
