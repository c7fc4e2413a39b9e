"""`claritas assess` from the command line: what it prints, and how it ends."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from claritas.cli.assessed import bar
from claritas.cli.main import app
from claritas.errors import ClaritasError


def run(*words):
    """What the command printed, what it said, and its exit code."""
    found = CliRunner().invoke(app, ["assess", *map(str, words)])
    if isinstance(found.exception, ClaritasError):
        return found.stdout, found.stderr + str(found.exception), found.exception.exit_code
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout, found.stderr, found.exit_code


@pytest.fixture
def folder(tmp_path):
    """A clean picture, the same as a bad JPEG, and the original in a folder of its own."""
    cat = data.chelsea()[:128, :160]
    (tmp_path / "in").mkdir()
    (tmp_path / "originals").mkdir()
    Image.fromarray(cat).save(tmp_path / "in/clean.png")
    Image.fromarray(cat).save(tmp_path / "in/rough <i>.jpg", quality=20)
    for stem in ("clean", "rough <i>"):
        Image.fromarray(cat).save(tmp_path / f"originals/{stem}.png")
    return tmp_path


def test_one_picture_is_told_with_directions_and_protocols(folder):
    out, err, code = run(folder / "in/clean.png")
    assert code == 0
    assert err == ""
    assert re.search(r"niqe +[\d.]+ +lower is better; grey BT.601", out)
    assert "no trace of JPEG" in out


def test_several_pictures_make_a_table(folder):
    out, _, code = run(folder / "in", "--metrics", "niqe,noise,jpeg-quality")
    assert code == 1  # a quality was asked for, and a PNG has none
    assert out.splitlines()[0].split() == ["niqe", "noise", "jpeg-quality"]
    out, _, code = run(folder / "in", "--metrics", "niqe", "--metrics", "noise")
    assert code == 0
    assert len(out.splitlines()) == 3


def test_references_are_found_by_name_or_stem(folder):
    out, _, code = run(folder / "in", "--reference", folder / "originals", "--json")
    assert code == 0
    clean, rough = map(json.loads, out.splitlines())
    assert clean["metrics"]["psnr-y"] is None
    assert clean["infinite"] == ["psnr-y", "psnr-rgb"]
    assert 20 < rough["metrics"]["psnr-y"] < 40
    assert 1 < rough["score"] < 10
    assert len(rough["distribution"]) == 10
    assert rough["std"] > 0
    assert {"input", "error", "unavailable", "notes", "width", "height"} <= set(rough)


def test_one_bad_file_does_not_stop_the_rest(folder):
    (folder / "in/broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    tifffile.imwrite(folder / "in/nan.tif", np.full((9, 9), np.nan, np.float32))
    out, err, code = run(folder / "in", "--json", "--metrics", "piqe")
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [one["error"] is None for one in found] == [False, True, False, True]
    assert "broken.png" in err
    assert "nan.tif holds samples that are no numbers" in err
    assert "nan" not in out.lower().replace("nan.tif", "").replace("(nan or", "")


def test_a_limit_is_kept_or_named(folder):
    _, err, code = run(folder / "in", "--fail-below", "blockiness=1.3", "--quiet")
    assert code == 1
    assert "rough <i>.jpg does not keep the limit blockiness = 1.3" in err
    assert "clean" not in err
    assert run(folder / "in", "--fail-below", "blockiness=99", "--quiet") == ("", "", 0)


def test_pictures_are_sorted_best_first(folder):
    words = (folder / "in", "--metrics", "blockiness", "--json")
    first = [json.loads(line)["input"] for line in run(*words)[0].splitlines()]
    (folder / "in/clean.png").rename(folder / "in/z.png")
    last = [
        json.loads(line)["input"] for line in run(*words, "--sort", "blockiness")[0].splitlines()
    ]
    assert first[0].endswith("clean.png")
    assert last[0].endswith("z.png")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.rows, self.images, self.links = 0, 0, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.rows += tag == "tr"
        for name, value in attrs:
            if name == "src":
                self.images += 1
                assert value.startswith("data:image/jpeg;base64,")
            if name == "href":
                self.links.append(value)


def test_the_page_holds_all_that_it_shows(folder):
    target = folder / "page.html"
    assert run(folder / "in", "--html", target, "--quiet")[2] == 0
    text = target.read_text("utf-8")
    page = Page(text)
    assert (page.rows, page.images, page.links) == (3, 2, [])
    assert "rough &lt;i&gt;.jpg" in text
    assert "://" not in text


def test_the_spreadsheet_has_a_row_a_picture(folder):
    (folder / "in/broken.png").write_bytes(b"no")
    run(folder / "in", "--csv", folder / "table.csv", "--quiet")
    with (folder / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["width"] for row in rows] == ["", "160", "160"]
    assert rows[0]["error"]
    assert float(rows[2]["jpeg-quality"]) == 20


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--metrics", "psnr-y"], "--reference"),
        (["--metrics", "quality"], "no metric 'quality'"),
        (["--metrics", "lpips"], "lpips=FILE"),
        (["--metrics", "niqe=none.npz"], "none.npz is not a model"),
        (["--sort", "niqe", "--metrics", "piqe"], "niqe is not measured"),
        (["--fail-below", "niqe=five"], "a number"),
        (["--model", "photo-x2"], "task score"),
        (["--csv", "nowhere/a.csv"], "cannot be written"),
    ],
)
def test_wrong_use_is_said_before_any_picture_is_read(folder, words, says):
    out, err, code = run(folder / "in", *words)
    assert code == 2
    assert out == ""
    assert says in err


def test_a_reference_of_another_size_names_both(folder):
    Image.new("RGB", (50, 40)).save(folder / "small.png")
    _, err, code = run(folder / "in/clean.png", "--reference", folder / "small.png")
    assert code == 1
    assert "160x128 pixels, its reference 50x40" in err


def test_a_score_is_told_with_its_place_among_photographs_that_people_rated(folder, scoring_model):
    Image.new("RGB", (60, 40), "white").save(folder / "in/white.png")
    one, _, code = run(folder / "in/white.png", "--model", scoring_model, "--metrics", "piqe")
    assert code == 0
    assert re.search(r"score +10 +▁{9}█  better than 100 % of 101 photographs; people", one)
    words = ("--model", scoring_model, "--metrics", "score", "--sort", "score")
    table, _, _ = run(folder / "in", *words, "--html", folder / "a.html", "--csv", folder / "a.csv")
    assert table.splitlines()[0].split() == ["score", "marks", "better", "than"]
    assert table.splitlines()[1].startswith(str(folder / "in/white.png"))
    assert "better than 100 %" in (folder / "a.html").read_text("utf-8")
    with (folder / "a.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["percentile"] == "100.0"
    lines = run(folder / "in", *words, "--json")[0].splitlines()
    best = json.loads(lines[0])
    assert (best["score"], best["percentile"], len(best["distribution"])) == (10, 100, 10)
    assert best["metrics"] == {}


def test_a_mark_below_the_limit_ends_with_one(folder, scoring_model):
    for name in ("black", "white"):
        Image.new("RGB", (60, 40), name).save(folder / f"{name}.png")
    words = ("--model", scoring_model, "--quiet", "--fail-below", "5")
    assert run(folder / "white.png", *words)[2] == 0
    _, err, code = run(folder / "black.png", *words)
    assert code == 1
    assert "black.png does not keep the limit score = 5" in err


def test_the_page_draws_the_ten_shares_of_each_picture(folder, scoring_model):
    run(folder / "in", "--model", scoring_model, "--html", folder / "a.html", "--quiet")
    text = (folder / "a.html").read_text("utf-8")
    assert text.count("<svg") == 2
    assert text.count("<rect") == 20


def test_a_distribution_is_a_line_of_bars():
    assert bar([0, 0.5, 1]) == "▁▅█"
    assert bar([]) == ""


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((1, 1, 3), 90, np.uint8),
        np.zeros((50, 70, 3), np.uint8),
        np.indices((40, 40)).sum(0) % 2 == 0,
        np.arange(60 * 60, dtype=np.uint16).reshape(60, 60) * 18,
    ],
    ids=["one pixel", "black", "1 bit", "16 bits"],
)
def test_odd_pictures_have_numbers_or_reasons_and_never_nan(tmp_path, scoring_model, pixels):
    path = tmp_path / "odd.png"
    Image.fromarray(pixels).save(path)
    words = (path, "--reference", path, "--model", scoring_model)
    out, err, code = run(*words, "--json")
    assert (err, code) == ("", 0)
    found = json.loads(out)
    assert 1 <= found["score"] <= 10
    assert sum(found["distribution"]) == pytest.approx(1)
    assert found["metrics"]["rmse"] == 0
    told = run(*words)[0] + out
    assert not re.search(r"\bnan\b", told, re.IGNORECASE)
    assert set(found["metrics"]).isdisjoint(found["unavailable"])


def test_the_page_and_the_table_of_an_unreadable_picture_name_no_number(folder):
    tifffile.imwrite(folder / "in/nan.tif", np.full((9, 9), np.nan, np.float32))
    out, err, code = run(folder / "in", "--html", folder / "a.html", "--csv", folder / "a.csv")
    assert code == 1
    assert err.count("no numbers") == 1
    for text in (out, (folder / "a.csv").read_text(), (folder / "a.html").read_text()):
        assert not re.search(r"(?<!\()\bnan\b(?!\.tif| or)", text, re.IGNORECASE)
