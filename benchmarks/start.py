"""Times starting up, against programs that do nothing: whole processes, in turn.

    python benchmarks/start.py [--rounds 9] [--write]

The help against that of an empty typer program; enhancing a 64x64 picture for
the second time (the compiled model is kept) against importing what it needs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyvips
from document import SPEED_PAGE, machine, own_places, photograph, publish, stop_for, table
from interleaved import Timing, interleaved

EMPTY_PROGRAM = '''
import typer
app = typer.Typer()
@app.command()
def main() -> None:
    """Nothing."""
app()
'''


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        timings = interleaved(programs(Path(folder)), arguments.rounds)
    empty, ours, imports, second = timings.items()
    lines = [*pair(empty, ours), *pair(imports, second)]
    heads = ["program", "smallest, ms", "median, ms", "times the one above (median)"]
    text = f"{machine()}. {arguments.rounds} rounds.\n\n{table(heads, lines)}"
    publish("start", text, SPEED_PAGE if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help="put the table into docs/speed.md")
    return parser.parse_args()


def programs(folder: Path) -> dict[str, Callable[[], object]]:
    """What is run, in this order; the round that warms up is the first time of all."""
    empty, picture = folder / "empty.py", folder / "small.png"
    empty.write_text(EMPTY_PROGRAM)
    pyvips.Image.new_from_array(photograph(64, 64)).write_to_file(str(picture))
    claritas = [sys.executable, "-m", "claritas"]
    enhance = [*claritas, "enhance", str(picture), "-o", str(folder / "large.png"), "--overwrite"]
    commands = {
        "empty typer program --help": [sys.executable, str(empty), "--help"],
        "claritas --help": [*claritas, "--help"],
        'python -c "import numpy, openvino"': [sys.executable, "-c", "import numpy, openvino"],
        "claritas enhance, 64x64, second time": enhance,
    }
    return {name: starting(command, folder) for name, command in commands.items()}


def starting(command: list[str], folder: Path) -> Callable[[], object]:
    """The command as a process whose cache and state lie in `folder`."""
    places = own_places(folder)

    def run() -> None:
        ended = subprocess.run(command, capture_output=True, text=True, env=places)
        if ended.returncode:
            stop_for(command, ended.stderr)

    return run


def pair(plain: tuple[str, Timing], ours: tuple[str, Timing]) -> list[list[str]]:
    """Two lines: what we are held against, and ours."""
    return [
        [
            name,
            f"{one.smallest * 1e3:.0f}",
            f"{one.median * 1e3:.0f}",
            f"{one.median / plain[1].median:.2f}",
        ]
        for name, one in (plain, ours)
    ]


if __name__ == "__main__":
    main()
