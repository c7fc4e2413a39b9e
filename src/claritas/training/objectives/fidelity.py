"""Nearness to the truth: the weighted sum of terms. Those pixel by pixel are here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from claritas.errors import UsageError
from claritas.nets.contract import Net
from claritas.training.data.patches import Batch
from claritas.training.objectives.frequency import focal_frequency
from claritas.training.objectives.structure import gradient, ms_ssim, ssim

CHARBONNIER_EPSILON = 1e-3  # Lai 2017
PSNR_EPSILON = 1e-8  # Chen 2022 (NAFNet): bounds the gain of a perfect result at 80 dB


def l1(result: Tensor, truth: Tensor) -> Tensor:
    return (result - truth).abs().mean()


def l2(result: Tensor, truth: Tensor) -> Tensor:
    return (result - truth).square().mean()


def charbonnier(result: Tensor, truth: Tensor) -> Tensor:
    """A smooth L1: mean of sqrt(error^2 + epsilon^2)."""
    return torch.sqrt((result - truth).square() + CHARBONNIER_EPSILON**2).mean()


def psnr(result: Tensor, truth: Tensor) -> Tensor:
    """Minus the PSNR in decibels, the mean over pictures (Chen 2022)."""
    error = (result - truth).square().mean((1, 2, 3))
    return 10 * torch.log10(error + PSNR_EPSILON).mean()


TERMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": l1,
    "l2": l2,
    "charbonnier": charbonnier,
    "psnr": psnr,
    "ssim": ssim,
    "ms_ssim": ms_ssim,
    "gradient": gradient,
    "focal_frequency": focal_frequency,
}


def fidelity(weights: Mapping[str, Any]) -> Callable[[Net, Batch], dict[str, Tensor]]:
    """The objective: sum of `weight * term`, on pictures of range 0..1.

    Raises
    ------
    UsageError
        If a term is not known, or its weight is no number.
    """
    unknown = [name for name in weights if name not in TERMS]
    if unknown or not weights:
        raise UsageError(
            f"The objective has no term {unknown[0]!r}" if unknown else "The objective is empty",
            f"weights for {', '.join(TERMS)}",
        )
    for name, weight in weights.items():
        if not isinstance(weight, (int, float)):
            raise UsageError(f"The weight of the objective's {name} is {weight!r}", "a number")

    def objective(net: Net, batch: Batch) -> dict[str, Tensor]:
        result = net(batch.low).float()
        parts = {name: TERMS[name](result, batch.high) for name in weights}
        loss = torch.stack([weights[name] * part for name, part in parts.items()]).sum()
        return {"loss": loss} | parts

    return objective
