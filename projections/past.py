"""The past: the views as they stood at a moment, built on demand and kept while they are asked for.

    ask -> ready? --yes--> look at its schema (search_path), every question unchanged
              `--no--> build it: one build at a time in a database, then drop the least used

Each past has a line in `desk.pasts`, so that every process of the hub and the next start know it.
Who reads holds a shared advisory lock on its name, who builds or drops an exclusive one; locks end
with their connection, so what a killed process left half built is built anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql

from projections import side_schema
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import Progress, catch_up
from projections.connect import LIVE, connect, look_at
from projections.moment import Moment
from projections.pasts import Built, Past, find, made_by, note, pasts
from projections.projection import Projection
from projections.rebuild import CannotRebuild, replay

KEPT_MAX = 6
"""So many pasts are kept; two days can be compared while others are read."""
BROKEN_SECONDS = 30.0
"""After so long a past that could not be built is tried again."""
_LINE = "shuqiao past: one at a time"


class NotBuilt(Exception):
    """There is no such past now: it has to be built first, or is being built."""

    def __init__(self, moment: Moment) -> None:
        """Keep the moment, so that it can be built."""
        super().__init__(moment.schema)
        self.moment = moment


class BrokenPast(Exception):
    """A past could not be built; the sentence says why."""


@contextmanager
def looking_at(
    connection: psycopg.Connection, moment: Moment, projections: Sequence[Projection[Any]]
) -> Iterator[Past]:
    """Let a connection's questions be answered from a past while the block lasts.

    Raises NotBuilt where it is not ready (nobody may drop it meanwhile), and BrokenPast.
    """
    name = moment.schema
    with connection.transaction():
        found = connection.execute(
            "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))", (name,)
        ).fetchone()
        past = _ready(connection, moment, projections) if found and found[0] else None
        if past is None:
            raise NotBuilt(moment)
        path = sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(name))
        connection.execute(path)
        yield past


def build(
    url: str,
    moment: Moment,
    projections: Sequence[Projection[Any]],
    *,
    kept_max: int = KEPT_MAX,
    progress: Progress | None = None,
) -> Past:
    """Return the past of a moment, ready: built now unless it was, or told what came in late.

    Waits for a build that another process has begun. Raises BrokenPast.
    """
    with connect(url, purpose="past") as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (_LINE,))
        past = _ready(connection, moment, projections)
        if past is not None:
            return past
        _lock(connection, moment.schema)
        try:
            _make(connection, moment, projections, progress)
        except (CannotRebuild, psycopg.Error) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if not connection.closed:
                look_at(connection, LIVE)
                note(connection, moment, made_by(projections), "broken", reason=reason)
            raise BrokenPast(_sentence(moment, reason)) from error
        _unlock(connection, moment.schema)
        look_at(connection, LIVE)
        _drop_least_used(connection, max(kept_max, 2), moment.schema)
        return _known(connection, moment)


def drop_all(connection: psycopg.Connection) -> int:
    """Drop every past (after an erasure nothing may be left of what was erased); return how many.

    Waits for who reads one now; the next question builds its past anew.
    """
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (_LINE,))
    found = pasts(connection)
    for past in found:
        _lock(connection, past.schema_name)
        _drop(connection, past.schema_name)
        _unlock(connection, past.schema_name)
    connection.execute("SELECT pg_advisory_unlock(hashtext(%s))", (_LINE,))
    return len(found)


def _ready(
    connection: psycopg.Connection, moment: Moment, projections: Sequence[Projection[Any]]
) -> Past | None:
    """Return a past that can be looked at now, and note that it was asked for."""
    past = find(connection, moment)
    if past is None or past.made_by != made_by(projections):
        return None
    if past.state == "broken":
        _check_tried_long_ago(connection, past)
        return None
    if past.state != "ready":
        return None
    read_to = past.read_to
    if moment.until is None:
        late, read_to = _late(connection, past)
        if late:
            return None
    # Nobody waits for another's note: both were asking at the same time.
    connection.execute(
        """
        UPDATE desk.pasts
           SET asked_at = clock_timestamp(), read_to = greatest(read_to, %s)
         WHERE schema_name = (SELECT schema_name
                                FROM desk.pasts
                               WHERE schema_name = %s
                                 FOR UPDATE SKIP LOCKED)
        """,
        (read_to, past.schema_name),
    )
    return past


def _late(connection: psycopg.Connection, past: Past) -> tuple[bool, int]:
    """Say whether something was recorded since that had happened by then, and how far was looked.

    A lapse noted afterwards, history brought in later: it belongs to the past all the same. A line
    behind where the trail stands is nobody's event: it would keep the past from ever being ready.
    """
    row = connection.execute(
        """
        SELECT EXISTS (SELECT
                         FROM views.audit_trail AS t
                        WHERE t.position > %s
                          AND t.position <= p.position
                          AND t.at <= %s),
               p.position
          FROM views.projection_positions AS p
         WHERE p.name = %s
        """,
        (past.read_to, past.as_of, AUDIT_TRAIL.name),
    ).fetchone()
    return (False, 0) if row is None else (bool(row[0]), int(row[1]))


def _make(
    connection: psycopg.Connection,
    moment: Moment,
    projections: Sequence[Projection[Any]],
    progress: Progress | None,
) -> None:
    """Build the schema, or bring an older one up to what came in late."""
    started = perf_counter()
    past = find(connection, moment)
    if past is not None and past.state == "ready" and past.made_by == made_by(projections):
        look_at(connection, moment.schema)
        caught = catch_up(connection, projections, as_of=moment.as_of, progress=progress)
    else:
        note(connection, moment, made_by(projections), "building")
        caught = replay(
            connection,
            projections,
            moment.schema,
            until=moment.until,
            as_of=moment.as_of,
            progress=progress,
        )
    for parked in caught.parked:
        raise CannotRebuild(
            f"{parked.name} cannot take the event {parked.parked_position}: {parked.parked_reason}"
        )
    last = connection.execute("SELECT max(position), max(at) FROM audit_trail").fetchone()
    position, at = last or (None, None)
    built = Built(caught.position, position or 0, at, perf_counter() - started)
    note(connection, moment, made_by(projections), "ready", built=built)


def _drop_least_used(connection: psycopg.Connection, kept_max: int, but: str) -> None:
    """Drop what has not been asked for the longest; what somebody reads now stays this time."""
    for past in pasts(connection)[kept_max:]:
        if past.schema_name == but:
            continue
        got = connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (past.schema_name,)
        ).fetchone()
        if got and got[0]:
            _drop(connection, past.schema_name)
            _unlock(connection, past.schema_name)


def _drop(connection: psycopg.Connection, schema: str) -> None:
    with connection.transaction():
        side_schema.drop(connection, schema)
        connection.execute("DELETE FROM desk.pasts WHERE schema_name = %s", (schema,))


def _known(connection: psycopg.Connection, moment: Moment) -> Past:
    past = find(connection, moment)
    assert past is not None, "it was written a moment ago, and only who builds drops"
    return past


def _check_tried_long_ago(connection: psycopg.Connection, past: Past) -> None:
    row = connection.execute(
        "SELECT clock_timestamp() - %s < make_interval(secs => %s)", (past.built_at, BROKEN_SECONDS)
    ).fetchone()
    if row and row[0]:
        raise BrokenPast(_sentence(Moment(past.as_of, past.until_position), past.reason))


def _sentence(moment: Moment, reason: str) -> str:
    return f"the past {moment.schema} could not be built: {reason}"


def _lock(connection: psycopg.Connection, schema: str) -> None:
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (schema,))


def _unlock(connection: psycopg.Connection, schema: str) -> None:
    connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (schema,))
