"""Nets of restoration in the names of their authors' files."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor

from claritas.training.foreign.family import Arguments, Family, Tensors, count, made


def _dncnn(first: str) -> Arguments:
    def arguments(t: Tensors) -> dict[str, Any]:
        width, channels = t[f"{first}.weight"].shape[:2]
        return {
            "channels": int(channels),
            "depth": sum(name.endswith(".weight") and t[name].ndim == 4 for name in t),
            "width": int(width),
            "norm": any(name.endswith(".running_mean") for name in t),
        }

    return arguments


def _every_other(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convolutions counted alone, as ours are counted with the ReLU between them."""
    return {
        re.sub(r"\d+", lambda number: str(2 * int(number[0])), name): tensor
        for name, tensor in tensors.items()
    }


def _restormer(t: Tensors) -> dict[str, Any]:
    width, hidden = made(t, "patch_embed.proj"), made(t, "encoder_level1.0.ffn.project_in") // 2
    levels = (*(f"encoder_level{level}" for level in (1, 2, 3)), "latent")
    expansion = EXPANSION if int(width * EXPANSION) == hidden else hidden / width
    return {
        "channels": int(t["patch_embed.proj.weight"].shape[1]),
        "width": width,
        "blocks": [count(t, rf"{level}\.(\d+)\.") for level in levels],
        "refinement": count(t, r"refinement\.(\d+)\."),
        "heads": [t[f"{level}.0.attn.temperature"].shape[0] for level in levels],
        "expansion": expansion,
        "biased_norm": "latent.0.norm1.body.bias" in t,
    }


def _nafnet(t: Tensors) -> dict[str, Any]:
    levels = range(count(t, r"downs\.(\d+)\."))
    return {
        "channels": int(t["intro.weight"].shape[1]),
        "width": made(t, "intro"),
        "encoders": [count(t, rf"encoders\.{level}\.(\d+)\.") for level in levels],
        "middle": count(t, r"middle_blks\.(\d+)\."),
        "decoders": [count(t, rf"decoders\.{level}\.(\d+)\.") for level in levels],
    }


EXPANSION = 2.66  # of all published Restormers; the hidden channels are rounded down

FAMILIES = (
    Family(
        "restormer",
        "Restormer (Zamir 2022)",
        ("patch_embed.proj", "encoder_level1.0.attn.qkv", "reduce_chan_level3", "output"),
        {
            r"patch_embed\.proj": "patch_embed",
            r"encoder_level1\.(.*?)(?:\.body)?": "encoders.0.{}",
            r"encoder_level2\.(.*?)(?:\.body)?": "encoders.1.{}",
            r"encoder_level3\.(.*?)(?:\.body)?": "encoders.2.{}",
            r"latent\.(.*?)(?:\.body)?": "latent.{}",
            r"decoder_level3\.(.*?)(?:\.body)?": "decoders.0.{}",
            r"decoder_level2\.(.*?)(?:\.body)?": "decoders.1.{}",
            r"decoder_level1\.(.*?)(?:\.body)?": "decoders.2.{}",
            r"refinement\.(.*?)(?:\.body)?": "refinement.{}",
            r"down1_2\.body\.0": "downs.0.0",
            r"down2_3\.body\.0": "downs.1.0",
            r"down3_4\.body\.0": "downs.2.0",
            r"up4_3\.body\.0": "ups.0.0",
            r"up3_2\.body\.0": "ups.1.0",
            r"up2_1\.body\.0": "ups.2.0",
            "reduce_chan_level3": "reduce.0",
            "reduce_chan_level2": "reduce.1",
        },
        _restormer,
        task="",
    ),
    Family(
        "nafnet",
        "NAFNet (Chen 2022)",
        ("intro", "middle_blks.0.conv1", "middle_blks.0.sca.1", "ending"),
        {
            r"(encoders|decoders)\.(\d+)\.(\d+)\.sca\.1": "{}.{}.{}.attention.mix",
            r"middle_blks\.(\d+)\.sca\.1": "middle.{}.attention.mix",
            r"middle_blks\.(.*)": "middle.{}",
        },
        _nafnet,
        task="",
    ),
    Family(
        "dncnn",
        "DnCNN (Zhang 2017), merged, convolutions by number",
        ("00", "01"),
        {r"(\d+)": "layers.{}"},
        _dncnn("00"),
        convert=_every_other,
        task="denoise",
    ),
    Family(
        "dncnn",
        "DnCNN (Zhang 2017), as KAIR keeps it",
        ("model.0", "model.2"),
        {r"model\.(\d+)": "layers.{}"},
        _dncnn("model.0"),
        task="denoise",
    ),
)
