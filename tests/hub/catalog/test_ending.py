"""Withdrawal under grants, handover after duties moved."""

from __future__ import annotations

from datetime import timedelta

from hub.actor import CLOCK, Actor, Role, Via
from hub.catalog.commands import (
    ApproveCatalogEntryInternally,
    HandOverCatalogEntry,
    RaiseCatalogUpdateDuty,
    RecordUpdateOverdue,
    ReviseCatalogEntry,
    SubmitCatalogEntry,
    WithdrawCatalogEntry,
)
from hub.catalog.events import (
    CatalogCodeReserved,
    CatalogEntryApprovedInternally,
    CatalogEntryDrafted,
    CatalogEntryHandedOver,
    CatalogEntrySubmitted,
    CatalogEntryWithdrawn,
    CatalogTitleReserved,
    CatalogUpdateDutyRaised,
    CatalogUpdateOverdue,
    RiskAssessmentAttached,
)
from hub.catalog.kinds import EntryStatus
from hub.catalog.use import close_use, grants_on, open_use
from hub.departments.calendar import local_day
from hub.departments.events import (
    DutiesTransferred,
    OrganizationMerged,
    OrganizationRegistered,
)
from hub.departments.kinds import OrganizationKind
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.state import States
from tests.hub.catalog.world import (
    CATALOGUER,
    ENTRY,
    HEAD,
    NOON,
    OTHER,
    REVIEWER,
    STRANGER,
    approved_inside,
    attach,
    draft,
    drafted,
    entry_of,
    form,
    happened,
    org,
    published,
    submitted,
)
from tests.hub.departments.city import FOUNDED, OPERATOR, who

WITHDRAW = WithdrawCatalogEntry(entry_id=ENTRY, reason="职责取消")
HAND_OVER = HandOverCatalogEntry(entry_id=ENTRY, receiver_id=org("tax"), reason="机构改革")
GRANT = "sharing.grant:1"
BY = Actor(org("civil"), "civil.sharing_head", Role.SHARING_HEAD, Via.API)
OPENED = open_use(ENTRY, org("civil"), GRANT, BY, NOON)
MOVED = DutiesTransferred(
    at=FOUNDED, by=OPERATOR, org_id=org("civil"), receiver_id=org("tax"), duties=("出生登记",)
)
MERGED = OrganizationMerged(at=FOUNDED, by=OPERATOR, org_id=org("civil"), successor_id=org("tax"))


def test_a_withdrawn_entry_is_not_in_force_and_never_comes_back() -> None:
    world = published().when(WITHDRAW, HEAD).then(CatalogEntryWithdrawn)
    entry = entry_of(world)
    assert (entry.status, entry.published) == (EntryStatus.WITHDRAWN, None)
    world.when(WITHDRAW, HEAD).refused(Conflict, "withdrawn already")
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(abstract="新"))
    world.when(revise, CATALOGUER).refused(Conflict, "is withdrawn")


def test_the_head_or_the_authority_withdraws() -> None:
    published().when(WITHDRAW, REVIEWER).then(CatalogEntryWithdrawn)
    for by in (CATALOGUER, STRANGER):
        published().when(WITHDRAW, by).refused(Forbidden)


def test_nothing_is_withdrawn_from_under_a_grant() -> None:
    world = happened(published(), OPENED)
    world.when(WITHDRAW, HEAD).refused(Conflict, GRANT)
    happened(world, *close_use(States(world.states), ENTRY, org("civil"), GRANT, BY, NOON))
    assert close_use(States(world.states), ENTRY, org("civil"), GRANT, BY, NOON) == ()
    world.when(WITHDRAW, HEAD).then(CatalogEntryWithdrawn)


def test_the_register_counts_each_grant() -> None:
    second = open_use(ENTRY, org("civil"), "sharing.grant:2", BY, NOON)
    world = happened(published(), OPENED, second)
    assert grants_on(States(world.states), ENTRY) == {GRANT, "sharing.grant:2"}


def test_withdrawal_ends_the_running_terms() -> None:
    duty = RaiseCatalogUpdateDuty(entry_id=ENTRY, changed_on=local_day(NOON), cause="职责调整")
    world = published().when(duty, CATALOGUER).then(CatalogUpdateDutyRaised)
    entry = entry_of(world.when(WITHDRAW, HEAD).then(CatalogEntryWithdrawn))
    assert (entry.update_due, entry.review_due) == (None, None)


def test_the_code_of_a_withdrawn_entry_is_never_used_again_but_its_title_may_be() -> None:
    world = published().when(WITHDRAW, HEAD).then(CatalogEntryWithdrawn)
    approved_inside(drafted(world, OTHER, catalog_code="307012/2"), OTHER)
    world.when(SubmitCatalogEntry(entry_id=OTHER), CATALOGUER).then(
        CatalogEntrySubmitted, CatalogCodeReserved, CatalogTitleReserved
    )
    world = published().when(WITHDRAW, HEAD).then(CatalogEntryWithdrawn)
    refusal = drafted(world, OTHER).when(ApproveCatalogEntryInternally(entry_id=OTHER), HEAD)
    refusal.refused(Invalid, "307012/000001 belongs to another entry")


def test_an_entry_follows_its_duty_as_the_next_version() -> None:
    world = happened(published(), MOVED)
    world.when(HAND_OVER, REVIEWER).then(CatalogEntryHandedOver, CatalogTitleReserved)
    entry = entry_of(world)
    assert (entry.provider_id, entry.published_version) == (org("tax"), 2)
    assert entry.status is EntryStatus.PUBLISHED
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(abstract="新"))
    world.when(revise, CATALOGUER).refused(Forbidden)
    assert len(world.when(revise, STRANGER).events()) == 1


def test_the_successor_of_a_merged_department_gets_the_entry() -> None:
    world = happened(published(), MERGED)
    world.when(HAND_OVER, REVIEWER).then(CatalogEntryHandedOver, CatalogTitleReserved)


def test_the_running_update_term_is_the_receivers_from_then_on() -> None:
    duty = RaiseCatalogUpdateDuty(entry_id=ENTRY, changed_on=local_day(NOON), cause="机构改革")
    world = published().when(duty, CATALOGUER).then(CatalogUpdateDutyRaised)
    happened(world, MOVED).when(HAND_OVER, REVIEWER).then(
        CatalogEntryHandedOver, CatalogTitleReserved
    )
    entry = entry_of(world)
    assert entry.update_due is not None
    assert entry.update_due.owner_id == org("tax")
    assert entry.status is EntryStatus.UPDATE_DUE


def test_a_recorded_lapse_stays_with_the_department_that_missed_the_term() -> None:
    duty = RaiseCatalogUpdateDuty(entry_id=ENTRY, changed_on=local_day(NOON), cause="机构改革")
    world = published().when(duty, CATALOGUER).then(CatalogUpdateDutyRaised)
    late = NOON + timedelta(days=30)
    world.when(RecordUpdateOverdue(entry_id=ENTRY), CLOCK, late).then(CatalogUpdateOverdue)
    world = happened(world, MOVED)
    world.when(HAND_OVER, REVIEWER, late).then(CatalogEntryHandedOver, CatalogTitleReserved)
    due = entry_of(world).update_due
    assert due is not None
    assert due.owner_id == org("civil")


def test_a_draft_is_handed_over_without_a_version_and_loses_the_heads_approval() -> None:
    world = happened(approved_inside(), MOVED)
    assert entry_of(world).status is EntryStatus.INTERNAL_OK
    entry = entry_of(world.when(HAND_OVER, REVIEWER).then(CatalogEntryHandedOver))
    assert (entry.status, entry.published_version) == (EntryStatus.DRAFT, 0)
    world.when(
        ApproveCatalogEntryInternally(entry_id=ENTRY), who("tax", Role.DEPARTMENT_HEAD)
    ).then(CatalogEntryApprovedInternally)


def test_handing_over_waits_for_duty_and_review() -> None:
    world = happened(published(), registered_with("出生登记"))
    world.when(HAND_OVER, REVIEWER).refused(Conflict, "transfer the duty first")
    happened(submitted(), MOVED).when(HAND_OVER, REVIEWER).refused(Conflict, "in_review")
    published().when(HAND_OVER, HEAD).refused(Forbidden)


def registered_with(duty: str) -> OrganizationRegistered:
    return OrganizationRegistered(
        at=FOUNDED,
        by=OPERATOR,
        org_id=org("civil"),
        name="Civil",
        kind=OrganizationKind.DEPARTMENT,
        uscc="11430100MB1234567X",
        region_code="430100",
        duties=(duty,),
    )


def test_the_receiver_is_another_active_department_without_that_title() -> None:
    world = happened(published(), MOVED)
    itself = HAND_OVER.model_copy(update={"receiver_id": org("civil")})
    world.when(itself, REVIEWER).refused(Invalid, "another department")
    nobody = HAND_OVER.model_copy(update={"receiver_id": org("nobody")})
    world.when(nobody, REVIEWER).refused(NotFound)
    theirs = draft(OTHER, catalog_code="307012/2").model_copy(update={"provider_id": org("tax")})
    world.when(theirs, STRANGER).then(CatalogEntryDrafted)
    world.when(attach(OTHER), who("tax", Role.SECURITY_OFFICER)).then(RiskAssessmentAttached)
    inside = ApproveCatalogEntryInternally(entry_id=OTHER)
    world.when(inside, who("tax", Role.DEPARTMENT_HEAD)).then(CatalogEntryApprovedInternally)
    world.when(SubmitCatalogEntry(entry_id=OTHER), STRANGER).then(
        CatalogEntrySubmitted, CatalogCodeReserved, CatalogTitleReserved
    )
    world.when(HAND_OVER, REVIEWER).refused(Conflict, "same title")
