"""Frozen networks that give features of pictures, for perceptual objectives.

- `vgg19`: ImageNet's VGG19; its weights (20 million) are the user's to point to.
- `mobilenet`: ImageNet's MobileNetV2, from an npz file of Keras' weights.
- anything else: a run or model folder, or a model that ships; every layer of
  that net can be looked at, by its name in torch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Any

from torch import Tensor, nn

from claritas.errors import TrainingError, UsageError
from claritas.nets import create
from claritas.nets.contract import as_module
from claritas.nets.vgg19 import VGG19
from claritas.nets.vgg19 import layers as vgg19_layers
from claritas.training.frozen import frozen_net
from claritas.training.start import take_over
from claritas.training.weights import local_file, read_tensors


def create_features(network: str, layers: Collection[str], file: str, sha256: str) -> nn.Module:
    """A frozen module: pictures (n, 3, h, w), 0..1, to the outputs of `layers`, by name.

    Raises
    ------
    UsageError
        If the network has no such layer, or its file is not told.
    TrainingError
        If the file cannot be read, or is of another network.
    """
    if network in ("vgg19", "mobilenet") and not file:
        raise UsageError(
            f"The features of {network} need its weights",
            "objective.perceptual.file, a path or a URL with its sha256",
            'or look through a net of ours: network = "photo-x4".',
        )
    if network == "vgg19":
        features: nn.Module = _vgg19(layers, file, sha256)
    elif network == "mobilenet":
        features = Tapped(_mobilenet(file, sha256), layers)
    else:
        features = Tapped(as_module(frozen_net(network)), layers)
    return features.eval().requires_grad_(False)


def _vgg19(layers: Collection[str], file: str, sha256: str) -> VGG19:
    _check_layers(layers, vgg19_layers())
    net = VGG19(layers)
    try:
        net.take(read_tensors(local_file(file, sha256)))
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{file} is not of VGG19: {reason}", "torchvision's names") from None
    return net


def _mobilenet(file: str, sha256: str) -> nn.Module:
    net = create("mobilenet-v2", {"norm": False})
    take_over(net, local_file(file, sha256))
    return as_module(net)


def _check_layers(layers: Collection[str], known: Collection[str]) -> None:
    unknown = [name for name in layers if name not in known]
    if unknown or not layers:
        what = f"has no layer {unknown[0]!r}" if unknown else "is asked for no layer"
        raise UsageError(f"The network of the perceptual term {what}", f"of {', '.join(known)}")


class Enough(Exception):  # noqa: N818
    """All layers have been seen; the rest of the net need not be computed."""


class Tapped(nn.Module):
    """A net of ours, looked at in the middle."""

    def __init__(self, net: nn.Module, layers: Collection[str]) -> None:
        super().__init__()
        named = dict(net.named_modules())
        _check_layers(layers, [name for name in named if name])
        self.net = net
        self._missing = set(layers)
        self._seen: dict[str, Tensor] = {}
        for name in layers:
            named[name].register_forward_hook(self._watcher(name))

    def _watcher(self, name: str) -> Any:
        def watch(_: nn.Module, __: Any, result: Tensor) -> None:
            self._seen[name] = result
            if self._seen.keys() >= self._missing:
                raise Enough

        return watch

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        self._seen = {}
        with contextlib.suppress(Enough):
            self.net(pictures)
        seen, self._seen = self._seen, {}
        return seen
