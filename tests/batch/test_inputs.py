from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claritas.batch.inputs import Job, Naming, output_suffix, work_list
from claritas.errors import UsageError


def nobody(_path: Path) -> bool:
    return False


def listed(
    *inputs: Path | str,
    out: Path | str | None = None,
    fmt: str | None = None,
    scale: str | None = "2",
    recursive: bool = True,
    is_ours: Callable[[Path], bool] = nobody,
) -> list[Job]:
    naming = Naming(None if out is None else str(out), scale, lambda path: output_suffix(path, fmt))
    return work_list([str(one) for one in inputs], naming, recursive=recursive, is_ours=is_ours)


def put(*paths: Path) -> None:
    """Files with a picture's name; only names matter here."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def outputs(jobs: list[Job], base: Path) -> list[str]:
    return [job.output.relative_to(base).as_posix() for job in jobs]


def test_the_default_name_is_enhanced_beside_the_input(tmp_path: Path):
    put(tmp_path / "a.JPG")
    assert outputs(listed(tmp_path / "a.JPG"), tmp_path) == ["a-enhanced.JPG"]


def test_a_folder_is_mirrored(tmp_path: Path):
    put(tmp_path / "in/b.png", tmp_path / "in/x/a.jpg", tmp_path / "in/x/y/c.tif")
    jobs = listed(tmp_path / "in", out=tmp_path / "out")
    assert outputs(jobs, tmp_path) == ["out/b.png", "out/x/a.jpg", "out/x/y/c.tif"]


def test_without_recursive_only_the_folder_itself_is_searched(tmp_path: Path):
    put(tmp_path / "b.png", tmp_path / "x/a.jpg")
    assert outputs(listed(tmp_path, recursive=False), tmp_path) == ["b-enhanced.png"]


def test_a_glob_is_expanded_and_mirrored_below_its_fixed_part(tmp_path: Path):
    put(tmp_path / "in/b.png", tmp_path / "in/x/a.png", tmp_path / "in/x/a.txt")
    jobs = listed(tmp_path / "in/**/*", out=tmp_path / "out")
    assert outputs(jobs, tmp_path) == ["out/b.png", "out/x/a.png"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_glob(tmp_path: Path):
    put(tmp_path / "a[1].png")
    assert len(listed(tmp_path / "a[1].png")) == 1


def test_hidden_files_and_what_is_no_picture_are_left_out(tmp_path: Path):
    put(tmp_path / "a.png", tmp_path / "._a.png", tmp_path / ".git/b.png", tmp_path / "notes.txt")
    assert [job.input.name for job in listed(tmp_path)] == ["a.png"]


def test_an_input_that_is_named_twice_is_done_once(tmp_path: Path):
    put(tmp_path / "a.png")
    assert len(listed(tmp_path / "a.png", tmp_path, tmp_path / "*.png")) == 1


def test_an_output_without_a_picture_suffix_is_a_folder(tmp_path: Path):
    put(tmp_path / "a.png")
    assert outputs(listed(tmp_path / "a.png", out=tmp_path / "v1.5"), tmp_path) == ["v1.5/a.png"]


def test_an_output_folder_may_be_called_like_a_picture(tmp_path: Path):
    put(tmp_path / "a.png")
    (tmp_path / "b.png").mkdir()
    assert outputs(listed(tmp_path / "a.png", out=tmp_path / "b.png"), tmp_path) == ["b.png/a.png"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{stem}-x{scale}{suffix}", "in/x/a-x2.jpg"),
        ("OUT/{stem}@{scale}{suffix}", "out/a@2.jpg"),
        ("OUT/{folder}/{name}", "out/x/a.jpg"),
        ("OUT/{stem}.png", "out/a.png"),
        ("OUT-x{scale}", "out-x2/x/a.jpg"),
        ("OUT/{{stem}}{suffix}", "out/{stem}.jpg"),
    ],
)
def test_a_pattern_names_the_output(tmp_path: Path, pattern: str, expected: str):
    put(tmp_path / "in/x/a.jpg")
    jobs = listed(tmp_path / "in", out=pattern.replace("OUT", str(tmp_path / "out")))
    assert outputs(jobs, tmp_path) == [expected]


@pytest.mark.parametrize("pattern", ["{nme}.png", "{stem.__class__}.png", "{stem!r}.png", "{0}"])
def test_an_unknown_field_is_an_error_that_tells_the_known_ones(tmp_path: Path, pattern: str):
    put(tmp_path / "a.png")
    with pytest.raises(UsageError, match=r"unknown field.*\n.*\{stem\}"):
        listed(tmp_path / "a.png", out=pattern)


def test_a_lonely_brace_is_an_error(tmp_path: Path):
    put(tmp_path / "a.png")
    with pytest.raises(UsageError, match="brace"):
        listed(tmp_path / "a.png", out="{stem")


def test_a_scale_in_the_pattern_needs_a_scale(tmp_path: Path):
    put(tmp_path / "a.png")
    with pytest.raises(UsageError, match="--size"):
        listed(tmp_path / "a.png", out="{stem}-{scale}{suffix}", scale=None)


@pytest.mark.parametrize(
    ("name", "fmt", "suffix"),
    [
        ("a.jpeg", None, ".jpeg"),
        ("a.PNG", None, ".PNG"),
        ("a.gif", None, ".png"),
        ("a.heic", None, ".jpg"),
        ("a.jpeg", "jpg", ".jpeg"),
        ("a.jpeg", "png", ".png"),
        ("unnamed", None, ".png"),
    ],
)
def test_the_suffix_stays_where_the_format_can_be_written(
    tmp_path: Path, name: str, fmt: str | None, suffix: str
):
    assert output_suffix(tmp_path / name, fmt) == suffix


def test_a_missing_input_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(UsageError, match="nothing\\.png"):
        listed(tmp_path / "nothing.png")


def test_an_input_name_that_no_file_system_takes_is_an_error():
    with pytest.raises(UsageError, match="no file or folder"):
        listed("x" * 5000)


def test_a_folder_without_pictures_is_an_error_that_names_it(tmp_path: Path):
    put(tmp_path / "in/deep/a.png")
    with pytest.raises(UsageError, match=r"in holds no pictures[\s\S]*--recursive"):
        listed(tmp_path / "in", recursive=False)


def test_a_glob_without_matches_is_an_error(tmp_path: Path):
    with pytest.raises(UsageError, match="No picture matches"):
        listed(tmp_path / "*.png")


@pytest.mark.parametrize("out", ["out.png", "out/{scale}{suffix}", "out"])
def test_two_inputs_with_one_output_are_an_error(tmp_path: Path, out: str):
    put(tmp_path / "x/a.png", tmp_path / "y/a.png")
    with pytest.raises(UsageError, match="would both be written"):
        listed(tmp_path / "x/a.png", tmp_path / "y/a.png", out=str(tmp_path / out))


def test_an_output_over_an_input_is_an_error(tmp_path: Path):
    put(tmp_path / "a.png")
    with pytest.raises(UsageError, match="one of the inputs"):
        listed(tmp_path, out=tmp_path)


def test_an_output_over_an_input_is_seen_through_a_link(tmp_path: Path):
    put(tmp_path / "in/a.png")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(UsageError, match="one of the inputs"):
        listed(tmp_path / "in", out=tmp_path / "link")


def test_an_output_name_over_255_bytes_is_an_error(tmp_path: Path):
    put(tmp_path / "a.png")
    assert listed(tmp_path / "a.png", out=tmp_path / ("b" * 251 + ".png"))
    with pytest.raises(UsageError, match="256 bytes"):
        listed(tmp_path / "a.png", out=tmp_path / ("b" * 252 + ".png"))
    with pytest.raises(UsageError, match="260 bytes"):
        listed(tmp_path / "a.png", out=tmp_path / ("\N{GRINNING FACE}" * 64 + ".png"))


def test_earlier_results_are_not_taken_as_inputs(tmp_path: Path):
    put(tmp_path / "a.png", tmp_path / "a-enhanced.jpg", tmp_path / "b-enhanced.png")
    assert [job.input.name for job in listed(tmp_path)] == ["a.png", "b-enhanced.png"]


def test_what_the_ledger_knows_is_not_taken_as_input(tmp_path: Path):
    put(tmp_path / "a.png", tmp_path / "a-x3.png")
    jobs = listed(tmp_path, is_ours=lambda path: path.name == "a-x3.png")
    assert [job.input.name for job in jobs] == ["a.png"]


def test_a_folder_of_nothing_but_results_is_taken_where_the_new_ones_go_elsewhere(tmp_path: Path):
    put(tmp_path / "small/a.png", tmp_path / "small/b.png")
    jobs = listed(tmp_path / "small", out=tmp_path / "large", is_ours=lambda _path: True)
    assert outputs(jobs, tmp_path) == ["large/a.png", "large/b.png"]


@pytest.mark.parametrize("out", [None, "{stem}-x3{suffix}", "small/x3-{name}"])
def test_results_are_not_enhanced_again_among_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str | None
):
    put(tmp_path / "small/a.png")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="earlier results"):
        listed("small", out=out, is_ours=lambda _path: True)


@pytest.mark.parametrize("out", ["out", "out/{stem}{suffix}", "out/x{scale}"])
def test_what_lies_below_an_output_folder_inside_the_input_is_not_taken(tmp_path: Path, out: str):
    put(tmp_path / "in/a.png", tmp_path / "in/out/b.png", tmp_path / "in/out/x/c.png")
    jobs = listed(tmp_path / "in", out=str(tmp_path / "in" / out))
    assert [job.input.name for job in jobs] == ["a.png"]


def test_a_result_that_is_named_itself_is_taken(tmp_path: Path):
    put(tmp_path / "a.png", tmp_path / "a-enhanced.png")
    jobs = listed(tmp_path / "a-enhanced.png", is_ours=lambda _path: True)
    assert outputs(jobs, tmp_path) == ["a-enhanced-enhanced.png"]


NAMES = st.binary(min_size=1, max_size=60).filter(
    lambda name: not set(name) & set(b"/\0") and not name.startswith(b".")
)


@settings(max_examples=40, deadline=None)
@given(names=st.sets(NAMES, min_size=1, max_size=4))
def test_any_name_is_mirrored_as_it_is(tmp_path_factory: pytest.TempPathFactory, names: set[bytes]):
    folder = tmp_path_factory.mktemp("names")
    inputs = {os.fsdecode(name) + ".png" for name in names}
    put(*(folder / name for name in inputs))
    jobs = listed(folder, out=folder / "out")
    assert {job.output.name for job in jobs} == inputs
