"""Several processes on one machine see what one process sees."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from claritas.errors import UsageError  # noqa: E402
from claritas.training.config import to_config  # noqa: E402
from claritas.training.machines import launch  # noqa: E402
from tests.training.saved import newest_checkpoint  # noqa: E402
from tests.training.spread import FORM, main  # noqa: E402

pytestmark = pytest.mark.torch

SCRIPT = Path(__file__).with_name("spread.py")


def table(checkpoint_minutes=3.0, strategy="ddp"):
    return {
        "name": "spread",
        "net": {"kind": "plain", "arguments": FORM},
        "schedule": {
            "steps": 50,
            "batch": 4,
            "patch": 12,
            "warmup": 5,
            "checkpoint_minutes": checkpoint_minutes,
        },
        "machines": {"strategy": strategy},
    }


def losses(out, processes, table):
    """Run the script in that many processes, as `torchrun` would."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    out.mkdir(exist_ok=True)
    running = []
    for rank in range(processes):
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "LOCAL_WORLD_SIZE": str(processes),
            "GROUP_RANK": "0",
            "TORCHELASTIC_RUN_ID": "test",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
        }
        words = [sys.executable, str(SCRIPT), str(out), json.dumps(table)]
        running.append(
            subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, encoding="utf-8")
        )
    errors = [process.communicate(timeout=120)[1] for process in running]
    assert all(process.returncode == 0 for process in running), "\n".join(errors)[-3000:]
    return json.loads((out / "losses.json").read_text())


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Folder and losses of one process that takes the whole batch."""
    folder = tmp_path_factory.mktemp("alone")
    main(folder, table(checkpoint_minutes=1e-9))
    return folder, json.loads((folder / "losses.json").read_text())


def assert_equal_states(folder, other):
    a, b = (newest_checkpoint(one / "checkpoints").tensors for one in (folder, other))
    assert a.keys() == b.keys()
    for name in a:
        assert torch.allclose(a[name], b[name], atol=1e-3), name


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_with_half_the_batch_each_give_the_curve_of_one(alone, tmp_path, strategy):
    folder, one = alone
    two = losses(tmp_path, 2, table(strategy=strategy))
    assert len(two) == 50
    assert two[-1] < 0.9 * two[0]
    assert two == pytest.approx(one, abs=1e-4)
    assert_equal_states(folder, tmp_path)


def test_divided_weights_go_on_from_a_checkpoint_that_one_process_wrote(alone, tmp_path):
    folder, one = alone
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "checkpoints" / "00000050")
    last = losses(tmp_path, 2, table(strategy="fsdp"))
    assert last == pytest.approx(one[49:], abs=1e-4)
    assert_equal_states(folder, tmp_path)


def test_a_batch_that_cannot_be_divided_evenly_is_refused(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UsageError, match="batch of 4"):
        launch(to_config(table(), "test"))
