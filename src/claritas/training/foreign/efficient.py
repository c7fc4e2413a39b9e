"""Small and fast nets in the names of their authors' files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claritas.training.foreign.family import (
    Arguments,
    Family,
    Tensors,
    count,
    made,
    sub_pixel_scale,
)


def _imdn(t: Tensors) -> dict[str, Any]:
    scale = sub_pixel_scale(t, "upsampler.0")
    return {"scale": scale, "blocks": count(t, r"IMDB(\d+)"), "channels": made(t, "fea_conv")}


def _pan(t: Tensors) -> dict[str, Any]:
    # One stage is of 2 or of 3: the shapes are the same, so both are tried.
    blocks = count(t, r"SCPA_trunk\.(\d+)")
    sizes = {"channels": made(t, "conv_first"), "blocks": blocks, "fine": made(t, "upconv1")}
    return {**({"scale": 4} if "upconv2.weight" in t else {}), **sizes}


def _span(conv: str, branches: bool) -> Arguments:
    def arguments(t: Tensors) -> dict[str, Any]:
        return {
            "scale": sub_pixel_scale(t, "upsampler.0"),
            "channels": made(t, f"conv_1{conv}"),
            "blocks": count(t, r"block_(\d+)"),
            "branches": branches,
        }

    return arguments


def _spanv2(t: Tensors) -> dict[str, Any]:
    channels, blocks = made(t, "block_1.c1.conv"), count(t, r"block_(\d+)")
    return {"scale": sub_pixel_scale(t, "conv_near"), "channels": channels, "blocks": blocks}


def _disp(t: Tensors) -> dict[str, Any]:
    return {
        "scale": sub_pixel_scale(t, "upsampler.0"),
        "channels": made(t, "conv_1.eval_conv"),
        "blocks": count(t, r"blocks\.(\d+)"),
        "branches": False,
    }


def _errn2(t: Tensors) -> dict[str, Any]:
    scale, blocks = sub_pixel_scale(t, "upsampler.0"), count(t, r"block_(\d+)")
    return {"scale": scale, "channels": made(t, "conv_1"), "blocks": blocks, "branches": False}


def _amcanet(t: Tensors) -> dict[str, Any]:
    scale, blocks = sub_pixel_scale(t, "tail"), count(t, r"blocks\.(\d+)")
    return {"scale": scale, "channels": made(t, "head"), "blocks": blocks}


def _compact(t: Tensors) -> dict[str, Any]:
    last = max(int(name.split(".")[1]) for name in t)
    scale = sub_pixel_scale(t, f"body.{last}")
    return {"scale": scale, "channels": made(t, "body.0"), "depth": last // 2 - 1}


_SPAN_NAMES = {
    r"conv_1{}": "head{}",
    r"block_(\d+)\.c(\d)_r{}": "blocks.{{}}.convolutions.{{}}{}",
    r"conv_2{}": "last{}",
}
_BRANCHES = {
    r"\.sk": ".shortcut",
    r"\.conv\.0": ".widen",
    r"\.conv\.1": ".middle",
    r"\.conv\.2": ".narrow",
}
_SPAN_REST = {"conv_cat": "fuse", r"upsampler\.0": "tail"}


def _span_names(parts: Mapping[str, str]) -> dict[str, str]:
    """SPAN's layers with each of the parts of its convolutions: theirs to ours."""
    names = {
        theirs.format(part): ours.format(own)
        for theirs, ours in _SPAN_NAMES.items()
        for part, own in parts.items()
    }
    return names | _SPAN_REST


SPAN_GAINS = ({"gain": 1.0}, {"gain": 255.0})

FAMILIES = (
    Family(
        "imdn",
        "IMDN (Hui 2019)",
        ("fea_conv", "IMDB1.c1", "LR_conv"),
        {
            "fea_conv": "head",
            r"IMDB(\d+)\.c([123])": "blocks.{}.steps.{}",
            r"IMDB(\d+)\.c4": "blocks.{}.last",
            r"IMDB(\d+)\.c5": "blocks.{}.fuse",
            r"IMDB(\d+)\.cca\.conv_du\.0": "blocks.{}.attention.down",
            r"IMDB(\d+)\.cca\.conv_du\.2": "blocks.{}.attention.up",
            r"c\.0": "join",
            "LR_conv": "fuse",
            r"upsampler\.0": "tail",
        },
        _imdn,
        first=1,
    ),
    Family(
        "pan",
        "PAN (Zhao 2020)",
        ("SCPA_trunk.0.conv1_a", "HRconv1", "conv_last"),
        {
            "conv_first": "head",
            r"SCPA_trunk\.(\d+)\.conv1_a": "blocks.{}.plain_in",
            r"SCPA_trunk\.(\d+)\.conv1_b": "blocks.{}.weighed_in",
            r"SCPA_trunk\.(\d+)\.k1\.0": "blocks.{}.plain",
            r"SCPA_trunk\.(\d+)\.PAConv\.k2": "blocks.{}.weight",
            r"SCPA_trunk\.(\d+)\.PAConv\.k3": "blocks.{}.weighed",
            r"SCPA_trunk\.(\d+)\.PAConv\.k4": "blocks.{}.after",
            r"SCPA_trunk\.(\d+)\.conv3": "blocks.{}.fuse",
            "trunk_conv": "fuse",
            "upconv1": "upsampler.0.first",
            r"att1\.conv": "upsampler.0.weight",
            "HRconv1": "upsampler.0.second",
            "upconv2": "upsampler.1.first",
            r"att2\.conv": "upsampler.1.weight",
            "HRconv2": "upsampler.1.second",
            "conv_last": "tail",
        },
        _pan,
        choices=({"scale": 2}, {"scale": 3}),
    ),
    Family(
        "span",
        "SPAN (Wan 2024), as it was trained",
        ("conv_1.sk", "block_1.c1_r.conv.1", "conv_cat"),
        _span_names(_BRANCHES),
        _span(".sk", branches=True),
        first=1,
        choices=SPAN_GAINS,
        ignored=r".*\.eval_conv",  # stale: whoever saved the file need not have merged it again
    ),
    Family(
        "span",
        "SPAN (Wan 2024), merged",
        ("conv_1.eval_conv", "block_1.c1_r.eval_conv", "conv_cat", "upsampler.0"),
        _span_names({r"\.eval_conv": ""}),
        _span(".eval_conv", branches=False),
        first=1,
        choices=SPAN_GAINS,
    ),
    Family(
        "spanv2",
        "SPANV2 (NTIRE 2026)",
        ("block_1.c1.conv", "depthwise_conv", "pointwise_conv"),
        {
            r"block_(\d+)\.c(\d)\.conv": "blocks.{}.convolutions.{}",
            r"block_(\d+)\.guidance_map_conv": "blocks.{}.guide",
            "conv_near": "copies",
            "depthwise_conv": "around",
            "pointwise_conv": "tail",
        },
        _spanv2,
        first=1,
    ),
    Family(
        "disp",
        "DISP (NTIRE 2026)",
        ("conv_1.eval_conv", "blocks.0._extern_conv_block.0.eval_conv"),
        {
            r"conv_1\.eval_conv": "head",
            r"blocks\.(\d+)\.c1_r\.eval_conv": "blocks.{}.convolutions.0",
            r"blocks\.(\d+)\.c2_r\.eval_conv": "blocks.{}.convolutions.1",
            r"blocks\.(\d+)\._extern_conv_block\.0\.eval_conv": "blocks.{}.convolutions.2",
            r"blocks\.(\d+)\.c3_r\.eval_conv": "blocks.{}.convolutions.3",
            "conv_2": "fuse",
            r"upsampler\.0": "tail",
        },
        _disp,
    ),
    Family(
        "errn2",
        "ERRN2 (NTIRE 2026)",
        ("conv_1", "block_1.rep1.rep_conv", "upsampler.0"),
        {
            "conv_1": "head",
            r"block_(\d+)\.rep(\d)\.rep_conv": "blocks.{}.convolutions.{}",
            "conv_2": "fuse",
            r"upsampler\.0": "tail",
        },
        _errn2,
        first=1,
    ),
    Family(
        "amcanet",
        "AMCANet (NTIRE 2026)",
        ("head", "blocks.0.amca.fusion_conv", "tail"),
        {
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv1x1": "blocks.{}.heads.{}.split",
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv3x3_1": "blocks.{}.heads.{}.before",
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv3x3_2": "blocks.{}.heads.{}.first",
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv3x3_3": "blocks.{}.heads.{}.second",
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv3x3_v": "blocks.{}.heads.{}.value",
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv1x1_2": "blocks.{}.heads.{}.fuse",
            r"blocks\.(\d+)\.amca\.heads\.(\d)\.conv1x1_3": "blocks.{}.heads.{}.weight",
            r"blocks\.(\d+)\.amca\.fusion_conv": "blocks.{}.fuse",
            r"blocks\.(\d+)\.fsg\.conv1x1_1": "blocks.{}.gate.split",
            r"blocks\.(\d+)\.fsg\.conv3x3_2": "blocks.{}.gate.around",
            r"blocks\.(\d+)\.fsg\.conv1x1_2": "blocks.{}.gate.weight",
            r"blocks\.(\d+)\.fsg\.conv1x1_3": "blocks.{}.gate.fuse",
            "conv1x1": "fuse",
        },
        _amcanet,
    ),
    Family(
        "compact",
        "SRVGGNetCompact (Wang 2021, with Real-ESRGAN)",
        ("body.0", "body.1", "body.2"),
        {r"body\.(\d+)": "layers.{}"},
        _compact,
        invents="much",
    ),
)
