"""Validation of nets that rate: how well they agree with people on pictures they have not seen."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from claritas.assessment.agreement import accuracy, emd, plcc, srcc
from claritas.errors import UsageError
from claritas.image.picture import Array
from claritas.nets.contract import Net
from claritas.training.data.samples import Item
from claritas.training.log import RunLog


class RatedValidation:
    """Called with the averaged net and the step; logs the distance of marks and correlations."""

    def __init__(self, items: Sequence[Item], log: RunLog) -> None:
        self._items = items
        self._log = log

    def __call__(self, net: Net, step: int) -> None:
        samples = (item.load() for item in self._items)  # one at a time: AVA's fill 10 GB
        pairs = [(_shares(net, s.clean), s.rating) for s in samples if s.rating is not None]
        if not pairs:
            return
        given, people = (np.stack(rows) for rows in zip(*pairs, strict=True))
        values = agreement(given, people)
        self._log.scalars(step, {f"validation/{name}": value for name, value in values.items()})
        told = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
        self._log.say(f"validation at step {step}: {told}")


def agreement(given: Array, people: Array) -> dict[str, float]:
    """What NIMA is judged by, of two sets of shares, (pictures, marks) both.

    The distance of the distributions, on how many pictures both are on the same
    side of the middle, and the correlations of the mean marks and of their
    deviations; without these where there is nothing to correlate: one picture, or
    all rated alike.
    """
    marks = np.arange(1, people.shape[1] + 1)
    means, spreads = zip(*(_moments(shares, marks) for shares in (given, people)), strict=True)
    values = {"emd": emd(given, people).value, "accuracy": accuracy(*means).value}
    for word, pair in (("", means), ("_of_deviations", spreads)):
        for measure in (srcc, plcc):
            with contextlib.suppress(UsageError):
                score = measure(*pair)
                values[f"{score.name.lower()}{word}"] = score.value
    return values


def _moments(shares: Array, marks: Array) -> tuple[Array, Array]:
    """Mean mark and deviation of each row."""
    means = shares @ marks
    off = np.square(marks - means[:, None])
    return means, np.sqrt((shares * off).sum(1))


@torch.no_grad()
def _shares(net: Net, picture: Array) -> Array:
    """The net's answer to a whole picture, (marks,)."""
    tensor = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
    device = next(iter(net.parameters())).device  # type: ignore[attr-defined]
    return np.asarray(
        net(_sized(tensor, net.contract.side).to(device))[0].float().cpu(), np.float64
    )


def _sized(picture: Tensor, side: int) -> Tensor:
    if not side:
        return picture
    return functional.interpolate(picture, (side, side), mode="bilinear", antialias=True)
