"""用量上报 Use reports: what the meter wrote down of a day becomes an event when the day is over.

One command per grant and day, with an id that follows from both: a second process, or the same one
after a restart, changes nothing. What the hub refuses stays in the log and is said.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import psycopg

from adapters.lake import meter
from adapters.wish import Say
from hub.actor import Role, Speaker, Via
from hub.departments.calendar import local_day
from hub.errors import Busy, Refusal
from hub.execute import Hub
from hub.record import Overloaded, RecordUnavailable
from hub.sharing.grant_commands import RecordUsage

METER = Speaker("hub", "meter", Via.ADAPTER, standing=Role.OPERATOR)
"""The hub's own meter: it tells what was read, and approves nothing."""
LOOK_SECONDS = 60.0


class UseReports:
    """Reports the days that are over; `tick` looks at most once a minute."""

    def __init__(
        self, hub: Hub, url: str, *, say: Say, now: Callable[[psycopg.Connection], datetime]
    ) -> None:
        """Keep the hub and the address of the log; `now` as for the clock."""
        self._hub = hub
        self._url = url
        self._say = say
        self._now = now
        self._connection: psycopg.Connection | None = None
        self._next_look = 0.0

    async def tick(self) -> int:
        """Report what is not reported yet; return how many reports were answered.

        Nothing is lost when PostgreSQL or the record is away: the next look finds the same lines.
        """
        if time.monotonic() < self._next_look:
            return 0
        self._next_look = time.monotonic() + LOOK_SECONDS
        answered = 0
        try:
            at, waiting = await asyncio.to_thread(self._look)
            for command_id, command in waiting:
                if not await self._report(command_id, command, at):
                    break
                await asyncio.to_thread(self._done, command)
                answered += 1
        except psycopg.OperationalError:
            self.close()
        return answered

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _report(self, command_id: str, command: RecordUsage, at: datetime) -> bool:
        try:
            await self._hub.execute(command, METER, at, command_id=command_id)
        except (Busy, Overloaded, RecordUnavailable):
            return False
        except Refusal as refusal:
            self._say(f"the use of {command.grant_id} on {command.day} was refused: {refusal}")
        return True

    def _look(self) -> tuple[datetime, list[tuple[str, RecordUsage]]]:
        connection = self._open()
        at = self._now(connection)
        return at, list(meter.reports(connection, local_day(at)))

    def _done(self, command: RecordUsage) -> None:
        meter.done(self._open(), command)

    def _open(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                application_name="shuqiao use reports",
                options="-c search_path=views -c timezone=UTC",
            )
        return self._connection
