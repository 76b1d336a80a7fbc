"""Questions to the past: answered at once where it is built, else when it is, or a little later.

A build goes on in a thread when the question that began it has been told to come back; the next
one, in whatever process, finds it.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from threading import Lock, Thread
from typing import TypeVar

import anyio.to_thread
import psycopg
from psycopg_pool import ConnectionPool

from adapters.http.problems import EdgeProblem
from projections.moment import Moment
from projections.past import BrokenPast, NotBuilt, build, looking_at
from projections.pasts import Past
from projections.registry import PROJECTIONS

WAIT_SECONDS_MAX = 3.0
"""How long a question waits for its past before it is told to come back."""
RETRY_SECONDS = 2
BUILDS_MAX = 4
"""Pasts one process has begun to build or waits to build."""
TRIES_MAX = 3
"""A past may be dropped between two steps when others are asked for in turn."""
Answer = TypeVar("Answer")


class Pasts:
    """The pasts as one process asks for them."""

    def __init__(self, url: str, pool: ConnectionPool, kept_max: int) -> None:
        """Build with connections of its own, ask over the pool."""
        self._url = url
        self._pool = pool
        self._kept_max = kept_max
        self._building: dict[str, Future[Past]] = {}
        self._lock = Lock()

    async def ask(
        self, moments: Sequence[Moment], question: Callable[[psycopg.Connection], Answer]
    ) -> tuple[tuple[Past, ...], Answer]:
        """Answer a question from the views as they stood; raises EdgeProblem while they are built.

        Also when they could not be built: then the sentence says why. Of several moments the
        connection looks at the last; the others stay as long as the question lasts.
        """

        def ask() -> tuple[tuple[Past, ...], Answer]:
            with self._pool.connection() as connection, ExitStack() as looks:
                found = [
                    looks.enter_context(looking_at(connection, each, PROJECTIONS))
                    for each in moments
                ]
                return tuple(found), question(connection)

        for _ in range(TRIES_MAX * len(moments)):
            try:
                return await anyio.to_thread.run_sync(ask)
            except NotBuilt as missing:
                await self._built(missing.moment)
            except BrokenPast as broken:
                raise _broken(moments[-1], broken) from broken
        raise _building(moments[-1])

    async def _built(self, moment: Moment) -> None:
        begun = asyncio.wrap_future(self._begin(moment))
        done, _ = await asyncio.wait({begun}, timeout=WAIT_SECONDS_MAX)
        if not done:
            begun.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            raise _building(moment)
        try:
            begun.result()
        except BrokenPast as broken:
            raise _broken(moment, broken) from broken

    def _begin(self, moment: Moment) -> "Future[Past]":
        """Return the build of a past, begun now unless this process is at it already."""
        name = moment.schema
        with self._lock:
            running = self._building.get(name)
            if running is not None:
                return running
            if len(self._building) >= BUILDS_MAX:
                raise _building(moment)
            future: Future[Past] = Future()
            self._building[name] = future
        Thread(target=self._build, args=(moment, future), name=name, daemon=True).start()
        return future

    def _build(self, moment: Moment, future: "Future[Past]") -> None:
        try:
            past = build(self._url, moment, PROJECTIONS, kept_max=self._kept_max)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            self._end(moment)
            future.set_exception(error)
        else:
            self._end(moment)
            future.set_result(past)

    def _end(self, moment: Moment) -> None:
        with self._lock:
            del self._building[moment.schema]


def _building(moment: Moment) -> EdgeProblem:
    return EdgeProblem(
        "building",
        f"the views as of {_words(moment)} are being built; ask again in {RETRY_SECONDS} s",
        f"正在重建{_words(moment)}的视图，请{RETRY_SECONDS}秒后再查询",
        where="as_of",
        headers={"retry-after": str(RETRY_SECONDS)},
    )


def _broken(moment: Moment, broken: BrokenPast) -> EdgeProblem:
    return EdgeProblem(
        "past_broken",
        f"{broken}; tell the operator",
        f"无法重建{_words(moment)}的视图（{broken}），请告知平台运维",
        where="as_of",
        headers={"retry-after": "60"},
    )


def _words(moment: Moment) -> str:
    parts = [] if moment.as_of is None else [moment.as_of.isoformat(timespec="seconds")]
    return ", ".join([*parts, *([] if moment.until is None else [f"position {moment.until}"])])
