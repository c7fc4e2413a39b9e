"""What `claritas assess` prints: a table, JSON lines, a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from claritas.cli.messages import visible

if TYPE_CHECKING:
    from claritas.assessment.assessor import Assessment
    from claritas.assessment.score import Score
    from claritas.assessment.scorer import Opinion

# Eighths of a cell, for the shares of the marks.
BARS = "▁▂▃▄▅▆▇█"
SCORE = "score"  # the assessor's; its module loads numpy


class Judged(NamedTuple):
    """One picture: what was found, or why nothing was."""

    input: Path
    found: Assessment | None
    error: str = ""

    def score(self, name: str) -> Score | None:
        """The scoring model's mark for `score`, else a metric's; None if there is none."""
        if self.found is None:
            return None
        return self.found.score if name == SCORE else self.found.scores.get(name)


def metric_names(judged: Sequence[Judged]) -> list[str]:
    """The metrics that at least one picture has, in the order of the table of metrics."""
    from claritas.assessment.metrics import METRICS

    measured = {name for one in judged if one.found for name in one.found.scores}
    return [name for name in METRICS if name in measured]


def table(judged: Sequence[Judged]) -> Iterator[str]:
    """Lines for people: all that is known of one picture, or a row for each of several."""
    if len(judged) == 1:
        yield from _alone(judged[0])
        return
    names = metric_names(judged)
    scored = any(one.found and one.found.opinion for one in judged)
    heads = ["", *([SCORE, "marks", "better than"] if scored else []), *names]
    rows = [heads]
    for one in judged:
        opinion = one.found.opinion if one.found else None
        marks = [
            number(one.score(SCORE)),
            bar(opinion.distribution if opinion else ()),
            _share(opinion),
        ]
        cells = [number(one.score(name)) for name in names]
        rows.append([visible(one.input), *(marks if scored else []), *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([f"{first:{widths[0]}}", *cells]).rstrip()


def _alone(one: Judged) -> Iterator[str]:
    if one.found is None:
        return
    yield f"{visible(one.input)}  {one.found.width}x{one.found.height}"
    if one.found.opinion:
        yield _told(one.found.opinion)
    for name, score in one.found.scores.items():
        yield f"  {name:14} {number(score):>10} {score.unit:6}  {score.direction}; {score.protocol}"
    for name, reason in one.found.unavailable.items():
        yield f"  {name:14} {'-':>10} {'':6}  {reason}"
    for note in one.found.notes:
        yield f"  {note}"


def _told(opinion: Opinion) -> str:
    """The score of one picture, in full."""
    parts = [f"people would differ by {opinion.deviation:.2f}"]
    if opinion.percentile is not None:
        others = opinion.rated or "the photographs that people rated"
        parts.insert(0, f"better than {_share(opinion)} of {others}")
    marks = bar(opinion.distribution)
    return f"  {SCORE:14} {number(opinion.score):>10}  {marks}  {'; '.join(parts)}"


def _share(opinion: Opinion | None) -> str:
    """The percentile, as a whole number."""
    return f"{opinion.percentile:.0f} %" if opinion and opinion.percentile is not None else "-"


def number(score: Score | None) -> str:
    """Four digits, or a dash where there is none."""
    return "-" if score is None else f"{score.value:.4g}"


def bar(shares: Sequence[float]) -> str:
    """The distribution as a line of small bars, the tallest full."""
    most = max(shares, default=0.0)
    if most <= 0:
        return ""
    return "".join(BARS[round((len(BARS) - 1) * share / most)] for share in shares)


def json_line(one: Judged) -> str:
    """One picture for machines, ASCII; JSON has no infinity, so equal pictures have null."""
    found = one.found
    facts: dict[str, Any] = {"input": os.fspath(one.input)}
    if found is not None:
        facts |= _facts(found)
    return json.dumps(facts | {"error": one.error or None}, allow_nan=False)


def _facts(found: Assessment) -> dict[str, Any]:
    opinion = found.opinion
    return {
        "width": found.width,
        "height": found.height,
        "score": opinion.score.value if opinion else None,
        "std": opinion.deviation if opinion else None,
        "distribution": list(opinion.distribution) if opinion else None,
        "percentile": found.percentile,
        "metrics": {name: finite(score) for name, score in found.scores.items()},
        "infinite": [name for name, score in found.scores.items() if finite(score) is None],
        "unavailable": dict(found.unavailable),
        "notes": list(found.notes),
    }


def finite(score: Score) -> float | None:
    return score.value if math.isfinite(score.value) else None


def csv_text(judged: Sequence[Judged]) -> str:
    """A header and a row a picture; nothing where there is no number."""
    names = metric_names(judged)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["input", "width", "height", "score", "std", "percentile", *names, "error"])
    for one in judged:
        sides = [one.found.width, one.found.height] if one.found else ["", ""]
        opinion = one.found.opinion if one.found else None
        marks: list[Any] = ["", "", ""]
        if opinion:
            marks = [opinion.score.value, opinion.deviation, opinion.percentile]
        scores = [one.score(name) for name in names]
        values = ["" if score is None else score.value for score in scores]
        writer.writerow([visible(one.input), *sides, *marks, *values, one.error.replace("\n", " ")])
    return file.getvalue()
