"""How long a department waits for its receipt: `?wait=sealed` beside the same command without.

Both are sent to one API process on one beat, in turn, while a sealer of its own seals the record;
the time runs from the moment a command was due to the last byte of its answer.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter

import orjson
import uvloop

from adapters.bench.edge import COMMAND, PLACEHOLDER, body, prepare, serving
from adapters.bench.figure import Figure
from adapters.bench.traffic import post
from adapters.seal.store import LogFiles

PER_SECOND = 50
SECONDS = 20.0
LIMIT_MS = 2_000
CONNECTIONS = 128
_CREATED = b"HTTP/1.1 201"
_WARM_UP_SECONDS = 1.0
_START_SECONDS_MAX = 60.0
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def receipt(
    url: str, home: Path, *, seconds: float = SECONDS, per_second: int = PER_SECOND
) -> list[Figure]:
    """Measure command → receipt, 99th of 100, at so many commands a second, half of them waiting.

    `url` is a migrated database of its own on a durable server, as hub_app; `home` a folder on the
    disk to which the log is written.
    """
    token = asyncio.run(prepare(url))
    with serving(url, home) as port, _sealer(url, home):
        waited, plain = uvloop.run(_measure(port, token, seconds, per_second))
    ours, other = _p(waited, 0.99), _p(plain, 0.99)
    parts = {
        "p50": _p(waited, 0.5),
        "plain p50": _p(plain, 0.5),
        "commands": float(len(waited) + len(plain)),
    }
    return [
        Figure(
            name="receipt (p99)",
            ours=ours,
            other=other,
            other_is=f"the same command without waiting, {per_second} commands/s, half and half",
            ratio=round(ours / other, 2),
            unit="ms",
            parts=parts,
        ),
        Figure(
            name="receipt (limit)",
            ours=ours,
            other=LIMIT_MS,
            other_is="the limit: every event sealed within 2 s",
            ratio=round(ours / LIMIT_MS, 2),
            unit="ms",
            must=1.0,
            aim=0.25,
            at_most=True,
        ),
    ]


async def _measure(
    port: int, token: str, seconds: float, per_second: int
) -> tuple[list[float], list[float]]:
    """Send on a fixed beat, whatever the answers do; return both kinds' seconds, sorted."""
    numbers = count(time.time_ns())
    template = body()
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    took: dict[bool, list[float]] = {True: [], False: []}

    async def one(due: float, *, wait: bool) -> None:
        await asyncio.sleep(due - perf_counter())
        number = str(next(numbers))
        request = post(
            f"{COMMAND}?wait=sealed" if wait else COMMAND,
            template.replace(PLACEHOLDER, number.encode()),
            {"authorization": f"Bearer {token}", "idempotency-key": f"bench-{number}"},
        )
        connection = await free.get()
        sealed = await _answered(connection, request)
        took[wait].append(perf_counter() - due)
        assert sealed is wait, f"no receipt within {took[wait][-1]:.1f} s"
        free.put_nowait(connection)

    for lasting in (_WARM_UP_SECONDS, seconds):
        took[True].clear()
        took[False].clear()
        start = perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for number in range(max(4, round(lasting * per_second))):
                group.create_task(one(start + number / per_second, wait=bool(number % 2)))
    while not free.empty():
        free.get_nowait()[1].close()
    return sorted(took[True]), sorted(took[False])


async def _answered(connection: Connection, request: bytes) -> bool:
    """Send a command and read its whole answer; say whether it brought a receipt."""
    reader, writer = connection
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(_CREATED), head
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    answer = orjson.loads(await reader.readexactly(length))
    return bool(answer.get("receipt"))


def _p(seconds: list[float], share: float) -> float:
    return round(1_000 * seconds[min(int(len(seconds) * share), len(seconds) - 1)], 1)


@contextmanager
def _sealer(url: str, home: Path) -> Iterator[None]:
    """Run the hub's sealer on this database and home; stop nothing but that."""
    environment = {**os.environ, "HUB_DATABASE_URL": url, "HUB_HOME": str(home)}
    command = [sys.executable, "-m", "adapters.seal"]
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own module
    try:
        assert asyncio.run(LogFiles(home / "log").await_sealed(1, _START_SECONDS_MAX)) is not None
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
