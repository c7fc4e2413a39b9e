"""A network that gives numbers about pictures, not a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from claritas.engines.cache import cache_folder
from claritas.engines.requests import Requests
from claritas.engines.threads import available_cores
from claritas.errors import EngineError
from claritas.image.picture import Array


class Numbers:
    """An ONNX file run by OpenVINO on the processor; safe to share between threads.

    Parameters
    ----------
    weights
        Takes one or more float32 arrays of any sides, gives one array.
    precision
        `bf16` only where the processor has it; a file may be int8 by itself.

    Raises
    ------
    EngineError
        If the file cannot be read or run.
    """

    def __init__(self, weights: Path, precision: str = "fp32") -> None:
        from claritas.engines.openvino import HINTS, core

        self._weights = weights
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": available_cores(),
        }
        if (cache := cache_folder()) is not None:
            settings["CACHE_DIR"] = str(cache)
        try:
            network = core().compile_model(core().read_model(weights), "CPU", settings)
        except RuntimeError as error:
            raise self._said(error) from None
        self._requests = Requests(network)

    def run(self, *inputs: Array) -> Array:
        """The file's first output, for inputs in the file's order."""
        try:
            with self._requests.one() as request:
                given = [np.ascontiguousarray(one, np.float32) for one in inputs]
                return np.array(request.infer(given, share_inputs=True)[0])
        except RuntimeError as error:
            raise self._said(error) from None

    def _said(self, error: RuntimeError) -> EngineError:
        lines = str(error).strip().splitlines()
        return EngineError(
            f"OpenVINO could not run {self._weights}: {lines[-1] if lines else 'no reason given'}",
            "an ONNX file for pictures of any size",
        )
