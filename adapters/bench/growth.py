"""Does the record stay as fast as it grows? The append rate with a million events ÷ with few."""

import asyncio
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from adapters.bench.load import fill
from adapters.bench.sample import sample_write
from adapters.record.postgres import PostgresRecord
from adapters.record.reader import head

CALLERS = 64
FEW, MANY = 10_000, 1_000_000
ROUNDS, ROUND_SECONDS = 5, 1.5


def growth(url: str, *, many: int = MANY) -> dict[str, Any]:
    """Measure durable single-event commands per second at 10,000 events and at `many`.

    `url` is a migrated, empty database on a durable server, as hub_app. Filling takes about half
    a minute for a million. Each rate is the median of five rounds.
    """
    at_few, at_many = asyncio.run(_rates(url, many))
    return {
        "name": "growth",
        "ours": round(at_many),
        "other": round(at_few),
        "other_is": f"the same with {FEW:,} events; ours with {many:,}",
        "ratio": round(at_many / at_few, 2),
        "unit": "commands/s",
        "must": 0.9,
        "aim": 1.0,
    }


async def _rates(url: str, many: int) -> tuple[float, float]:
    async with PostgresRecord(url) as record:
        await _fill_up_to(url, record, FEW)
        at_few = await _rate(record)
        await _fill_up_to(url, record, many)
        return at_few, await _rate(record)


async def _fill_up_to(url: str, record: PostgresRecord, events: int) -> None:
    with psycopg.connect(url) as connection:
        there = head(connection)
    await fill(record, max(0, events - there))


async def _rate(record: PostgresRecord) -> float:
    """Commands per second; the first round, in which caches warm up, does not count."""
    rounds = [await _round(record) for _ in range(ROUNDS + 1)]
    return median(rounds[1:])


async def _round(record: PostgresRecord) -> float:
    done = 0
    start = perf_counter()

    async def caller() -> None:
        nonlocal done
        while perf_counter() - start < ROUND_SECONDS:
            await record.append(sample_write())
            done += 1

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return done / (perf_counter() - start)
