"""`claritas assess`: how good pictures are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from claritas.cli import arguments
from claritas.cli.assessed import SCORE, Judged
from claritas.cli.messages import say, visible
from claritas.errors import ClaritasError, PictureError, UsageError

if TYPE_CHECKING:
    from claritas.assessment.assessor import Assessor


class Bound(NamedTuple):
    """A limit that pictures must keep."""

    name: str
    value: float


def assess(
    inputs: arguments.Inputs,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR", help="What to compare with; in a folder, the file of that name."
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME,...", help="Which, such as psnr-y,niqe; NAME=FILE for some."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|PATH", help="A model that scores, or its folder.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="NAME", help="Best first, by score or a metric.")
    ] = None,
    fail_below: Annotated[
        str | None,
        typer.Option(
            metavar="[NAME=]X", help="Exit with 1 if a picture is worse: by score, or a metric."
        ),
    ] = None,
    max_pixels: arguments.MaxPixels = None,
    recursive: arguments.Recursive = False,
    json: arguments.JsonLines = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a table for spreadsheets.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with thumbnails.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No progress and no table, only what failed.")
    ] = False,
) -> None:
    """Say how good pictures are, alone or beside a reference.

    Exits with 0 if all is well, 1 if some pictures failed or are below the
    limit, 2 for wrong use.
    """
    from claritas.assessment.assessor import Assessor
    from claritas.batch.inputs import pictures_named

    words = _words(metrics)
    assessor = Assessor(words, model)
    measured = [name.partition("=")[0] for name in words] if words is not None else None
    bound = _bound(fail_below, measured, assessor.scores)
    if sort is not None:
        _check_known(sort, measured, assessor.scores)
    if reference is None and assessor.needs_reference():
        raise UsageError("A metric was named that compares", "--reference FILE or DIR")
    _check_outputs(csv, html)
    pictures = pictures_named(inputs, recursive=recursive)
    judged = _all(pictures, reference, assessor, max_pixels, json and sort is None, quiet)
    _show(_sorted(judged, sort), json, sort, csv, html, quiet)
    raise typer.Exit(_code(judged, bound))


def _words(metrics: list[str] | None) -> list[str] | None:
    """Names between commas; a file's name may have commas, so it is the last."""
    if metrics is None:
        return None
    return [word for text in metrics for word in _split(text)]


def _split(text: str) -> list[str]:
    """`a,b=FILE` to `a` and `b=FILE`."""
    names, given, file = text.partition("=")
    words = [word.strip() for word in names.split(",") if word.strip()]
    return [*words[:-1], f"{words[-1]}={file}"] if given and words else words


def _bound(text: str | None, measured: list[str] | None, scores: bool) -> Bound | None:
    if text is None:
        return None
    before, named, after = text.partition("=")
    name = before if named else SCORE
    try:
        value = float(after if named else before)
    except ValueError:
        raise UsageError(
            f"The limit {text}", "a number, or a metric and a number: niqe=5"
        ) from None
    _check_known(name, measured, scores)
    return Bound(name, value)


def _check_known(name: str, measured: list[str] | None, scores: bool) -> None:
    from claritas.assessment.metrics import find

    if name == SCORE:
        if not scores:
            raise UsageError(
                "No scoring model was asked for a score",
                "--metrics score, --model NAME or PATH, or the name of a metric such as niqe",
            )
    elif find(name) and measured is not None and name not in measured:
        raise UsageError(f"{name} is not measured", f"one of {', '.join(measured)}")


def _check_outputs(*outputs: Path | None) -> None:
    for path in filter(None, outputs):
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise UsageError(f"{path} cannot be written", "a file name in a folder that exists")


def _all(
    pictures: Sequence[Path],
    reference: Path | None,
    assessor: Assessor,
    max_pixels: int | None,
    json: bool,
    quiet: bool,
) -> list[Judged]:
    from claritas.cli.assessed import json_line

    judged: list[Judged] = []
    for path in _with_progress(pictures, quiet):
        judged.append(_one(path, reference, assessor, max_pixels))
        if json:
            print(json_line(judged[-1]), flush=True)
    return judged


def _one(path: Path, reference: Path | None, assessor: Assessor, max_pixels: int | None) -> Judged:
    from claritas.assessment.assessor import DEFAULT_MAX_PIXELS

    try:
        against = None if reference is None else _partner(path, reference)
        return Judged(path, assessor(path, against, max_pixels=max_pixels or DEFAULT_MAX_PIXELS))
    except ClaritasError as error:
        return Judged(path, None, str(error))
    except MemoryError:
        return Judged(path, None, "There is not enough memory for this picture")


def _partner(path: Path, reference: Path) -> Path:
    """The reference of a picture: the file, or in a folder that of its name or its stem."""
    from claritas.image.read import is_picture_name

    if not reference.is_dir():
        return reference
    same = reference / path.name
    if same.is_file():
        return same
    found = [
        one for one in sorted(reference.iterdir()) if one.stem == path.stem and is_picture_name(one)
    ]
    if len(found) != 1:
        how_many = "no picture" if not found else f"{len(found)} pictures"
        raise PictureError(f"There is {how_many} {path.stem} in {reference}", "one reference")
    return found[0]


def _with_progress(pictures: Sequence[Path], quiet: bool) -> Iterator[Path]:
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    silent = quiet or len(pictures) < 2 or not console.is_terminal
    yield from track(pictures, "Assessing", console=console, disable=silent, transient=True)


def _sorted(judged: Sequence[Judged], name: str | None) -> list[Judged]:
    from claritas.assessment.assessor import best_first

    if name is None:
        return list(judged)
    return sorted(judged, key=lambda one: best_first(one.score(name)))


def _show(
    judged: Sequence[Judged],
    json: bool,
    sort: str | None,
    csv: Path | None,
    html: Path | None,
    quiet: bool,
) -> None:
    from claritas.cli import assessed

    if csv is not None:
        _write(csv, assessed.csv_text(judged))
    if html is not None:
        from claritas.cli.page import page

        _write(html, page(judged))
    if json and sort is not None:
        for one in judged:
            print(assessed.json_line(one), flush=True)
    elif not json and not quiet:
        for line in assessed.table(judged):
            print(line)
    for one in judged:
        if one.error:
            named = visible(one.input) in visible(one.error)
            say(one.error if named else f"{visible(one.input)}: {one.error}")


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ClaritasError(f"{path} could not be written: {error.strerror}") from None


def _code(judged: Sequence[Judged], bound: Bound | None) -> int:
    from claritas.assessment.assessor import is_worse

    failed = any(one.found is None for one in judged)
    worse = []
    if bound is not None:
        for one in judged:
            score = one.score(bound.name)
            if one.found is not None and (score is None or is_worse(score, bound.value)):
                worse.append(one)
    for one in worse:
        say(f"{visible(one.input)} does not keep the limit {bound.name} = {bound.value:g}")  # type: ignore[union-attr]
    return int(failed or bool(worse))
