from __future__ import annotations

import subprocess

from typer.testing import CliRunner

from claritas.cli.main import app
from claritas.errors import UsageError

run = CliRunner().invoke

CONFIG = """
name = "spread"
[net]
kind = "plain"
[machines]
nodes = 2
processes = 4
slurm = ["--gpus-per-node=4"]
before = ["module load python"]
"""


def test_the_job_file_asks_for_the_machines_and_repeats_the_command(tmp_path):
    path = tmp_path / "spread run.toml"
    path.write_text(CONFIG, "utf-8")
    words = ["train", str(path), "--minutes", "5", "--set", "seed=2", "--slurm", "--dry-run"]
    result = run(app, words)
    assert result.exit_code == 0
    for line in ("#SBATCH --nodes=2", "#SBATCH --ntasks-per-node=4", "#SBATCH --gpus-per-node=4"):
        assert line in result.stdout
    last = result.stdout.splitlines()[-1]
    assert last.startswith("srun ")
    assert last.endswith(f"-m claritas train '{path}' --minutes 5.0 --set seed=2")
    subprocess.run(["bash", "-n"], input=result.stdout, text=True, check=True)
    assert not (tmp_path / "runs").exists()


def test_a_computer_without_slurm_is_an_error_that_says_so(tmp_path, monkeypatch):
    path = tmp_path / "spread.toml"
    path.write_text(CONFIG, "utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(app, ["train", str(path), "--out", str(tmp_path / "run"), "--slurm"])
    assert isinstance(result.exception, UsageError)
    assert "sbatch" in str(result.exception)


def test_a_job_is_handed_to_slurm(tmp_path, monkeypatch):
    path = tmp_path / "spread.toml"
    path.write_text(CONFIG, "utf-8")
    (tmp_path / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 7: $1"\n')
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    result = run(app, ["train", str(path), "--out", str(tmp_path / "run"), "--slurm"])
    assert result.exit_code == 0, result.output
    assert "batch job 7" in result.stdout
    assert (tmp_path / "run" / "job.sh").read_text().startswith("#!/bin/bash")
