"""The convolutional autoencoder of the DTU study (Krzak 2021): through a narrow place and back.

Three convolutions of side 4 and stride 2, a max pool behind the first; their
mirror image of transposed convolutions, with repeated pixels for the pool.
32x32 pixels become 8 channels of 2x2, an eightieth of the numbers. 23,659
parameters as the study prints; its text speaks of 8x8x2, which its own model
is not. Padding and activations are those of an earlier, stored form of the
study's net.

With `dense` numbers a matrix each way narrows the place further, as the study
tried, and the net takes pictures of one side alone. How large that place was
is not known: the number is the user's to choose.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

from torch import Tensor, nn

from claritas.nets.contract import Contract

STRIDE = 16  # pixels of the picture that share a place of the bottleneck
NARROW = 8  # channels there
# An input 13 pixels before its place reaches outputs 26 pixels behind it.
HALO = 39


class Autoencoder(nn.Module):
    """`dense` numbers in the bottleneck, for pictures of `side`; 0: no matrices, any size."""

    def __init__(self, dense: int = 0, side: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 16, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(16, NARROW, 4, 2, 1),
            nn.ReLU(),
        )
        self.bottleneck = _dense(dense, side // STRIDE) if dense else nn.Identity()
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(NARROW, 16, 4, 2, 1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.ConvTranspose2d(16, 32, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 3, 4, 2, 1),
            nn.Sigmoid(),
        )
        self.contract = Contract(
            scale=1,
            halo=-1 if dense else HALO,
            edges="own",
            multiple=STRIDE,
            minimum=side if dense else STRIDE,
            side=side if dense else 0,
        )

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.decoder(self.bottleneck(self.encoder(pictures)))
        return result

    def deployed(self) -> nn.Module:
        return copy.deepcopy(self).float().eval()

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(tensors)


def _dense(numbers: int, side: int) -> nn.Sequential:
    """All places of the bottleneck to `numbers` and back."""
    shape = (NARROW, side, side)
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(NARROW * side * side, numbers),
        nn.ReLU(),
        nn.Linear(numbers, NARROW * side * side),
        nn.ReLU(),
        nn.Unflatten(1, shape),
    )
