"""A backbone that rates by all its stages: what blur and noise do shows in the early ones.

Mean and deviation over the picture of every stage's result, a matrix, two
numbers: where people's marks lie and how far they differ. The shares of the
marks 1, 2, ... are a normal density there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.rating import Rating

LEAST_VARIANCE = 1e-6
LEAST_SPREAD = 0.3  # in marks: narrower, the shares would have no slope to learn by
USUAL_SPREAD = 1.7  # of people's marks


class LevelRating(Rating):
    """(n, 3, h, w), 0..1, to (n, outputs) shares that sum to 1.

    Parameters
    ----------
    features, settings
        As for `Rating`.
    widths
        Channels of each stage's result.

    Attributes
    ----------
    centre, spread
        Of the pooled numbers over the pictures that the head was begun with:
        they are brought to deviations before the matrix.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, features: nn.Sequential, widths: Sequence[int], **settings: Any) -> None:
        super().__init__(features, 2 * sum(widths), **settings)
        marks = self.contract.outputs
        self.head = nn.Linear(2 * sum(widths), 2)
        nn.init.normal_(self.head.weight, std=1e-3)
        middle, spread = (1 + marks) / 2, torch.tensor(USUAL_SPREAD - LEAST_SPREAD)
        self.head.bias.data = torch.stack([torch.tensor(middle), spread.expm1().log()])
        self.register_buffer("centre", torch.zeros(2 * sum(widths)))
        self.register_buffer("spread", torch.ones(2 * sum(widths)))
        self.register_buffer("marks", torch.arange(1.0, marks + 1), persistent=False)

    def pooled(self, pictures: Tensor) -> Tensor:
        """(n, 2 * sum(widths)): mean and deviation of every stage's channels."""
        x, found = (pictures - self.mean) / self.deviation, []
        for stage in self.features:
            x = stage(x)
            wide = x.float()
            mean = wide.mean((2, 3))
            variance = wide.square().mean((2, 3)) - mean.square()
            found += [mean, variance.clamp(min=LEAST_VARIANCE).sqrt()]
        return torch.cat(found, 1)

    def judged(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Where the marks of each picture lie and how far they spread, (n,) both."""
        place, spread = self.head(self.dropout((pooled - self.centre) / self.spread)).unbind(1)
        return place, LEAST_SPREAD + functional.softplus(spread)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.shares(*self.judged(self.pooled(pictures)))

    def shares(self, place: Tensor, spread: Tensor) -> Tensor:
        """The shares of the marks, (n, marks)."""
        off = (self.marks - place[:, None]) / spread[:, None]
        return torch.softmax(-off.square() / 2, 1)

    def deployed(self) -> nn.Module:
        merged = super().deployed()
        assert isinstance(merged, LevelRating)
        head = merged.head
        with torch.no_grad():
            head.weight.div_(merged.spread)
            head.bias.sub_(head.weight @ merged.centre)
        merged.centre.zero_()
        merged.spread.fill_(1)
        return merged
