"""The report beside a result, and whether the two belong together."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data
from typer.testing import CliRunner

import claritas
from claritas.cli.main import app
from claritas.enhancement.invention import contradiction, undetermined
from claritas.enhancement.verify import verify
from claritas.image.picture import Picture
from claritas.zoo.card import read_card
from claritas.zoo.catalogue import SHIPPED

run = CliRunner().invoke
SMALL = np.ascontiguousarray(data.chelsea()[60:124, 90:170])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with input, output, report and page, and the model that made them."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copytree(SHIPPED / "photo-x2", folder / "model")
    claritas.write_picture(Picture.from_array(SMALL), folder / "in.png")
    model = str(folder / "model")
    claritas.enhance(folder / "in.png", output=folder / "out.png", model=model, report=True)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def report_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "out.png.report.json").read_text("ascii"))


def flip_a_byte(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def failed(folder: Path, **more) -> set[str]:
    model = more.pop("model", str(folder / "model"))
    checks = verify(folder / "out.png", folder / "out.png.report.json", model=model, **more)
    return {check.subject for check in checks if check.holds is False}


def test_a_report_says_what_was_done_with_what_and_what_may_be_invented(made):
    facts = report_of(made)
    assert facts["models"][0]["card"]["name"] == facts["models"][0]["name"]
    assert facts["machine"]["engine"] == "openvino"
    assert facts["machine"]["processor"]
    assert (facts["output"]["width"], facts["input"]["width"]) == (160, 80)
    assert facts["against_input"]["consistency"]["value"] > 40
    assert facts["kept"] == "result"
    assert set(facts["maps"]) == {"consistency", "undetermined", "spread"}
    assert set(facts["scores"]["before"]) & set(facts["scores"]["after"])
    assert any("does not determine" in sentence for sentence in facts["words"])
    assert any("In other colours and as a negative" in sentence for sentence in facts["words"])
    assert "6 exchanged colours and negatives" in facts["maps"]["spread"]["protocol"]
    assert facts["maps"]["spread"]["rms"] > 0.1


def test_of_a_worn_picture_it_says_why_and_the_work_is_done_again_in_the_same_way(tmp_path):
    source, output = tmp_path / "in.jpg", tmp_path / "out.png"
    claritas.write_picture(Picture.from_array(SMALL), source, quality=50)
    claritas.enhance(source, output=output, report=True)
    facts = report_of(tmp_path)
    assert [one["name"] for one in facts["models"]] == ["real-x4"]
    assert any("Turned and mirrored" in sentence for sentence in facts["words"])
    assert any("JPEG of quality 50" in note for note in facts["notes"])
    checks = verify(output, tmp_path / "out.png.report.json", source)
    assert all(check.holds for check in checks), checks


def test_the_page_shows_pictures_and_loads_nothing(made):
    page = (made / "out.png.report.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 7
    assert not re.search(r'(src|href)="(?!data:)', page)


def test_a_true_report_passes_and_the_replay_is_exact(made):
    checks = verify(made / "out.png", made / "out.png.report.json")
    assert all(check.holds for check in checks), checks
    assert "every pixel" in checks[-1].words


@pytest.mark.parametrize("at", [5, 300, -70, -1])
def test_a_changed_byte_in_the_report_is_found(copy, at):
    flip_a_byte(copy / "out.png.report.json", at)
    assert failed(copy) == {"report"}


def test_a_model_that_is_gone_is_no_proof_of_anything(copy):
    checks = verify(copy / "out.png", copy / "out.png.report.json", model=str(copy / "none"))
    assert {check.subject for check in checks if check.holds is None} == {
        "model photo-x2",
        "replay",
    }


def test_a_judged_result_is_verified_whichever_way_it_went(tmp_path, shuffled):
    claritas.write_picture(Picture.from_array(SMALL[:32, :40]), tmp_path / "in.png")
    claritas.enhance(
        tmp_path / "in.png",
        output=tmp_path / "out.png",
        model=str(shuffled),
        judge=True,
        report=True,
    )
    facts = report_of(tmp_path)
    assert facts["kept"] == "input"
    assert facts["words"] == [
        "No model changed this picture: it was interpolated, and nothing is invented."
    ]
    checks = verify(tmp_path / "out.png", tmp_path / "out.png.report.json")
    assert all(check.holds for check in checks), checks


def test_a_changed_byte_in_output_page_input_card_or_weights_is_found_and_named(copy):
    used = read_card(copy / "model").file(report_of(copy)["models"][0]["precision"])
    for name, subject in (
        ("out.png", "output"),
        ("out.png.report.html", "page"),
        ("in.png", "input"),
        (f"model/{used.name}", "model photo-x2"),
    ):
        flip_a_byte(copy / name, 900)
        assert failed(copy) == {subject}
        flip_a_byte(copy / name, 900)
    card = copy / "model/card.toml"
    card.write_text(card.read_text("utf-8") + "# more\n", "utf-8")
    assert failed(copy) == {"model photo-x2"}


def test_a_report_of_another_work_is_found_by_the_replay(copy):
    """All hashes are right, and yet the model did not make this."""
    from claritas.enhancement.report import file_hash, sealed

    facts = report_of(copy)
    facts.pop("sha256")
    claritas.write_picture(Picture.from_array(SMALL[::-1]), copy / "in.png", overwrite=True)
    facts["input"]["sha256"] = file_hash(copy / "in.png")
    (copy / "out.png.report.json").write_bytes(sealed(facts))
    assert failed(copy) == {"replay"}


def test_elsewhere_the_replay_is_compared_with_a_tolerance(copy):
    from claritas.enhancement.report import sealed

    facts = report_of(copy)
    facts.pop("sha256")
    facts["machine"]["processor"] = "another"
    (copy / "out.png.report.json").write_bytes(sealed(facts))
    assert failed(copy) == set()


def test_the_command_says_what_holds_and_its_exit_code_says_so_too(copy):
    words = ["verify", str(copy / "out.png"), "--report", str(copy / "out.png.report.json")]
    assert run(app, words).exit_code == 0
    (copy / "in.png").rename(copy / "elsewhere.png")
    result = run(app, words)
    assert result.exit_code == 3
    assert "--input" in result.stdout
    assert run(app, [*words, "--input", str(copy / "elsewhere.png")]).exit_code == 0
    flip_a_byte(copy / "out.png", 900)
    result = run(app, [*words, "--json"])
    assert result.exit_code == 1
    found = {one["subject"]: one["holds"] for one in map(json.loads, result.stdout.splitlines())}
    assert found["output"] is False
    assert found["report"] is True


def test_a_file_that_is_no_report_is_said_plainly(made, tmp_path):
    (tmp_path / "no.json").write_text("{}")
    words = ["verify", str(made / "out.png"), "--report", str(tmp_path / "no.json")]
    assert run(app, words).exit_code == 1
    missing = run(app, [*words[:3], str(tmp_path / "none.json")])
    assert "none.json" in str(missing.exception)


def test_the_command_line_writes_reports_and_certificates(tmp_path):
    claritas.write_picture(Picture.from_array(SMALL[:32, :40]), tmp_path / "a.png")
    words = ["enhance", str(tmp_path / "a.png"), "--judge", "--report", "--json"]
    result = run(app, [*words, "--faithful", "block"])
    assert result.exit_code == 0, result.output
    line = json.loads(result.stdout.splitlines()[-1])
    assert any("largest deviation 0" in note for note in line["notes"])
    assert any(note.startswith("Judged") for note in line["notes"])
    assert (tmp_path / "a-enhanced.png.report.html").is_file()
    lossy = ["enhance", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.jpg"), "--json"]
    assert "--faithful block promises" in str(run(app, [*lossy, "--faithful", "block"]).exception)
    result = run(app, [*lossy, "--faithful", "bicubic"])
    assert any(
        "again in the file" in n for n in json.loads(result.stdout.splitlines()[-1])["notes"]
    )


@pytest.mark.parametrize("options", [{"size": (71, 60)}, {"scale": 0.5}, {"scale": 1.5}])
@pytest.mark.parametrize("kind", ["uint16", "tiny", "float"])
def test_any_picture_and_size_can_be_reported(tmp_path, kind, options):
    array = {
        "uint16": SMALL[:40, :50].astype(np.uint16) * 257,
        "tiny": SMALL[:4, :5],
        "float": SMALL[:40, :50].astype(np.float32) - 90,
    }[kind]
    claritas.write_picture(Picture.from_array(array), tmp_path / "in.tif")
    claritas.enhance(tmp_path / "in.tif", output=tmp_path / "out.tif", report=True, **options)
    checks = verify(tmp_path / "out.tif", tmp_path / "out.tif.report.json")
    assert all(check.holds for check in checks), checks


def test_detail_that_is_not_determined_is_none_of_what_the_input_says():
    plain = np.full((24, 30, 3), 90, np.uint8)
    flat = undetermined(plain.repeat(2, 0).repeat(2, 1), plain)
    assert flat.largest < 0.01
    checkers = (np.indices((48, 60)).sum(0) % 2 * 100 + 40).astype(np.uint8)
    found = undetermined(np.repeat(checkers[..., None], 3, -1), plain)
    assert found.rms == pytest.approx(50, rel=0.02)


def test_maps_of_blocks_go_by_block_averages():
    array = np.random.default_rng(0).integers(0, 256, (12, 15, 3), np.uint8)
    result = claritas.enhance(array, scale=2, faithful="block")
    assert contradiction(result, array, "block").largest < 1e-4
    means = array.repeat(2, 0).repeat(2, 1).astype(np.float32)
    found = undetermined(result, array, "block").map
    assert np.allclose(found, np.abs(result - means).max(-1), atol=1e-3)
