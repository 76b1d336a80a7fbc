"""The desk: what every request finds on it, made once when the server starts."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

import anyio.to_thread
import psycopg
from fastapi import FastAPI, Request
from psycopg_pool import ConnectionPool

from adapters.http.cursor import Cursors
from adapters.http.metrics import Metrics
from adapters.http.pasts import Pasts
from adapters.http.sealed import Sealed
from adapters.http.standing import Standings
from adapters.identity.door import Door
from adapters.lake.store import PayloadStore
from adapters.record.postgres import PostgresRecord
from adapters.settings import Settings
from adapters.vault.sealing import MasterKey
from hub.execute import Hub

POOL_CONNECTIONS_MAX = 8
POOL_WAIT_SECONDS = 5.0
QUESTION_SECONDS_MAX = 20

_Answer = TypeVar("_Answer")


def now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


@dataclass
class Desk:
    """Record and hub for commands, a pool for questions, the past, door, payloads, the clock."""

    settings: Settings
    record: PostgresRecord
    hub: Hub
    pool: ConnectionPool
    door: Door
    standings: Standings
    metrics: Metrics
    store: PayloadStore
    pasts: Pasts
    clock: Callable[[], datetime] = now
    sealed: Sealed = field(init=False)

    def __post_init__(self) -> None:
        """Look at the log where the settings say that it lies."""
        self.sealed = Sealed(self.settings.log_dir, self.settings.witness_policy)

    @cached_property
    def cursors(self) -> Cursors:
        """What seals the keys of rows in cursors."""
        url = self.settings.database_url
        assert url is not None, "open_desk has asked for it"
        return Cursors(url.get_secret_value())

    @cached_property
    def master(self) -> MasterKey:
        """The key-encryption key of personal text; its file is made when first needed."""
        return MasterKey.at(self.settings.personal_key)

    async def ask(self, question: Callable[[psycopg.Connection], _Answer]) -> _Answer:
        """Answer a question from the database in a thread."""

        def ask() -> _Answer:
            with self.pool.connection() as connection:
                return question(connection)

        return await anyio.to_thread.run_sync(ask)


@asynccontextmanager
async def open_desk(settings: Settings, metrics: Metrics) -> AsyncIterator[Desk]:
    """Connect to the record and the views; hang up at the end.

    Raises RecordUnavailable with the reason when the database cannot be reached.
    """
    assert settings.database_url is not None, "set HUB_DATABASE_URL; `hub up` does it for you"
    url = settings.database_url.get_secret_value()
    pool: ConnectionPool = ConnectionPool(
        url,
        min_size=1,
        max_size=POOL_CONNECTIONS_MAX,
        timeout=POOL_WAIT_SECONDS,
        kwargs={
            "autocommit": True,
            "application_name": "shuqiao questions",
            "options": f"-c search_path=views -c statement_timeout={QUESTION_SECONDS_MAX}s"
            " -c timezone=UTC",
        },
        check=ConnectionPool.check_connection,
        open=False,
    )
    record = PostgresRecord(url, waiting_max=settings.queue_commands_max)
    async with record:
        pool.open(wait=False)
        try:
            metrics.watch(record)
            store = PayloadStore(settings.home / "lake")
            hub, door, standings = Hub(record), Door(pool), Standings(record)
            pasts = Pasts(url, pool, settings.pasts_max)
            yield Desk(settings, record, hub, pool, door, standings, metrics, store, pasts)
        finally:
            await anyio.to_thread.run_sync(pool.close)


def desk_of(request: Request) -> Desk:
    """Return the desk of the application that serves this request."""
    return desk_at(request.app)


def desk_at(app: FastAPI) -> Desk:
    """Return the desk of an application; it is there once the server has started."""
    desk = app.state.desk
    assert isinstance(desk, Desk)
    return desk
