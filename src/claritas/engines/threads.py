"""How many threads pay: the cores that this process may really use.

A container with a limit of two cores still sees all sixty-four of its host;
threads beyond the limit only wait for each other.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """Cores that the scheduler and the container's CPU quota leave to this process, at least 1."""
    cores = _schedulable()
    limit = _quota(CGROUP_ROOT, _own_groups(_text(Path("/proc/self/cgroup"))))
    return cores if limit is None else max(1, min(cores, math.ceil(limit)))


def _schedulable() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _own_groups(listing: str) -> tuple[str, str]:
    """This process's group in version 2 and in version 1, from /proc/self/cgroup."""
    unified = quota = "/"
    for line in listing.splitlines():
        _, controllers, group = line.split(":", 2)
        if not controllers:
            unified = group
        elif "cpu" in controllers.split(","):
            quota = group
    return unified, quota


def _quota(root: Path, groups: tuple[str, str]) -> float | None:
    """The tightest limit in cores from the own group up to the root; None where there is none."""
    unified, version1 = groups
    limits = [_limit_2(folder) for folder in _upwards(root, unified)]
    for hierarchy in ("cpu", "cpu,cpuacct"):
        limits += [_limit_1(folder) for folder in _upwards(root / hierarchy, version1)]
    return min((limit for limit in limits if limit is not None), default=None)


def _upwards(root: Path, group: str) -> list[Path]:
    # Inside a container the group's path may be the host's, absent below the
    # mount; the root then holds the container's own limit.
    own = root / group.strip("/")
    return [own, *(parent for parent in own.parents if parent.is_relative_to(root))]


def _limit_2(folder: Path) -> float | None:
    """Version 2: `cpu.max` is "max 100000" or quota and period in microseconds."""
    words = _text(folder / "cpu.max").split()
    if len(words) != 2 or words[0] == "max":
        return None
    return int(words[0]) / int(words[1])


def _limit_1(folder: Path) -> float | None:
    """Version 1: a quota of -1 is none."""
    quota = _text(folder / "cpu.cfs_quota_us").strip()
    period = _text(folder / "cpu.cfs_period_us").strip()
    if not quota or not period or int(quota) <= 0:
        return None
    return int(quota) / int(period)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
