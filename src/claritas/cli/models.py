"""`claritas models`: which models there are, and what their cards say."""

from __future__ import annotations

from typing import Annotated

import typer

models = typer.Typer(name="models", no_args_is_help=True, help="List models, and show their cards.")

JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@models.command("list")
def list_models(json: JsonOption = False) -> None:
    """List the models that ship, one a line."""
    import msgspec

    from claritas.zoo.catalogue import shipped

    for name, model in shipped().items():
        card = model.card
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
