"""Nearness of the spectrum."""

from __future__ import annotations

import torch
from torch import Tensor


def focal_frequency(result: Tensor, truth: Tensor) -> Tensor:
    """Squared error of the spectrum, weighed by where it is largest (Jiang et al. 2021).

    The weight of a frequency is its error over the largest of its picture and
    channel: what is hardest counts most. Weights carry no gradient.

    Parameters
    ----------
    result, truth
        (n, c, h, w), 0..1.
    """
    error = torch.fft.fft2((result - truth).float(), norm="ortho").abs()
    largest = error.detach().amax((2, 3), keepdim=True)
    weight = error.detach() / largest.clamp(min=torch.finfo(torch.float32).tiny)
    loss: Tensor = (weight * error.square()).mean()
    return loss
