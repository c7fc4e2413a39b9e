"""Weights kept in bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402

from claritas.engines.numbers import Numbers  # noqa: E402
from claritas.nets import create  # noqa: E402
from claritas.nets.contract import as_module  # noqa: E402
from claritas.training.deployment.onnx_file import write_onnx  # noqa: E402
from claritas.training.deployment.packed import store_in_bytes  # noqa: E402
from claritas.training.start import take_over  # noqa: E402
from claritas.zoo.catalogue import find  # noqa: E402

pytestmark = pytest.mark.torch

NET = ("mobilenet-v2", {"norm": False, "directions": 64, "centres": 80, "dropout": 0.0})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net's file as it is exported, which takes some seconds."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("packed") / "model.onnx"
    write_onnx(create(*NET), path)
    return path


@pytest.fixture
def packed(written: Path, tmp_path: Path) -> Path:
    """The same file, its weights in bytes."""
    path = Path(shutil.copy(written, tmp_path))
    store_in_bytes(path)
    return path


def test_a_file_in_bytes_is_a_fourth_as_large_and_says_the_same_within_a_hundredth(written, packed):
    picture = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    before = Numbers(written).run(picture)
    assert packed.stat().st_size < 0.3 * written.stat().st_size
    assert np.abs(Numbers(packed).run(picture) - before).max() < 0.01
    assert before.max() - before.min() > 0.05


def test_tensors_keep_their_names_in_bytes(written, packed):
    names = {tensor.name for tensor in onnx.load(written).graph.initializer}
    found = {t.name: numpy_helper.to_array(t) for t in onnx.load(packed).graph.initializer}
    assert names <= found.keys()
    assert found["features.1.layers.1.conv.weight"].dtype in (np.int8, np.float16)


def test_a_training_can_begin_from_the_scorer_that_ships_with_all_its_weights():
    card = find("photo-score").card
    net = create(card.net.kind, card.net.arguments)
    state = {name: tensor.clone() for name, tensor in as_module(net).state_dict().items()}
    assert take_over(net, Path("photo-score")) == len(state)
    assert all(not torch.equal(state[n], t) for n, t in as_module(net).state_dict().items())
