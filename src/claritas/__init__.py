"""Claritas makes pictures better and says how good they are.

The public face; importing it costs nothing, each name is loaded when it is
first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from claritas.version import __version__

if TYPE_CHECKING:
    from claritas.assessment.assessor import Assessment, Assessor, assess
    from claritas.enhancement.enhancer import Enhancer
    from claritas.enhancement.given import enhance
    from claritas.enhancement.judge import Judge
    from claritas.enhancement.plan import Options
    from claritas.errors import ClaritasError
    from claritas.image.picture import Header, Picture
    from claritas.image.read import open_picture
    from claritas.image.write import write_picture

_HOMES = {
    "Assessment": "assessment.assessor",
    "Assessor": "assessment.assessor",
    "ClaritasError": "errors",
    "Enhancer": "enhancement.enhancer",
    "Header": "image.picture",
    "Judge": "enhancement.judge",
    "Options": "enhancement.plan",
    "Picture": "image.picture",
    "assess": "assessment.assessor",
    "enhance": "enhancement.given",
    "open_picture": "image.read",
    "write_picture": "image.write",
}

__all__ = [
    "Assessment",
    "Assessor",
    "ClaritasError",
    "Enhancer",
    "Header",
    "Judge",
    "Options",
    "Picture",
    "__version__",
    "assess",
    "enhance",
    "open_picture",
    "write_picture",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'claritas' has no attribute {name!r}")
    return getattr(importlib.import_module(f"claritas.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
