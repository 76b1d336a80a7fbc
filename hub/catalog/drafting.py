"""编目 Compiling an entry inside the department: draft, revise, check, assess (§12–13).

Every act here is the department's own; nobody outside sees a draft.
"""

from datetime import datetime

from hub.actor import Actor
from hub.catalog.checking import STANDARD, findings_in, unassessed
from hub.catalog.commands import (
    AttachRiskAssessment,
    ChangeClassification,
    ChangeShareType,
    CheckCatalogEntry,
    DraftCatalogEntry,
    ReviseCatalogEntry,
)
from hub.catalog.content import EntryContent
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import (
    CatalogEntryChecked,
    CatalogEntryDrafted,
    CatalogEntryRevised,
    ClassificationChanged,
    RiskAssessmentAttached,
    ShareTypeChanged,
)
from hub.catalog.kinds import OUTCOMES, EntryStatus, ShareType
from hub.departments.calendar import local_day
from hub.departments.organization import Organization
from hub.errors import Conflict, Invalid
from hub.state import States

_WITH_AUTHORITY = frozenset({EntryStatus.IN_REVIEW, EntryStatus.APPROVED})


def draft(
    command: DraftCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryDrafted:
    """Begin an entry; what is missing is found by the check, not refused here."""
    if states.maybe(CatalogEntry, command.entry_id) is not None:
        raise Conflict(
            f"{command.entry_id} exists already; revise it",
            "该目录条目已存在，请修订",
            where="entry_id",
        )
    provider = states.the(Organization, command.provider_id)
    if not provider.active:
        raise Conflict(
            f"{provider.name} is no longer active",
            f"{provider.name}已停用或撤并",
            where="provider_id",
        )
    return CatalogEntryDrafted(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=command.provider_id,
        content=command.content.to_content(),
    )


def revise(
    command: ReviseCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryRevised:
    """Write a new text; class and grade of an entry in force change by commands of their own."""
    entry = writable(states, command.entry_id)
    content = command.content.to_content()
    if content == entry.content and entry.status is not EntryStatus.UPDATE_DUE:
        raise Conflict("the new text changes nothing", "修订内容与现有内容一致")
    if entry.published is not None:
        _require_same_class(entry.content, content)
    return CatalogEntryRevised(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        content=content,
        reason=command.reason,
    )


def change_share_type(
    command: ChangeShareType, states: States, by: Actor, at: datetime
) -> ShareTypeChanged:
    """Change the class of an entry in force; a stricter class is marked (P2, Decree 809 §15)."""
    entry = writable(states, command.entry_id)
    before = entry.in_force().share_type
    conditions = command.share_conditions.to_conditions() if command.share_conditions else None
    ground = command.not_shared.to_ground() if command.not_shared else None
    now = (entry.content.share_type, entry.content.share_conditions, entry.content.not_shared)
    if now == (command.share_type, conditions, ground):
        raise Conflict(
            f"the class is {command.share_type} already, on the same terms", "共享类型及条件未变化"
        )
    return ShareTypeChanged(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        before=before,
        share_type=command.share_type,
        share_conditions=conditions,
        not_shared=ground,
        tightened=_stricter(command.share_type, before),
        reason=command.reason,
    )


def change_classification(
    command: ChangeClassification, states: States, by: Actor, at: datetime
) -> ClassificationChanged:
    """Change the grade of the data of an entry in force."""
    entry = writable(states, command.entry_id)
    before = entry.in_force().grade
    personal = command.has_personal_info
    if personal is None:
        personal = entry.content.has_personal_info
    now = (entry.content.grade, entry.content.has_personal_info)
    if now == (command.grade, personal):
        raise Conflict(f"the grade is {command.grade} already", "数据分级未变化")
    return ClassificationChanged(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        before=before,
        grade=command.grade,
        has_personal_info=personal,
        reason=command.reason,
    )


def check(
    command: CheckCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryChecked:
    """Record what the machine finds; it never refuses, so that a draft can be checked any time."""
    entry = states.the(CatalogEntry, command.entry_id)
    found = findings_in(
        entry.content, entry.provider_id, command.entry_id, states, local_day(at)
    ) + unassessed(entry)
    return CatalogEntryChecked(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        standard=STANDARD,
        errors=len(found),
        findings=found,
    )


def attach_assessment(
    command: AttachRiskAssessment, states: States, by: Actor, at: datetime
) -> RiskAssessmentAttached:
    """Attach the result of a secrecy-risk or personal-information assessment (§13)."""
    entry = writable(states, command.entry_id)
    if command.outcome not in OUTCOMES[command.kind]:
        allowed = ", ".join(sorted(OUTCOMES[command.kind]))
        raise Invalid(
            f"a {command.kind} assessment finds one of {allowed}, not {command.outcome}",
            f"{command.kind}评估的结论应为{allowed}之一",
            where="outcome",
        )
    if command.assessed_on > local_day(at):
        raise Invalid(
            f"{command.assessed_on} has not come yet", "评估日期不得晚于今日", where="assessed_on"
        )
    return RiskAssessmentAttached(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        kind=command.kind,
        outcome=command.outcome,
        document=command.document,
        assessed_on=command.assessed_on,
    )


def writable(states: States, entry_id: str) -> CatalogEntry:
    """Return an entry that lies with its department; refuse one in review or withdrawn."""
    entry = states.the(CatalogEntry, entry_id)
    if entry.status is EntryStatus.WITHDRAWN:
        raise Conflict(
            f"“{entry.content.title}” is withdrawn",
            f"“{entry.content.title}”已撤销",
            where=entry_id,
        )
    if entry.status in _WITH_AUTHORITY:
        raise Conflict(
            f"“{entry.content.title}” lies with the authority; it can be changed when returned or"
            " published",
            f"“{entry.content.title}”正由主管部门审核，退回或发布后方可修改",
            where=entry_id,
        )
    return entry


def _require_same_class(before: EntryContent, after: EntryContent) -> None:
    fields = {
        "share_type": "ChangeShareType",
        "share_conditions": "ChangeShareType",
        "not_shared": "ChangeShareType",
        "grade": "ChangeClassification",
        "has_personal_info": "ChangeClassification",
    }
    for name in after.changed_fields(before):
        if name in fields:
            raise Invalid(
                f"{name} of an entry in force changes by {fields[name]}, which states a reason",
                f"已发布目录的{name}须通过{fields[name]}变更并说明理由",
                where=f"content.{name}",
            )


def _stricter(after: ShareType, before: ShareType | None) -> bool:
    return before is not None and after.code > before.code
