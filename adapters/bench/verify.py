"""How fast the whole record is verified, against PostgreSQL's fastest way out for its rows."""

import asyncio
import resource
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from time import perf_counter

import psycopg
from pydantic import SecretStr

from adapters.bench.figure import Figure
from adapters.bench.load import fill
from adapters.record.loader import COLUMNS
from adapters.record.postgres import PostgresRecord
from adapters.seal.sealer import Sealer
from adapters.seal.store import LogFiles
from adapters.seal.track import sha256_track
from adapters.settings import Settings
from adapters.stack.problem import StackProblem
from adapters.verify.run import Asked
from adapters.verify.run import verify as verify_all
from projections.reader import head

EVENTS = 1_000_000
ROUNDS = 3
SEAL_SECONDS_MAX = 600.0


def verify(url: str, home: Path, *, events: int = EVENTS, rounds: int = ROUNDS) -> list[Figure]:
    """Measure events verified per second by `hub verify` ÷ raw binary COPY of the same rows.

    `url` is a migrated database as hub_app; it is filled up to `events` and sealed in `home`.
    Everything `hub verify` does counts: rows, leaves, tiles, checkpoints, streams and answers. The
    best of the rounds counts on both sides, so that a disturbed round does not. Peak memory is in
    megabytes: of this process and of the largest it started.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        missing = events - head(connection)
        if missing > 0:
            asyncio.run(_fill(url, missing))
        rows = head(connection)
        asked = _sealed(url, home, rows)
        copied, verified = [], []
        for _ in range(rounds):
            copied.append(_copied(connection, rows))
            verified.append(_verified(asked))
    ours, other = rows / min(verified), rows / min(copied)
    return [
        Figure(
            name="verify",
            ours=round(ours),
            other=round(other),
            other_is="COPY … TO STDOUT (FORMAT BINARY) of the same rows, bytes thrown away",
            ratio=round(ours / other, 2),
            unit="events/s",
            must=0.4,
            aim=0.5,
            parts={
                "seconds": round(min(verified), 2),
                "megabytes_here": _megabytes(resource.RUSAGE_SELF),
                "megabytes_of_a_process": _megabytes(resource.RUSAGE_CHILDREN),
            },
        )
    ]


async def _fill(url: str, events: int) -> None:
    async with PostgresRecord(url) as record:
        await fill(record, events)


def _sealed(url: str, home: Path, rows: int) -> Asked:
    """Let a sealer seal everything there is."""
    settings = Settings(home=home, database_url=SecretStr(url))
    track, stop, said = sha256_track(settings), Flag(), list[str]()
    thread = Thread(target=Sealer(track, url, say=said.append).run, args=(stop,))
    thread.start()
    try:
        files = LogFiles(settings.log_dir)
        if asyncio.run(files.await_sealed(rows, SEAL_SECONDS_MAX)) is None:
            raise StackProblem(f"{rows} events were not sealed: {'; '.join(said) or 'too slow'}")
    finally:
        stop.set()
        thread.join()
    return Asked(url, settings.log_dir, settings.guard_dir, track.open_signer().key)


def _copied(connection: psycopg.Connection, rows: int) -> float:
    statement = f"""
        COPY (SELECT {COLUMNS} FROM record.events WHERE position <= {rows} ORDER BY position)
          TO STDOUT (FORMAT BINARY)
    """  # noqa: S608 - composed of constants and a number
    start = perf_counter()
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for _ in copy:
            pass
    return perf_counter() - start


def _verified(asked: Asked) -> float:
    start = perf_counter()
    report = verify_all(asked)
    seconds = perf_counter() - start
    if report.wrong:
        raise StackProblem(f"the bench's own record is wrong: {report.wrong[0].sentence}")
    return seconds


def _megabytes(who: int) -> float:
    return round(resource.getrusage(who).ru_maxrss / 1_000)
