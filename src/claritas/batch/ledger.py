"""What was done to which picture: one row an output, in SQLite, shared by processes.

A claim is an immediate transaction, so that two processes never begin the same
output; it names host, process and a lease, so that the claim of a process that
died is taken over. An output appears whole or not at all (it is renamed into
place), so a dead claim whose output has changed since is finished work whose
last line was not written any more: it is adopted, not done again.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from claritas.batch.process import host, start_of

FILE = "ledger.sqlite"
SCHEMA_VERSION = 1
LEASE_SECONDS = 900.0  # longer than the slowest band; only counts across machines
OPENING_SECONDS = 10.0
BUSY_SECONDS = 30.0

# Shared memory, which the write-ahead log needs, does not work across machines.
NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs"),
    *("glusterfs", "fuse.glusterfs", "fuse.ceph", "fuse.sshfs", "fuse.rclone", "fuse.s3fs"),
}

SCHEMA = """
create table if not exists jobs (
    output blob primary key,
    input blob not null,
    input_stamp text not null,
    input_hash text not null,
    identity text not null,
    state text not null check (state in ('claimed', 'done', 'failed')),
    output_stamp text not null,
    error text not null default '',
    host text not null,
    process integer not null,
    started text not null,
    lease real not null,
    changed real not null,
    replaces integer not null
) without rowid
"""


class Standing(Enum):
    """How the ledger sees a job."""

    OPEN = "open"  # never done, failed, or changed since: to be done
    FINISHED = "finished"  # done, and input, options and output are as they were
    ELSEWHERE = "elsewhere"  # a living process has it


@dataclass(frozen=True)
class Work:
    """One job as the ledger compares it.

    Attributes
    ----------
    identity
        `Plan.identity`, together with what the writing depends on.
    replaces
        Whether a file that lies at the output may be replaced.
    """

    input: Path
    output: Path
    identity: str
    replaces: bool = False


@dataclass(frozen=True)
class _Row:
    input: bytes
    input_stamp: str
    input_hash: str
    identity: str
    state: str
    output_stamp: str
    host: str
    process: int
    started: str
    lease: float
    replaces: int


def state_folder() -> Path:
    """`CLARITAS_STATE`, else the user's state folder."""
    if chosen := os.environ.get("CLARITAS_STATE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "claritas"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "claritas"


class Ledger:
    """The record of finished, failed and claimed outputs.

    Parameters
    ----------
    path
        The database, made with its folders where it is missing; None is the
        one in the user's state folder.
    warn
        Told if the ledger can't be kept. The work then goes on with one in
        memory: nothing is remembered after this process.
    """

    def __init__(self, warn: Callable[[str], None], path: Path | None = None) -> None:
        self._warn = warn
        self._host = host()
        self._process = os.getpid()
        self._started = start_of(self._process)
        self._renewed = 0.0
        try:
            self._connection = _open(path or state_folder() / FILE)
        except (sqlite3.Error, OSError, RuntimeError) as error:
            self._do_without(error)

    def close(self) -> None:
        self._connection.close()

    def knows_output(self, path: Path) -> bool:
        """Whether this very file was written by a recorded run."""
        row = self._row(path)
        return row is not None and row.state == "done" and row.output_stamp == stamp(path)

    def may_replace(self, path: Path) -> bool:
        """Whether what lies at an output is a run's own, or was given up to one.

        A result that somebody has edited since is theirs.
        """
        row = self._row(path)
        if row is None:
            return False
        if row.state == "done":
            return row.output_stamp == stamp(path)
        brought = row.state == "claimed" and row.output_stamp != stamp(path)
        return bool(row.replaces) or brought

    def standing(self, work: Work) -> Standing:
        """How the ledger sees the job now; claims nothing."""
        return self._judge(work, self._row(work.output))

    def claim(self, work: Work, again: bool = False) -> Standing:
        """Take the job unless it is finished or a living process has it.

        Parameters
        ----------
        again
            Take finished work too.

        Returns
        -------
        Standing
            `OPEN` if the claim is now ours.
        """
        content = content_hash(work.input)  # read before the lock is taken
        try:
            return self._claim(work, content, again)
        except sqlite3.Error as error:
            self._do_without(error)
            return self._claim(work, content, again)

    def _claim(self, work: Work, content: str, again: bool) -> Standing:
        with self._transaction():
            row = self._row(work.output)
            standing = self._judge(work, row)
            if standing is Standing.ELSEWHERE or (standing is Standing.FINISHED and not again):
                if row is not None and row.state == "claimed" and standing is Standing.FINISHED:
                    self._adopt(work)
                return standing
            self._write(work, content)
        return Standing.OPEN

    def renew(self) -> None:
        """Say that this process is still at its claims; cheap to call often."""
        if time.monotonic() - self._renewed < LEASE_SECONDS / 5:
            return
        self._renewed = time.monotonic()
        self._execute(
            "update jobs set lease = ? where state = 'claimed' and host = ? and process = ?",
            (time.time() + LEASE_SECONDS, self._host, self._process),
        )

    def finish(self, work: Work) -> None:
        """The output is whole and in its place."""
        self._close_claim(work, "done", stamp(work.output) or "", "")

    def fail(self, work: Work, error: str) -> None:
        """Not done; the next run tries again."""
        self._close_claim(work, "failed", stamp(work.output) or "", error)

    def _close_claim(self, work: Work, state: str, output_stamp: str, error: str) -> None:
        self._execute(
            "update jobs set state = ?, output_stamp = ?, error = ?, changed = ? where output = ?",
            (state, output_stamp, error, time.time(), _key(work.output)),
        )

    def _adopt(self, work: Work) -> None:
        self._connection.execute(
            "update jobs set state = 'done', output_stamp = ? where output = ?",
            (stamp(work.output), _key(work.output)),
        )

    def _write(self, work: Work, content: str) -> None:
        now = time.time()
        self._renewed = time.monotonic()
        self._connection.execute(
            "insert or replace into jobs values (:output, :input, :input_stamp, :input_hash,"
            " :identity, 'claimed', :output_stamp, '', :host, :process, :started, :lease,"
            " :changed, :replaces)",
            {
                "output": _key(work.output),
                "input": _key(work.input),
                "input_stamp": stamp(work.input) or "",
                "input_hash": content,
                "identity": work.identity,
                "output_stamp": stamp(work.output) or "",
                "host": self._host,
                "process": self._process,
                "started": self._started,
                "lease": now + LEASE_SECONDS,
                "changed": now,
                "replaces": work.replaces,
            },
        )

    def _judge(self, work: Work, row: _Row | None) -> Standing:
        if row is None:
            return Standing.OPEN
        if row.state == "claimed" and not self._own(row) and self._alive(row):
            return Standing.ELSEWHERE
        same = row.identity == work.identity and _same_input(work, row)
        return Standing.FINISHED if same and _output_stands(work, row) else Standing.OPEN

    def _own(self, row: _Row) -> bool:
        return (row.host, row.process, row.started) == (self._host, self._process, self._started)

    def _alive(self, row: _Row) -> bool:
        if row.host != self._host or sys.platform == "win32":
            return time.time() < row.lease
        return start_of(row.process) == row.started

    def _row(self, output: Path) -> _Row | None:
        values = self._execute(
            "select input, input_stamp, input_hash, identity, state, output_stamp, host, process,"
            " started, lease, replaces from jobs where output = ?",
            (_key(output),),
        ).fetchone()
        return values and _Row(*values)

    def _execute(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            if self._connection.in_transaction:  # the claim begins anew as a whole
                raise
            self._do_without(error)
            return self._connection.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("begin immediate", ())
        try:
            yield
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()

    def _do_without(self, error: Exception) -> None:
        self._warn(
            f"The record of finished work cannot be kept ({error}).\n"
            "The work goes on without it, but --resume will not know of this run.\n"
            "What to do: let the variable CLARITAS_STATE name a folder that can be written to."
        )
        self._connection = _prepared(_connected(":memory:"), "memory")


def _open(path: Path) -> sqlite3.Connection:
    """Open and prepare, again and again while another process is doing the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = "delete" if _file_system(path.parent) in NETWORK_FILE_SYSTEMS else "wal"
    until = time.monotonic() + OPENING_SECONDS
    while True:
        try:
            connection = _connected(path)
        except sqlite3.Error as error:
            raise OSError(f"{path}: {error}") from error
        try:
            return _prepared(connection, mode)
        except sqlite3.Error as error:
            connection.close()
            if "locked" not in str(error) or time.monotonic() > until:
                raise OSError(f"{path}: {error}") from error
            time.sleep(0.02)


def _connected(path: Path | str) -> sqlite3.Connection:
    # The claim is renewed by whichever thread pulls the bands.
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _prepared(connection: sqlite3.Connection, mode: str) -> sqlite3.Connection:
    version = connection.execute("pragma user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"it was written by a later version of Claritas ({version})")
    connection.execute(f"pragma journal_mode = {mode}")
    # What a power cut takes from the log is done again, never half known.
    connection.execute("pragma synchronous = normal")
    if version < SCHEMA_VERSION:
        connection.execute(SCHEMA)
        connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
    else:
        connection.execute("begin immediate")  # a read-only ledger shows itself now
        connection.rollback()
    return connection


def _file_system(folder: Path) -> str:
    """The type of file system that holds a folder, as Linux names it; empty elsewhere."""
    try:
        mounts = Path("/proc/self/mounts").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(folder)
    points = [(words[1].replace("\\040", " "), words[2]) for words in map(str.split, mounts)]
    above = [(len(point), kind) for point, kind in points if Path(real).is_relative_to(point)]
    return max(above, default=(0, ""))[1]


def _key(path: Path) -> bytes:
    """An absolute path in the file system's own bytes: not every name is text."""
    return os.fsencode(Path(os.path.realpath(path.parent), path.name))


def stamp(path: Path) -> str | None:
    """Size and time of change of a file; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return f"{found.st_size}:{found.st_mtime_ns}"


def content_hash(path: Path) -> str:
    """BLAKE2b of the content; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()
    except OSError:
        return ""


def _same_input(work: Work, row: _Row) -> bool:
    if row.input != _key(work.input):
        return False
    if row.input_stamp == stamp(work.input):
        return True
    return bool(row.input_hash) and row.input_hash == content_hash(work.input)


def _output_stands(work: Work, row: _Row) -> bool:
    now = stamp(work.output)
    if row.state == "done":
        return now is not None and now == row.output_stamp
    # A claim notes what lay there before: anything else was renamed into place by it.
    return row.state == "claimed" and now is not None and now != row.output_stamp
