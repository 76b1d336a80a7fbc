"""The committer: one task that stores whatever waits, many commands in one commit."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any

import msgspec
import psycopg
from psycopg.rows import args_row

from adapters.record.batch import Pending, Verdict, parameters, pick, settle
from adapters.record.line import Line
from adapters.record.trouble import refused
from hub.record import Overloaded, RecordUnavailable

_APPEND = """
    SELECT *
      FROM record.append_batch(
           %b, %b::int[], %b::text[], %b::bytea[], %b::int[], %b::text[], %b::int[], %b::text[],
           %b::int[], %b::bytea[], %b::bytea[], %b::int[], %b::text[], %b::int[],
           %b::int[], %b::text[], %b::bytea[])
"""
LOCK_SECONDS = 10.0
"""How long a session that holds the record's lock is waited for before the callers are told."""


class Stored(msgspec.Struct):
    """What the committer has done since it started, for the metrics page."""

    batches: int = 0
    writes: int = 0
    events: int = 0
    seconds: float = 0.0
    """Time spent on batches, from drawing one to its answers."""


class Committer:
    """Drains a bounded queue into `record.append_batch`, one batch at a time."""

    def __init__(
        self,
        conninfo: str,
        clock: Callable[[], datetime],
        *,
        waiting_max: int,
        patience: float,
        lock_seconds: float,
    ) -> None:
        """Keep the address; nothing happens before `start`."""
        options = f"-c lock_timeout={lock_seconds * 1000:.0f} -c statement_timeout=60s"
        self._line = Line(conninfo, "committer", options=options, patience=patience)
        self._clock = clock
        self._waiting: deque[Pending] = deque()
        self._waiting_max = waiting_max
        self._wake = asyncio.Event()
        self._idle = False
        self._closing = False
        self._extend_after = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self.stored = Stored()

    async def start(self) -> None:
        """Connect, see that there is room for more events, and begin to take writes."""
        self._extend_after = await self._line.run(_extend)
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._work(), name="record committer")

    async def close(self) -> None:
        """Store what still waits, then hang up."""
        self._closing = True
        if self._task is not None:
            self._wake.set()
            await self._task
            self._task = None
        await self._line.close()

    def submit(self, pending: Pending) -> None:
        """Put a write in the queue, from the committer's own loop.

        Raises Overloaded when the queue is full, RecordUnavailable when the record is closed.
        """
        self._enqueue(pending)
        if self._idle:
            self._wake.set()

    def submit_from_thread(self, pending: Pending) -> None:
        """Put a write in the queue, from any thread; raises as `submit`."""
        self._enqueue(pending)
        # The committer says it is idle before it looks at the queue for the last time, and we
        # look at `_idle` after appending: one of the two sees the other.
        if self._idle and self._loop is not None:
            self._idle = False
            self._loop.call_soon_threadsafe(self._wake.set)

    @property
    def waiting(self) -> int:
        """How many writes wait for the next batch."""
        return len(self._waiting)

    def _enqueue(self, pending: Pending) -> None:
        if self._closing or self._task is None:
            raise RecordUnavailable("the hub is shutting down; send the command again later")
        if len(self._waiting) >= self._waiting_max:
            raise Overloaded(retry_after=1)
        self._waiting.append(pending)

    async def _work(self) -> None:
        while True:
            batch = pick(self._waiting)
            if batch:
                await self._store(batch)
            elif self._closing:
                return
            else:
                self._wake.clear()
                self._idle = True
                if not self._waiting and not self._closing:
                    await self._wake.wait()
                self._idle = False

    async def _store(self, batch: Sequence[Pending]) -> None:
        started = perf_counter()
        try:
            verdicts = await self._send(batch)
            settle(batch, verdicts)
        except Exception as error:  # noqa: BLE001 - whatever it is, these callers must hear it
            await self._one_by_one(batch, error)
            return
        self.stored.batches += 1
        self.stored.writes += len(batch)
        self.stored.events += verdicts[0].count
        self.stored.seconds += perf_counter() - started
        if verdicts[0].first + verdicts[0].count > self._extend_after:
            await self._extend()

    async def _one_by_one(self, batch: Sequence[Pending], error: Exception) -> None:
        """A batch was refused as a whole: let only the write at fault bear it."""
        if isinstance(error, RecordUnavailable) or len(batch) == 1:
            answer = refused(error) if isinstance(error, psycopg.Error) else error
            for pending in batch:
                pending.answer(answer)
            return
        for pending in batch:
            await self._store([pending])

    async def _send(self, batch: Sequence[Pending]) -> list[Verdict]:
        at = self._clock()
        writes = [pending.write for pending in batch]
        while True:
            verdicts = await self._line.run(partial(_append, parameters(writes, at)))
            if verdicts[0].outcome != "early":
                return verdicts
            at = verdicts[0].recorded_at  # the record's time never runs backwards

    async def _extend(self) -> None:
        """See that there is a partition ahead; if that fails now, the next batch tries again."""
        with suppress(RecordUnavailable, psycopg.Error):
            self._extend_after = await self._line.run(_extend)


async def _append(arrays: list[Any], connection: psycopg.AsyncConnection) -> list[Verdict]:
    async with connection.cursor(row_factory=args_row(Verdict), binary=True) as cursor:
        await cursor.execute(_APPEND, arrays, prepare=True)
        return await cursor.fetchall()


async def _extend(connection: psycopg.AsyncConnection) -> int:
    cursor = await connection.execute("SELECT record.extend()")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
