"""A net against a discriminator (Goodfellow 2014), on top of nearness to the truth.

Two contests, with C the discriminator's logit and s the sigmoid:

- `vanilla` (SRGAN, Real-ESRGAN): the discriminator minimises -log s(C(truth)) -
  log(1 - s(C(result))), the net -log s(C(result)).
- `relativistic` (ESRGAN): the same with C less the mean logit of the other
  side, both terms in both nets, halved as in BasicSR. The other side's logits
  are taken as given.

The net should have been trained for fidelity before: `net.start`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets import DISCRIMINATORS, create
from claritas.nets.contract import Net, as_module
from claritas.training.data.patches import Batch
from claritas.training.objectives.fidelity import fidelity
from claritas.training.objectives.perceptual import Perceptual, checked
from claritas.training.objectives.perceptual import Settings as PerceptualSettings
from claritas.training.objectives.sharpening import sharpened

Contest = Literal["vanilla", "relativistic"]


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`[objective]` of kind `adversarial`.

    Attributes
    ----------
    discriminator
        `kind`, and what it is made with.
    weight
        Of the net's adversarial term; the discriminator's is always 1.
    fidelity
        Weights of fidelity terms.
    large
        Weight of the term against large errors: the squared error (for the
        medical generator; the paper's own form is not public).
    sharpened
        Whether fidelity and perceptual terms aim at the truth after unsharp
        masking, as Real-ESRGAN's do; the discriminator always sees it plain.
    """

    discriminator: dict[str, Any]
    contest: Contest = "vanilla"
    weight: float = 1e-3
    fidelity: dict[str, float] = {}
    large: float = 0.0
    perceptual: PerceptualSettings | None = None
    sharpened: bool = False


class Adversarial:
    """The objective, and the opponent that it trains."""

    def __init__(self, settings: Settings) -> None:
        self.opponent = _discriminator(**settings.discriminator)
        self.modules = nn.ModuleDict()
        self._settings = settings
        self._fidelity = fidelity(settings.fidelity) if settings.fidelity else None
        self._perceptual = Perceptual(settings.perceptual) if settings.perceptual else None
        if self._perceptual:
            self.modules["features"] = self._perceptual.features
        self._result: Tensor | None = None

    def __call__(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        result = net(batch.low).float()
        self._result = result.detach()
        target = sharpened(batch.high) if self._settings.sharpened else batch.high
        parts, loss = self._nearness(result, replace(batch, high=target))
        parts["adversarial"] = self._convincing(result, batch.high)
        return parts | {"loss": loss + self._settings.weight * parts["adversarial"]}

    def opponent_parts(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        """What the discriminator minimises, on the result that the net's step was made of.

        Its mean opinions on truths and results, 0 for false and 1 for real, are
        told beside it.
        """
        if self._result is None:
            self._result = net(batch.low).float().detach()
        real, false = self.opponent(batch.high), self.opponent(self._result)
        self._result = None
        parts = {"real": real.detach().sigmoid().mean(), "false": false.detach().sigmoid().mean()}
        return {"loss": discriminator_loss(real, false, self._settings.contest)} | parts

    def _nearness(self, result: Tensor, batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        parts = self._fidelity(lambda _: result, batch) if self._fidelity else {}  # type: ignore[arg-type]
        loss = parts.pop("loss", result.new_zeros(()))
        if self._settings.large:
            parts["large"] = (result - batch.high).square().mean()
            loss = loss + self._settings.large * parts["large"]
        if self._perceptual:
            parts["perceptual"] = self._perceptual(result, batch.high)
            loss = loss + self._perceptual.settings.weight * parts["perceptual"]
        return parts, loss

    def _convincing(self, result: Tensor, truth: Tensor) -> Tensor:
        false = self.opponent(result)
        if self._settings.contest == "vanilla":
            return _as_real(false)
        with torch.no_grad():
            real = self.opponent(truth)
        return (_as_real(false - real.mean()) + _as_false(real - false.mean())) / 2


def _discriminator(kind: str = "", **arguments: Any) -> nn.Module:
    if kind not in DISCRIMINATORS:
        raise UsageError(
            f"There is no discriminator {kind!r}", f"one of {', '.join(DISCRIMINATORS)}"
        )
    return as_module(create(kind, arguments))


def discriminator_loss(real: Tensor, false: Tensor, contest: Contest) -> Tensor:
    """Of the logits of truths and of results."""
    if contest == "vanilla":
        return _as_real(real) + _as_false(false)
    return (_as_real(real - false.mean().detach()) + _as_false(false - real.mean().detach())) / 2


def _as_real(logits: Tensor) -> Tensor:
    """Mean of -log s(logit)."""
    return functional.softplus(-logits).mean()


def _as_false(logits: Tensor) -> Tensor:
    """Mean of -log(1 - s(logit))."""
    return functional.softplus(logits).mean()


def adversarial(settings: Mapping[str, Any]) -> Adversarial:
    """The objective from its settings.

    Raises
    ------
    UsageError
        If a setting is not known or does not fit.
    """
    return Adversarial(checked(settings, Settings))
