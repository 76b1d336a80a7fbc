"""`PostgresRecord`: the hub's record on PostgreSQL, for async code."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Self

from adapters.record.batch import Pending, Promise, check
from adapters.record.committer import LOCK_SECONDS, Committer
from adapters.record.loader import Loader
from hub.record import Appended, Found, Recorded, Write

WAITING_MAX = 4_096
"""Most commands waiting to be stored; one more is refused with Overloaded."""
PATIENCE_SECONDS = 30.0
"""How long a lost database is waited for before the callers are told."""


def now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


class PostgresRecord:
    """The event store: `async with PostgresRecord(conninfo) as record: await record.append(...)`.

    It belongs to the event loop it was opened in. Two connections: one commits, one reads; each
    is opened again by itself when it breaks, and what was being sent is sent again.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        clock: Callable[[], datetime] = now,
        waiting_max: int = WAITING_MAX,
        patience: float = PATIENCE_SECONDS,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        """Keep the address; `clock` gives the time that events are stamped with."""
        self._clock = clock
        self._committer = Committer(
            conninfo,
            clock,
            waiting_max=waiting_max,
            patience=patience,
            lock_seconds=lock_seconds,
        )
        self._loader = Loader(conninfo, waiting_max=waiting_max, patience=patience)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect; raises RecordUnavailable with the reason when that is not possible."""
        await self._committer.start()

    async def close(self) -> None:
        """Store and answer what waits, then hang up."""
        await self._committer.close()
        await self._loader.close()

    async def append(self, write: Write) -> Appended:
        """Store one command's events durably and answer; see `hub.record.Record`."""
        check(write)
        promise: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._committer.submit(Pending(write, promise))
        return await promise

    def append_from_thread(self, write: Write, promise: Promise) -> None:
        """Store one command's events for a caller in another thread, who holds the promise."""
        check(write)
        self._committer.submit_from_thread(Pending(write, promise))

    async def load(self, since: Mapping[str, int]) -> Sequence[Recorded]:
        """Events of these streams above the given versions; see `hub.record.Record`."""
        return await self._loader.load(since)

    async def find(self, command_id: str) -> Found | None:
        """Was this command answered before? See `hub.record.Record`."""
        return await self._loader.find(command_id)

    def figures(self) -> dict[str, float]:
        """Return counts since the start, and how many commands wait now, for the metrics page."""
        stored = self._committer.stored
        return {
            "waiting_commands": self._committer.waiting,
            "batches": stored.batches,
            "commands": stored.writes,
            "events": stored.events,
            "batch_seconds": stored.seconds,
            "loads": self._loader.loads,
            "selects": self._loader.selects,
        }
