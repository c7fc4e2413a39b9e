"""Nets that are none of ours, through spandrel (the extra `import`)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from claritas.errors import ModelError
from claritas.nets.contract import Contract, Net
from claritas.training.foreign.family import Tensors


class Foreign(nn.Module):
    """A net of spandrel under our contract; how far it looks is not known, so it sees all."""

    def __init__(self, model: nn.Module, contract: Contract) -> None:
        super().__init__()
        self.body = model
        self.contract = contract

    def forward(self, pictures: Tensor) -> Tensor:
        result: Tensor = self.body(pictures)
        return result

    def deployed(self) -> nn.Module:
        return copy.deepcopy(self.body).float()

    def trained_form(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {f"body.{name}": tensor for name, tensor in tensors.items()}


@dataclass(frozen=True)
class Other:
    """A net that spandrel knows."""

    net: Net
    kind: str
    words: str
    task: str


def load_other(tensors: Tensors, file: Path) -> Other:
    """The net of a file that is of no family of ours; only its tensors are handed over.

    Raises
    ------
    ModelError
        If spandrel is not there or cannot be loaded, or knows no such net either.
    """
    strange = (
        f"{file} is of no net that Claritas knows by itself: it begins with {next(iter(tensors))!r}"
    )
    try:
        import spandrel
    except ModuleNotFoundError:
        raise ModelError(
            strange, "a file of a net that docs/models.md lists", "pip install 'claritas[import]'"
        ) from None
    except RuntimeError as error:  # torchvision's operators belong to one build of torch
        raise ModelError(
            f"{strange}; spandrel, which may know it, cannot be loaded: {error}",
            "torch and torchvision of one build",
            "torchvision of the package index belongs to torch's build for CUDA; beside torch for "
            "the CPU alone it cannot be loaded.",
        ) from None
    try:
        found: Any = spandrel.ModelLoader("cpu").load_from_state_dict(dict(tensors))
    except spandrel.UnsupportedModelError:
        raise ModelError(f"{strange}, and spandrel does not know it either") from None
    if not isinstance(found, spandrel.ImageModelDescriptor):
        raise ModelError(f"{file} takes more than a picture: {found.architecture.name}")
    return _other(found, file)


def _other(found: Any, file: Path) -> Other:
    channels = found.input_channels
    if channels != found.output_channels or channels not in (1, 3):
        raise ModelError(
            f"{file} takes {channels} channels and gives {found.output_channels}", "1 or 3 of both"
        )
    sizes = found.size_requirements
    contract = Contract(
        found.scale,
        halo=-1,
        channels=channels,
        edges="own",
        multiple=sizes.multiple_of,
        minimum=max(sizes.minimum, 1),
    )
    name = found.architecture.name
    task = "upscale" if found.scale > 1 else ""
    net = Foreign(found.model.eval(), contract)
    return Other(net, f"spandrel {name}", f"{name}, as spandrel reads it", task)
