"""Validation of nets that rate: how well they agree with people on pictures they have not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from claritas.assessment.agreement import emd, plcc, srcc
from claritas.errors import UsageError
from claritas.image.picture import Array
from claritas.nets.contract import Net
from claritas.training.log import RunLog
from claritas.training.samples import Item


class RatedValidation:
    """Called with the averaged net and the step; logs the distance of marks and correlations."""

    def __init__(self, items: Sequence[Item], log: RunLog) -> None:
        loaded = [item.load() for item in items]
        self._samples = [(s.clean, s.rating) for s in loaded if s.rating is not None]
        self._log = log

    def __call__(self, net: Net, step: int) -> None:
        if not self._samples:
            return
        given = np.concatenate([_shares(net, picture) for picture, _ in self._samples])
        people = np.stack([rating for _, rating in self._samples])
        marks = np.arange(1, people.shape[1] + 1)
        values = {"validation/emd": emd(given, people).value}
        try:
            found = [measure(given @ marks, people @ marks) for measure in (srcc, plcc)]
            values |= {f"validation/{score.name.lower()}": score.value for score in found}
        except UsageError:  # one picture, or all rated alike: nothing to correlate
            pass
        self._log.scalars(step, values)
        told = ", ".join(f"{name.split('/')[1]} {value:.3f}" for name, value in values.items())
        self._log.say(f"validation at step {step}: {told}")


@torch.no_grad()
def _shares(net: Net, picture: Array) -> Array:
    """The net's answer to a whole picture, (1, marks)."""
    tensor = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
    device = next(iter(net.parameters())).device  # type: ignore[attr-defined]
    return np.asarray(net(_sized(tensor, net.contract.side).to(device)).float().cpu(), np.float64)


def _sized(picture: Tensor, side: int) -> Tensor:
    if not side:
        return picture
    return functional.interpolate(picture, (side, side), mode="bilinear", antialias=True)
