"""Every rule of the compiling guide, and that all breaches are told at once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from hub.catalog.commands import (
    ApproveCatalogEntryInternally,
    CheckCatalogEntry,
    PublishCatalogEntry,
    ReturnCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.events import CatalogEntryChecked, CatalogEntryReturned, RiskAssessmentAttached
from hub.catalog.findings import SENTENCES, sentences
from hub.departments.events import LegalBasisRepealed
from hub.errors import Invalid
from tests.hub.catalog.world import (
    CATALOGUER,
    CLASS_2,
    CLASS_3,
    CLASS_3_LOCAL,
    ENTRY,
    HEAD,
    NOON,
    OTHER,
    REVIEWER,
    SECURITY,
    approved,
    approved_inside,
    attach,
    drafted,
    happened,
    submitted,
)
from tests.hub.departments.city import LAW, OPERATOR

if TYPE_CHECKING:
    from tests.hub.kit import Given


def codes(world: Given, entry_id: str = ENTRY) -> list[str]:
    checked = world.when(CheckCatalogEntry(entry_id=entry_id), CATALOGUER).events()[0]
    assert isinstance(checked, CatalogEntryChecked)
    sentences(checked.findings)  # every finding can be said in both languages
    return [f.code for f in checked.findings if f.code != "assessment_missing"]


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("title", ""),
        ("class_code", ""),
        ("catalog_code", ""),
        ("items", []),
        ("format_class", None),
        ("format", ""),
        ("update_cycle", None),
        ("share_type", None),
        ("share_methods", []),
        ("grade", None),
        ("has_personal_info", None),
    ],
)
def test_the_mandatory_fields_are_missed(field: str, empty: object) -> None:
    changes: dict[str, Any] = {field: empty}
    assert "missing" in codes(drafted(**changes))


_ITEM = {"name": "证号", "data_type": "C"}
_HIDDEN = {"name": "住址", "data_type": "C", "item_share_type": "not_shared", "maskable": True}
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"title": "题" * 201}, "title_long"),
    ({"class_code": "407012", "catalog_code": "407012/1"}, "class_code"),
    ({"class_code": "30701", "catalog_code": "30701/1"}, "class_code"),
    ({"catalog_code": "307013/1"}, "catalog_code"),
    ({"catalog_code": "307012"}, "catalog_code"),
    ({"catalog_code": "307012/1234567890123"}, "catalog_code"),
    ({"items": [_ITEM, _ITEM]}, "item_repeated"),
    ({"items": [{"name": "证号"}]}, "item_type"),
    ({"share_type": "conditional"}, "conditions_missing"),
    ({**CLASS_2, "share_conditions": {"purposes": ["社会救助"]}}, "conditions_missing"),
    ({**CLASS_2, "share_conditions": {"methods": ["table"]}}, "conditions_missing"),
    ({"share_conditions": CLASS_2["share_conditions"]}, "conditions_invented"),
    ({**CLASS_2, "share_conditions": {"purposes": ["甲"], "items": ["无"]}}, "conditions_item"),
    ({"share_type": "not_shared"}, "ground_missing"),
    ({**CLASS_3, "not_shared": {"reason": "不宜共享"}}, "ground_missing"),
    ({"not_shared": CLASS_3["not_shared"]}, "ground_needless"),
    (CLASS_3_LOCAL, "ground_rank"),
    (
        {
            **CLASS_3,
            "not_shared": {"reason": "甲", "legal_basis_id": "departments.legal_basis:none"},
        },
        "ground_unknown",
    ),
    ({"items": [{**_ITEM, "item_share_type": "conditional"}]}, "share_type_item"),
    ({"items": [{**_ITEM, "item_share_type": "not_shared", "maskable": True}]}, "items_not_shared"),
    ({"items": [{**_ITEM, "grade": "important"}]}, "grade_item"),
    ({"grade": "core"}, "grade_core"),
    ({"grade": "important"}, "grade_important"),
    ({**CLASS_3, "open_type": "open"}, "open_not_shared"),
    ({"items": [{**_ITEM, "sensitive": True}]}, "personal_info_sensitive"),
]


@pytest.mark.parametrize(("changes", "code"), FAULTS)
def test_each_breach_of_the_guide_is_found(changes: dict[str, Any], code: str) -> None:
    assert codes(drafted(**changes)) == [code]


def test_every_sentence_belongs_to_a_finding_somebody_can_meet() -> None:
    elsewhere = {"missing", "title_taken", "code_taken", "code_changed"}
    elsewhere |= {"assessment_missing", "assessment_bad", "approval_missing"}
    assert set(SENTENCES) == {code for _, code in FAULTS} | elsewhere


@pytest.mark.parametrize(
    "changes",
    [
        {},
        CLASS_2,
        CLASS_3,
        {"class_code": "3070120001", "catalog_code": "3070120001/000123"},
        {"items": [_ITEM, _HIDDEN]},
        {**CLASS_2, "grade": "important", "items": [{**_ITEM, "grade": "important"}]},
    ],
)
def test_what_the_guide_allows_has_no_findings(changes: dict[str, Any]) -> None:
    assert codes(drafted(**changes)) == []


def test_a_title_and_a_code_in_use_are_found_before_they_collide() -> None:
    world = drafted(submitted(), OTHER)
    assert codes(world, OTHER) == ["code_taken", "title_taken"]


def test_two_drafts_may_be_alike() -> None:
    assert codes(drafted(drafted(), OTHER), OTHER) == []


def test_every_fault_is_told_at_once() -> None:
    world = drafted(title="", items=[], grade=None, has_personal_info=True)
    refusal = world.when(SubmitCatalogEntry(entry_id=ENTRY), CATALOGUER).refused(Invalid)
    for words in ("title", "data items", "grade", "secrecy", "pia", "head"):
        assert words in refusal.en
    for words in ("信息资源名称", "信息项", "数据分级", "部门负责人"):
        assert words in refusal.zh


def test_personal_information_needs_its_impact_assessed() -> None:
    world = drafted(has_personal_info=True)
    world.when(attach(), SECURITY).then(RiskAssessmentAttached)
    approve = ApproveCatalogEntryInternally(entry_id=ENTRY)
    world.when(approve, HEAD).refused(Invalid, "pia assessment is missing")
    world.when(attach(kind="pia", outcome="unacceptable"), SECURITY).then(RiskAssessmentAttached)
    world.when(approve, HEAD).refused(Invalid, "unacceptable")
    world.when(attach(kind="pia", outcome="acceptable"), SECURITY).then(RiskAssessmentAttached)
    assert len(world.when(approve, HEAD).events()) == 1


@pytest.mark.parametrize("outcome", ["work_secret", "state_secret"])
def test_a_secret_is_never_catalogued(outcome: str) -> None:
    world = drafted().when(attach(outcome=outcome), SECURITY).then(RiskAssessmentAttached)
    world.when(ApproveCatalogEntryInternally(entry_id=ENTRY), HEAD).refused(Invalid, outcome)


def repealed() -> LegalBasisRepealed:
    return LegalBasisRepealed(
        at=NOON, by=OPERATOR, legal_basis_id=LAW, repealed_on=date(2026, 3, 1), reason="废止"
    )


def test_class_3_falls_with_its_law_at_every_step() -> None:
    world = happened(approved_inside(**CLASS_3), repealed())
    world.when(SubmitCatalogEntry(entry_id=ENTRY), CATALOGUER).refused(Invalid, "统计法")
    world = happened(approved(**CLASS_3), repealed())
    world.when(PublishCatalogEntry(entry_id=ENTRY), REVIEWER).refused(Invalid, "统计法")
    # The authority is not stuck with it: what it approved goes back with the reason.
    back = ReturnCatalogEntry(entry_id=ENTRY, reason="依据已废止")
    world.when(back, REVIEWER).then(CatalogEntryReturned)
