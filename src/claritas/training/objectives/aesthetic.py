"""Nearness to the truth and a good rating by a frozen scorer (SFU study; Talebi 2018).

L2 + gamma * (10 - mean score), with L2 the mean squared error of values 0..255:
gammas of 0.1 to 0.8 have an effect of the right size on that scale only (33.9
dB are 26.5 there, and a score of 5.5 costs 1.8 at gamma 0.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets.contract import Net, as_module
from claritas.training.data.patches import Batch
from claritas.training.frozen import frozen_net
from claritas.training.objectives.perceptual import checked

WHITE = 255.0
BEST = 10


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[objective]` of kind `aesthetic`.

    Attributes
    ----------
    scorer
        A run or model folder of a net that rates; results are brought to the
        side that it was made for.
    gamma
        Weight of what a picture lacks to the score 10.
    """

    scorer: str
    gamma: float


class Aesthetic:
    """The objective; gradients go through the scorer, which stays as it is."""

    def __init__(self, scorer: Net, gamma: float) -> None:
        if scorer.contract.outputs != BEST:
            raise UsageError("The scorer of the objective does not rate", "a net of 10 marks")
        frozen = as_module(scorer).eval().requires_grad_(False)
        self.modules = nn.ModuleDict({"scorer": frozen})
        self._gamma, self._side = gamma, scorer.contract.side

    def __call__(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        result = net(batch.low).float()
        parts = {
            "l2_255": (WHITE * (result - batch.high)).square().mean(),
            "score": mean_score(self.modules["scorer"], result, self._side),
        }
        return {"loss": parts["l2_255"] + self._gamma * (BEST - parts["score"])} | parts


def mean_score(scorer: nn.Module, pictures: Tensor, side: int) -> Tensor:
    """Mean over the pictures of sum i * p_i, 1..10; pictures outside 0..1 gain nothing by it."""
    x = pictures.clamp(0, 1)
    if side:
        x = functional.interpolate(x, (side, side), mode="bilinear", antialias=True)
    probabilities = scorer(x).float()
    ratings = torch.arange(1, 11, device=x.device, dtype=probabilities.dtype)
    score: Tensor = (probabilities * ratings).sum(1).mean()
    return score


def aesthetic(settings: Mapping[str, Any]) -> Aesthetic:
    """The objective from its settings.

    Raises
    ------
    ClaritasError
        If a setting is not known or does not fit, or there is no such scorer.
    """
    table = checked(settings, Settings)
    return Aesthetic(frozen_net(table.scorer), table.gamma)
