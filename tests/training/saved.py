"""What a run left on the disk."""

from __future__ import annotations

from pathlib import Path

from claritas.training.checkpoint import Checkpoint, load_checkpoint


def newest_checkpoint(checkpoints: Path) -> Checkpoint:
    """The newest checkpoint, which must be there."""
    found = load_checkpoint(checkpoints)
    assert found is not None
    return found
