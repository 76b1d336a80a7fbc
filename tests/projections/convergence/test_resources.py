"""Resources as they stand, and services that went away at will."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hub.actor import CLOCK
from hub.convergence.commands import (
    RecordFreshnessBreach,
    SuspendResource,
    UnmountResource,
)
from hub.convergence.kinds import ResourceStatus
from projections import resources
from projections.deadlines import DEADLINES, to_lapse
from projections.resources import RESOURCES
from tests.hub.convergence.world import ENTRY, SHARING_HEAD, TABLE, noon
from tests.hub.departments.city import org
from tests.projections.convergence.life import Life

if TYPE_CHECKING:
    from tests.projections.kit import Given


def test_a_resource_shows_its_newest_data_and_what_it_owes(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03").publish(noon(4, 2), "2026-03", "b")
    [row] = given(*life.events).rows(RESOURCES)
    assert (row.status, row.data_version, row.last_period) == ("active", 2, "2026-03")
    assert (row.expects, row.due_on) == ("2026-04", date(2026, 5, 5))
    assert row.period_ends_on == date(2026, 4, 30)
    assert row.version == len([e for e in life.events if e.stream_id == TABLE])


def test_a_suspended_resource_owes_nothing(given: Given) -> None:
    stop = SuspendResource(resource_id=TABLE, reason="机房检修")
    [row] = given(*Life().do(stop, SHARING_HEAD, noon(3, 9)).events).rows(RESOURCES)
    assert (row.status, row.reason, row.expects, row.due_on) == ("suspended", "机房检修", "", None)


def test_resources_are_found_by_entry_provider_and_state(given: Given) -> None:
    connection = given(*Life().events).shown_by(RESOURCES)
    assert resources.resource(connection, TABLE) is not None
    assert resources.resource(connection, "convergence.resource:other") is None
    for found in (
        resources.resources(connection, entry_id=ENTRY),
        resources.resources(connection, provider_id=org("civil")),
        resources.resources(connection, status=ResourceStatus.ACTIVE),
    ):
        assert [row.resource_id for row in found] == [TABLE]
    assert resources.resources(connection, provider_id=org("tax")) == []
    assert resources.resources(connection, after=TABLE) == []


def test_a_service_ended_at_will_stays_in_sight(given: Given) -> None:
    end = UnmountResource(resource_id=TABLE, reason="系统下线")
    connection = given(*Life().do(end, SHARING_HEAD, noon(3, 9)).events).shown_by(RESOURCES)
    [row] = resources.ended_at_will(connection)
    assert (row.resource_id, row.ended_at) == (TABLE, noon(3, 9))
    assert row.ended_at is not None
    assert resources.ended_at_will(connection, after=(row.ended_at, TABLE)) == []
    assert resources.ended_at_will(connection, provider_id=org("tax")) == []


def test_the_clock_finds_what_it_has_to_record_and_then_the_next_period(given: Given) -> None:
    life = Life()
    connection = given(*life.events).shown_by(DEADLINES)
    assert to_lapse(connection, noon(4, 5)) == []
    [first] = to_lapse(connection, noon(4, 6))
    assert (first.clock_id, first.rule) == (TABLE, "K5-monthly")
    life.events.clear()
    life.do(RecordFreshnessBreach(resource_id=TABLE), CLOCK, first.ends_at)
    connection = given(*life.events).shown_by(DEADLINES)
    assert to_lapse(connection, noon(5, 5)) == []
    [second] = to_lapse(connection, noon(5, 6))
    assert second.due_on == date(2026, 5, 5)
