"""A run that was killed, stopped or shared: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.journeys.shell import PLAIN, claritas, command, lines, names, paint, size_of

# The long form: CLARITAS_KILL_ROUNDS=20 CLARITAS_KILL_PICTURES=30.
ROUNDS = int(os.environ.get("CLARITAS_KILL_ROUNDS", "4"))
PICTURES = int(os.environ.get("CLARITAS_KILL_PICTURES", "8"))


def painted(folder: Path, count: int, side: int = 160) -> Path:
    for number in range(count):
        paint(folder / f"{number:02}.png", side, side, seed=number)
    return folder


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Number and time of change of every finished output."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("*.png")
    }


def statuses(*words: str | Path) -> list[str]:
    result = claritas(*words, "--json")
    assert result.returncode == 0, result.stderr
    return [line["status"] for line in lines(result)]


def started(*words: str | Path) -> subprocess.Popen[str]:
    """A run that goes on while we watch its JSON lines."""
    return subprocess.Popen(
        command(*words, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def told(child: subprocess.Popen[str], count: int) -> None:
    """Wait until so many pictures are done, or the run has ended."""
    assert child.stdout is not None
    for _ in range(count):
        child.stdout.readline()


def test_a_killed_run_is_resumed_without_loss_or_double_work(tmp_path: Path):
    dice = random.Random(14)
    source = painted(tmp_path / "in", PICTURES)
    caught_in_the_middle = 0
    for turn in range(ROUNDS):
        out = tmp_path / f"out{turn}"
        words = ("enhance", source, "-o", out, "--scale", "4", "--strength", "0", "--resume")
        with started(*words) as child:
            told(child, dice.randrange(PICTURES))
            time.sleep(dice.random() * 0.1)  # any moment of the next picture
            child.kill()
        before = stamps(out)
        caught_in_the_middle += len(before) < PICTURES
        found = statuses(*words)
        after = stamps(out)
        assert names(out) == [f"{number:02}.png" for number in range(PICTURES)]
        assert before.items() <= after.items()
        assert found.count("unchanged") == len(before)
        assert {size_of(out / name) for name in after} == {(640, 640)}
    assert caught_in_the_middle


def test_resume_redoes_what_has_changed_and_only_that(tmp_path: Path):
    source = painted(tmp_path / "in", 3, side=20)
    words = ("enhance", source, "-o", tmp_path / "out", *PLAIN, "--resume")
    assert statuses(*words) == ["done"] * 3
    assert statuses(*words) == ["unchanged"] * 3
    paint(source / "00.png", 30, 30, seed=9)
    (source / "01.png").touch()
    (tmp_path / "out/02.png").unlink()
    assert sorted(statuses(*words)) == ["done", "done", "unchanged"]
    assert size_of(tmp_path / "out/00.png") == (30, 30)
    assert size_of(tmp_path / "out/02.png") == (20, 20)
    smaller = ("enhance", source, "-o", tmp_path / "out", "--scale", "0.5", "--resume")
    assert statuses(*smaller) == ["done"] * 3


def test_resume_leaves_a_result_that_was_edited_since(tmp_path: Path):
    source = painted(tmp_path / "in", 2, side=20)
    words = ("enhance", source, "-o", tmp_path / "out", *PLAIN, "--resume")
    assert statuses(*words) == ["done"] * 2
    edited = tmp_path / "out/00.png"
    edited.write_bytes(b"edited by hand")
    result = claritas(*words)
    assert result.returncode == 1
    assert "00.png is there already" in result.stderr
    assert edited.read_bytes() == b"edited by hand"


def test_resume_leaves_what_no_recorded_run_has_written(tmp_path: Path):
    source = painted(tmp_path / "in", 2, side=20)
    there = tmp_path / "out/00.png"
    there.parent.mkdir()
    there.write_bytes(b"mine")
    words = ("enhance", source, "-o", tmp_path / "out", *PLAIN, "--resume")
    result = claritas(*words)
    assert result.returncode == 1
    assert "00.png is there already" in result.stderr
    assert there.read_bytes() == b"mine"
    assert statuses(*words, "--skip-existing") == ["skipped", "unchanged"]
    assert sorted(statuses(*words, "--overwrite")) == ["done", "unchanged"]


def test_stale_temporary_files_are_removed_and_living_ones_are_not(tmp_path: Path):
    from claritas.image.part import whole_file

    source = painted(tmp_path / "in", 1, side=20)
    out = tmp_path / "out"
    out.mkdir()
    (out / ".claritas-0123456789abcdef.part").write_bytes(b"left behind")
    with whole_file(out / "living.png", overwrite=False) as file:
        assert statuses("enhance", source, "-o", out, *PLAIN, "--resume") == ["done"]
        assert len(names(out)) == 2
        file.write(b"whole")
    assert names(out) == ["00.png", "living.png"]


def test_two_processes_share_a_folder_and_each_picture_is_done_once(tmp_path: Path):
    source = painted(tmp_path / "in", 8)
    words = ("enhance", source, "-o", tmp_path / "out", "--scale", "4", "--strength", "0")
    children = [started(*words, "--resume", "--quiet") for _ in range(2)]
    printed = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    done = [line for text in printed for line in text.splitlines() if '"status": "done"' in line]
    assert len(done) == 8
    assert len(names(tmp_path / "out")) == 8


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_ends_cleanly_and_says_how_to_go_on(
    tmp_path: Path, number: signal.Signals, code: int
):
    source = painted(tmp_path / "in", 12)
    out = tmp_path / "out"
    words = ("enhance", source, "-o", out, "--scale", "4", "--strength", "0")
    with started(*words) as child:
        told(child, 1)
        child.send_signal(number)
        _, message = child.communicate(timeout=60)
    assert child.returncode == code
    assert "--resume" in message
    assert "Traceback" not in message
    before = stamps(out)
    assert len(names(out)) == len(before) < 12
    assert sorted(statuses(*words, "--resume")) == ["done"] * (12 - len(before)) + [
        "unchanged"
    ] * len(before)
