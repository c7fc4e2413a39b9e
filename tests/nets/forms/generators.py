"""Generators of adversarial training: small forms for the contract, and golden counts."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, list[dict[str, Any]]] = {
    "esrgan": [{"scale": s, "blocks": 1, "channels": 6, "growth": 4} for s in (1, 2, 4)],
    "esrganplus": [{"blocks": 1, "channels": 6, "growth": 4}],
    "enhancenet": [{"blocks": 2, "channels": 8}],
    "ahmad2022": [{"blocks": 1, "channels": 4, "norm": norm} for norm in (True, False)],
}

# ../shared/facts/nets.md 1.0. The learned noise of esrganplus is counted by hand:
# 64 weights behind each of 23 * 3 dense blocks and 23 RRDBs.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("esrgan", {"scale": 4}, 16_697_987),
    ("esrgan", {"scale": 2}, 16_703_171),
    ("esrgan", {"scale": 1}, 16_723_907),
    ("esrgan", {"scale": 4, "blocks": 6}, 4_467_779),
    ("esrganplus", {}, 16_839_299),
    ("esrganplus", {"noise": "none"}, 16_839_299),
    ("esrganplus", {"noise": "paper"}, 16_839_299 + 64 * 23 * 4),
    ("enhancenet", {}, 852_867),
    ("ahmad2022", {}, 3_183_906),
    ("ahmad2022", {"norm": False}, 3_177_250),
]
