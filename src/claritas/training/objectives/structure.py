"""Nearness of structure: SSIM, MS-SSIM and gradients, as losses that fall to 0."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from claritas.errors import TrainingError

# Wang et al. 2004, section III, as in `claritas.assessment.full_reference`.
WINDOW_SIDE = 11
WINDOW_SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2  # of pictures in 0..1

# Wang, Simoncelli and Bovik 2003: the weight of each scale, the finest first.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST_SIDE = (WINDOW_SIDE - 1) * 2 ** (len(SCALE_WEIGHTS) - 1) + 1
FAINTEST = 1e-6  # a power's slope at 0 is not finite

SOBEL = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))
SOBEL_SUM = 8.0  # a step from 0 to 1 then answers with at most a half


def ssim(result: Tensor, truth: Tensor) -> Tensor:
    """1 - SSIM (Wang et al. 2004) of pictures (n, c, h, w) of 0..1, the mean over channels.

    Gaussian window, population covariance, only where the window lies wholly
    inside.
    """
    _check_side(result, WINDOW_SIDE, "ssim")
    luminance, structure = _similarities(_planes(result), _planes(truth))
    return 1 - (luminance * structure).mean()


def ms_ssim(result: Tensor, truth: Tensor) -> Tensor:
    """1 - MS-SSIM (Wang et al. 2003): structure at five scales, luminance at the coarsest.

    Each scale is half of the one before, means of 2x2; odd sides are extended
    with zeros. Negative structure counts as 0.

    Raises
    ------
    TrainingError
        If a side of the patches is not more than 160 pixels.
    """
    _check_side(result, SMALLEST_SIDE, "ms_ssim")
    x, y = _planes(result), _planes(truth)
    total = torch.ones_like(x[:, 0, 0, 0])
    for scale, weight in enumerate(SCALE_WEIGHTS):
        if scale:
            x, y = (_halved(planes) for planes in (x, y))
        luminance, structure = _similarities(x, y)
        last = scale == len(SCALE_WEIGHTS) - 1
        value = (luminance * structure if last else structure).mean((1, 2, 3))
        total = total * value.clamp(min=FAINTEST) ** weight
    return 1 - total.mean()


def gradient(result: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of Sobel's answers, a weight of 8 divided out, inside the border."""
    kernel = torch.tensor(SOBEL, dtype=result.dtype, device=result.device) / SOBEL_SUM
    both = torch.stack([kernel, kernel.T])[:, None]
    return functional.conv2d(_planes(result - truth), both).abs().mean()


def _planes(pictures: Tensor) -> Tensor:
    """(n, c, h, w) to (n * c, 1, h, w): each channel for itself."""
    return pictures.reshape(-1, 1, *pictures.shape[2:])


def _halved(planes: Tensor) -> Tensor:
    return functional.avg_pool2d(planes, 2, padding=[side % 2 for side in planes.shape[2:]])


def _similarities(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The two factors of SSIM around each pixel of planes (n, 1, h, w)."""
    local = _windowed(torch.cat([x, y, x * x + y * y, x * y], 1))
    mean_x, mean_y, squares, product = (local[:, i : i + 1] for i in range(4))
    means, mean_squares = mean_x * mean_y, mean_x**2 + mean_y**2
    luminance = (2 * means + C1) / (mean_squares + C1)
    structure = (2 * (product - means) + C2) / (squares - mean_squares + C2)
    return luminance, structure


def _windowed(planes: Tensor) -> Tensor:
    """Sums under the Gaussian window, (n, c, h - 10, w - 10)."""
    taps = torch.arange(WINDOW_SIDE, dtype=planes.dtype, device=planes.device)
    line = torch.exp(-0.5 * ((taps - WINDOW_SIDE // 2) / WINDOW_SIGMA) ** 2)
    line = (line / line.sum()).expand(planes.shape[1], 1, 1, -1)
    across = functional.conv2d(planes, line, groups=planes.shape[1])
    return functional.conv2d(across, line.transpose(2, 3), groups=planes.shape[1])


def _check_side(pictures: Tensor, smallest: int, term: str) -> None:
    side = min(pictures.shape[2:])
    if side < smallest:
        raise TrainingError(
            f"The objective's {term} sees patches of {side} pixels",
            f"at least {smallest} pixels a side, scale times schedule.patch",
            "raise schedule.patch, or choose another term.",
        )
