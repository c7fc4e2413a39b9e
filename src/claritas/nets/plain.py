"""The net that ships: plain 3x3 convolutions that correct a bicubic enlargement.

Head, blocks of four convolutions with ReLU and a short skip, a 1x1 with a long
skip, one sub-pixel tail: the shape of DISP (NTIRE 2026) with ReLU, since plain
convolutions run at the rate of the machine's matrix product. Two things are
ours:

- It sees only differences. The head's kernels are made to sum to zero and what
  the net answers to a flat picture is subtracted, so flat colour stays itself
  by construction and not by training.
- Its input is counted in 0..255 and its output is a correction in the same
  unit: whole numbers up to 256 are exact in bfloat16.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from claritas.errors import UsageError
from claritas.nets.balance import best_gains, observed
from claritas.nets.contract import Contract
from claritas.nets.interpolation import Interpolation
from claritas.nets.rounding import Rounding
from claritas.nets.symmetry import (
    SQUARE,
    in_eights,
    make_symmetric,
    sub_pixels,
    unmoved,
    untie,
    weights_of,
)

WHITE = 255.0


class Block(nn.Module):
    """Convolutions with ReLU, and a skip over all of them.

    In 8 bits only the sum with the skip is rounded, not what goes into it: OpenVINO adds before it
    rounds, and would else give a flat picture another answer than the one that is subtracted.
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth)
        )
        self.roundings = nn.ModuleList(Rounding() for _ in range(depth - 1))
        self.sum = Rounding()

    def forward(self, x: Tensor) -> Tensor:
        return self.of(x, lambda convolution, y: convolution(y))

    def of(self, x: Tensor, apply: Callable[[nn.Conv2d, Tensor], Tensor]) -> Tensor:
        """The block with its convolutions applied in another way."""
        first, *others = (cast(nn.Conv2d, one) for one in self.convolutions)
        y = functional.relu(apply(first, x))
        for rounding, convolution in zip(self.roundings, others, strict=True):
            y = functional.relu(apply(convolution, rounding(y)))
        total: Tensor = self.sum(torch.add(x, y))
        return total

    def centre(self, x: Tensor, added: Tensor) -> tuple[Tensor, Tensor]:
        """Its part of `Body.centre`: constant maps and what a bias added to them, in and out."""
        y, moved = x, added
        *others, last = (cast(nn.Conv2d, one) for one in self.convolutions)
        for rounding, convolution in zip(self.roundings, others, strict=True):
            exact = functional.relu(_on_constant(_less(convolution, moved), y))
            y = rounding(exact)
            moved = _move(convolution, y - exact, where=exact > 0)
        exact = functional.relu(_on_constant(_less(last, moved), y))
        total = self.sum(x + exact)
        missing = total - (x + exact)
        return total, added + _move(last, missing, where=(exact > 0) & (exact + missing > 0))


class Body(nn.Module):
    """What ships: (n, 3, h, w) in 0..255 to its correction, (n, 3 * scale**2, h, w)."""

    def __init__(self, scale: int, channels: int, blocks: int, depth: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(Block(channels, depth) for _ in range(blocks))
        self.fuse = nn.Conv2d(channels, channels, 1)
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.first, self.last = Rounding(), Rounding()

    def forward(self, pictures: Tensor) -> Tensor:
        return self.features(self.head(pictures))

    def features(self, first: Tensor) -> Tensor:
        x = first = self.first(first)
        for block in self.blocks:
            x = block(x)
        correction: Tensor = self.tail(self.last(self.fuse(x) + first))
        return correction

    def sums(self) -> list[Rounding]:
        """The roundings that all see the same channels, from the head to the tail."""
        blocks = [cast(Block, block).sum for block in self.blocks]
        return [self.first, *blocks, self.last]

    def scale_channels(self, gains: Tensor) -> None:
        """Those channels times `gains` (channels,), positive; the correction stays what it was."""
        _scale_outputs(self.head, gains)
        for block in self.blocks:
            first, *_, last = (cast(nn.Conv2d, one) for one in cast(Block, block).convolutions)
            first.weight.div_(gains[:, None, None])
            _scale_outputs(last, gains)
        self.fuse.weight.div_(gains[:, None, None])
        _scale_outputs(self.fuse, gains)
        self.tail.weight.div_(gains[:, None, None])

    def on_constant(self, first: Tensor) -> Tensor:
        """What `features` gives for constant maps (channels,), far from the borders."""
        x = first = self.first(first)
        for block in self.blocks:
            x = cast(Block, block).of(x, _on_constant)
        return _on_constant(self.tail, self.last(_on_constant(self.fuse, x) + first))

    def centre(self) -> None:
        """Move the biases so that the features of a flat picture lie where they are rounded to.

        A smooth ramp's differ little from them: they round to the same, and not to the next
        step. What is added to a bias is taken from those behind it, so that but for ReLU's bends
        and the borders the net stays what it was. In float nothing is rounded, nothing moves.
        """
        assert self.head.bias is not None
        x = first = self.first(self.head.bias)
        at_first = added = _move(self.head, first - self.head.bias)
        for block in self.blocks:
            x, added = cast(Block, block).centre(x, added)
        exact = _on_constant(_less(self.fuse, added), x) + first
        _less(self.tail, at_first + _move(self.fuse, self.last(exact) - exact))


class Plain(nn.Module):
    """`blocks` blocks of `depth` convolutions of `channels` channels.

    With `symmetric`, the result turns and mirrors with the picture (`nets/symmetry.py`).

    Raises
    ------
    UsageError
        If it is symmetric and its channels do not come in eights.
    """

    def __init__(
        self,
        scale: int = 4,
        channels: int = 64,
        blocks: int = 4,
        depth: int = 4,
        symmetric: bool = False,
    ) -> None:
        super().__init__()
        self.body = Body(scale, channels, blocks, depth)
        if symmetric:
            _make_symmetric(self.body, scale, channels)
        self.interpolation = Interpolation(scale)
        self.contract = Contract(
            scale=scale,
            halo=2 + blocks * depth,
            tail="sub-pixel",
            residual="bicubic",
            range=WHITE,
        )
        with torch.no_grad():  # begin as the interpolation
            self.body.tail.weight.mul_(0.1)

    def forward(self, pictures: Tensor) -> Tensor:
        # The border pixel is repeated for the head, so that a patch's edge is no difference.
        extended = functional.pad(pictures * WHITE, (1, 1, 1, 1), mode="replicate")
        weight, bias = weights_of(self.body.head)
        features = self.body.features(functional.conv2d(extended, _zero_sum(weight) / WHITE, bias))
        correction = features.float() - self._flat_answer()
        sub_pixels = functional.pixel_shuffle(correction, self.contract.scale)
        return torch.add(self.interpolation(pictures), sub_pixels)

    def _flat_answer(self) -> Tensor:
        """The correction, (1, 3 * scale**2, 1, 1), far inside a flat picture of any colour."""
        with torch.autocast(self.body.head.weight.device.type, enabled=False):
            answer = self.body.on_constant(weights_of(self.body.head)[1].float())
        return answer[None, :, None, None]

    @torch.no_grad()
    def centre(self) -> None:
        self.body.centre()

    @torch.no_grad()
    def balance(self, batches: Iterable[Tensor]) -> None:
        gains = best_gains(observed(self, self.body.sums(), batches))
        self.body.scale_channels(gains.to(self.body.tail.weight.device))

    @torch.no_grad()
    def deployed(self) -> nn.Module:
        body = copy.deepcopy(self.body).float()
        untie(body)
        body.head.weight.copy_(_zero_sum(body.head.weight) / WHITE)
        assert body.tail.bias is not None
        body.tail.bias.sub_(self._flat_answer().flatten()).mul_(WHITE)
        body.tail.weight.mul_(WHITE)
        return body

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A deployed file's tensors in this net's names and units.

        What `deployed` subtracts stays subtracted: both steps change nothing
        when they are done again.
        """
        gains = {"head.weight": WHITE, "tail.weight": 1 / WHITE, "tail.bias": 1 / WHITE}
        return {f"body.{name}": tensor * gains.get(name, 1) for name, tensor in tensors.items()}


def _make_symmetric(body: Body, scale: int, channels: int) -> None:
    if channels % len(SQUARE):
        raise UsageError(
            f"A symmetric net has no {channels} channels", f"a multiple of {len(SQUARE)}"
        )
    inside = in_eights(channels)
    for name, one in body.named_modules():
        if isinstance(one, nn.Conv2d):
            inputs = unmoved(3) if name == "head" else inside
            outputs = sub_pixels(3, scale) if name == "tail" else inside
            make_symmetric(one, inputs, outputs)


def _zero_sum(weight: Tensor) -> Tensor:
    """Each kernel less its mean: blind to a constant."""
    return weight - weight.mean((2, 3), keepdim=True)


def _scale_outputs(convolution: nn.Conv2d, gains: Tensor) -> None:
    convolution.weight.mul_(gains[:, None, None, None])
    if convolution.bias is not None:
        convolution.bias.mul_(gains)


def _on_constant(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    """A convolution of constant maps, far from the borders: (in,) to (out,)."""
    maps = x[None, :, None, None].expand(1, -1, *convolution.kernel_size)
    middle: Tensor = convolution(maps)[0, :, convolution.padding[0], convolution.padding[1]]
    return middle


def _move(convolution: nn.Conv2d, change: Tensor, where: Tensor | None = None) -> Tensor:
    """Add to a bias, in those channels only; what was added."""
    assert convolution.bias is not None
    added = change if where is None else torch.where(where, change, 0.0)
    convolution.bias.add_(added)
    return added


def _less(convolution: nn.Conv2d, added: Tensor) -> nn.Conv2d:
    """The convolution, with what was added to its constant input taken from its bias."""
    assert convolution.bias is not None
    convolution.bias.sub_(_on_constant(convolution, added) - convolution.bias)
    return convolution
