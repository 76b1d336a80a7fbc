"""删除 After an erasure is recorded, what was erased is deleted: key, texts, the account's name.

A reader of the record with a name and a position, beside the clock. Reading again is safe at any
point: how far each subject's stream was carried out is kept with the subject, and what was entered
after an erasure is sealed under the key of the next generation, which this one does not touch. Now
and then it also deletes sealed texts whose command was never recorded.
"""

import asyncio
import time

import psycopg

from adapters.identity.accounts import erase_account
from adapters.vault import shredder
from adapters.vault.standing import TOPICS
from adapters.wish import Say
from hub.codec import decode
from hub.record import Recorded
from hub.security.events import PersonalDataErased, PersonalDataEvent
from projections.connect import connect
from projections.reader import pages

NAME = "erasure"
SWEEP_SECONDS = 600.0
KEEP_POSITIONS = 5_000
"""Where nothing was to be done the position is kept this often: each keeping waits for the disk."""
_PERSON = "person:"


class Erasure:
    """Reads what was erased and deletes it; `tick` is one look."""

    def __init__(self, url: str, *, say: Say) -> None:
        """Keep the address of the record."""
        self._url = url
        self._say = say
        self._connection: psycopg.Connection | None = None
        self._read = 0
        self._kept = 0
        self._stained = False
        self._sweep_at = 0.0

    async def tick(self) -> int:
        """Carry out what was recorded about subjects since the last look; return how much.

        Nothing is lost when PostgreSQL is away or the process ends: the position moves only
        behind what was deleted, space given up included.
        """
        try:
            return await asyncio.to_thread(self._look)
        except psycopg.errors.LockNotAvailable:
            return 0  # somebody reads the tables at length; the next look tries again
        except psycopg.OperationalError:
            self.close()
            return 0

    def close(self) -> None:
        """Hang up; the next look begins at the position that was kept."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self) -> int:
        if self._connection is None:
            self._connection = _connect(self._url)
            self._kept = self._read = _position(self._connection)
            self._stained = False
        connection = self._connection
        carried = 0
        for page in pages(connection, self._read, topics=TOPICS):
            carried += sum(self._carry_out(connection, each) for each in page.events)
            self._read = page.upto
        if self._stained:
            shredder.scour(connection)
            self._stained = False
            self._keep(connection)
        elif carried or self._read - self._kept >= KEEP_POSITIONS:
            self._keep(connection)
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            shredder.sweep(connection)
        return carried

    def _carry_out(self, connection: psycopg.Connection, recorded: Recorded) -> bool:
        event = decode(recorded.topic, recorded.schema_version, recorded.state)
        assert isinstance(event, PersonalDataEvent)
        subject_id, erased = event.subject_id, isinstance(event, PersonalDataErased)
        self._stained |= erased
        with connection.transaction():
            fresh = shredder.carry_out(connection, subject_id, recorded.version, recorded.topic)
            if fresh and erased and subject_id.startswith(_PERSON):
                erase_account(connection, subject_id.removeprefix(_PERSON))
        if fresh and erased:
            self._say(f"the personal data of {subject_id} is erased ({recorded.position})")
        return fresh

    def _keep(self, connection: psycopg.Connection) -> None:
        """Keep how far everything is carried out; behind it nothing is read again."""
        if self._read == self._kept:
            return
        connection.execute(
            """
            INSERT INTO desk.readers (name, position)
            VALUES (%s, %s)
                ON CONFLICT (name) DO UPDATE
               SET position = greatest(readers.position, excluded.position)
            """,
            (NAME, self._read),
        )
        self._kept = self._read


def _connect(url: str) -> psycopg.Connection:
    connection = connect(url, purpose=NAME)
    # A deletion that is said to be done is on disk.
    connection.execute("SET synchronous_commit = on")
    return connection


def _position(connection: psycopg.Connection) -> int:
    row = connection.execute(
        """
        SELECT position
          FROM desk.readers
         WHERE name = %s
        """,
        (NAME,),
    ).fetchone()
    return 0 if row is None else int(row[0])
