"""A log under test: a real record, a real sealer in a thread, and who checks what it published."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import psycopg
from pydantic import SecretStr

from adapters.keys import verify
from adapters.seal import board
from adapters.seal.sealer import Sealer
from adapters.seal.store import LogFiles
from adapters.seal.track import Track, tracks
from adapters.settings import Settings
from hub.seal import merkle
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.tiles import Tiles
from projections.connect import connect
from tests.adapters.record.writes import event, stream
from tests.projections import kit
from tests.servers import Database

SECONDS_MAX = 20.0


class Log:
    """One hub's log: its home, its record, what its sealer said."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.settings = Settings(home=home, database_url=SecretStr(database.app_url))
        self.said: list[str] = []

    @property
    def track(self) -> Track:
        return tracks(self.settings)[0]

    @property
    def files(self) -> LogFiles:
        return LogFiles(self.settings.log_dir)

    @property
    def guard_file(self) -> Path:
        return self.settings.guard_dir / "last-checkpoint"

    def append(self, events: int) -> int:
        """Record so many events, in several streams; return the head."""
        with connect(self.database.app_url) as connection:
            connection.execute("SET synchronous_commit = on")
            return kit.store(connection, [event(stream(), 1) for _ in range(events)])

    @contextmanager
    def sealer(self, **more: object) -> Iterator[None]:
        """Run the sealer while the block runs."""
        stop = Flag()
        one = Sealer(self.track, self.database.app_url, say=self.said.append, **more)  # type: ignore[arg-type] # hooks and witnessed, as the test gives them
        thread = Thread(target=one.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def sealed(self, position: int) -> Checkpoint:
        """Wait until a position is sealed; return the checkpoint that covers it."""
        found = asyncio.run(self.files.await_sealed(position, SECONDS_MAX))
        assert found is not None, self.said
        return found

    def seal_all(self) -> Checkpoint:
        """Let a sealer run until everything that is recorded now is sealed."""
        with connect(self.database.app_url) as connection:
            row = connection.execute("SELECT position FROM record.log_head").fetchone()
        assert row is not None
        with self.sealer():
            return self.sealed(row[0])

    def trouble(self) -> str:
        """Run a sealer until it stands still; return why, as the board shows it."""
        with self.sealer(), psycopg.connect(self.database.app_url, autocommit=True) as looking:
            for _ in range(2_000):
                for one in board.standings(looking):
                    if one.track == self.track.name and one.trouble is not None:
                        return one.trouble
                looking.execute("SELECT pg_sleep(0.01)")
        raise AssertionError(f"the sealer went on: {self.said}")

    def leaves(self) -> list[bytes]:
        with psycopg.connect(self.database.superuser_url) as auditor:
            rows = auditor.execute("SELECT leaf FROM record.events ORDER BY position").fetchall()
        return [bytes(leaf) for (leaf,) in rows]

    def superuser(self, *statements: str) -> None:
        """Do what no role of the hub may: with the triggers off."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement.encode())

    def check(self) -> Checkpoint:
        """Assert that what is published is signed and is the tree over the whole record."""
        signed = notes.parse(self.files.checkpoint() or b"")
        head = Checkpoint.parse(signed.text)
        signer = self.track.open_signer()
        assert notes.signed_by(signed, signer.key, verify)
        frontier = merkle.Frontier()
        frontier.extend(self.leaves()[: head.size])
        assert frontier.root() == head.root
        check_tiles(self.files.tiles(head.size), self.leaves())
        return head


def check_tiles(tiles: Tiles, leaves: list[bytes]) -> None:
    """Assert that every tile a reader may ask for stands and gives the tree of these leaves."""
    level, below = 0, leaves[: tiles.size]
    while below:
        assert [tiles(level, index) for index in range(len(below))] == below
        level += 1
        below = [merkle.node(below[nth], below[nth + 1]) for nth in range(0, len(below) - 1, 2)]
