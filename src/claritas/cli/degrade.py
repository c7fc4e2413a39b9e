"""`claritas degrade`: spoil a picture as a recipe says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from claritas.cli.messages import say
from claritas.errors import UsageError

if TYPE_CHECKING:
    from claritas.degradation.greyscale import Pixels
    from claritas.image.picture import Header, Picture


def degrade(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A picture.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT", help="The spoiled picture, best a PNG.")
    ],
    recipe: Annotated[Path, typer.Option(metavar="FILE", help="A recipe in TOML.")],
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is random.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT.")] = False,
) -> None:
    """Spoil a picture as a recipe says: blur, noise, compression, wrong light."""
    from claritas.degradation import recipe as recipes
    from claritas.image.read import open_picture
    from claritas.image.write import write_picture

    plan = recipes.read_recipe(recipe)
    picture = open_picture(source)
    if out.exists() and out.samefile(source):
        raise UsageError(f"{out} is the input", "another name: inputs are never written to")
    spoiled = recipes.degrade(_colours(picture), plan, seed=seed, name=source.name)
    written = write_picture(_like(picture.header, spoiled), out, overwrite=overwrite)
    if picture.header.alpha:
        say(f"{source}: transparency was left out")
    for note in (*picture.header.notes, *written.notes):
        say(f"{source}: {note}")
    typer.echo(out)


def _colours(picture: Picture) -> Pixels:
    """The whole picture as float32 (height, width, 3); grey is repeated, alpha left out."""
    import numpy as np

    colours = picture.header.colours
    pixels = np.concatenate([band[..., :colours] for band in picture.bands()])
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3))


def _like(header: Header, pixels: Pixels) -> Picture:
    """A picture of spoiled pixels that keeps the header's samples and metadata."""
    from dataclasses import replace

    from claritas.image.picture import Picture
    from claritas.image.resize import resized_header

    height, width = pixels.shape[:2]
    icc = None if header.grey else header.icc
    made = replace(resized_header(header, width, height), channels=3, icc=icc, notes=())
    return Picture(made, lambda: iter([pixels]))
