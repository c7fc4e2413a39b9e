"""OpenVINO: the engine by default.

One graph does it all: samples as they are held go in, the network runs in the
precision that was asked for, and its tail runs in float32: the interpolation
is added, the sum clamped and rounded, and only then are sub-pixels rearranged,
so that the rearranging moves bytes and not floats.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as ops

from claritas.engines.engine import Description, Finish, Request
from claritas.engines.polyphase import polyphase_kernel
from claritas.engines.requests import Requests
from claritas.errors import EngineError, EngineMemoryError, UsageError
from claritas.image.picture import Array

HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
CAPABILITIES = {"fp32": "FP32", "bf16": "BF16", "int8": "INT8"}


@functools.cache
def core() -> Any:
    """The one OpenVINO core of this process."""
    return ov.Core()


def device_name(asked: str) -> str:
    """OpenVINO's name of a device; `auto` is the processor.

    Raises
    ------
    UsageError
        If this machine has no such device.
    """
    name = "CPU" if asked == "auto" else asked.upper()
    known = core().available_devices
    if name not in known and not any(device.startswith(f"{name}.") for device in known):
        raise UsageError(
            f"This machine has no device {asked!r} for OpenVINO",
            f"auto or one of {', '.join(device.lower() for device in known)}",
        )
    return name


def native_precisions(device: str = "auto") -> list[str]:
    """The precisions that a device computes in by itself, not emulated."""
    listed = core().get_property(device_name(device), "OPTIMIZATION_CAPABILITIES")
    return [name for name, capability in CAPABILITIES.items() if capability in listed]


class OpenVinoEngine:
    """A network with its finish, compiled once; any tile size."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._device = device_name(request.device)
        if request.precision not in native_precisions(request.device):
            raise UsageError(
                f"This {self._device.lower()} does not compute in {request.precision} by itself",
                f"one of {', '.join(native_precisions(request.device))}, or auto",
                "emulated, it would be several times slower than fp32.",
            )
        try:
            self._compiled = self._compile(_graph(request))
        except RuntimeError as error:
            raise _engine_error(error, request) from None
        self._requests = Requests(self._compiled)

    def describe(self) -> Description:
        threads = int(self._compiled.get_property("INFERENCE_NUM_THREADS"))
        return Description("openvino", self._device, self._request.precision, threads)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        picture = np.ascontiguousarray(inputs["picture"])
        finish = self._request.finish
        _, height, width, _ = picture.shape
        shape = (1, height * finish.scale, width * finish.scale, finish.channels)
        # The engine writes into the caller's own array: a copy would cost as much as the halo.
        result = np.empty(shape, self._request.samples)
        with self._requests.one() as one:
            try:
                one.set_output_tensor(0, ov.Tensor(result, shared_memory=True))
                one.infer([picture], share_inputs=True, share_outputs=True)
            except RuntimeError as error:
                raise _engine_error(error, self._request) from None
            total = float(one.get_output_tensor(1).data)
        return {
            "picture": result,
            "size": np.asarray(total / (result.size * finish.white), np.float32),
        }

    def _compile(self, graph: Any) -> Any:
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": HINTS[self._request.precision],
            "PERFORMANCE_HINT": "LATENCY",
        }
        if self._request.threads:
            settings["INFERENCE_NUM_THREADS"] = self._request.threads
        if self._request.cache is not None:
            settings["CACHE_DIR"] = str(self._request.cache)
        return core().compile_model(graph, self._device, settings)


def _engine_error(error: RuntimeError, request: Request) -> EngineError:
    text = str(error)
    if any(word in text.lower() for word in ("bad_alloc", "allocat", "out of memory")):
        return EngineMemoryError(f"OpenVINO ran out of memory with {request.weights.name}")
    reason = text.strip().splitlines()[-1] if text.strip() else "no reason given"
    return EngineError(
        f"OpenVINO could not run {request.weights}: {reason}",
        "an ONNX file that `claritas export` wrote",
    )


def _graph(request: Request) -> Any:
    """Samples as they are held to (finished picture, sum of the network's absolute values)."""
    finish = request.finish
    picture = ops.parameter([1, -1, -1, finish.fed], _element(request))
    planes = ops.transpose(ops.convert(picture, "f32"), ops.constant(np.array([0, 3, 1, 2])))
    output = _network(request, planes)
    result = _scaled(output, _whole(request) / finish.white)
    if finish.residual == "bicubic":
        phases = _interpolation(planes, finish, request.precision)
        result = ops.add(result, phases if finish.sub_pixel else _arranged(phases, finish.scale))
    if request.samples == "uint8":
        result = _as_bytes(result)
    return ov.Model([_channels_last(result, finish), _total(output)], [picture], "enhance")


def _network(request: Request, planes: Any) -> Any:
    """The output of the ONNX file's network when it is fed with `planes`."""
    model = core().read_model(request.weights)
    model.reshape([1, request.finish.fed, -1, -1])
    fed = _scaled(planes, request.finish.white / _whole(request)).output(0)
    for consumer in model.input().get_target_inputs():
        consumer.replace_source_output(fed)
    return model.output().get_node().input_value(0)


def _scaled(values: Any, gain: float) -> Any:
    return values if gain == 1 else ops.multiply(values, ops.constant(np.float32(gain)))


def _total(output: Any) -> Any:
    """The sum of absolute values; one that is no number spoils it, so it tells of all.

    Over the picture first: that much can be done in the layout of convolutions.
    """
    channels = ops.reduce_l1(output, ops.constant(np.array([2, 3])), True)
    return ops.reduce_sum(channels, ops.constant(np.array([0, 1, 2, 3])))


def _element(request: Request) -> Any:
    return ov.Type.u8 if request.samples == "uint8" else ov.Type.f32


def _whole(request: Request) -> float:
    return 255.0 if request.samples == "uint8" else 1.0


def _as_bytes(result: Any) -> Any:
    """Clamped to 0..255 and rounded half to even.

    Written as a quantisation of 256 levels, which OpenVINO computes while it
    adds; clamp, round and convert would each read and write the whole picture.
    """
    black, white = (ops.constant(np.float32(level)) for level in (0, 255))
    return ops.convert(ops.fake_quantize(result, black, white, black, white, 256), "u8")


def _interpolation(planes: Any, finish: Finish, precision: str) -> Any:
    """All sub-pixels of the bicubic enlargement: one convolution, dense over the channels.

    OpenVINO computes every convolution of a bf16 graph in bf16, which would cost the
    interpolation half a grey level; a transposed one behind the last convolution
    stays in float32. In steps of one pixel it is a convolution with turned kernels.
    """
    filters = polyphase_kernel(finish.scale)
    side = filters.shape[-1]
    weights = np.zeros((finish.channels, finish.scale**2, finish.fed, side, side), np.float32)
    for channel in range(finish.channels):
        weights[channel, :, channel] = filters
    dense = weights.reshape(-1, finish.fed, side, side)
    ones, reach = [1, 1], [side // 2, side // 2]
    if precision != "bf16":
        return ops.convolution(planes, ops.constant(dense), ones, reach, reach, ones)
    turned = np.ascontiguousarray(dense.transpose(1, 0, 2, 3)[..., ::-1, ::-1])
    return ops.convolution_backprop_data(
        planes, ops.constant(turned), ones, pads_begin=reach, pads_end=reach, dilations=ones
    )


def _arranged(phases: Any, scale: int) -> Any:
    return ops.depth_to_space(phases, "depth_first", scale)


def _channels_last(result: Any, finish: Finish) -> Any:
    """(1, c * s * s, h, w) or (1, c, h, w) to (1, h * s, w * s, c), in one transposition."""
    if not finish.sub_pixel:
        return ops.transpose(result, ops.constant(np.array([0, 2, 3, 1])))
    s, c = finish.scale, finish.channels
    shape = ops.shape_of(result)
    height, width = (ops.gather(shape, ops.constant([axis]), ops.constant(0)) for axis in (2, 3))
    parts = ops.concat([ops.constant([c, s, s]), height, width], 0)
    split = ops.reshape(result, parts, False)
    turned = ops.transpose(split, ops.constant(np.array([3, 1, 4, 2, 0])))
    one = ops.constant([1])
    factor = ops.constant([s])
    rows, columns = ops.multiply(height, factor), ops.multiply(width, factor)
    return ops.reshape(turned, ops.concat([one, rows, columns, ops.constant([c])], 0), False)
