"""Small pictures, and the real command line in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# The resizer alone: the journeys are about files, and it needs no model's start-up.
PLAIN = ("--scale", "1")


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "claritas", *map(str, words)]


def claritas(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; standard streams as text that survives any name."""
    result = subprocess.run(
        command(*words),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=120,
        env=os.environ | environment,
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result


def lines(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON lines of standard output."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def paint(path: Path, width: int = 24, height: int = 16, seed: int = 0, **options: Any) -> Path:
    """A picture of smooth noise, in the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    smooth = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
    smooth.save(path, **options)
    return path


def names(folder: Path) -> list[str]:
    """All files below a folder, hidden ones too."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        picture.load()
        return picture.size
