"""The report beside a result: what was done, with what, and what it may have invented.

Two files: `OUTPUT.report.json` for machines and `OUTPUT.report.html` for people.
The first holds the hashes of input, output, models, page and of itself.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from claritas.assessment.assessor import Assessment, Assessor, eight_bits
from claritas.engines.devices import list_devices
from claritas.engines.threads import available_cores
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.invention import contradiction, spread, undetermined, words
from claritas.enhancement.judge import NO_MODEL, keeps_shape
from claritas.enhancement.part import matching, middle
from claritas.enhancement.plan import Plan, Stage
from claritas.enhancement.report_page import Shown, page
from claritas.errors import ClaritasError, PictureError
from claritas.image.part import whole_file
from claritas.image.picture import Header, Picture
from claritas.image.read import open_picture
from claritas.version import __version__
from claritas.zoo.card import CARD, Model
from claritas.zoo.catalogue import SHIPPED, default_scorer, user_folder

SCHEMA = 1
NO_HASH = "0" * 64
ENDING = ".report.json"
PAGE_ENDING = ".report.html"
# Against the input, which needs to be no larger than the result.
AGAINST_INPUT = ("consistency", "colour-shift", "registration")

Facts = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A result in a file, and how it was written."""

    source: Path
    output: Path
    format: str
    quality: int | None


def write_report(made: Made, enhancer: Enhancer, notes: tuple[str, ...]) -> Path:
    """Write both files beside the output, measured from the files; gives the JSON's path.

    A report that lay there belonged to an earlier output, and is replaced.

    Parameters
    ----------
    notes
        Sentences of the work: what was chosen, judged and certified.

    Raises
    ------
    ClaritasError
        If a file cannot be read or written.
    """
    source = enhancer.examined(open_picture(made.source))
    result = open_picture(made.output)
    plan = enhancer.plan(source.header)
    facts = _facts(made, source.header, result.header, enhancer, plan, notes)
    facts |= _measured(source, result, enhancer, plan, facts)
    shown = facts.pop("shown")
    text = page(facts, shown).encode("utf-8")
    beside = made.output.with_name(made.output.name + PAGE_ENDING)
    _write(beside, text)
    facts["page"] = {"name": beside.name, "sha256": hashlib.sha256(text).hexdigest()}
    target = made.output.with_name(made.output.name + ENDING)
    _write(target, sealed(facts))
    return target


def sealed(facts: Facts) -> bytes:
    """A report as text; its last key is the hash of all of it, with zeros in the hash's place."""
    empty = json.dumps(facts | {"sha256": NO_HASH}, indent=1, allow_nan=False) + "\n"
    found = hashlib.sha256(empty.encode("ascii")).hexdigest()
    before, _, after = empty.rpartition(NO_HASH)
    return f"{before}{found}{after}".encode("ascii")


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content.

    Raises
    ------
    PictureError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}") from None


def machine(engine: str, device: str) -> Facts:
    """What rounding depends on: the same machine gives the same result, bit by bit."""
    return {
        "engine": engine,
        "engine_version": _version(engine),
        "device": device,
        "processor": _processor(engine, device),
        "threads": available_cores(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _version(engine: str) -> str:
    try:
        return importlib.metadata.version(engine)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _processor(engine: str, device: str) -> str:
    wanted = "cpu" if device == "auto" else device
    for one in list_devices():
        if one.engine == engine and one.name == wanted:
            return one.description
    return platform.processor()


def model_facts(stage: Stage) -> Facts:
    """A model as it was used: its hashes and its card."""
    card = stage.model.card
    return {
        "name": card.name,
        "version": card.version,
        "found_as": _found_as(stage.model),
        "precision": stage.precision,
        "weights": file_hash(stage.model.file(stage.precision)),
        "card_sha256": file_hash(stage.model.folder / CARD),
        "card": msgspec.to_builtins(card),
    }


def _found_as(model: Model) -> str:
    """What finds the model again: its name, or the folder that was named."""
    installed = model.folder.parent in (SHIPPED, user_folder())
    return model.folder.name if installed else str(model.folder.absolute())


def _facts(
    made: Made,
    source: Header,
    result: Header,
    enhancer: Enhancer,
    plan: Plan,
    notes: tuple[str, ...],
) -> Facts:
    options = enhancer.options
    mask = {} if options.mask is None else {"mask": _file(Path(options.mask))}
    return {
        "schema": SCHEMA,
        "claritas": __version__,
        "input": _file(made.source) | _size(source),
        "output": _file(made.output) | _size(result),
        **mask,
        "settings": asdict(options),
        "writing": {"format": made.format, "quality": made.quality},
        "models": [model_facts(stage) for stage in _once(plan.stages)],
        "machine": machine(options.engine, options.device),
        "notes": list(notes),
    }


def _once(stages: Sequence[Stage]) -> list[Stage]:
    return list({stage.model.identity: stage for stage in stages}.values())


def _file(path: Path) -> Facts:
    return {"name": path.name, "sha256": file_hash(path)}


def _size(header: Header) -> Facts:
    return {"width": header.width, "height": header.height, "samples": header.sample.value}


def _measured(
    source: Picture, result: Picture, enhancer: Enhancer, plan: Plan, facts: Facts
) -> Facts:
    """Numbers, words and pictures, of all or, where that is too much, of the middle."""
    part = middle(source, max(1.0, *plan.scale))
    found = matching(result, source.header, part.header)
    small, large = eight_bits(part), eight_bits(found, part.header)
    kept, how = NO_MODEL in facts["notes"], enhancer.options.faithful
    cards = [] if kept else [stage.model.card for stage in _once(plan.stages)]
    enlarged = keeps_shape(plan, source.header) and min(plan.scale) >= 1
    against = contradiction(large, small, how) if enlarged else None
    detail = undetermined(large, small, how) if min(plan.scale) > 1 else None
    varying = spread(enhancer, source) if cards else None
    maps = {"consistency": against, "undetermined": detail, "spread": varying}
    scorer = default_scorer()
    return {
        "measured": f"{small.shape[1]}x{small.shape[0]} pixels of the input"
        + ("" if part is source else ", its middle"),
        "kept": "input" if kept else "result",
        "scorer": scorer,
        "scores": {"before": _scores(part, scorer), "after": _scores(found, scorer)},
        "against_input": _against(found, part) if enlarged else {},
        "maps": {name: one.numbers() for name, one in maps.items() if one is not None},
        "words": words(cards, against, detail, varying),
        "shown": Shown(small, large, {n: one.map for n, one in maps.items() if one is not None}),
    }


def _scores(picture: Picture, scorer: str | None) -> Facts:
    found = Assessor(model=scorer)(picture)
    return _values(found) | ({"score": round(found.score.value, 4)} if found.score else {})


def _against(result: Picture, source: Picture) -> Facts:
    facts: Facts = {}
    for name in AGAINST_INPUT:
        try:
            facts |= _values(Assessor([name])(result, source))
        except ClaritasError as error:  # too small, or flat
            facts[name] = {"unavailable": error.what}
    return facts


def _values(found: Assessment) -> Facts:
    return {
        name: {
            "value": round(score.value, 4) if math.isfinite(score.value) else None,
            "unit": score.unit,
            "direction": score.direction,
            "protocol": str(score.protocol),
        }
        for name, score in found.scores.items()
    }


def _write(path: Path, content: bytes) -> None:
    with whole_file(path, overwrite=True) as file:
        file.write(content)
