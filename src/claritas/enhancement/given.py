"""What is given comes back better: a `Picture`, an array or a path."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from claritas.enhancement.enhancer import Enhancer, notes_of
from claritas.enhancement.faithful import check_file
from claritas.enhancement.plan import Options
from claritas.image.formats import format_for_output
from claritas.image.picture import Array, Header, Picture
from claritas.image.read import open_picture
from claritas.image.write import write_picture

Given = TypeVar("Given", Picture, Path, str, Array)


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


def _beside(source: Path, header: Header) -> Path:
    """`NAME-enhanced`, with another suffix where the input's format cannot be written."""
    kept = format_for_output(header)
    suffix = source.suffix if source.suffix.lower() in kept.suffixes else kept.suffixes[0]
    return source.with_name(f"{source.stem}-enhanced{suffix}")


def _enhanced_array(enhancer: Enhancer, array: Array) -> Array:
    result = enhancer(Picture.from_array(array)).array().astype(array.dtype, copy=False)
    return result[..., 0] if array.ndim == 2 else result


def enhancer_for(options: Options) -> Enhancer:
    """What does the work that the options ask for."""
    if not options.judge:
        return Enhancer(options)
    from claritas.enhancement.judge import Judge  # which loads all of assessment

    return Judge(options)
