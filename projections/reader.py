"""Reading the record by position: pages of events for projections, relay, seal and auditor."""

from collections.abc import Iterator, Sequence

import msgspec
import psycopg
from psycopg.rows import args_row

from hub.record import Recorded

PAGE_POSITIONS = 2_000
"""Positions per page: with fewer the round trips cost, with more the memory caches miss."""
PAGE_POSITIONS_OF_TOPICS = 20_000
"""Positions per page when only some topics are wanted."""

_PAGE = """
    SELECT position, stream_id, version, topic, schema_version, recorded_at, state, leaf
      FROM record.events
     WHERE position > %b
       AND position <= %b
     ORDER BY position
"""
_PAGE_OF_TOPICS = """
    SELECT position, stream_id, version, topic, schema_version, recorded_at, state, leaf
      FROM record.events
     WHERE position > %b
       AND position <= %b
       AND topic = ANY (%b::text[])
     ORDER BY position
"""
_STREAM = """
    SELECT position, stream_id, version, topic, schema_version, recorded_at, state, leaf
      FROM record.events
     WHERE stream_id = %b
       AND version > %b
     ORDER BY version
"""
_AT = """
    SELECT position, stream_id, version, topic, schema_version, recorded_at, state, leaf
      FROM record.events
     WHERE position = ANY (%b::bigint[])
     ORDER BY position
"""


POLL_SECONDS = 1.0
"""How long a listener waits before it looks for itself: a lost call costs at most this."""


class Page(msgspec.Struct, frozen=True):
    """The wanted events up to a position, and that position: after it the next page begins."""

    events: Sequence[Recorded]
    upto: int


def head(connection: psycopg.Connection) -> int:
    """Return the last position; every event up to it can be read, none is still to come."""
    row = connection.execute("SELECT position FROM record.log_head").fetchone()
    return int(row[0]) if row else 0


def listen(connection: psycopg.Connection) -> None:
    """Let this connection be called whenever the record has grown; look once after this."""
    connection.execute("LISTEN record")


def await_growth(
    connection: psycopg.Connection, beyond: int, *, seconds_max: float = POLL_SECONDS
) -> None:
    """Return when the record is said to have grown beyond a position, or the time is over."""
    for call in connection.notifies(timeout=seconds_max):
        if int(call.payload) > beyond:
            return


def pages(
    connection: psycopg.Connection,
    after: int,
    *,
    upto: int | None = None,
    topics: Sequence[str] | None = None,
    positions: int | None = None,
) -> Iterator[Page]:
    """Yield the events after a position, page by page, up to the head as it stands now.

    `upto` ends earlier; `topics` leaves out all others (the pages still advance). The connection
    may be used for other work between two pages.
    """
    end = head(connection) if upto is None else min(upto, head(connection))
    step = positions or (PAGE_POSITIONS if topics is None else PAGE_POSITIONS_OF_TOPICS)
    with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        while after < end:
            last = min(after + step, end)
            if topics is None:
                cursor.execute(_PAGE, (after, last), prepare=True)
            else:
                cursor.execute(_PAGE_OF_TOPICS, (after, last, list(topics)), prepare=True)
            yield Page(cursor.fetchall(), last)
            after = last


def stream(connection: psycopg.Connection, stream_id: str, above: int = 0) -> list[Recorded]:
    """Return the events of one stream above a version, in order."""
    with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        return cursor.execute(_STREAM, (stream_id, above), prepare=True).fetchall()


def at(connection: psycopg.Connection, positions: Sequence[int]) -> list[Recorded]:
    """Return the events at these positions, in order: what stands behind a figure or a line."""
    with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        return cursor.execute(_AT, (list(positions),)).fetchall()
