"""Whatever is wrong with a file or a disk: one clear message, the right exit code, no debris."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.shell import PLAIN, claritas, names, paint, size_of


def truncated(path: Path) -> None:
    paint(path, 200, 200)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("This is no picture.")


def bomb(path: Path) -> None:
    """A PNG whose header alone declares 60000x60000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    content = b"IDAT" + zlib.compress(b"")
    chunks = [header, content, b"IEND"]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
        )
    )


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("empty.jpg", empty, "empty"),
        ("text.jpg", text, "not a picture"),
        ("half.jpg", truncated, "damaged"),
        ("half.png", truncated, "damaged"),
        ("empty.tif", empty, "empty"),
        ("bomb.png", bomb, "60,000x60,000"),
    ],
)
def test_a_bad_file_is_named_and_leaves_nothing(
    tmp_path: Path, name: str, spoil: Callable[[Path], None], told: str
):
    spoil(tmp_path / name)
    result = claritas("enhance", tmp_path / name, "-o", tmp_path / "out")
    assert result.returncode == 1
    assert name in result.stderr
    assert told in result.stderr
    assert len(result.stderr.splitlines()) <= 3
    assert names(tmp_path / "out") == []


def test_a_limit_on_pixels_can_be_given(tmp_path: Path):
    paint(tmp_path / "a.png")
    result = claritas("enhance", tmp_path / "a.png", "--max-pixels", "100", *PLAIN)
    assert result.returncode == 1
    assert "--max-pixels 384" in result.stderr


def test_a_read_only_output_folder_is_said_before_any_work(
    tmp_path: Path, mounted: Callable[[str], Path]
):
    place = mounted("size=1m,ro")
    paint(tmp_path / "a.png")
    result = claritas("enhance", tmp_path / "a.png", "-o", place / "out", *PLAIN)
    assert result.returncode == 2
    assert str(place) in result.stderr
    assert len(result.stderr.splitlines()) <= 3


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, mounted: Callable[[str], Path], suffix: str
):
    place = mounted("size=64k")
    (place / "ballast").write_bytes(bytes(52 * 1024))
    words = ("--format", suffix, "--quality", "100", "--scale", "4", "--strength", "0")
    result = claritas(
        "enhance", paint(tmp_path / "a.png", 200, 200), "-o", place, "--quiet", *words
    )
    assert result.returncode == 1
    assert "full" in result.stderr
    assert str(place) in result.stderr
    assert names(place) == ["ballast"]


def test_a_full_disk_for_the_ledger_is_a_message_not_a_failure(
    tmp_path: Path, mounted: Callable[[str], Path]
):
    place = mounted("size=8k")
    paint(tmp_path / "a.png")
    result = claritas("enhance", tmp_path / "a.png", *PLAIN, CLARITAS_STATE=str(place))
    assert result.returncode == 0
    assert "record of finished work" in result.stderr


@pytest.mark.parametrize("what", ["unknown key", "wrong hash", "no card"])
def test_a_broken_model_is_said_once_for_a_whole_folder(tmp_path: Path, what: str):
    model = tmp_path / "model"
    model.mkdir()
    if what != "no card":
        broken_model(model, what)
    paint(tmp_path / "in/a.png")
    paint(tmp_path / "in/b.png")
    result = claritas(
        "enhance", tmp_path / "in", "-o", tmp_path / "out", "--model", model, "--quiet"
    )
    assert result.returncode == 1
    assert result.stderr.count(str(model)) == 1
    assert {"unknown key": "colour", "wrong hash": "SHA-256", "no card": "card.toml"}[
        what
    ] in result.stderr
    assert names(tmp_path / "out") == []


def broken_model(folder: Path, what: str) -> None:
    """A copy of a model that ships, with an unknown key or other weights."""
    from claritas.zoo.catalogue import shipped

    if not shipped():
        pytest.skip("no model ships yet")
    whole = shipped()["photo-x2"]
    for file in whole.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    if what == "unknown key":
        card = folder / "card.toml"
        card.write_text('colour = "red"\n' + card.read_text())
    else:
        for weights in folder.glob("*.onnx"):
            weights.write_bytes(weights.read_bytes() + b"\0")


def test_a_file_that_is_rewritten_between_two_runs_gives_its_new_pixels(tmp_path: Path):
    words = ("enhance", tmp_path / "a.png", "-o", tmp_path / "b.png", "--overwrite", *PLAIN)
    paint(tmp_path / "a.png", 24, 16, seed=1)
    claritas(*words)
    first = (tmp_path / "b.png").read_bytes()
    paint(tmp_path / "a.png", 30, 20, seed=2)
    claritas(*words)
    assert (tmp_path / "b.png").read_bytes() != first
    assert size_of(tmp_path / "b.png") == (30, 20)
