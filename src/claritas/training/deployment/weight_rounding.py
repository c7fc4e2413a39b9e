"""Weights as whole numbers, rounded so that a convolution's result changes least.

What one weight is moved by is made good by those that are still to be rounded:
neighbouring pixels are alike, so that a change of one weight can be answered by
another (Frantar 2023, GPTQ, after Hassibi 1993). Each to its nearest whole
number is what this gives where all inputs are independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

# Seven bits: without VNNI a processor adds two products, of a weight and a value up to 255, in
# 16 bits, and with eight the sum would be cut.
LARGEST_WEIGHT = 63
SMALLEST_SCALE = 1e-12
EVERY = 3  # pixel of a map, along both sides, that counts
DAMPING = 0.01  # of the mean square, added to each input's: what was not seen may come


def scales(weight: Tensor) -> Tensor:
    """(out, 1, 1, 1): a step for each channel, its largest weight a whole number of them."""
    largest = weight.detach().abs().amax((1, 2, 3), keepdim=True)
    return (largest / LARGEST_WEIGHT).clamp(min=SMALLEST_SCALE)


@torch.no_grad()
def round_weights(
    net: nn.Module, convolutions: Sequence[nn.Conv2d], batches: Iterable[Tensor]
) -> None:
    """Make the weights of these undivided convolutions of a net whole numbers of their steps.

    Parameters
    ----------
    batches
        As the net takes them: what the convolutions read is seen there.
    """
    products = [torch.zeros(one.weight[0].numel(), one.weight[0].numel()) for one in convolutions]
    hooks = [
        convolution.register_forward_pre_hook(partial(_add_products, total))
        for convolution, total in zip(convolutions, products, strict=True)
    ]
    for batch in batches:
        net(batch)
    for hook in hooks:
        hook.remove()
    for convolution, total in zip(convolutions, products, strict=True):
        convolution.weight.copy_(rounded(convolution.weight, total))


def _add_products(total: Tensor, convolution: nn.Module, given: tuple[Tensor, ...]) -> None:
    """Add the products of all pairs of inputs, over a ninth of the places."""
    assert isinstance(convolution, nn.Conv2d)
    size, dilation = convolution.kernel_size, convolution.dilation
    columns = functional.unfold(given[0].float(), size, dilation=dilation, stride=EVERY)
    total += torch.einsum("npi,nqi->pq", columns, columns).cpu()


def rounded(weight: Tensor, products: Tensor) -> Tensor:
    """A weight (out, in, height, width) in whole numbers of its steps.

    Parameters
    ----------
    products
        (inputs, inputs), inputs = in * height * width: the sum of products of
        what each pair of inputs was.
    """
    step = scales(weight).flatten().double().cpu()
    left = weight.detach().flatten(1).double().cpu().T.clone()
    widest = left.abs().argmax(0)
    result = torch.zeros_like(left)
    for index, answers in enumerate(_answers(products.double())):
        codes = torch.round(left[index] / step).clamp(-LARGEST_WEIGHT, LARGEST_WEIGHT)
        # The weight that sets the step stays the largest.
        codes = torch.where(widest == index, LARGEST_WEIGHT * left[index].sign(), codes)
        result[index] = codes * step
        left[index + 1 :] -= answers[:, None] * (left[index] - result[index])
    return result.T.reshape(weight.shape).to(weight)


def _answers(products: Tensor) -> Iterable[Tensor]:
    """For each input, what those behind it are to take over of a change of its weight."""
    damping = DAMPING * products.diagonal().mean().clamp(min=SMALLEST_SCALE)
    damped = products + damping * torch.eye(len(products), dtype=products.dtype)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    upper = torch.linalg.cholesky(inverse, upper=True)
    for index, row in enumerate(upper):
        yield row[index + 1 :] / row[index]
