"""Data of a grant that is over is disposed of as the provider requires (§27, D-10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hub.catalog.events import CatalogUseClosed, CatalogUseOpened
from hub.departments.events import WorkCalendarPublished
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.events import RequestAgreed, RequestFulfilled
from hub.sharing.grant_commands import (
    ConfirmDisposal,
    ConfirmGrantDue,
    ExpireGrant,
    RecordDisposalOverdue,
    RelinquishGrant,
    RequireDisposal,
)
from hub.sharing.grant_events import (
    DisposalConfirmed,
    DisposalOverdue,
    DisposalRequired,
    GrantActivated,
    GrantDueConfirmed,
    GrantEnded,
    GrantExpired,
    GrantIssued,
)
from hub.sharing.kinds import DisposalMethod, EndCause
from tests.hub.departments.city import OPERATOR, org
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_ADAPTER,
    GIVER_HEAD,
    GRANT,
    SUPERVISOR,
    TIME,
    active,
    after,
    agree,
    china,
    fulfil,
    happen,
    one,
    received,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

REQUIRE = RequireDisposal(grant_id=GRANT, manner="销毁全部副本并提交证明")
LATE = RecordDisposalOverdue(grant_id=GRANT)
DUE_ON = date(2026, 4, 16)
"""Ten working days after 1 April 2026, over Qingming (6 April is off)."""


def confirm(disposed_on: date = date(2026, 4, 9)) -> ConfirmDisposal:
    return ConfirmDisposal(
        grant_id=GRANT,
        method=DisposalMethod.DESTROYED,
        proof="销毁记录第12号",
        disposed_on=disposed_on,
        proof_hash=f"sha256:{'a' * 64}",
    )


def ended(world: Given | None = None, at: datetime = china(4, 1)) -> Given:  # noqa: B008  # a constant day
    relinquish = RelinquishGrant(
        grant_id=GRANT, cause=EndCause.PURPOSE_REACHED, reason="专项核查已完成"
    )
    return (world or active()).when(relinquish, ASKER_HEAD, at).then(GrantEnded, CatalogUseClosed)


def disposing(world: Given | None = None) -> Given:
    return (world or ended()).when(REQUIRE, GIVER_HEAD, china(4, 1)).then(DisposalRequired)


def test_the_term_is_ten_working_days_unless_the_provider_sets_another() -> None:
    event = one(ended(), REQUIRE, GIVER_HEAD, china(4, 1), DisposalRequired)
    assert (event.due.rule, event.due.on, event.due.owner_id) == ("D-10", DUE_ON, org("tax"))
    three = RequireDisposal(grant_id=GRANT, manner="销毁", days=3)
    event = one(ended(), three, GIVER_HEAD, china(4, 1), DisposalRequired)
    assert event.due.on == date(2026, 4, 7)


def test_the_term_set_with_the_agreement_applies() -> None:
    world = (
        received()
        .when(agree(disposal_days=2), GIVER_HEAD, china(3, 9))
        .then(RequestAgreed, GrantIssued, CatalogUseOpened)
        .when(fulfil(), GIVER_ADAPTER, china(3, 10))
        .then(RequestFulfilled, GrantActivated)
    )
    event = one(ended(world), REQUIRE, GIVER_HEAD, china(4, 1), DisposalRequired)
    assert event.due.on == date(2026, 4, 3)


def test_disposal_is_required_only_of_a_grant_that_is_over_and_once() -> None:
    active().when(REQUIRE, GIVER_HEAD, china(4, 1)).refused(Conflict, "the grant is active")
    disposing().when(REQUIRE, GIVER_HEAD, china(4, 2)).refused(Conflict, "the grant is disposing")
    expire = ExpireGrant(grant_id=GRANT)
    last = date(2026, 12, 31)
    expired = active().when(expire, TIME, after(last)).then(GrantExpired, CatalogUseClosed)
    expired.when(REQUIRE, GIVER_HEAD, after(last)).then(DisposalRequired)


def test_only_the_provider_requires_and_only_the_requester_confirms() -> None:
    ended().when(REQUIRE, ASKER_HEAD, china(4, 1)).refused(Forbidden)
    ended().when(REQUIRE, SUPERVISOR, china(4, 1)).refused(Forbidden)
    disposing().when(confirm(), GIVER_HEAD, china(4, 9)).refused(Forbidden)


def test_a_proved_disposal_closes_the_grant() -> None:
    event = one(disposing(), confirm(), ASKER_HEAD, china(4, 9), DisposalConfirmed)
    assert (event.took_days, event.STOPS) == (5, ("dispose",))
    closed = disposing().when(confirm(), ASKER_HEAD, china(4, 9)).then(DisposalConfirmed)
    closed.when(confirm(), ASKER_HEAD, china(4, 9)).refused(Conflict, "the grant is closed")
    closed.when(LATE, TIME, after(DUE_ON)).refused(Conflict, "was done before")


def test_what_is_still_to_come_is_not_confirmed() -> None:
    disposing().when(confirm(date(2026, 4, 10)), ASKER_HEAD, china(4, 9)).refused(
        Invalid, "still to come"
    )


def test_nothing_is_confirmed_that_was_not_required() -> None:
    ended().when(confirm(), ASKER_HEAD, china(4, 9)).refused(Conflict, "the grant is ended")


def test_a_disposal_not_proved_in_time_is_recorded_once() -> None:
    disposing().when(LATE, TIME, after(DUE_ON) - timedelta(seconds=1)).refused(
        Conflict, "runs to the end"
    )
    late = disposing().when(LATE, TIME, after(DUE_ON)).then(DisposalOverdue)
    late.when(LATE, TIME, after(DUE_ON)).refused(Conflict, "recorded already")
    late.when(confirm(), ASKER_HEAD, china(4, 20)).then(DisposalConfirmed)


def test_a_disposal_proved_late_is_overdue_all_the_same() -> None:
    proved = disposing().when(confirm(), ASKER_HEAD, china(4, 20)).then(DisposalConfirmed)
    proved.when(LATE, TIME, after(DUE_ON)).then(DisposalOverdue)


def test_before_disposal_is_required_nobody_is_late_with_it() -> None:
    ended().when(LATE, TIME, after(DUE_ON)).refused(Conflict, "no term is running")


@pytest.mark.parametrize(("days", "final"), [(None, date(2027, 1, 8)), (7, date(2027, 1, 5))])
def test_a_provisional_disposal_term_becomes_final(days: int | None, final: date) -> None:
    at = datetime(2026, 12, 24, 2, 0, tzinfo=UTC)
    require = RequireDisposal(grant_id=GRANT, manner="销毁", days=days)
    world = ended(at=at).when(require, GIVER_HEAD, at).then(DisposalRequired)
    confirm_due = ConfirmGrantDue(grant_id=GRANT)
    world.when(confirm_due, TIME, at).refused(Conflict, "still not published")
    world.when(LATE, TIME, after(date(2027, 2, 1))).refused(Conflict, "provisional")
    happen(
        world,
        WorkCalendarPublished(
            at=at,
            by=OPERATOR,
            calendar_id="departments.calendar:2027",
            year=2027,
            holidays=(date(2027, 1, 1),),
            makeup_days=(),
            document="放假安排",
        ),
    )
    assert one(world, confirm_due, TIME, at, GrantDueConfirmed).due.on == final
