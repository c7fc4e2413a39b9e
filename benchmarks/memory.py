"""Measures the peak memory of enlarging huge pictures: does it grow with the height?

    python benchmarks/memory.py [--width 10000] [--heights 2500 10000] [--scale 2]
                                [--formats tiff png jpeg] [--write]

A child runs `python -m claritas enhance`, a tiled TIFF comes out. Its memory
and its children's (resident set, shared pages counted in each) are added up
fifty times a second.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pyvips
from document import SPEED_PAGE, machine, own_places, photograph, publish, stop, stop_for, table

try:
    import psutil
except ImportError:
    stop("psutil is not installed; memory cannot be measured without it.")

PAUSE = 0.02  # seconds between two samples

# How each input is written: file suffix and libvips's settings.
FORMATS: dict[str, tuple[str, dict[str, object]]] = {
    "tiff": (".tif", {"tile": True, "tile_width": 256, "tile_height": 256}),
    "png": (".png", {"compression": 1}),
    "jpeg": (".jpg", {"Q": 90}),
}


class Peak(NamedTuple):
    """Of all processes of one command together."""

    megabytes: float
    seconds: float


def main() -> None:
    arguments = parse()
    lines = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for name in arguments.formats:
            peaks = [
                measured(name, arguments, height, Path(folder))
                for height in sorted(arguments.heights)
            ]
            lines += [
                line(name, arguments.width, height, peak, peaks[0])
                for height, peak in zip(sorted(arguments.heights), peaks, strict=True)
            ]
    heads = ["input", "size", "seconds", "peak, MB", "above the lowest picture, MB"]
    text = f"{machine()}. x{arguments.scale}, tiled TIFF out.\n\n{table(heads, lines)}"
    publish("memory", text, SPEED_PAGE if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=10000)
    parser.add_argument("--heights", type=int, nargs="+", default=[2500, 10000])
    parser.add_argument("--scale", default="2")
    parser.add_argument("--model", help="a model's name or folder; the default one otherwise")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--folder", type=Path, help="for the pictures, some 2 GB; else temporary")
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    return parser.parse_args()


def measured(name: str, arguments: argparse.Namespace, height: int, folder: Path) -> Peak:
    """The peak for one picture, which is made before and removed after."""
    suffix, settings = FORMATS[name]
    source, result = folder / f"source{suffix}", folder / "result.tif"
    tile = pyvips.Image.new_from_array(photograph(600, 400))
    width = arguments.width
    many = tile.replicate(-(-width // 600), -(-height // 400)).crop(0, 0, width, height)
    many.write_to_file(str(source), **settings)
    command = [sys.executable, "-m", "claritas", "enhance", str(source), "-o", str(result)]
    command += ["--scale", arguments.scale, "--quiet"]
    peak = peak_of(
        command + ["--model", arguments.model] * bool(arguments.model), own_places(folder)
    )
    source.unlink()
    result.unlink()
    return peak


def peak_of(command: list[str], places: dict[str, str]) -> Peak:
    """Runs a command to its end; one that fails ends this program too."""
    began, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=places) as child:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            peak = max(peak, resident(process))
            time.sleep(PAUSE)
        errors = child.stderr.read() if child.stderr else ""
    if child.returncode:
        stop_for(command, errors)
    return Peak(peak / 1e6, time.perf_counter() - began)


def resident(process: psutil.Process) -> int:
    """Bytes in memory of a process and all that it started."""
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass  # one ended between the listing and the look
    return total


def line(name: str, width: int, height: int, peak: Peak, lowest: Peak) -> list[str]:
    size = f"{width}x{height}"
    above = f"{peak.megabytes - lowest.megabytes:+.0f}"
    return [name, size, f"{peak.seconds:.0f}", f"{peak.megabytes:.0f}", above]


if __name__ == "__main__":
    main()
