"""The net that paints in: its small form, and its parameters counted by hand."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, list[dict[str, Any]]] = {
    "masked": [{"kind": "vdsr", "arguments": {"depth": 4, "width": 12}}],
}

# The entry, 4 * 3 * 9 + 3, and VDSR of 6 layers: 3 * 8 * 9 + 8, 4 * (8 * 8 * 9 + 8), 8 * 3 * 9 + 3.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("masked", {"kind": "vdsr", "arguments": {"depth": 6, "width": 8}}, 111 + 224 + 2336 + 219),
]
