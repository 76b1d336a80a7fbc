"""What one event costs on disk."""

import asyncio

import psycopg

from adapters.bench.figure import Figure
from adapters.bench.load import fill
from adapters.record.postgres import PostgresRecord
from projections.reader import head

EVENTS = 50_000

_SIZES = """
    SELECT (SELECT sum(pg_total_relation_size(inhrelid))
              FROM pg_inherits
             WHERE inhparent = 'record.events'::regclass)::bigint,
           pg_total_relation_size('record.streams'),
           pg_total_relation_size('record.commands'),
           (SELECT avg(octet_length(state)) FROM record.events)::float
"""


def cost(url: str, *, events: int = EVENTS) -> list[Figure]:
    """State the bytes on disk per event, all tables and indexes of the record together.

    `url` is a migrated database as hub_app; it is filled up to `events` if it holds fewer: five
    events to a stream and a command. `other` is the mean size of the state alone.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        missing = events - head(connection)
        if missing > 0:
            asyncio.run(_fill(url, missing))
        row = connection.execute(_SIZES).fetchone()
        rows = head(connection)
    assert row is not None
    in_events, in_streams, in_commands, state = row
    total = in_events + in_streams + in_commands
    return [
        Figure(
            name="cost",
            ours=round(total / rows),
            other=round(state),
            other_is="the event's own JSON",
            ratio=round(total / rows / state, 2),
            unit="bytes/event",
            parts={
                "events": round(in_events / rows),
                "streams": round(in_streams / rows),
                "commands": round(in_commands / rows),
            },
        )
    ]


async def _fill(url: str, events: int) -> None:
    async with PostgresRecord(url) as record:
        await fill(record, events)
