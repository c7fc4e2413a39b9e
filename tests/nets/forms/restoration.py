"""Nets at full size: a small form of each for the contract, and golden parameter counts."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, list[dict[str, Any]]] = {
    "dncnn": [{"depth": 4, "width": 12}, {"channels": 1, "depth": 3, "width": 8, "norm": False}],
    "can": [{"width": 8, "dilated": 3}, {"width": 6, "dilated": 4, "norm": False, "channels": 1}],
    "nafnet": [
        {"width": 4, "encoders": [1, 1], "middle": 1, "decoders": [1, 1]},
        {"width": 4, "encoders": [1, 1, 1, 1], "middle": 1, "decoders": [1, 1, 1, 1]},
    ],
    "restormer": [
        {"width": 8, "blocks": [1, 1, 1, 1], "refinement": 1, "heads": [1, 2, 2, 4]},
        {"width": 4, "blocks": [1, 1, 1, 1], "refinement": 1, "biased_norm": True, "channels": 1},
    ],
    "mirnet-v2": [{"width": 8, "blocks": 1, "groups": [1, 2]}],
}
SIDD = {"encoders": [2, 2, 4, 8], "middle": 12, "decoders": [2, 2, 2, 2]}
GOPRO = {"encoders": [1, 1, 1, 28], "middle": 1, "decoders": [1, 1, 1, 1]}

# ../shared/facts/nets.md 1.0.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("dncnn", {"channels": 1, "depth": 17}, 557_057),
    ("dncnn", {"channels": 1, "depth": 17, "norm": False}, 555_137),
    ("dncnn", {"channels": 1}, 668_225),
    ("dncnn", {"channels": 1, "norm": False}, 665_921),
    ("dncnn", {}, 670_531),
    ("dncnn", {"norm": False}, 668_227),
    ("can", {"width": 24, "dilated": 7, "norm": False}, 37_011),
    ("can", {"width": 24, "dilated": 7}, 37_219),
    ("can", {"norm": False}, 74_691),
    ("can", {}, 74_997),
    ("nafnet", {"width": 32} | SIDD, 29_159_715),
    ("nafnet", {"width": 64} | SIDD, 115_982_915),
    ("nafnet", {"width": 32} | GOPRO, 17_111_907),
    ("nafnet", {"width": 64} | GOPRO, 67_888_835),
    ("restormer", {"biased_norm": True}, 26_126_644),
    ("restormer", {}, 26_111_668),
    ("restormer", {"channels": 1}, 26_109_076),
    ("mirnet-v2", {}, 5_858_560),
]
