"""A net of restoration that paints in: the mask enters beside the picture.

Ours: a 3x3 convolution of picture and mask adds to the picture's three channels
what another net of scale 1 then works on. It begins as that net.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from claritas.errors import UsageError
from claritas.nets.contract import WithBody, as_module


class Body(nn.Module):
    """(n, 4, h, w), picture and mask, to (n, 3, h, w), all 0..1."""

    def __init__(self, entry: nn.Conv2d, inner: nn.Module) -> None:
        super().__init__()
        self.entry = entry
        self.inner = inner

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.inner(pictures[:, :3] + self.entry(pictures))
        return result


class Masked(WithBody):
    """The net `kind`, made with `arguments`, for a picture and its mask."""

    def __init__(self, kind: str = "vdsr", arguments: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        from claritas.nets import create

        inner = create(kind, {"scale": 1} | dict(arguments or {}))
        contract = inner.contract
        if (contract.scale, contract.channels, contract.fed) != (1, 3, 3):
            raise UsageError(f"The net {kind} cannot paint in", "a net in colour, of scale 1")
        if hasattr(inner, "interpolation"):  # at scale 1 there is nothing to interpolate
            inner.interpolation = nn.Identity()
        entry = nn.Conv2d(4, 3, 3, padding=1)
        nn.init.zeros_(entry.weight)
        nn.init.zeros_(entry.bias)  # type: ignore[arg-type]
        self.body = Body(entry, as_module(inner))
        self.contract = replace(
            contract,
            halo=-1 if contract.whole else contract.halo + 1,
            tail="picture",
            residual="none",
            edges="own",
            before=False,
            range=1.0,
            mask=True,
        )
