"""A page of plots of a run: one HTML file with drawings in it and nothing to load."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from claritas.training.runs import Curve, read_log, summarise

PAGE = "plots.html"
WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 76, 12, 12, 28
TICKS = 4
LARGE_SPAN = 30  # a curve that falls by more is drawn on a logarithmic scale
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin: 1.6rem 0 .2rem }
svg { width: 100%; height: auto } td, th { text-align: left; padding-right: 1.5rem }
line { stroke: #ddd } polyline { fill: none; stroke: #0a6; stroke-width: 1.8 }
circle { fill: #0a6 } text { font-size: 11px; fill: #555 }
"""


def write_plots(run: Path) -> Path:
    """Draw every curve of a run's log: first the loss and its parts, then validation."""
    facts = summarise(run)
    curves = {n: curve for n, curve in read_log(run).items() if n not in ("steps", "minutes")}
    named = sorted(curves, key=lambda name: (name.startswith("validation/"), name != "loss"))
    rows = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>"
        for key, value in facts.items()
        if value is not None
    )
    drawings = "".join(f"<h2>{escape(name)}</h2>\n{drawing(curves[name])}\n" for name in named)
    title = escape(f"{facts['name']}: {facts['steps']} steps")
    page = run / PAGE
    page.write_text(
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<h1>{title}</h1>\n<table>{rows}</table>\n{drawings}</html>\n",
        "utf-8",
    )
    return page


def drawing(curve: Curve) -> str:
    """One curve as SVG: (step, value) pairs in the order of their steps; at least one."""
    finite = [(step, value) for step, value in curve if math.isfinite(value)]
    if not finite:
        return "<p>No finite value.</p>"
    values = [value for _, value in finite]
    logarithmic = min(values) > 0 and max(values) > LARGE_SPAN * min(values)
    heights = [math.log10(value) if logarithmic else value for value in values]
    across = _scaled([step for step, _ in finite], LEFT, WIDTH - RIGHT)
    down = _scaled(heights, HEIGHT - BOTTOM, TOP)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
    single = f'<circle cx="{across[0]:.1f}" cy="{down[0]:.1f}" r="3"/>' if len(finite) == 1 else ""
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"{_levels(min(heights), max(heights), logarithmic)}{_steps(finite[0][0], finite[-1][0])}"
        f'<polyline points="{points}"/>{single}</svg>'
    )


def _scaled(values: Sequence[float], begin: float, end: float) -> list[float]:
    low, high = min(values), max(values)
    span = high - low or 1
    return [begin + (end - begin) * (value - low) / span for value in values]


def _levels(low: float, high: float, logarithmic: bool) -> str:
    marks = [low + (high - low) * i / TICKS for i in range(TICKS + 1)] if high > low else [low]
    return "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
        f"{10**mark if logarithmic else mark:.4g}</text>"
        for mark, y in zip(marks, _scaled(marks, HEIGHT - BOTTOM, TOP), strict=True)
    )


def _steps(first: int, last: int) -> str:
    y = HEIGHT - 8
    return (
        f'<text x="{LEFT}" y="{y}">step {first:,}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{y}" text-anchor="end">{last:,}</text>'
    )
