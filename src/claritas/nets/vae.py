"""The variational autoencoder of the DTU study (Krzak 2021), after Kingma 2014.

Two convolutions of side 4 and stride 2, a matrix each for the mean and the
logarithm of the variance of `latent` numbers, and back. For pictures of one
side, 32 in the study: 522,519 parameters. What ships decodes the mean, so the
same picture always gives the same result.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from claritas.nets.contract import Contract

WIDTHS = (64, 128)


class Drawn(NamedTuple):
    """A picture decoded from a drawn code, and what it was drawn from: (n, latent) each."""

    picture: Tensor
    mean: Tensor
    log_variance: Tensor


class Decoded(nn.Module):
    """What ships: a picture, through the mean of its code."""

    def __init__(self, latent: int, side: int) -> None:
        super().__init__()
        first, second = WIDTHS
        flat = second * (side // 4) ** 2
        self.encoder = nn.Sequential(
            nn.Conv2d(3, first, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(first, second, 4, 2, 1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.mean = nn.Linear(flat, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, flat),
            nn.Unflatten(1, (second, side // 4, side // 4)),
            nn.ConvTranspose2d(second, first, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(first, 3, 4, 2, 1),
            nn.Sigmoid(),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.decoder(self.mean(self.encoder(pictures)))
        return result


class VAE(nn.Module):
    """`latent` numbers for a picture of `side` pixels, a multiple of 4."""

    def __init__(self, latent: int = 10, side: int = 32) -> None:
        super().__init__()
        self.latent = latent
        self.body = Decoded(latent, side)
        self.log_variance = nn.Linear(self.body.mean.in_features, latent)
        self.contract = Contract(scale=1, halo=-1, edges="own", multiple=4, minimum=side, side=side)

    def forward(self, pictures: Tensor, noise: Tensor | None = None) -> Tensor | Drawn:
        """With standard normal `noise` (n, latent), for training, the code is drawn."""
        if noise is None:
            result: Tensor = self.body(pictures)
            return result
        features = self.body.encoder(pictures)
        mean, log_variance = self.body.mean(features), self.log_variance(features)
        code = mean + torch.exp(0.5 * log_variance) * noise
        return Drawn(self.body.decoder(code), mean, log_variance)

    def deployed(self) -> nn.Module:
        return copy.deepcopy(self.body).float().eval()

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {f"body.{name}": tensor for name, tensor in tensors.items()}
