"""`claritas verify`: whether a result, its report and the model belong together."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from claritas.cli.messages import visible

# Every hash holds, but the work could not be done again.
NOT_REPLAYED = 3
SIGNS = {True: "ok  ", False: "FAIL", None: "-   "}


def verify(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="What enhance wrote.")],
    report: Annotated[
        Path, typer.Option(metavar="FILE", help="The .report.json that --report wrote.")
    ],
    input: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By default, its name beside the output.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|PATH", help="Where the model is now.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON line a check on standard output.")
    ] = False,
) -> None:
    """Check files by their hashes, then do the work again and compare.

    Exits with 0 if all belongs together, 1 if something does not, 3 if the
    files hold but the work could not be done again, 2 for wrong use.
    """
    from claritas.enhancement.verify import verify as checks_of

    checks = checks_of(output, report, input, model)
    for check in checks:
        if json:
            facts = {"subject": check.subject, "holds": check.holds, "words": check.words}
            print(json_format.dumps(facts))
        else:
            print(f"{SIGNS[check.holds]} {check.subject}: {visible(check.words)}")
    if any(check.holds is False for check in checks):
        raise typer.Exit(1)
    if any(check.holds is None for check in checks):
        raise typer.Exit(NOT_REPLAYED)
