"""The command `claritas`: its commands, its streams and how errors leave it.

Commands import what they need when they run; `--help` loads nothing heavy.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from claritas.cli.assess import assess
from claritas.cli.benchmark import benchmark
from claritas.cli.degrade import degrade
from claritas.cli.devices import devices
from claritas.cli.enhance import enhance
from claritas.cli.export import export
from claritas.cli.messages import say
from claritas.cli.models import models
from claritas.cli.runs import runs
from claritas.cli.train import train
from claritas.cli.verify import verify
from claritas.errors import ClaritasError
from claritas.version import __version__

INTERRUPTED = 130  # what shells give for Ctrl-C: 128 + SIGINT

app = typer.Typer(
    name="claritas",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(enhance)
app.command()(assess)
app.command()(verify)
app.add_typer(models)
app.command()(devices)
app.command()(train)
app.command()(runs)
app.command()(export)
app.command()(benchmark)
app.command()(degrade)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"claritas {__version__}")
        raise typer.Exit


@app.callback()
def claritas(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Make pictures better and say how good they are."""


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed in part, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        _accept_any_name(stream)
    try:
        app()
    except ClaritasError as error:
        say(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has left; so must the buffer, quietly.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        say("There is not enough memory.\nWhat to do: a smaller --tile, or close other programs.")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("CLARITAS_DEBUG"):
            raise
        say(
            f"{type(error).__name__}: {error}\n"
            "This is a mistake in Claritas, not yours; CLARITAS_DEBUG=1 shows where."
        )
        sys.exit(1)


def _accept_any_name(stream: object) -> None:
    """File names may be no text, and the terminal may lack their letters."""
    if isinstance(stream, io.TextIOWrapper):
        unicode = stream.encoding.lower().replace("-", "") == "utf8"
        stream.reconfigure(errors="surrogateescape" if unicode else "backslashreplace")
