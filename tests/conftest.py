"""For the whole suite: no network, and no folder of the user's is touched."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

NO_NETWORK = Path(__file__).parent / "no_network"


def pytest_configure() -> None:
    """Every connection to a network fails, in this process and in its children."""
    runpy.run_path(str(NO_NETWORK / "sitecustomize.py"))
    paths = [str(NO_NETWORK), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder for each test, which it gives; compiled models are kept for the whole run.

    No model is installed but those that ship.
    """
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("CLARITAS_STATE", str(state))
    monkeypatch.setenv("CLARITAS_MODELS", str(state / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    return state


@pytest.fixture
def scoring_model(tmp_path: Path) -> Path:
    """The folder of a model that scores by brightness: 1 for black, 10 for white."""
    pytest.importorskip("onnx")
    from tests.scoring import write_scoring_model

    folder = tmp_path / "by-brightness"
    folder.mkdir()
    return write_scoring_model(folder)
