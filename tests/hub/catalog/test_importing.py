"""Taking over existing catalogues: faithful, idempotent, never against the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.catalog.commands import (
    ApproveCatalogEntryInternally,
    ImportCatalogEntry,
    ImportCatalogRemoval,
    ReviseCatalogEntry,
    SourceForm,
    WithdrawCatalogEntry,
)
from hub.catalog.events import (
    CatalogCodeReserved,
    CatalogEntryApprovedInternally,
    CatalogEntryChecked,
    CatalogEntryDrafted,
    CatalogEntryPublished,
    CatalogEntryRevised,
    CatalogEntryWithdrawn,
    CatalogTitleReserved,
    RiskAssessmentAttached,
)
from hub.catalog.kinds import EntryStatus
from hub.catalog.use import open_use
from hub.errors import Conflict, Forbidden
from tests.hub.catalog.test_ending import BY
from tests.hub.catalog.world import (
    CATALOGUER,
    CLASS_3,
    CLASS_3_LOCAL,
    ENTRY,
    FOUNDED_CITY,
    HEAD,
    NOON,
    OTHER,
    REVIEWER,
    SECURITY,
    attach,
    entry_of,
    form,
    given,
    happened,
    org,
    published,
)

if TYPE_CHECKING:
    from tests.hub.kit import Given

SOURCE = SourceForm(name="旧平台目录", sha256="sha256:" + "a" * 64, external_id="urn:1")
REMOVE = ImportCatalogRemoval(entry_id=ENTRY, source=SOURCE, reason="来源目录已删除")
PUBLISHED = (CatalogEntryDrafted, CatalogCodeReserved, CatalogTitleReserved, CatalogEntryPublished)


def imported(entry_id: str = ENTRY, **changes: Any) -> ImportCatalogEntry:
    return ImportCatalogEntry(
        entry_id=entry_id, provider_id=org("civil"), content=form(**changes), source=SOURCE
    )


def city() -> Given:
    return given(*FOUNDED_CITY)


def taken_over(**changes: Any) -> Given:
    return city().when(imported(**changes), REVIEWER).then(*PUBLISHED)


def test_an_entry_without_faults_is_published_without_assessments_and_marked() -> None:
    entry = entry_of(taken_over())
    assert (entry.status, entry.published_version) == (EntryStatus.PUBLISHED, 1)
    assert entry.source is not None
    assert entry.source.external_id == "urn:1"


def test_class_3_with_its_law_is_published() -> None:
    taken_over(**CLASS_3)


@pytest.mark.parametrize(
    "changes",
    [CLASS_3_LOCAL, {"share_type": "not_shared"}, {"items": []}, {"update_cycle": None}],
)
def test_an_entry_with_faults_is_only_a_draft_with_its_reasons(changes: dict[str, Any]) -> None:
    world = city().when(imported(**changes), REVIEWER)
    events = world.events()
    assert isinstance(events[1], CatalogEntryChecked)
    assert events[1].errors == len(events[1].findings) == 1
    entry = entry_of(world.then(CatalogEntryDrafted, CatalogEntryChecked))
    assert (entry.status, entry.published) == (EntryStatus.DRAFT, None)


def test_the_same_text_again_records_nothing() -> None:
    taken_over().when(imported(), REVIEWER).then()
    world = city().when(imported(items=[]), REVIEWER).then(CatalogEntryDrafted, CatalogEntryChecked)
    world.when(imported(items=[]), REVIEWER).then()
    # Another copy of the source with the same text is no news either.
    later = imported().model_copy(
        update={"source": SOURCE.model_copy(update={"sha256": "sha256:" + "b" * 64})}
    )
    taken_over().when(later, REVIEWER).then()


def test_a_changed_text_is_the_next_version() -> None:
    world = taken_over().when(imported(abstract="新"), REVIEWER)
    entry = entry_of(world.then(CatalogEntryRevised, CatalogEntryPublished))
    assert (entry.published_version, entry.in_force().abstract) == (2, "新")


def test_a_changed_text_with_faults_waits_while_the_old_version_stays() -> None:
    world = taken_over().when(imported(update_cycle=None), REVIEWER)
    entry = entry_of(world.then(CatalogEntryRevised, CatalogEntryChecked))
    assert (entry.status, entry.published_version) == (EntryStatus.REVISING, 1)
    assert entry.in_force().update_cycle is not None
    world.given.when(imported(abstract="好"), REVIEWER).then(
        CatalogEntryRevised, CatalogEntryPublished
    )


def test_an_imported_draft_is_published_when_its_fault_is_gone() -> None:
    world = city().when(imported(items=[]), REVIEWER).then(CatalogEntryDrafted, CatalogEntryChecked)
    world.when(imported(), REVIEWER).then(CatalogEntryRevised, *PUBLISHED[1:])


def test_a_second_entry_of_the_same_title_or_code_is_a_draft() -> None:
    world = taken_over()
    for changes in ({"catalog_code": "307012/2"}, {"title": "另一目录"}):
        events = world.when(imported(OTHER, **changes), REVIEWER).events()
        assert [type(e) for e in events] == [CatalogEntryDrafted, CatalogEntryChecked]


def test_a_removal_withdraws_and_the_source_may_list_it_again() -> None:
    world = taken_over().when(REMOVE, REVIEWER).then(CatalogEntryWithdrawn)
    assert entry_of(world).status is EntryStatus.WITHDRAWN
    world.when(REMOVE, REVIEWER).then()
    world.when(imported(), REVIEWER).then(CatalogTitleReserved, CatalogEntryPublished)
    assert (entry_of(world).status, entry_of(world).published_version) == (
        EntryStatus.PUBLISHED,
        2,
    )
    world.when(REMOVE, REVIEWER).then(CatalogEntryWithdrawn)
    changed = imported(abstract="新")
    world.when(changed, REVIEWER).then(
        CatalogEntryRevised, CatalogTitleReserved, CatalogEntryPublished
    )
    assert entry_of(world).published_version == 3


def test_what_is_listed_again_with_faults_is_a_draft() -> None:
    world = taken_over().when(REMOVE, REVIEWER).then(CatalogEntryWithdrawn)
    bad = imported(items=[])
    world.when(bad, REVIEWER).then(CatalogEntryRevised, CatalogEntryChecked)
    assert entry_of(world).status is EntryStatus.DRAFT
    world.when(bad, REVIEWER).then()


def test_a_removed_draft_is_withdrawn_too() -> None:
    world = city().when(imported(items=[]), REVIEWER).then(CatalogEntryDrafted, CatalogEntryChecked)
    world.when(REMOVE, REVIEWER).then(CatalogEntryWithdrawn)


def test_an_import_never_writes_over_a_departments_own_work() -> None:
    published().when(imported(abstract="新"), REVIEWER).refused(Conflict, "kept by its department")
    published().when(REMOVE, REVIEWER).refused(Conflict, "kept by its department")
    world = taken_over()
    revise = ReviseCatalogEntry(entry_id=ENTRY, content=form(abstract="部门修订"))
    world.when(revise, CATALOGUER).then(CatalogEntryRevised)
    world.when(imported(abstract="新"), REVIEWER).refused(Conflict, "kept by its department")
    withdrawn = taken_over()
    command = WithdrawCatalogEntry(entry_id=ENTRY, reason="撤销")
    withdrawn.when(command, HEAD).then(CatalogEntryWithdrawn)
    withdrawn.when(imported(), REVIEWER).refused(Conflict)


def test_an_imported_draft_a_head_has_approved_is_the_departments() -> None:
    # A title in use elsewhere kept it a draft; the head approves it when the title is free.
    other = city().when(imported(OTHER, catalog_code="307012/2"), REVIEWER).then(*PUBLISHED)
    other.when(imported(), REVIEWER).then(CatalogEntryDrafted, CatalogEntryChecked)
    away = REMOVE.model_copy(update={"entry_id": OTHER})
    other.when(away, REVIEWER).then(CatalogEntryWithdrawn)
    other.when(attach(), SECURITY).then(RiskAssessmentAttached)
    inside = ApproveCatalogEntryInternally(entry_id=ENTRY)
    other.when(inside, HEAD).then(CatalogEntryApprovedInternally)
    other.when(imported(abstract="新"), REVIEWER).refused(Conflict, "kept by its department")


def test_an_import_does_not_move_an_entry_to_another_department() -> None:
    moved = imported().model_copy(update={"provider_id": org("tax")})
    taken_over().when(moved, REVIEWER).refused(Conflict, "hand it over")


def test_a_removal_under_a_grant_is_refused() -> None:
    grant = open_use(ENTRY, org("civil"), "sharing.grant:1", BY, NOON)
    happened(taken_over(), grant).when(REMOVE, REVIEWER).refused(Conflict, "sharing.grant:1")


def test_only_the_authority_imports() -> None:
    for by in (CATALOGUER, HEAD):
        city().when(imported(), by).refused(Forbidden)
