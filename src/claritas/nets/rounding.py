"""Where the 8-bit form of a net rounds its tensors."""

from __future__ import annotations

from torch import nn


class Rounding(nn.Identity):
    """A tensor that the 8-bit form of a net rounds to 256 levels; in float, nothing.

    A net that has these is rounded at them and nowhere else, sums included. Of
    a net that has none the input of every convolution but the first is rounded,
    and its sums stay in float.
    """
