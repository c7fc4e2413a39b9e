"""The job file of a run under Slurm."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from claritas.errors import TrainingError, UsageError
from claritas.training.config import Config

JOB = "job.sh"


def job_file(config: Config, run: Path, command: Sequence[str]) -> str:
    """The text of a batch script that runs `claritas COMMAND...` in every process.

    A job that is cut off by its time limit goes on when it is submitted again.
    """
    machines = config.machines
    options = [
        f"--job-name={shlex.quote(config.name)}",
        f"--nodes={machines.nodes}",
        f"--ntasks-per-node={machines.processes}",
        f"--output={shlex.quote(str(run / 'job-%j.log'))}",
        *machines.slurm,
    ]
    line = shlex.join([sys.executable, "-m", "claritas", *command])
    lines = [
        "#!/bin/bash",
        *(f"#SBATCH {option}" for option in options),
        "set -e",
        *machines.before,
        f"srun --kill-on-bad-exit=1 {line}",
    ]
    return "\n".join(lines) + "\n"


def submit(text: str, run: Path) -> str:
    """Write the job file into the run folder and hand it to Slurm; what it answers.

    Raises
    ------
    UsageError
        If there is no Slurm here.
    TrainingError
        If Slurm refuses the job.
    """
    if shutil.which("sbatch") is None:
        raise UsageError(
            "There is no Slurm on this computer: the command sbatch is missing",
            "a login node of a cluster",
            "add --dry-run to see the job file.",
        )
    run.mkdir(parents=True, exist_ok=True)
    path = run / JOB
    path.write_text(text, "utf-8")
    answer = subprocess.run(["sbatch", str(path)], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise TrainingError(f"Slurm refused {path}: {answer.stderr.strip()}")
    return answer.stdout.strip()
