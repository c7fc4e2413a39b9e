"""Muon (Jordan 2024): momentum whose update is made orthogonal, for convolutions.

Brings in a quarter of Adam's steps what Adam brings. Only for weights that
map features to features: everything before the first and after the last
convolution, and all biases, stay with Adam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from claritas.training.tensors import divided_like, whole

# Newton-Schulz coefficients of the reference implementation: they blow small
# singular values up fastest and leave all between 0.7 and 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5
SHARE = 0.2  # gives the update the root mean square of Adam's (Liu 2025)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, flattened to (out, in * height * width), orthogonalised."""

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, decay: float = 0.0
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        del closure  # of torch's interface; nothing here evaluates twice
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["decay"])
                    self._update(weight, weight.grad, group["lr"], group["momentum"])

    def _update(self, weight: Tensor, gradient: Tensor, lr: float, momentum: float) -> None:
        state: dict[str, Any] = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(gradient, 1 - momentum)
        look_ahead = whole(gradient.lerp(state["momentum"], momentum))
        flat = look_ahead.reshape(len(weight), -1)
        size = lr * SHARE * max(flat.shape) ** 0.5
        change = orthogonal(flat).reshape(weight.shape)
        weight.sub_(divided_like(change, weight), alpha=size)


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest matrix with all singular values near 1, by Newton-Schulz iteration."""
    a, b, c = COEFFICIENTS
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / (torch.linalg.matrix_norm(x) + 1e-7)
    for _ in range(ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    result: Tensor = x if wide else x.T
    return result


def split_parameters(net: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Muon's share and Adam's.

    The rule: Muon trains the weights of undivided convolutions (one group)
    from the second to the last but one, in the order in which the net lists
    them; Adam trains the first, the last and everything else.
    """
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d) and m.groups == 1]
    inner = {id(m.weight) for m in convolutions[1:-1] if m.weight.requires_grad}
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    return [p for p in trained if id(p) in inner], [p for p in trained if id(p) not in inner]
