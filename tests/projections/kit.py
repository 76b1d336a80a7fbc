"""given these events, then these rows: a real record, the real runner, a real database."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.record.batch import parameters
from hub.codec import encode
from hub.record import NewEvent, Write
from projections.catch_up import catch_up
from projections.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hub.event import Event
    from projections.projection import Projection
    from tests.servers import Database

_APPEND = """
    SELECT *
      FROM record.append_batch(
           %s, %s::int[], %s::text[], %s::bytea[], %s::int[], %s::text[], %s::int[], %s::text[],
           %s::int[], %s::bytea[], %s::bytea[], %s::int[], %s::text[], %s::int[],
           %s::int[], %s::text[], %s::bytea[])
"""


def record(
    connection: psycopg.Connection, events: Iterable[Event], at: datetime | None = None
) -> int:
    """Put events into the record as one command's; return the last position."""
    events = tuple(events)
    versions: dict[str, int] = dict(
        connection.execute(
            "SELECT stream_id, version FROM record.streams WHERE stream_id = ANY (%s)",
            ([event.stream_id for event in events],),
        ).fetchall()
    )
    new = []
    for event in events:
        version = versions[event.stream_id] = versions.get(event.stream_id, 0) + 1
        state = encode(event)
        new.append(NewEvent(event.stream_id, version, event.TOPIC, event.SCHEMA_VERSION, state))
    return store(connection, new, at)


def store(
    connection: psycopg.Connection, new: Sequence[NewEvent], at: datetime | None = None
) -> int:
    """Put stored forms into the record, also such as no program would write."""
    if new:
        head = connection.execute("SELECT position, recorded_at FROM record.log_head").fetchone()
        assert head is not None
        moment = max(at or datetime.now(UTC), head[1])
        command_id = f"kit:{head[0]}"
        write = Write(command_id, sha256(command_id.encode()).digest(), tuple(new))
        with connection.cursor() as cursor:
            verdicts = cursor.execute(_APPEND, parameters([write], moment)).fetchall()
        assert [verdict[1] for verdict in verdicts] == ["stored"], verdicts
    row = connection.execute("SELECT position FROM record.log_head").fetchone()
    assert row is not None
    return int(row[0])


class Given:
    """A record with events, and the projections over it; from the fixture `given`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def __call__(self, *events: Event) -> Given:
        """Start from these events."""
        return self.and_then(*events)

    def and_then(self, *events: Event) -> Given:
        """Let more happen."""
        record(self.connection, events)
        return self

    def shown_by(self, *projections: Projection[Any]) -> psycopg.Connection:
        """Bring the projections up to date; return a connection for their query functions."""
        caught = catch_up(self.connection, projections)
        assert not caught.parked, caught.parked
        return self.connection

    def rows(self, projection: Projection[Any]) -> list[Any]:
        """Bring one projection up to date and return its rows, by key."""
        return rows(self.shown_by(projection), projection)


def rows(connection: psycopg.Connection, projection: Projection[Any]) -> list[Any]:
    """Return every row of a projection's table, by key."""
    shape = Shape(projection)
    columns, key = ", ".join(shape.columns), ", ".join(shape.key)
    question = f"SELECT {columns} FROM {projection.name} ORDER BY {key}"
    found = connection.execute(question.encode())
    return [shape.row_of(values) for values in found.fetchall()]


def dump(connection: psycopg.Connection, projection: Projection[Any], schema: str = "") -> bytes:
    """Return a table's content as PostgreSQL writes it, in the order of its keys."""
    table = f"{schema}.{projection.name}" if schema else projection.name
    key = ", ".join(projection.key)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY (SELECT * FROM {table} ORDER BY {key}) TO STDOUT".encode()) as copy,
    ):
        return b"".join(bytes(part) for part in copy)


def empty(database: Database) -> None:
    """Make the test's own record and views as new: what no role of the hub could do."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname = 'views' OR (schemaname = 'record' AND tablename <> 'log_head')"
        ).fetchall()
        connection.execute(f"TRUNCATE {', '.join(name for (name,) in tables)}".encode())
        connection.execute("UPDATE record.log_head SET position = 0")
