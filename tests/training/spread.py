"""A training loop as `torchrun` starts it: fifty steps, their losses into a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

from claritas.nets import create
from claritas.training.config import to_config
from claritas.training.data.patches import Batch, Wanted
from claritas.training.loop import Watchers, train
from claritas.training.machines import launch
from claritas.training.objectives import create_objective

FORM = {"scale": 2, "channels": 8, "blocks": 1, "depth": 2, "symmetric": True}


def sample(wanted: Wanted) -> Batch:
    """Rows that each come from the step's and their own number."""
    rows = [torch.Generator().manual_seed(1000 * wanted.step + row) for row in wanted.rows]
    low = torch.stack([torch.rand(3, wanted.patch, wanted.patch, generator=row) for row in rows])
    return Batch(low, torch.nn.functional.interpolate(low, scale_factor=2, mode="bicubic"))


def main(out: Path, table: dict[str, Any]) -> None:
    config = to_config(table, "test")
    torch.manual_seed(0)
    net, losses = create(config.net.kind, config.net.arguments), []
    watchers = Watchers(lambda progress: losses.append(progress.loss))
    fabric = launch(config, "32-true")
    objective = create_objective(config.objective)
    train(config, net, objective, sample, out / "checkpoints", fabric=fabric, watchers=watchers)
    if fabric.is_global_zero:
        (out / "losses.json").write_text(json.dumps(losses))
    else:
        assert not losses


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
