"""VGG19 (Simonyan 2014) up to its last convolution: what perceptual objectives look through.

Layers bear torchvision's numbers, so that its weights fit; they are named as
in the papers: `conv5_4` is before the ReLU, `relu5_4` after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

CONVOLUTIONS = (2, 2, 4, 4, 4)  # in each stage
WIDTHS = (64, 128, 256, 512, 512)
MEAN = (0.485, 0.456, 0.406)  # of ImageNet, RGB, 0..1
DEVIATION = (0.229, 0.224, 0.225)


def layers() -> dict[str, nn.Module]:
    """All layers in their order, by name."""
    made: dict[str, nn.Module] = {}
    before = 3
    for stage, (count, width) in enumerate(zip(CONVOLUTIONS, WIDTHS, strict=True), start=1):
        for index in range(1, count + 1):
            made[f"conv{stage}_{index}"] = nn.Conv2d(before, width, 3, padding=1)
            made[f"relu{stage}_{index}"] = nn.ReLU()
            before = width
        made[f"pool{stage}"] = nn.MaxPool2d(2)
    return made


class VGG19(nn.Module):
    """Pictures of 0..1 to the outputs of the layers `taps`, by name."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, taps: Collection[str]) -> None:
        super().__init__()
        named = layers()
        self.taps = {list(named).index(name): name for name in taps}
        self.features = nn.Sequential(*list(named.values())[: max(self.taps) + 1])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        x = (pictures - self.mean) / self.deviation
        seen: dict[str, Tensor] = {}
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                seen[self.taps[index]] = x
        return seen

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over torchvision's tensors, those of layers that are not here left aside."""
        self.load_state_dict({name: tensors[name] for name in self.state_dict()})
