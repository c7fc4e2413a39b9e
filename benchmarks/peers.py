"""Ours beside what a user has today: quality and time on the same pictures, in one run.

    python benchmarks/peers.py [--rounds 9] [--write]

OpenCV's dnn_superres, waifu2x and Real-ESRGAN's small general net in ncnn, and published nets,
imported and run by Claritas in fp32 and, where the processor has it, in bf16. Weights lie in
../shared/data/peers; programs that are not installed are named and left out. Each is timed from
8-bit pixels to 8-bit pixels, 256x256 in, in turns. Some fifteen minutes.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from document import ROOT, SHARED_DATA, SPEED_PAGE, machine, photograph, publish, stop, table
from interleaved import Timing, interleaved
from study.curves import Curve, write_curves

from claritas.assessment.full_reference import Uint8, as_rgb
from claritas.benchmark.sets import Pixels, as_bytes, picture_sets
from claritas.benchmark.tables import Method, model_method, plain_method, rows
from claritas.engines.openvino import native_precisions
from claritas.engines.threads import available_cores
from claritas.zoo.card import Precision, PrecisionName, read_card

try:
    from claritas.training.deployment.model_folder import write_card
    from claritas.training.foreign import import_model
except ImportError:
    stop("torch is not installed; pip install '.[train]' brings it.")

PEERS = SHARED_DATA / "peers"
SETS = ("set5", "set14", "b100")
SIDE = 256
PLOT = ROOT / "docs" / "pictures" / "peers.svg"
WAIFU2X = "waifu2x/upconv_7_photo_scale2x"
MARGIN = 7  # pixels that waifu2x's convolutions cut off at each edge
REALESR = "realesr/realesr-general-x4v3"
OURS = {2: ("photo-x2",), 4: ("photo-x4", "photo-x4-fast")}
OPENCV = ("FSRCNN", "ESPCN", "LapSRN")
NO_SUPERRES = "dnn_superres left out: opencv-contrib-python-headless<5 is not installed."
IMPORTED = {
    2: {"IMDN": "imdn/IMDN_x2.pth"},
    4: {
        "IMDN": "imdn/IMDN_x4.pth",
        "SPAN": "ntire_esr/ntire2026_team00_SPAN.pth",
        "SPANV2": "ntire_esr/ntire2026_team22_SPANV2.pth",
        "DISP": "ntire_esr/ntire2026_team18_DISP.pth",
        "ERRN2": "ntire_esr/ntire2026_team20_ERRN2.pth",
        "AMCANet": "ntire_esr/ntire2026_team17_AMCANet.pth",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/speed.md")
    arguments = parser.parse_args()
    if not PEERS.is_dir():
        stop(f"The peers' weights are to lie in {PEERS}, which is not there.")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLARITAS_MODELS"] = folder
        found = {scale: measured(scale, arguments.rounds) for scale in OURS}
    if arguments.write:
        curves = [as_curve(scale, lines) for scale, lines in found.items()]
        write_curves(PLOT, curves, "log10 of ms", "Set14, dB", side=520)
    head = f"{machine()}. {SIDE}x{SIDE} in, {arguments.rounds} rounds.\n\n"
    text = head + "\n\n".join(as_table(scale, lines) for scale, lines in found.items())
    publish("peers", text, SPEED_PAGE if arguments.write else None)


class Line(NamedTuple):
    """PSNR-Y on each set, and the time."""

    name: str
    psnr: list[float]
    time: Timing


def measured(scale: int, rounds: int) -> list[Line]:
    """Quality and time of every method of a scale, bicubic first."""
    methods = [plain_method("bicubic", scale)]
    methods += [model_method(name, scale) for name in OURS[scale]]
    methods += [model_method(OURS[scale][0], scale, preset="best")]
    methods += [*of_opencv(scale), *of_ncnn(scale), *imported(scale)]
    by_set = [
        rows(pictures, scale, methods)
        for pictures in picture_sets([SHARED_DATA / name for name in SETS])
    ]
    pixels = photograph(SIDE, SIDE)
    times = interleaved({one.name: partial(one.enlarge, pixels) for one in methods}, rounds)
    return [
        Line(method.name, [of_set[index].psnr_y for of_set in by_set], times[method.name])
        for index, method in enumerate(methods)
    ]


def as_table(scale: int, lines: Sequence[Line]) -> str:
    ours = next(line.time.smallest for line in lines if line.name in OURS[scale])
    heads = [*(f"{name}, dB" for name in SETS), "smallest, ms", f"times {OURS[scale][0]}"]
    cells = [
        [
            line.name,
            *(f"{one:.2f}" for one in line.psnr),
            f"{1e3 * line.time.smallest:.1f}",
            f"{line.time.smallest / ours:.2f}",
        ]
        for line in lines
    ]
    return table([f"x{scale}", *heads], cells)


def as_curve(scale: int, lines: Sequence[Line]) -> Curve:
    """Time against quality on Set14; of two precisions the quicker one."""
    slowest_first = sorted(lines, key=lambda line: -line.time.smallest)
    quickest = {one.name.removesuffix(" bf16").removesuffix(" fp32"): one for one in slowest_first}
    points = [(math.log10(1e3 * one.time.smallest), one.psnr[1]) for one in quickest.values()]
    return Curve(f"x{scale}", points, list(quickest), joined=False)


def of_opencv(scale: int) -> list[Method]:
    """The nets of dnn_superres; they enlarge luma, and OpenCV the colours by bicubic."""
    try:
        import cv2
    except ImportError:
        print(NO_SUPERRES)
        return []
    superres = getattr(cv2, "dnn_superres", None)  # only in contrib builds, up to OpenCV 4
    if superres is None:
        print(NO_SUPERRES)
        return []
    cv2.setNumThreads(available_cores())

    def made(name: str) -> Method:
        net = superres.DnnSuperResImpl_create()
        net.readModel(str(PEERS / "opencv" / f"{name}_x{scale}.pb"))
        net.setModel(name.lower(), scale)

        def enlarge(low: Pixels) -> Uint8:
            blue_first = np.ascontiguousarray(as_rgb(as_bytes(low))[..., ::-1])
            return np.ascontiguousarray(net.upsample(blue_first)[..., ::-1])

        return Method(f"OpenCV {name}", enlarge)

    return [made(name) for name in OPENCV]


def of_ncnn(scale: int) -> list[Method]:
    """waifu2x for 2, Real-ESRGAN's small general net for 4."""
    if scale == 4:
        return realesr()
    run = ncnn_net(PEERS / WAIFU2X, "Input1", "Eltwise4")
    return [Method("waifu2x upconv_7_photo", partial(with_margin, run))] if run else []


def with_margin(run: Callable[[Uint8], Uint8], low: Pixels) -> Uint8:
    """For a net that pads nothing itself: its edges repeated."""
    around = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))
    return run(np.pad(as_rgb(as_bytes(low)), around, "edge"))


def realesr() -> list[Method]:
    run = ncnn_net(PEERS / REALESR, "data", "output")
    return [Method(Path(REALESR).name, lambda low: run(as_rgb(as_bytes(low))))] if run else []


def ncnn_net(path: Path, given: str, made: str) -> Callable[[Uint8], Uint8] | None:
    """A net in ncnn, RGB of 8 bits to the same; None where it or ncnn is not there."""
    try:
        import ncnn
    except ImportError:
        print(f"{path.name} left out: ncnn is not installed.")
        return None
    if not path.with_suffix(".param").is_file():
        print(f"{path.name} left out: its weights are not there.")
        return None
    net = ncnn.Net()
    net.opt.num_threads = available_cores()
    net.load_param(str(path.with_suffix(".param")))
    net.load_model(str(path.with_suffix(".bin")))

    def run(rgb: Uint8) -> Uint8:
        planes = np.ascontiguousarray(rgb.transpose(2, 0, 1), np.float32) / np.float32(255)
        extractor = net.create_extractor()
        extractor.input(given, ncnn.Mat(planes))
        result = np.array(extractor.extract(made)[1]).transpose(1, 2, 0)
        return as_bytes(np.ascontiguousarray(result))

    return run


def imported(scale: int) -> list[Method]:
    """Published nets in OpenVINO; import allows fp32 alone, here bf16 is measured as well."""
    methods = []
    for name, file in IMPORTED[scale].items():
        folder = import_model(PEERS / file, f"{name.lower()}-x{scale}").folder
        allow_bf16(folder)
        for precision in ("fp32", "bf16"):
            if precision in native_precisions():
                method = model_method(str(folder), scale, precision)
                methods.append(method._replace(name=f"{name} {precision}"))
    return methods


def allow_bf16(folder: Path) -> None:
    """The same file as another precision of the card."""
    card = read_card(folder).card
    both: dict[PrecisionName, Precision] = dict.fromkeys(("fp32", "bf16"), card.precision["fp32"])
    write_card(folder, msgspec.structs.replace(card, precision=both))


if __name__ == "__main__":
    main()
