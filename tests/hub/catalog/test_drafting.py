from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from hub.actor import Role
from hub.catalog.commands import (
    ChangeClassification,
    ChangeShareType,
    CheckCatalogEntry,
    ReviseCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.events import (
    CatalogEntryChecked,
    CatalogEntryDrafted,
    CatalogEntryRevised,
    ClassificationChanged,
    RiskAssessmentAttached,
    ShareTypeChanged,
)
from hub.catalog.form import CONTENT_BYTES_MAX, EntryForm
from hub.catalog.kinds import EntryStatus, Grade, ShareMethod, ShareType, UpdateCycle
from hub.departments.events import OrganizationMerged
from hub.errors import Conflict, Forbidden, Invalid
from tests.hub.catalog.world import (
    CATALOGUER,
    CLASS_2,
    ENTRY,
    FOUNDED_CITY,
    HEAD,
    NOON,
    REVIEWER,
    SECURITY,
    SHARING_HEAD,
    STRANGER,
    approved_inside,
    attach,
    draft,
    drafted,
    entry_of,
    form,
    given,
    org,
    published,
    submitted,
)
from tests.hub.departments.city import FOUNDED, OPERATOR, who

if TYPE_CHECKING:
    from hub.actor import Speaker


def revise(**changes: object) -> ReviseCatalogEntry:
    return ReviseCatalogEntry(entry_id=ENTRY, content=form(**changes))


def test_the_code_values_are_those_of_the_guide() -> None:
    assert [kind.code for kind in ShareType] == ["1", "2", "3"]
    assert [kind.code for kind in ShareMethod] == ["1", "2", "3"]
    assert UpdateCycle.YEARLY.code == "6"
    assert UpdateCycle.HALF_YEARLY.code == "7"


def test_a_cataloguer_drafts_an_entry_that_may_be_incomplete() -> None:
    world = given(*FOUNDED_CITY).when(draft(title="", items=[]), CATALOGUER)
    assert entry_of(world.then(CatalogEntryDrafted)).status is EntryStatus.DRAFT


def test_an_entry_is_drafted_once() -> None:
    drafted().when(draft(), CATALOGUER).refused(Conflict, "exists already")


@pytest.mark.parametrize("by", [STRANGER, REVIEWER, SHARING_HEAD, HEAD])
def test_only_the_providers_cataloguer_drafts(by: Speaker) -> None:
    given(*FOUNDED_CITY).when(draft(), by).refused(Forbidden, "cataloguer")


def test_a_merged_department_gets_no_new_entries() -> None:
    merged = OrganizationMerged(
        at=FOUNDED, by=OPERATOR, org_id=org("civil"), successor_id=org("tax")
    )
    given(*FOUNDED_CITY, merged).when(draft(), STRANGER).refused(Conflict, "no longer active")


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "坏\ud800字"},
        {"title": "x" * 1_001},
        {"unknown": 1},
        {"catalog_code": "307012/1/2"},
        {"region_code": "43"},
        {"items": [{"name": ""}]},
        {"items": [{"name": "甲", "length": 0}]},
        {"share_conditions": {"purposes": ["甲", "甲"]}},
        {"not_shared": {"reason": "x", "legal_basis_id": "catalog.entry:1"}},
    ],
)
def test_a_form_holds_only_words_the_record_can_keep(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EntryForm.model_validate(fields)


def test_text_is_normalised_on_entry() -> None:
    assert form(title="  Cafe\u0301 ").title == "Café"


def test_an_entry_larger_than_one_event_is_refused_clearly() -> None:
    wide = [{"name": f"{n}{'列' * 90}", "data_type": "C"} for n in range(300)]
    with pytest.raises(ValidationError, match="describe the items in several entries"):
        draft(items=wide)
    assert CONTENT_BYTES_MAX < 65_536


def test_a_draft_is_revised_by_its_department_alone() -> None:
    drafted().when(revise(title="出生信息"), STRANGER).refused(Forbidden)
    world = drafted().when(revise(title="出生信息"), CATALOGUER).then(CatalogEntryRevised)
    assert entry_of(world).content.title == "出生信息"


def test_a_revision_that_changes_nothing_is_refused() -> None:
    drafted().when(revise(), CATALOGUER).refused(Conflict, "changes nothing")


def test_a_revision_voids_the_heads_approval() -> None:
    world = approved_inside().when(revise(abstract="新"), CATALOGUER).then(CatalogEntryRevised)
    assert entry_of(world).status is EntryStatus.DRAFT
    world.when(SubmitCatalogEntry(entry_id=ENTRY), CATALOGUER).refused(Invalid, "head")


def test_what_lies_with_the_authority_is_not_changed_behind_its_back() -> None:
    submitted().when(revise(abstract="新"), CATALOGUER).refused(Conflict, "lies with the authority")
    submitted().when(attach(), SECURITY).refused(Conflict, "lies with the authority")


def test_a_revision_leaves_the_version_in_force() -> None:
    world = published().when(revise(abstract="新"), CATALOGUER).then(CatalogEntryRevised)
    entry = entry_of(world)
    assert entry.status is EntryStatus.REVISING
    assert entry.in_force().abstract == "本市出生医学证明签发信息"
    assert entry.content.abstract == "新"


def test_other_data_items_need_another_assessment() -> None:
    items = [{"name": "地址", "data_type": "C"}]
    world = approved_inside().when(revise(items=items), CATALOGUER).then(CatalogEntryRevised)
    assert entry_of(world).assessments == {}
    world = approved_inside().when(revise(abstract="新"), CATALOGUER).then(CatalogEntryRevised)
    assert entry_of(world).assessments != {}


@pytest.mark.parametrize(
    ("changes", "command"),
    [(CLASS_2, "ChangeShareType"), ({"grade": "important"}, "ChangeClassification")],
)
def test_class_and_grade_in_force_change_by_commands_of_their_own(
    changes: dict[str, object], command: str
) -> None:
    published().when(revise(**changes), CATALOGUER).refused(Invalid, command)


def change_class(share_type: str, **terms: object) -> ChangeShareType:
    return ChangeShareType.model_validate(
        {"entry_id": ENTRY, "share_type": share_type, "reason": "含个人信息", **terms}
    )


def test_tightening_the_class_is_marked_and_loosening_is_not() -> None:
    tighten = change_class("conditional", share_conditions=CLASS_2["share_conditions"])
    events = published().when(tighten, SHARING_HEAD).events()
    assert isinstance(events[0], ShareTypeChanged)
    assert events[0].tightened
    assert events[0].before is ShareType.UNCONDITIONAL
    loosened = published(**CLASS_2).when(change_class("unconditional"), CATALOGUER).events()
    assert isinstance(loosened[0], ShareTypeChanged)
    assert not loosened[0].tightened


def test_a_new_class_is_in_force_only_when_published_again() -> None:
    tighten = change_class("conditional", share_conditions=CLASS_2["share_conditions"])
    entry = entry_of(published().when(tighten, CATALOGUER).then(ShareTypeChanged))
    assert entry.status is EntryStatus.REVISING
    assert entry.in_force().share_type is ShareType.UNCONDITIONAL


def test_the_same_class_on_the_same_terms_is_no_change() -> None:
    published().when(change_class("unconditional"), CATALOGUER).refused(Conflict, "already")


def test_the_class_of_a_mere_draft_is_changed_by_revising_it() -> None:
    drafted().when(change_class("unconditional"), CATALOGUER).refused(Conflict, "in force")


def test_the_security_officer_changes_the_grade() -> None:
    command = ChangeClassification(entry_id=ENTRY, grade=Grade.IMPORTANT, reason="精度提高")
    world = published().when(command, SECURITY).then(ClassificationChanged)
    entry = entry_of(world)
    assert entry.content.grade is Grade.IMPORTANT
    assert entry.content.has_personal_info is False
    assert entry.in_force().grade is Grade.GENERAL
    world.when(command, SECURITY).refused(Conflict, "already")


def test_anybody_concerned_may_check_a_draft_and_the_findings_are_recorded() -> None:
    world = drafted(title="", catalog_code="")
    for by in (CATALOGUER, HEAD, REVIEWER):
        events = world.when(CheckCatalogEntry(entry_id=ENTRY), by).events()
        assert isinstance(events[0], CatalogEntryChecked)
        assert [f.where for f in events[0].findings] == ["title", "catalog_code", "assessments"]
        assert events[0].errors == 3
    world.when(CheckCatalogEntry(entry_id=ENTRY), STRANGER).refused(Forbidden)


def test_an_assessment_finds_what_its_kind_can_find() -> None:
    drafted().when(attach(), SECURITY).then(RiskAssessmentAttached)
    drafted().when(attach(), HEAD).then(RiskAssessmentAttached)
    drafted().when(attach(outcome="acceptable"), SECURITY).refused(Invalid, "finds one of")
    drafted().when(attach(), CATALOGUER).refused(Forbidden)
    drafted().when(attach(), who("tax", Role.SECURITY_OFFICER)).refused(Forbidden)


def test_an_assessment_is_not_dated_in_the_future() -> None:
    late = attach(at=NOON.replace(year=2027))
    drafted().when(late, SECURITY).refused(Invalid, "has not come yet")
