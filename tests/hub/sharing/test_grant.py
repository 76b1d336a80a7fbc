"""A grant's life: what it permits, how it is widened, suspended, ended (Decree 809 §25, §27)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.catalog.events import CatalogUseClosed
from hub.catalog.kinds import ShareMethod
from hub.catalog.use import CatalogUse
from hub.departments.due import Duty
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.sharing.grant import Grant, permits
from hub.sharing.grant_commands import (
    EndGrant,
    ExpireGrant,
    RelinquishGrant,
    ResumeGrant,
    TerminateGrant,
)
from hub.sharing.grant_events import (
    GrantEnded,
    GrantExpired,
    GrantFirstUsed,
    GrantResumed,
    GrantSuspended,
    GrantTerminated,
    UsageRecorded,
)
from hub.sharing.kinds import EndCause, GrantStatus, RectificationFailure
from tests.hub.departments.city import org
from tests.hub.kit import given
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_HEAD,
    GRANT,
    METER,
    SUPERVISOR,
    TIME,
    WORLD,
    active,
    after,
    agreed,
    china,
    one,
    report,
    suspend,
    suspended,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

LAST = date(2026, 12, 31)
EXPIRE = ExpireGrant(grant_id=GRANT)
RESUME = ResumeGrant(grant_id=GRANT, rectification="已停止超范围使用")
REFUSED = TerminateGrant(grant_id=GRANT, failure=RectificationFailure.REFUSED, reason="拒不整改")
INSUFFICIENT = TerminateGrant(
    grant_id=GRANT, failure=RectificationFailure.INSUFFICIENT, reason="整改不到位"
)
RELINQUISH = RelinquishGrant(
    grant_id=GRANT, cause=EndCause.PURPOSE_REACHED, reason="专项核查已完成"
)
END = EndGrant(
    grant_id=GRANT, reason="系统下线", negotiation="已与税务协商一致", filing_number="备案2026-7"
)


def used() -> Given:
    return (
        active()
        .when(report(date(2026, 3, 20)), METER, china(3, 21))
        .then(UsageRecorded, GrantFirstUsed)
    )


def grant_of(world: Given) -> Grant:
    grant = world.states[GRANT]
    assert isinstance(grant, Grant)
    return grant


# Suspension and what follows


@pytest.mark.parametrize("by", [GIVER_HEAD, SUPERVISOR])
def test_provider_or_authority_suspends_a_running_grant(by: Any) -> None:
    world = suspended(by)
    assert grant_of(world).status is GrantStatus.SUSPENDED
    world.when(suspend(), by, china(4, 2)).refused(Conflict, "the grant is suspended")


def test_the_requester_suspends_nothing() -> None:
    active().when(suspend(), ASKER_HEAD, china(4, 1)).refused(Forbidden)
    agreed().when(suspend(), GIVER_HEAD, china(4, 1)).refused(Conflict, "the grant is issued")


def test_rectification_is_ordered_by_a_day_to_come() -> None:
    past = suspend(rectify_by=date(2026, 3, 31))
    active().when(past, GIVER_HEAD, china(4, 1)).refused(Invalid, "is past")


def test_a_rectified_grant_is_used_again() -> None:
    world = suspended().when(RESUME, GIVER_HEAD, china(4, 10)).then(GrantResumed)
    assert permits(grant_of(world), "姓名", ShareMethod.TABLE, "golden-tax", china(4, 11))


def test_what_the_authority_suspended_the_provider_does_not_resume() -> None:
    suspended(SUPERVISOR).when(RESUME, GIVER_HEAD, china(4, 10)).refused(
        Forbidden, "only the authority resumes"
    )
    suspended(SUPERVISOR).when(RESUME, SUPERVISOR, china(4, 10)).then(GrantResumed)
    suspended(GIVER_HEAD).when(RESUME, SUPERVISOR, china(4, 10)).then(GrantResumed)


def test_a_grant_is_not_resumed_after_its_period() -> None:
    suspended().when(RESUME, GIVER_HEAD, china(1, 4, year=2027)).refused(Conflict, "period ended")


def test_a_grant_is_terminated_only_out_of_suspension() -> None:
    active().when(REFUSED, GIVER_HEAD, china(4, 1)).refused(Conflict, "the grant is active")
    suspended().when(REFUSED, GIVER_HEAD, china(4, 2)).then(GrantTerminated, CatalogUseClosed)
    suspended().when(REFUSED, SUPERVISOR, china(4, 2)).then(GrantTerminated, CatalogUseClosed)
    suspended().when(REFUSED, ASKER_HEAD, china(4, 2)).refused(Forbidden)


def test_insufficient_rectification_is_judged_after_its_day() -> None:
    suspended().when(INSUFFICIENT, GIVER_HEAD, china(4, 30)).refused(Conflict, "until 2026-04-30")
    suspended().when(INSUFFICIENT, GIVER_HEAD, china(5, 1)).then(GrantTerminated, CatalogUseClosed)


# The end


def test_a_grant_expires_with_its_last_day() -> None:
    active().when(EXPIRE, TIME, after(LAST) - timedelta(seconds=1)).refused(
        Conflict, "runs to the end of 2026-12-31"
    )
    done = active().when(EXPIRE, TIME, after(LAST)).then(GrantExpired, CatalogUseClosed)
    done.when(EXPIRE, TIME, after(LAST)).refused(Conflict, "the grant is expired")


def test_a_grant_that_was_never_provided_or_is_suspended_expires_too() -> None:
    for world in (agreed(), suspended()):
        world.when(EXPIRE, TIME, after(LAST)).then(GrantExpired, CatalogUseClosed)


def test_only_the_clock_expires() -> None:
    active().when(EXPIRE, GIVER_HEAD, after(LAST)).refused(Forbidden, "clock")


def test_the_requester_relinquishes_what_it_no_longer_needs() -> None:
    event = one(active(), RELINQUISH, ASKER_HEAD, china(4, 1), GrantEnded)
    assert (event.cause, event.STOPS) == (EndCause.PURPOSE_REACHED, ("grant_end",))
    active().when(RELINQUISH, GIVER_HEAD, china(4, 1)).refused(Forbidden)
    suspended().when(RELINQUISH, ASKER_HEAD, china(4, 2)).refused(Conflict, "is suspended")


def test_the_requester_cannot_end_the_service_in_the_providers_name() -> None:
    command = RelinquishGrant(grant_id=GRANT, cause=EndCause.SERVICE_ENDED, reason="停用")
    active().when(command, ASKER_HEAD, china(4, 1)).refused(Invalid, "only the provider")


def test_the_provider_ends_a_service_with_negotiation_and_filing() -> None:
    event = one(active(), END, GIVER_HEAD, china(4, 1), GrantEnded)
    assert (event.cause, event.filing_number) == (EndCause.SERVICE_ENDED, "备案2026-7")
    active().when(END, ASKER_HEAD, china(4, 1)).refused(Forbidden)
    with pytest.raises(ValueError, match="filing_number"):
        EndGrant(grant_id=GRANT, reason="系统下线", negotiation="已协商", filing_number="")


@pytest.mark.parametrize(
    ("command", "by", "at", "kind", "due_on"),
    [
        (RELINQUISH, ASKER_HEAD, china(4, 1), GrantEnded, date(2026, 5, 31)),
        (END, GIVER_HEAD, china(4, 1), GrantEnded, date(2026, 5, 31)),
        (EXPIRE, TIME, after(LAST), GrantExpired, date(2027, 3, 1)),
    ],
)
def test_the_end_of_a_used_grant_makes_the_final_feedback_due(
    command: Any, by: Any, at: datetime, kind: type, due_on: date
) -> None:
    event = one(used(), command, by, at, kind)
    assert (event.due.duty, event.due.on, event.due.owner_id) == (
        Duty.FEEDBACK,
        due_on,
        org("tax"),
    )
    assert event.clock_id == GRANT
    assert one(active(), command, by, at, kind).due is None, "nothing was used"


def test_a_terminated_grant_owes_its_final_feedback_too() -> None:
    world = used().when(suspend(), GIVER_HEAD, china(4, 1)).then(GrantSuspended)
    event = one(world, REFUSED, GIVER_HEAD, china(4, 2), GrantTerminated)
    assert event.due.on == date(2026, 6, 1)


def test_when_its_grants_have_ended_the_entry_is_free() -> None:
    uses = "catalog.use:limited"
    assert active().states[uses] == CatalogUse(grants=frozenset({GRANT}))
    ended = active().when(RELINQUISH, ASKER_HEAD, china(4, 1)).then(GrantEnded, CatalogUseClosed)
    assert ended.states[uses] == CatalogUse(grants=frozenset())


def test_there_is_no_grant_without_an_agreed_request() -> None:
    given(*WORLD).when(suspend(), GIVER_HEAD, china(4, 1)).refused(NotFound, "no sharing.grant")
    given(*WORLD).when(EXPIRE, TIME, after(LAST)).refused(NotFound, "no sharing.grant")
