"""Working days, as the law counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from hub.actor import Role
from hub.departments.calendar import (
    Calendars,
    WorkCalendar,
    business_year,
    end_of,
    evolve,
    is_working_day,
    local_day,
    working_days_after,
    working_days_between,
)
from hub.departments.commands import AmendWorkCalendar, PublishWorkCalendar
from hub.departments.events import WorkCalendarAmended, WorkCalendarPublished
from hub.errors import Conflict, Forbidden, Invalid
from tests.hub.departments.city import CITY, calendar, who
from tests.hub.kit import given

CALENDARS: Calendars = {year: evolve(None, calendar(year)) for year in (2024, 2025, 2026)}
TERMS = (1, 2, 5, 10, 15, 20)
VECTORS = {
    "2025-08-01": "08-04 08-05 08-08 08-15 08-22 08-29",
    "2025-09-26": "09-28 09-29 10-10 10-16 10-23 10-30",
    "2026-02-13": "02-14 02-24 02-27 03-05 03-12 03-19",
    "2026-02-16": "02-24 02-25 02-28 03-06 03-13 03-20",
    "2026-04-30": "05-06 05-07 05-11 05-18 05-25 06-01",
    "2026-06-17": "06-18 06-22 06-25 07-02 07-09 07-16",
    "2026-09-19": "09-20 09-21 09-24 10-09 10-15 10-22",
    "2026-09-24": "09-28 09-29 10-09 10-15 10-22 10-29",
    "2026-09-30": "10-08 10-09 10-13 10-20 10-27 11-03",
    "2026-12-17": "12-18 12-21 12-24 12-31",
}


@pytest.mark.parametrize("received", VECTORS)
def test_a_term_ends_on_the_day_the_law_says(received: str) -> None:
    start = date.fromisoformat(received)
    for days, ends in zip(TERMS, VECTORS[received].split(), strict=False):
        term = working_days_after(start, days, CALENDARS)
        assert (term.on, term.provisional) == (date.fromisoformat(f"{start.year}-{ends}"), False)


@pytest.mark.parametrize("days", [15, 20])
def test_a_term_that_runs_into_a_year_not_published_is_provisional(days: int) -> None:
    term = working_days_after(date(2026, 12, 17), days, CALENDARS)
    assert term.provisional
    assert term.on.year == 2027


def test_a_provisional_calendar_gives_provisional_terms() -> None:
    guess = evolve(
        None,
        WorkCalendarPublished(
            at=calendar(2026).at,
            by=calendar(2026).by,
            calendar_id="departments.calendar:2027",
            year=2027,
            holidays=(date(2027, 1, 1),),
            makeup_days=(),
            document="法定节假日",
            provisional=True,
        ),
    )
    term = working_days_after(date(2026, 12, 31), 1, {**CALENDARS, 2027: guess})
    assert (term.on, term.provisional) == (date(2027, 1, 4), True)


@pytest.mark.parametrize(("year", "worked"), [(2024, 251), (2025, 248), (2026, 248)])
def test_the_years_have_as_many_working_days_as_were_counted(year: int, worked: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    assert sum(is_working_day(d, CALENDARS) for d in days if d.year == year) == worked


@for_all(
    start=st.dates(date(2024, 1, 1), date(2026, 10, 1)), days=st.integers(min_value=1, max_value=40)
)
def test_counting_back_gives_the_term(start: date, days: int) -> None:
    end = working_days_after(start, days, CALENDARS).on
    assert working_days_between(start, end, CALENDARS) == days
    assert is_working_day(end, CALENDARS)


def test_a_day_is_a_day_in_china() -> None:
    new_year = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert (local_day(new_year), business_year(new_year)) == (date(2026, 1, 1), 2026)
    assert end_of(date(2026, 1, 1)) == datetime(2026, 1, 1, 16, 0, tzinfo=UTC)


def _publish(**changes: object) -> PublishWorkCalendar:
    fields: dict[str, object] = {
        "year": 2027,
        "holidays": [date(2027, 1, 1)],
        "makeup_days": [date(2027, 2, 20)],
        "document": "国办发明电〔2026〕9号",
    }
    return PublishWorkCalendar.model_validate({**fields, **changes})


def test_a_provisional_calendar_gives_way_to_the_final_one() -> None:
    reviewer = who("city", Role.AUTHORITY_REVIEWER)
    provisional = given(*CITY).when(_publish(provisional=True), reviewer)
    final = provisional.then(WorkCalendarPublished).when(_publish(), reviewer)
    published = final.then(WorkCalendarPublished)
    published.when(_publish(), reviewer).refused(Conflict, "amend it instead")
    state = published.states["departments.calendar:2027"]
    assert isinstance(state, WorkCalendar)
    assert (state.provisional, state.version) == (False, 2)


def test_a_published_calendar_is_amended_with_a_reason() -> None:
    reviewer = who("city", Role.AUTHORITY_REVIEWER)
    amend = AmendWorkCalendar(
        year=2026, holidays=(date(2026, 1, 1),), document="通知", reason="临时调整"
    )
    given(*CITY).when(amend, reviewer).then(WorkCalendarAmended)


def test_a_make_up_day_is_a_weekend_day_of_that_year() -> None:
    reviewer = who("city", Role.AUTHORITY_REVIEWER)
    given(*CITY).when(_publish(makeup_days=[date(2027, 2, 19)]), reviewer).refused(
        Invalid, "is a weekday"
    )
    given(*CITY).when(_publish(holidays=[date(2026, 1, 1)]), reviewer).refused(
        Invalid, "does not lie in 2027"
    )


def test_only_the_authority_publishes_a_calendar() -> None:
    given(*CITY).when(_publish(), who("tax", Role.DEPARTMENT_HEAD)).refused(
        Forbidden, "authority_reviewer"
    )
