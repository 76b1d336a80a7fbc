"""One supplement, one extension, one answer, all in time (Decree 809 §21; traps 3 and 4)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from hub.actor import Role, Speaker
from hub.catalog.events import CatalogEntryHandedOver, CatalogUseOpened
from hub.catalog.kinds import Grade, ShareType
from hub.departments.events import OfficerAppointed
from hub.errors import Conflict, Forbidden, Invalid
from hub.sharing.commands import (
    AskSharingRequestSupplement,
    CountersignSharingRequest,
    SupplementSharingRequest,
)
from hub.sharing.events import (
    RequestAgreed,
    RequestCountersigned,
    RequestDeclined,
    RequestSupplemented,
    SupplementRequested,
)
from hub.sharing.grant_events import GrantIssued
from hub.sharing.kinds import AgreedVia
from tests.hub.departments.city import FOUNDED, OPERATOR, org, who
from tests.hub.sharing.world import (
    AGREED_AT,
    ASKER,
    ASKER_HEAD,
    GIVER_HEAD,
    GRANT,
    LIMITED,
    MONDAY,
    OPEN,
    REQUEST,
    REVIEWER,
    WORLD,
    agree,
    agreed,
    china,
    content,
    decline,
    entry,
    happen,
    one,
    received,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

ASK = AskSharingRequestSupplement(request_id=REQUEST, missing=("用途说明", "系统等保证明"))
SUPPLEMENT = SupplementSharingRequest(request_id=REQUEST, answers="已补正")


COUNTERSIGN = CountersignSharingRequest(request_id=REQUEST)
GIVER_CHIEF = who("civil", Role.DEPARTMENT_HEAD)


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


# Important data


def important(**changes: Any) -> Given:
    """The second item is important data."""
    name, number, *others = content(ShareType.CONDITIONAL).items
    graded = (name, replace(number, grade=Grade.IMPORTANT), *others)
    text = content(ShareType.CONDITIONAL, items=graded)
    return received(world=(*WORLD, *entry(LIMITED, text, version=2)), **changes)


def test_important_data_is_shared_on_two_approvals() -> None:
    important().when(agree(), GIVER_HEAD, china(3, 9)).refused(Conflict, "two approvals")
    signed = important().when(COUNTERSIGN, GIVER_CHIEF, china(3, 6)).then(RequestCountersigned)
    signed.when(COUNTERSIGN, GIVER_CHIEF, china(3, 6)).refused(Conflict, "no further approval")
    signed.when(agree(), GIVER_HEAD, china(3, 9)).then(RequestAgreed, GrantIssued, CatalogUseOpened)


def test_the_two_approvals_are_two_persons() -> None:
    both = OfficerAppointed(
        at=FOUNDED,
        by=OPERATOR,
        org_id=org("civil"),
        person_id="civil.sharing_head",
        role=Role.DEPARTMENT_HEAD,
    )
    world = important()
    happen(world, both)
    signed = world.when(COUNTERSIGN, GIVER_HEAD, china(3, 6)).then(RequestCountersigned)
    signed.when(agree(), GIVER_HEAD, china(3, 9)).refused(Forbidden, "somebody else")


def test_only_the_head_of_the_providing_department_countersigns() -> None:
    for speaker in (GIVER_HEAD, REVIEWER, who("tax", Role.DEPARTMENT_HEAD)):
        important().when(COUNTERSIGN, speaker, china(3, 6)).refused(Forbidden, "department_head")


def test_other_data_needs_one_approval() -> None:
    received().when(COUNTERSIGN, GIVER_CHIEF, china(3, 6)).refused(Conflict, "no further approval")
    plain = important(items=("姓名",))
    plain.when(agree(), GIVER_HEAD, china(3, 9)).then(RequestAgreed, GrantIssued, CatalogUseOpened)


def test_what_was_countersigned_and_then_changed_is_countersigned_again() -> None:
    changed = (
        important()
        .when(COUNTERSIGN, GIVER_CHIEF, china(3, 4))
        .then(RequestCountersigned)
        .when(ASK, GIVER_HEAD, china(3, 5))
        .then(SupplementRequested)
        .when(SUPPLEMENT, ASKER_HEAD, china(3, 9))
        .then(RequestSupplemented)
    )
    changed.when(agree(), GIVER_HEAD, china(3, 9)).refused(Conflict, "two approvals")


@pytest.mark.parametrize("part", [ASKER, ASKER_HEAD])
def test_who_took_part_in_asking_does_not_answer(part: Speaker) -> None:
    both = OfficerAppointed(
        at=FOUNDED,
        by=OPERATOR,
        org_id=org("civil"),
        person_id=part.person_id,
        role=Role.SHARING_HEAD,
    )
    other_hat = Speaker(org("civil"), part.person_id, part.via)
    world = received()
    happen(world, both)
    world.when(agree(), other_hat, AGREED_AT).refused(Forbidden, "took part")
    world.when(decline(), other_hat, AGREED_AT).refused(Forbidden, "took part")
