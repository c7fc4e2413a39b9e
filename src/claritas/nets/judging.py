"""Which pictures a discriminator takes, said before a layer fails."""

from __future__ import annotations

from torch import Tensor

from claritas.errors import UsageError


def check_side(pictures: Tensor, side: int) -> None:
    """Raises `UsageError` unless the pictures are squares of `side`."""
    h, w = pictures.shape[-2:]
    if (h, w) != (side, side):
        raise UsageError(
            f"The discriminator was given pictures of {w}x{h}",
            f"{side}x{side}, its side",
            "let the discriminator's side be schedule.patch times the scale.",
        )


def check_multiple(pictures: Tensor, multiple: int) -> None:
    """Raises `UsageError` unless the sides are divisible by `multiple`."""
    h, w = pictures.shape[-2:]
    if h % multiple or w % multiple:
        raise UsageError(
            f"The discriminator was given pictures of {w}x{h}",
            f"sides divisible by {multiple}",
            "choose another schedule.patch.",
        )
