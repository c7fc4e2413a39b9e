"""What a step is given by the schedule: its learning rate, its patches and its scale.

Steps that a configuration names are those of its own length. Where `--minutes`
makes a run longer or shorter, they move in proportion.
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np

from claritas.training.config import Config, Schedule, Stage
from claritas.training.data.patches import Wanted

SCALES = 1  # tells the choice of scales from the seed's other uses


def learning_share(schedule: Schedule, step: int, steps: int) -> float:
    """Share of the full learning rate at a step of a run of `steps`: 0..1."""
    rise = min(1.0, (step + 1) / max(1, min(schedule.warmup, steps // 10)))
    stretch = steps / schedule.steps
    milestones = [at * stretch for at in schedule.milestones]
    hold = schedule.hold * stretch
    return rise * _fallen(schedule, float(step), hold, float(steps), milestones)


def _fallen(
    schedule: Schedule, step: float, hold: float, steps: float, milestones: list[float]
) -> float:
    """The share without its rise at the beginning."""
    passed = bisect_right(milestones, step)
    if schedule.rate == "constant":
        return 1.0
    if schedule.rate == "step":
        return float(schedule.factor**passed)
    if schedule.rate == "restarts":
        bounds = [hold, *milestones, steps]
        return _cosine(step, bounds[passed], bounds[passed + 1], schedule.floor)
    if schedule.rate == "exponential":
        return math.pow(schedule.floor, _way(step, hold, steps))
    return _cosine(step, hold, steps, schedule.floor)


def _cosine(step: float, begin: float, end: float, floor: float) -> float:
    """From 1 at `begin` to `floor` at `end` (Loshchilov 2017)."""
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * _way(step, begin, end)))


def _way(step: float, begin: float, end: float) -> float:
    return min(1.0, max(0.0, (step - begin) / max(1.0, end - begin)))


def wanted(
    config: Config, scale: int, step: int, steps: int, rank: int = 0, processes: int = 1
) -> Wanted:
    """What the step asks of the sampler; `scale` is that of a net of one factor."""
    stage = stage_of(config.schedule, step, steps)
    scale = _scale(config, scale, step)
    return Wanted(step, stage.patch, stage.batch, scale, rank, processes)


def stage_of(schedule: Schedule, step: int, steps: int) -> Stage:
    """The stage that a step belongs to; before the first, the schedule's own patch and batch."""
    stretch = steps / schedule.steps
    begun = [stage for stage in schedule.stages if stage.at * stretch <= step]
    return begun[-1] if begun else Stage(1, schedule.patch, schedule.batch)


def largest_patch(schedule: Schedule) -> int:
    return max(schedule.patch, *(stage.patch for stage in schedule.stages), 0)


def batches_of(schedule: Schedule) -> set[int]:
    """All sizes of a batch in the course of a run."""
    return {schedule.batch, *(stage.batch for stage in schedule.stages)}


def _scale(config: Config, scale: int, step: int) -> int:
    scales = config.schedule.scales
    if not scales:
        return scale
    return scales[int(np.random.default_rng([config.seed, SCALES, step]).integers(len(scales)))]
