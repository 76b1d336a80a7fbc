"""Who may ask, for what, and how a request reaches the provider (Decree 809 §20)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from hub.actor import Role
from hub.catalog.events import CatalogEntryWithdrawn
from hub.catalog.kinds import Grade, ShareMethod, ShareType
from hub.command import BasisRef
from hub.departments.due import Due, Duty
from hub.departments.events import (
    LegalBasisRepealed,
    OfficerAppointed,
    SharingUnitDesignated,
)
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    SubmitSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    RequestApprovedInternally,
    RequestDrafted,
    RequestReceived,
    RequestWithdrawn,
)
from tests.hub.departments.city import FOUNDED, LAW, OPERATOR, org, who
from tests.hub.kit import Given, given
from tests.hub.sharing.world import (
    ASKER,
    ASKER_HEAD,
    CLOSED,
    GIVER_HEAD,
    LIMITED,
    MONDAY,
    OPEN,
    REPLY_ON,
    REQUEST,
    WORLD,
    agreed,
    approved,
    content,
    draft,
    entry,
    happen,
    received,
)

SUBMIT = SubmitSharingRequest(request_id=REQUEST)
APPROVE = ApproveSharingRequestInternally(request_id=REQUEST)
WITHDRAW = WithdrawSharingRequest(request_id=REQUEST, reason="需求变化")


def due_of(world: Given, command: Any, speaker: Any, kind: type) -> Due:
    (event,) = (e for e in world.when(command, speaker, MONDAY).events() if isinstance(e, kind))
    due: Due = event.due  # type: ignore[attr-defined]  # every kind asked for has one
    return due


def test_a_draft_holds_the_five_fields_of_section_20() -> None:
    (event,) = given(*WORLD).when(draft(), ASKER, MONDAY).events()
    assert isinstance(event, RequestDrafted)
    assert event.basis is not None
    assert (event.basis.legal_basis_id, event.basis.article) == (LAW, "第五条")
    assert event.scenario == "核验纳税人身份"
    assert event.items == ("姓名", "证号")
    assert event.methods == (ShareMethod.TABLE, ShareMethod.INTERFACE)
    assert (event.period_from, event.period_to) == (date(2026, 3, 2), date(2026, 12, 31))
    assert event.provider_id == org("civil")


def test_an_item_named_twice_is_asked_for_once() -> None:
    (event,) = given(*WORLD).when(draft(items=("姓名", "姓名")), ASKER, MONDAY).events()
    assert isinstance(event, RequestDrafted)
    assert event.items == ("姓名",)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"warranted": False}, Invalid, "warrant"),
        ({"basis": BasisRef(legal_basis_id=LAW)}, Invalid, "article"),
        (
            {"basis": BasisRef(legal_basis_id="departments.legal_basis:none", article="一")},
            NotFound,
            "no departments.legal_basis",
        ),
        ({"items": ("车牌",)}, Invalid, "does not offer the item “车牌”"),
        ({"items": ("住址",)}, Invalid, "not shared"),
        ({"items": ("涉密",)}, Invalid, "not shared"),
        ({"methods": (ShareMethod.FILE,)}, Invalid, "not as file"),
        ({"period_to": date(2026, 3, 1)}, Invalid, "before it begins"),
        ({"period_to": date(2027, 12, 31)}, Invalid, "at most 400 days"),
        (
            {"period_from": date(2026, 1, 1), "period_to": date(2026, 3, 1)},
            Conflict,
            "ended on 2026-03-01",
        ),
        ({"entry_id": "catalog.entry:none"}, NotFound, "no catalog.entry"),
        ({"entry_id": CLOSED}, Conflict, "not shared (class 3)"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_at_once(
    changes: dict[str, Any], kind: type, words: str
) -> None:
    given(*WORLD).when(draft(**changes), ASKER, MONDAY).refused(kind, words)


def test_the_last_day_of_the_longest_period_is_allowed() -> None:
    wish = draft(period_from=date(2026, 3, 2), period_to=date(2027, 4, 5))
    given(*WORLD).when(wish, ASKER, MONDAY).then(RequestDrafted)


def test_core_data_does_not_go_through_the_hub() -> None:
    core = entry(LIMITED, content(ShareType.CONDITIONAL, grade=Grade.CORE), version=2)
    given(*WORLD, *core).when(draft(), ASKER, MONDAY).refused(Conflict, "core data")


def test_conditions_of_the_entry_limit_items_and_methods() -> None:
    text = content(ShareType.CONDITIONAL)
    assert text.share_conditions is not None
    narrow = replace(text.share_conditions, items=("姓名",), methods=(ShareMethod.TABLE,))
    world = given(*WORLD, *entry(LIMITED, replace(text, share_conditions=narrow), version=2))
    world.when(draft(), ASKER, MONDAY).refused(Invalid, "it offers 姓名")
    world.when(draft(items=("姓名",)), ASKER, MONDAY).refused(Invalid, "is shared as table")
    wish = draft(items=("姓名",), methods=(ShareMethod.TABLE,))
    world.when(wish, ASKER, MONDAY).then(RequestDrafted)


def test_a_request_is_drafted_once_under_its_id() -> None:
    approved().when(draft(), ASKER, MONDAY).refused(Conflict, "exists already")


def test_a_department_needs_no_grant_for_its_own_data() -> None:
    own = draft(requester_id=org("civil"))
    given(*WORLD).when(own, who("civil", Role.BUSINESS_USER), MONDAY).refused(
        Conflict, "needs no grant"
    )


def test_only_a_business_user_of_the_requester_drafts() -> None:
    given(*WORLD).when(draft(), GIVER_HEAD, MONDAY).refused(Forbidden, "business_user")
    given(*WORLD).when(draft(), who("market", Role.BUSINESS_USER), MONDAY).refused(Forbidden)


def test_nobody_consents_to_his_own_draft() -> None:
    both = OfficerAppointed(
        at=FOUNDED,
        by=OPERATOR,
        org_id=org("tax"),
        person_id="tax.business_user",
        role=Role.SHARING_HEAD,
    )
    world = given(*WORLD, both).when(draft(), ASKER, MONDAY).then(RequestDrafted)
    world.when(APPROVE, ASKER, MONDAY).refused(Forbidden, "drafted this request")
    world.when(APPROVE, ASKER_HEAD, MONDAY).then(RequestApprovedInternally)


def test_only_the_head_of_the_requesters_office_consents() -> None:
    world = given(*WORLD).when(draft(), ASKER, MONDAY).then(RequestDrafted)
    world.when(APPROVE, ASKER, MONDAY).refused(Forbidden, "sharing_head")
    world.when(APPROVE, GIVER_HEAD, MONDAY).refused(Forbidden)


def test_consent_is_given_once() -> None:
    approved().when(APPROVE, ASKER_HEAD, MONDAY).refused(Conflict, "the request is ok_inside")


def test_a_request_leaves_the_department_only_after_consent() -> None:
    world = given(*WORLD).when(draft(), ASKER, MONDAY).then(RequestDrafted)
    world.when(SUBMIT, ASKER_HEAD, MONDAY).refused(Conflict, "only while it is ok_inside")


def test_submitted_is_received_and_the_reply_is_due() -> None:
    due = due_of(approved(), SUBMIT, ASKER_HEAD, RequestReceived)
    assert (due.duty, due.rule, due.on, due.owner_id) == (
        Duty.REPLY,
        "D-05",
        REPLY_ON,
        org("civil"),
    )


def test_an_unconditional_request_is_answered_within_one_working_day() -> None:
    due = due_of(approved(OPEN), SUBMIT, ASKER_HEAD, RequestReceived)
    assert (due.rule, due.on) == ("D-04", date(2026, 3, 3))


def test_nothing_is_submitted_before_the_sharing_office_is_named() -> None:
    unnamed = tuple(
        e for e in WORLD if not (isinstance(e, SharingUnitDesignated) and e.org_id == org("tax"))
    )
    approved(world=unnamed).when(SUBMIT, ASKER_HEAD, MONDAY).refused(
        Conflict, "not named its sharing office"
    )


def test_an_entry_withdrawn_or_closed_since_cannot_be_requested() -> None:
    gone = CatalogEntryWithdrawn(
        at=MONDAY, by=OPERATOR, entry_id=LIMITED, provider_id=org("civil"), version=1, reason="撤销"
    )
    world = approved()
    happen(world, gone)
    world.when(SUBMIT, ASKER_HEAD, MONDAY).refused(Conflict, "no version of it is in force")
    closed = approved()
    happen(closed, entry(LIMITED, content(ShareType.NOT_SHARED), version=2)[0])
    closed.when(SUBMIT, ASKER_HEAD, MONDAY).refused(Conflict, "class 3")


def test_a_basis_repealed_since_carries_no_request() -> None:
    world = approved()
    happen(
        world,
        LegalBasisRepealed(
            at=MONDAY,
            by=OPERATOR,
            legal_basis_id=LAW,
            repealed_on=date(2026, 3, 1),
            reason="废止",
        ),
    )
    world.when(SUBMIT, ASKER_HEAD, MONDAY).refused(Invalid, "not in force on 2026-03-02")


@pytest.mark.parametrize("speaker", [ASKER, ASKER_HEAD])
def test_the_requester_withdraws_before_the_answer(speaker: Any) -> None:
    received().when(WITHDRAW, speaker, MONDAY).then(RequestWithdrawn)
    approved().when(WITHDRAW, speaker, MONDAY).then(RequestWithdrawn)


def test_nobody_withdraws_after_the_answer_or_for_another() -> None:
    received().when(WITHDRAW, GIVER_HEAD, MONDAY).refused(Forbidden)
    agreed().when(WITHDRAW, ASKER_HEAD, MONDAY).refused(Conflict, "the request is agreed")
    withdrawn = received().when(WITHDRAW, ASKER, MONDAY).then(RequestWithdrawn)
    withdrawn.when(WITHDRAW, ASKER, MONDAY).refused(Conflict, "the request is withdrawn")
