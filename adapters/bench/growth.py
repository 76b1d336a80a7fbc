"""Does the record stay as fast as it grows? The append rate with a million events ÷ with few."""

import asyncio
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from adapters.bench.load import fill
from adapters.bench.sample import sample_write
from adapters.record.postgres import PostgresRecord
from projections.reader import head

CALLERS = 64
FEW, MANY = 10_000, 1_000_000
ROUNDS, ROUND_SECONDS = 7, 1.0


def growth(url: str, few_url: str, *, many: int = MANY) -> list[dict[str, Any]]:
    """Measure durable single-event commands per second with `many` events and with 10,000.

    `url` and `few_url` are two migrated databases on one durable server, as hub_app; filling the
    first takes about a minute for a million. The rounds alternate between the two, so whatever
    else the machine does meets both; the ratio is the median of the rounds' ratios.
    """
    rounds = asyncio.run(_rounds(url, few_url, many))
    return [
        {
            "name": "growth",
            "ours": round(median(at_many for at_many, _ in rounds)),
            "other": round(median(at_few for _, at_few in rounds)),
            "other_is": f"the same with {FEW:,} events; ours with {many:,}",
            "ratio": round(median(at_many / at_few for at_many, at_few in rounds), 2),
            "unit": "commands/s",
            "must": 0.9,
            "aim": 1.0,
        }
    ]


async def _rounds(url: str, few_url: str, many: int) -> list[tuple[float, float]]:
    async with PostgresRecord(url) as large, PostgresRecord(few_url) as small:
        await _fill_up_to(url, large, many)
        await _fill_up_to(few_url, small, FEW)
        rounds = [(await _rate(large), await _rate(small)) for _ in range(ROUNDS + 1)]
        return rounds[1:]  # in the first the caches warm up


async def _fill_up_to(url: str, record: PostgresRecord, events: int) -> None:
    with psycopg.connect(url) as connection:
        there = head(connection)
    await fill(record, max(0, events - there))


async def _rate(record: PostgresRecord) -> float:
    done = 0
    start = perf_counter()

    async def caller() -> None:
        nonlocal done
        while perf_counter() - start < ROUND_SECONDS:
            await record.append(sample_write())
            done += 1

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return done / (perf_counter() - start)
