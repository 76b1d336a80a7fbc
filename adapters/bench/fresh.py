"""How soon everybody sees it: from a command's commit to its row in the sharing ledger."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Thread
from time import perf_counter, sleep

import psycopg
from uuid_utils.compat import uuid7

from adapters.bench.figure import Figure
from adapters.bench.life import MARK, life
from adapters.record.postgres import PostgresRecord
from hub.codec import encode
from hub.record import NewEvent, Write
from hub.sharing.grant_events import GrantEvent, UsageEvent
from projections.connect import connect
from projections.positions import wait_for

PER_SECOND = 200
SECONDS = 20.0
LIMIT_MS = 150
LEDGER = "sharing_ledger"
_WARM_UP = 200
_START_SECONDS_MAX = 60.0
_LOOK_SECONDS = 0.001


def fresh(url: str, *, seconds: float = SECONDS, per_second: int = PER_SECOND) -> list[Figure]:
    """Measure commit → row visible, 99th of 100, at so many commands a second.

    `url` is a migrated database of its own on a durable server, as hub_app. The hub's own follower
    process keeps all projections and the clock; each command's event changes a row of the ledger.
    The ledger's position moves in the transaction that writes its rows, so where it has come to
    tells what can be seen.
    """
    writes = _writes()
    with _follower(url), connect(url, purpose="bench") as connection:
        warm = asyncio.run(_send(url, writes, _WARM_UP, per_second))
        wait_for(connection, max(warm), names=[LEDGER], seconds_max=_START_SECONDS_MAX)
        seen: list[tuple[int, float]] = []
        count = round(seconds * per_second)
        watcher = Thread(target=_watch, args=(connection, max(warm) + count, seen))
        watcher.start()
        committed = asyncio.run(_send(url, writes, count, per_second))
        watcher.join()
    waited = sorted(_waits(committed, seen))
    p99 = 1_000 * waited[int(len(waited) * 0.99)]
    return [
        Figure(
            name="fresh (p99)",
            ours=round(p99, 1),
            other=LIMIT_MS,
            other_is=f"the limit, at {per_second} commands/s",
            ratio=round(p99 / LIMIT_MS, 2),
            unit="ms",
            must=1.0,
            aim=0.4,
            at_most=True,
            parts={"p50": round(1_000 * waited[len(waited) // 2], 1), "commands": len(waited)},
        )
    ]


async def _send(url: str, writes: Iterator[Write], count: int, per_second: int) -> dict[int, float]:
    """Send on a fixed beat, whatever the answers do; return when each position was committed."""
    committed: dict[int, float] = {}
    async with PostgresRecord(url) as record:

        async def one(write: Write, at: float) -> None:
            await asyncio.sleep(at - perf_counter())
            appended = await record.append(write)
            committed[appended.first] = perf_counter()

        start = perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(one(next(writes), start + number / per_second))
    return committed


def _watch(connection: psycopg.Connection, upto: int, seen: list[tuple[int, float]]) -> None:
    """Note each move of the ledger's position and when it could be seen."""
    position = 0
    while position < upto:
        row = connection.execute(
            """
            SELECT position
              FROM projection_positions
             WHERE name = %s
            """,
            (LEDGER,),
            prepare=True,
        ).fetchone()
        if row is not None and row[0] > position:
            position = row[0]
            seen.append((position, perf_counter()))
        sleep(_LOOK_SECONDS)


def _waits(committed: dict[int, float], seen: list[tuple[int, float]]) -> Iterator[float]:
    """Yield for each commit how long it took until the ledger held it."""
    looks = iter(seen)
    reached, when = next(looks)
    for position, at in sorted(committed.items()):
        while reached < position:
            reached, when = next(looks)
        yield max(0.0, when - at)


def _writes() -> Iterator[Write]:
    """Yield one event each of the lives of grants, a thousand grants at a time."""
    told = [one for one in life() if isinstance(one, GrantEvent | UsageEvent)]
    told = [one for one in told if one.grant_id == f"sharing.grant:{MARK}-0"]
    thousand = 0
    while True:
        versions: dict[str, int] = {}
        for event in told:
            state = encode(event)
            for number in range(thousand * 1_000, (thousand + 1) * 1_000):
                mark = f"{number:08}"
                stream_id = event.stream_id.replace(MARK, mark)
                versions[stream_id] = versions.get(stream_id, 0) + 1
                body = state.replace(MARK.encode(), mark.encode())
                new = NewEvent(stream_id, versions[stream_id], event.TOPIC, 1, body)
                yield Write(str(uuid7()), sha256(body).digest(), (new,))
        thousand += 1


@contextmanager
def _follower(url: str) -> Iterator[None]:
    """Run the hub's follower on this database; stop nothing but that."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "HUB_DATABASE_URL": url,
            "HUB_HOME": home,
            # The lives lie in the past; by today's clock all their duties would be late.
            "HUB_HISTORY_IMPORT": "true",
        }
        command = [sys.executable, "-m", "adapters.follower"]
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own module
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
