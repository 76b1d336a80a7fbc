"""数据时效 Freshness: which period's data is awaited, until when, and that it did not come.

The term is the end of a period of the entry's update cycle plus a grace, rule `K5-<cycle>`
(DOMAIN §2.5, K5); a city may set the grace with `SetDeadlineRule`. Interfaces, irregular cycles
and entries no longer in force expect nothing.
"""

from datetime import datetime, timedelta

import msgspec

from hub.actor import Actor, Role, Via
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareMethod, UpdateCycle
from hub.convergence.commands import RecordFreshnessBreach
from hub.convergence.events import FreshnessBreached
from hub.convergence.period import KIND_OF_CYCLE, Period, period_of, read_period
from hub.convergence.resource import Resource, about, provider_of
from hub.departments.calendar import local_day
from hub.departments.due import Due, Duty
from hub.departments.lapse import require_lapsed
from hub.departments.ruleset import due
from hub.errors import Conflict
from hub.state import States
from hub.term import zh

REALTIME_GRACE = timedelta(minutes=15)
"""A table fed in real time owes each day's data a quarter of an hour after the day (P)."""
_CLOCK = Actor("hub", "clock", Role.CLOCK, Via.CLOCK)
BREACHES_AT_ONCE_MAX = 400
"""How many silent periods one decision records: a year of days and some."""


class Expectation(msgspec.Struct, frozen=True):
    """The period awaited next and its clock; empty where nothing is expected."""

    expects: str = ""
    due: Due | None = None


def cycle_of(states: States, resource: Resource) -> UpdateCycle | None:
    """Return the update cycle that binds a resource; None where nothing is expected."""
    if resource.kind is ShareMethod.INTERFACE:
        return None
    content = states.the(CatalogEntry, resource.entry_id).published
    cycle = content.update_cycle if content else None
    return cycle if cycle in KIND_OF_CYCLE else None


def first_expected(states: States, resource: Resource, at: datetime) -> Expectation:
    """Return what a resource owes when it begins or resumes serving: the running period.

    A running period that has its data already is followed by the next.
    """
    cycle = cycle_of(states, resource)
    if cycle is None:
        return Expectation()
    period = period_of(KIND_OF_CYCLE[cycle], local_day(at))
    if period.code in resource.ahead | {resource.last_period}:
        return _after(states, resource, period, cycle, at)
    return Expectation(period.code, _due(states, resource, period, cycle, at))


def next_expected(
    states: States, resource: Resource, published: Period, at: datetime
) -> Expectation:
    """Return what is owed after a period was published; empty when the clock does not move.

    It moves only when the period awaited is covered: neither a batch for an old period nor one
    published ahead makes up for the one that is missing.
    """
    cycle = cycle_of(states, resource)
    if cycle is None or not resource.expects:
        return Expectation()
    awaited = read_period(resource.expects)
    if not published.first <= awaited.first <= awaited.last <= published.last:
        return Expectation()
    return _after(states, resource, published, cycle, at)


def is_timely(resource: Resource, published: Period) -> bool:
    """Say whether a publication is the first of a period that is awaited or lies ahead."""
    if not resource.expects or published.code in resource.ahead:
        return False
    return published.last >= read_period(resource.expects).last


def record_breach(
    command: RecordFreshnessBreach, states: States, by: Actor, at: datetime
) -> FreshnessBreached:
    """Record that the awaited period has no data; once per period, on to the next one."""
    resource = states.the(Resource, command.resource_id)
    if not resource.serving:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; nothing is expected of it",
            f"“{resource.title}”当前状态为{zh(resource.status)}，不计时效",
            where="resource_id",
        )
    require_lapsed(resource.refresh, None, at, recorded=False)
    return _breach(command.resource_id, states, resource, by, at, at)


def silent_breaches(
    resource_id: str, states: States, resource: Resource, at: datetime
) -> tuple[tuple[FreshnessBreached, ...], Resource]:
    """Return the breaches the clock has not recorded yet, and the resource after them.

    What stops or moves the clock late records first that the term had ended: a delay is a fact
    whether or not the clock process was running.
    """
    found: list[FreshnessBreached] = []
    while resource.refresh is not None and resource.refresh.ends_at <= at:
        if not resource.serving or len(found) == BREACHES_AT_ONCE_MAX:
            break
        ended_at = resource.refresh.ends_at
        breach = _breach(resource_id, states, resource, _CLOCK, ended_at, at)
        found.append(breach)
        resource = msgspec.structs.replace(resource, expects=breach.expects, refresh=breach.due)
    return tuple(found), resource


def _breach(
    resource_id: str,
    states: States,
    resource: Resource,
    by: Actor,
    at: datetime,
    now: datetime,
) -> FreshnessBreached:
    # The calendars are those around `now`, when it is decided, however old the breach is.
    missed = read_period(resource.expects)
    cycle = cycle_of(states, resource)
    following = Expectation() if cycle is None else _after(states, resource, missed, cycle, now)
    return FreshnessBreached(
        period=missed.code,
        rule=resource.refresh.rule if resource.refresh else "",
        expects=following.expects,
        due=following.due,
        **about(resource_id, states, by, at),
    )


def _after(
    states: States, resource: Resource, period: Period, cycle: UpdateCycle, at: datetime
) -> Expectation:
    following = period_of(KIND_OF_CYCLE[cycle], period.last + timedelta(days=1))
    while following.code in resource.ahead:
        following = period_of(KIND_OF_CYCLE[cycle], following.last + timedelta(days=1))
    return Expectation(following.code, _due(states, resource, following, cycle, at))


def _due(
    states: States, resource: Resource, period: Period, cycle: UpdateCycle, at: datetime
) -> Due:
    term = due(states, Duty.REFRESH, f"K5-{cycle}", provider_of(states, resource), period.last, at)
    if cycle is UpdateCycle.REALTIME:
        return msgspec.structs.replace(term, ends_at=term.ends_at + REALTIME_GRACE)
    return term
