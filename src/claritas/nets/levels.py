"""A backbone that rates by all its stages: what blur and noise do shows in the early ones.

Mean and deviation over the picture of every stage's channels, and a few numbers
of its pixels, are brought to a few hundred directions. There the picture is
compared with known ones, the centres, by a Gaussian of the distance: that, and
the directions themselves, tell where people's marks lie and how far they
differ. The shares of the marks 1, 2, ... are a normal density. It is what
kernel ridge regression gives, in the form of a net.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.nets.rating import Rating
from claritas.nets.texture import NUMBERS, Texture

LEAST_VARIANCE = 1e-6
FINE = 5  # first stages, of which every second pixel of every second row is enough
FARTHEST = 6.0  # deviations from the middle beyond which a number tells no more
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
    directions, centres
        How many of them.

    Attributes
    ----------
    middle, scale
        The pooled numbers' mean and deviation.
    project
        From the pooled numbers to the directions.
    centres
        (centres, directions).
    """

    middle: Tensor
    scale: Tensor
    marks: Tensor

    def __init__(
        self,
        features: nn.Sequential,
        widths: Sequence[int],
        directions: int,
        centres: int,
        **settings: Any,
    ) -> None:
        numbers = 2 * sum(widths) + NUMBERS
        super().__init__(features, directions, **settings)
        marks = self.contract.outputs
        self.texture = Texture()
        self.project = nn.Linear(numbers, directions, bias=False)
        nn.init.normal_(self.project.weight, std=numbers**-0.5)
        self.centres = nn.Parameter(torch.randn(centres, directions))
        self.head = nn.Linear(centres + directions, 2)
        nn.init.normal_(self.head.weight, std=1e-3)
        spread = torch.tensor(USUAL_SPREAD - LEAST_SPREAD)
        self.head.bias.data = torch.stack([torch.tensor((1 + marks) / 2), spread.expm1().log()])
        self.register_buffer("middle", torch.zeros(numbers))
        self.register_buffer("scale", torch.ones(numbers))
        self.register_buffer("marks", torch.arange(1.0, marks + 1), persistent=False)

    def pooled(self, pictures: Tensor) -> Tensor:
        """(n, 2 * sum(widths) + NUMBERS): mean and deviation of every stage's channels, texture."""
        x, found = (pictures - self.mean) / self.deviation, []
        for number, stage in enumerate(self.features):
            x = stage(x)
            wide = (x[:, :, ::2, ::2] if number < FINE else x).float()
            mean = wide.mean((2, 3))
            variance = wide.square().mean((2, 3)) - mean.square()
            found += [mean, variance.clamp(min=LEAST_VARIANCE).sqrt()]
        return torch.cat([*found, self.texture(pictures)], 1)

    def placed(self, pooled: Tensor) -> Tensor:
        """Pooled numbers as (n, centres + directions): how near each centre, and where."""
        usual = ((pooled - self.middle) / self.scale).clamp(-FARTHEST, FARTHEST)
        place: Tensor = self.project(usual)
        square = place.square().sum(1, keepdim=True) + self.centres.square().sum(1)
        near = torch.exp(2 * place @ self.centres.T - square)
        return torch.cat([near, place], 1)

    def judged(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Where the marks of each picture lie and how far they spread, (n,) both."""
        place, spread = self.head(self.dropout(self.placed(pooled))).unbind(1)
        return place, LEAST_SPREAD + functional.softplus(spread)

    def shares(self, place: Tensor, spread: Tensor) -> Tensor:
        """The shares of the marks, (n, marks)."""
        off = (self.marks - place[:, None]) / spread[:, None]
        return torch.softmax(-off.square() / 2, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.shares(*self.judged(self.pooled(pictures)))
