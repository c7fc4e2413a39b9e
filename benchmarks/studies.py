"""Trains and tests what the founding studies compared, at small scale, on stand-in data.

    python benchmarks/studies.py STUDY... [--runs DIR] [--write]

A run that is finished is not made again; one that was stopped goes on.
`--write` puts each study's tables into docs/studies.md.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from document import ROOT, SHARED_DATA, publish, stop
from study.runs import Workshop

PAGE = ROOT / "docs" / "studies.md"
STUDIES = (
    "domains",
    "upsampling",
    "medical",
    "aesthetics",
    "backbones",
    "autoencoders",
    "squares",
    "restoration",
)


def main() -> None:
    arguments = parse()
    if not SHARED_DATA.is_dir():
        stop(f"The studies need the pictures of {SHARED_DATA}, which is not there.")
    workshop = Workshop(arguments.runs)
    for name in arguments.studies:
        text = importlib.import_module(f"study.{name}").tables(workshop)
        publish(name, text, PAGE if arguments.write else None)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+", choices=STUDIES, metavar="STUDY")
    parser.add_argument("--runs", type=Path, default=Path("runs/studies"), help="where runs lie")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/studies.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
