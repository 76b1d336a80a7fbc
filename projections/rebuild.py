"""Building projections anew beside the live ones, and building the past beside the present.

A rebuild fills a schema of its own from the first event on, then takes the place of the live
tables in one transaction; until then everybody reads the old rows, and never an empty table.
"""

import re
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from projections import positions, side_schema
from projections.catch_up import Caught, Memory, Poison, Progress, advance, catch_up
from projections.connect import LIVE, look_at
from projections.fill import fill
from projections.projection import Projection
from projections.reader import head

NEXT = "views_next"
"""The schema in which a rebuild grows."""
SWITCH_ATTEMPTS_MAX = 60
SWITCH_LOCK_MILLISECONDS_MAX = 3_000
"""How long a switch waits for readers before it lets those behind it pass and tries again.

More than the second after which PostgreSQL ends an autovacuum that stands in the way."""
SWITCH_PAUSE_SECONDS = 0.5
_OURS = "shuqiao: the views as of "
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED = ("views", NEXT, "record", "desk", "public", "information_schema")
_EVERYTHING = 1 << 62


class CannotRebuild(Exception):
    """A rebuild or replay did not happen; the sentence says why and what to do."""


def rebuild(
    connection: psycopg.Connection,
    projections: Sequence[Projection[Any]],
    *,
    progress: Progress | None = None,
) -> Caught:
    """Build projections anew and put them in the place of the live ones; the live go on meanwhile.

    Also what makes a parked projection go again, once its fault is mended. Raises CannotRebuild
    when an event cannot be taken (the live tables stay as they are) or another rebuild is running.
    """
    if not _alone(connection):
        raise CannotRebuild("another rebuild is running on this database; wait until it is done")
    try:
        look_at(connection, LIVE)
        positions.enter(connection, projections, version=0)
        side_schema.drop(connection, NEXT)
        side_schema.lay_out(connection, NEXT, projections)
        look_at(connection, NEXT)
        memory = Memory(projections)
        pairs = fill(connection, NEXT, memory, goal=head(connection), progress=progress)
        caught = _filled(connection, memory, progress)
        side_schema.finish(connection, NEXT, projections)
        _switch(connection, memory)
        return msgspec.structs.replace(caught, pairs=caught.pairs + pairs)
    finally:
        if not connection.closed:
            side_schema.drop(connection, NEXT)
            look_at(connection, LIVE)
            connection.execute("SELECT pg_advisory_unlock(hashtext('shuqiao rebuild'))")


def replay(
    connection: psycopg.Connection,
    projections: Sequence[Projection[Any]],
    schema: str,
    *,
    until: int | None = None,
    as_of: datetime | None = None,
    progress: Progress | None = None,
) -> Caught:
    """Build the views as they stood into a schema: after position `until`, or on a legal day.

    `as_of` takes what had happened in law by that moment, whenever it was recorded. Every query
    works there through `search_path`. A schema an earlier replay made is replaced, another one is
    refused with CannotRebuild. The connection looks at that schema afterwards.
    """
    _check_name(connection, schema)
    if until is not None and until > head(connection):
        raise CannotRebuild(f"the record ends at {head(connection)}; there is no position {until}")
    if until is None:
        until = head(connection)
    shows = f"position {until}" if as_of is None else f"{as_of.isoformat()}, position {until}"
    with connection.transaction():
        side_schema.drop(connection, schema)
        side_schema.lay_out(connection, schema, projections)
        connection.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(
                sql.Identifier(schema), sql.Literal(f"{_OURS}{shows}")
            )
        )
    look_at(connection, schema)
    memory = Memory(projections)
    pairs = fill(connection, schema, memory, goal=until, as_of=as_of, progress=progress)
    caught = catch_up(connection, memory, until=until, as_of=as_of, progress=progress)
    side_schema.finish(connection, schema, projections)
    return msgspec.structs.replace(caught, pairs=caught.pairs + pairs)


def replays(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Return the schemas that replays made, each with what it shows."""
    return connection.execute(
        """
        SELECT nspname, substr(obj_description(oid, 'pg_namespace'), length(%(ours)s) + 1)
          FROM pg_namespace
         WHERE starts_with(obj_description(oid, 'pg_namespace'), %(ours)s)
         ORDER BY nspname
        """,
        {"ours": _OURS},
    ).fetchall()


def _alone(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(hashtext('shuqiao rebuild'))").fetchone()
    return row is not None and bool(row[0])


def _filled(connection: psycopg.Connection, memory: Memory, progress: Progress | None) -> Caught:
    caught = catch_up(connection, memory, progress=progress)
    for parked in caught.parked:
        raise CannotRebuild(
            f"{parked.name} cannot take the event {parked.parked_position}:"
            f" {parked.parked_reason}; the live table was left as it is"
        )
    return caught


def _switch(connection: psycopg.Connection, memory: Memory) -> None:
    """Take the place of the live tables: the last events are folded while followers wait."""
    names = sorted(memory.held)
    for _ in range(SWITCH_ATTEMPTS_MAX):
        _filled(connection, memory, None)
        try:
            with connection.transaction():
                timeout = f"SET LOCAL lock_timeout = {SWITCH_LOCK_MILLISECONDS_MAX}"
                connection.execute(timeout.encode())
                connection.execute(
                    "SELECT FROM views.projection_positions WHERE name = ANY (%s)"
                    " ORDER BY name FOR UPDATE",
                    (names,),
                )
                advance(connection, memory, names, until=None, batch=_EVERYTHING)
                side_schema.put_in_place(connection, NEXT, memory.projections)
        except Poison:
            memory.forget()  # the next filling parks it there and says so
        except psycopg.errors.LockNotAvailable:
            memory.forget()
            time.sleep(SWITCH_PAUSE_SECONDS)
        else:
            return
    raise CannotRebuild(
        "somebody has been reading the live tables all the time (a report, an open transaction?);"
        " look in pg_stat_activity, end it and rebuild again"
    )


def _check_name(connection: psycopg.Connection, schema: str) -> None:
    if not _NAME.fullmatch(schema) or schema in _RESERVED or schema.startswith("pg_"):
        raise CannotRebuild(
            f"“{schema}” cannot be the schema of a replay: small letters, digits and _ only, at"
            f" most 63, and none of {', '.join(_RESERVED)}"
        )
    row = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s",
        (schema,),
    ).fetchone()
    if row is not None and not (row[0] or "").startswith(_OURS):
        raise CannotRebuild(f"the schema {schema} exists and is not a replay; choose another name")
