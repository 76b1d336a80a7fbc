"""How fast the record is read back as events, against PostgreSQL's fastest way out."""

import asyncio
from collections.abc import Callable
from time import perf_counter

import psycopg

from adapters.bench.figure import Figure
from adapters.bench.load import fill
from adapters.record.loader import COLUMNS
from adapters.record.postgres import PostgresRecord
from hub.codec import decode
from projections.reader import head, pages

EVENTS = 200_000
ROUNDS = 3


def replay(url: str, *, events: int = EVENTS) -> list[Figure]:
    """Measure events decoded per second from the record ÷ raw binary COPY of the same rows.

    `url` is a migrated database as hub_app; it is filled up to `events` if it holds fewer. The
    best of three rounds counts on both sides, so that a disturbed round does not.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        missing = events - head(connection)
        if missing > 0:
            asyncio.run(_fill(url, missing))
        rows = min(head(connection), events)
        copied = max(_rate(rows, lambda: _copy_out(connection, rows)) for _ in range(ROUNDS))
        decoded = max(_rate(rows, lambda: _decode(connection, rows)) for _ in range(ROUNDS))
    return [
        Figure(
            name="replay",
            ours=round(decoded),
            other=round(copied),
            other_is="COPY … TO STDOUT (FORMAT BINARY) of the same rows, bytes thrown away",
            ratio=round(decoded / copied, 2),
            unit="events/s",
            must=0.25,
            aim=0.5,
        )
    ]


async def _fill(url: str, events: int) -> None:
    async with PostgresRecord(url) as record:
        await fill(record, events)


def _rate(rows: int, work: Callable[[], None]) -> float:
    start = perf_counter()
    work()
    return rows / (perf_counter() - start)


def _copy_out(connection: psycopg.Connection, rows: int) -> None:
    statement = f"""
        COPY (SELECT {COLUMNS} FROM record.events WHERE position <= {rows} ORDER BY position)
          TO STDOUT (FORMAT BINARY)
    """  # noqa: S608 - composed of constants and a number
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for _ in copy:
            pass


def _decode(connection: psycopg.Connection, rows: int) -> None:
    for page in pages(connection, 0, upto=rows):
        for event in page.events:
            decode(event.topic, event.schema_version, event.state)
