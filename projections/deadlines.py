"""时限 Deadlines: every duty with a clock, who owes it, until when, whether it was done in time.

Generic over all chapters: an event with a `due` starts or moves a clock, `STOPS` stops clocks,
`LAPSES` says one ended undone (`hub.departments.due`, DOMAIN §2.2). The clock process asks
`to_lapse` what it has to record.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import cache

import msgspec
import psycopg

import hub.decide  # noqa: F401 - its chapters enter their events in the registry
from hub.departments.due import Due
from hub.event import Event
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class DeadlineRow(msgspec.Struct, frozen=True):
    """One duty of one case: `started_by` is the position of the event that set its date.

    `stopped_at` says when the duty was done or fell away; `lapsed_at` is the legal time of the
    event that recorded it undone. A date that touches a year without a published calendar is
    `provisional`: nobody is called late on it.

    A duty that begins anew takes its row over. Where its earlier term ended late before the clock
    looked, no overdue event tells so; the annual figures judge from the acts and count it late.
    """

    clock_id: str
    duty: str
    owner_id: str
    case_id: str
    rule: str
    started_on: date
    due_on: date
    ends_at: datetime
    provisional: bool
    calendars: tuple[str, ...]
    started_by: int
    stopped_at: datetime | None = None
    lapsed_at: datetime | None = None


class Light(StrEnum):
    """The traffic light of an open duty."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class OpenDuty(msgspec.Struct, frozen=True):
    """An open duty and its light."""

    deadline: DeadlineRow
    light: Light


@cache
def has_clock(event: type[Event]) -> bool:
    """Say whether an event may start, stop or end a clock."""
    return bool(event.STOPS or event.LAPSES or "due" in event.__struct_fields__)


def keys(event: Event, recorded: Recorded) -> Iterator[Key]:
    """Return the clocks an event touches."""
    del recorded
    clock_id = event.clock_id
    due: Due | None = getattr(event, "due", None)
    started = "" if due is None else due.duty.value
    if started:
        yield (clock_id, started)
    for duty in (*event.STOPS, event.LAPSES):
        if duty and duty != started:
            yield (clock_id, str(duty))


def fold(key: Key, row: DeadlineRow | None, event: Event, recorded: Recorded) -> DeadlineRow | None:
    """Start or move a clock, stop it, or let it lapse."""
    due: Due | None = getattr(event, "due", None)
    if due is not None and due.duty == key[1]:
        return _started(key, due, event, recorded)
    if row is None:
        return None
    if key[1] == event.LAPSES:
        return msgspec.structs.replace(row, lapsed_at=event.at)
    if row.stopped_at is not None:
        return row
    return msgspec.structs.replace(row, stopped_at=event.at)


def _started(key: Key, due: Due, event: Event, recorded: Recorded) -> DeadlineRow:
    return DeadlineRow(
        key[0],
        key[1],
        due.owner_id,
        event.case_id,
        due.rule,
        due.started_on,
        due.on,
        due.ends_at,
        due.provisional,
        due.calendars,
        recorded.position,
    )


DEADLINES = Projection(
    name="deadlines",
    version=1,
    row=DeadlineRow,
    key=("clock_id", "duty"),
    reads=(Event,),
    only=has_clock,
    keys=keys,
    fold=fold,
)


def to_lapse(
    connection: psycopg.Connection, at: datetime, *, limit: int = 500
) -> list[DeadlineRow]:
    """Return duties whose term ended by a moment and that were not done in it, oldest first.

    Also those done too late before anybody noticed: the lateness is recorded all the same.
    Provisional dates are left out (DOMAIN §3.5).
    """
    with connection.cursor(row_factory=as_row(DeadlineRow)) as cursor:
        return cursor.execute(
            """
            SELECT clock_id, duty, owner_id, case_id, rule, started_on, due_on, ends_at,
                   provisional, calendars, started_by, stopped_at, lapsed_at
              FROM deadlines
             WHERE lapsed_at IS NULL
               AND (stopped_at IS NULL OR stopped_at >= ends_at)
               AND ends_at <= %s
               AND NOT provisional
             ORDER BY ends_at, clock_id, duty
             LIMIT %s
            """,
            (at, limit),
        ).fetchall()


def provisional_in(connection: psycopg.Connection, year: int) -> list[DeadlineRow]:
    """Return open duties whose provisional date touches a year's calendar.

    A term is provisional because of the year it starts in, ends in, or runs into.
    """
    with connection.cursor(row_factory=as_row(DeadlineRow)) as cursor:
        return cursor.execute(
            """
            SELECT clock_id, duty, owner_id, case_id, rule, started_on, due_on, ends_at,
                   provisional, calendars, started_by, stopped_at, lapsed_at
              FROM deadlines
             WHERE provisional
               AND stopped_at IS NULL
               AND extract(year FROM started_on) <= %(year)s
               AND extract(year FROM due_on) >= %(year)s
             ORDER BY clock_id, duty
            """,
            {"year": year},
        ).fetchall()


def overdue(
    connection: psycopg.Connection,
    at: datetime,
    *,
    owner_id: str = "",
    after: tuple[date, str, str] | None = None,
    limit: int = 100,
) -> list[DeadlineRow]:
    """Return open duties whose term has ended, the longest overdue first, of one owner or all.

    The next page begins `after` (due_on, clock_id, duty) of this one's last line.
    """
    day, clock_id, duty = after or (date.min, "", "")
    with connection.cursor(row_factory=as_row(DeadlineRow)) as cursor:
        return cursor.execute(
            """
            SELECT clock_id, duty, owner_id, case_id, rule, started_on, due_on, ends_at,
                   provisional, calendars, started_by, stopped_at, lapsed_at
              FROM deadlines
             WHERE stopped_at IS NULL
               AND NOT provisional
               AND ends_at <= %(at)s
               AND (%(owner_id)s = '' OR owner_id = %(owner_id)s)
               AND (due_on, clock_id, duty) > (%(day)s, %(clock_id)s, %(duty)s)
             ORDER BY due_on, clock_id, duty
             LIMIT %(limit)s
            """,
            {
                "at": at,
                "owner_id": owner_id,
                "day": day,
                "clock_id": clock_id,
                "duty": duty,
                "limit": limit,
            },
        ).fetchall()


def open_of(
    connection: psycopg.Connection,
    owner_id: str,
    *,
    after: tuple[date, str, str] | None = None,
    limit: int = 100,
) -> list[DeadlineRow]:
    """Return what a department still owes, the next due first; pages as `overdue`."""
    day, clock_id, duty = after or (date.min, "", "")
    with connection.cursor(row_factory=as_row(DeadlineRow)) as cursor:
        return cursor.execute(
            """
            SELECT clock_id, duty, owner_id, case_id, rule, started_on, due_on, ends_at,
                   provisional, calendars, started_by, stopped_at, lapsed_at
              FROM deadlines
             WHERE stopped_at IS NULL
               AND owner_id = %s
               AND (due_on, clock_id, duty) > (%s, %s, %s)
             ORDER BY due_on, clock_id, duty
             LIMIT %s
            """,
            (owner_id, day, clock_id, duty, limit),
        ).fetchall()


def of_case(connection: psycopg.Connection, case_id: str) -> list[DeadlineRow]:
    """Return every duty of a case, done or not, in the order they are due."""
    with connection.cursor(row_factory=as_row(DeadlineRow)) as cursor:
        return cursor.execute(
            """
            SELECT clock_id, duty, owner_id, case_id, rule, started_on, due_on, ends_at,
                   provisional, calendars, started_by, stopped_at, lapsed_at
              FROM deadlines
             WHERE case_id = %s
             ORDER BY due_on, clock_id, duty
            """,
            (case_id,),
        ).fetchall()


def lights(deadlines: Iterable[DeadlineRow], at: datetime, warn: date) -> list[OpenDuty]:
    """Give each duty its light: red once its term ended, yellow when due by `warn`, else green.

    A provisional date is never red: nobody is called late on it.
    """
    return [OpenDuty(deadline, _light(deadline, at, warn)) for deadline in deadlines]


def _light(deadline: DeadlineRow, at: datetime, warn: date) -> Light:
    done_at = deadline.stopped_at or at
    if deadline.lapsed_at is not None or done_at >= deadline.ends_at:
        return Light.YELLOW if deadline.provisional else Light.RED
    if deadline.stopped_at is None and deadline.due_on <= warn:
        return Light.YELLOW
    return Light.GREEN
