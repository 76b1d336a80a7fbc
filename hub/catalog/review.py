"""审核发布 From the head's approval to publication: three hands, no two the same (§13–17).

Who wrote at the text does not approve it; who wrote or approved it does not review it.
"""

from datetime import datetime

from hub.actor import Actor
from hub.catalog.checking import findings_in, title_holder, unassessed
from hub.catalog.code import CatalogCode
from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    PublishCatalogEntry,
    ReturnCatalogEntry,
    SubmitCatalogEntry,
)
from hub.catalog.content import Finding
from hub.catalog.duties import authority_over
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import (
    CatalogCodeReserved,
    CatalogEntryApproved,
    CatalogEntryApprovedInternally,
    CatalogEntryPublished,
    CatalogEntryReturned,
    CatalogEntrySubmitted,
    CatalogTitleReserved,
)
from hub.catalog.findings import require_none
from hub.catalog.kinds import EntryStatus
from hub.departments.calendar import local_day
from hub.departments.due import Duty
from hub.departments.organization import Organization, require_sharing_unit
from hub.departments.ruleset import due
from hub.errors import Conflict, Forbidden
from hub.event import Event
from hub.state import States
from hub.term import zh

_IN_WORK = frozenset({EntryStatus.DRAFT, EntryStatus.REVISING})


def approve_internally(
    command: ApproveCatalogEntryInternally, states: States, by: Actor, at: datetime
) -> CatalogEntryApprovedInternally:
    """Approve as head what others wrote; the check and the assessments come before (§13)."""
    entry = _in(states, command.entry_id, _IN_WORK, "the department's work", "部门编制中")
    if by.person_id in entry.drafted_by:
        raise Forbidden(
            f"{by.person_id} wrote at this entry; another head must approve it",
            f"{by.person_id}参与编制本目录，须由其他负责人审核",
        )
    require_none(_faults(entry, states, at))
    return CatalogEntryApprovedInternally(
        at=at, by=by, entry_id=command.entry_id, provider_id=entry.provider_id
    )


def submit(
    command: SubmitCatalogEntry, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Submit; every fault is told at once. Code and title are taken now (D-03, D-03a)."""
    open_states = _IN_WORK | {EntryStatus.INTERNAL_OK}
    entry = _in(states, command.entry_id, open_states, "the department's work", "部门编制中")
    require_sharing_unit(states.the(Organization, by.org_id))
    faults = _faults(entry, states, at)
    if entry.status is not EntryStatus.INTERNAL_OK:
        faults += (Finding(code="approval_missing", where="approved_by"),)
    require_none(faults)
    term = due(
        states,
        Duty.REVIEW,
        "D-03" if entry.published else "D-03a",
        authority_over(states, entry.provider_id),
        local_day(at),
        at,
    )
    submitted = CatalogEntrySubmitted(
        at=at, by=by, entry_id=command.entry_id, provider_id=entry.provider_id, due=term
    )
    return (submitted, *reserve(states, entry, by, at))


def send_back(
    command: ReturnCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryReturned:
    """Return a submitted entry, also one approved whose ground fell away before publication."""
    with_us = frozenset({EntryStatus.IN_REVIEW, EntryStatus.APPROVED})
    entry = _in(states, command.entry_id, with_us, "review", "审核中")
    _require_other_hand(entry, by)
    return CatalogEntryReturned(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        reason=command.reason,
    )


def approve(
    command: ApproveCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryApproved:
    """Approve as the authority (§16)."""
    in_review = frozenset({EntryStatus.IN_REVIEW})
    entry = _in(states, command.entry_id, in_review, "review", "审核中")
    _require_other_hand(entry, by)
    require_none(_faults(entry, states, at))
    return CatalogEntryApproved(
        at=at, by=by, entry_id=command.entry_id, provider_id=entry.provider_id
    )


def publish(
    command: PublishCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryPublished:
    """Put the approved text in force; checked again, since a law may have been repealed since."""
    approved = frozenset({EntryStatus.APPROVED})
    entry = _in(states, command.entry_id, approved, "the approved state", "已审核")
    _require_other_hand(entry, by)
    require_none(_faults(entry, states, at))
    return CatalogEntryPublished(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        version=entry.published_version + 1,
        content=entry.content,
    )


def reserve(states: States, entry: CatalogEntry, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Take the code and title of a checked text for its entry, where it has not taken them yet."""
    entry_id, provider_id = entry.entry_id, entry.provider_id
    reserved: list[Event] = []
    if states.maybe(CatalogCode, entry.code_id) is None:
        reserved.append(
            CatalogCodeReserved(
                at=at,
                by=by,
                correlation_id=entry_id,
                code_id=entry.code_id,
                entry_id=entry_id,
                provider_id=provider_id,
            )
        )
    if title_holder(states, entry.title_id, provider_id) != entry_id:
        reserved.append(
            CatalogTitleReserved(
                at=at,
                by=by,
                correlation_id=entry_id,
                title_id=entry.title_id,
                entry_id=entry_id,
                provider_id=provider_id,
            )
        )
    return tuple(reserved)


def _faults(entry: CatalogEntry, states: States, at: datetime) -> tuple[Finding, ...]:
    on = local_day(at)
    text = findings_in(entry.content, entry.provider_id, entry.entry_id, states, on)
    return text + unassessed(entry)


def _in(
    states: States, entry_id: str, allowed: frozenset[EntryStatus], where: str, where_zh: str
) -> CatalogEntry:
    entry = states.the(CatalogEntry, entry_id)
    if entry.status not in allowed:
        raise Conflict(
            f"“{entry.content.title}” is {entry.status}, not in {where}",
            f"“{entry.content.title}”不在{where_zh}状态（当前：{zh(entry.status)}）",
            where=entry_id,
        )
    return entry


def _require_other_hand(entry: CatalogEntry, by: Actor) -> None:
    if by.person_id in entry.drafted_by or by.person_id == entry.approved_by:
        raise Forbidden(
            f"{by.person_id} wrote or approved this entry and cannot review it",
            f"{by.person_id}参与编制或审核本目录，不得再行审核",
        )
