"""The page of `claritas assess --html`: one file with all that it shows, sorted by a click."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from claritas.cli.assessed import SCORE, metric_names, number
from claritas.cli.messages import visible
from claritas.errors import ClaritasError

if TYPE_CHECKING:
    from claritas.assessment.score import Score
    from claritas.cli.assessed import Judged

THUMBNAIL_SIDE = 160
THUMBNAIL_QUALITY = 80

STYLE = """
body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222;background:#fff}
table{border-collapse:collapse}td,th{padding:.4rem .7rem;border-bottom:1px solid #ddd}
td{text-align:right;vertical-align:middle;white-space:nowrap}
td:nth-child(2){white-space:normal;overflow-wrap:anywhere;min-width:16rem}td:first-child,td:nth-child(2){text-align:left}
th{position:sticky;top:0;background:#f4f4f4;text-align:right;vertical-align:bottom}
th[data-kind]{text-align:left}
th button{white-space:nowrap;font:inherit;font-weight:600;border:0;background:none;
cursor:pointer;padding:0}
th small{display:block;font-weight:400;color:#666}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
td small{display:block;color:#666}svg{display:block;margin:.2rem 0 .2rem auto}
img{display:block;max-width:160px;max-height:160px}.error{color:#a00;white-space:pre-line}
dt{font-weight:600}dd{margin:0 0 .5rem}
"""

# Numbers that are missing stay at the end, whichever way the rest is sorted.
SCRIPT = """
document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
  const head = button.parentElement, column = head.cellIndex;
  const body = document.querySelector("tbody"), up = head.getAttribute("aria-sort") !== "ascending";
  document.querySelectorAll("th").forEach(one => one.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = row => row.cells[column].dataset.value;
  const compare = (a, b) => {
    const x = key(a), y = key(b);
    if (x === "" || y === "") return (x === "") - (y === "");
    const order = head.dataset.kind === "text" ? x.localeCompare(y) : x - y;
    return up ? order : -order;
  };
  [...body.rows].sort(compare).forEach(row => body.append(row));
}));
"""


def page(judged: Sequence[Judged]) -> str:
    """The whole page; it loads nothing from anywhere."""
    names = metric_names(judged)
    if any(one.found and one.found.opinion for one in judged):
        names = [SCORE, *names]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Assessment of {len(judged)} pictures</title>",
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{len(judged)} picture{'s' if len(judged) != 1 else ''}</h1>",
            "<table><thead><tr><th></th>",
            '<th data-kind="text"><button>picture</button></th>',
            *(_head(name, judged) for name in names),
            "</tr></thead><tbody>",
            *(_row(one, names) for one in judged),
            "</tbody></table><h2>What the numbers are</h2><dl>",
            *_meanings(names, judged),
            f"</dl><script>{SCRIPT}</script></body></html>\n",
        ]
    )


def _example(name: str, judged: Sequence[Judged]) -> Score:
    """Any picture's score of this name: they differ in their values only."""
    return next(score for one in judged if (score := one.score(name)) is not None)


def _head(name: str, judged: Sequence[Judged]) -> str:
    direction = _example(name, judged).direction
    return f"<th><button>{escape(name)}</button><small>{escape(direction)}</small></th>"


def _row(one: Judged, names: Sequence[str]) -> str:
    name = escape(visible(one.input))
    if one.found is None:
        words = f'<span class="error">{escape(one.error)}</span>'
        cells = '<td data-value=""></td>' * len(names)
        return f'<tr><td></td><td data-value="{name}">{name}<br>{words}</td>{cells}</tr>'
    size = f"{one.found.width}×{one.found.height}"
    first = f'<td>{_thumbnail(one)}</td><td data-value="{name}">{name}<br>{size}</td>'
    return f"<tr>{first}{''.join(_cell(one, name) for name in names)}</tr>"


def _cell(one: Judged, name: str) -> str:
    score = one.score(name)
    value = "" if score is None else f"{min(score.value, 1e308):.9g}"
    marks = _histogram(one) + _place(one) if name == SCORE else ""
    return f'<td data-value="{value}">{number(score)}{marks}</td>'


def _place(one: Judged) -> str:
    """Where the score stands among photographs that people rated."""
    share = one.found.percentile if one.found else None
    return "" if share is None else f"<small>better than {share:.0f} %</small>"


def _histogram(one: Judged) -> str:
    """The share of each mark as a small drawing."""
    opinion = one.found.opinion if one.found else None
    if opinion is None:
        return ""
    most = max(opinion.distribution) or 1.0
    bars = "".join(
        f'<rect x="{9 * at}" y="{30 * (1 - share / most):.1f}" width="8" '
        f'height="{30 * share / most:.1f}"><title>{at + 1}: {100 * share:.1f} %</title></rect>'
        for at, share in enumerate(opinion.distribution)
    )
    width = 9 * len(opinion.distribution)
    return f'<svg width="{width}" height="30" role="img" fill="#468">{bars}</svg>'


def _thumbnail(one: Judged) -> str:
    try:
        content = base64.b64encode(_small_jpeg(one)).decode("ascii")
    except ClaritasError:  # changed since it was measured
        return ""
    return f'<img alt="" src="data:image/jpeg;base64,{content}">'


def _small_jpeg(one: Judged) -> bytes:
    """The picture within a square of 160 pixels."""
    import numpy as np

    from claritas.assessment.assessor import eight_bits
    from claritas.image.libvips import libvips
    from claritas.image.read import open_picture
    from claritas.image.resize import resize

    picture = open_picture(one.input)
    width, height = picture.header.width, picture.header.height
    scale = min(1.0, THUMBNAIL_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    pixels = np.ascontiguousarray(eight_bits(resize(picture, size=size, kernel="area")))
    image = libvips().Image.new_from_memory(pixels.data, *size, 3, "uchar")
    return bytes(image.copy(interpretation="srgb").jpegsave_buffer(Q=THUMBNAIL_QUALITY))


def _meanings(names: Sequence[str], judged: Sequence[Judged]) -> Iterator[str]:
    from claritas.assessment.metrics import METRICS

    for name in names:
        score = _example(name, judged)
        measures = METRICS[name].measures if name in METRICS else "what people would give"
        low, high = (f"{end:g}".replace("inf", "∞") for end in score.range)
        unit = f" {score.unit}" if score.unit else ""
        words = f"{measures}; {low} to {high}{unit}, {score.direction} ({score.protocol})"
        yield f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>"
