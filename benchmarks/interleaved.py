"""Fair timing on a shared machine: candidates take turns, so that a busy minute hits them all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Timing(NamedTuple):
    """Seconds of one candidate over all rounds."""

    smallest: float
    median: float


def interleaved(
    candidates: Mapping[str, Callable[[], object]], rounds: int, warm_up: bool = True
) -> dict[str, Timing]:
    """Each candidate once a round, in turn.

    Parameters
    ----------
    warm_up
        Run each once beforehand, untimed: compiling, caches, first allocations.
    """
    if warm_up:
        for run in candidates.values():
            run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            began = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - began)
    return {name: Timing(min(all_), statistics.median(all_)) for name, all_ in seconds.items()}
