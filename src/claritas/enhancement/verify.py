"""Whether an output, its report and the models belong together."""

from __future__ import annotations

import hashlib
import json
import math
import re
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from claritas.engines.devices import native_precisions
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.given import enhancer_for
from claritas.enhancement.plan import Options
from claritas.enhancement.report import NO_HASH, SCHEMA, Facts, file_hash, machine
from claritas.errors import ClaritasError, PictureError, UsageError
from claritas.image.formats import FORMATS
from claritas.image.picture import normalise
from claritas.image.read import open_picture
from claritas.image.rows import side_by_side
from claritas.image.write import write_picture
from claritas.version import __version__
from claritas.zoo.card import CARD, Model, PrecisionName
from claritas.zoo.catalogue import find

# On another processor, engine or precision, in grey levels of 255: rounding
# moves pixels by one, and a lossy file spreads that over a block of eight.
TOLERANCE_RMS = 0.5
TOLERANCE_LARGEST = 8.0

_SEAL = re.compile(rb'"sha256": "([0-9a-f]{64})"\n\}\n\Z')


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    subject
        `report`, `page`, `output`, `input`, `mask`, `model NAME` or `replay`.
    holds
        None if it could not be looked at.
    """

    subject: str
    holds: bool | None
    words: str


def verify(
    output: Path, report: Path, source: Path | None = None, model: str | None = None
) -> list[Check]:
    """Look at all that a report tells of: files by their hashes, the work by doing it again.

    Parameters
    ----------
    source
        The input; by default the file of its name beside the output.
    model
        Where the model is now, if elsewhere than when the report was written.

    Raises
    ------
    UsageError
        If the report is no report of this schema.
    PictureError
        If a file cannot be read.
    """
    content = _content(report)
    checks = [_own_hash(content)]
    if not checks[0].holds:
        return [*checks, Check("output", None, "not looked at: the report tells nothing")]
    facts = _parsed(content, report)
    checks.append(_page_check(report, facts))
    checks.append(_file_check("output", output, facts["output"]["sha256"]))
    checks += [_model_check(one, model) for one in facts["models"]]
    source = source or _beside(output, facts)
    if source is None:
        words = f"{facts['input']['name']} does not lie beside the output; name it with --input"
        return [*checks, Check("input", None, words), Check("replay", None, "not done again")]
    checks.append(_file_check("input", source, facts["input"]["sha256"]))
    if mask := facts["settings"]["mask"]:
        checks.append(_file_check("mask", Path(mask), facts["mask"]["sha256"]))
    if not all(check.holds for check in checks):
        return [*checks, Check("replay", None, "not done again: see above")]
    return [*checks, _replayed(output, source, facts, model)]


def _content(report: Path) -> bytes:
    try:
        return report.read_bytes()
    except OSError as error:
        raise PictureError(
            f"The report {report} cannot be read: {error.strerror}",
            "the .report.json that --report wrote",
        ) from None


def _own_hash(content: bytes) -> Check:
    seal = _SEAL.search(content)
    if seal is None:
        return Check("report", False, "it does not end with its own hash: changed, or no report")
    empty = content[: seal.start(1)] + NO_HASH.encode() + content[seal.end(1) :]
    same = hashlib.sha256(empty).hexdigest().encode() == seal[1]
    return Check("report", same, "as it was written" if same else "changed since it was written")


def _parsed(content: bytes, report: Path) -> Facts:
    facts: Any = json.loads(content)
    if facts.get("schema") != SCHEMA:
        raise UsageError(
            f"{report} has schema {facts.get('schema')}", f"schema {SCHEMA}, of this version"
        )
    return dict(facts)


def _page_check(report: Path, facts: Facts) -> Check:
    page = report.with_name(facts["page"]["name"])
    if not page.is_file():
        return Check("page", True, f"{page.name} does not lie beside the report: not looked at")
    return _file_check("page", page, facts["page"]["sha256"])


def _file_check(subject: str, path: Path, wanted: str) -> Check:
    same = file_hash(path) == wanted
    return Check(subject, same, f"{path.name} is {'' if same else 'not '}the one in the report")


def _model_check(facts: Facts, given: str | None) -> Check:
    subject = f"model {facts['name']}"
    try:
        model = find(given or facts["found_as"])
    except ClaritasError as error:
        return Check(subject, None, f"{error.what}; name its folder with --model")
    wrong = [
        name
        for name, path, wanted in (
            ("weights", _weights(model, facts["precision"]), facts["weights"]),
            ("card", model.folder / CARD, facts["card_sha256"]),
        )
        if file_hash(path) != wanted
    ]
    if wrong:
        return Check(subject, False, f"its {' and its '.join(wrong)} changed since the report")
    return Check(subject, True, "weights and card are those of the report")


def _weights(model: Model, precision: PrecisionName) -> Path:
    if precision not in model.card.precision:
        raise UsageError(f"The model {model.card.name} has no {precision} any more")
    return model.file(precision)


def _beside(output: Path, facts: Facts) -> Path | None:
    path = output.with_name(facts["input"]["name"])
    return path if path.is_file() else None


def _replayed(output: Path, source: Path, facts: Facts, model: str | None) -> Check:
    options, said = _options(facts, model)
    enhancer = enhancer_for(options)
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / f"again{FORMATS[facts['writing']['format']].suffixes[0]}"
        _made_again(enhancer, source, again, facts)
        rms, largest = _difference(output, again)
    same = not said and facts["claritas"] == __version__ and _same_machine(facts, options)
    exact = largest == 0
    holds = exact if same else rms <= TOLERANCE_RMS and largest <= TOLERANCE_LARGEST
    bar = "exactly" if same else f"{TOLERANCE_RMS} rms and {TOLERANCE_LARGEST:g} at most, elsewhere"
    found = f"differs by {rms:.3f} grey levels rms, {largest:.4g} at most (allowed: {bar})"
    return Check("replay", holds, said + ("gives every pixel again" if exact else found))


def _options(facts: Facts, model: str | None) -> tuple[Options, str]:
    """The options of the work, in the precision that was used where this device has it."""
    known = {field.name for field in fields(Options)}
    settings = dict(facts["settings"])
    if set(settings) - known:
        raise UsageError(
            f"The report has settings that this version does not know: {set(settings) - known}",
            f"Claritas {facts['claritas']}",
        )
    if settings["size"] is not None:
        settings["size"] = tuple(settings["size"])
    if settings["model"] is not None and facts["models"]:
        settings["model"] = model or facts["models"][0]["found_as"]
    used = {one["precision"] for one in facts["models"]}
    native = native_precisions(settings["engine"], settings["device"])
    if len(used) == 1 and used <= set(native):
        settings["precision"] = used.pop()
    elif used - set(native):
        settings["precision"] = "auto"
        return Options(**settings), f"({', '.join(used - set(native))} is not had here) "
    return Options(**settings), ""


def _same_machine(facts: Facts, options: Options) -> bool:
    return bool(facts["machine"] == machine(options.engine, options.device))


def _made_again(enhancer: Enhancer, source: Path, target: Path, facts: Facts) -> None:
    writing = facts["writing"]
    write_picture(
        enhancer(open_picture(source)),
        target,
        fmt=FORMATS[writing["format"]],
        quality=writing["quality"],
    )


def _difference(output: Path, again: Path) -> tuple[float, float]:
    """Root mean square and largest difference of two pictures, in grey levels of 255."""
    ours, theirs = open_picture(output), open_picture(again)
    shapes = [(p.header.width, p.header.height, p.header.channels) for p in (ours, theirs)]
    if shapes[0] != shapes[1]:
        return math.inf, math.inf
    largest, total = 0.0, 0.0
    for band, beside in side_by_side(ours.stored_bands(), theirs.stored_bands()):
        moved = normalise(band, ours.header) - normalise(beside, ours.header)
        difference = 255 * np.abs(moved.astype(np.float64))
        largest = max(largest, float(difference.max()))
        total += float(np.square(difference).sum())
    return math.sqrt(total / (ours.header.pixels * ours.header.channels)), largest
