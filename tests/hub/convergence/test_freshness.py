"""A period without data is a breach, once (DOMAIN §2.5, K5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from hub.actor import CLOCK, Role
from hub.catalog.kinds import ShareMethod, UpdateCycle
from hub.convergence.commands import (
    RecordFreshnessBreach,
    ResumeResource,
    SuspendResource,
    UnmountResource,
)
from hub.convergence.events import (
    BatchAccepted,
    BatchDelivered,
    BatchPublished,
    BatchReceived,
    BatchVerified,
    DataPublished,
    FreshnessBreached,
    ResourceActivated,
    ResourceResumed,
    ResourceSuspended,
    ResourceUnmounted,
)
from hub.convergence.resource import Resource
from hub.departments.commands import SetDeadlineRule
from hub.departments.events import DeadlineRuleSet
from hub.errors import Conflict, Forbidden, Invalid
from tests.hub.convergence.world import (
    ADAPTER,
    SHARING_HEAD,
    START,
    TABLE,
    content,
    deliver,
    event_of,
    found,
    noon,
    serving,
)
from tests.hub.departments.city import who

if TYPE_CHECKING:
    from hub.departments.due import Due
    from tests.hub.kit import Given

BREACH = RecordFreshnessBreach(resource_id=TABLE)
PUBLICATION = (
    BatchDelivered,
    BatchReceived,
    BatchVerified,
    BatchAccepted,
    BatchPublished,
    DataPublished,
)


def awaited(world: Given) -> tuple[str, Due | None]:
    resource = world.states[TABLE]
    assert isinstance(resource, Resource)
    return resource.expects, resource.refresh


def last_day(world: Given) -> date | None:
    due = awaited(world)[1]
    return due.on if due else None


def published(world: Given, at: datetime, period: str, letter: str = "a") -> Given:
    command = deliver(period, letter, found(letter=letter))
    return world.when(command, ADAPTER, at).then(*PUBLICATION)


@pytest.mark.parametrize(
    ("cycle", "period", "on"),
    [
        (UpdateCycle.DAILY, "2026-03-02", date(2026, 3, 3)),
        (UpdateCycle.WEEKLY, "2026-W10", date(2026, 3, 10)),
        (UpdateCycle.MONTHLY, "2026-03", date(2026, 4, 5)),
        (UpdateCycle.QUARTERLY, "2026-Q1", date(2026, 4, 10)),
        (UpdateCycle.HALF_YEARLY, "2026-H1", date(2026, 7, 15)),
        (UpdateCycle.YEARLY, "2026", date(2027, 1, 30)),
    ],
)
def test_data_is_awaited_until_the_period_and_its_grace_end(
    cycle: UpdateCycle, period: str, on: date
) -> None:
    world = serving(content(cycle))
    assert (awaited(world)[0], last_day(world)) == (period, on)
    due = awaited(world)[1]
    assert due is not None
    assert due.rule == f"K5-{cycle}"
    assert due.ends_at == datetime(on.year, on.month, on.day, 16, tzinfo=UTC)
    assert not due.provisional


def test_real_time_data_is_awaited_a_quarter_of_an_hour_after_the_day() -> None:
    due = awaited(serving(content(UpdateCycle.REALTIME)))[1]
    assert due is not None
    assert due.ends_at == datetime(2026, 3, 2, 16, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cycle", "kind"),
    [
        (UpdateCycle.IRREGULAR, ShareMethod.TABLE),
        (UpdateCycle.OTHER, ShareMethod.FILE),
        (UpdateCycle.DAILY, ShareMethod.INTERFACE),
    ],
)
def test_nothing_is_awaited_without_a_cycle_or_of_an_interface(
    cycle: UpdateCycle, kind: ShareMethod
) -> None:
    world = serving(content(cycle), kind)
    assert awaited(world) == ("", None)
    world.when(BREACH, CLOCK, noon(12, 31)).refused(Conflict, "no term is running")


def test_a_city_may_set_its_own_grace() -> None:
    world = serving()
    rule = SetDeadlineRule(rule_id="K5-monthly", term=2, document="长数〔2026〕1号")
    world = world.when(rule, who("city", Role.AUTHORITY_REVIEWER)).then(DeadlineRuleSet)
    assert last_day(published(world, noon(3, 20), "2026-03")) == date(2026, 5, 2)


def test_a_publication_moves_the_clock_to_the_next_period() -> None:
    world = published(serving(), noon(3, 20), "2026-03")
    assert (awaited(world)[0], last_day(world)) == ("2026-04", date(2026, 5, 5))


def test_a_late_batch_for_an_old_period_moves_nothing() -> None:
    world = published(serving(), noon(3, 20), "2026-01")
    assert (awaited(world)[0], last_day(world)) == ("2026-03", date(2026, 4, 5))


def test_a_period_published_ahead_does_not_make_up_for_the_one_that_is_missing() -> None:
    world = published(serving(), noon(4, 2), "2026-04")
    assert awaited(world)[0] == "2026-03"
    world = published(world, noon(4, 3), "2026-03", "b")
    assert awaited(world)[0] == "2026-05", "April has its data already"
    missing = published(serving(), noon(4, 2), "2026-04")
    breach = event_of(missing, BREACH, CLOCK, noon(4, 6), FreshnessBreached)
    assert isinstance(breach, FreshnessBreached)
    assert (breach.period, breach.expects) == ("2026-03", "2026-05")


def timely(world: Given, at: datetime, period: str, letter: str) -> bool:
    command = deliver(period, letter, found(letter=letter))
    event = event_of(world, command, ADAPTER, at, DataPublished)
    assert isinstance(event, DataPublished)
    return event.timely


def test_one_publication_of_a_period_is_timely_or_none() -> None:
    world = serving()
    assert timely(world, noon(4, 5), "2026-03", "a")
    assert not timely(world, noon(4, 6), "2026-03", "a"), "late"
    assert not timely(world, noon(3, 5), "2026-02", "a"), "never awaited"
    assert timely(world, noon(4, 2), "2026-04", "a"), "ahead"
    ahead = published(serving(), noon(4, 2), "2026-04", "a")
    assert not timely(ahead, noon(4, 3), "2026-04", "b"), "the second of the same period"
    assert timely(ahead, noon(4, 3), "2026-03", "b")
    assert not timely(published(ahead, noon(4, 3), "2026-03", "b"), noon(4, 3), "2026-03", "c")


def test_a_resource_that_resumes_with_its_data_awaits_the_next_period() -> None:
    world = published(serving(), noon(3, 20), "2026-03")
    stop = SuspendResource(resource_id=TABLE, reason="机房检修")
    world = world.when(stop, SHARING_HEAD, noon(3, 21)).then(ResourceSuspended)
    world = world.when(ResumeResource(resource_id=TABLE), SHARING_HEAD, noon(3, 22)).then(
        ResourceResumed
    )
    assert awaited(world)[0] == "2026-04"


def test_the_clock_records_a_breach_when_the_grace_has_ended_not_before() -> None:
    world = serving()
    last_moment = datetime(2026, 4, 5, 16, 0, tzinfo=UTC)
    early = last_moment - timedelta(microseconds=1)
    world.when(BREACH, CLOCK, early).refused(Conflict, "runs to the end")
    breach = event_of(world, BREACH, CLOCK, last_moment, FreshnessBreached)
    assert isinstance(breach, FreshnessBreached)
    assert (breach.period, breach.expects) == ("2026-03", "2026-04")


def test_a_breach_is_recorded_once_per_period() -> None:
    world = serving().when(BREACH, CLOCK, noon(4, 6)).then(FreshnessBreached)
    world.when(BREACH, CLOCK, noon(4, 7)).refused(Conflict, "runs to the end of 2026-05-05")
    world = world.when(BREACH, CLOCK, noon(5, 6)).then(FreshnessBreached)
    assert awaited(world)[0] == "2026-05"


def test_nobody_but_the_clock_records_a_breach() -> None:
    serving().when(BREACH, SHARING_HEAD, noon(4, 6)).refused(Forbidden)


def test_a_batch_that_came_late_before_the_clock_noticed_is_still_a_breach() -> None:
    command = deliver("2026-03", verification=found())
    world = (
        serving()
        .when(command, ADAPTER, noon(4, 7))
        .then(*PUBLICATION[:4], FreshnessBreached, *PUBLICATION[4:])
    )
    assert awaited(world)[0] == "2026-04"
    world.when(BREACH, CLOCK, noon(4, 8)).refused(Conflict, "runs to the end of 2026-05-05")


def test_the_moment_the_term_ends_is_too_late() -> None:
    end = datetime(2026, 4, 5, 16, 0, tzinfo=UTC)
    assert not timely(serving(), end, "2026-03", "a")
    assert timely(serving(), end - timedelta(microseconds=1), "2026-03", "a")


def test_a_resource_that_goes_away_late_was_late_all_the_same() -> None:
    end = UnmountResource(resource_id=TABLE, reason="系统下线")
    serving().when(end, SHARING_HEAD, noon(4, 9)).then(FreshnessBreached, ResourceUnmounted)


def test_what_a_late_decision_records_is_the_clocks_word_at_the_moment_it_ended() -> None:
    world = serving()
    stop = SuspendResource(resource_id=TABLE, reason="机房检修")
    breaches = list(world.when(stop, SHARING_HEAD, noon(6, 10)).events())
    assert [type(e) for e in breaches] == [FreshnessBreached] * 3 + [ResourceSuspended]
    assert [e.at for e in breaches[:3]] == [
        datetime(2026, month, 5, 16, tzinfo=UTC) for month in (4, 5, 6)
    ]
    assert {e.by.role for e in breaches[:3]} == {Role.CLOCK}


def test_an_ended_resource_owes_nothing_more() -> None:
    end = UnmountResource(resource_id=TABLE, reason="系统下线")
    world = serving().when(end, SHARING_HEAD, noon(3, 9)).then(ResourceUnmounted)
    world.when(BREACH, CLOCK, noon(4, 6)).refused(Conflict, "nothing is expected")


def test_the_year_in_china_decides_the_period() -> None:
    new_year = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
    activated = serving(at=new_year)
    assert awaited(activated)[0] == "2026-01"
    assert START.year == 2026
    assert ResourceActivated.TOPIC == "convergence.resource.activated"


@settings(max_examples=60, deadline=None)
@for_all(
    st.lists(
        st.tuples(st.integers(0, 25), st.sampled_from(["publish", "clock"]), st.integers(-2, 2)),
        max_size=25,
    )
)
def test_every_awaited_period_is_either_in_time_or_missed_and_never_both(
    happened: list[tuple[int, str, int]],
) -> None:
    world, at = serving(), START
    kept: dict[str, int] = {}
    missed: dict[str, int] = {}
    for number, (days, what, months) in enumerate(happened):
        at += timedelta(days=days)
        month = at.month - 1 + months + 12 * at.year
        period = f"{month // 12:04}-{month % 12 + 1:02}"
        digest = f"sha256:{number:064x}"
        verification = found().model_copy(update={"sha256": digest})
        batch = deliver(period).model_copy(update={"sha256": digest, "verification": verification})
        try:
            by = CLOCK if what == "clock" else ADAPTER
            made = world.when(BREACH if what == "clock" else batch, by, at).events()
        except (Conflict, Invalid):
            continue
        before = awaited(world)[0]
        for event in made:
            world._fold(event)  # noqa: SLF001  # the batch ids differ each time
            if isinstance(event, FreshnessBreached):
                missed[event.period] = missed.get(event.period, 0) + 1
            elif isinstance(event, DataPublished) and event.timely:
                kept[event.period] = kept.get(event.period, 0) + 1
        assert awaited(world)[0] >= before
    assert not kept.keys() & missed.keys()
    assert set(kept.values()) | set(missed.values()) <= {1}
    past = [code for code in _months() if "2026-03" <= code < awaited(world)[0]]
    assert [code for code in past if code not in kept.keys() | missed.keys()] == []


def _months() -> list[str]:
    return [f"{year}-{month:02}" for year in (2026, 2027, 2028) for month in range(1, 13)]
