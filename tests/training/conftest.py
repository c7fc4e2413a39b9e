from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

# Shared by tests and collected for their examples; they cannot be imported without torch.
collect_ignore = [] if find_spec("torch") else ["saved.py", "spread.py", "unchanged.py"]


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


@pytest.fixture(autouse=True)
def speed_of_small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports measure their speed on small pictures: how fast a model is, no test here asks."""
    if find_spec("torch"):
        module = import_module("claritas.training.deployment.measure")
        monkeypatch.setattr(module, "SPEED_SIDE", 64)


def begun_run(folder: Path, kind: str, arguments: dict[str, int]) -> Path:
    """A run folder with the first checkpoint of a net that nobody trained."""
    torch = pytest.importorskip("torch")

    from claritas.nets import create
    from claritas.nets.contract import as_module
    from claritas.training.checkpoint import Checkpoint, module_tensors, save_checkpoint

    words = ", ".join(f"{key} = {value}" for key, value in arguments.items())
    text = f'name = "tiny"\n[net]\nkind = "{kind}"\narguments = {{ {words} }}\n'
    (folder / "config.toml").write_text(text, "utf-8")
    torch.manual_seed(0)
    tensors = module_tensors("average", as_module(create(kind, arguments)))
    save_checkpoint(folder / "checkpoints", Checkpoint(tensors, {"step": 1, "steps": 1}))
    return folder


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a net that gives pictures."""
    form = {"scale": 2, "channels": 8, "blocks": 2, "depth": 1}
    return begun_run(tmp_path_factory.mktemp("tiny-run"), "plain", form)


@pytest.fixture(scope="session")
def tiny_rater(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a net that rates pictures."""
    return begun_run(tmp_path_factory.mktemp("tiny-rater"), "mobilenet-v2", {"side": 48})
