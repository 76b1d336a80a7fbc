"""Deadlines: clocks that start, move, stop and lapse, whatever the chapter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from projections import deadlines
from projections.deadlines import DEADLINES, Light
from tests.projections.stories import CIVIL, NOON, TAX, day, due, kept, lapsed, made

if TYPE_CHECKING:
    from tests.projections.kit import Given

LATER = NOON + timedelta(days=11)


def test_an_event_with_a_due_starts_a_clock_and_another_moves_it(given: Given) -> None:
    [row] = given(made("p:1", due(10))).rows(DEADLINES)
    assert (row.owner_id, row.duty, row.due_on) == (CIVIL, "reply", day("2026-03-12"))
    [row] = given(made("p:1", due(20))).rows(DEADLINES)
    assert (row.due_on, row.started_by) == (day("2026-03-22"), 2)


def test_an_event_without_a_due_starts_none(given: Given) -> None:
    assert given(made("p:1", None), kept("p:2")).rows(DEADLINES) == []


def test_only_what_ended_undone_lapses(given: Given) -> None:
    given(made("p:open", due(10)), made("p:done", due(10)), kept("p:done"))
    given(made("p:uncertain", due(10, provisional=True)), made("p:later", due(30)))
    connection = given.shown_by(DEADLINES)
    assert [row.clock_id for row in deadlines.to_lapse(connection, LATER)] == ["p:open"]
    assert deadlines.to_lapse(connection, NOON) == []
    given(lapsed("p:open", NOON + timedelta(days=10))).shown_by(DEADLINES)
    assert deadlines.to_lapse(connection, LATER) == []


def test_what_was_done_too_late_still_lapses(given: Given) -> None:
    given(made("p:1", due(10)), kept("p:1", LATER))
    [row] = deadlines.to_lapse(given.shown_by(DEADLINES), LATER)
    assert row.stopped_at == LATER


def test_a_term_ends_at_its_moment_and_not_before(given: Given) -> None:
    connection = given(made("p:1", due(10))).shown_by(DEADLINES)
    end = NOON + timedelta(days=10)
    assert deadlines.to_lapse(connection, end - timedelta(seconds=1)) == []
    assert len(deadlines.to_lapse(connection, end)) == 1


def test_overdue_and_open_duties_are_paged_by_day(given: Given) -> None:
    given(made("p:2", due(2)), made("p:1", due(2)), made("p:3", due(20)))
    given(made("p:tax", due(1, owner_id=TAX)))
    connection = given.shown_by(DEADLINES)
    assert [row.clock_id for row in deadlines.open_of(connection, CIVIL)] == ["p:1", "p:2", "p:3"]
    late = deadlines.overdue(connection, LATER)
    assert [row.clock_id for row in late] == ["p:tax", "p:1", "p:2"]
    cursor = (late[0].due_on, late[0].clock_id, late[0].duty)
    assert deadlines.overdue(connection, LATER, after=cursor) == late[1:]
    assert deadlines.overdue(connection, LATER, owner_id=TAX) == late[:1]


@pytest.mark.parametrize(
    ("days", "provisional", "light"),
    [
        (20, False, Light.GREEN),
        (3, False, Light.YELLOW),
        (-1, False, Light.RED),
        (-1, True, Light.YELLOW),
        (20, True, Light.GREEN),
    ],
)
def test_lights(given: Given, days: int, light: Light, *, provisional: bool) -> None:
    rows = given(made("p:1", due(days, provisional=provisional))).rows(DEADLINES)
    [shown] = deadlines.lights(rows, NOON, warn=day("2026-03-05"))
    assert shown.light is light


def test_a_published_calendar_finds_the_dates_it_may_confirm(given: Given) -> None:
    given(made("p:1", due(10, provisional=True)), made("p:2", due(10)))
    connection = given.shown_by(DEADLINES)
    assert [row.clock_id for row in deadlines.provisional_in(connection, 2026)] == ["p:1"]
    assert deadlines.provisional_in(connection, 2027) == []


def test_a_case_shows_all_its_duties(given: Given) -> None:
    connection = given(made("p:1", due(10)), kept("p:1")).shown_by(DEADLINES)
    [row] = deadlines.of_case(connection, "p:1")
    assert row.stopped_at == NOON
