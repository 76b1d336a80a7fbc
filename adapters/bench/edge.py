"""How many durable commands a second one API process takes, against an empty POST.

Both go to the same process over 64 connections with the same body. The empty POST is a plain
FastAPI route with the same body model and no other work; the command is a whole one: session,
validation, decision, commit on disk, receipt.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

import orjson
import psycopg
import uvicorn
import uvloop
from fastapi import FastAPI, Response

from adapters.bench.figure import Figure
from adapters.bench.traffic import post, rate
from adapters.http.app import create_app
from adapters.identity.accounts import create_account
from adapters.identity.credentials import start_session
from adapters.record.postgres import PostgresRecord
from adapters.seed import SOWER
from hub.departments.commands import EstablishAuthority, RegisterLegalBasis
from hub.departments.kinds import LegalRank
from hub.execute import Hub

CONNECTIONS = 64
SECONDS = 4.0
EMPTY = "/bench/empty"
COMMAND = "/api/v1/departments/register-legal-basis"
AUTHORITY = "departments.organization:bench"
HEAD = "bench.head"
_READY_SECONDS_MAX = 30.0
PLACEHOLDER = b"1000000000000000000"


def edge(url: str, *, seconds: float = SECONDS) -> list[Figure]:
    """Measure commands and empty POSTs per second, 64 connections, one API process.

    `url` is a migrated database of its own on a durable server, as hub_app.
    """
    token = asyncio.run(prepare(url))
    with tempfile.TemporaryDirectory() as home, serving(url, Path(home)) as port:
        headers = {"authorization": f"Bearer {token}"}
        empty, ours = uvloop.run(_measure(port, headers, seconds))
    return [
        Figure(
            name="edge",
            ours=round(ours),
            other=round(empty),
            other_is="an empty POST with the same body model, same process, 64 connections",
            ratio=round(ours / empty, 2),
            unit="commands/s",
            must=0.25,
            aim=0.4,
        )
    ]


async def _measure(port: int, headers: dict[str, str], seconds: float) -> tuple[float, float]:
    """Return answers per second of the empty POST and of the command, after a warm-up."""
    numbers = count(time.time_ns())
    template = body()

    def requests_to(path: str) -> Callable[[], bytes]:
        def whole() -> bytes:
            number = str(next(numbers))
            fresh = template.replace(PLACEHOLDER, number.encode())
            return post(path, fresh, {**headers, "idempotency-key": f"bench-{number}"})

        return whole

    async def answered(path: str, expected: int, lasting: float) -> float:
        per_second, statuses = await rate(
            "127.0.0.1", port, requests_to(path), connections=CONNECTIONS, seconds=lasting
        )
        assert set(statuses) == {expected}, f"{path} answered {statuses}"
        return per_second

    for path, expected in ((EMPTY, 204), (COMMAND, 201)):
        await answered(path, expected, seconds / 4)
    return await answered(EMPTY, 204, seconds), await answered(COMMAND, 201, seconds)


def body() -> bytes:
    """Return the command with a place for the number of its stream."""
    command = RegisterLegalBasis(
        legal_basis_id=f"departments.legal_basis:{PLACEHOLDER.decode()}",
        title="关于进一步加强政务数据共享协调工作的通知",
        number="政办发〔2026〕12号",
        rank=LegalRank.DOCUMENT,
        issuer="市人民政府办公室",
        valid_from=date(2026, 3, 2),
    )
    return orjson.dumps(command.model_dump(mode="json"))


async def prepare(url: str) -> str:
    """Found an authority and log its head in."""
    async with PostgresRecord(url) as record:
        command = EstablishAuthority(
            org_id=AUTHORITY,
            name="市数据局",
            uscc="11330100002489354R",
            region_code="330100",
            head_id=HEAD,
        )
        await Hub(record).execute(command, SOWER, datetime.now(UTC), command_id="bench-founding")
    with psycopg.connect(url) as connection:
        create_account(connection, HEAD, AUTHORITY, HEAD)
        return start_session(connection, HEAD)[0]


def bench_app() -> FastAPI:
    """Return the application with the empty POST beside its own routes."""
    app = create_app()

    @app.post(EMPTY, include_in_schema=False)
    async def empty(command: RegisterLegalBasis) -> Response:
        del command
        return Response(status_code=204, headers={"content-length": "0"})

    # First in line, so that looking for its route costs the yardstick nothing.
    app.router.routes.insert(0, app.router.routes.pop())
    return app


@contextmanager
def serving(url: str, home: Path) -> Iterator[int]:
    """Run one API process on a port of its own, give the port; kill nothing but that."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {
            **os.environ,
            "HUB_DATABASE_URL": url,
            "HUB_HOME": str(home),
            "HUB_PORT": str(port),
        }
        command = [sys.executable, "-m", "adapters.bench.edge"]
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own module
        try:
            _wait_until_ready(port)
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:  # noqa: PLR2004
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


def main() -> None:
    """Serve the application of the bench, as `adapters.serve` serves the real one."""
    uvicorn.run(
        bench_app,
        factory=True,
        port=int(os.environ["HUB_PORT"]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
