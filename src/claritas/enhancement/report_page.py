"""The report as a page for people: one file that loads nothing from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from claritas.assessment.pixels import Uint8
from claritas.enhancement.invention import WHITE, Map
from claritas.image.libvips import libvips
from claritas.image.picture import Picture
from claritas.image.resize import imresize, resize

THUMBNAIL_SIDE = 360
DETAIL_SIDE = 240
DETAIL_SHOWN_TIMES = 2

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;
max-width:66rem;color:#222;background:#fff}
table{border-collapse:collapse}td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd}
td{text-align:right;white-space:nowrap}th{text-align:right}
td:first-child{text-align:left}figure{margin:0 1rem 1rem 0}
.row{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr))}
figcaption{font-size:.85rem;color:#555;max-width:20rem}img{max-width:100%;height:auto}
.detail{grid-template-columns:1fr 1fr}td:last-child{text-align:left;white-space:normal}
code{word-break:break-all;font-size:.8rem}.detail img{image-rendering:pixelated}
"""

CAPTIONS = {
    "consistency": "Where the result, brought down, differs from its input",
    "undetermined": "Detail that the input does not determine",
    "spread": "How much the results differ when the input is turned, or its colours are exchanged",
}


@dataclass(frozen=True)
class Shown:
    """Pictures of a report: input and result, (height, width, 3), and maps by name."""

    source: Uint8
    result: Uint8
    maps: Mapping[str, Map]


def page(facts: Mapping[str, Any], shown: Shown) -> str:
    """The whole page."""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>Report on {_text(facts['output']['name'])}</title>",
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{_text(facts['output']['name'])}</h1>",
            *_sentences("What the model may have invented", facts["words"]),
            *_pictures(shown),
            *_maps(facts, shown),
            *_numbers(facts),
            *_sentences("What was done", facts["notes"]),
            *_origin(facts),
            "</body></html>\n",
        ]
    )


def _text(value: object) -> str:
    """Any file name, also one that is no text."""
    return escape(str(value).encode("utf-8", "replace").decode("utf-8"))


def _sentences(title: str, sentences: list[str]) -> Iterator[str]:
    yield f"<h2>{title}</h2><ul>"
    yield from (f"<li>{_text(sentence)}</li>" for sentence in sentences)
    yield "</ul>"


def _pictures(shown: Shown) -> Iterator[str]:
    yield '<h2>Before and after</h2><div class="row">'
    yield _figure(_thumbnail(shown.source), "the input")
    yield _figure(_thumbnail(shown.result), "the result")
    yield '</div><div class="row detail">'
    size = shown.result.shape[1], shown.result.shape[0]
    before, after = _centre(imresize(shown.source, size=size)), _centre(shown.result)
    width = after.shape[1] * DETAIL_SHOWN_TIMES
    yield _figure(before, "the middle, interpolated", width)
    yield _figure(after, "the middle of the result", width)
    yield "</div>"


def _maps(facts: Mapping[str, Any], shown: Shown) -> Iterator[str]:
    yield f'<h2>Maps</h2><p>White is {WHITE:g} grey levels of 255 or more.</p><div class="row">'
    for name, found in shown.maps.items():
        numbers = facts["maps"][name]
        words = (
            f"{CAPTIONS[name]}: root mean square {numbers['rms']:g}, "
            f"largest {numbers['largest']:g} grey levels; {numbers['protocol']}"
        )
        levels = np.clip(found * (255 / WHITE), 0, 255).round().astype(np.uint8)
        yield _figure(_thumbnail(np.repeat(levels[..., None], 3, axis=-1)), words)
    yield "</div>"


def _numbers(facts: Mapping[str, Any]) -> Iterator[str]:
    before, after = facts["scores"]["before"], facts["scores"]["after"]
    yield f"<h2>Scores</h2><p>Measured on {_text(facts['measured'])}.</p>"
    yield "<table><tr><th></th><th>before</th><th>after</th><th></th></tr>"
    for name, one in after.items():
        was = _value(before.get(name))
        yield f"<tr><td>{name}</td><td>{was}</td><td>{_value(one)}</td><td>{_direction(one)}</td>"
    for name, one in facts["against_input"].items():
        yield f"<tr><td>{name}</td><td></td><td>{_value(one)}</td><td>{_direction(one)}</td>"
    yield "</table>"


def _value(one: object) -> str:
    if not isinstance(one, Mapping):
        return "" if one is None else f"{one:g}"
    if "value" not in one:
        return ""
    return "∞" if one["value"] is None else f"{one['value']:g} {one['unit']}"


def _direction(one: object) -> str:
    if not isinstance(one, Mapping):
        return "higher is better"
    return _text(one.get("unavailable") or f"{one['direction']}; {one['protocol']}")


def _origin(facts: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>With what</h2><table>"
    rows: list[tuple[str, object]] = [("claritas", facts["claritas"])]
    rows += [(f"SHA-256 of the {name}", facts[name]["sha256"]) for name in ("input", "output")]
    for model in facts["models"]:
        rows.append(("model", f"{model['name']} {model['version']} in {model['precision']}"))
        rows.append(("SHA-256 of its weights", model["weights"]))
        rows.append(("licence", model["card"]["licence"]))
    rows += facts["machine"].items()
    rows += [(name, value) for name, value in facts["settings"].items() if value is not None]
    yield from (f"<tr><td>{_text(a)}</td><td><code>{_text(b)}</code></td></tr>" for a, b in rows)
    yield "</table>"


def _figure(pixels: Uint8, words: str, width: int | None = None) -> str:
    content = base64.b64encode(_png(pixels)).decode("ascii")
    size = f' width="{width}"' if width else ""
    image = f'<img alt=""{size} src="data:image/png;base64,{content}">'
    return f"<figure>{image}<figcaption>{_text(words)}</figcaption></figure>"


def _png(pixels: Uint8) -> bytes:
    height, width, _ = pixels.shape
    plain = np.ascontiguousarray(pixels)
    image = libvips().Image.new_from_memory(plain.data, width, height, 3, "uchar")
    return bytes(image.copy(interpretation="srgb").pngsave_buffer())


def _thumbnail(pixels: Uint8) -> Uint8:
    height, width, _ = pixels.shape
    share = min(1.0, THUMBNAIL_SIDE / max(width, height))
    size = max(1, round(width * share)), max(1, round(height * share))
    return resize(Picture.from_array(pixels), size=size, kernel="area").array()


def _centre(pixels: Uint8) -> Uint8:
    height, width, _ = pixels.shape
    top, left = max(0, height - DETAIL_SIDE) // 2, max(0, width - DETAIL_SIDE) // 2
    return pixels[top : top + DETAIL_SIDE, left : left + DETAIL_SIDE]
