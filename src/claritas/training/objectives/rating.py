"""Judging as people did: the distance between histograms of marks (Talebi 2018).

The batch holds pictures and, instead of clean ones, the shares of the marks 1
to 10 that people gave, (n, 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from claritas.errors import UsageError
from claritas.nets.contract import Net
from claritas.training.data.patches import Batch


def earth_movers_distance(shares: Tensor, others: Tensor, power: int) -> Tensor:
    """Of two histograms (n, marks) with sums of 1, in shares of the scale: (n,).

    The mean over the marks of the cumulated difference to the power `power`,
    and its root. 2 is for training, 1 for reports. No gradient is given where
    the histograms are equal, where the root has none.
    """
    apart = (shares - others).cumsum(1).abs().pow(power).mean(1)
    if power == 1:
        return apart
    differ = apart > 0
    return torch.where(differ, torch.where(differ, apart, 1).pow(1 / power), 0)


def mean_mark(shares: Tensor) -> Tensor:
    """The mean of the marks 1, 2, ..., of (n, marks) shares: (n,)."""
    marks = torch.arange(1, shares.shape[1] + 1, device=shares.device, dtype=shares.dtype)
    return shares @ marks


def rating(settings: Mapping[str, Any]) -> Callable[[Net, Batch], dict[str, Tensor]]:
    """The objective: distance of power 2; logged are also that of power 1 and the mark's error.

    Raises
    ------
    UsageError
        If there are settings: it has none.
    """
    if settings:
        raise UsageError(f"The objective rating takes no {next(iter(settings))!r}", "no settings")
    return _rating


def _rating(net: Net, batch: Batch) -> dict[str, Tensor]:
    shares = net(batch.low).float()
    if shares.shape != batch.high.shape:
        raise UsageError(
            f"The net gives {tuple(shares.shape[1:])} numbers for a picture, "
            f"the data {tuple(batch.high.shape[1:])}",
            "a net that rates, and pictures with their ratings",
        )
    distance = earth_movers_distance(shares, batch.high, 2).mean()
    with torch.no_grad():
        reported = earth_movers_distance(shares, batch.high, 1).mean()
        off = (mean_mark(shares) - mean_mark(batch.high)).abs().mean()
    return {"loss": distance, "rating": distance, "emd": reported, "mark": off}
