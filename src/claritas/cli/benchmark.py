"""`claritas benchmark`: how well and how fast models enlarge, beside plain interpolation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from claritas.benchmark.sets import PictureSet
    from claritas.benchmark.tables import Method, Row
    from claritas.degradation.recipe import Recipe


def benchmark(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Folders of original pictures.")
    ],
    scale: Annotated[
        int, typer.Option(min=1, max=16, help="How many times larger; 1 with --recipe.")
    ],
    model: Annotated[
        list[str] | None, typer.Option(help="A model's name or folder; may be repeated.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Spoil the pictures by this recipe first.")
    ] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "int8"], typer.Option(help="What the models run in.")
    ] = "auto",
    json: Annotated[Path | None, typer.Option(help="Write the rows to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the table to this file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table.")] = False,
) -> None:
    """Enlarge pictures that were made small, and compare with the originals.

    Always with rows for nearest, bicubic and lanczos, at scale 1 for the spoiled input itself;
    each row names its protocol.
    """
    from claritas.benchmark.sets import picture_sets
    from claritas.benchmark.tables import methods, to_json, to_markdown

    plan = _plan(recipe, scale)
    sets = picture_sets(folders)
    outputs = [path for path in (json, markdown) if path is not None]
    _check_writable(outputs)
    table = _measured(sets, scale, methods(model or [], scale, precision), plan, quiet)
    name = recipe.name if recipe else ""
    if json is not None:
        _write(json, to_json(table, name))
    if markdown is not None:
        _write(markdown, to_markdown(table, name).encode())
    if not quiet:
        typer.echo(to_markdown(table, name), nl=False)


def _plan(recipe: Path | None, scale: int) -> Recipe | None:
    from claritas.degradation.recipe import read_recipe
    from claritas.errors import UsageError

    if recipe is None and scale == 1:
        raise UsageError("At scale 1 the input is the original", "--recipe FILE, or a larger scale")
    return read_recipe(recipe) if recipe else None


def _measured(
    sets: list[PictureSet], scale: int, chosen: list[Method], plan: Recipe | None, quiet: bool
) -> list[Row]:
    from rich.console import Console
    from rich.progress import Progress

    from claritas.benchmark.tables import rows

    console = Console(stderr=True)
    table: list[Row] = []
    with Progress(console=console, disable=quiet or not console.is_terminal) as progress:
        for one in sets:
            task = progress.add_task(f"{one.name} x{scale}", total=len(one.files))
            table += rows(one, scale, chosen, lambda task=task: progress.advance(task), plan)  # type: ignore[misc]
    return table


def _check_writable(outputs: list[Path]) -> None:
    """Before any work: the folders of the outputs are there."""
    from claritas.errors import UsageError

    for path in outputs:
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise UsageError(f"{path} cannot be written", "a file name in a folder that exists")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    from claritas.errors import ClaritasError

    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ClaritasError(f"{path} could not be written: {error.strerror}") from None
