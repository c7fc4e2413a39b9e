from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from claritas.batch.inputs import Job
from claritas.batch.ledger import Ledger
from claritas.batch.runner import run
from claritas.batch.survey import Existing, Outcome, Settings, Status, Survey, Task, survey
from claritas.enhancement.enhancer import Enhancer
from claritas.enhancement.plan import Options
from claritas.errors import ModelError, UsageError
from claritas.image.read import open_picture

PLAIN = Enhancer(Options(scale=2, strength=0, engine="fake"))


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with closing(Ledger(print)) as opened:
        yield opened


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    made = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (40, 600), (number, 90, 200)).save(path)
        made.append(Job(path, tmp_path / "out" / path.name))
    return made


def carried_out(
    found: Survey, settings: Settings, ledger: Ledger, stop_after: int | None = None
) -> list[Outcome]:
    bands: list[int] = []

    def pulled(_task: Task, rows: int) -> None:
        bands.append(rows)

    def stop() -> bool:
        return stop_after is not None and len(bands) >= stop_after

    return list(run(found.tasks, PLAIN, settings, ledger, pulled=pulled, stop=stop))


def test_a_survey_knows_sizes_before_any_work(jobs: list[Job], ledger: Ledger):
    found = survey(jobs, PLAIN, Settings(), ledger)
    assert found.pixels == 3 * 80 * 1200
    assert 0 < found.expected_bytes <= 3 * found.pixels
    assert not jobs[0].output.parent.exists()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_the_expected_size_is_right_within_a_factor_of_three(
    tmp_path: Path, ledger: Ledger, suffix: str
):
    data = pytest.importorskip("skimage.data")
    Image.fromarray(data.chelsea()).save(tmp_path / f"a{suffix}")
    job = Job(tmp_path / f"a{suffix}", tmp_path / f"b{suffix}")
    found = survey([job], PLAIN, Settings(), ledger)
    carried_out(found, Settings(), ledger)
    assert 1 / 3 < found.expected_bytes / job.output.stat().st_size < 3


def test_every_band_is_reported(jobs: list[Job], ledger: Ledger):
    rows: dict[Path, list[int]] = {job.input: [] for job in jobs}
    found = survey(jobs, PLAIN, Settings(), ledger)
    outcomes = list(
        run(
            found.tasks,
            PLAIN,
            Settings(),
            ledger,
            pulled=lambda task, count: rows[task.work.input].append(count),
            stop=lambda: False,
        )
    )
    assert [outcome.status for outcome in outcomes] == [Status.DONE] * 3
    for counts in rows.values():
        assert len(counts) > 1
        assert counts == sorted(counts)
        assert counts[-1] == 1200


def test_a_stop_gives_up_the_picture_at_hand_and_leaves_nothing_of_it(
    jobs: list[Job], ledger: Ledger
):
    found = survey(jobs, PLAIN, Settings(), ledger)
    assert carried_out(found, Settings(), ledger, stop_after=1) == []
    assert list(jobs[0].output.parent.iterdir()) == []


def test_an_existing_output_is_refused_before_any_work(jobs: list[Job], ledger: Ledger):
    jobs[1].output.parent.mkdir()
    jobs[1].output.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"1\.png[\s\S]*--overwrite"):
        survey(jobs, PLAIN, Settings(), ledger)


def test_an_output_that_appears_meanwhile_is_not_overwritten(jobs: list[Job], ledger: Ledger):
    found = survey(jobs, PLAIN, Settings(), ledger)
    jobs[1].output.parent.mkdir()
    jobs[1].output.write_bytes(b"mine")
    statuses = [outcome.status for outcome in carried_out(found, Settings(), ledger)]
    assert statuses == [Status.DONE, Status.FAILED, Status.DONE]
    assert jobs[1].output.read_bytes() == b"mine"


def test_an_input_that_vanishes_meanwhile_fails_alone(jobs: list[Job], ledger: Ledger):
    found = survey(jobs, PLAIN, Settings(), ledger)
    jobs[0].input.unlink()
    first, *others = carried_out(found, Settings(), ledger)
    assert first.status is Status.FAILED
    assert "0.png" in first.error
    assert [one.status for one in others] == [Status.DONE] * 2


def test_overwriting_does_finished_work_again(jobs: list[Job], ledger: Ledger):
    settings = Settings(existing=Existing.OVERWRITE)
    for _ in range(2):
        outcomes = carried_out(survey(jobs, PLAIN, settings, ledger), settings, ledger)
        assert [outcome.status for outcome in outcomes] == [Status.DONE] * 3


@pytest.mark.parametrize("change", [{"quality": 50}, {"format": "jpeg"}])
def test_how_a_picture_is_written_is_part_of_the_job(
    tmp_path: Path, ledger: Ledger, change: dict[str, int | str]
):
    Image.new("RGB", (40, 40)).save(tmp_path / "a.png")
    settings = Settings(resume=True)
    changed = Settings(resume=True, **change)  # type: ignore[arg-type]
    job = Job(tmp_path / "a.png", tmp_path / "b.jpg")
    carried_out(survey([job], PLAIN, settings, ledger), settings, ledger)
    assert survey([job], PLAIN, settings, ledger).tasks == []
    assert len(survey([job], PLAIN, changed, ledger).tasks) == (change == {"quality": 50})


def test_an_output_too_large_for_its_format_is_said_before_any_work(tmp_path: Path, ledger: Ledger):
    Image.new("RGB", (9000, 2)).save(tmp_path / "a.webp")
    found = survey([Job(tmp_path / "a.webp", tmp_path / "b.webp")], PLAIN, Settings(), ledger)
    assert found.tasks == []
    assert "16,383" in found.settled[0].error


def test_a_model_that_fails_at_the_first_picture_ends_the_run(jobs: list[Job], ledger: Ledger):
    class Broken(Enhancer):
        def __call__(self, picture, _mask=None):
            raise ModelError(f"The weights for {picture} are not the card's")

    found = survey(jobs, PLAIN, Settings(), ledger)
    with pytest.raises(ModelError):
        list(
            run(
                found.tasks,
                Broken(Options(scale=2)),
                Settings(),
                ledger,
                pulled=lambda _task, _rows: None,
                stop=lambda: False,
            )
        )


def test_a_mistake_of_ours_in_one_picture_does_not_stop_the_rest(jobs: list[Job], ledger: Ledger):
    class Mistaken(Enhancer):
        def __call__(self, picture, _mask=None):
            if picture.array()[0, 0, 0] == 1:
                raise ZeroDivisionError("division by zero")
            return picture

    found = survey(jobs, PLAIN, Settings(), ledger)
    outcomes = list(
        run(
            found.tasks,
            Mistaken(),
            Settings(),
            ledger,
            pulled=lambda _task, _rows: None,
            stop=lambda: False,
        )
    )
    assert [outcome.status for outcome in outcomes] == [Status.DONE, Status.FAILED, Status.DONE]
    assert "CLARITAS_DEBUG" in outcomes[1].error


def test_a_result_opens_as_a_picture_of_the_planned_size(jobs: list[Job], ledger: Ledger):
    (outcome, *_) = carried_out(survey(jobs, PLAIN, Settings(), ledger), Settings(), ledger)
    header = open_picture(outcome.output).header
    assert (header.width, header.height) == (outcome.width, outcome.height) == (80, 1200)
