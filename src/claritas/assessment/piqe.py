"""Block-wise distortion without a reference or a model: PIQE."""

from __future__ import annotations

import numpy as np

from claritas.assessment.natural import normalised
from claritas.assessment.pixels import Float64, Uint8, grey
from claritas.assessment.score import Score

# Venkatanath et al. 2015, NCC: sides in pixels, the others of normalised values.
BLOCK_SIDE = 16
SEGMENT = 6
ACTIVE = 0.1
FLAT_EDGE = 0.1
# The constant that keeps a picture without active blocks from dividing by 0.
CONSTANT = 1.0


def piqe(picture: Uint8) -> Score:
    """Perception-based quality from blocks (Venkatanath et al. 2015, NCC).

    Looks for blocks with flat edges (compression, blur) and with noise. MATLAB
    calls up to 20 excellent, 35 good, 50 fair, 80 poor. A flat picture gives
    100.

    Examples
    --------
    >>> print(piqe(np.zeros((40, 40), np.uint8)))
    PIQE 100 (grey BT.601, brightest pixel to 255, blocks of 16 pixels; lower is better)
    """
    plane = grey(picture)
    plane = np.floor(plane * (255 / max(plane.max(), 1.0)) + 0.5)
    margin = [(0, -side % BLOCK_SIDE) for side in plane.shape]
    blocks = _blocks(normalised(np.pad(plane, margin, mode="symmetric"), "symmetric")[0])
    variance = blocks.var(axis=(1, 2), ddof=1)
    active = variance > ACTIVE
    blocks, variance = blocks[active], variance[active]
    harm = np.where(_has_flat_edge(blocks), 1 - variance, 0.0)
    harm += np.where(_is_noisy(blocks, np.sqrt(variance)), variance, 0.0)
    value = 100 * (float(harm.sum()) + CONSTANT) / (len(blocks) + CONSTANT)
    protocol = "grey BT.601, brightest pixel to 255, blocks of 16 pixels"
    return Score("PIQE", value, "", (0.0, 100.0), False, protocol)


def _blocks(plane: Float64) -> Float64:
    """(height, width), multiples of 16, to (blocks, 16, 16)."""
    rows, columns = (side // BLOCK_SIDE for side in plane.shape)
    split = plane.reshape(rows, BLOCK_SIDE, columns, BLOCK_SIDE)
    return split.swapaxes(1, 2).reshape(-1, BLOCK_SIDE, BLOCK_SIDE)


def _has_flat_edge(blocks: Float64) -> Float64:
    """Whether six pixels in a row along any side of a block hardly differ, (blocks,)."""
    sides = [blocks[:, 0], blocks[:, -1], blocks[:, :, 0], blocks[:, :, -1]]
    edges = np.stack(sides, axis=1)  # (blocks, 4, 16)
    segments = np.lib.stride_tricks.sliding_window_view(edges, SEGMENT, axis=2)
    return np.asarray((segments.std(axis=3, ddof=1) < FLAT_EDGE).any(axis=(1, 2)))


def _is_noisy(blocks: Float64, deviation: Float64) -> Float64:
    """Whether the middle of a block deviates as the rest does, (blocks,)."""
    middle = slice(BLOCK_SIDE // 2 - 1, BLOCK_SIDE // 2 + 1)
    rest = np.delete(blocks, middle, axis=2)
    around = rest.std(axis=(1, 2), ddof=1)
    inside = blocks[:, :, middle].std(axis=(1, 2), ddof=1)
    ratio = np.divide(inside, around, out=np.zeros_like(around), where=around > 0)
    beta = np.abs(deviation - ratio) / np.maximum(deviation, ratio)
    return np.asarray(deviation > 2 * beta)
