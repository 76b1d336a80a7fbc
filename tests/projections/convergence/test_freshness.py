"""The freshness board."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hub.convergence.commands import SuspendResource
from projections.freshness import FRESHNESS, FreshnessLight, board, light, periods
from projections.resources import RESOURCES
from tests.hub.convergence.world import SHARING_HEAD, TABLE, noon
from tests.hub.departments.city import org
from tests.projections.convergence.life import Life

if TYPE_CHECKING:
    from tests.projections.kit import Given


def test_each_period_shows_whether_its_data_came_in_time(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03").publish(noon(6, 2), "2026-05", "b")
    life.publish(noon(6, 3), "2026-04", "c").publish(noon(6, 4), "2026-03", "d")
    connection = given(*life.events).shown_by(FRESHNESS)
    march, april, may, june = periods(connection, TABLE)
    assert (march.timely, march.published_at, march.publications) == (True, noon(3, 20), 2)
    assert (april.timely, april.published_at) == (False, noon(6, 3))
    assert april.breached_at == april.ends_at
    assert (may.timely, may.breached_at) == (True, None)
    assert (june.published_at, june.due_on) == (None, date(2026, 7, 5))
    assert periods(connection, TABLE, after="2026-05") == [june]


def test_an_old_period_is_neither_in_time_nor_missed(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-01")
    january, march = periods(given(*life.events).shown_by(FRESHNESS), TABLE)
    assert (january.timely, january.breached_at, january.due_on) == (False, None, None)
    assert march.published_at is None


def test_the_board_lights_up_as_time_passes(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03")
    [line] = board(given(*life.events).shown_by(RESOURCES, FRESHNESS))
    assert (line.expects, line.timely, line.missed) == ("2026-04", 1, 0)
    assert light(line, noon(4, 30)) is FreshnessLight.FRESH
    assert light(line, noon(5, 5)) is FreshnessLight.DUE
    assert light(line, noon(5, 6)) is FreshnessLight.STALE


def test_a_missed_period_stays_stale_until_newer_data_comes(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03").publish(noon(5, 10), "2026-03", "b")
    [line] = board(given(*life.events).shown_by(RESOURCES, FRESHNESS))
    assert (line.missed, line.last_missed, line.expects) == (1, "2026-04", "2026-05")
    assert light(line, noon(5, 10)) is FreshnessLight.STALE
    life.events.clear()
    life.publish(noon(5, 11), "2026-04", "c")
    [line] = board(given(*life.events).shown_by(RESOURCES, FRESHNESS))
    assert light(line, noon(5, 11)) is FreshnessLight.FRESH


def test_only_serving_resources_are_on_the_board_and_it_is_paged(given: Given) -> None:
    life = Life()
    connection = given(*life.events).shown_by(RESOURCES, FRESHNESS)
    [line] = board(connection, provider_id=org("civil"))
    assert line.due_on is not None
    assert board(connection, after=(line.due_on, TABLE)) == []
    assert board(connection, provider_id=org("tax")) == []
    life.events.clear()
    life.do(SuspendResource(resource_id=TABLE, reason="机房检修"), SHARING_HEAD, noon(3, 9))
    assert board(given(*life.events).shown_by(RESOURCES, FRESHNESS)) == []
