from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from claritas.batch import ledger as module
from claritas.batch.ledger import Ledger, Standing, Work, state_folder
from claritas.batch.process import start_of


@pytest.fixture
def work(tmp_path: Path) -> Work:
    (tmp_path / "in.png").write_bytes(b"a picture")
    return Work(tmp_path / "in.png", tmp_path / "out.png", "x2")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with closing(Ledger(unexpected)) as opened:
        yield opened


def unexpected(message: str) -> None:
    raise AssertionError(message)


def done(ledger: Ledger, work: Work) -> None:
    assert ledger.claim(work) is Standing.OPEN
    work.output.write_bytes(b"a better picture")
    ledger.finish(work)


def as_another_process(statement: str, own_folders: Path) -> None:
    """Change the claim behind the ledger's back."""
    with sqlite3.connect(own_folders / module.FILE) as connection:
        connection.execute(statement)
    connection.close()


DEAD = "update jobs set process = 1 << 22, started = '1'"


def test_a_job_is_open_until_it_is_done(ledger: Ledger, work: Work):
    assert ledger.standing(work) is Standing.OPEN
    done(ledger, work)
    assert ledger.standing(work) is Standing.FINISHED
    assert ledger.claim(work) is Standing.FINISHED


def test_what_is_done_is_remembered_by_the_next_process(ledger: Ledger, work: Work):
    done(ledger, work)
    ledger.close()
    with closing(Ledger(unexpected)) as later:
        assert later.standing(work) is Standing.FINISHED


def test_a_changed_input_opens_the_job(ledger: Ledger, work: Work):
    done(ledger, work)
    work.input.write_bytes(b"b picture")
    assert ledger.standing(work) is Standing.OPEN


def test_an_input_that_was_only_touched_is_unchanged(ledger: Ledger, work: Work):
    done(ledger, work)
    os.utime(work.input, ns=(1, 1))
    assert ledger.standing(work) is Standing.FINISHED


def test_changed_options_open_the_job(ledger: Ledger, work: Work):
    done(ledger, work)
    assert ledger.standing(Work(work.input, work.output, "x4")) is Standing.OPEN


@pytest.mark.parametrize("change", ["missing", "rewritten"])
def test_a_missing_or_rewritten_output_opens_the_job(ledger: Ledger, work: Work, change: str):
    done(ledger, work)
    if change == "missing":
        work.output.unlink()
    else:
        work.output.write_bytes(b"half")
    assert ledger.standing(work) is Standing.OPEN


def test_a_failure_opens_the_job(ledger: Ledger, work: Work):
    ledger.claim(work)
    ledger.fail(work, "no space left")
    assert ledger.standing(work) is Standing.OPEN


def test_a_living_claim_of_another_process_is_left_alone(
    ledger: Ledger, work: Work, own_folders: Path
):
    ledger.claim(work)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        started = start_of(other.pid)
        as_another_process(
            f"update jobs set process = {other.pid}, started = '{started}'", own_folders
        )
        assert ledger.claim(work, again=True) is Standing.ELSEWHERE
        other.communicate(b"\n")
    assert ledger.claim(work) is Standing.OPEN


def test_a_process_number_that_was_given_out_again_is_dead(
    ledger: Ledger, work: Work, own_folders: Path
):
    ledger.claim(work)
    as_another_process("update jobs set started = '1'", own_folders)
    assert ledger.claim(work) is Standing.OPEN


@pytest.mark.parametrize(("lease", "standing"), [(0, Standing.OPEN), (9e9, Standing.ELSEWHERE)])
def test_a_claim_on_another_machine_ends_with_its_lease(
    ledger: Ledger, work: Work, own_folders: Path, lease: float, standing: Standing
):
    ledger.claim(work)
    as_another_process(f"update jobs set host = 'elsewhere', lease = {lease}", own_folders)
    assert ledger.standing(work) is standing


def test_an_output_that_a_dead_claim_brought_is_finished(
    ledger: Ledger, work: Work, own_folders: Path
):
    ledger.claim(work)
    work.output.write_bytes(b"renamed into place, then killed")
    as_another_process(DEAD, own_folders)
    assert ledger.claim(work) is Standing.FINISHED
    work.output.write_bytes(b"damaged later")
    assert ledger.claim(work) is Standing.OPEN


def test_an_output_from_before_a_dead_claim_is_not(ledger: Ledger, work: Work, own_folders: Path):
    work.output.write_bytes(b"from before")
    ledger.claim(work)
    as_another_process(DEAD, own_folders)
    assert ledger.claim(work) is Standing.OPEN


def test_only_one_of_many_claims_wins(work: Work):
    code = (
        "import sys; from pathlib import Path; from claritas.batch.ledger import *\n"
        "work = Work(Path(sys.argv[1]), Path(sys.argv[2]), 'x2')\n"
        "print(Ledger(sys.exit).claim(work).value, flush=True); input()"
    )
    words = [sys.executable, "-c", code, str(work.input), str(work.output)]
    children = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [child.stdout.readline().strip() for child in children if child.stdout]
    for child in children:
        child.communicate("\n")
    assert sorted(answers) == ["elsewhere"] * 3 + ["open"]


def test_many_can_open_a_new_ledger_at_once():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Ledger(unexpected).close(), range(24)))


def test_a_renewed_claim_has_a_later_lease(
    ledger: Ledger, work: Work, own_folders: Path, monkeypatch: pytest.MonkeyPatch
):
    ledger.claim(work)
    as_another_process("update jobs set lease = 0", own_folders)
    ledger.renew()
    monkeypatch.setattr(ledger, "_renewed", -1e9)
    with ThreadPoolExecutor(1) as pool:  # bands are pulled by any thread
        pool.submit(ledger.renew).result()
    with sqlite3.connect(own_folders / module.FILE) as connection:
        assert connection.execute("select lease > 1e9 from jobs").fetchone() == (1,)
    connection.close()


def test_the_ledger_knows_its_own_outputs(ledger: Ledger, work: Work):
    assert not ledger.may_replace(work.output)
    done(ledger, work)
    assert ledger.knows_output(work.output)
    assert not ledger.knows_output(work.input)
    work.output.write_bytes(b"somebody else's now")
    assert not ledger.knows_output(work.output)
    assert not ledger.may_replace(work.output)


def test_a_file_that_made_a_claim_fail_is_not_given_up(ledger: Ledger, work: Work):
    ledger.claim(work)
    work.output.write_bytes(b"somebody else's")
    ledger.fail(work, "exists already")
    assert not ledger.may_replace(work.output)


def test_a_file_that_was_given_up_to_a_failed_claim_still_is(ledger: Ledger, work: Work):
    work.output.write_bytes(b"to be replaced")
    allowed = replace(work, replaces=True)
    ledger.claim(allowed)
    ledger.fail(allowed, "stopped")
    assert ledger.may_replace(work.output)


def test_a_name_that_is_no_text_is_remembered(ledger: Ledger, tmp_path: Path):
    odd = tmp_path / os.fsdecode(b"\xff\n\xf0\x9f\x98\x80.png")
    odd.write_bytes(b"a picture")
    work = Work(odd, odd.with_suffix(".jpg"), "x2")
    done(ledger, work)
    assert ledger.standing(work) is Standing.FINISHED


@pytest.mark.parametrize("obstacle", ["a file", "no database", "a later version"])
def test_a_ledger_that_cannot_be_kept_is_one_message(
    tmp_path: Path, work: Work, obstacle: str, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "home"
    if obstacle == "a file":
        folder.write_bytes(b"")
    else:
        folder.mkdir()
    if obstacle == "no database":
        (folder / module.FILE).write_bytes(b"not a database" * 100)
    if obstacle == "a later version":
        connection = sqlite3.connect(folder / module.FILE)
        connection.execute("pragma user_version = 99")
        connection.close()
    monkeypatch.setenv("CLARITAS_STATE", str(folder))
    messages: list[str] = []
    with closing(Ledger(messages.append)) as ledger:
        done(ledger, work)
        assert ledger.standing(work) is Standing.FINISHED
    assert len(messages) == 1
    assert "CLARITAS_STATE" in messages[0]


def test_the_state_folder_is_the_users_unless_it_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CLARITAS_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_folder() == Path("/state/claritas")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/somebody")
    assert state_folder() == Path("/somebody/.local/state/claritas")


def test_a_network_file_system_gets_a_rollback_journal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_file_system", lambda _folder: "nfs4")
    with closing(Ledger(unexpected)) as ledger:
        assert ledger._connection.execute("pragma journal_mode").fetchone() == ("delete",)


def test_the_usual_journal_is_the_write_ahead_log(ledger: Ledger):
    assert ledger._connection.execute("pragma journal_mode").fetchone() == ("wal",)
