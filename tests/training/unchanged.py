"""A net that gives back what it is given, for tests that look at what is made of its result."""

from __future__ import annotations

from torch import nn

from claritas.nets.contract import Contract, WithBody


class Unchanged(WithBody):
    """Has nothing to learn."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Identity()
        self.contract = Contract(1, halo=0)
