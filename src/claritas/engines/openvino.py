"""OpenVINO: the engine by default.

Two graphs run one after the other. The network runs in the precision that was
asked for, up to its last convolution; a second one, always in float32, adds
the interpolation, clamps, rounds and only then rearranges sub-pixels, so that
the rearranging moves bytes and not floats. The network's output goes from one
to the other without a copy.
"""

from __future__ import annotations

import functools
import queue
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import openvino as ov
import openvino.opset13 as ops

from claritas.engines.engine import Description, Finish, Request
from claritas.engines.polyphase import polyphase_kernel
from claritas.errors import EngineError, EngineMemoryError, UsageError
from claritas.image.picture import Array

HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
CAPABILITIES = {"fp32": "FP32", "bf16": "BF16", "int8": "INT8"}
LARGEST_POOL = 4


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


class _Pair(NamedTuple):
    network: Any
    finish: Any


class OpenVinoEngine:
    """A network and its finish, compiled once; any tile size."""

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
            self._network = self._compile(_network(request), HINTS[request.precision])
            self._finish = self._compile(_finish_graph(request), "f32")
        except RuntimeError as error:
            raise _engine_error(error, request) from None
        self._idle: queue.LifoQueue[_Pair] = queue.LifoQueue()
        self._made = 0

    def describe(self) -> Description:
        threads = int(self._network.get_property("INFERENCE_NUM_THREADS"))
        return Description("openvino", self._device, self._request.precision, threads)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        picture = np.ascontiguousarray(inputs["picture"])
        with self._pair() as pair:
            try:
                pair.network.infer([picture], share_inputs=True, share_outputs=True)
                pair.finish.set_input_tensor(0, pair.network.get_input_tensor())
                pair.finish.set_input_tensor(1, pair.network.get_output_tensor())
                pair.finish.infer(share_outputs=True)
            except RuntimeError as error:
                raise _engine_error(error, self._request) from None
            total = float(pair.finish.get_output_tensor(1).data)
            white = pair.network.get_output_tensor().size * self._request.finish.white
            return {
                "picture": pair.finish.get_output_tensor(0).data.copy(),
                "size": np.asarray(total / white, np.float32),
            }

    @contextmanager
    def _pair(self) -> Iterator[_Pair]:
        """Requests of one's own for as long as they are used."""
        try:
            pair = self._idle.get(block=self._made >= LARGEST_POOL)
        except queue.Empty:
            self._made += 1
            pair = _Pair(self._network.create_infer_request(), self._finish.create_infer_request())
        try:
            yield pair
        finally:
            self._idle.put(pair)

    def _compile(self, graph: Any, hint: str) -> Any:
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": hint,
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


def _network(request: Request) -> Any:
    """The ONNX file behind pictures as they are held: (1, h, w, c), bytes or 0..1."""
    model = core().read_model(request.weights)
    finish = request.finish
    model.reshape([1, finish.channels, -1, -1])
    prepared = ov.preprocess.PrePostProcessor(model)
    source = prepared.input()
    source.tensor().set_element_type(_element(request)).set_layout(ov.Layout("NHWC"))
    source.model().set_layout(ov.Layout("NCHW"))
    source.preprocess().convert_element_type(ov.Type.f32)
    gain = finish.white / _whole(request)
    if gain != 1:
        source.preprocess().scale(1 / gain)
    return prepared.build()


def _element(request: Request) -> Any:
    return ov.Type.u8 if request.samples == "uint8" else ov.Type.f32


def _whole(request: Request) -> float:
    return 255.0 if request.samples == "uint8" else 1.0


def _finish_graph(request: Request) -> Any:
    """(picture, network output) to (finished picture, sum of the output's absolute values)."""
    finish = request.finish
    whole = _whole(request)
    grain = finish.scale**2 if finish.sub_pixel else 1
    picture = ops.parameter([1, -1, -1, finish.channels], _element(request))
    output = ops.parameter([1, finish.channels * grain, -1, -1], ov.Type.f32)
    gain = np.float32(whole / finish.white)
    result = output if gain == 1 else ops.multiply(output, ops.constant(gain))
    if finish.residual == "bicubic":
        planes = ops.transpose(ops.convert(picture, "f32"), ops.constant(np.array([0, 3, 1, 2])))
        phases = _interpolation(planes, finish)
        result = ops.add(result, phases if finish.sub_pixel else _arranged(phases, finish.scale))
    if request.samples == "uint8":
        result = _as_bytes(result)
    # One value that is no number spoils the sum, so it tells of all.
    total = ops.reduce_l1(output, ops.constant(np.array([0, 1, 2, 3])))
    return ov.Model([_channels_last(result, finish), total], [picture, output], "finish")


def _as_bytes(result: Any) -> Any:
    """Clamped to 0..255 and rounded half to even.

    Written as a quantisation of 256 levels, which OpenVINO computes while it
    adds; clamp, round and convert would each read and write the whole picture.
    """
    black, white = (ops.constant(np.float32(level)) for level in (0, 255))
    return ops.convert(ops.fake_quantize(result, black, white, black, white, 256), "u8")


def _interpolation(planes: Any, finish: Finish) -> Any:
    """All sub-pixels of the bicubic enlargement: one convolution, dense over the channels."""
    filters = polyphase_kernel(finish.scale)
    side = filters.shape[-1]
    weights = np.zeros((finish.channels, finish.scale**2, finish.channels, side, side), np.float32)
    for channel in range(finish.channels):
        weights[channel, :, channel] = filters
    flat = ops.constant(weights.reshape(-1, finish.channels, side, side))
    reach = [side // 2, side // 2]
    return ops.convolution(planes, flat, [1, 1], reach, reach, [1, 1])


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
