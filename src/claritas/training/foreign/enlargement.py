"""Nets that enlarge, classics and generators, in the names of their authors' files."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from claritas.training.foreign.family import Arguments, Family, Tensors, count, made, stages_scale

WHITE = 255


def _edsr(t: Tensors) -> dict[str, Any]:
    channels, blocks = made(t, "head.0"), count(t, r"body\.(\d+)\.body\.0\.")
    scale = stages_scale(t, ("tail.0.0", "tail.0.2"), channels)
    return {"scale": scale, "blocks": blocks, "channels": channels, "share": _share(channels)}


def _edsr_basicsr(t: Tensors) -> dict[str, Any]:
    channels, blocks = made(t, "conv_first"), count(t, r"body\.(\d+)\.")
    scale = stages_scale(t, ("upsample.0", "upsample.2"), channels)
    return {"scale": scale, "blocks": blocks, "channels": channels, "share": _share(channels)}


def _share(channels: int) -> float:
    """Of a residual block: the full net of 256 channels scales it, and no other published one."""
    return 0.1 if channels >= 256 else 1.0


def _edsr_trunk(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The convolution after the blocks counts as one of them in the authors' file."""
    last = max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks."))
    trunk = {f"blocks.{last}.{kind}": f"fuse.{kind}" for kind in ("weight", "bias")}
    return {trunk.get(name, name): tensor for name, tensor in tensors.items()}


def _rdn(t: Tensors) -> dict[str, Any]:
    growth = made(t, "RDBs.0.convs.0.conv.0")
    sizes = {"channels": made(t, "SFENet1"), "growth": growth}
    blocks, depth = count(t, r"RDBs\.(\d+)\."), count(t, r"RDBs\.0\.convs\.(\d+)\.")
    scale = stages_scale(
        t, ("UPNet.0", "UPNet.2") if "UPNet.4.weight" in t else ("UPNet.0",), growth
    )
    return {"scale": scale, "blocks": blocks, "depth": depth, **sizes}


def _rdn_port(t: Tensors) -> dict[str, Any]:
    growth = made(t, "rdbs.0.layers.0.conv")
    sizes = {"channels": made(t, "sfe1"), "growth": growth}
    blocks, depth = count(t, r"rdbs\.(\d+)\."), count(t, r"rdbs\.0\.layers\.(\d+)\.")
    scale = stages_scale(t, ("upscale.0", "upscale.2"), growth)
    return {"scale": scale, "blocks": blocks, "depth": depth, **sizes}


def _white_is_one(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A net of 0..255 as one of 0..1: with ReLU alone, all that is added shrinks alike."""
    return {n: t / WHITE if n.endswith(".bias") else t for n, t in tensors.items()}


def _srresnet(t: Tensors) -> dict[str, Any]:
    channels, blocks = made(t, "conv1.0"), count(t, r"trunk\.(\d+)\.")
    stages = tuple(f"upsampling.{index}.upsample_block.0" for index in range(2))
    return {
        "scale": stages_scale(t, stages, channels),
        "blocks": blocks,
        "channels": channels,
    }


def _zero_to_one(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A file that gives 0..1 as one that gives -1..1; biases that it lacks are zero."""
    found = dict(tensors)
    for name, tensor in tensors.items():
        if name.endswith(".weight") and tensor.ndim == 4:
            bias = name.removesuffix("weight") + "bias"
            found.setdefault(bias, torch.zeros(tensor.shape[0]))
    found["tail.weight"] = 2 * tensors["tail.weight"]
    found["tail.bias"] = 2 * found["tail.bias"] - 1
    return found


def _esrgan(body: str, first: str, growth: str) -> Arguments:
    def arguments(t: Tensors) -> dict[str, Any]:
        folded = t[f"{first}.weight"].shape[1] // 3  # 1, 4 or 16 pixels in one
        return {
            "scale": {1: 4, 4: 2, 16: 1}[folded],
            "blocks": count(t, body),
            "channels": made(t, first),
            "growth": made(t, growth),
        }

    return arguments


FAMILIES = (
    Family(
        "edsr",
        "EDSR (Lim 2017)",
        ("head.0", "body.0.body.0", "tail.0.0", "tail.1"),
        {
            r"head\.0": "head",
            r"body\.(\d+)\.body\.(\d)": "blocks.{}.body.{}",
            r"body\.(\d+)": "blocks.{}",
            r"tail\.0\.(\d)": "upsampler.{}",
            r"tail\.1": "tail",
        },
        _edsr,
        ignored="sub_mean|add_mean",
        convert=_edsr_trunk,
    ),
    Family(
        "edsr",
        "EDSR (Lim 2017), as BasicSR keeps it",
        ("conv_first", "body.0.conv1", "conv_after_body", "upsample.0"),
        {
            "conv_first": "head",
            r"body\.(\d+)\.conv1": "blocks.{}.body.0",
            r"body\.(\d+)\.conv2": "blocks.{}.body.2",
            "conv_after_body": "fuse",
            r"upsample\.(\d)": "upsampler.{}",
            "conv_last": "tail",
        },
        _edsr_basicsr,
        ignored="mean",
    ),
    Family(
        "rdn",
        "RDN (Zhang 2018), as EDSR's code keeps it",
        ("SFENet1", "SFENet2", "RDBs.0.LFF", "UPNet.0"),
        {
            "SFENet1": "head",
            "SFENet2": "second",
            r"RDBs\.(\d+)\.convs\.(\d+)\.conv\.0": "blocks.{}.convolutions.{}",
            r"RDBs\.(\d+)\.LFF": "blocks.{}.fuse",
            r"GFF\.(\d)": "fuse.{}",
            r"UPNet\.(\d)": "upsampler.{}",
        },
        _rdn,
        convert=lambda tensors: _white_is_one(_rdn_tail(tensors)),
    ),
    Family(
        "rdn",
        "RDN (Zhang 2018), a port of 0..1",
        ("sfe1", "sfe2", "rdbs.0.lff", "output"),
        {
            "sfe1": "head",
            "sfe2": "second",
            r"rdbs\.(\d+)\.layers\.(\d+)\.conv": "blocks.{}.convolutions.{}",
            r"rdbs\.(\d+)\.lff": "blocks.{}.fuse",
            r"gff\.(\d)": "fuse.{}",
            r"upscale\.(\d)": "upsampler.{}",
            "output": "tail",
        },
        _rdn_port,
    ),
    Family(
        "srresnet",
        "SRResNet (Ledig 2017), a port of 0..1",
        ("conv1.0", "trunk.0.rcb.0", "conv2.1", "upsampling.0.upsample_block.0", "conv3"),
        {
            r"conv1\.(\d)": "head.{}",
            r"trunk\.(\d+)\.rcb\.(\d)": "blocks.{}.body.{}",
            r"conv2\.(\d)": "fuse.{}",
            r"upsampling\.0\.upsample_block\.(\d)": "upsampler.{}",
            r"upsampling\.1\.upsample_block\.0": "upsampler.3",
            r"upsampling\.1\.upsample_block\.2": "upsampler.5",
            "conv3": "tail",
        },
        _srresnet,
        convert=_zero_to_one,
        invents="much",
    ),
    Family(
        "esrgan",
        "RRDBNet (Wang 2018, ESRGAN)",
        ("conv_first", "body.0.rdb1.conv1", "conv_up1", "conv_hr"),
        {},
        _esrgan(r"body\.(\d+)\.", "conv_first", "body.0.rdb1.conv1"),
        invents="much",
    ),
    Family(
        "esrgan",
        "RRDBNet (Wang 2018, ESRGAN), in the names of its second code",
        ("conv_first", "RRDB_trunk.0.RDB1.conv1", "upconv1", "HRconv"),
        {
            r"RRDB_trunk\.(\d+)\.RDB(\d)\.(conv\d)": "body.{}.rdb{}.{}",
            "trunk_conv": "conv_body",
            r"upconv(\d)": "conv_up{}",
            "HRconv": "conv_hr",
        },
        _esrgan(r"RRDB_trunk\.(\d+)\.", "conv_first", "RRDB_trunk.0.RDB1.conv1"),
        invents="much",
    ),
    Family(
        "esrgan",
        "RRDBNet (Wang 2018, ESRGAN), in the names of its first code",
        ("model.0", "model.1.sub.0.RDB1.conv1.0", "model.3", "model.10"),
        {
            r"model\.0": "conv_first",
            r"model\.1\.sub\.(\d+)\.RDB(\d)\.(conv\d)\.0": "body.{}.rdb{}.{}",
            r"model\.1\.sub\.\d+": "conv_body",
            r"model\.3": "conv_up1",
            r"model\.6": "conv_up2",
            r"model\.8": "conv_hr",
            r"model\.10": "conv_last",
        },
        _esrgan(r"model\.1\.sub\.(\d+)\.RDB", "model.0", "model.1.sub.0.RDB1.conv1.0"),
        invents="much",
    ),
)


def _rdn_tail(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The last convolution counts as one of the upsampler in this file."""
    last = max(int(name.split(".")[1]) for name in tensors if name.startswith("upsampler."))
    tail = {f"upsampler.{last}.{kind}": f"tail.{kind}" for kind in ("weight", "bias")}
    return {tail.get(name, name): tensor for name, tensor in tensors.items()}
