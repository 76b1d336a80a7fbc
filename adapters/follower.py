"""The follower process, `python -m adapters.follower`: projections kept up to date, and the clock.

Projections follow in a thread of their own. On the event loop beside it run the clock, the reader
that raises update duties when a law changed, and the one that reports what was read under grants;
they are woken by each pass and once a second at least. Once a night the views are compared with the
record, in a process of its own.
"""

import asyncio
import gc
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event as Flag
from threading import Thread

import structlog

from adapters.archive.door import hand_in
from adapters.clock import Clock, RecordedTime, wall_clock
from adapters.drift import Nightly
from adapters.erasure import Erasure
from adapters.law_changes import LawChanges
from adapters.record.postgres import PostgresRecord
from adapters.settings import Settings, load
from adapters.use_reports import UseReports
from adapters.wish import Say
from hub.execute import Hub
from hub.record import RecordUnavailable
from projections.catch_up import Caught
from projections.follow import follow
from projections.registry import PROJECTIONS

TICK_SECONDS_MAX = 1.0
"""The clock looks at least this often."""
TICK_SECONDS_MIN = 0.25
"""And not oftener than this, however fast events come in."""


def main() -> None:
    """Follow until told to stop."""
    # What is loaded by now is never garbage; looking through it once held up readers for 0.2 s.
    gc.freeze()
    settings = load()
    if settings.database_url is None:
        sys.exit("HUB_DATABASE_URL is not set: the follower needs to know which database to follow")
    hand_in(settings)
    asyncio.run(run(settings.database_url.get_secret_value(), settings, _say(settings)))


async def run(url: str, settings: Settings, say: Say) -> None:
    """Run the projections and the clock until SIGTERM or Ctrl-C."""
    loop = asyncio.get_running_loop()
    stop, woken = Flag(), asyncio.Event()

    def passed(caught: Caught) -> None:
        del caught
        with suppress(RuntimeError):  # the loop is closed while we stop
            loop.call_soon_threadsafe(woken.set)

    def end() -> None:
        stop.set()
        woken.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    thread = Thread(
        target=follow,
        args=(url, PROJECTIONS, stop),
        kwargs={"passed": passed, "say": say},
        name="projections",
    )
    thread.start()
    # By the hour on the wall: an imported year has hundreds of nights, and one comparison will do.
    nightly = Nightly(settings.nightly_at, say, now=lambda: datetime.now(UTC))
    try:
        await _keep_time(url, settings, say, stop, woken, nightly)
    finally:
        stop.set()
        await nightly.stop()
        await asyncio.to_thread(thread.join)


async def _keep_time(
    url: str, settings: Settings, say: Say, stop: Flag, woken: asyncio.Event, nightly: Nightly
) -> None:
    now = RecordedTime() if settings.history_import else wall_clock
    while not stop.is_set():
        try:
            async with PostgresRecord(url) as record:
                hub = Hub(record)
                clock = Clock(hub, url, say=say, now=now)
                laws = LawChanges(hub, url, say=say, now=now)
                uses = UseReports(hub, url, say=say, now=now)
                erasure = Erasure(url, say=say)
                try:
                    while not stop.is_set():
                        await laws.tick()
                        await uses.tick()
                        await clock.tick()
                        await erasure.tick()
                        await nightly.tick()
                        await _pause(woken)
                finally:
                    clock.close()
                    laws.close()
                    uses.close()
                    erasure.close()
        except RecordUnavailable as error:
            say(f"the clock waits: {error}")
            await _pause(woken)


async def _pause(woken: asyncio.Event) -> None:
    """Wait for the next pass of the projections, a second at most."""
    await asyncio.sleep(TICK_SECONDS_MIN)
    with suppress(TimeoutError):
        await asyncio.wait_for(woken.wait(), TICK_SECONDS_MAX)
    woken.clear()


def _say(settings: Settings) -> Say:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    log = structlog.wrap_logger(
        structlog.PrintLogger(file=sys.stderr),
        processors=[structlog.processors.TimeStamper(fmt="iso", key="ts", utc=True), renderer],
    )

    def say(words: str) -> None:
        log.info(words)

    return say


if __name__ == "__main__":
    main()
