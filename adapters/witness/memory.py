"""What a witness must never forget, in SQLite: what it cosigned, and the forks it was shown.

Every change is on the disk before the witness answers: a cosignature that was given and forgotten
could be given again to another history.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HISTORY_MAX = 10_000
"""How many cosigned checkpoints per log are kept to compare with (some 400 bytes each)."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    cosigned_at INTEGER NOT NULL, PRIMARY KEY (origin, size)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forks (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
    file TEXT NOT NULL, found_at INTEGER NOT NULL, acknowledged_at INTEGER,
    acknowledged_by TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS refusals (
    origin TEXT PRIMARY KEY, times INTEGER NOT NULL, last_at INTEGER NOT NULL,
    sentence TEXT NOT NULL, note BLOB NOT NULL) WITHOUT ROWID;
"""


class MemoryProblem(Exception):
    """The witness's memory cannot be used; the sentence says why."""


class Cosigned(NamedTuple):
    """A checkpoint this witness put its name to; its time in POSIX seconds."""

    size: int
    root: bytes
    note: bytes
    at: int


class Fork(NamedTuple):
    """A fork that was found: the size of the refused tree and where the evidence lies."""

    id: int
    origin: str
    size: int
    root: bytes
    file: str
    found_at: int
    acknowledged_at: int | None
    acknowledged_by: str
    reason: str


class Refusals(NamedTuple):
    """How often a log's own checkpoints were refused without proof of a fork; the last of them."""

    times: int
    last_at: int
    sentence: str
    note: bytes


class Memory:
    """The memory of one witness; may be used by several threads and processes, in turn."""

    def __init__(self, folder: Path) -> None:
        """Open or make the memory in a folder; raises MemoryProblem."""
        self.folder = folder
        self.path = folder / "witness.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self._connected() as database:
                database.execute("PRAGMA journal_mode=WAL")
                database.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as wrong:
            raise MemoryProblem(f"the witness's folder {folder} cannot be used: {wrong}") from wrong

    @contextmanager
    def changing(self) -> Iterator["Change"]:
        """Look and change in one transaction, alone; on the disk when the block has ended."""
        with self._connected() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield Change(database)
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def latest(self, origin: str) -> Cosigned | None:
        """Return the last checkpoint cosigned for a log, None before the first."""
        with self._connected() as database:
            return Change(database).latest(origin)

    def origins(self) -> list[str]:
        """Return the logs that were ever cosigned, refused or found forked."""
        with self._connected() as database:
            rows = database.execute(
                """
                SELECT origin FROM cosigned
                UNION SELECT origin FROM refusals
                UNION SELECT origin FROM forks
                ORDER BY 1
                """
            ).fetchall()
        return [row[0] for row in rows]

    def forks(self) -> list[Fork]:
        """Return every fork ever found, the oldest first."""
        with self._connected() as database:
            rows = database.execute("SELECT * FROM forks ORDER BY id").fetchall()
        return [Fork(*row) for row in rows]

    def open_fork(self, origin: str) -> Fork | None:
        """Return the fork of a log that no person has acknowledged yet, None when there is none."""
        with self._connected() as database:
            return Change(database).open_fork(origin)

    def refusals(self, origin: str) -> Refusals | None:
        """Return how often a log was refused without a fork, None when never."""
        with self._connected() as database:
            row = database.execute(
                "SELECT times, last_at, sentence, note FROM refusals WHERE origin = ?", (origin,)
            ).fetchone()
        return None if row is None else Refusals(*row)

    def acknowledge(self, origin: str, by: str, reason: str, at: int) -> int:
        """Note that a person has seen to the forks of a log; return how many there were."""
        with self.changing() as change:
            return change.acknowledge(origin, by, reason, at)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.path, isolation_level=None, timeout=10.0)
        try:
            database.execute("PRAGMA synchronous=FULL")
            yield database
        finally:
            database.close()


class Change:
    """One transaction on the memory."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Look through this connection."""
        self._database = database

    def latest(self, origin: str) -> Cosigned | None:
        """Return the last checkpoint cosigned for a log."""
        row = self._database.execute(
            """
            SELECT size, root, note, cosigned_at
              FROM cosigned
             WHERE origin = ?
             ORDER BY size DESC
             LIMIT 1
            """,
            (origin,),
        ).fetchone()
        return None if row is None else Cosigned(*row)

    def at_size(self, origin: str, size: int) -> Cosigned | None:
        """Return the checkpoint cosigned at exactly this size, None when there was none."""
        row = self._database.execute(
            "SELECT size, root, note, cosigned_at FROM cosigned WHERE origin = ? AND size = ?",
            (origin, size),
        ).fetchone()
        return None if row is None else Cosigned(*row)

    def cosign(self, origin: str, cosigned: Cosigned) -> None:
        """Keep a checkpoint as the last one, and forget those far behind it."""
        self._database.execute(
            "INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?, ?)",
            (origin, cosigned.size, cosigned.root, cosigned.note, cosigned.at),
        )
        self._database.execute(
            """
            DELETE FROM cosigned
             WHERE origin = ?
               AND size <= (SELECT size FROM cosigned WHERE origin = ?
                             ORDER BY size DESC LIMIT 1 OFFSET ?)
            """,
            (origin, origin, HISTORY_MAX),
        )

    def open_fork(self, origin: str) -> Fork | None:
        """Return the fork of a log that waits for a person."""
        row = self._database.execute(
            "SELECT * FROM forks WHERE origin = ? AND acknowledged_at IS NULL ORDER BY id LIMIT 1",
            (origin,),
        ).fetchone()
        return None if row is None else Fork(*row)

    def keep_fork(self, origin: str, size: int, root: bytes, file: str, at: int) -> None:
        """Note a fork; from now on the log is refused until a person acknowledges it."""
        self._database.execute(
            "INSERT INTO forks (origin, size, root, file, found_at) VALUES (?, ?, ?, ?, ?)",
            (origin, size, root, file, at),
        )

    def keep_refusal(self, origin: str, sentence: str, note: bytes, at: int) -> None:
        """Count a refusal that proves nothing against the log, and keep the last such note."""
        self._database.execute(
            """
            INSERT INTO refusals VALUES (?, 1, ?, ?, ?)
            ON CONFLICT (origin) DO UPDATE
               SET times = times + 1, last_at = excluded.last_at,
                   sentence = excluded.sentence, note = excluded.note
            """,
            (origin, at, sentence, note),
        )

    def acknowledge(self, origin: str, by: str, reason: str, at: int) -> int:
        """Close the forks of a log; return how many were open."""
        return self._database.execute(
            """
            UPDATE forks
               SET acknowledged_at = ?, acknowledged_by = ?, reason = ?
             WHERE origin = ? AND acknowledged_at IS NULL
            """,
            (at, by, reason, origin),
        ).rowcount
