"""Autoencoders and the small nets of the DTU study; SR3's U-Net; backbones that rate."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, list[dict[str, Any]]] = {
    "autoencoder": [{}, {"dense": 6}, {"dense": 5, "side": 48}],
    "vae": [{"latent": 3}, {"side": 8}],
    "deconvolution": [{"scale": 2}, {"scale": 4}],
    "residual": [{"channels": 6}, {"scale": 2, "blocks": 1, "channels": 6, "dropout": 0.0}],
}

# SR3's own sizes, smallest form first.
SR3: list[tuple[dict[str, Any], int]] = [
    ({"inner": 64, "multipliers": [1, 2, 4, 8, 8], "blocks": 2, "groups": 32}, 97_807_491),
    ({"inner": 64, "multipliers": [1, 2, 4, 8, 16], "blocks": 1, "attention": []}, 155_334_339),
    ({"inner": 128, "multipliers": [1, 2, 4, 8, 8], "blocks": 3}, 514_987_139),
    (
        {"inner": 64, "multipliers": [1, 2, 4, 8, 8, 16, 16], "blocks": 3, "attention": [5]},
        563_784_771,
    ),
    (
        {"inner": 128, "multipliers": [1, 2, 4, 4, 8, 8], "blocks": 3, "attention": [4]},
        564_761_219,
    ),
]

# ../shared/facts/nets.md 1.0; the dense form was counted by hand: 32 numbers to
# 16 and back are 32*16+16 + 16*32+32 = 1,072 more than 23,659.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("autoencoder", {}, 23_659),
    ("autoencoder", {"dense": 16}, 24_731),
    ("vae", {}, 522_519),
    ("deconvolution", {"scale": 2}, 3_063),
    ("deconvolution", {"scale": 4}, 4_253),
    ("residual", {}, 299_463),
    *(("sr3", arguments, count) for arguments, count in SR3),
    ("mobilenet-v1", {"outputs": 1000}, 4_231_976),
    ("mobilenet-v2", {"outputs": 1000}, 3_504_872),
    ("mnasnet-b1", {"outputs": 1000}, 4_383_312),
    ("mnasnet-a1", {"outputs": 1000}, 3_887_038),
    ("mobilenet-v1", {}, 3_217_226),
    ("mobilenet-v2", {}, 2_236_682),
    # Without the last convolution, 412,160 parameters with its norm: 1,811,712; then
    # 3,107 * 8 to directions, 12 * 8 centres, (12 + 8) * 2 + 2 of the head.
    ("mobilenet-v2", {"directions": 8, "centres": 12}, 1_836_706),
]
