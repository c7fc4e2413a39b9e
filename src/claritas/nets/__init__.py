"""Torch: one network a file. `create` makes a net from its name and arguments."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from claritas.errors import UsageError
from claritas.nets.contract import Net

# name: (module, class); the module is imported when the net is made.
NETS: dict[str, tuple[str, str]] = {
    "srcnn": ("srcnn", "SRCNN"),
    "vdsr": ("vdsr", "VDSR"),
    "fsrcnn": ("fsrcnn", "FSRCNN"),
    "espcn": ("espcn", "ESPCN"),
    "edsr": ("edsr", "EDSR"),
    "mdsr": ("mdsr", "MDSR"),
    "srresnet": ("srresnet", "SRResNet"),
    "rdn": ("rdn", "RDN"),
    "imdn": ("imdn", "IMDN"),
    "compact": ("compact", "Compact"),
    "span": ("span", "SPAN"),
    "spanv2": ("spanv2", "SPANV2"),
    "disp": ("disp", "DISP"),
    "errn2": ("errn2", "ERRN2"),
    "amcanet": ("amcanet", "AMCANet"),
    "pan": ("pan", "PAN"),
    "plain": ("plain", "Plain"),
    "dncnn": ("dncnn", "DnCNN"),
    "can": ("can", "CAN"),
    "nafnet": ("nafnet", "NAFNet"),
    "restormer": ("restormer", "Restormer"),
    "mirnet-v2": ("mirnet", "MIRNet"),
    "esrgan": ("esrgan", "ESRGAN"),
    "esrganplus": ("esrganplus", "ESRGANPlus"),
    "enhancenet": ("enhancenet", "EnhanceNet"),
    "ahmad2022": ("ahmad2022", "Ahmad2022"),
    "autoencoder": ("autoencoder", "Autoencoder"),
    "vae": ("vae", "VAE"),
    "deconvolution": ("deconvolution", "Deconvolution"),
    "residual": ("residual", "Residual"),
    "masked": ("masked", "Masked"),
}
# Pictures to logits; opponents of a net that trains.
DISCRIMINATORS: dict[str, tuple[str, str]] = {
    "srgan-discriminator": ("srgan_discriminator", "SRGANDiscriminator"),
    "ahmad2022-discriminator": ("ahmad2022_discriminator", "Ahmad2022Discriminator"),
    "vgg-discriminator": ("vgg_discriminator", "VGGDiscriminator"),
    "unet-discriminator": ("unet_discriminator", "UNetDiscriminator"),
}
# From a noisy picture, what is known of it and the level of the noise to the noise.
DENOISERS: dict[str, tuple[str, str]] = {
    "sr3": ("sr3", "SR3"),
}
# From a picture to the shares of the marks 1 to 10.
BACKBONES: dict[str, tuple[str, str]] = {
    "mobilenet-v1": ("mobilenet", "mobilenet_v1"),
    "mobilenet-v2": ("mobilenet", "mobilenet_v2"),
    "mnasnet-b1": ("mnasnet", "mnasnet_b1"),
    "mnasnet-a1": ("mnasnet", "mnasnet_a1"),
}


def create(kind: str, arguments: Mapping[str, Any] | None = None) -> Net:
    """A net with fresh weights, of any of the tables above.

    Raises
    ------
    UsageError
        If there is no such net, or it takes no such argument.
    """
    all_kinds = NETS | DISCRIMINATORS | DENOISERS | BACKBONES
    if kind not in all_kinds:
        raise UsageError(f"There is no net named {kind!r}", f"one of {', '.join(all_kinds)}")
    module, name = all_kinds[kind]
    made = getattr(importlib.import_module(f"claritas.nets.{module}"), name)
    known = list(inspect.signature(made).parameters)
    unknown = [key for key in arguments or {} if key not in known]
    if unknown:
        raise UsageError(f"The net {kind} takes no {unknown[0]!r}", f"one of {', '.join(known)}")
    net: Net = made(**dict(arguments or {}))
    return net
