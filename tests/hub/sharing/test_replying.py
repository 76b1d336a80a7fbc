"""One supplement, one extension, one answer, all in time (Decree 809 §21; traps 3 and 4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from hub.actor import Role
from hub.catalog.events import CatalogEntryHandedOver, CatalogEntryWithdrawn, CatalogUseOpened
from hub.catalog.kinds import ShareMethod, ShareType
from hub.command import BasisRef
from hub.departments.commands import SetDeadlineRule
from hub.departments.events import DeadlineRuleSet
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.commands import (
    AskReplyExtension,
    AskSharingRequestSupplement,
    GrantReplyExtension,
    RefuseReplyExtension,
    SupplementSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    ReplyExtensionGranted,
    ReplyExtensionRefused,
    ReplyExtensionRequested,
    RequestAgreed,
    RequestDeclined,
    RequestSupplemented,
    RequestWithdrawn,
    SupplementRequested,
)
from hub.sharing.grant_events import GrantIssued
from hub.sharing.kinds import AgreedVia, DeclineReason
from tests.hub.departments.city import LAW, LOCAL_RULE, OPERATOR, org, who
from tests.hub.kit import Given, given
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    GIVER_HEAD,
    GRANT,
    LIMITED,
    MONDAY,
    OPEN,
    REPLY_ON,
    REQUEST,
    REVIEWER,
    WORLD,
    after,
    agree,
    agreed,
    approved,
    china,
    content,
    decline,
    entry,
    happen,
    received,
)

ASK = AskSharingRequestSupplement(request_id=REQUEST, missing=("用途说明", "系统等保证明"))
SUPPLEMENT = SupplementSharingRequest(request_id=REQUEST, answers="已补正")
EXTEND = AskReplyExtension(request_id=REQUEST, days=10, reason="需协调历史数据")
CONSENT = GrantReplyExtension(request_id=REQUEST, days=10, notice="延期十个工作日答复")
REFUSE = RefuseReplyExtension(request_id=REQUEST, reason="理由不充分")


def waiting() -> Given:
    return received().when(ASK, GIVER_HEAD, china(3, 5)).then(SupplementRequested)


def extension_asked() -> Given:
    return received().when(EXTEND, GIVER_HEAD, china(3, 5)).then(ReplyExtensionRequested)


def one(world: Given, command: Any, speaker: Any, at: Any, kind: type) -> Any:
    (event,) = (e for e in world.when(command, speaker, at).events() if isinstance(e, kind))
    return event


# The supplement


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


# The extension


def test_consent_and_notice_move_the_term_by_the_days_granted() -> None:
    event = one(extension_asked(), CONSENT, REVIEWER, china(3, 6), ReplyExtensionGranted)
    assert event.notice == "延期十个工作日答复"
    # 20 working days from 2 March 2026.
    assert (event.due.started_on, event.due.on) == (date(2026, 3, 2), date(2026, 3, 30))


def test_an_extension_without_notice_to_the_requester_is_refused() -> None:
    silent = GrantReplyExtension(request_id=REQUEST, days=10)
    extension_asked().when(silent, REVIEWER, china(3, 6)).refused(Invalid, "must be told")


def test_a_late_extension_cures_nothing() -> None:
    extension_asked().when(CONSENT, REVIEWER, after(REPLY_ON)).refused(Conflict, "cures nothing")
    last = after(REPLY_ON) - timedelta(seconds=1)
    extension_asked().when(CONSENT, REVIEWER, last).then(ReplyExtensionGranted)
    received().when(EXTEND, GIVER_HEAD, after(REPLY_ON)).refused(Conflict, "cures nothing")


def test_an_extension_is_never_longer_than_the_law_allows() -> None:
    longer = AskReplyExtension(request_id=REQUEST, days=11, reason="很忙")
    received().when(longer, GIVER_HEAD, china(3, 5)).refused(Invalid, "at most 10")


def test_the_authority_grants_no_more_than_was_asked() -> None:
    short = AskReplyExtension(request_id=REQUEST, days=3, reason="很忙")
    asked = received().when(short, GIVER_HEAD, china(3, 5)).then(ReplyExtensionRequested)
    asked.when(CONSENT, REVIEWER, china(3, 6)).refused(Invalid, "asked for 3 working days")


def test_there_is_no_extension_for_an_unconditional_entry() -> None:
    received(OPEN).when(EXTEND, GIVER_HEAD, china(3, 2, 11)).refused(Invalid, "at most 0")


def test_a_city_that_is_stricter_gives_less_extension() -> None:
    rule = SetDeadlineRule(rule_id="D-05", term=5, extension=2, document="本市办法")
    (local,) = given(*WORLD).when(rule, REVIEWER, MONDAY).events()
    assert isinstance(local, DeadlineRuleSet)
    strict = received(world=(*WORLD, local))
    strict.when(EXTEND, GIVER_HEAD, china(3, 5)).refused(Invalid, "at most 2")


def test_an_extension_is_asked_for_once() -> None:
    extension_asked().when(EXTEND, GIVER_HEAD, china(3, 6)).refused(Conflict, "asked already")
    granted = extension_asked().when(CONSENT, REVIEWER, china(3, 6)).then(ReplyExtensionGranted)
    granted.when(EXTEND, GIVER_HEAD, china(3, 9)).refused(Conflict, "granted already")


def test_a_refused_extension_may_be_asked_for_again_in_time() -> None:
    refused = extension_asked().when(REFUSE, REVIEWER, china(3, 6)).then(ReplyExtensionRefused)
    refused.when(CONSENT, REVIEWER, china(3, 6)).refused(Conflict, "not asked")
    refused.when(EXTEND, GIVER_HEAD, china(3, 9)).then(ReplyExtensionRequested)


def test_only_the_authority_over_the_provider_consents() -> None:
    extension_asked().when(CONSENT, GIVER_HEAD, china(3, 6)).refused(Forbidden)
    extension_asked().when(REFUSE, ASKER_HEAD, china(3, 6)).refused(Forbidden)


def test_consent_to_what_nobody_asked_for_is_refused() -> None:
    received().when(CONSENT, REVIEWER, china(3, 6)).refused(Conflict, "has not asked")


# Agreement


def test_agreement_issues_the_grant_and_starts_the_provision() -> None:
    world = received()
    answer = one(world, agree(disposal_days=5), GIVER_HEAD, china(3, 9), RequestAgreed)
    assert (answer.via, answer.signed_by, answer.grant_id) == (
        AgreedVia.REVIEW,
        "civil.sharing_head",
        GRANT,
    )
    assert answer.took_days == 5
    assert (answer.due.rule, answer.due.on) == ("D-08", date(2026, 4, 7))
    grant = one(world, agree(disposal_days=5), GIVER_HEAD, china(3, 9), GrantIssued)
    assert (grant.valid_from, grant.valid_to) == (date(2026, 3, 9), date(2026, 12, 31))
    assert (grant.systems, grant.disposal_days) == (("golden-tax",), 5)
    assert grant.case_id == REQUEST


def test_a_grant_marks_its_entry_as_used() -> None:
    opened = one(received(), agree(), GIVER_HEAD, china(3, 9), CatalogUseOpened)
    assert (opened.entry_id, opened.grant_id) == (LIMITED, GRANT)


def test_a_period_that_begins_later_keeps_its_beginning() -> None:
    world = received(period_from=date(2026, 6, 1))
    assert one(world, agree(), GIVER_HEAD, china(3, 9), GrantIssued).valid_from == date(2026, 6, 1)


@pytest.mark.parametrize("stated", ["加密存储", "核验"])
def test_a_condition_of_the_entry_may_be_set(stated: str) -> None:
    event = one(received(), agree(conditions=(stated,)), GIVER_HEAD, china(3, 9), GrantIssued)
    assert event.conditions == (stated,)


def test_a_made_up_condition_is_refused() -> None:
    received().when(agree(conditions=("须付费",)), GIVER_HEAD, china(3, 9)).refused(
        Invalid, "may not add one"
    )
    received(OPEN).when(agree(conditions=("加密存储",)), GIVER_HEAD, MONDAY).refused(
        Invalid, "may not add one"
    )


def test_a_request_is_answered_once() -> None:
    agreed().when(agree(), GIVER_HEAD, china(3, 10)).refused(Conflict, "the request is agreed")
    agreed().when(decline(), GIVER_HEAD, china(3, 10)).refused(Conflict, "the request is agreed")
    no = received().when(decline(), GIVER_HEAD, china(3, 9)).then(RequestDeclined)
    no.when(agree(), GIVER_HEAD, china(3, 9)).refused(Conflict, "the request is declined")


def test_a_late_answer_is_still_an_answer() -> None:
    assert one(received(), agree(), GIVER_HEAD, china(3, 20), RequestAgreed).took_days == 14


def test_only_the_providers_head_answers() -> None:
    received().when(agree(), ASKER_HEAD, china(3, 9)).refused(Forbidden)
    received().when(agree(), REVIEWER, china(3, 9)).refused(Forbidden)
    received().when(decline(), who("market", Role.SHARING_HEAD), china(3, 9)).refused(Forbidden)


def test_an_open_case_follows_the_duty_to_the_new_provider() -> None:
    moved = CatalogEntryHandedOver(
        at=MONDAY,
        by=OPERATOR,
        entry_id=LIMITED,
        provider_id=org("civil"),
        receiver_id=org("market"),
        reason="机构改革",
    )
    world = received()
    happen(world, moved)
    world.when(agree(), GIVER_HEAD, china(3, 9)).refused(Forbidden)
    event = one(world, agree(), who("market", Role.SHARING_HEAD), china(3, 9), RequestAgreed)
    assert (event.provider_id, event.due.owner_id) == (org("market"), org("market"))


def test_no_grant_on_an_entry_that_closed_or_ended_since() -> None:
    closed = received()
    happen(closed, entry(LIMITED, content(ShareType.NOT_SHARED), version=2)[0])
    closed.when(agree(), GIVER_HEAD, china(3, 9)).refused(Conflict, "class 3")
    late = received(period_to=date(2026, 3, 4))
    late.when(agree(), GIVER_HEAD, china(3, 9)).refused(Conflict, "ended on 2026-03-04")


# Declining


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
