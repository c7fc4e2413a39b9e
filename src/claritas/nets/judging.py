"""What discriminators share: a judge of squares, and which pictures it takes."""

from __future__ import annotations

from torch import Tensor, nn

from claritas.errors import UsageError

SLOPE = 0.2  # of the leaky ReLU


class SquareJudge(nn.Module):
    """Judges pictures of one side: features, `hidden` values of all of them, one logit.

    `values` is how many numbers `features` gives for a picture.
    """

    def __init__(self, side: int, features: nn.Module, values: int, hidden: int) -> None:
        super().__init__()
        self.side = side
        self.features = features
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(values, hidden), nn.LeakyReLU(SLOPE), nn.Linear(hidden, 1)
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, side, side), 0..1, to logits (n, 1): high where a picture looks real."""
        check_side(pictures, self.side)
        answer: Tensor = self.head(self.features(pictures))
        return answer


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
