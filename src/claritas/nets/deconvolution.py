"""The deconvolution net of the DTU study (Krzak 2021): three transposed convolutions.

10, 20 and 3 channels. By 2 (180 to 360): sides 3, 3 and 4, the second of
stride 2, which gives one row too few, and the third adds it. By 4 (90 to 360):
sides 4, 4 and 3, the first two of stride 2. 3,063 and 4,253 parameters. The
last activation is a sigmoid, so the result is within 0..1 by itself.
"""

from __future__ import annotations

from torch import nn

from claritas.nets.contract import Contract, WithBody

# Scale: side and stride of each transposed convolution, all padded by 1.
LAYERS = {2: ((3, 1), (3, 2), (4, 1)), 4: ((4, 2), (4, 2), (3, 1))}
HALO = 2


class Deconvolution(WithBody):
    """`scale` is 2 or 4."""

    ships = "layers"

    def __init__(self, scale: int = 2) -> None:
        super().__init__()
        (a, s), (b, t), (c, u) = LAYERS[scale]
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(3, 10, a, s, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(10, 20, b, t, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(20, 3, c, u, 1),
            nn.Sigmoid(),
        )
        self.contract = Contract(scale, halo=HALO, edges="own")
