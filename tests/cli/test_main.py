from __future__ import annotations

import subprocess
import sys

import pytest

from claritas.cli import main as module
from claritas.errors import PictureError, UsageError
from tests.journeys.shell import claritas

HEAVY = {"numpy", "pyvips", "openvino", "onnxruntime", "torch", "msgspec", "rich", "sqlite3"}


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from claritas.cli.main import app\n"
        "app(['--help'], standalone_mode=False)\n"
        f"print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stderr.strip() == "[]"
    for name in ("enhance", "models", "devices", "train", "export", "benchmark"):
        assert name in result.stdout


@pytest.mark.parametrize("name", ["enhance", "models", "devices", "train", "export", "benchmark"])
def test_each_command_has_help(name: str):
    assert claritas(name, "--help").returncode == 0


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int | str | None:
    """The exit code of a command that raises this."""

    def app() -> None:
        raise error

    monkeypatch.setattr(module, "app", app)
    with pytest.raises(SystemExit) as left:
        module.main()
    return left.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("This", "that", "do so."), 2),
        (PictureError("This", "that", "do so."), 1),
    ],
)
def test_an_error_of_ours_is_its_words_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
):
    assert failing(monkeypatch, error) == code
    assert capsys.readouterr().err == "This\nExpected: that\nWhat to do: do so.\n"


def test_an_unexpected_error_says_that_it_is_ours_and_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert failing(monkeypatch, ZeroDivisionError("division by zero")) == 1
    told = capsys.readouterr().err
    assert "CLARITAS_DEBUG=1" in told
    assert "Traceback" not in told


def test_debugging_shows_the_traceback(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CLARITAS_DEBUG", "1")

    def app() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "app", app)
    with pytest.raises(ZeroDivisionError):
        module.main()


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (MemoryError(), 1)])
def test_interrupts_and_full_memory_are_no_traceback(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
):
    assert failing(monkeypatch, error) == code
