"""From the head's approval to publication: who may, who may not, and the review term."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from hub.actor import Role
from hub.catalog.code import CatalogTitle, title_id
from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    PublishCatalogEntry,
    ReturnCatalogEntry,
    ReviseCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.duties import authority_over
from hub.catalog.events import (
    CatalogEntryApproved,
    CatalogEntryApprovedInternally,
    CatalogEntryPublished,
    CatalogEntryReturned,
    CatalogEntryRevised,
    CatalogEntrySubmitted,
    CatalogTitleReserved,
    RiskAssessmentAttached,
)
from hub.catalog.kinds import EntryStatus
from hub.departments.due import Duty
from hub.departments.events import (
    DeputyNamed,
    OfficerAppointed,
    OrganizationRegistered,
    SharingUnitDesignated,
)
from hub.departments.kinds import OrganizationKind
from hub.errors import Conflict, Forbidden, Invalid
from hub.state import States
from tests.hub.catalog.world import (
    CATALOGUER,
    ENTRY,
    FOUNDED_CITY,
    HEAD,
    OTHER,
    REVIEWER,
    SECURITY,
    SHARING_HEAD,
    approved_inside,
    attach,
    drafted,
    entry_of,
    form,
    given,
    happened,
    org,
    published,
    submitted,
)
from tests.hub.departments.city import FOUNDED, OPERATOR, who

if TYPE_CHECKING:
    from hub.actor import Speaker
    from tests.hub.kit import Given

SUBMIT = SubmitCatalogEntry(entry_id=ENTRY)
APPROVE = ApproveCatalogEntry(entry_id=ENTRY)
PUBLISH = PublishCatalogEntry(entry_id=ENTRY)
RETURN = ReturnCatalogEntry(entry_id=ENTRY, reason="摘要不完整")
APPROVE_INSIDE = ApproveCatalogEntryInternally(entry_id=ENTRY)


def also(world: Given, place: str, person: str, role: Role) -> None:
    """Let a person hold one more role."""
    happened(
        world,
        OfficerAppointed(at=FOUNDED, by=OPERATOR, org_id=org(place), person_id=person, role=role),
    )


def test_the_way_from_draft_to_version_1() -> None:
    entry = entry_of(published())
    assert entry.status is EntryStatus.PUBLISHED
    assert entry.published_version == 1
    assert entry.code == "307012/000001"
    assert entry.review_due is None


@pytest.mark.parametrize("by", [CATALOGUER, SHARING_HEAD, SECURITY, REVIEWER])
def test_only_the_head_approves_inside(by: Speaker) -> None:
    drafted().when(APPROVE_INSIDE, by).refused(Forbidden)


def test_nobody_approves_what_he_wrote() -> None:
    world = drafted()
    world.when(attach(), SECURITY).then(RiskAssessmentAttached)
    also(world, "civil", "civil.department_head", Role.CATALOGUER)
    rewrite = ReviseCatalogEntry(entry_id=ENTRY, content=form(abstract="新"))
    world.when(rewrite, HEAD).then(CatalogEntryRevised)
    world.when(APPROVE_INSIDE, HEAD).refused(Forbidden, "wrote at this entry")


def test_nobody_reviews_what_he_wrote_or_approved() -> None:
    for person in ("civil.cataloguer", "civil.department_head"):
        world = submitted()
        also(world, "city", person, Role.AUTHORITY_REVIEWER)
        reviewer = who("city", Role.AUTHORITY_REVIEWER)
        same = type(reviewer)(org("city"), person, reviewer.via)
        for command in (APPROVE, RETURN):
            world.when(command, same).refused(Forbidden, "cannot review it")


def test_an_entry_without_the_heads_approval_is_not_submitted() -> None:
    world = drafted()
    world.when(attach(), SECURITY).then(RiskAssessmentAttached)
    world.when(SUBMIT, CATALOGUER).refused(Invalid, "head of the department")


def test_nothing_is_submitted_before_the_sharing_office_is_named() -> None:
    unnamed = SharingUnitDesignated(
        at=FOUNDED, by=OPERATOR, org_id=org("civil"), unit="", contact_id="x"
    )
    world = happened(approved_inside(), unnamed)
    world.when(SUBMIT, CATALOGUER).refused(Conflict, "sharing office")


def test_a_first_review_takes_five_working_days_and_an_update_two() -> None:
    first = entry_of(submitted()).review_due
    assert first is not None
    assert (first.duty, first.rule, first.owner_id) == (Duty.REVIEW, "D-03a", org("city"))
    assert first.on == date(2026, 3, 9)
    again = published()
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(abstract="新"))
    again.when(revise, CATALOGUER).then(CatalogEntryRevised)
    again.when(APPROVE_INSIDE, HEAD).then(CatalogEntryApprovedInternally)
    again.when(SUBMIT, CATALOGUER).then(CatalogEntrySubmitted)
    second = entry_of(again).review_due
    assert second is not None
    assert (second.rule, second.on) == ("D-03", date(2026, 3, 4))


def test_the_authority_returns_with_a_reason_and_the_term_stops() -> None:
    world = submitted().when(RETURN, REVIEWER).then(CatalogEntryReturned)
    entry = entry_of(world)
    assert entry.status is EntryStatus.DRAFT
    assert entry.review_due is None
    world.when(SUBMIT, CATALOGUER).refused(Invalid, "head")


def test_only_a_reviewer_over_the_provider_reviews() -> None:
    for by in (HEAD, SHARING_HEAD, who("city", Role.AUTHORITY_SUPERVISOR)):
        for command in (APPROVE, RETURN):
            submitted().when(command, by).refused(Forbidden)


def test_what_is_not_submitted_is_not_reviewed_nor_published() -> None:
    drafted().when(APPROVE, REVIEWER).refused(Conflict, "is draft")
    submitted().when(PUBLISH, REVIEWER).refused(Conflict, "is in_review")
    published().when(PUBLISH, REVIEWER).refused(Conflict, "is published")
    published().when(SUBMIT, CATALOGUER).refused(Conflict, "is published")


def test_the_next_version_replaces_the_one_in_force() -> None:
    world = published()
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(title="出生信息"))
    world.when(revise, CATALOGUER).then(CatalogEntryRevised)
    world.when(APPROVE_INSIDE, HEAD).then(CatalogEntryApprovedInternally)
    # The code is the entry's already; the new title is taken beside the old one.
    world.when(SUBMIT, CATALOGUER).then(CatalogEntrySubmitted, CatalogTitleReserved)
    assert entry_of(world).in_force().title == "出生医学证明信息"
    world.when(APPROVE, REVIEWER).then(CatalogEntryApproved)
    world.when(PUBLISH, REVIEWER).then(CatalogEntryPublished)
    entry = entry_of(world)
    assert (entry.published_version, entry.in_force().title) == (2, "出生信息")


def test_the_catalogue_code_never_changes() -> None:
    world = published()
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(catalog_code="307012/9"))
    world.when(revise, CATALOGUER).then(CatalogEntryRevised)
    world.when(APPROVE_INSIDE, HEAD).refused(Invalid, "cannot be changed")


def test_a_code_and_a_title_belong_to_one_entry() -> None:
    world = drafted(submitted(), OTHER, title="另一目录")
    world.when(attach(OTHER), SECURITY).then(RiskAssessmentAttached)
    inside = ApproveCatalogEntryInternally(entry_id=OTHER)
    world.when(inside, HEAD).refused(Invalid, "307012/000001 belongs to another")
    world = drafted(submitted(), OTHER, catalog_code="307012/2")
    world.when(inside, HEAD).refused(Invalid, "bears this title")


def test_a_title_given_up_is_free_again() -> None:
    world = submitted().when(RETURN, REVIEWER).then(CatalogEntryReturned)
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(title="出生信息"))
    world.when(revise, CATALOGUER).then(CatalogEntryRevised)
    approved_inside(drafted(world, OTHER, catalog_code="307012/2"), OTHER)
    other = SubmitCatalogEntry(entry_id=OTHER)
    assert any(isinstance(e, CatalogTitleReserved) for e in world.when(other, CATALOGUER).events())


def test_titles_are_compared_without_regard_to_case() -> None:
    assert title_id("GDP 数据") == title_id("gdp 数据")
    assert title_id("GDP") != title_id("GDP 数据")
    assert CatalogTitle().holder_ids == ()


def county_authority() -> OrganizationRegistered:
    return OrganizationRegistered(
        at=FOUNDED,
        by=OPERATOR,
        org_id=org("county"),
        name="县数据局",
        kind=OrganizationKind.AUTHORITY,
        uscc="11430100MB1234567X",
        region_code="430181",
    )


def test_the_authority_that_is_late_is_the_deputy_the_superior_or_the_first() -> None:
    under = OrganizationRegistered(
        at=FOUNDED,
        by=OPERATOR,
        org_id=org("county-tax"),
        name="县税务局",
        kind=OrganizationKind.DEPARTMENT,
        uscc="11430100MB1234567X",
        region_code="430181",
        superior_id=org("county"),
    )
    deputy = DeputyNamed(at=FOUNDED, by=OPERATOR, org_id=org("tax"), deputy_id=org("county"))
    states = States(given(*FOUNDED_CITY, county_authority(), under, deputy).states)
    assert authority_over(states, org("civil")) == org("city")
    assert authority_over(states, org("county-tax")) == org("county")
    assert authority_over(states, org("tax")) == org("county")
