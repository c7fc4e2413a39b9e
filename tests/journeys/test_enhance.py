"""What a user does with files and folders."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.journeys.shell import PLAIN, claritas, command, lines, names, paint, size_of


def test_one_picture_is_enlarged_twice_beside_itself(tmp_path: Path):
    paint(tmp_path / "a.png")
    result = claritas("enhance", tmp_path / "a.png")
    assert result.returncode == 0, result.stderr
    assert size_of(tmp_path / "a-enhanced.png") == (48, 32)
    assert "48x32" in result.stderr
    assert result.stdout == ""


def test_a_tree_is_mirrored_and_the_expected_size_is_said_first(tmp_path: Path):
    for name in ("a.png", "x/b.jpg", "x/y/c.tif", "x/y/d.gif"):
        paint(tmp_path / "in" / name)
    result = claritas("enhance", tmp_path / "in", "-o", tmp_path / "out", "--recursive", *PLAIN)
    assert result.returncode == 0, result.stderr
    assert names(tmp_path / "out") == ["a.png", "x/b.jpg", "x/y/c.tif", "x/y/d.png"]
    assert result.stderr.startswith("4 pictures, 0.0 megapixels to write, about ")
    assert "GIF came in, PNG was written" in result.stderr


def test_json_is_one_line_a_picture_and_all_else_is_on_standard_error(tmp_path: Path):
    paint(tmp_path / "in/a.png")
    (tmp_path / "in/b.png").write_bytes(b"")
    result = claritas("enhance", tmp_path / "in", "-o", tmp_path / "out", "--json", *PLAIN)
    bad, good = sorted(lines(result), key=lambda line: line["width"])
    assert result.returncode == 1
    assert set(good) == {
        *("input", "output", "status", "width", "height", "models", "seconds", "notes", "error")
    }
    assert (good["status"], good["width"], good["height"], good["error"]) == ("done", 24, 16, None)
    assert bad["status"] == "failed"
    assert "b.png" in bad["error"]


def test_in_one_folder_clean_and_worn_pictures_go_through_models_of_their_own(tmp_path: Path):
    paint(tmp_path / "in/clean.png")
    paint(tmp_path / "in/worn.jpg", quality=40)
    for chosen in ({"clean.png": ["photo-x2"], "worn.jpg": ["real-x4"]}, {}):
        result = claritas("enhance", tmp_path / "in", "-o", tmp_path / "out", "--resume", "--json")
        assert result.returncode == 0, result.stderr
        found = {Path(line["input"]).name: line for line in lines(result)}
        assert {name: found[name]["models"] for name in chosen} == chosen
    assert {line["status"] for line in found.values()} == {"unchanged"}


def test_quiet_says_only_what_failed(tmp_path: Path):
    paint(tmp_path / "in/a.png")
    assert claritas("enhance", tmp_path / "in/a.png", "--quiet", *PLAIN).stderr == ""
    (tmp_path / "in/b.png").write_bytes(b"")
    result = claritas("enhance", tmp_path / "in", "-o", tmp_path / "out", "--quiet", *PLAIN)
    assert result.stderr.startswith("1 picture failed:\n")


def test_one_bad_file_does_not_stop_a_folder(tmp_path: Path):
    for name in ("a.png", "c.png"):
        paint(tmp_path / "in" / name)
    (tmp_path / "in/b.png").write_text("text")
    result = claritas("enhance", tmp_path / "in", "-o", tmp_path / "out", *PLAIN)
    assert result.returncode == 1
    assert names(tmp_path / "out") == ["a.png", "c.png"]
    assert "b.png is not a picture" in result.stderr.splitlines()[-2]


def test_names_with_newline_emoji_and_bytes_simply_work(tmp_path: Path):
    odd = ["two\nlines.png", "\N{GRINNING FACE}.png", os.fsdecode(b"caf\xe9.png"), "\x1b[31m.png"]
    for name in odd:
        # Pillow wants names that are text.
        paint(tmp_path / "plain.png").rename(tmp_path / name)
    words = [str(tmp_path / name) for name in odd]
    result = claritas("enhance", *words, "-o", tmp_path / "out", "--json", *PLAIN)
    assert result.returncode == 0, result.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(odd)
    assert {Path(line["input"]).name for line in lines(result)} == set(odd)
    assert "\x1b" not in result.stderr


def test_a_terminal_without_letters_is_no_obstacle(tmp_path: Path):
    paint(tmp_path / "in.png").rename(tmp_path / "\N{GRINNING FACE}.png")
    words = ("enhance", tmp_path / "\N{GRINNING FACE}.png", "--json", *PLAIN)
    assert claritas(*words, PYTHONIOENCODING="ascii").returncode == 0


def test_an_output_that_is_there_is_refused_overwritten_or_skipped(tmp_path: Path):
    paint(tmp_path / "in/a.png")
    paint(tmp_path / "in/b.png")
    there = tmp_path / "out/a.png"
    there.parent.mkdir()
    there.write_bytes(b"mine")
    words = ("enhance", tmp_path / "in", "-o", tmp_path / "out", *PLAIN)
    refused = claritas(*words)
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert names(tmp_path / "out") == ["a.png"]
    assert claritas(*words, "--skip-existing").returncode == 0
    assert there.read_bytes() == b"mine"
    assert names(tmp_path / "out") == ["a.png", "b.png"]
    assert claritas(*words, "--overwrite").returncode == 0
    assert size_of(there) == (24, 16)


def test_a_second_run_does_not_take_the_first_ones_results(tmp_path: Path):
    paint(tmp_path / "a.png")
    pattern = str(tmp_path / "{stem}-x{scale}{suffix}")
    assert claritas("enhance", tmp_path, "-o", pattern, *PLAIN).returncode == 0
    result = claritas("enhance", tmp_path, "-o", pattern, "--scale", "0.5", "--json")
    assert [Path(line["input"]).name for line in lines(result)] == ["a.png"]
    assert names(tmp_path) == ["a-x0.5.png", "a-x1.png", "a.png"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing.png"], "nothing.png"),
        (["a.png", "--scale", "17"], "16"),
        (["a.png", "--scale", "2", "--size", "9x9"], "one of the two"),
        (["a.png", "--size", "large"], "WxH"),
        (["a.png", "--tile", "small"], "auto"),
        (["a.png", "--format", "bmp"], "bmp"),
        (["a.png", "--format", "gif"], "only be read"),
        (["a.png", "-o", "d.png", "--format", "jpeg"], "no --format"),
        (["a.png", "--overwrite", "--skip-existing"], "one of the two"),
        (["a.png", "--model", "no-such-model"], "no-such-model"),
        (["a.png", "--task", "sing"], "sing"),
        (["a.png", "--preset", "worst"], "worst"),
        (["a.png", "--nonsense"], "nonsense"),
        (["a.png", "-o", "b" * 256 + ".png"], "260 bytes"),
        (["empty"], "holds no pictures"),
        (["a.png", "b.png", "-o", "c.png"], "would both be written"),
        (["a.png", "-o", "a.png"], "one of the inputs"),
    ],
)
def test_wrong_use_is_one_message_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
):
    monkeypatch.chdir(tmp_path)
    paint(tmp_path / "a.png")
    paint(tmp_path / "b.png")
    (tmp_path / "empty").mkdir()
    result = claritas("enhance", *words)
    assert result.returncode == 2, result.stderr
    assert told in result.stderr
    assert result.stdout == ""
    assert names(tmp_path) == ["a.png", "b.png"]


def test_a_home_that_cannot_be_written_is_a_message_not_a_failure(tmp_path: Path):
    paint(tmp_path / "a.png")
    (tmp_path / "state").write_bytes(b"")
    words = ("enhance", tmp_path / "a.png", *PLAIN)
    result = claritas(*words, CLARITAS_STATE=str(tmp_path / "state"))
    assert result.returncode == 0
    assert result.stderr.count("record of finished work cannot be kept") == 1


def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path):
    paint(tmp_path / "a.png")
    words = command("enhance", tmp_path / "a.png", "--json", "--quiet", *PLAIN)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


def test_the_version_is_told():
    assert claritas("--version").stdout.startswith("claritas ")
