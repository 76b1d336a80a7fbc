"""Filling a record with sample events, for the benches that need a large one."""

import asyncio

from adapters.bench.sample import sample_write
from adapters.record.postgres import PostgresRecord

EVENTS_EACH = 5
"""Events to a stream and a command, as a common case has them."""
CALLERS = 64


async def fill(record: PostgresRecord, events: int) -> None:
    """Append so many sample events, five to a stream and a command."""
    left = events

    async def caller() -> None:
        nonlocal left
        while left > 0:
            number = min(EVENTS_EACH, left)
            left -= number
            await record.append(sample_write(number))

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
