"""Hearing in async code that the record has grown: LISTEN, and a look every second in case.

Plain code waits with `projections.reader.listen` and `await_growth`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import psycopg

from projections.reader import POLL_SECONDS

_PAUSE_SECONDS = 0.2
"""Pause before connecting again."""


async def heads(
    conninfo: str, after: int = 0, *, poll_seconds: float = POLL_SECONDS
) -> AsyncGenerator[int]:
    """Yield the record's last position now (if beyond `after`) and whenever it has grown.

    Never ends: a lost connection is opened again. Positions in between may be passed over: read
    everything up to the one that was told.
    """
    while True:
        with suppress(psycopg.OperationalError):
            async with await psycopg.AsyncConnection.connect(
                conninfo, autocommit=True, connect_timeout=5, application_name="hub listener"
            ) as connection:
                await connection.execute("LISTEN record")
                while True:
                    position = await _look(connection)
                    if position > after:
                        after = position
                        yield position
                    async for call in connection.notifies(timeout=poll_seconds, stop_after=1):
                        if int(call.payload) > after:
                            after = int(call.payload)
                            yield after
        leave_if_cancelled()
        await asyncio.sleep(_PAUSE_SECONDS)


def leave_if_cancelled() -> None:
    """Raise CancelledError in a task that was cancelled but whose library made it a lost line.

    Seen with psycopg: cancelled while it connects or waits, it may report an OperationalError,
    and a loop that survives lost lines would then never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _look(connection: psycopg.AsyncConnection) -> int:
    cursor = await connection.execute("SELECT position FROM record.log_head")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
