"""What 8-bit files lose and gain: sets, ramps, engines, and processors without VNNI.

    python benchmarks/int8.py [--model NAME]... [--data DIR]... [--losses] [--write]

Every model that ships with an 8-bit file, against its own fp32: PSNR-Y on the sets, smooth ramps,
ONNX Runtime beside OpenVINO, and the time of the whole graph, bytes to bytes. Other processors
are imitated by `ONEDNN_MAX_CPU_ISA`, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from document import SHARED_DATA, SPEED_PAGE, machine, photograph, publish, stop_for, table
from interleaved import interleaved

from claritas.benchmark.sets import picture_sets
from claritas.benchmark.tables import Method, rows
from claritas.engines.devices import make_engine
from claritas.engines.engine import Request
from claritas.engines.openvino import native_precisions
from claritas.engines.threads import available_cores
from claritas.enhancement.enhancer import Enhancer, finish_of
from claritas.enhancement.plan import Options
from claritas.image.picture import Array, Picture
from claritas.training.deployment.smooth import smooth_pictures
from claritas.zoo.card import Model, PrecisionName
from claritas.zoo.catalogue import find, names

PROCESSORS = {"this": "", "AVX-512 without VNNI": "AVX512_CORE", "AVX2": "AVX2"}
SETS = ("set5", "set14", "b100")
SMALL = 2  # the first sets: those that ONNX Runtime and the imitated processors see
SIDE = 256


class Ours(NamedTuple):
    """A model in one precision and engine."""

    model: str
    precision: PrecisionName
    engine: str = "openvino"


def main() -> None:
    arguments = parse()
    folders = arguments.data or [SHARED_DATA / name for name in SETS]
    if arguments.times:
        print(json.dumps(timed(find(arguments.times), arguments.rounds)))
        return
    if arguments.psnr:
        print(json.dumps(quality([Ours(arguments.psnr, "int8")], folders)[0]))
        return
    chosen = arguments.model or [name for name in names() if "int8" in find(name).card.precision]
    page = SPEED_PAGE if arguments.write else None
    publish("int8", f"{machine()}.\n\n{losses(chosen, folders)}", page)
    if not arguments.losses:
        heading = f"{machine()}. {SIDE}x{SIDE} in, {arguments.rounds} rounds."
        times = speeds(chosen, folders, arguments.rounds)
        publish("int8-times", f"{heading}\n\n{times}", page)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", action="append", help="a name or folder; all that have 8 bits")
    parser.add_argument("--data", type=Path, action="append", help="folders of original pictures")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/speed.md")
    parser.add_argument("--losses", action="store_true", help="what is lost, and no times")
    for name in ("times", "psnr"):  # what a process on an imitated processor does
        parser.add_argument(f"--{name}", metavar="MODEL", help=argparse.SUPPRESS)
    return parser.parse_args()


def losses(chosen: Sequence[str], folders: Sequence[Path]) -> str:
    """The table of quality; decibels below fp32 are those of the 8-bit file."""
    lines = []
    for name in chosen:
        exact, eight = quality([Ours(name, "fp32"), Ours(name, "int8")], folders)
        other = quality([Ours(name, "int8", "onnxruntime")], folders[:SMALL])[0]
        apart = max(abs(a - b) for a, b in zip(eight, other, strict=False))
        largest, rms = on_ramps(name)
        lost = [f"{a:.2f} {b - a:+.3f}" for a, b in zip(exact, eight, strict=True)]
        lines.append([Path(name).name, *lost, f"{apart:.3f}", f"{largest:.0f}", f"{rms:.2f}"])
    heads = [f"{folder.name}, dB" for folder in folders]
    return table(
        ["model", *heads, "ONNX Runtime apart, dB", "ramps, largest step", "ramps, rms"], lines
    )


def quality(methods: Sequence[Ours], folders: Sequence[Path]) -> list[list[float]]:
    """PSNR-Y of each method on each set, by the protocol of `claritas benchmark`."""
    scale = find(methods[0].model).card.contract.scale
    made = [as_method(one, scale) for one in methods]
    by_set = [rows(pictures, scale, made) for pictures in picture_sets(folders)]
    return [[of_set[index].psnr_y for of_set in by_set] for index in range(len(methods))]


def enhancer_of(ours: Ours, scale: int) -> Enhancer:
    options = Options(
        model=ours.model, precision=ours.precision, engine=ours.engine, scale=scale, tile=512
    )
    return Enhancer(options)


def as_method(ours: Ours, scale: int) -> Method:
    enhancer = enhancer_of(ours, scale)

    def enlarge(low: Array) -> Array:
        return enhancer(Picture.from_array(low)).array()

    return Method(ours.model, enlarge)


def on_ramps(name: str) -> tuple[float, float]:
    """The largest difference from fp32 and its rms in the worst picture; bytes in and out."""
    scale = find(name).card.contract.scale
    exact, eight = (as_method(Ours(name, p), scale).enlarge for p in ("fp32", "int8"))
    worst = []
    for picture in smooth_pictures():
        low = np.rint(255 * picture).astype(np.uint8)
        moved = eight(low).astype(float) - exact(low)
        worst.append((float(np.abs(moved).max()), float(np.sqrt(np.square(moved).mean()))))
    return max(one for one, _ in worst), max(rms for _, rms in worst)


def speeds(chosen: Sequence[str], folders: Sequence[Path], rounds: int) -> str:
    """The table of times on this processor and on others that it imitates."""
    lines = []
    for name in chosen:
        own: list[float] = []
        for words, limit in PROCESSORS.items():
            times = on_processor(limit, "--times", name, "--rounds", str(rounds))
            seen = on_processor(limit, "--psnr", name, *as_options(folders[:SMALL]))
            own = own or seen
            moved = min(a - b for a, b in zip(seen, own, strict=True))
            gain = times["fp32"] / times["int8"]
            cells = [f"{times.get(p, 0):.0f}" for p in ("fp32", "bf16", "int8")]
            lines.append([Path(name).name, words, *cells, f"{gain:.1f}", f"{moved:+.3f}"])
    heads = ["fp32, ms", "bf16, ms", "int8, ms", "int8 against fp32, times", "int8 moves, dB"]
    return table(["model", "processor", *heads], lines).replace("| 0 |", "| - |")


def as_options(folders: Sequence[Path]) -> list[str]:
    return [word for folder in folders for word in ("--data", str(folder))]


def on_processor(limit: str, *words: str):  # type: ignore[no-untyped-def]
    """The JSON that this program prints where oneDNN may use no more than `limit`."""
    limited = os.environ | ({"ONEDNN_MAX_CPU_ISA": limit} if limit else {})
    command = [sys.executable, __file__, *words]
    done = subprocess.run(command, env=limited, capture_output=True, text=True, check=False)
    if done.returncode:
        stop_for(command, done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def timed(model: Model, rounds: int) -> dict[str, float]:
    """Milliseconds of a whole graph, bytes to bytes, in each precision that runs natively here."""
    pixels = photograph(SIDE, SIDE)[None]
    own = native_precisions() if "ONEDNN_MAX_CPU_ISA" not in os.environ else ["fp32", "int8"]
    precisions = [name for name in model.card.precision if name in own]
    candidates = {str(name): whole_graph(model, name, pixels) for name in precisions}
    timings = interleaved(candidates, rounds)
    return {name: 1e3 * one.smallest for name, one in timings.items()}


def whole_graph(model: Model, precision: PrecisionName, pixels: Array) -> Callable[[], object]:
    """A run of a model's whole graph in OpenVINO, bytes (n, h, w, c) to bytes."""
    cores = available_cores()
    request = Request(model.file(precision), finish_of(model), precision, "uint8", threads=cores)
    engine = make_engine("openvino", request)
    return lambda: engine.run({"picture": pixels})


if __name__ == "__main__":
    main()
