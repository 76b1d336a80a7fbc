"""A line to PostgreSQL: one connection that is opened again when it breaks."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import psycopg

from adapters.record.trouble import passes, unavailable, unreachable

_Answer = TypeVar("_Answer")

_SETTINGS = {
    "autocommit": True,
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A server that vanished without a word is noticed within about 15 s."""

_PAUSE_FIRST, _PAUSE_LAST = 0.02, 0.5
"""Seconds between two attempts to connect."""


class Line:
    """One connection for one purpose; `run` repeats its work over a new one after a break."""

    def __init__(self, conninfo: str, purpose: str, *, options: str, patience: float) -> None:
        """Keep the address; `options` are server settings (`-c name=value`), patience seconds."""
        self._conninfo = conninfo
        self._purpose = purpose
        self._options = options
        self._patience = patience
        self._connection: psycopg.AsyncConnection | None = None
        self._opening = asyncio.Lock()

    async def run(self, work: Callable[[psycopg.AsyncConnection], Awaitable[_Answer]]) -> _Answer:
        """Do the work, again from its start after a lost connection: it must bear repetition.

        Raises RecordUnavailable when PostgreSQL cannot work now or is away longer than the
        patience, and psycopg's own error for anything that is the statement's fault.
        """
        deadline = monotonic() + self._patience
        pause = _PAUSE_FIRST
        while True:
            connection = None
            try:
                connection = await self._opened()
                return await work(connection)
            except psycopg.Error as error:
                if not passes(error, connection):
                    raise unavailable(error) or error from error
                if monotonic() + pause > deadline:
                    raise unreachable(error, self._patience) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PAUSE_LAST)

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _opened(self) -> psycopg.AsyncConnection:
        async with self._opening:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._conninfo,
                    application_name=f"hub {self._purpose}",
                    options=f"-c timezone=UTC {self._options}",
                    **_SETTINGS,  # type: ignore[arg-type] # libpq's names, not one type
                )
            return self._connection
