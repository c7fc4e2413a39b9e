"""MnasNet (Tan 2019) that rates pictures: B1, and A1 with squeeze and excitation.

3,102,312 and 2,606,038 parameters before the head. Padding all round and
ImageNet's mean and deviation, as in torchvision.
"""

from __future__ import annotations

from torch import nn

from claritas.nets.rating import Convolution, InvertedResidual, Rating

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
WIDTH = 1280

# Side of the filter, first stride, expansion, channels, repeats, squeezed.
Blocks = tuple[tuple[int, int, int, int, int, bool], ...]
B1: Blocks = (
    (3, 2, 3, 24, 3, False),
    (5, 2, 3, 40, 3, False),
    (5, 2, 6, 80, 3, False),
    (3, 1, 6, 96, 2, False),
    (5, 2, 6, 192, 4, False),
    (3, 1, 6, 320, 1, False),
)
A1: Blocks = (
    (3, 2, 6, 24, 2, False),
    (5, 2, 3, 40, 3, True),
    (3, 2, 6, 80, 4, False),
    (3, 1, 6, 112, 2, True),
    (5, 2, 6, 160, 3, True),
    (3, 1, 6, 320, 1, False),
)


def mnasnet_b1(
    outputs: int = 10,
    dropout: float = 0.75,
    side: int = 0,
    frozen: int = 0,
    norm: bool = True,
) -> Rating:
    """Without squeeze and excitation; `norm=False` is the merged form."""
    return _mnasnet(B1, outputs, dropout, side, frozen, norm)


def mnasnet_a1(
    outputs: int = 10,
    dropout: float = 0.75,
    side: int = 0,
    frozen: int = 0,
    norm: bool = True,
) -> Rating:
    """Squeezed to a quarter of a block's input channels; `norm=False` is the merged form."""
    return _mnasnet(A1, outputs, dropout, side, frozen, norm)


def _mnasnet(
    blocks: Blocks, outputs: int, dropout: float, side: int, frozen: int, norm: bool
) -> Rating:
    features = nn.Sequential(
        Convolution(3, 32, 3, 2, activation=nn.ReLU, norm=norm),
        InvertedResidual(32, 16, 1, 3, 1, activation=nn.ReLU, norm=norm),
    )
    given = 16
    for filter_side, first, expansion, made, repeats, squeezed in blocks:
        for number in range(repeats):
            features.append(
                InvertedResidual(
                    given,
                    made,
                    expansion,
                    filter_side,
                    first if number == 0 else 1,
                    squeeze=given // 4 if squeezed else 0,
                    activation=nn.ReLU,
                    norm=norm,
                )
            )
            given = made
    features.append(Convolution(given, WIDTH, activation=nn.ReLU, norm=norm))
    return Rating(
        features,
        WIDTH,
        outputs=outputs,
        dropout=dropout,
        side=side,
        frozen=frozen,
        mean=IMAGENET_MEAN,
        deviation=IMAGENET_DEVIATION,
    )
