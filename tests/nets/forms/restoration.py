"""Nets at full size: a small form of each for the contract, and golden parameter counts."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, list[dict[str, Any]]] = {
    "dncnn": [{"depth": 4, "width": 12}, {"channels": 1, "depth": 3, "width": 8, "norm": False}],
}

# ../shared/facts/nets.md 1.0.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("dncnn", {"channels": 1, "depth": 17}, 557_057),
    ("dncnn", {"channels": 1, "depth": 17, "norm": False}, 555_137),
    ("dncnn", {"channels": 1}, 668_225),
    ("dncnn", {"channels": 1, "norm": False}, 665_921),
    ("dncnn", {}, 670_531),
    ("dncnn", {"norm": False}, 668_227),
]
