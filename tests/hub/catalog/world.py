"""An entry of the civil department on its way through the catalogue, step by step.

Each function goes one step further with real commands: drafted → assessed → approved_inside →
submitted → approved → published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.actor import CLOCK, Role
from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    AttachRiskAssessment,
    DraftCatalogEntry,
    PublishCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import (
    CatalogCodeReserved,
    CatalogEntryApproved,
    CatalogEntryApprovedInternally,
    CatalogEntryDrafted,
    CatalogEntryPublished,
    CatalogEntrySubmitted,
    CatalogTitleReserved,
    RiskAssessmentAttached,
)
from hub.catalog.form import EntryForm
from hub.departments.calendar import local_day
from hub.departments.events import HubFounded
from tests.hub.departments.city import CITY, FOUNDED, LAW, LOCAL_RULE, OPERATOR, org, who
from tests.hub.kit import NOON, Given, given

if TYPE_CHECKING:
    from datetime import datetime

    from hub.event import Event

ENTRY = "catalog.entry:births"
OTHER = "catalog.entry:deaths"

CATALOGUER = who("civil", Role.CATALOGUER)
HEAD = who("civil", Role.DEPARTMENT_HEAD)
SHARING_HEAD = who("civil", Role.SHARING_HEAD)
SECURITY = who("civil", Role.SECURITY_OFFICER)
REVIEWER = who("city", Role.AUTHORITY_REVIEWER)
STRANGER = who("tax", Role.CATALOGUER)

FOUNDED_CITY: tuple[Event, ...] = (
    *CITY,
    HubFounded(
        at=FOUNDED,
        by=OPERATOR,
        founding_id="departments.founding:city",
        authority_id=org("city"),
    ),
)
CLASS_2: dict[str, Any] = {
    "share_type": "conditional",
    "share_conditions": {"purposes": ["社会救助"], "departments": ["department"]},
}
CLASS_3: dict[str, Any] = {
    "share_type": "not_shared",
    "share_methods": [],
    "not_shared": {"reason": "统计调查对象资料", "legal_basis_id": LAW, "article": "第二十五条"},
}
CLASS_3_LOCAL: dict[str, Any] = {
    **CLASS_3,
    "not_shared": {"reason": "本市规定", "legal_basis_id": LOCAL_RULE, "article": "第三条"},
}

__all__ = ["CLOCK", "NOON", "given", "org"]


def form(**changes: Any) -> EntryForm:
    """A complete entry, class 1, with the fields of the test changed."""
    fields: dict[str, Any] = {
        "title": "出生医学证明信息",
        "class_code": "307012",
        "catalog_code": "307012/000001",
        "abstract": "本市出生医学证明签发信息",
        "format_class": "database",
        "format": "kingbase",
        "items": [
            {"name": "证号", "data_type": "C", "length": 20, "is_key": True},
            {"name": "签发日期", "data_type": "D"},
        ],
        "share_type": "unconditional",
        "share_methods": ["table", "interface"],
        "update_cycle": "daily",
        "grade": "general",
        "has_personal_info": False,
        "duty": "出生登记",
    }
    return EntryForm.model_validate({**fields, **changes})


def draft(entry_id: str = ENTRY, **changes: Any) -> DraftCatalogEntry:
    return DraftCatalogEntry(entry_id=entry_id, provider_id=org("civil"), content=form(**changes))


def drafted(world: Given | None = None, entry_id: str = ENTRY, **changes: Any) -> Given:
    world = world or given(*FOUNDED_CITY)
    return world.when(draft(entry_id, **changes), CATALOGUER).then(CatalogEntryDrafted)


def attach(
    entry_id: str = ENTRY, kind: str = "secrecy", outcome: str = "not_secret", at: datetime = NOON
) -> AttachRiskAssessment:
    return AttachRiskAssessment.model_validate(
        {
            "entry_id": entry_id,
            "kind": kind,
            "outcome": outcome,
            "document": "保密审查〔2026〕1号",
            "assessed_on": local_day(at),
        }
    )


def approved_inside(
    world: Given | None = None, entry_id: str = ENTRY, at: datetime = NOON, **changes: Any
) -> Given:
    world = world or drafted(entry_id=entry_id, **changes)
    world.when(attach(entry_id, at=at), SECURITY, at).then(RiskAssessmentAttached)
    command = ApproveCatalogEntryInternally(entry_id=entry_id)
    return world.when(command, HEAD, at).then(CatalogEntryApprovedInternally)


def submitted(world: Given | None = None, at: datetime = NOON, **changes: Any) -> Given:
    world = world or approved_inside(at=at, **changes)
    return world.when(SubmitCatalogEntry(entry_id=ENTRY), CATALOGUER, at).then(
        CatalogEntrySubmitted, CatalogCodeReserved, CatalogTitleReserved
    )


def approved(world: Given | None = None, at: datetime = NOON, **changes: Any) -> Given:
    world = world or submitted(at=at, **changes)
    return world.when(ApproveCatalogEntry(entry_id=ENTRY), REVIEWER, at).then(CatalogEntryApproved)


def published(world: Given | None = None, at: datetime = NOON, **changes: Any) -> Given:
    world = world or approved(at=at, **changes)
    return world.when(PublishCatalogEntry(entry_id=ENTRY), REVIEWER, at).then(CatalogEntryPublished)


def happened(world: Given, *events: Event) -> Given:
    """Let something happen that no command of the test asks for."""
    for event in events:
        world._fold(event)  # noqa: SLF001 - the kit's own way to make events so
    return world


def entry_of(world: Given, entry_id: str = ENTRY) -> CatalogEntry:
    state = world.states[entry_id]
    assert isinstance(state, CatalogEntry)
    return state
