"""What the seal costs: beside the way of a command to the record, and on it (nothing)."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median
from threading import Event as Flag
from threading import Thread
from time import perf_counter

import psycopg
from pydantic import SecretStr

from adapters.bench.append import per_second
from adapters.bench.figure import Figure
from adapters.bench.load import fill
from adapters.record.postgres import PostgresRecord
from adapters.seal.sealer import Sealer
from adapters.seal.store import LogFiles
from adapters.seal.track import sha256_track
from adapters.settings import PREFIX, Settings
from adapters.stack.problem import StackProblem
from hub.record import Recorded, log_entry, rfc3339
from hub.seal.merkle import Frontier, leaf
from projections.reader import head, pages

EVENTS = 100_000
ROUNDS = 5
ROUND_SECONDS = 2.0
WAIT_SECONDS_MAX = 120.0


def seal(
    url: str,
    home: Path,
    *,
    events: int = EVENTS,
    rounds: int = ROUNDS,
    round_seconds: float = ROUND_SECONDS,
) -> list[Figure]:
    """Measure sealing a long record, and the append bench beside a working sealer.

    `url` is a migrated database of its own on a durable server, as hub_app; `home` a folder on
    the same disk. First: µs per event to read, check, hash, write, flush and sign a record from
    nothing ÷ hashing the same events in memory alone, leaf and tree. Second: stored commands per
    second with the sealer at work ÷ without it, in turn; the medians count.
    """
    asyncio.run(_fill(url, events))
    hashed = _hash(url, events)
    sealed = _seal(url, home, events)
    return [
        Figure(
            name="seal (off the path)",
            ours=round(sealed / events * 1e6, 1),
            other=round(hashed / events * 1e6, 1),
            other_is="the same leaves and tree hashed in memory, nothing read, written or signed",
            ratio=round(sealed / hashed, 2),
            unit="µs/event",
            must=6.0,
            aim=4.0,
            at_most=True,
        ),
        _beside(url, home, rounds, round_seconds),
    ]


def _beside(url: str, home: Path, rounds: int, seconds: float) -> Figure:
    without, beside, waits = [], [], []
    for number in range(rounds):
        for working in (number % 2 == 0, number % 2 == 1):  # by turns, as machines grow warm
            if not working:
                without.append(asyncio.run(per_second(url, seconds)))
                continue
            with _sealer(url, home):
                asyncio.run(_fill(url, 1))
                _wait(home, _head(url))  # it has started, and is at work
                beside.append(asyncio.run(per_second(url, seconds)))
                start = perf_counter()
                _wait(home, _head(url))
                waits.append(perf_counter() - start)
    return Figure(
        name="append beside the sealer",
        ours=round(median(beside)),
        other=round(median(without)),
        other_is="the same without a sealer, in turn",
        ratio=round(median(beside) / median(without), 3),
        unit="commands/s",
        must=0.97,
        parts={"seconds until the last was sealed, most": round(max(waits), 2)},
    )


async def _fill(url: str, events: int) -> None:
    async with PostgresRecord(url) as record:
        await fill(record, events)


def _hash(url: str, events: int) -> float:
    """Return the seconds it takes to hash events that are in memory already."""
    with psycopg.connect(url) as connection:
        held: list[Recorded] = [
            event for page in pages(connection, 0, upto=events) for event in page.events
        ]
    times = [rfc3339(event.recorded_at) for event in held]
    start = perf_counter()
    frontier = Frontier()
    frontier.extend(leaf(log_entry(event, at)) for event, at in zip(held, times, strict=True))
    root = frontier.root()
    seconds = perf_counter() - start
    assert len(root) == sha256().digest_size
    return seconds


@contextmanager
def _sealer(url: str, home: Path) -> Iterator[None]:
    """Run the sealer's own process while the block runs."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != PREFIX}
    environment |= {f"{PREFIX}DATABASE_URL": url, f"{PREFIX}HOME": str(home)}
    with subprocess.Popen([sys.executable, "-m", "adapters.seal"], env=environment) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)


def _seal(url: str, home: Path, events: int) -> float:
    """Return the seconds a sealer in this process takes for a whole record."""
    stop = Flag()
    settings = Settings(home=home, database_url=SecretStr(url))
    thread = Thread(target=Sealer(sha256_track(settings), url, say=note).run, args=(stop,))
    start = perf_counter()
    thread.start()
    try:
        _wait(home, events)
        return perf_counter() - start
    finally:
        stop.set()
        thread.join()


def note(words: str) -> None:
    """Pass on what the sealer says; it should have nothing to say."""
    sys.stderr.write(f"{words}\n")


def _wait(home: Path, position: int) -> None:
    log = LogFiles(home / "log")
    if asyncio.run(log.await_sealed(position, WAIT_SECONDS_MAX)) is None:
        raise StackProblem(f"Position {position} was not sealed in {WAIT_SECONDS_MAX:g} s.")


def _head(url: str) -> int:
    with psycopg.connect(url) as connection:
        return head(connection)
