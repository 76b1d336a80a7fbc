"""Drift 视图核对: are the views what the record says? Built a second time, and compared.

The record is folded into a schema of its own while everybody goes on; then both are compared at
one position. A difference is somebody's hand in the tables, a fold that looks at more than its
arguments, or a fault of the machine. It is told, never mended in silence: `hub rebuild` mends it.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from projections import side_schema
from projections.catch_up import Progress, catch_up
from projections.connect import LIVE, connect
from projections.positions import Standing, standings
from projections.projection import Projection
from projections.rebuild import CannotRebuild, replay
from projections.registry import PROJECTIONS

SCHEMA = "views_compared"
"""Where the second building grows; it is thrown away when the comparison is over."""
NAMED_MAX = 100
"""Most rows of one view that are named; all are counted."""
LIVE_SECONDS_MAX = 60.0
_PAUSE_SECONDS = 0.05
_ROWS_FETCHED = 5_000


class NotComparable(Exception):
    """The comparison did not happen; the sentence says why and what to do."""


class Drifted(msgspec.Struct, frozen=True):
    """One row that is not what the record says: its view, its key as JSON, and in what.

    `how` is `missing` (the record has it, the view not), `surplus` or `changed`.
    """

    view: str
    key: str
    how: str


class Compared(msgspec.Struct, frozen=True):
    """What was compared at which position, the rows that differ, and views that stood still."""

    position: int
    views: int
    rows: int
    differing: int = 0
    named: tuple[Drifted, ...] = ()
    left_out: tuple[str, ...] = ()


def compare(
    url: str,
    projections: Sequence[Projection[Any]] = PROJECTIONS,
    *,
    progress: Progress | None = None,
) -> Compared:
    """Build the projections a second time and compare every row with the live ones.

    Raises NotComparable when the live ones do not come as far as the record did in a minute, or
    when somebody else is comparing.
    """
    with connect(url, SCHEMA, purpose="drift") as side, connect(url, purpose="drift") as live:
        if not _alone(side):
            raise NotComparable("the views are being compared already; wait until that is done")
        try:
            built = replay(side, projections, SCHEMA, until=None, progress=progress)
            _await_live(live, projections, built.position)
            return _compared(live, side, projections)
        except CannotRebuild as error:
            raise NotComparable(str(error)) from error
        finally:
            if not side.closed:
                side_schema.drop(side, SCHEMA)


def _alone(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(hashtext('shuqiao drift'))").fetchone()
    return row is not None and bool(row[0])


def _await_live(
    live: psycopg.Connection, projections: Sequence[Projection[Any]], position: int
) -> None:
    """Wait until the live views have reached what the second building holds."""
    deadline = time.monotonic() + LIVE_SECONDS_MAX
    while True:
        behind = [one for one in _going(live, projections) if one.position < position]
        if not behind:
            return
        if time.monotonic() > deadline:
            raise NotComparable(
                f"{behind[0].name} stands at {behind[0].position}, the record at {position}; see"
                " that the follower runs, and compare again"
            )
        time.sleep(_PAUSE_SECONDS)


def _going(live: psycopg.Connection, projections: Sequence[Projection[Any]]) -> list[Standing]:
    """Return where the live views stand that are neither parked nor of another version."""
    versions = {one.name: one.version for one in projections}
    return [
        one for one in standings(live) if not one.parked and versions.get(one.name) == one.version
    ]


def _compared(
    live: psycopg.Connection, side: psycopg.Connection, projections: Sequence[Projection[Any]]
) -> Compared:
    live.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        _hold(live, projections)
        going = {one.name: one.position for one in _going(live, projections)}
        level: dict[int, list[Projection[Any]]] = defaultdict(list)
        for projection in projections:
            if projection.name in going:
                level[going[projection.name]].append(projection)
        rows, differing, named = 0, 0, list[Drifted]()
        for position, group in level.items():
            stuck = {one.name for one in catch_up(side, group, until=position).parked}
            for projection in group:
                if projection.name in stuck:  # it cannot be built any more: nothing to compare with
                    del going[projection.name]
                    continue
                count, differs = _sum(live, LIVE, projection), _sum(side, SCHEMA, projection)
                rows += count[0]
                if count != differs:
                    found = list(_differences(live, side, projection))
                    differing += len(found)
                    named += found[:NAMED_MAX]
        left_out = tuple(one.name for one in projections if one.name not in going)
        views = len(projections) - len(left_out)
        return Compared(max(level, default=0), views, rows, differing, tuple(named), left_out)
    finally:
        live.execute("ROLLBACK")


def _hold(live: psycopg.Connection, projections: Sequence[Projection[Any]]) -> None:
    """Let no rebuild put another table in the place of one before it is compared.

    Before the first look: the snapshot would not see the rows of a table put in place after it.
    """
    tables = (sql.Identifier(LIVE, projection.name) for projection in projections)
    live.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(tables)))


def _sum(
    connection: psycopg.Connection, schema: str, projection: Projection[Any]
) -> tuple[int, int]:
    """Return how many rows a view has and the sum of their hashes, whatever their order."""
    row = connection.execute(
        sql.SQL(
            """
            SELECT count(*), coalesce(sum(hashtextextended(shown::text, 0)::numeric), 0)::text
              FROM {} AS shown
            """
        ).format(sql.Identifier(schema, projection.name))
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _differences(
    live: psycopg.Connection, side: psycopg.Connection, projection: Projection[Any]
) -> Iterator[Drifted]:
    """Walk both in the order of their keys, holding one row of each."""
    shown = _hashes(live, LIVE, projection)
    right = _hashes(side, SCHEMA, projection)
    mine, theirs = next(shown, None), next(right, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine[0] < theirs[0]):
            assert mine is not None  # one of the two is there
            yield Drifted(projection.name, mine[0].decode(), "surplus")
            mine = next(shown, None)
        elif mine is None or theirs[0] < mine[0]:
            yield Drifted(projection.name, theirs[0].decode(), "missing")
            theirs = next(right, None)
        else:
            if mine[1] != theirs[1]:
                yield Drifted(projection.name, mine[0].decode(), "changed")
            mine, theirs = next(shown, None), next(right, None)


def _hashes(
    connection: psycopg.Connection, schema: str, projection: Projection[Any]
) -> Iterator[tuple[bytes, str]]:
    """Yield each row's key as JSON, in the order of its bytes, and a hash of the whole row."""
    keys = sql.SQL(", ").join(sql.Identifier(column) for column in projection.key)
    with connection.transaction(), connection.cursor(f"drift_{schema}") as cursor:
        cursor.itersize = _ROWS_FETCHED
        cursor.execute(
            sql.SQL(
                """
                SELECT jsonb_build_array({})::text COLLATE "C" AS key, md5(shown::text)
                  FROM {} AS shown
                 ORDER BY key
                """
            ).format(keys, sql.Identifier(schema, projection.name))
        )
        for key, row in cursor:
            yield key.encode(), row
