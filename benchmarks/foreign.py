"""Weights of others, imported and measured beside what their authors say: `docs/models.md`.

    python benchmarks/foreign.py [--write]

Imports every file into a folder of its own and runs `claritas benchmark` in fp32 on Set5, Set14
and B100. Some ten minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from document import ROOT, SHARED_DATA, publish, stop_for, table

PAGE = ROOT / "docs" / "models.md"
RECIPE = ROOT / "configs" / "recipes" / "noise-25-unclipped.toml"
SETS = ("set5", "set14", "b100")
# Name, file, scale, PSNR-Y on the three sets as authors or earlier measurements say.
FILES = (
    ("imdn-x2", "imdn/IMDN_x2.pth", 2, "38.00, 33.63, 32.19"),
    ("imdn-x4", "imdn/IMDN_x4.pth", 4, "32.21, 28.58, 27.56"),
    ("pan-x4", "pan/PANx4_DF2K.pth", 4, "32.13, 28.61, 27.59"),
    ("span-x4", "ntire_esr/ntire2026_team00_SPAN.pth", 4, "31.74, 28.40, 27.45"),
    ("spanv2-x4", "ntire_esr/ntire2026_team22_SPANV2.pth", 4, "31.77, 28.38, 27.43"),
    ("disp-x4", "ntire_esr/ntire2026_team18_DISP.pth", 4, "31.94, 28.47, 27.48"),
    ("errn2-x4", "ntire_esr/ntire2026_team20_ERRN2.pth", 4, "31.89, 28.57, 27.55"),
    ("amcanet-x4", "ntire_esr/ntire2026_team17_AMCANet.pth", 4, "32.06, 28.60, 27.57"),
)
DNCNN = "dncnn/GD_Color_Blind.npz"
DNCNN_TOLD = "31.89"  # mean of 32.33, 31.07, 33.16, 30.15 and 32.75, with other noise


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write docs/models.md")
    page = PAGE if parser.parse_args().write else None
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLARITAS_MODELS"] = folder
        for name, file, *_ in (*FILES, ("dncnn", DNCNN)):
            claritas("models", "import", str(SHARED_DATA / "peers" / file), "--as", name)
        rows = [row for scale in (2, 4) for row in measured(Path(folder), scale, SETS)]
        noise = measured(Path(folder), 1, SETS[:1], "--recipe", str(RECIPE))
    publish("foreign", f"{enlarged(rows)}\n\n{denoised(noise)}", page)


def claritas(*words: str) -> None:
    command = [sys.executable, "-m", "claritas", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        stop_for(command, done.stderr)


def measured(folder: Path, scale: int, sets: Sequence[str], *more: str) -> list[dict[str, Any]]:
    models = [name for name, _, factor, _ in FILES if factor == scale] or ["dncnn"]
    asked = [word for name in models for word in ("--model", name)]
    out = folder / "rows.json"
    folders = [str(SHARED_DATA / one) for one in sets]
    fixed = ("--scale", str(scale), "--precision", "fp32", "--json", str(out), "--quiet")
    claritas("benchmark", *folders, *asked, *fixed, *more)
    found: list[dict[str, Any]] = json.loads(out.read_bytes())["rows"]
    return found


def enlarged(rows: Sequence[dict[str, Any]]) -> str:
    """PSNR-Y and SSIM-Y of every model on every set."""
    by_place = {(row["method"], row["set"]): row for row in rows}
    lines = []
    for name, _, _, said in FILES:
        found = [by_place[name, one] for one in SETS]
        scores = [f"{row['psnr_y']:.2f} / {row['ssim_y']:.4f}" for row in found]
        lines.append([f"`{name}`", *scores, said])
    heads = ["model", "Set5, PSNR-Y / SSIM-Y", "Set14", "B100", "PSNR-Y as told"]
    return table(heads, lines)


def denoised(rows: Sequence[dict[str, Any]]) -> str:
    """PSNR and SSIM on RGB of the noisy pictures and of what the net makes of them."""
    told = {"dncnn": DNCNN_TOLD}
    lines = [
        [
            row["method"],
            f"{row['psnr_rgb']:.2f}",
            f"{row['ssim_rgb']:.4f}",
            told.get(row["method"], ""),
        ]
        for row in rows
    ]
    heads = ["Set5, noise of 25, not clipped", "PSNR-RGB", "SSIM-RGB", "PSNR-RGB as told"]
    return table(heads, lines)


if __name__ == "__main__":
    main()
