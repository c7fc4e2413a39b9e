"""LPIPS, by a network that the user gives."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np

from claritas.assessment.pixels import Uint8, as_rgb, check_same_shape
from claritas.assessment.score import Score
from claritas.engines.numbers import Numbers
from claritas.errors import UsageError
from claritas.image.picture import Array


def lpips(result: Uint8, reference: Uint8, network: Path | None = None) -> Score:
    """Learned perceptual distance (Zhang et al. 2018, CVPR), by a network in a file.

    Parameters
    ----------
    network
        An ONNX file of the whole metric: two inputs (1, 3, height, width), RGB
        in -1..1, one number out. None ships with Claritas.

    Raises
    ------
    UsageError
        If no network is given.
    EngineError
        If it cannot be run.
    """
    if network is None or not network.is_file():
        raise no_network(network)
    check_same_shape(result, reference)
    found = _network(network).run(*(_planes(one) for one in (result, reference)))
    if found.size != 1:
        raise UsageError(f"{network} gives {found.size} numbers", "a network that gives one")
    protocol = f"RGB in -1..1, {network.name}"
    return Score("LPIPS", float(found.reshape(-1)[0]), "", (0.0, math.inf), False, protocol)


def no_network(path: Path | None) -> UsageError:
    """What to say where the network is missing."""
    where = f": there is no file {path}" if path else ""
    return UsageError(
        f"LPIPS needs a network that does not ship with Claritas{where}",
        "an ONNX file of the whole metric, trunk included: two pictures in, one number out",
        "export it where torch and the package lpips are, and give --metrics lpips=FILE.onnx.",
    )


@cache
def _network(path: Path) -> Numbers:
    return Numbers(path)


def _planes(picture: Uint8) -> Array:
    """(1, 3, height, width), -1..1."""
    scaled = as_rgb(picture).astype(np.float32) / np.float32(127.5) - 1
    return scaled.transpose(2, 0, 1)[None]
