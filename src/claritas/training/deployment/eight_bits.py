"""A net in 8 bits: trained as it will run, and the form of it that ships.

Weights are rounded to -63..63, a scale for each channel of the output;
tensors to 0..255, a learnt scale for each. Both are rounded in the forward pass
and passed through in the backward one, so that the weights settle where
rounding hurts least (Jacob 2018; scales as Esser 2020). The first convolution
and every bias stay in float.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn

from claritas.nets.contract import Balancing, Contract, Net, as_module
from claritas.nets.rounding import Rounding
from claritas.nets.symmetry import untie
from claritas.training.deployment.weight_rounding import SMALLEST_SCALE, round_weights, scales

LEVELS = 255
TAIL = 1e-6  # share of values, at each end, that the first range leaves out
# Share of the pictures whose ranges are held whole. Their mean cuts half of all, which cost
# photo-x4 0.007 dB; the widest is one hard edge's, and coarse for all others.
HELD = 0.8
BALANCED = 12  # batches that tell how channels are scaled and weights rounded
SAMPLE = 200_000  # values of a tensor that tell its range
# Stands for a bias of zeros, which would not be in the file: where none follows the 8-bit sums of
# the last convolution, OpenVINO forgets their scale in one of the two places that read them.
NEXT_TO_ZERO = 1e-30


class Range(Rounding):
    """Rounds a tensor to 256 levels; the scale is learnt, where zero lies is not.

    While `seen` is a list nothing is rounded and every call adds its range to it.
    """

    zero: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(1))
        self.register_buffer("zero", torch.zeros(1))
        self.seen: list[Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.seen is not None:
            if x.ndim == 4:  # maps, and not what a net works out of a single colour
                self.seen.append(_range_of(x.detach()))
            return x
        share = (x.numel() * LEVELS) ** -0.5  # Esser 2020: else scales learn faster than weights
        rounded: Tensor = torch._fake_quantize_learnable_per_tensor_affine(
            x.float(), self.log_scale.exp(), self.zero, 0, LEVELS, share
        )
        return rounded

    @torch.no_grad()
    def settle(self) -> None:
        """Take a range that holds most of those seen, and round from now on."""
        if self.seen:
            lows, highs = torch.stack(self.seen).T
            low, high = lows.quantile(1 - HELD).item(), highs.quantile(HELD).item()
            scale = max((high - low) / LEVELS, SMALLEST_SCALE)
            self.log_scale.fill_(scale).log_()
            self.zero.fill_(round(-low / scale))
        self.seen = None


def _range_of(x: Tensor) -> Tensor:
    """(low, high) of nearly all values; zero lies within."""
    values = x.flatten()
    values = values[:: values.numel() // SAMPLE + 1].float()
    ends = torch.tensor([TAIL, 1 - TAIL], device=x.device)
    low, high = torch.quantile(values, ends)
    return torch.stack([low.clamp(max=0), high.clamp(min=0)])


class EightBitConvolution(nn.Conv2d):
    """A convolution that trains with rounded weights; `before` rounds its input."""

    before: nn.Module

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.float()
        scale = scales(weight)
        rounded = weight + (torch.round(weight / scale) * scale - weight).detach()
        result: Tensor = self._conv_forward(self.before(x), rounded, self.bias)
        return result


def in_eight_bits(net: Net, pictures: Iterable[Tensor]) -> Net:
    """A copy of a net that rounds as its 8-bit form will; its ranges are those of the pictures.

    Parameters
    ----------
    pictures
        Batches as the net takes them, (n, channels, h, w), 0..1.
    """
    batches = list(pictures)
    balanced = copy.deepcopy(net)
    untie(as_module(balanced))  # no two weights need the same rounding
    if isinstance(balanced, Balancing):
        balanced.balance(batches[:BALANCED])
    rounded = with_ranges(balanced)
    module = as_module(rounded)
    ranges = [m for m in module.modules() if isinstance(m, Range)]
    undivided = [
        m for m in module.modules() if isinstance(m, EightBitConvolution) and m.groups == 1
    ]
    for one in ranges:
        one.seen = []
    with torch.no_grad():
        for batch in batches:
            rounded(batch)
    for one in ranges:
        one.settle()
    round_weights(module, undivided, batches[:BALANCED])
    return rounded


def with_ranges(net: Net) -> Net:
    """The same copy before anything is known of its ranges."""
    rounded = copy.deepcopy(net)
    module = as_module(rounded).requires_grad_(True)
    untie(module)
    convolutions = [m for m in module.modules() if type(m) is nn.Conv2d]
    places = _places(module)
    for convolution in convolutions[1:]:
        convolution.__class__ = EightBitConvolution
        cast(EightBitConvolution, convolution).before = nn.Identity() if places else Range()
    for parent, name in places:
        setattr(parent, name, Range())
    return rounded


def _places(module: nn.Module) -> list[tuple[nn.Module, str]]:
    """Where the net says that it is rounded."""
    return [
        (parent, name)
        for parent in module.modules()
        for name, child in parent.named_children()
        if type(child) is Rounding
    ]


class EightBits:
    """A net as `write_onnx` takes it: what it deploys holds whole numbers and their scales."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self.contract: Contract = net.contract

    def deployed(self) -> nn.Module:
        module = copy.deepcopy(self._net.deployed()).float()
        for one in list(module.modules()):
            if isinstance(one, EightBitConvolution):
                _write_weights(one)
            elif isinstance(one, Range):
                one.register_buffer("scale", one.log_scale.detach().exp().reshape(()))
                one.register_buffer("origin", one.zero.reshape(()).to(torch.uint8))
                del one.log_scale
                one.__class__ = WrittenRange
        return module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._net, name)


@torch.no_grad()
def _write_weights(convolution: EightBitConvolution) -> None:
    scale = scales(convolution.weight)
    codes = torch.round(convolution.weight / scale).to(torch.int8)
    del convolution.weight
    convolution.register_buffer("codes", codes)
    convolution.register_buffer("scale", scale.flatten())
    convolution.register_buffer("origin", torch.zeros(len(codes), dtype=torch.int8))
    if convolution.bias is None or not convolution.bias.any():
        convolution.bias = nn.Parameter(torch.full((len(codes),), NEXT_TO_ZERO))
    convolution.__class__ = WrittenConvolution


class WrittenRange(Range):
    """The pair of nodes that stands for a rounding in a file."""

    scale: Tensor
    origin: Tensor

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = _Rounded.apply(x, self.scale, self.origin)  # type: ignore[no-untyped-call]
        return result


class WrittenConvolution(EightBitConvolution):
    """A convolution whose weights are whole numbers in the file."""

    codes: Tensor
    scale: Tensor
    origin: Tensor

    def forward(self, x: Tensor) -> Tensor:
        given = (self.codes, self.scale, self.origin)
        weight = _Dequantised.apply(*given)  # type: ignore[no-untyped-call]
        result: Tensor = self._conv_forward(self.before(x), weight, self.bias)
        return result


class _Rounded(torch.autograd.Function):
    """A tensor to whole numbers and back."""

    @staticmethod
    def forward(_: Any, x: Tensor, scale: Tensor, origin: Tensor) -> Tensor:
        codes = (torch.round(x / scale) + origin).clamp(0, LEVELS)
        return (codes - origin) * scale

    @staticmethod
    def symbolic(graph: Any, x: Any, scale: Any, origin: Any) -> Any:
        codes = graph.op("QuantizeLinear", x, scale, origin)
        return graph.op("DequantizeLinear", codes, scale, origin).setType(x.type())


class _Dequantised(torch.autograd.Function):
    """Weights from whole numbers, with a scale for each channel of the output."""

    @staticmethod
    def forward(_: Any, codes: Tensor, scale: Tensor, origin: Tensor) -> Tensor:
        return (codes - origin[:, None, None, None]) * scale[:, None, None, None]

    @staticmethod
    def symbolic(graph: Any, codes: Any, scale: Any, origin: Any) -> Any:
        weights = graph.op("DequantizeLinear", codes, scale, origin, axis_i=0)
        return weights.setType(codes.type().with_dtype(torch.float32))
