"""Times one network in several engines, in turn: torch, ONNX Runtime, ncnn, OpenCV and ours.

    python benchmarks/engines.py [--model NAME|FOLDER] [--side 256] [--rounds 9] [--write]

The bare network, float32 in and out, with as many threads as there are cores;
an engine that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from document import SPEED_PAGE, machine, photograph, publish, stop, table
from graph import read_graph, torch_net, write_ncnn
from interleaved import interleaved

from claritas.engines.openvino import HINTS, core, native_precisions
from claritas.engines.threads import available_cores
from claritas.enhancement.plan import choose_precision
from claritas.errors import ClaritasError
from claritas.image.picture import Header
from claritas.zoo.card import Model
from claritas.zoo.catalogue import find

Array = npt.NDArray[np.float32]
Run = Callable[[], Array]  # one pass, giving (1, channels, height, width)

OURS = "ours (OpenVINO)"


def main() -> None:
    arguments = parse()
    try:
        model = find(arguments.model)
    except ClaritasError as error:
        stop(str(error).splitlines()[0])
    # 8-bit files have the ranges of photographs, which noise would leave.
    pixels = photograph(arguments.side, arguments.side) * np.float32(
        model.card.contract.range / 255
    )
    fed = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
    with tempfile.TemporaryDirectory() as folder:
        runs = dict(made(model, fed, Path(folder)))
        text = measured(runs, arguments.rounds)
    heading = f"{model.card.name}, {arguments.side}x{arguments.side} in, {arguments.rounds} rounds."
    page = SPEED_PAGE if arguments.write else None
    publish("engines", f"{machine()}. {heading}\n\n{text}", page)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="photo-x4", help="a model's name or folder")
    parser.add_argument("--side", type=int, default=256, help="of the square input, in pixels")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    return parser.parse_args()


def made(model: Model, fed: Array, folder: Path) -> Iterator[tuple[str, Run]]:
    """Every candidate that can be made here; the others are named on standard output."""
    for name, make in candidates(model, fed, folder):
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name} left out: {error.name} is not installed.")
        except (ValueError, ClaritasError) as error:
            print(f"{name} left out: {str(error).splitlines()[0]}.")


def candidates(model: Model, fed: Array, folder: Path) -> Iterator[tuple[str, Callable[[], Run]]]:
    file = model.file("fp32")
    height, width = fed.shape[2:]
    header = Header(width, height, 3)
    default = choose_precision(model, "auto", header, native_precisions())
    yield f"{OURS} {default}, its default here", lambda: openvino(model.file(default), fed, default)
    if default != "fp32":
        yield f"{OURS} fp32", lambda: openvino(file, fed, "fp32")
    yield "ONNX Runtime fp32", lambda: onnxruntime(file, fed)
    yield "torch fp32, eager", lambda: torch(file, fed)
    for mode in ncnn_modes():
        yield f"ncnn {mode}", partial(ncnn, file, fed, folder, mode)
    yield "OpenCV dnn fp32", lambda: opencv(file, fed, folder)


def openvino(file: Path, fed: Array, precision: str) -> Run:
    network = core().read_model(file)
    network.reshape(list(fed.shape))
    settings = {
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "INFERENCE_NUM_THREADS": available_cores(),
    }
    request = core().compile_model(network, "CPU", settings).create_infer_request()
    return lambda: next(iter(request.infer([fed], share_inputs=True).values()))


def onnxruntime(file: Path, fed: Array) -> Run:
    import onnxruntime as runtime

    options = runtime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: fed})[0]


def torch(file: Path, fed: Array) -> Run:
    import torch as library

    library.set_num_threads(available_cores())
    net, given = torch_net(read_graph(file)), library.from_numpy(fed)

    def run() -> Array:
        with library.inference_mode():
            return np.asarray(net(given))

    return run


# What ncnn may hold and compute in half precision; without any, float32.
NCNN_MODES: dict[str, tuple[str, ...]] = {
    "fp32": (),
    "bf16 storage": ("use_bf16_storage",),
    "fp16": ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"),
}


def ncnn_modes() -> list[str]:
    """fp16 is for ARM: on x86 ncnn's convolutions ignore it (same time, same result as fp32)."""
    arm = platform.machine() in ("aarch64", "arm64")
    return [mode for mode in NCNN_MODES if mode != "fp16" or arm]


def ncnn(file: Path, fed: Array, folder: Path, mode: str) -> Run:
    import ncnn as library

    graph, net = read_graph(file), library.Net()
    net.opt.num_threads = available_cores()
    for setting in {one for settings in NCNN_MODES.values() for one in settings}:
        setattr(net.opt, setting, setting in NCNN_MODES[mode])
    param, weights = write_ncnn(graph, folder)
    net.load_param(str(param))
    net.load_model(str(weights))
    given = library.Mat(fed[0])

    def run() -> Array:
        extractor = net.create_extractor()
        extractor.input(graph.source, given)
        return np.array(extractor.extract(graph.result)[1])[None]

    return run


def opencv(file: Path, fed: Array, folder: Path) -> Run:
    import cv2
    import onnx

    fixed = onnx.load(file)
    for size, number in zip(
        fixed.graph.input[0].type.tensor_type.shape.dim, fed.shape, strict=True
    ):
        size.dim_value = number
    onnx.save(fixed, folder / "fixed.onnx")
    cv2.setNumThreads(available_cores())
    net = cv2.dnn.readNetFromONNX(str(folder / "fixed.onnx"))

    def run() -> Array:
        net.setInput(fed)
        return np.asarray(net.forward(), np.float32)

    return run


def measured(runs: dict[str, Run], rounds: int) -> str:
    """The table: times, how many times ours, and how far each strays from ours in fp32."""
    exact = runs.get(f"{OURS} fp32", next(iter(runs.values())))().copy()
    span = float(np.abs(exact).max())
    strays = {name: float(np.abs(run() - exact).max()) / span for name, run in runs.items()}
    timings = interleaved(runs, rounds)
    ours = next(iter(timings.values()))
    heads = ["engine", "smallest, ms", "median, ms", "times ours (smallest)", "strays at most"]
    lines = [
        [
            name,
            f"{timing.smallest * 1e3:.0f}",
            f"{timing.median * 1e3:.0f}",
            f"{timing.smallest / ours.smallest:.2f}",
            f"{strays[name]:.1e}",
        ]
        for name, timing in timings.items()
    ]
    return table(heads, lines)


if __name__ == "__main__":
    main()
