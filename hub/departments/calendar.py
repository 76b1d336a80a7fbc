"""工作日历 Work calendar: which days are worked, and when a term of working days ends.

民法典 §201, §203: the day of receipt is not counted; a term ends with its last day, 24:00 in China.
Weekend days worked under the yearly notice (调休上班日) count. A year whose notice is not out yet
is counted on statutory days alone and every deadline that touches it is provisional (DOMAIN §3.5).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import assert_never

import msgspec

from hub.actor import Actor
from hub.departments.commands import AmendWorkCalendar, PublishWorkCalendar
from hub.departments.events import CalendarEvents, WorkCalendarAmended, WorkCalendarPublished
from hub.errors import Conflict, Invalid
from hub.state import State, States

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The one civil time of the country; it has known no summer time since 1991."""
_FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
"""Statutory days with a fixed date; the others follow the moon and need a published calendar."""
_SATURDAY = 5


class WorkCalendar(State, frozen=True, kw_only=True):
    """The working days of one year: `version` counts its publication and amendments."""

    STREAM = "departments.calendar"

    year: int
    version: int
    holidays: frozenset[date]
    makeup_days: frozenset[date]
    provisional: bool
    document: str


Calendars = Mapping[int, WorkCalendar | None]
"""The calendars around a moment, by year."""


class Term(msgspec.Struct, frozen=True):
    """The end of a term: its last day, and whether a calendar not yet published was touched."""

    on: date
    provisional: bool


def local_day(at: datetime) -> date:
    """Return the day in China on which a moment falls."""
    return at.astimezone(CHINA).date()


def business_year(at: datetime) -> int:
    """Return the year in China: the first eight hours of 1 January are not last year's."""
    return local_day(at).year


def end_of(day: date, ends: time = time.min) -> datetime:
    """Return the UTC moment a day ends: 24:00, or at `ends` where offices close earlier."""
    last = day if ends != time.min else day + timedelta(days=1)
    return datetime.combine(last, ends, CHINA).astimezone(UTC)


def noon(day: date) -> datetime:
    """Return the middle of a day in China: a moment that stands for the day."""
    return datetime.combine(day, time(12), CHINA)


def calendar_id(year: int) -> str:
    """Return the stream id of a year's calendar."""
    return f"{WorkCalendar.STREAM}:{year}"


def calendar_streams(at: datetime) -> Iterator[str]:
    """Yield the calendars a term counted around a moment may touch: the year and both beside."""
    year = business_year(at)
    yield from (calendar_id(y) for y in (year - 1, year, year + 1))


def calendars_at(states: States, at: datetime) -> Calendars:
    """Return the loaded calendars around a moment."""
    year = business_year(at)
    return {y: states.maybe(WorkCalendar, calendar_id(y)) for y in (year - 1, year, year + 1)}


def is_working_day(day: date, calendars: Calendars) -> bool:
    """Say whether a day is worked: weekends and holidays are not, make-up days are."""
    calendar = calendars.get(day.year)
    if calendar is None:
        return day.weekday() < _SATURDAY and (day.month, day.day) not in _FIXED_HOLIDAYS
    if day in calendar.makeup_days:
        return True
    return day.weekday() < _SATURDAY and day not in calendar.holidays


def working_days_after(received_on: date, days: int, calendars: Calendars) -> Term:
    """Return the last day of a term of so many working days, day 1 being the next one worked."""
    day, left, provisional = received_on, days, False
    while left > 0:
        day += timedelta(days=1)
        calendar = calendars.get(day.year)
        provisional = provisional or calendar is None or calendar.provisional
        left -= is_working_day(day, calendars)
    return Term(day, provisional)


def working_days_between(start: date, end: date, calendars: Calendars) -> int:
    """Count the working days after `start` up to and including `end`; 0 on the same day."""
    span = (end - start).days
    days = (start + timedelta(days=n) for n in range(1, span + 1))
    return sum(is_working_day(day, calendars) for day in days)


def evolve(state: WorkCalendar | None, event: CalendarEvents) -> WorkCalendar:
    """Fold a calendar's events."""
    match event:
        case WorkCalendarPublished() | WorkCalendarAmended():
            return WorkCalendar(
                year=event.year,
                version=1 if state is None else state.version + 1,
                holidays=frozenset(event.holidays),
                makeup_days=frozenset(event.makeup_days),
                provisional=isinstance(event, WorkCalendarPublished) and event.provisional,
                document=event.document,
            )
        case _:
            assert_never(event)


def publish(
    command: PublishWorkCalendar, states: States, by: Actor, at: datetime
) -> WorkCalendarPublished:
    """Publish a year's calendar; a provisional one may be replaced, a final one is amended."""
    state = states.maybe(WorkCalendar, command.calendar_id)
    _check_days(command)
    if state is not None and (command.provisional or not state.provisional):
        raise Conflict(
            f"the calendar of {command.year} is published; amend it instead",
            f"{command.year}年工作日历已发布，请使用修订",
        )
    return WorkCalendarPublished(
        at=at,
        by=by,
        calendar_id=command.calendar_id,
        year=command.year,
        holidays=tuple(sorted(command.holidays)),
        makeup_days=tuple(sorted(command.makeup_days)),
        document=command.document,
        provisional=command.provisional,
    )


def amend(
    command: AmendWorkCalendar, states: States, by: Actor, at: datetime
) -> WorkCalendarAmended:
    """Amend a published calendar, e.g. for an extra day off ordered during the year."""
    state = states.the(WorkCalendar, command.calendar_id)
    _check_days(command)
    if state.provisional:
        raise Conflict(
            f"the calendar of {command.year} is provisional; publish the final one",
            f"{command.year}年工作日历为暂定，请先正式发布",
        )
    return WorkCalendarAmended(
        at=at,
        by=by,
        calendar_id=command.calendar_id,
        year=command.year,
        holidays=tuple(sorted(command.holidays)),
        makeup_days=tuple(sorted(command.makeup_days)),
        document=command.document,
        reason=command.reason,
    )


def _check_days(command: PublishWorkCalendar | AmendWorkCalendar) -> None:
    strange = sorted(
        day for day in (*command.holidays, *command.makeup_days) if day.year != command.year
    )
    if strange:
        raise Invalid(
            f"{strange[0]} does not lie in {command.year}",
            f"{strange[0]}不在{command.year}年内",
            where="holidays",
        )
    worked = [day for day in command.makeup_days if day.weekday() < _SATURDAY]
    if worked:
        raise Invalid(
            f"{worked[0]} is a weekday and cannot be a make-up day",
            f"{worked[0]}不是周末，不能作为调休上班日",
            where="makeup_days",
        )
