"""Where each projection stands, and waiting until they have come far enough.

The row of a projection moves in the same transaction as its rows, so it never lies.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.rows import args_row

from projections.projection import Projection

PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.002, 0.05


class Standing(msgspec.Struct, frozen=True):
    """Where one projection stands: every event up to `position` is in, none after.

    A parked projection could not take the event at `parked_position`; the reason says why.
    """

    name: str
    version: int
    generation: int
    position: int
    parked_position: int | None
    parked_reason: str | None

    @property
    def parked(self) -> bool:
        """Say whether it stands still until somebody rebuilds it."""
        return self.parked_position is not None


class Behind(Exception):
    """A projection did not reach a position in time; the sentence says which, where, why."""


def enter(
    connection: psycopg.Connection,
    projections: Iterable[Projection[Any]],
    *,
    version: int | None = None,
) -> None:
    """Give every projection its row, so that there is something to lock.

    With `version` 0 nobody fills the live table before a rebuild has put one in place.

    A lock on a row that is not there locks nothing: four followers starting together once
    counted 300 events as 1,200.
    """
    wanted = sorted((one.name, one.version if version is None else version) for one in projections)
    connection.execute(
        """
        INSERT INTO projection_positions (name, version)
        SELECT * FROM unnest(%s::text[], %s::int[])
            ON CONFLICT (name) DO NOTHING
        """,
        ([name for name, _ in wanted], [version for _, version in wanted]),
    )


def lock(connection: psycopg.Connection, names: Sequence[str]) -> list[Standing]:
    """Return where these stand and let nobody else move them before this transaction ends."""
    with connection.cursor(row_factory=args_row(Standing), binary=True) as cursor:
        return cursor.execute(
            """
            SELECT name, version, generation, position, parked_position, parked_reason
              FROM projection_positions
             WHERE name = ANY (%s)
             ORDER BY name
               FOR UPDATE
            """,
            (list(names),),
        ).fetchall()


def standings(connection: psycopg.Connection) -> list[Standing]:
    """Return where every projection stands, by name."""
    with connection.cursor(row_factory=args_row(Standing), binary=True) as cursor:
        return cursor.execute(
            """
            SELECT name, version, generation, position, parked_position, parked_reason
              FROM projection_positions
             ORDER BY name
            """
        ).fetchall()


def move(connection: psycopg.Connection, names: Sequence[str], position: int) -> None:
    """Say that these now hold every event up to a position."""
    connection.execute(
        """
        UPDATE projection_positions
           SET position = %s
         WHERE name = ANY (%s)
        """,
        (position, list(names)),
    )


def park(connection: psycopg.Connection, name: str, position: int, reason: str) -> None:
    """Let a projection stand still before an event it cannot take; the others go on."""
    connection.execute(
        """
        UPDATE projection_positions
           SET parked_position = %s, parked_reason = %s, parked_at = now()
         WHERE name = %s
        """,
        (position, reason, name),
    )


def wait_for(
    connection: psycopg.Connection,
    position: int,
    *,
    names: Sequence[str] | None = None,
    seconds_max: float = 5.0,
) -> None:
    """Return once these projections (all that there are if none is named) hold a position.

    It looks every 2 ms at first, every 50 ms later: one read of a table of a dozen rows. The
    connection must be in autocommit. Raises Behind when the time is over, and at once when one
    is parked before the position: it will not come.
    """
    deadline = time.monotonic() + seconds_max
    pause = PAUSE_SECONDS_MIN
    while late := _late(connection, position, names):
        slowest = min(late, key=lambda one: (not one.parked, one.position))
        if slowest.parked:
            raise Behind(
                f"{slowest.name} stands at {slowest.position} and cannot take the event"
                f" {slowest.parked_position} ({slowest.parked_reason}); mend it and run"
                f" `hub rebuild {slowest.name}`"
            )
        if time.monotonic() > deadline:
            raise Behind(
                f"{slowest.name} stands at {slowest.position} and did not reach {position}"
                f" within {seconds_max:g} s; is the follower running? ask again later"
            )
        time.sleep(pause)
        pause = min(pause * 2, PAUSE_SECONDS_MAX)


def _late(
    connection: psycopg.Connection, position: int, names: Sequence[str] | None
) -> list[Standing]:
    found = {one.name: one for one in standings(connection)}
    # One that has no row yet, or no rows at all, has not begun.
    wanted = names if names is not None else list(found) or ["the follower"]
    begun = [found.get(name) or Standing(name, 0, 0, 0, None, None) for name in wanted]
    return [one for one in begun if one.position < position]
