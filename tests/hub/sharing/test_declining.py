"""Declining: for a true reason, on a basis, never for incomplete papers (§14, §15, §21)."""

from __future__ import annotations

from datetime import date

import pytest

from hub.catalog.events import CatalogEntryWithdrawn
from hub.catalog.kinds import ShareType
from hub.errors import Conflict, Invalid
from hub.sharing.events import (
    RequestDeclined,
)
from hub.sharing.kinds import DeclineReason
from tests.hub.departments.city import LOCAL_RULE, OPERATOR, org
from tests.hub.sharing.world import (
    GIVER_HEAD,
    LIMITED,
    MONDAY,
    OPEN,
    agree,
    approved,
    china,
    content,
    decline,
    entry,
    happen,
    one,
    received,
)


def test_a_decline_states_reason_basis_and_time() -> None:
    event = one(received(), decline(), GIVER_HEAD, china(3, 16), RequestDeclined)
    assert event.reason_code is DeclineReason.EXCEEDS_NEED
    assert (event.basis.article, event.took_days) == ("第六条", 10)


def test_incomplete_papers_are_no_reason_to_decline() -> None:
    no = decline(DeclineReason.INCOMPLETE_PAPERS)
    received().when(no, GIVER_HEAD, china(3, 9)).refused(Invalid, "incomplete papers")
    received(OPEN).when(no, GIVER_HEAD, MONDAY).refused(Invalid, "incomplete papers")


@pytest.mark.parametrize(
    "reason",
    [
        DeclineReason.OUTSIDE_CONDITIONS,
        DeclineReason.EXCEEDS_NEED,
        DeclineReason.SECURITY_NOT_MET,
        DeclineReason.LAW_FORBIDS,
    ],
)
def test_an_unconditional_entry_is_not_declined_on_conditions(reason: DeclineReason) -> None:
    received(OPEN).when(decline(reason), GIVER_HEAD, MONDAY).refused(
        Invalid, "shared with all departments"
    )


def test_an_unconditional_entry_may_be_declined_where_no_duty_needs_it() -> None:
    no = decline(DeclineReason.NOT_FOR_DUTY)
    received(OPEN).when(no, GIVER_HEAD, MONDAY).then(RequestDeclined)


def test_a_reason_must_be_true() -> None:
    same = decline(DeclineReason.ENTRY_CHANGED)
    received().when(same, GIVER_HEAD, china(3, 9)).refused(Invalid, "the entry is the same")
    runs = decline(DeclineReason.PERIOD_OVER)
    received().when(runs, GIVER_HEAD, china(3, 9)).refused(Invalid, "runs to 2026-12-31")
    over = received(period_to=date(2026, 3, 4))
    over.when(runs, GIVER_HEAD, china(3, 9)).then(RequestDeclined)


def test_an_entry_withdrawn_or_rewritten_since_is_a_reason() -> None:
    changed = received()
    happen(changed, entry(LIMITED, content(ShareType.NOT_SHARED), version=2)[0])
    no = decline(DeclineReason.ENTRY_CHANGED)
    changed.when(no, GIVER_HEAD, china(3, 9)).then(RequestDeclined)
    gone = received()
    happen(
        gone,
        CatalogEntryWithdrawn(
            at=MONDAY,
            by=OPERATOR,
            entry_id=LIMITED,
            provider_id=org("civil"),
            version=1,
            reason="撤销",
        ),
    )
    gone.when(no, GIVER_HEAD, china(3, 9)).then(RequestDeclined)


def test_only_a_law_can_forbid() -> None:
    local = decline(DeclineReason.LAW_FORBIDS, LOCAL_RULE)
    received().when(local, GIVER_HEAD, china(3, 9)).refused(Invalid, "cannot forbid")
    lawful = decline(DeclineReason.LAW_FORBIDS)
    received().when(lawful, GIVER_HEAD, china(3, 9)).then(RequestDeclined)


def test_nothing_is_answered_before_it_is_received() -> None:
    approved().when(agree(), GIVER_HEAD, MONDAY).refused(Conflict, "the request is ok_inside")
