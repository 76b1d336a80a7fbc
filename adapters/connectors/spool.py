"""The spool: what was picked up and what became of it, in SQLite, with copies of the files.

A file is copied into the spool before it is sent, so that it may vanish from its folder while the
hub is away. Every step is written down before the next begins; each may be done again after a
kill without harm, because the hub knows files by digest and deliveries by their id.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from adapters.connectors.config import ConfigProblem

PIECE_BYTES = 1024 * 1024
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outgoing (
    id INTEGER PRIMARY KEY, resource_id TEXT NOT NULL, source TEXT NOT NULL,
    sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, content_type TEXT NOT NULL,
    written_at REAL NOT NULL, state TEXT NOT NULL, period TEXT NOT NULL DEFAULT '',
    rows INTEGER NOT NULL DEFAULT 0, supersedes TEXT NOT NULL DEFAULT '',
    batch_id TEXT NOT NULL DEFAULT '', answer TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL DEFAULT 0,
    picked_at REAL NOT NULL, changed_at REAL NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS outgoing_once
    ON outgoing (resource_id, period, sha256) WHERE period <> '' AND state <> 'again';
CREATE INDEX IF NOT EXISTS outgoing_waiting ON outgoing (state, id);
CREATE TABLE IF NOT EXISTS known (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS received (
    grant_id TEXT NOT NULL, batch_id TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, received_at REAL NOT NULL, PRIMARY KEY (grant_id, batch_id));
"""


class State(StrEnum):
    """How far a file has come. The last four are the end."""

    PICKED = "picked"
    READY = "ready"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    REFUSED = "refused"
    AGAIN = "again"


WAITING = (State.PICKED, State.READY)


@dataclass(frozen=True)
class Outgoing:
    """A file on its way to the hub."""

    id: int
    resource_id: str
    source: Path
    sha256: str
    bytes: int
    content_type: str
    written_at: float
    state: State
    period: str
    rows: int
    supersedes: str
    batch_id: str
    answer: str
    attempts: int
    next_at: float
    picked_at: float
    changed_at: float


_COLUMNS = tuple(field.name for field in fields(Outgoing))


class Spool:
    """The adapter's memory; one adapter at a time."""

    def __init__(self, folder: Path) -> None:
        """Open or make the spool; raises ConfigProblem when another adapter holds it."""
        self.folder = folder
        try:
            (folder / "files").mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(folder / "spool.sqlite", isolation_level=None, timeout=1.0)
            # Alone, and durable: what is written down here is not sent a second time.
            self._db.executescript(
                "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            )
            self._db.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA} COMMIT;")
            for leftover in (folder / "files").glob("*.part"):
                leftover.unlink()
        except (sqlite3.Error, OSError) as wrong:
            locked = "locked" in str(wrong)
            why = "another hub-adapter is running on it" if locked else str(wrong)
            raise ConfigProblem(f"the state folder {folder} cannot be used: {why}") from wrong

    def close(self) -> None:
        """Let go of the spool."""
        self._db.close()

    def is_known(self, path: Path, size: int, mtime_ns: int) -> bool:
        """Say whether this very state of a file was picked up before."""
        found = self._db.execute(
            "SELECT 1 FROM seen WHERE path = ? AND size = ? AND mtime_ns = ?",
            (str(path), size, mtime_ns),
        ).fetchone()
        return found is not None

    def pick(self, resource_id: str, path: Path, content_type: str) -> Outgoing | None:
        """Copy a file into the spool; None when it changed while it was copied."""
        before = path.stat()
        temporary = self.folder / "files" / f"{os.getpid()}.part"
        sha256, size = _copy(path, temporary)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            temporary.unlink()
            return None
        temporary.replace(self.copy_of(sha256))
        now = time.time()
        with self._together():
            self._db.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)",
                (str(path), after.st_size, after.st_mtime_ns),
            )
            cursor = self._db.execute(
                "INSERT INTO outgoing (resource_id, source, sha256, bytes, content_type,"
                " written_at, state, picked_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    resource_id,
                    str(path),
                    sha256,
                    size,
                    content_type,
                    after.st_mtime,
                    State.PICKED,
                    now,
                    now,
                ),
            )
        return self.one(cursor.lastrowid or 0)

    def copy_of(self, sha256: str) -> Path:
        """Return where the spool keeps the bytes of a digest."""
        return self.folder / "files" / sha256.removeprefix("sha256:")

    def one(self, number: int) -> Outgoing:
        """Return a file by its number."""
        [found] = self._files("WHERE id = ?", (number,))
        return found

    def waiting(self, now: float) -> list[Outgoing]:
        """Return the files to be sent now, oldest first.

        Behind one that waits for another attempt those of the same resource wait too: periods
        reach the hub in the order in which they were picked up.
        """
        held: set[str] = set()
        ready = []
        for file in self._files("WHERE state IN (?, ?) ORDER BY id", WAITING):
            if file.next_at > now or file.resource_id in held:
                held.add(file.resource_id)
            else:
                ready.append(file)
        return ready

    def count_waiting(self) -> int:
        """Return how many files still have to be sent."""
        found = self._db.execute(
            "SELECT count(*) FROM outgoing WHERE state IN (?, ?)", WAITING
        ).fetchone()
        return int(found[0])

    def duplicate(self, file: Outgoing, period: str) -> Outgoing | None:
        """Return the file with the same bytes that was sent for the same period, if any."""
        found = self._files(
            "WHERE resource_id = ? AND period = ? AND sha256 = ? AND id <> ? AND state <> ?",
            (file.resource_id, period, file.sha256, file.id, State.AGAIN),
        )
        return next(found, None)

    def latest(self, resource_id: str, period: str) -> Outgoing | None:
        """Return the last file of a period that the hub took or turned back."""
        found = self._files(
            "WHERE resource_id = ? AND period = ? AND state IN (?, ?) ORDER BY id DESC LIMIT 1",
            (resource_id, period, State.DELIVERED, State.REJECTED),
        )
        return next(found, None)

    def note(self, file: Outgoing, **news: Any) -> Outgoing:
        """Write down what became of a file; at the end its copy is thrown away."""
        news["changed_at"] = time.time()
        names = ", ".join(f"{name} = ?" for name in news)
        statement = f"UPDATE outgoing SET {names} WHERE id = ?"  # noqa: S608 - our own names
        self._db.execute(statement, (*news.values(), file.id))
        now = self.one(file.id)
        if now.state not in WAITING and not self._still_needed(now.sha256):
            self.copy_of(now.sha256).unlink(missing_ok=True)
        return now

    def remember(self, key: str, value: str) -> None:
        """Keep something the hub said, for the time it is away."""
        self._db.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (key, value))

    def recall(self, key: str) -> str | None:
        """Return what was kept; None if nothing was."""
        found = self._db.execute("SELECT value FROM known WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def has_received(self, grant_id: str, batch_id: str) -> bool:
        """Say whether a batch has been received."""
        found = self._db.execute(
            "SELECT 1 FROM received WHERE grant_id = ? AND batch_id = ?", (grant_id, batch_id)
        ).fetchone()
        return found is not None

    def note_received(
        self, grant_id: str, batch_id: str, path: Path, sha256: str, size: int
    ) -> None:
        """Write down that a batch lies in its folder."""
        self._db.execute(
            "INSERT OR REPLACE INTO received VALUES (?, ?, ?, ?, ?, ?)",
            (grant_id, batch_id, str(path), sha256, size, time.time()),
        )

    def _still_needed(self, sha256: str) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM outgoing WHERE sha256 = ? AND state IN (?, ?)", (sha256, *WAITING)
        ).fetchone()
        return found is not None

    def _files(self, where: str, values: tuple[Any, ...]) -> Iterator[Outgoing]:
        statement = f"SELECT {', '.join(_COLUMNS)} FROM outgoing {where}"  # noqa: S608 - our words
        for row in self._db.execute(statement, values).fetchall():
            held: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
            held["source"] = Path(held["source"])
            held["state"] = State(held["state"])
            yield Outgoing(**held)

    @contextmanager
    def _together(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _copy(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file, durably; return its digest and size."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while piece := reading.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
    return f"sha256:{digest.hexdigest()}", size
