"""The register of pasts: which schemas show the views as of which moment, and how they stand."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
import psycopg

from projections.moment import Moment
from projections.projection import Projection
from projections.query import as_row


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One past as it stands; the times of a broken one are those of the try."""

    schema_name: str
    as_of: datetime | None
    until_position: int | None
    state: str
    made_by: str
    read_to: int
    last_position: int
    last_at: datetime | None
    reason: str
    built_at: datetime | None
    build_seconds: float | None
    asked_at: datetime

    @property
    def stands_at(self) -> datetime | None:
        """Return the legal time that is `now` in it; None where nothing had happened yet."""
        return self.as_of or self.last_at


class Built(msgspec.Struct, frozen=True):
    """What a build found: how far it read, the last event inside, the latest legal time of one."""

    read_to: int = 0
    last_position: int = 0
    last_at: datetime | None = None
    seconds: float | None = None


def pasts(connection: psycopg.Connection) -> list[Past]:
    """Return the pasts there are, the one asked for last first."""
    with connection.cursor(row_factory=as_row(Past)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM desk.pasts
             ORDER BY asked_at DESC, schema_name
            """
        ).fetchall()


def find(connection: psycopg.Connection, moment: Moment) -> Past | None:
    """Return the line of a moment's past, in whatever state."""
    with connection.cursor(row_factory=as_row(Past)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM desk.pasts
             WHERE schema_name = %s
            """,
            (moment.schema,),
        ).fetchone()


def note(
    connection: psycopg.Connection,
    moment: Moment,
    makers: str,
    state: str,
    *,
    built: Built | None = None,
    reason: str = "",
) -> None:
    """Write down how a past stands."""
    found = built or Built()
    connection.execute(
        """
        INSERT INTO desk.pasts AS p
               (schema_name, as_of, until_position, state, made_by, reason, built_at, read_to,
                last_position, last_at, build_seconds)
        VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp(), %s, %s, %s, %s)
            ON CONFLICT (schema_name) DO UPDATE
           SET state = excluded.state, made_by = excluded.made_by, read_to = excluded.read_to,
               last_position = excluded.last_position, last_at = excluded.last_at,
               reason = excluded.reason, built_at = excluded.built_at,
               build_seconds = excluded.build_seconds, asked_at = clock_timestamp()
        """,
        (
            *(moment.schema, moment.as_of, moment.until, state, makers, reason),
            *(found.read_to, found.last_position, found.last_at, found.seconds),
        ),
    )


def made_by(projections: Sequence[Projection[Any]]) -> str:
    """Return what tells one set of projections from another: names, versions, columns."""
    lines = [f"{one.name} {one.version} {one.row.__struct_fields__}" for one in projections]
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
