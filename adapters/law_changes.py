"""依据变化 When a law is amended or repealed, every entry that cites it must be updated (D-01).

A reader of the record with a name and a position: it waits until the catalogue has come as far,
then gives one command per entry in force, with an id that follows from the change and the entry.
A change announced beforehand (自……起施行) waits for its day; the position stays before it.
"""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta

import msgspec
import psycopg

from adapters.wish import Say, Wish, send, wish_id
from hub.catalog.commands import RaiseCatalogUpdateDuty
from hub.codec import decode
from hub.command import BasisRef
from hub.departments.calendar import end_of, local_day
from hub.departments.events import LegalBasisAmended, LegalBasisRepealed
from hub.errors import Conflict
from hub.execute import Hub
from projections.catalogue import CATALOGUE
from projections.catalogue_search import citing
from projections.connect import connect
from projections.reader import pages

NAME = "law_changes"
TOPICS = (LegalBasisAmended.TOPIC, LegalBasisRepealed.TOPIC)


class Change(msgspec.Struct, frozen=True):
    """A law that changed on a day, and the position at which this was recorded."""

    position: int
    legal_basis_id: str
    changed_on: date
    cause: str
    recorded_for: datetime

    @property
    def at(self) -> datetime:
        """When the duty is raised: as the change is recorded, but not before its day begins."""
        return max(self.recorded_for, end_of(self.changed_on - timedelta(days=1)))


class LawChanges:
    """Reads what changed in the law and raises the update duties; `tick` is one look."""

    def __init__(
        self, hub: Hub, url: str, *, say: Say, now: Callable[[psycopg.Connection], datetime]
    ) -> None:
        """Keep the hub and the address of the record; `now` as for the clock."""
        self._hub = hub
        self._url = url
        self._say = say
        self._now = now
        self._connection: psycopg.Connection | None = None
        self._read = 0
        self._kept = 0
        self._waiting: list[Change] = []

    async def tick(self) -> int:
        """Answer the changes recorded since the last look; return how many commands were given.

        Nothing is lost when PostgreSQL is away or the process ends: the position moves only
        behind what was answered.
        """
        given = 0
        try:
            due = await asyncio.to_thread(self._look)
            for change, wishes in due.items():
                # An update that is due already answers both; that is what the refusal says.
                answered = await send(self._hub, wishes, self._say, expected=(Conflict,))
                given += len(answered)
                if len(answered) == len(wishes):
                    self._waiting.remove(change)
            await asyncio.to_thread(self._keep)
        except psycopg.OperationalError:
            self.close()
        return given

    def close(self) -> None:
        """Hang up; the next look begins at the position that was kept."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _look(self) -> dict[Change, list[Wish]]:
        """Read on as far as the catalogue has come; return the changes whose day has come."""
        if self._connection is None:
            self._connection = connect(self._url, purpose=NAME)
            self._kept = self._read = _position(self._connection)
            self._waiting = []
        connection = self._connection
        shown = _shown(connection)
        for page in pages(connection, self._read, upto=shown, topics=TOPICS):
            for event in page.events:
                heard = decode(event.topic, event.schema_version, event.state)
                self._waiting.append(_change(event.position, heard))
            self._read = page.upto
        if not self._waiting:
            return {}
        today = local_day(self._now(connection))
        return {
            change: _wishes(connection, change)
            for change in self._waiting
            if change.changed_on <= today
        }

    def _keep(self) -> None:
        """Keep how far everything is answered; behind it nothing is read again."""
        position = min((one.position - 1 for one in self._waiting), default=self._read)
        if self._connection is None or position == self._kept:
            return
        self._connection.execute(
            """
            INSERT INTO desk.readers (name, position)
            VALUES (%s, %s)
                ON CONFLICT (name) DO UPDATE
               SET position = greatest(readers.position, excluded.position)
            """,
            (NAME, position),
        )
        self._kept = position


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


def _shown(connection: psycopg.Connection) -> int:
    """Return up to where the catalogue tells what is in force."""
    row = connection.execute(
        """
        SELECT position
          FROM projection_positions
         WHERE name = %s
        """,
        (CATALOGUE.name,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def _change(position: int, heard: object) -> Change:
    match heard:
        case LegalBasisAmended():
            on, cause = heard.changed_on, f"依据修订：{heard.summary}"
        case LegalBasisRepealed():
            on, cause = heard.repealed_on, f"依据废止：{heard.reason}"
        case _:
            raise TypeError(f"{heard!r} at {position} is not a change of a legal basis")
    return Change(position, heard.legal_basis_id, on, cause[:2_000], heard.at)


def _wishes(connection: psycopg.Connection, change: Change) -> list[Wish]:
    """Return a command for every entry that cites the changed law since before it changed."""
    basis = BasisRef(legal_basis_id=change.legal_basis_id)
    return [
        (
            wish_id(f"{NAME} {change.position} {entry_id}"),
            RaiseCatalogUpdateDuty(
                entry_id=entry_id, changed_on=change.changed_on, cause=change.cause, basis=basis
            ),
            change.at,
        )
        for entry_id in citing(connection, change.legal_basis_id, before=change.at)
    ]
