from __future__ import annotations

import os
from pathlib import Path

import pytest

from claritas.engines import threads


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty tree of control groups, and a host of 64 cores."""
    monkeypatch.setattr(threads, "CGROUP_ROOT", tmp_path)
    monkeypatch.setattr(threads, "_schedulable", lambda: 64)
    return tmp_path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


@pytest.mark.usefixtures("cgroup")
def test_without_a_quota_all_schedulable_cores_are_used():
    assert threads.available_cores() == 64


def test_affinity_limits_the_cores():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert threads.available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("max 100000", 64), ("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1)],
)
def test_a_version_2_quota_is_rounded_up_to_whole_cores(cgroup: Path, limit: str, cores: int):
    put(cgroup / "cpu.max", limit)
    assert threads.available_cores() == cores


@pytest.mark.parametrize("hierarchy", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize(("quota", "cores"), [("-1", 64), ("300000", 3)])
def test_a_version_1_quota_is_honoured(cgroup: Path, hierarchy: str, quota: str, cores: int):
    put(cgroup / hierarchy / "cpu.cfs_quota_us", quota)
    put(cgroup / hierarchy / "cpu.cfs_period_us", "100000")
    assert threads.available_cores() == cores


def test_the_tightest_group_on_the_way_to_the_root_counts(cgroup: Path):
    put(cgroup / "cpu.max", "800000 100000")
    put(cgroup / "pod" / "cpu.max", "200000 100000")
    put(cgroup / "pod" / "box" / "cpu.max", "max 100000")
    assert threads._quota(cgroup, ("/pod/box", "/")) == 2


def test_the_groups_of_a_process_are_told_by_both_versions():
    listing = "4:memory:/a\n3:cpu,cpuacct:/docker/1\n0::/user.slice/x:y\n"
    assert threads._own_groups(listing) == ("/user.slice/x:y", "/docker/1")
