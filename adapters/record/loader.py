"""Reading streams for decisions: callers who ask at the same time share one SELECT."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from time import monotonic

import msgspec
import psycopg
from psycopg.rows import args_row

from adapters.record.line import Line
from adapters.record.trouble import refused
from hub.record import Appended, Found, Overloaded, Recorded
from projections import archived

COLUMNS = "position, stream_id, version, topic, schema_version, recorded_at, state, leaf"
"""The columns of record.events in the order of `Recorded`."""

_LOAD = """
    SELECT e.position, e.stream_id, e.version, e.topic, e.schema_version, e.recorded_at,
           e.state, e.leaf
      FROM unnest(%b::text[], %b::int[]) AS wanted (stream_id, above)
      JOIN record.events AS e
        ON e.stream_id = wanted.stream_id
       AND e.version > wanted.above
"""
_REACH = "SELECT coalesce(max(last), 0) FROM record.archives"
_VERSIONS = """
    SELECT stream_id, version
      FROM record.streams
     WHERE stream_id = ANY (%b::text[])
"""
_FIND = """
    SELECT first, count, recorded_at, fingerprint
      FROM record.commands
     WHERE command_id = %s
"""
_EVENTS_OF = f"""
    SELECT {COLUMNS}
      FROM record.events
     WHERE position BETWEEN %s AND %s
     ORDER BY position
"""  # noqa: S608 - composed of constants
_OPTIONS = (
    "-c statement_timeout=60s -c default_transaction_read_only=on"
    # Always by index: a plan made while the table was small would scan it when it is large.
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)
_LOOK_SECONDS = 0.5
"""How long it is believed that nothing lies in the archive yet; less than LEASE_SECONDS."""
STREAMS_MAX = 5_000
"""Most streams in one SELECT, unless a single caller asks for more."""


class _Asked(msgspec.Struct, frozen=True):
    since: Mapping[str, int]
    promise: asyncio.Future[list[Recorded]]


class _Archive:
    """How far the archive reaches. Who archives waits, so that no look is older than its lease.

    In a hub without an archive a load costs no more for it than reading the clock; once there is
    one, it is looked for wherever versions are missing.
    """

    def __init__(self) -> None:
        self.reach = 0
        self._looked_at = -archived.LEASE_SECONDS

    def known_for(self, seconds: float) -> bool:
        """Say whether there is one, or was none when we looked at most so long ago."""
        return self.reach > 0 or monotonic() - self._looked_at < seconds

    async def look(self, connection: psycopg.AsyncConnection) -> None:
        """Ask the database."""
        looked_at = monotonic()
        cursor = await connection.execute(_REACH)
        row = await cursor.fetchone()
        self.reach = int(row[0]) if row else 0
        self._looked_at = looked_at


class Loader:
    """Drains the questions that came in during the last SELECT into the next one."""

    def __init__(self, conninfo: str, *, waiting_max: int, patience: float) -> None:
        """Keep the address; it connects with the first question."""
        self._line = Line(conninfo, "loader", options=_OPTIONS, patience=patience)
        self._asked: deque[_Asked] = deque()
        self._waiting_max = waiting_max
        self._task: asyncio.Task[None] | None = None
        self._archive = _Archive()
        self.loads = 0
        self.selects = 0

    async def load(self, since: Mapping[str, int]) -> Sequence[Recorded]:
        """Events of these streams above the given versions, by stream and version."""
        if not since:
            return []
        if len(self._asked) >= self._waiting_max:
            raise Overloaded(retry_after=1)
        asked = _Asked(since, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name="record loader")
        return await asked.promise

    async def find(self, command_id: str) -> Found | None:
        """Was this command answered before, and which events did it make?"""
        try:
            return await self._line.run(partial(_find, command_id))
        except psycopg.Error as error:
            raise refused(error) from error

    async def close(self) -> None:
        """Answer what was asked, then hang up."""
        if self._task is not None:
            await self._task
        await self._line.close()

    async def _work(self) -> None:
        await asyncio.sleep(0)  # let callers who wake in the same moment ask first
        while self._asked:
            batch = [self._asked.popleft()]
            streams = len(batch[0].since)
            while self._asked and streams + len(self._asked[0].since) <= STREAMS_MAX:
                batch.append(self._asked.popleft())
                streams += len(batch[-1].since)
            await self._answer(batch)

    async def _answer(self, batch: Sequence[_Asked]) -> None:
        self.loads += len(batch)
        self.selects += 1
        try:
            found = await self._line.run(partial(_load, _union(batch), self._archive))
        except Exception as error:  # noqa: BLE001 - whatever it is, these callers must hear it
            for asked in batch:
                if not asked.promise.done():
                    asked.promise.set_exception(_said(error))
            return
        for asked in batch:
            if not asked.promise.done():
                asked.promise.set_result(_part(asked.since, found))


def _said(error: Exception) -> Exception:
    return refused(error) if isinstance(error, psycopg.Error) else error


def _union(batch: Sequence[_Asked]) -> Mapping[str, int]:
    if len(batch) == 1:
        return batch[0].since
    wanted: dict[str, int] = {}
    for asked in batch:
        for stream_id, above in asked.since.items():
            wanted[stream_id] = min(above, wanted.get(stream_id, above))
    return wanted


def _part(since: Mapping[str, int], found: Mapping[str, list[Recorded]]) -> list[Recorded]:
    return [
        event
        for stream_id in sorted(since.keys() & found.keys())
        for event in found[stream_id]
        if event.version > since[stream_id]
    ]


async def _load(
    wanted: Mapping[str, int], archive: _Archive, connection: psycopg.AsyncConnection
) -> dict[str, list[Recorded]]:
    if not archive.known_for(_LOOK_SECONDS):
        await archive.look(connection)
    found = await _select(wanted, connection)
    if not archive.known_for(archived.LEASE_SECONDS / 2):
        await archive.look(connection)  # held up: what was missing may have gone since the look
    if archive.reach:
        missing = {
            stream_id: above
            for stream_id, above in wanted.items()
            if stream_id not in found or found[stream_id][0].version > above + 1
        }
        if missing:
            found |= await _load_archived(missing, connection)
    return found


async def _select(
    wanted: Mapping[str, int], connection: psycopg.AsyncConnection
) -> dict[str, list[Recorded]]:
    async with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        await cursor.execute(_LOAD, [list(wanted), list(wanted.values())], prepare=True)
        found: dict[str, list[Recorded]] = {}
        for event in await cursor.fetchall():
            found.setdefault(event.stream_id, []).append(event)
    for events in found.values():
        if len(events) > 1:
            events.sort(key=lambda event: event.version)
    return found


async def _load_archived(
    wanted: Mapping[str, int], connection: psycopg.AsyncConnection
) -> dict[str, list[Recorded]]:
    """Return these streams with what of them lies in the archive; none where nothing is newer.

    Their versions are asked first: up to them every event is in the database when we look there,
    or in the archive when we look after that.
    """
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_VERSIONS, [list(wanted)], prepare=True)
        versions: dict[str, int] = dict(await cursor.fetchall())
    behind = {one: above for one, above in wanted.items() if versions.get(one, 0) > above}
    if not behind:
        return {}
    found = await _select(behind, connection)
    shelved = await _volumes(connection)
    for stream_id, above in behind.items():
        events = found.get(stream_id, [])
        upto = events[0].version - 1 if events else versions[stream_id]
        if upto > above:
            old = await asyncio.to_thread(archived.stream, shelved, stream_id, above, upto)
            found[stream_id] = old + events
    return found


async def _volumes(connection: psycopg.AsyncConnection) -> list[archived.Volume]:
    async with connection.cursor(row_factory=args_row(archived.Volume), binary=True) as cursor:
        await cursor.execute(archived.VOLUMES.encode())
        return await cursor.fetchall()


async def _find(command_id: str, connection: psycopg.AsyncConnection) -> Found | None:
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_FIND, [command_id])
        row = await cursor.fetchone()
    if row is None:
        return None
    first, count, recorded_at, fingerprint = row
    async with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        await cursor.execute(_EVENTS_OF, [first, first + count - 1])
        events = await cursor.fetchall()
    if len(events) < count:
        missing = range(first, first + count - len(events))
        shelved = await _volumes(connection)
        events = await asyncio.to_thread(archived.at, shelved, missing) + events
    return Found(Appended(first, count, recorded_at, repeated=True), fingerprint, tuple(events))
