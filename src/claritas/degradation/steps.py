"""All ways to spoil a picture, by name: what each does and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from claritas.degradation import (
    blur,
    camera,
    compress,
    exposure,
    greyscale,
    jpeg2000,
    mask,
    noise,
    watermark,
)
from claritas.degradation.greyscale import Pixels
from claritas.degradation.parameters import File, Number, Parameter, Word
from claritas.degradation.resample import resample, resample_of_clean
from claritas.image.resize import KERNELS


class Step(NamedTuple):
    """A way to spoil a picture.

    `function` takes (picture, random, **parameters): float32 (height, width, 3)
    within 0..1 and a generator; it gives such a picture, which need not be clipped.
    One that asks for it also gets `clean_size`, (width, height). One that makes
    holes gives a mask instead, (height, width), 1 where the picture is gone.
    """

    function: Callable[..., Pixels]
    parameters: dict[str, Parameter]
    asks_for_clean_size: bool = False
    makes_holes: bool = False


_SIZE = Number(3, blur.LARGEST_KERNEL, step=2, required=False)
_SIGMA = Number(0.05, 40)
_CHANCE = Number(0, 1, default=0)
_QUALITY = Number(1, 100, step=1)
_SHIFT = Number(0, 7, default=(0, 7), step=1)
_CHROMA = Word(tuple(compress.CHROMA), default="4:2:0")
_FACTOR = Number(0, 10)
_RESAMPLE: dict[str, Parameter] = {
    "scale": Number(0.01, 16),
    "kernel": Word(tuple(KERNELS), default="bicubic"),
}
_ELLIPSE: dict[str, Parameter] = {
    "sigma_x": _SIGMA,
    "sigma_y": Number(0.05, 40, required=False),
    "angle": Number(-360, 360, default=(-180, 180)),
    "size": _SIZE,
}

_COUNT = Number(1, 20, default=(1, 4), step=1)
_WIDTH_OF_STROKES = Number(0.005, 0.5, default=(0.05, 0.15))
_OPACITY = Number(0, 1, default=(0.3, 0.7))
_LETTERS: dict[str, Parameter] = {
    "height": Number(0.01, 1, default=(0.05, 0.2)),
    "angle": Number(-360, 360, default=(-30, 30)),
}

STEPS: dict[str, Step] = {
    "gaussian_blur": Step(blur.gaussian, {"sigma": _SIGMA, "size": _SIZE}),
    "anisotropic_blur": Step(blur.anisotropic, _ELLIPSE),
    "generalised_blur": Step(blur.generalised, {**_ELLIPSE, "beta": Number(0.1, 10)}),
    "plateau_blur": Step(blur.plateau, {**_ELLIPSE, "beta": Number(0.1, 10)}),
    "sinc_blur": Step(
        blur.sinc,
        {"cutoff": Number(0.1, np.pi), "size": Number(3, blur.LARGEST_KERNEL, step=2, default=21)},
    ),
    "motion_blur": Step(
        blur.motion,
        {"length": Number(1, 200), "angle": Number(-360, 360, default=(-180, 180))},
    ),
    "defocus_blur": Step(blur.defocus, {"radius": Number(0.5, 100)}),
    "kernel_blur": Step(blur.by_kernel, {"file": File(blur.read_kernel)}),
    "resample": Step(resample, _RESAMPLE),
    "resample_of_clean": Step(resample_of_clean, _RESAMPLE, asks_for_clean_size=True),
    "gaussian_noise": Step(
        noise.gaussian_noise,
        {"sigma": Number(0, 255), "grey": _CHANCE, "correlation": Number(0, 20, default=0)},
    ),
    "poisson_noise": Step(
        noise.poisson_noise, {"scale": Number(0, 20, default=1), "grey": _CHANCE}
    ),
    "speckle": Step(noise.speckle, {"sigma": Number(0, 10), "grey": _CHANCE}),
    "salt_and_pepper": Step(
        noise.salt_and_pepper,
        {"share": Number(0, 1, default=(0.3, 0.6)), "salt": Number(0, 1, default=0.5)},
    ),
    "coloured_pixels": Step(noise.coloured_pixels, {"share": Number(0, 1, default=(0.3, 0.6))}),
    "camera_noise": Step(
        camera.camera_noise,
        {"shot": Number(0, 1, required=False), "read": Number(0, 1, required=False)},
    ),
    "jpeg": Step(compress.jpeg, {"quality": _QUALITY, "chroma": _CHROMA}),
    "double_jpeg": Step(
        compress.double_jpeg,
        {
            "first": _QUALITY,
            "second": _QUALITY,
            "shift_x": _SHIFT,
            "shift_y": _SHIFT,
            "chroma": _CHROMA,
        },
    ),
    "webp": Step(compress.webp, {"quality": _QUALITY}),
    "jpeg2000": Step(jpeg2000.jpeg2000, {"ratio": Number(1, 1000)}),
    "eight_bits": Step(compress.eight_bits, {}),
    "exposure": Step(exposure.exposure, {"ev": Number(-10, 10)}),
    "vignette": Step(exposure.vignette, {"strength": Number(0, 0.99)}),
    "gamma": Step(exposure.gamma, {"gamma": Number(0.05, 20)}),
    "low_light": Step(
        exposure.low_light,
        {
            "alpha": Number(0, 1, default=(0.9, 1)),
            "beta": Number(0, 1, default=(0.5, 1)),
            "gamma": Number(0.05, 20, default=(1.5, 5)),
        },
    ),
    "brightness": Step(exposure.brightness, {"factor": _FACTOR}),
    "contrast": Step(exposure.contrast, {"factor": _FACTOR}),
    "saturation": Step(exposure.saturation, {"factor": _FACTOR}),
    "hue": Step(exposure.hue, {"degrees": Number(-360, 360)}),
    "greyscale": Step(
        greyscale.greyscale, {"standard": Word(tuple(greyscale.LUMA), default="bt601")}
    ),
    "box_mask": Step(
        mask.boxes,
        {"count": _COUNT, "side": Number(0.01, 1, default=(0.1, 0.4))},
        makes_holes=True,
    ),
    "stroke_mask": Step(
        mask.strokes,
        {"count": Number(1, 20, default=(1, 3), step=1), "width": _WIDTH_OF_STROKES},
        makes_holes=True,
    ),
    "scratch_mask": Step(
        mask.scratches,
        {
            "count": Number(1, 100, default=(2, 12), step=1),
            "width": Number(0.5, 50, default=(0.7, 2.5)),
        },
        makes_holes=True,
    ),
    "text_mask": Step(
        mask.text,
        {"lines": Number(1, 20, default=(1, 3), step=1), **_LETTERS},
        makes_holes=True,
    ),
    "text_watermark": Step(watermark.text, {"opacity": _OPACITY, **_LETTERS, "tiled": _CHANCE}),
    "logo_watermark": Step(
        watermark.logo, {"opacity": _OPACITY, "size": Number(0.02, 1, default=(0.2, 0.6))}
    ),
}
