"""Giving a picture back through a narrow place: of itself, or of its spoiled form.

The DTU study (Krzak 2021) compares model A, trained on clean pictures alone,
with model B, which is given the spoiled ones. A net that draws a code is
trained for the evidence lower bound (Kingma 2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets.contract import Net
from claritas.training.data.patches import Batch


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`given`: what the net gets, clean pictures (model A) or spoiled ones (model B).

    `beta` weighs the divergence of a code that is drawn; 0 is for nets that
    draw none. `likelihood` is then how probable the clean picture is, given
    the result: a Bernoulli variable for each value (the study's) or a normal
    one of deviation 1.
    """

    given: Literal["clean", "spoiled"] = "spoiled"
    beta: float = 0.0
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"


def squares(result: Tensor, truth: Tensor) -> Tensor:
    """-log of the normal density of deviation 1, without its constant; summed for each picture."""
    return (result - truth).square().flatten(1).sum(1) / 2


def crosses(result: Tensor, truth: Tensor) -> Tensor:
    """-log of the Bernoulli probability, summed for each picture; both in 0..1."""
    return functional.binary_cross_entropy(result, truth, reduction="none").flatten(1).sum(1)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Of N(mean, variance) from N(0, 1) (Kullback-Leibler), in nats, summed for each code."""
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)


LIKELIHOODS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bernoulli": crosses,
    "gaussian": squares,
}


@dataclass(frozen=True)
class Autoencoding:
    """See the module's text; parts are `reconstruction`, and `divergence` where a code is drawn.

    Without a code `reconstruction` is the mean squared error. With one both
    parts are nats a picture, and the loss is their weighted sum for each value
    of a picture, so that rates and clipping need not know the picture's size.
    """

    settings: Settings

    def __call__(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        given = batch.high if self.settings.given == "clean" else batch.low
        if given.shape != batch.high.shape:
            raise UsageError("The objective autoencoding needs a net of scale 1")
        if self.settings.beta == 0:
            error = functional.mse_loss(net(given).float(), batch.high)
            return {"loss": error, "reconstruction": error}
        return self._bound(net, given, batch.high)

    def _bound(self, net: Net, given: Tensor, truth: Tensor) -> dict[str, Tensor]:
        latent = getattr(net, "latent", None)
        if latent is None:
            raise UsageError(
                "beta is for a net that draws a code", "the net vae, or beta = 0", "leave beta out."
            )
        noise = torch.randn(len(given), latent, device=given.device)
        result, mean, log_variance = (t.float() for t in net(given, noise))  # type: ignore[call-arg]
        nats = LIKELIHOODS[self.settings.likelihood](result, truth).mean()
        apart = divergence(mean, log_variance).mean()
        bound = nats + self.settings.beta * apart
        values = math.prod(truth.shape[1:])
        return {"loss": bound / values, "reconstruction": nats, "divergence": apart}


def autoencoding(settings: Mapping[str, Any]) -> Autoencoding:
    """The objective of an `[objective]` table.

    Raises
    ------
    UsageError
        If a setting is not known.
    """
    try:
        return Autoencoding(msgspec.convert(dict(settings), Settings))
    except msgspec.ValidationError as error:
        raise UsageError(
            f"The objective autoencoding: {error}", "given, beta, likelihood"
        ) from None
