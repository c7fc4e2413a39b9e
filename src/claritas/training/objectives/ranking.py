"""Judging by order: of the same picture, the less spoiled one gets the higher mark.

For nets that rate, before people's marks come in: pairs whose order is known cost nothing. The
batch holds spoiled pictures and the clean ones. The mean of both lies between them: half the noise,
half the ringing, a ghost of the blur.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets.contract import Net
from claritas.training.data.patches import Batch
from claritas.training.objectives.rating import mean_mark

MARGIN = 0.3  # in marks


def ranking(settings: Mapping[str, Any]) -> Callable[[Net, Batch], dict[str, Tensor]]:
    """The objective: how much is lacking to `margin` marks between neighbours in the order.

    Also logged is `in_order`, the share of neighbours that stand as they should.

    Raises
    ------
    UsageError
        If there is another setting than `margin`, or it is not a number above 0.
    """
    margin = settings.get("margin", MARGIN)
    if set(settings) - {"margin"} or not isinstance(margin, (int, float)) or margin <= 0:
        raise UsageError(
            f"The objective ranking has the settings {dict(settings)}",
            "margin, a number of marks above 0, or none",
        )

    def objective(net: Net, batch: Batch) -> dict[str, Tensor]:
        if batch.high.shape != batch.low.shape:
            raise UsageError(
                f"The objective ranking was given pictures of {tuple(batch.low.shape[1:])} "
                f"and {tuple(batch.high.shape[1:])}",
                "clean pictures and the same spoiled, without a change of size",
            )
        middle = (batch.low + batch.high) / 2
        shares = net(torch.cat([batch.low, middle, batch.high])).float()
        worst, between, best = mean_mark(shares).chunk(3)
        steps = torch.cat([between - worst, best - between])
        lacking = functional.relu(margin - steps).mean()
        return {"loss": lacking, "ranking": lacking, "in_order": (steps > 0).float().mean()}

    return objective
