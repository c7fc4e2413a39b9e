"""Small fast nets: a small form of each for the contract, and golden parameter counts."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, list[dict[str, Any]]] = {
    "span": [
        {"scale": 2, "channels": 8, "blocks": 1},
        {"scale": 4, "channels": 8, "blocks": 2, "gain": 2.0, "branches": False},
    ],
    "spanv2": [{"scale": s, "channels": 8, "blocks": 2} for s in (2, 3, 4)],
    "disp": [
        {"scale": 2, "channels": 8, "blocks": 2, "depth": 2},
        {"scale": 3, "channels": 8, "blocks": 1, "branches": False},
    ],
    "errn2": [
        {"scale": 2, "channels": 8, "blocks": 1},
        {"scale": 3, "channels": 8, "blocks": 2, "branches": False},
    ],
    "amcanet": [{"scale": s, "channels": 8, "blocks": 4} for s in (2, 3)],
    "pan": [{"scale": s, "channels": 12, "blocks": 2, "fine": 8} for s in (2, 3, 4)],
}

# Stale copies of SPAN's merged convolutions, which its public code keeps beside the branches:
# 426,288 less the fusion's 4*48*48 + 48 and the tail's 48*48*9 + 48.
STALE = 426_288 - 9_264 - 20_784

# ../shared/facts/nets.md 1.0 and 1.8.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("span", {"scale": 4}, 2_236_728 - STALE),
    ("span", {"scale": 2}, 2_221_140 - STALE),
    ("span", {"scale": 2, "branches": False}, 410_700),
    ("span", {"scale": 4, "branches": False}, 426_288),
    ("span", {"scale": 2, "channels": 52, "branches": False}, 481_324),
    ("span", {"scale": 4, "channels": 52, "branches": False}, 498_208),
    ("span", {"scale": 4, "channels": 28, "branches": False}, 150_688),
    ("span", {"scale": 4, "channels": 26, "branches": False}, 130_828),
    ("spanv2", {"scale": 4}, 139_104),
    ("disp", {"scale": 4, "branches": False}, 163_792),
    ("errn2", {"scale": 4, "branches": False}, 245_968),
    ("amcanet", {"scale": 4}, 86_384),
    ("pan", {"scale": 4}, 272_419),
]
