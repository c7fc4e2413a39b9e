"""`claritas devices`: what this machine has to run models on."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from typing import Annotated

import typer


def devices(
    json: Annotated[bool, typer.Option("--json", help="One JSON line a device.")] = False,
) -> None:
    """List engines, devices and the precisions that they compute in by themselves."""
    from claritas.engines.devices import list_devices
    from claritas.engines.threads import available_cores

    found = list_devices()
    if json:
        for device in found:
            typer.echo(json_format.dumps(asdict(device)))
        return
    for device in found:
        precisions = ", ".join(device.precisions)
        typer.echo(f"{device.engine:12} {device.name:8} {precisions:18} {device.description}")
    typer.echo(f"Threads that this process may use: {available_cores()}")
