"""Gains of channels that are rounded together, so that rounding them is seen least.

In 8 bits all channels of a tensor share one step, which the widest of them
sets. Where a net only adds to its channels from end to end, each may be scaled
on the way in and back on the way out: in float nothing changes. A narrow
channel then uses more of the 256 levels, a wide one that matters little fewer
(Nagel 2019 make the ranges equal; here the noise that reaches the picture is
made small, over all places at once, since the gains are the same at each).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

STEPS = 1000
RATE = 0.02
LARGEST_GAIN = 16.0
SMALLEST_NOISE = 1e-30  # of a net that says nothing yet
LEAST_RANGE = 1e-4  # of the widest channel's: narrower ones count as so wide
# Exponents of the norm that stands for the largest range: first soft, so that many channels
# are moved at once.
FIRST_EXPONENT, LAST_EXPONENT = 8.0, 48.0


@dataclass(frozen=True)
class Place:
    """What is known of the channels of one rounded tensor; all (channels,).

    Attributes
    ----------
    below, above
        How far they reach from zero.
    heard
        Squared change of the picture for a unit of noise in each.
    """

    below: Tensor
    above: Tensor
    heard: Tensor


def observed(
    net: nn.Module, roundings: Sequence[nn.Module], batches: Iterable[Tensor]
) -> list[Place]:
    """The places that these modules round, on batches as the net takes them.

    What is heard comes from the gradients of the picture, seen through random
    signs: their expected square is the sum over all pixels (Hutchinson).
    """
    seen: list[list[Tensor]] = [[] for _ in roundings]
    hooks = [
        module.register_forward_hook(partial(_keep, kept))
        for module, kept in zip(roundings, seen, strict=True)
    ]
    found: list[list[Tensor]] = [[] for _ in roundings]
    generator = torch.Generator().manual_seed(0)
    for batch in batches:
        with torch.enable_grad():
            result = net(batch.clone().requires_grad_())
            signs = torch.randint(0, 2, result.shape, generator=generator).to(result) * 2 - 1
            (result * signs).sum().backward()
        for kept, facts in zip(seen, found, strict=True):
            facts.append(_facts(kept.pop(), result.numel()))
    for hook in hooks:
        hook.remove()
    net.zero_grad()
    return [Place(*torch.stack(facts).mean(0)) for facts in found]


def _keep(kept: list[Tensor], _module: nn.Module, _given: object, result: Tensor) -> None:
    if result.ndim == 4:  # maps, and not what a net works out of a single colour
        result.retain_grad()
        kept.append(result)


def _facts(maps: Tensor, outputs: int) -> Tensor:
    """(3, channels): the numbers of a `Place`."""
    assert maps.grad is not None
    values = maps.detach().float()
    below, above = (-values.amin((0, 2, 3))).clamp(min=0), values.amax((0, 2, 3)).clamp(min=0)
    heard = maps.grad.float().square().sum((0, 2, 3)) / outputs
    return torch.stack([below, above, heard]).cpu()


def best_gains(places: Sequence[Place]) -> Tensor:
    """(channels,), positive, about 1: what to scale the channels by."""
    below, above, heard = (
        torch.stack([getattr(place, name) for place in places])
        for name in ("below", "above", "heard")
    )
    widest = torch.maximum(below, above).amax()
    sides = [side.clamp(min=LEAST_RANGE * widest).log() for side in (below, above)]
    logs = torch.zeros(heard.shape[1], requires_grad=True)
    optimiser = torch.optim.Adam([logs], lr=RATE)
    for step in range(STEPS):
        exponent = FIRST_EXPONENT + (LAST_EXPONENT - FIRST_EXPONENT) * step / STEPS
        optimiser.zero_grad()
        with torch.enable_grad():
            steps = sum(_largest(side + logs, exponent) for side in sides)
            noise = (steps**2 * (heard * (-2 * logs).exp()).sum(1)).sum()
            noise.clamp(min=SMALLEST_NOISE).log().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    bound = math.log(LARGEST_GAIN)
    gains: Tensor = (logs - logs.mean()).detach().clamp(-bound, bound).exp()
    return gains


def _largest(logs: Tensor, exponent: float) -> Tensor:
    """About the largest number of each row, whose logarithms are given."""
    return (torch.logsumexp(exponent * logs, 1) / exponent).exp()
