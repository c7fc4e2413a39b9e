"""The unsharp mask of Real-ESRGAN's targets (Wang 2021)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 51
SIGMA = 0.3 * ((SIDE - 1) * 0.5 - 1) + 0.8  # OpenCV's rule
SHARE = 0.5
THRESHOLD = 10 / 255


def sharpened(pictures: Tensor) -> Tensor:
    """(n, c, h, w), 0..1, with half of what a blur takes away added where that is visible."""
    missing = pictures - blurred(pictures)
    mask = blurred((missing.abs() > THRESHOLD).to(pictures.dtype))
    sharp = (pictures + SHARE * missing).clamp(0, 1)
    return mask * sharp + (1 - mask) * pictures


def blurred(pictures: Tensor) -> Tensor:
    """A Gaussian of 51 pixels; beyond the border the picture is mirrored about its edge pixels."""
    reach = SIDE // 2
    offsets = torch.arange(-reach, reach + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-(offsets**2) / (2 * SIGMA**2))
    kernel = kernel / kernel.sum()
    mode = "reflect" if min(pictures.shape[-2:]) > reach else "replicate"
    n, c, h, w = pictures.shape
    planes = functional.pad(pictures, (reach,) * 4, mode=mode).reshape(n * c, 1, h + 50, w + 50)
    planes = functional.conv2d(planes, kernel[None, None, :, None])
    return functional.conv2d(planes, kernel[None, None, None]).reshape(n, c, h, w)
