"""Arguments and options of the commands that take many pictures: their names and their help."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

# Of all these commands.
Inputs = Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files, folders and globs.")]
MaxPixels = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Refuse files that declare more.")
]
Recursive = Annotated[bool, typer.Option("--recursive", help="Look into the folders of folders.")]
JsonLines = Annotated[
    bool, typer.Option("--json", help="One JSON line a picture on standard output.")
]

# Of `enhance`: what is made.
Out = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--out",
        metavar="OUT",
        help="A file, a folder (the tree is mirrored) or a pattern such as "
        "{stem}-x{scale}{suffix}; by default {stem}-enhanced{suffix} beside the input.",
    ),
]
Scale = Annotated[
    float | None, typer.Option(metavar="S", help="Any number in (0, 16]; 2 for upscale, else 1.")
]
Size = Annotated[
    str | None, typer.Option(metavar="WxH|Wx|xH", help="A size in pixels instead of a scale.")
]
Format = Annotated[str | None, typer.Option(metavar="F", help="png, jpeg, tiff, webp, avif.")]
Quality = Annotated[int | None, typer.Option(metavar="Q", min=1, max=100, help="Of lossy formats.")]

# Of `enhance`: by what, and how.
Model = Annotated[
    str | None, typer.Option(metavar="NAME|PATH", help="A model's name, or its folder.")
]
Task = Annotated[
    str | None, typer.Option(metavar="NAME", help="What to do: upscale is the default.")
]
Mask = Annotated[
    str | None, typer.Option(metavar="FILE", help="For inpaint: white where to paint in.")
]
Preset = Annotated[Literal["fast", "balanced", "best"], typer.Option(help="Speed or quality.")]
Device = Annotated[
    str, typer.Option(metavar="auto|cpu|gpu|...", help="As `claritas devices` lists them.")
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16", "int8"], typer.Option(help="What models compute in.")
]
Strength = Annotated[
    float, typer.Option(metavar="0..1", help="0 is plain interpolation, 1 the model.")
]
Ensemble = Annotated[
    bool, typer.Option("--ensemble", help="Average over variants of the picture: slower, better.")
]
Tile = Annotated[str, typer.Option(metavar="auto|N", help="Side of a tile in input pixels.")]

# Of `enhance`: how far to trust it.
Faithful = Annotated[
    Literal["block", "bicubic"] | None,
    typer.Option(help="Brought down so, the result gives back the input."),
]
Judge = Annotated[
    bool, typer.Option("--judge", help="Keep the input, interpolated, if it is no better.")
]
Report = Annotated[
    bool, typer.Option("--report", help="Write what was done, and what may be invented.")
]

# Of `enhance`: outputs that are there, and what is told.
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that are there.")]
SkipExisting = Annotated[
    bool, typer.Option("--skip-existing", help="Leave outputs that are there.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Redo only what is not done or has changed.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="No progress and no summary, only what failed.")
]
