"""`claritas models`: which models there are, and what their cards say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claritas.cli.extras import needs_torch
from claritas.cli.messages import say

models = typer.Typer(
    name="models", no_args_is_help=True, help="List models, show their cards, import weights."
)

JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@models.command("list")
def list_models(json: JsonOption = False) -> None:
    """List the models that ship and the user's own, one a line."""
    import msgspec

    from claritas.zoo.catalogue import find, names, user_names

    for name in [*names(), *(own for own in user_names() if own not in names())]:
        card = find(name).card
        if json:
            typer.echo(msgspec.json.encode(card))
        else:
            scale = f"x{card.contract.scale}"
            typer.echo(f"{name:16} {card.task:10} {scale:4} {card.preset:9} {card.summary}")


@models.command("show")
def show_model(
    name: Annotated[str, typer.Argument(metavar="NAME|PATH", help="A name, or a model folder.")],
    json: JsonOption = False,
) -> None:
    """Show the card of a model: contract, precisions, data, results, limits."""
    import msgspec

    from claritas.zoo.card import CARD
    from claritas.zoo.catalogue import find

    model = find(name)
    if json:
        typer.echo(msgspec.json.encode(model.card))
    else:
        typer.echo((model.folder / CARD).read_text("utf-8"), nl=False)


@models.command("import")
def import_weights(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Weights: torch's, safetensors, ONNX or npz.")
    ],
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="What to call the model.")],
    task: Annotated[str, typer.Option(help="What it does, where the file cannot tell.")] = "",
    licence: Annotated[str, typer.Option(metavar="TEXT", help="Of the weights.")] = "",
    origin: Annotated[str, typer.Option(metavar="TEXT", help="Where the file is from.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model.")] = False,
) -> None:
    """Make a model of weights from elsewhere; it is then one for --model NAME.

    Which net it is follows from the names and shapes in the file. No code in a file is ever run.
    """
    with needs_torch():
        from claritas.training.foreign import Wishes, import_model

    wishes = Wishes(task, licence, origin)
    typer.echo(import_model(file, name, wishes, overwrite, report=say).folder)
