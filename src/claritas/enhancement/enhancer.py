"""The one object that makes pictures better: made once, used often, by many threads."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar, cast

import numpy as np

from claritas.enhancement.plan import DEFAULT_ENLARGEMENT, Options, Plan, result_size
from claritas.image.picture import Array, Header, Picture
from claritas.image.read import open_picture
from claritas.image.resize import resize

Given = TypeVar("Given", Picture, Path, str, Array)


class Enhancer:
    """Enhances pictures with one set of options.

    Safe to share between threads. Engines are made when they are first needed.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def plan(self, header: Header) -> Plan:
        """What `__call__` will do to a picture with this header; quick, loads no engine."""
        width, height = result_size(header, self.options, DEFAULT_ENLARGEMENT)
        return Plan(width, height, (), repr(self.options))

    def __call__(self, picture: Picture) -> Picture:
        """The better picture, as a stream: the work is done while its bands are pulled."""
        plan = self.plan(picture.header)
        return resize(picture, size=(plan.width, plan.height))


def enhance(given: Given, **options: object) -> Picture | Array:
    """Placeholder until the steps exist."""
    raise NotImplementedError
