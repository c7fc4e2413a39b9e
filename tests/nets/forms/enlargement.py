"""Nets that enlarge: a small form of each for the contract, and golden parameter counts."""

from __future__ import annotations

from typing import Any

# One small form of every net; scales as far as the net has them.
SMALL: dict[str, list[dict[str, Any]]] = {
    "srcnn": [{"scale": 2}, {"scale": 3, "channels": 1, "kernels": [9, 5, 5]}],
    "vdsr": [{"scale": 2, "depth": 5, "width": 16}, {"scale": 3, "channels": 1, "depth": 4}],
    "fsrcnn": [
        *({"scale": s, "features": 16, "shrunk": 6, "maps": 2} for s in (2, 3, 4)),
        {"scale": 2, "channels": 1, "features": 32, "shrunk": 5, "maps": 1},
    ],
    "espcn": [{"scale": 2}, {"scale": 3, "channels": 1}, {"scale": 4}],
    "edsr": [{"scale": s, "blocks": 3, "channels": 16} for s in (2, 3, 4)],
    "mdsr": [{"scale": s, "blocks": 2, "channels": 12} for s in (2, 3, 4)],
    "srresnet": [{"scale": s, "blocks": 2, "channels": 12} for s in (2, 3, 4)],
    "rdn": [{"scale": s, "blocks": 2, "depth": 3, "growth": 8, "channels": 12} for s in (2, 3, 4)],
    "imdn": [{"scale": s, "blocks": 2, "channels": 64} for s in (2, 3, 4)],
    "compact": [{"scale": s, "channels": 12, "depth": 3} for s in (2, 3, 4)],
    "plain": [
        *({"scale": s, "channels": 16, "blocks": 2, "depth": 2} for s in (2, 3, 4)),
        {"scale": 3, "channels": 16, "blocks": 2, "depth": 2, "symmetric": True},
    ],
}

# Blocks, depth, growth, channels: parameters at x2, x3, x4.
RDN_COUNTS = {
    (16, 8, 64, 64): (22_123_395, 22_308_035, 22_271_107),
    (20, 6, 32, 64): (5_541_795, 5_634_115, 5_578_787),
    (20, 6, 64, 64): (16_372_355, 16_556_995, 16_520_067),
    (10, 3, 64, 64): (2_644_355, 2_828_995, 2_792_067),
    (8, 8, 64, 64): (11_174_275, 11_358_915, 11_321_987),
    (8, 6, 32, 32): (1_672_899, 1_719_139, 1_709_891),
    (6, 4, 32, 32): (648_067, 694_307, 685_059),
    (4, 4, 32, 32): (451_139, 497_379, 488_131),
}

# ../shared/facts/nets.md 1.0; the net that ships was counted by hand:
# 3*64*9+64 + 16*(64*64*9+64) + 64*64+64 + 64*48*9+48.
GOLDEN: list[tuple[str, dict[str, Any], int]] = [
    ("srcnn", {"channels": 1}, 8_129),
    ("srcnn", {"channels": 1, "kernels": [9, 3, 5]}, 24_513),
    ("srcnn", {"channels": 1, "kernels": [9, 5, 5]}, 57_281),
    ("srcnn", {"channels": 3}, 20_099),
    ("srcnn", {"channels": 3, "kernels": [9, 5, 5]}, 69_251),
    ("vdsr", {"channels": 1}, 665_921),
    ("vdsr", {"channels": 3}, 668_227),
    ("fsrcnn", {"channels": 1}, 12_809),
    ("fsrcnn", {"channels": 1, "features": 32, "shrunk": 5, "maps": 1}, 4_086),
    ("fsrcnn", {"channels": 3}, 24_683),
    ("espcn", {"scale": 2, "channels": 1}, 21_284),
    ("espcn", {"scale": 3, "channels": 1}, 22_729),
    ("espcn", {"scale": 4, "channels": 1}, 24_752),
    ("espcn", {"scale": 2}, 26_796),
    ("espcn", {"scale": 3}, 31_131),
    ("espcn", {"scale": 4}, 37_200),
    ("edsr", {"scale": 2}, 1_369_859),
    ("edsr", {"scale": 3}, 1_554_499),
    ("edsr", {"scale": 4}, 1_517_571),
    ("edsr", {"scale": 2, "blocks": 32, "channels": 256, "share": 0.1}, 40_729_603),
    ("edsr", {"scale": 3, "blocks": 32, "channels": 256, "share": 0.1}, 43_680_003),
    ("edsr", {"scale": 4, "blocks": 32, "channels": 256, "share": 0.1}, 43_089_923),
    ("mdsr", {}, 3_227_203),
    ("mdsr", {"blocks": 80}, 7_953_987),
    ("srresnet", {"scale": 4}, 1_549_462),
    *(
        (
            "rdn",
            {"scale": scale}
            | dict(zip(("blocks", "depth", "growth", "channels"), form, strict=True)),
            n,
        )
        for form, counts in RDN_COUNTS.items()
        for scale, n in zip((2, 3, 4), counts, strict=True)
    ),
    ("imdn", {"scale": 2}, 694_404),
    ("imdn", {"scale": 3}, 703_059),
    ("imdn", {"scale": 4}, 715_176),
    ("compact", {"scale": 4}, 621_424),
    ("compact", {"scale": 2}, 600_652),
    ("compact", {"scale": 4, "depth": 32}, 1_213_296),
    ("plain", {"scale": 4, "channels": 64}, 624_496),
]
