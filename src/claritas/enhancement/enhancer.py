"""The one object that makes pictures better: made once, used often, by many threads."""

from __future__ import annotations

import threading
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from claritas.engines.cache import cache_folder
from claritas.engines.devices import make_engine, native_precisions
from claritas.engines.engine import Engine, Finish, Request, Samples
from claritas.engines.threads import available_cores
from claritas.enhancement.faithful import check_file, faithful
from claritas.enhancement.plan import Options, Plan, make_plan
from claritas.enhancement.steps import Network
from claritas.errors import UsageError
from claritas.image.formats import format_for_output
from claritas.image.picture import Array, Header, Picture
from claritas.image.read import open_picture
from claritas.image.resize import resize
from claritas.image.write import write_picture
from claritas.zoo.card import Model, PrecisionName, checked_file

Given = TypeVar("Given", Picture, Path, str, Array)


class Enhancer:
    """Enhances pictures with one set of options.

    Safe to share between threads. Engines are made when they are first needed
    and kept.

    Raises
    ------
    UsageError
        If the options ask to judge: that is `Judge`'s work.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        if self.options.judge and type(self) is Enhancer:
            raise UsageError("An Enhancer does not judge", "claritas.Judge(options)")
        self._engines: dict[tuple[str, str, Samples], Engine] = {}
        self._lock = threading.Lock()

    def plan(self, header: Header) -> Plan:
        """What `__call__` will do to a picture with this header; quick, loads no engine."""
        return make_plan(header, self.options, self._native())

    def __call__(self, picture: Picture, mask: Picture | None = None) -> Picture:
        """The better picture, as a stream: the work is done while its bands are pulled.

        Parameters
        ----------
        mask
            White where the picture is to be painted in; instead of the options'.

        Raises
        ------
        UsageError
            If no model fits the options, or the mask the picture.
        """
        plan = make_plan(picture.header, self.options, self._native(), masked=mask is not None)
        if mask is None and self.options.mask is not None:
            mask = open_picture(Path(self.options.mask))
        remarks: list[str] = []
        result = picture
        for stage in plan.stages:
            result = self._network(stage.model, stage.precision, remarks)(result, mask)
        result = _brought_to_size(result, picture.header, plan)
        result = Picture(result.header, result.bands, result.stored_bands, remarks)
        if self.options.faithful:
            result = faithful(result, picture, self.options.faithful)
        header = result.header.noting(*map(self._described, plan.stages))
        return Picture(header, result.bands, result.stored_bands, remarks)

    def engine(self, model: Model, precision: str, samples: Samples) -> Engine:
        """The engine of a model, made at its first use."""
        key = (str(model.folder), precision, samples)
        with self._lock:
            if key not in self._engines:
                self._engines[key] = self._make(model, precision, samples)
            return self._engines[key]

    def _make(self, model: Model, precision: str, samples: Samples) -> Engine:
        name = cast(PrecisionName, precision)
        request = Request(
            weights=checked_file(model, name),
            finish=finish_of(model),
            precision=precision,
            samples=samples,
            device=self.options.device,
            threads=available_cores(),
            cache=cache_folder(),
        )
        return make_engine(self.options.engine, request)

    def _native(self) -> list[str]:
        return native_precisions(self.options.engine, self.options.device)

    def _network(self, model: Model, precision: str, remarks: list[str]) -> Network:
        options = self.options
        return Network(
            model,
            self.engine,
            precision,
            strength=options.strength,
            ensemble=options.ensemble,
            tile=options.tile,
            remarks=remarks,
        )

    def _described(self, stage: Any) -> str:
        card = stage.model.card
        return f"Model {card.name} {card.version} in {stage.precision} ({self.options.engine})."


def enhancer_for(options: Options) -> Enhancer:
    """What does the work that the options ask for."""
    if not options.judge:
        return Enhancer(options)
    from claritas.enhancement.judge import Judge  # which needs this file, and all of assessment

    return Judge(options)


def finish_of(model: Model) -> Finish:
    """How a model's output becomes a picture, as its card says."""
    contract = model.card.contract
    return Finish(
        scale=1 if contract.before else contract.scale,
        channels=contract.channels,
        white=contract.range,
        residual=contract.residual,
        sub_pixel=contract.tail == "sub-pixel",
        extra=int(contract.mask),
    )


def _brought_to_size(result: Picture, source: Header, plan: Plan) -> Picture:
    """The resizer's part: from the product of the models' scales to the exact scale."""
    reached = result.header.width / source.width
    factors = plan.scale[0] / reached, plan.scale[1] / reached
    return resize(result, size=(plan.width, plan.height), scale=factors)


def enhance(
    given: Given,
    *,
    output: str | PathLike[str] | None = None,
    report: bool = False,
    **options: Any,
) -> Given:
    """A better picture, of the kind that was given.

    Parameters
    ----------
    given
        A `Picture` gives a `Picture`; an array (height, width) or (height,
        width, channels), integers spanning their type or floats 0..1, an array
        of that type; a path writes a file and gives its path.
    output
        Where a path's result is written; by default `NAME-enhanced` beside it.
        Nothing is overwritten.
    report
        Whether a path's result gets a report beside it.
    options
        Fields of `Options`: `scale`, `model`, `strength` …

    Raises
    ------
    ClaritasError
        If the picture cannot be read, or the options do not fit.
    """
    enhancer = enhancer_for(Options(**options))
    if isinstance(given, Picture):
        result: Any = enhancer(given)
    elif isinstance(given, np.ndarray):
        result = _enhanced_array(enhancer, given)
    else:
        result = type(given)(_enhanced_file(enhancer, Path(given), output, report))
    return cast(Given, result)


def _enhanced_file(
    enhancer: Enhancer, source: Path, output: str | PathLike[str] | None, report: bool
) -> Path:
    picture = open_picture(source)
    target = Path(output) if output else _beside(source, picture.header)
    form = format_for_output(picture.header, suffix=target.suffix)
    check_file(enhancer.options.faithful, picture.header, form, None)
    result = enhancer(picture)
    written = write_picture(result, target, fmt=form)
    if report:
        from claritas.enhancement.report import Made, write_report

        write_report(Made(source, target, form.name, None), enhancer, notes_of(result))
    return written.path


def notes_of(result: Picture) -> tuple[str, ...]:
    """What is to be said of a result once its bands have been pulled."""
    return (*result.header.notes, *result.remarks)


def _beside(source: Path, header: Header) -> Path:
    """`NAME-enhanced`, with another suffix where the input's format cannot be written."""
    kept = format_for_output(header)
    suffix = source.suffix if source.suffix.lower() in kept.suffixes else kept.suffixes[0]
    return source.with_name(f"{source.stem}-enhanced{suffix}")


def _enhanced_array(enhancer: Enhancer, array: Array) -> Array:
    result = enhancer(Picture.from_array(array)).array().astype(array.dtype, copy=False)
    return result[..., 0] if array.ndim == 2 else result
