"""Validation as users meet the model: exported, through the Enhancer, in 8 bits."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from claritas.assessment.full_reference import psnr, ssim
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.image.picture import Array
from claritas.nets.contract import Net
from claritas.training.config import Config
from claritas.training.data.feed import scale_of, whole_pairs
from claritas.training.data.samples import Item
from claritas.training.deployment.measure import given, interpolated
from claritas.training.deployment.model_folder import write_model
from claritas.training.log import RunLog

LARGEST_SIDE = 384  # of the clean crops: whole pictures would cost more than the training
SAMPLES = 4
SAMPLE_SIDE = 160


class Validation:
    """Called with the averaged net and the step; logs PSNR, SSIM and a grid of samples."""

    def __init__(
        self, run: Path, config: Config, items: Sequence[Item], pictures: int, log: RunLog
    ) -> None:
        self._folder = run / "validation-model"
        self._config = config
        self._pictures = pictures
        self._log = log
        self._pairs = whole_pairs(items, config, LARGEST_SIDE)
        self._scale = scale_of(config)

    def __call__(self, net: Net, step: int) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        write_model(net, self._config, self._folder, self._pictures, step)
        enhancer = Enhancer(Options(model=str(self._folder), scale=self._scale))
        results = [enhancer(*given(pair)).array() for pair in self._pairs]
        border = self._scale
        compared = list(zip(results, (pair.high for pair in self._pairs), strict=True))
        scores = {
            "validation/psnr_y": [psnr(r, h, border=border).value for r, h in compared],
            "validation/ssim_y": [ssim(r, h, border=border).value for r, h in compared],
        }
        means = {name: float(np.mean(values)) for name, values in scores.items()}
        self._log.scalars(step, means)
        self._log.say(f"validation at step {step}: PSNR-Y {means['validation/psnr_y']:.3f} dB")
        self._log.sample(step, [self._row(r, i) for i, r in enumerate(results[:SAMPLES])])

    def _row(self, result: Array, index: int) -> list[Array]:
        """Interpolation, ours and the truth, cut to one size."""
        pair = self._pairs[index]
        return [_cut(p) for p in (interpolated(pair, self._scale), result, pair.high)]


def _cut(picture: Array) -> Array:
    side = SAMPLE_SIDE
    cut = picture[:side, :side]
    return np.pad(cut, ((0, side - cut.shape[0]), (0, side - cut.shape[1]), (0, 0)))
