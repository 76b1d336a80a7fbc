"""One supplement round, everything at once, in time (Decree 809 §21; trap 4)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hub.catalog.kinds import ShareMethod
from hub.command import BasisRef
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.commands import (
    AskReplyExtension,
    AskSharingRequestSupplement,
    SupplementSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    RequestSupplemented,
    RequestWithdrawn,
    SupplementRequested,
)
from hub.sharing.grant_events import GrantIssued
from tests.hub.departments.city import LAW
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_HEAD,
    REPLY_ON,
    REQUEST,
    after,
    agree,
    china,
    decline,
    one,
    received,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

ASK = AskSharingRequestSupplement(request_id=REQUEST, missing=("用途说明", "系统等保证明"))
SUPPLEMENT = SupplementSharingRequest(request_id=REQUEST, answers="已补正")
EXTEND = AskReplyExtension(request_id=REQUEST, days=10, reason="需协调历史数据")


def waiting() -> Given:
    return received().when(ASK, GIVER_HEAD, china(3, 5)).then(SupplementRequested)


def test_everything_missing_is_told_once() -> None:
    event = one(received(), ASK, GIVER_HEAD, china(3, 5), SupplementRequested)
    assert event.missing == ("用途说明", "系统等保证明")


def test_a_second_supplement_is_refused() -> None:
    again = waiting().when(SUPPLEMENT, ASKER_HEAD, china(3, 9)).then(RequestSupplemented)
    again.when(ASK, GIVER_HEAD, china(3, 10)).refused(Conflict, "asked for already")


def test_a_supplement_asked_after_the_term_is_refused() -> None:
    received().when(ASK, GIVER_HEAD, after(REPLY_ON)).refused(Conflict, "ended on 2026-03-16")


def test_the_reply_term_starts_anew_with_the_supplement() -> None:
    event = one(waiting(), SUPPLEMENT, ASKER_HEAD, china(3, 9), RequestSupplemented)
    assert (event.due.started_on, event.due.on) == (date(2026, 3, 9), date(2026, 3, 23))


def test_a_supplement_changes_only_what_it_says() -> None:
    world = waiting()
    change = SupplementSharingRequest(
        request_id=REQUEST,
        answers="缩小范围",
        items=("姓名",),
        basis=BasisRef(legal_basis_id=LAW, article="第九条"),
    )
    supplemented = world.when(change, ASKER_HEAD, china(3, 9)).then(RequestSupplemented)
    grant = one(supplemented, agree(), GIVER_HEAD, china(3, 10), GrantIssued)
    assert grant.items == ("姓名",)
    assert grant.methods == (ShareMethod.TABLE, ShareMethod.INTERFACE)


def test_a_supplement_cannot_widen_beyond_the_entry() -> None:
    wish = SupplementSharingRequest(request_id=REQUEST, answers="补充", items=("车牌",))
    waiting().when(wish, ASKER_HEAD, china(3, 9)).refused(Invalid, "does not offer")


def test_a_supplement_that_was_not_asked_for_is_refused() -> None:
    received().when(SUPPLEMENT, ASKER_HEAD, china(3, 3)).refused(Conflict, "waiting")


def test_only_the_requesters_head_supplements() -> None:
    waiting().when(SUPPLEMENT, ASKER, china(3, 9)).refused(Forbidden, "sharing_head")
    waiting().when(SUPPLEMENT, GIVER_HEAD, china(3, 9)).refused(Forbidden)


@pytest.mark.parametrize("command", [agree(), decline(), EXTEND])
def test_while_the_requester_is_asked_nothing_is_answered(command: Any) -> None:
    waiting().when(command, GIVER_HEAD, china(3, 6)).refused(Conflict, "the request is waiting")


def test_the_requester_may_withdraw_instead_of_supplementing() -> None:
    withdraw = WithdrawSharingRequest(request_id=REQUEST, reason="不再需要")
    waiting().when(withdraw, ASKER_HEAD, china(3, 9)).then(RequestWithdrawn)
