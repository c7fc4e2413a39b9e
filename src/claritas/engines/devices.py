"""Which engines and devices this machine has, and making an engine by name."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from claritas.engines.engine import Engine, Request
from claritas.errors import UsageError

ENGINES = ("openvino", "onnxruntime", "fake")


@dataclass(frozen=True)
class Device:
    """One device of one engine; precisions that it computes in by itself."""

    engine: str
    name: str
    description: str
    precisions: tuple[str, ...]


def list_devices() -> list[Device]:
    """All devices of the engines that are installed."""
    return _openvino_devices() + _onnxruntime_devices()


def make_engine(engine: str, request: Request) -> Engine:
    """An engine by name.

    Raises
    ------
    UsageError
        If there is no such engine, device or precision.
    """
    # Each library is imported only where it is used: start-up time.
    if engine == "openvino":
        from claritas.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(request)
    if engine == "onnxruntime":
        from claritas.engines.onnxruntime import OnnxRuntimeEngine

        return OnnxRuntimeEngine(request)
    if engine == "fake":
        from claritas.engines.fake import FakeEngine

        return FakeEngine(request)
    raise UsageError(f"There is no engine {engine!r}", f"one of {', '.join(ENGINES)}")


def native_precisions(engine: str, device: str) -> list[str]:
    """The precisions that a device computes in by itself, not emulated."""
    if engine == "openvino":
        from claritas.engines.openvino import native_precisions as of_openvino

        return of_openvino(device)
    return ["fp32", "int8"] if engine == "onnxruntime" else ["fp32"]


def _openvino_devices() -> list[Device]:
    from claritas.engines.openvino import core, native_precisions

    return [
        Device(
            "openvino",
            name.lower(),
            str(core().get_property(name, "FULL_DEVICE_NAME")).strip(),
            tuple(native_precisions(name)),
        )
        for name in core().available_devices
    ]


def _onnxruntime_devices() -> list[Device]:
    if importlib.util.find_spec("onnxruntime") is None:
        return []
    import onnxruntime

    from claritas.engines.onnxruntime import PROVIDERS

    available = onnxruntime.get_available_providers()
    version = f"ONNX Runtime {onnxruntime.__version__}"
    return [
        Device("onnxruntime", device, version, ("fp32", "int8"))
        for device, provider in PROVIDERS.items()
        if provider in available
    ]
