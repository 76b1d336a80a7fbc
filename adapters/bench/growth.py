"""Does the record stay as fast as it grows? The append rate with a million events ÷ with few."""

import asyncio
from statistics import median
from time import perf_counter

import psycopg

from adapters.bench.figure import Figure
from adapters.bench.load import fill
from adapters.bench.sample import sample_write
from adapters.record.postgres import PostgresRecord
from projections.reader import head

CALLERS = 64
FEW, MANY = 10_000, 1_000_000
ROUNDS, ROUND_SECONDS = 7, 1.0


def growth(
    url: str,
    few_url: str,
    *,
    many: int = MANY,
    few: int = FEW,
    rounds: int = ROUNDS,
    round_seconds: float = ROUND_SECONDS,
) -> list[Figure]:
    """Measure durable single-event commands per second with `many` events and with `few`.

    `url` and `few_url` are two migrated databases on one durable server, as hub_app; filling the
    first takes about a minute for a million. The rounds alternate between the two, so whatever
    else the machine does meets both; the median round of each counts.
    """
    measured = asyncio.run(_rounds((url, many), (few_url, few), rounds, round_seconds))
    at_many, at_few = (median(column) for column in zip(*measured, strict=True))
    return [
        Figure(
            name="growth",
            ours=round(at_many),
            other=round(at_few),
            other_is=f"the same with {few:,} events; ours with {many:,}",
            ratio=round(at_many / at_few, 2),
            unit="commands/s",
            must=0.9,
            aim=1.0,
        )
    ]


async def _rounds(
    many: tuple[str, int], few: tuple[str, int], rounds: int, seconds: float
) -> list[tuple[float, float]]:
    async with PostgresRecord(many[0]) as large, PostgresRecord(few[0]) as small:
        await _fill_up_to(many[0], large, many[1])
        await _fill_up_to(few[0], small, few[1])
        measured = [
            (await _rate(large, seconds), await _rate(small, seconds)) for _ in range(rounds + 1)
        ]
        return measured[1:]  # in the first the caches warm up


async def _fill_up_to(url: str, record: PostgresRecord, events: int) -> None:
    with psycopg.connect(url) as connection:
        there = head(connection)
    await fill(record, max(0, events - there))


async def _rate(record: PostgresRecord, seconds: float) -> float:
    done = 0
    start = perf_counter()

    async def caller() -> None:
        nonlocal done
        while perf_counter() - start < seconds:
            await record.append(sample_write())
            done += 1

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return done / (perf_counter() - start)
