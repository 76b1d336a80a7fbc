"""Reading the record by position: pages of events for projections, relay, seal and auditor.

What is no longer in the database is read from the archive (`projections.archived`).
"""

from collections.abc import Iterator, Sequence

import msgspec
import psycopg
from psycopg.rows import args_row

from hub.record import Recorded
from projections import archived

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
_STANDING = """
    SELECT position,
           coalesce((SELECT max(last) FROM record.archives), 0)
      FROM record.log_head
"""
_STREAM = """
    SELECT position, stream_id, version, topic, schema_version, recorded_at, state, leaf
      FROM record.events
     WHERE stream_id = %b
       AND version > %b
     ORDER BY version
"""
_VERSION = "SELECT version FROM record.streams WHERE stream_id = %s"
_VERSION_AT = """
    SELECT coalesce(max(version), 0)
      FROM record.events
     WHERE stream_id = %s
       AND position <= %s
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
    end, shelved = _standing(connection)
    end = end if upto is None else min(upto, end)
    volumes = archived.volumes(connection) if after < min(shelved, end) else []
    step = positions or (PAGE_POSITIONS if topics is None else PAGE_POSITIONS_OF_TOPICS)
    while after < end:
        if after < shelved:
            last = min(after + step, end, shelved)
            events = archived.between(volumes, after + 1, last, topics)
        else:
            last = min(after + step, end)
            events = _page(connection, after, last, topics)
            # Looked at after the page: what the page misses was archived before.
            if topics is not None or len(events) < last - after:
                shelved = archived.reach(connection)
                if shelved > after:
                    volumes = archived.volumes(connection)
                    continue
        yield Page(events, last)
        after = last


def stream(connection: psycopg.Connection, stream_id: str, above: int = 0) -> list[Recorded]:
    """Return the events of one stream above a version, in order."""
    found = _stream(connection, stream_id, above)
    if (found and found[0].version <= above + 1) or not archived.reach(connection):
        return found
    # Up to this version every event is in the database now or in the archive after we looked.
    upto = _version(connection, stream_id)
    found = _stream(connection, stream_id, above)
    upto = found[0].version - 1 if found else upto
    if upto <= above:
        return found
    return archived.stream(archived.volumes(connection), stream_id, above, upto) + found


def version_at(connection: psycopg.Connection, stream_id: str, position: int) -> int:
    """Return the version a stream had at a position, 0 when it had not begun."""
    if archived.reach(connection) == 0:
        row = connection.execute(_VERSION_AT, (stream_id, position)).fetchone()
        return int(row[0]) if row else 0
    before = [one for one in stream(connection, stream_id) if one.position <= position]
    return before[-1].version if before else 0


def at(connection: psycopg.Connection, positions: Sequence[int]) -> list[Recorded]:
    """Return the events at these positions, in order: what stands behind a figure or a line."""
    with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        found = cursor.execute(_AT, (list(positions),)).fetchall()
    missing = sorted(set(positions) - {one.position for one in found})
    if not missing:
        return found
    return archived.at(archived.volumes(connection), missing) + found


def _standing(connection: psycopg.Connection) -> tuple[int, int]:
    """Return the last position, and the last one that lies in the archive."""
    row = connection.execute(_STANDING).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _stream(connection: psycopg.Connection, stream_id: str, above: int) -> list[Recorded]:
    with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        return cursor.execute(_STREAM, (stream_id, above), prepare=True).fetchall()


def _version(connection: psycopg.Connection, stream_id: str) -> int:
    row = connection.execute(_VERSION, (stream_id,)).fetchone()
    return int(row[0]) if row else 0


def _page(
    connection: psycopg.Connection, after: int, last: int, topics: Sequence[str] | None
) -> list[Recorded]:
    with connection.cursor(row_factory=args_row(Recorded), binary=True) as cursor:
        if topics is None:
            return cursor.execute(_PAGE, (after, last), prepare=True).fetchall()
        asked = (after, last, list(topics))
        return cursor.execute(_PAGE_OF_TOPICS, asked, prepare=True).fetchall()
