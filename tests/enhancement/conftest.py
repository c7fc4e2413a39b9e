from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from claritas.zoo.catalogue import SHIPPED


@pytest.fixture(scope="session")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of photo-x2 with its weights in a random order: a model that knows nothing."""
    onnx = pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("models") / "shuffled"
    shutil.copytree(SHIPPED / "photo-x2", folder)
    card, random = folder / "card.toml", np.random.default_rng(0)
    for file in sorted(folder.glob("*.onnx")):
        before = hashlib.sha256(file.read_bytes()).hexdigest()
        model = onnx.load(file)
        for tensor in model.graph.initializer:
            weights = onnx.numpy_helper.to_array(tensor)
            if weights.ndim > 1:
                mixed = random.permutation(weights.ravel()).reshape(weights.shape)
                tensor.CopyFrom(onnx.numpy_helper.from_array(mixed, tensor.name))
        onnx.save(model, file)
        after = hashlib.sha256(file.read_bytes()).hexdigest()
        card.write_text(card.read_text("utf-8").replace(before, after), "utf-8")
    return folder
