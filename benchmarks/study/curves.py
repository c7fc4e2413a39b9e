"""A plot for the documents: small panels of labelled points, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

SIDE, MARGIN = 260, 52
STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#333}.axis{stroke:#999;fill:none}"
    "polyline{fill:none;stroke:#0a6;stroke-width:1.5}circle{fill:#0a6}.panel{font-weight:600}"
)


class Curve(NamedTuple):
    """Points (x, y) in their order, each with a label."""

    title: str
    points: Sequence[tuple[float, float]]
    labels: Sequence[str]
    joined: bool = True


def write_curves(
    path: Path, curves: Sequence[Curve], across: str, down: str, side: int = SIDE
) -> None:
    """Draw a panel of `side` for each curve, with axes of its own, beside the others."""
    panels = "".join(_panel(curve, i * side, across, down, side) for i, curve in enumerate(curves))
    width = side * len(curves)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {side}">'
        f"<style>{STYLE}</style>"
        f'<rect width="{width}" height="{side}" fill="#fff"/>{panels}</svg>\n',
        "utf-8",
    )


def _panel(curve: Curve, left: int, across: str, down: str, side: int) -> str:
    first, last = MARGIN, side - MARGIN // 2
    xs = _scaled([x for x, _ in curve.points], left + first, left + last - 20)
    ys = _scaled([y for _, y in curve.points], last - 10, first)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        f'<text x="{x + 6:.1f}" y="{y - 5:.1f}">{escape(label)}</text>'
        for x, y, label in zip(xs, ys, curve.labels, strict=True)
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    ends = [f"{end:.3g}" for end in _ends([y for _, y in curve.points])]
    sides = [f"{end:.4g}" for end in _ends([x for x, _ in curve.points])]
    return (
        f'<text class="panel" x="{left + first}" y="28">{escape(curve.title)}</text>'
        f'<path class="axis" d="M{left + first},{first - 10} V{last} H{left + last}"/>'
        f'<text x="{left + first}" y="{side - 8}">{sides[0]}</text>'
        f'<text x="{left + last}" y="{side - 8}" text-anchor="end">{sides[1]}</text>'
        f'<text x="{left + (first + last) / 2}" y="{side - 8}" text-anchor="middle">'
        f"{escape(across)}</text>"
        f'<text x="{left + first - 5}" y="{last - 8}" text-anchor="end">{ends[0]}</text>'
        f'<text x="{left + first - 5}" y="{first + 4}" text-anchor="end">{ends[1]}</text>'
        f'<text x="{left + 8}" y="{first - 16}">{escape(down)}</text>'
        + (f'<polyline points="{line}"/>' if curve.joined else "")
        + dots
    )


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _scaled(values: Sequence[float], begin: float, end: float) -> list[float]:
    low, high = _ends(values)
    span = high - low or 1
    return [begin + (end - begin) * (value - low) / span for value in values]
