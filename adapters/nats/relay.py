"""The relay: publishes position p only as the stream's message p, so both count alike.

`Nats-Expected-Last-Sequence: p - 1` makes a second relay, a retry or a reordering fail instead of
doubling; the relay then asks the stream where it stands and goes on from there. A stream that
lost its tail, or was deleted, is filled again from the record. The hub takes commands with NATS
down; only the relay waits. No `Nats-Msg-Id`: a remembered id could answer for a lost message.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import nats
import psycopg
import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from adapters.nats.envelope import STREAM, SUBJECTS, cloud_event, subject_of
from adapters.record.head import heads, leave_if_cancelled
from hub.record import Recorded, RecordUnavailable
from projections.reader import Page, pages

KEEP_DAYS = 30
"""How long the stream keeps a message; older history is read from the hub by position."""
WINDOW = 256
"""Messages on their way at once; all are numbered, so one that fails fails all behind it."""
ACK_SECONDS_MAX = 10.0
_PAUSE_SECONDS_MIN, _PAUSE_SECONDS_MAX = 0.2, 5.0
_WRONG_LAST_SEQUENCE = 10071

log = structlog.get_logger(__name__)


class StreamAheadError(Exception):
    """The stream holds more than the record: it belongs to another record, or this one is older."""


_TROUBLES = (
    *(NatsError, OSError, psycopg.OperationalError, TimeoutError),
    *(StreamAheadError, RecordUnavailable),
)
"""What passes by itself or by an operator's hand; the relay says it and tries again."""


class Relay:
    """Follows the record and keeps the stream equal to it. `relayed` is the last position out."""

    def __init__(self, conninfo: str, nats_url: str, *, keep_days: int = KEEP_DAYS) -> None:
        """Keep the addresses of the record and of NATS."""
        self._conninfo = conninfo
        self._nats_url = nats_url
        self._keep = timedelta(days=keep_days)
        self.relayed = 0

    async def run(self) -> None:
        """Relay for ever; a lost server is waited for, with growing pauses."""
        pause = _PAUSE_SECONDS_MIN
        while True:
            try:
                async with (
                    self._stream() as jetstream,
                    aclosing(heads(self._conninfo)) as positions,
                ):
                    async for head in positions:
                        await self._up_to(jetstream, head)
                        pause = _PAUSE_SECONDS_MIN
            except _TROUBLES as error:
                log.warning("relay waits", reason=str(error) or type(error).__name__)
            leave_if_cancelled()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _PAUSE_SECONDS_MAX)

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[JetStreamContext]:
        client = await nats.connect(
            self._nats_url,
            error_cb=_say,
            allow_reconnect=False,  # the loop above connects again and asks where the stream stands
            connect_timeout=5,
            name="hub relay",
        )
        try:
            jetstream = client.jetstream(timeout=ACK_SECONDS_MAX)
            self.relayed = await self._last_of_stream(jetstream)
            yield jetstream
        finally:
            await client.close()

    async def _last_of_stream(self, jetstream: JetStreamContext) -> int:
        """Return the stream's last sequence, making the stream when there is none."""
        try:
            info = await jetstream.stream_info(STREAM)
        except NotFoundError:
            first = await asyncio.to_thread(self._first_position_kept)
            info = await jetstream.add_stream(_config(self._keep, first))
        return max(info.state.last_seq, info.state.first_seq - 1, 0)

    def _first_position_kept(self) -> int:
        """Return the first position young enough for a new stream, else the one to come next."""
        with psycopg.connect(self._conninfo) as connection:
            row = connection.execute(
                """
                SELECT coalesce(
                         (SELECT position
                            FROM record.events
                           WHERE recorded_at >= %s
                           ORDER BY position
                           LIMIT 1),
                         (SELECT position + 1 FROM record.log_head))
                """,
                (datetime.now(UTC) - self._keep,),
            ).fetchone()
        return int(row[0]) if row else 1

    async def _up_to(self, jetstream: JetStreamContext, head: int) -> None:
        """Publish everything up to a position; raises StreamAheadError when the stream is ahead."""
        if self.relayed > head:
            raise StreamAheadError(
                f"the stream {STREAM} stands at {self.relayed}, the record at {head}: the record "
                "was restored from an older copy, or the stream belongs to another hub. Bring the "
                "missing events back or delete the stream; the relay goes on by itself."
            )
        while self.relayed < head:
            page = await asyncio.to_thread(self._page, head)
            try:
                await self._publish(jetstream, page.events)
            except APIError as error:
                if error.err_code != _WRONG_LAST_SEQUENCE:
                    raise
                self.relayed = await self._last_of_stream(jetstream)

    def _page(self, head: int) -> Page:
        with psycopg.connect(self._conninfo) as connection:
            return next(pages(connection, self.relayed, upto=head))

    async def _publish(self, jetstream: JetStreamContext, events: Sequence[Recorded]) -> None:
        for start in range(0, len(events), WINDOW):
            window = events[start : start + WINDOW]
            # Not publish_async(): in nats-py 2.16 a refused message never completes its promise.
            sent = (
                jetstream.publish(
                    subject_of(event), cloud_event(event), headers=_numbered(event.position)
                )
                for event in window
            )
            answers = await asyncio.gather(*sent, return_exceptions=True)
            for event, answer in zip(window, answers, strict=True):
                if isinstance(answer, BaseException):
                    raise answer
                self.relayed = event.position


def _numbered(position: int) -> dict[str, str]:
    return {
        "Nats-Expected-Last-Sequence": str(position - 1),
        "Content-Type": "application/cloudevents+json",
    }


def _config(keep: timedelta, first: int) -> StreamConfig:
    return StreamConfig(
        name=STREAM,
        subjects=[SUBJECTS],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=keep.total_seconds(),
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        first_seq=max(first, 1),
    )


async def _say(error: Exception) -> None:
    log.warning("nats", reason=str(error) or type(error).__name__)
