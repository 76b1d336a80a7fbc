"""工作日历 Work calendars: the days worked in each year, to count what is left of a term."""

from collections.abc import Iterable
from datetime import date

import msgspec
import psycopg

from hub.departments.calendar import Calendars, WorkCalendar
from hub.departments.events import CalendarEvents, WorkCalendarAmended, WorkCalendarPublished
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row


class WorkCalendarRow(msgspec.Struct, frozen=True, kw_only=True):
    """A year's calendar; `version` counts its publication and amendments."""

    year: int
    version: int
    holidays: tuple[date, ...]
    makeup_days: tuple[date, ...]
    provisional: bool
    document: str


def keys(event: CalendarEvents, recorded: Recorded) -> Iterable[Key]:
    """Return the year."""
    del recorded
    return ((event.year,),)


def fold(
    key: Key, row: WorkCalendarRow | None, event: CalendarEvents, recorded: Recorded
) -> WorkCalendarRow:
    """Take the days of the newest event."""
    del key, recorded
    return WorkCalendarRow(
        year=event.year,
        version=1 if row is None else row.version + 1,
        holidays=event.holidays,
        makeup_days=event.makeup_days,
        provisional=isinstance(event, WorkCalendarPublished) and event.provisional,
        document=event.document,
    )


WORK_CALENDARS = Projection(
    name="work_calendars",
    version=1,
    row=WorkCalendarRow,
    key=("year",),
    reads=(WorkCalendarPublished, WorkCalendarAmended),
    keys=keys,
    fold=fold,
)


def work_calendars(connection: psycopg.Connection) -> list[WorkCalendarRow]:
    """Return every year's calendar, in order."""
    with connection.cursor(row_factory=as_row(WorkCalendarRow)) as cursor:
        return cursor.execute(
            """
            SELECT year, version, holidays, makeup_days, provisional, document
              FROM work_calendars
             ORDER BY year
            """
        ).fetchall()


def calendars(connection: psycopg.Connection) -> Calendars:
    """Return the calendars as the rules of time take them."""
    return {
        row.year: WorkCalendar(
            year=row.year,
            version=row.version,
            holidays=frozenset(row.holidays),
            makeup_days=frozenset(row.makeup_days),
            provisional=row.provisional,
            document=row.document,
        )
        for row in work_calendars(connection)
    }
