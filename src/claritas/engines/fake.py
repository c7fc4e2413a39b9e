"""An engine without a network, for tests of the plumbing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from claritas.engines.engine import Description, Request
from claritas.engines.finish import finished, to_network
from claritas.image.picture import Array


class FakeEngine:
    """Gives the interpolation alone, as a network with zero weights would."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def describe(self) -> Description:
        return Description("fake", "none", self._request.precision, 1)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        finish = self._request.finish
        fed = to_network(inputs["picture"], finish)
        n, _, h, w = fed.shape
        c = finish.channels
        grain = (1, finish.scale**2) if finish.sub_pixel else (finish.scale, 1)
        output = np.zeros((n, c * grain[1], h * grain[0], w * grain[0]), np.float32)
        return finished(fed, output, finish, self._request.samples)
