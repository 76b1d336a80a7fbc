"""How many durable commands a second the record takes, against the stock library's recorder."""

import asyncio
from collections.abc import Callable
from threading import Thread
from time import perf_counter
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.utils import clear_topic_cache
from msgspec import to_builtins
from psycopg.conninfo import conninfo_to_dict
from uuid_utils.compat import uuid7

from adapters.bench.figure import Figure
from adapters.bench.sample import sample_event, sample_write
from adapters.record.postgres import PostgresRecord
from adapters.record.sync import SyncRecord

CALLERS = 64
SECONDS = 4.0


def append(url: str, *, seconds: float = SECONDS) -> list[Figure]:
    """Measure stored commands per second with 64 callers: ours (async, threads) ÷ stock.

    `url` is a migrated database of its own on a durable server, as hub_app. One event of the same
    fields per command, every answer after its commit. The stock library gets its own tables in a
    schema of the same database and runs `Application.save` in 64 threads.
    """
    stock = _stock(url, seconds)
    ours_async = asyncio.run(per_second(url, seconds))
    ours_sync = _threads(url, seconds)
    return [
        _figure("append (async)", ours_async, stock, must=12.0, aim=20.0),
        _figure("append (threads)", ours_sync, stock, must=5.0, aim=8.0),
    ]


def _figure(name: str, ours: float, other: float, *, must: float, aim: float) -> Figure:
    return Figure(
        name=name,
        ours=round(ours),
        other=round(other),
        other_is="eventsourcing Application.save on its PostgreSQL recorder, 64 threads",
        ratio=round(ours / other, 2),
        unit="commands/s",
        must=must,
        aim=aim,
    )


async def per_second(url: str, seconds: float) -> float:
    """Return how many commands of 64 callers are stored per second, asked for in async code."""
    async with PostgresRecord(url) as record:
        done = 0
        start = perf_counter()

        async def caller() -> None:
            nonlocal done
            while perf_counter() - start < seconds:
                await record.append(sample_write())
                done += 1

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return done / (perf_counter() - start)


def _threads(url: str, seconds: float) -> float:
    with SyncRecord(url) as record:
        return _in_threads(lambda: record.append(sample_write()), seconds)


def _in_threads(work: Callable[[], object], seconds: float) -> float:
    start = perf_counter()
    done = [0] * CALLERS

    def caller(number: int) -> None:
        while perf_counter() - start < seconds:
            work()
            done[number] += 1

    threads = [Thread(target=caller, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (perf_counter() - start)


class _Request(Aggregate):
    """The sample as an aggregate in the library's own style."""

    @event("Submitted")
    def __init__(self, sample: dict[str, Any]) -> None:
        self.sample = sample

    @staticmethod
    def create_id(**_: Any) -> UUID:
        return uuid7()


def _stock(url: str, seconds: float) -> float:
    clear_topic_cache()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS stock")
    address = conninfo_to_dict(url)
    application: Application[UUID] = Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(address["dbname"]),
            "POSTGRES_HOST": str(address.get("host", "")),
            "POSTGRES_PORT": str(address.get("port", "5432")),
            "POSTGRES_USER": str(address["user"]),
            "POSTGRES_PASSWORD": str(address.get("password", "")),
            "POSTGRES_SCHEMA": "stock",
            "POSTGRES_POOL_SIZE": str(CALLERS),
            "POSTGRES_MAX_OVERFLOW": "0",
            "POSTGRES_LOCK_TIMEOUT": "0",
        }
    )
    sample: dict[str, Any] = to_builtins(sample_event("sharing.request:stock"))
    with application:
        return _in_threads(lambda: application.save(_Request(sample=sample)), seconds)
