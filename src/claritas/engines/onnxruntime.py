"""ONNX Runtime: the alternative, for CUDA, CoreML and DirectML and as a second opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claritas.engines.engine import Description, Request
from claritas.engines.finish import finished, to_network
from claritas.errors import EngineError, EngineMemoryError, UsageError
from claritas.image.picture import Array

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}


def _library() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise EngineError(
            "ONNX Runtime is not installed",
            remedy="pip install 'claritas[onnxruntime]', or leave the engine to OpenVINO.",
        ) from None
    return onnxruntime


class OnnxRuntimeEngine:
    """A session; the finish is numpy's. Sessions are safe to share between threads."""

    def __init__(self, request: Request) -> None:
        library = _library()
        self._request = request
        self._device = "cpu" if request.device == "auto" else request.device
        provider = PROVIDERS.get(self._device)
        if provider not in library.get_available_providers():
            known = [d for d, p in PROVIDERS.items() if p in library.get_available_providers()]
            raise UsageError(f"ONNX Runtime has no device {self._device!r} here", ", ".join(known))
        if request.precision == "bf16":
            raise UsageError("ONNX Runtime has no bf16 on processors", "fp32, int8 or auto")
        options = library.SessionOptions()
        options.intra_op_num_threads = request.threads
        options.log_severity_level = 3
        try:
            self._session = library.InferenceSession(
                str(request.weights), options, providers=[provider]
            )
        except Exception as error:  # its exceptions share no base class
            raise EngineError(f"ONNX Runtime could not load {request.weights}: {error}") from None

    def describe(self) -> Description:
        request = self._request
        return Description("onnxruntime", self._device, request.precision, request.threads)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        finish = self._request.finish
        fed = to_network(inputs["picture"], finish)
        name = self._session.get_inputs()[0].name
        try:
            output = self._session.run(None, {name: fed})[0]
        except Exception as error:
            if "alloc" in str(error).lower():
                raise EngineMemoryError("ONNX Runtime ran out of memory") from None
            raise EngineError(f"ONNX Runtime failed: {error}") from None
        return finished(fed, output, finish, self._request.samples)
