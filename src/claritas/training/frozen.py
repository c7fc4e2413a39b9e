"""Networks of ours that an objective looks through or asks, and that never learn."""

from __future__ import annotations

from pathlib import Path

from claritas.nets import create
from claritas.nets.contract import Net, as_module
from claritas.training.config import read_config
from claritas.training.start import take_over
from claritas.zoo.catalogue import find

CONFIG = "config.toml"


def frozen_net(place: str) -> Net:
    """The net of a run folder, of a model folder, or of a model that ships; in eval form.

    Raises
    ------
    ClaritasError
        If there is no such net, or it has no weights yet.
    """
    if (Path(place) / CONFIG).is_file():
        config = read_config(Path(place) / CONFIG)
        kind, arguments = config.net.kind, config.net.arguments
    else:
        card = find(place).card
        kind, arguments = card.net.kind, card.net.arguments
    net = create(kind, arguments)
    take_over(net, Path(place))
    as_module(net).eval().requires_grad_(False)
    return net
