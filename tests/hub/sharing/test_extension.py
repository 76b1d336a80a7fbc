"""One extension: consent and notice, both in time (Decree 809 §21; trap 3)."""

from __future__ import annotations

from datetime import date, timedelta

from hub.actor import Role
from hub.departments.commands import SetDeadlineRule
from hub.departments.events import DeadlineRuleSet, OfficerAppointed
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    AskReplyExtension,
    GrantReplyExtension,
    RefuseReplyExtension,
    SubmitSharingRequest,
)
from hub.sharing.events import (
    ReplyExtensionGranted,
    ReplyExtensionRefused,
    ReplyExtensionRequested,
    RequestApprovedInternally,
    RequestDrafted,
    RequestReceived,
    RequestSubmitted,
)
from tests.hub.departments.city import FOUNDED, OPERATOR, org, who
from tests.hub.kit import Given, given
from tests.hub.sharing.world import (
    ASKER_HEAD,
    GIVER_HEAD,
    MONDAY,
    OPEN,
    REPLY_ON,
    REQUEST,
    REVIEWER,
    WORLD,
    after,
    china,
    draft,
    one,
    received,
)

EXTEND = AskReplyExtension(request_id=REQUEST, days=10, reason="需协调历史数据")
CONSENT = GrantReplyExtension(request_id=REQUEST, days=10, notice="延期十个工作日答复")
REFUSE = RefuseReplyExtension(request_id=REQUEST, reason="理由不充分")

APPROVE = ApproveSharingRequestInternally(request_id=REQUEST)
SUBMIT = SubmitSharingRequest(request_id=REQUEST)


def extension_asked() -> Given:
    return received().when(EXTEND, GIVER_HEAD, china(3, 5)).then(ReplyExtensionRequested)


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


def test_an_authority_that_asks_for_the_data_does_not_consent() -> None:
    officers = tuple(
        OfficerAppointed(
            at=FOUNDED, by=OPERATOR, org_id=org("city"), person_id=f"city.{role}", role=role
        )
        for role in (Role.BUSINESS_USER, Role.SHARING_HEAD)
    )
    asked = (
        given(*WORLD, *officers)
        .when(draft(requester_id=org("city")), who("city", Role.BUSINESS_USER), MONDAY)
        .then(RequestDrafted)
        .when(APPROVE, who("city", Role.SHARING_HEAD), MONDAY)
        .then(RequestApprovedInternally)
        .when(SUBMIT, who("city", Role.SHARING_HEAD), MONDAY)
        .then(RequestSubmitted, RequestReceived)
        .when(EXTEND, GIVER_HEAD, china(3, 5))
        .then(ReplyExtensionRequested)
    )
    asked.when(CONSENT, REVIEWER, china(3, 6)).refused(Forbidden, "is a party to this request")
    asked.when(REFUSE, REVIEWER, china(3, 6)).refused(Forbidden, "is a party to this request")


def test_consent_to_what_nobody_asked_for_is_refused() -> None:
    received().when(CONSENT, REVIEWER, china(3, 6)).refused(Conflict, "has not asked")
