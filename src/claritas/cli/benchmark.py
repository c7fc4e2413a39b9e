"""`claritas benchmark`: how well and how fast models enlarge, beside plain interpolation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from claritas.benchmark.sets import PictureSet
    from claritas.benchmark.tables import Method, Row


def benchmark(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR", help="Folders of original pictures.")
    ],
    scale: Annotated[int, typer.Option(min=2, max=16, help="How many times larger.")],
    model: Annotated[
        list[str] | None, typer.Option(help="A model's name or folder; may be repeated.")
    ] = None,
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "int8"], typer.Option(help="What the models run in.")
    ] = "auto",
    json: Annotated[Path | None, typer.Option(help="Write the rows to this file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the table to this file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table.")] = False,
) -> None:
    """Enlarge pictures that were made small, and compare with the originals.

    Always with rows for nearest, bicubic and lanczos; each row names its protocol.
    """
    from claritas.benchmark.sets import picture_sets
    from claritas.benchmark.tables import methods, to_json, to_markdown

    sets = picture_sets(folders)
    outputs = [path for path in (json, markdown) if path is not None]
    _check_writable(outputs)
    table = _measured(sets, scale, methods(model or [], scale, precision), quiet)
    if json is not None:
        _write(json, to_json(table))
    if markdown is not None:
        _write(markdown, to_markdown(table).encode())
    if not quiet:
        typer.echo(to_markdown(table), nl=False)


def _measured(sets: list[PictureSet], scale: int, chosen: list[Method], quiet: bool) -> list[Row]:
    from rich.console import Console
    from rich.progress import Progress

    from claritas.benchmark.tables import rows

    console = Console(stderr=True)
    table: list[Row] = []
    with Progress(console=console, disable=quiet or not console.is_terminal) as progress:
        for one in sets:
            task = progress.add_task(f"{one.name} x{scale}", total=len(one.files))
            table += rows(one, scale, chosen, lambda task=task: progress.advance(task))  # type: ignore[misc]
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
