"""Weights that a user points to: fetched once, checked, and never a pickle that runs code."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import urllib.response
from email.message import Message
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from claritas.errors import TrainingError, UsageError  # noqa: E402
from claritas.training.weights import local_file, read_tensors  # noqa: E402

pytestmark = pytest.mark.torch


class Found(urllib.response.addinfourl):
    """An answer with the words that urllib looks for beside its code."""

    msg = "OK"


class FromFolder(urllib.request.BaseHandler):
    """Answers for the whole web from one folder; tests reach for no network."""

    handler_order = 100

    def __init__(self, folder):
        self.folder = folder

    def http_open(self, request):
        path = self.folder / request.selector.strip("/")
        if not path.is_file():
            raise urllib.error.URLError("not found")
        return Found(path.open("rb"), Message(), request.full_url, 200)


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "served" / "weights.pth"
    path.parent.mkdir()
    torch.save({"weight": torch.ones(3)}, path)
    return path


@pytest.fixture
def address(weights, tmp_path, monkeypatch):
    """Where the weights are said to be; what is fetched goes to a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    urllib.request.install_opener(urllib.request.build_opener(FromFolder(weights.parent)))
    yield "http://example.org/weights.pth"
    urllib.request.install_opener(None)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_url_is_fetched_once(address, weights):
    sha256 = digest(weights)
    first = local_file(address, sha256)
    weights.unlink()
    assert local_file(address, sha256.upper()) == first
    assert torch.equal(read_tensors(first)["weight"], torch.ones(3))


def test_a_url_with_another_content_is_refused_and_nothing_is_kept(address, tmp_path):
    with pytest.raises(TrainingError, match="SHA-256"):
        local_file(address, "00" * 32)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_url_that_gives_nothing_is_one_clear_error(address):
    with pytest.raises(TrainingError, match="could not be fetched"):
        local_file(address.replace("weights", "other"), "00" * 32)


def test_a_hash_that_differs_a_url_without_one_and_a_missing_file_are_refused(weights):
    assert local_file(str(weights), digest(weights).upper()) == weights
    with pytest.raises(TrainingError, match="SHA-256"):
        local_file(str(weights), "00")
    with pytest.raises(UsageError, match="hash"):
        local_file("https://example.org/vgg19.pth")
    with pytest.raises(UsageError, match="nowhere"):
        local_file("nowhere.pth")


def test_a_file_that_would_run_code_is_refused(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"weights": Path("x")}, path)
    with pytest.raises(TrainingError, match=r"evil\.pth"):
        read_tensors(path)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_a_file_that_holds_no_weights_is_one_clear_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"not weights")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_tensors(tmp_path / name)
