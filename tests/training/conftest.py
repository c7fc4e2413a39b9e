from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from skimage import data


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four small photographs, one of them deeper down."""
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "deeper").mkdir()
    for name in ("astronaut", "chelsea", "coffee", "deeper/rocket"):
        picture = getattr(data, Path(name).name)()[:160, :170]
        Image.fromarray(picture).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def config(tmp_path: Path, photographs: Path) -> Path:
    """A training configuration of a few seconds."""
    path = tmp_path / "tiny.toml"
    path.write_text(
        f"""
name = "tiny"
[net]
kind = "plain"
arguments = {{ scale = 2, channels = 16, blocks = 1, depth = 2 }}
[data]
folder = "{photographs.as_posix()}"
validation = 1
[schedule]
steps = 12
batch = 2
patch = 16
validate_every = 6
checkpoint_minutes = 1e-9
""",
        "utf-8",
    )
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with the first checkpoint of a tiny net that nobody trained."""
    torch = pytest.importorskip("torch")

    from claritas.nets import create
    from claritas.training.checkpoint import Checkpoint, module_tensors, save_checkpoint

    folder = tmp_path_factory.mktemp("tiny-run")
    arguments = "{ scale = 2, channels = 8, blocks = 2, depth = 1 }"
    text = f'name = "tiny"\n[net]\nkind = "plain"\narguments = {arguments}\n'
    (folder / "config.toml").write_text(text, "utf-8")
    torch.manual_seed(0)
    net = create("plain", {"scale": 2, "channels": 8, "blocks": 2, "depth": 1})
    state = Checkpoint(module_tensors("average", net), {"step": 1, "steps": 1})
    save_checkpoint(folder / "checkpoints", state)
    return folder
