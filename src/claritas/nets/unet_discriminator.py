"""Real-ESRGAN's discriminator (Wang 2021): a U-Net with spectral norm that judges every pixel."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from claritas.nets.esrgan import leaky
from claritas.nets.judging import check_multiple


class UNetDiscriminator(nn.Module):
    """Any picture whose sides are divisible by 8."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        c = channels
        self.conv0 = nn.Conv2d(3, c, 3, padding=1)
        self.conv1 = _halving(c, 2 * c)
        self.conv2 = _halving(2 * c, 4 * c)
        self.conv3 = _halving(4 * c, 8 * c)
        self.conv4 = _plain(8 * c, 4 * c)
        self.conv5 = _plain(4 * c, 2 * c)
        self.conv6 = _plain(2 * c, c)
        self.conv7 = _plain(c, c)
        self.conv8 = _plain(c, c)
        self.conv9 = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w), 0..1, to logits (n, 1, h, w): high where a pixel looks real."""
        check_multiple(pictures, 8)
        x0 = leaky(self.conv0(pictures))
        x1 = leaky(self.conv1(x0))
        x2 = leaky(self.conv2(x1))
        x3 = leaky(self.conv3(x2))
        x = leaky(self.conv4(_doubled(x3))) + x2
        x = leaky(self.conv5(_doubled(x))) + x1
        x = leaky(self.conv6(_doubled(x))) + x0
        answer: Tensor = self.conv9(leaky(self.conv8(leaky(self.conv7(x)))))
        return answer


def _halving(before: int, width: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(before, width, 4, 2, padding=1, bias=False))


def _plain(before: int, width: int) -> nn.Module:
    return spectral_norm(nn.Conv2d(before, width, 3, padding=1, bias=False))


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
