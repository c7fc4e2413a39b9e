"""What the contract test makes of every net; one file a family.

`SMALL`: net to the arguments of its small forms. `GOLDEN`: (net, arguments, parameters).
"""

from __future__ import annotations

from typing import Any

from tests.nets.forms import (
    autoencoders,
    efficient,
    enlargement,
    generators,
    painting,
    restoration,
)

FAMILIES = [autoencoders, enlargement, efficient, generators, restoration, painting]

SMALL: dict[str, list[dict[str, Any]]] = {
    kind: forms for family in FAMILIES for kind, forms in family.SMALL.items()
}
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    case for family in FAMILIES for case in family.GOLDEN
]
