"""目录更新与审核时限 The terms of the catalogue: update (D-01, D-02) and review (D-03, D-03a).

The update term starts on the day law or duty changed, not on the day somebody noticed (trap 2).
"""

from datetime import datetime

from hub.actor import Actor, Role
from hub.catalog.commands import (
    ConfirmCatalogEntryDue,
    ExtendCatalogUpdate,
    RaiseCatalogUpdateDuty,
    RecordReviewOverdue,
    RecordUpdateOverdue,
)
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import (
    CatalogEntryDueConfirmed,
    CatalogReviewOverdue,
    CatalogUpdateDutyRaised,
    CatalogUpdateExtended,
    CatalogUpdateOverdue,
)
from hub.departments.calendar import local_day, noon
from hub.departments.due import Due, Duty
from hub.departments.founding import Founding
from hub.departments.kinds import OrganizationKind
from hub.departments.lapse import require_lapsed
from hub.departments.organization import Organization
from hub.departments.ruleset import due, rules_of
from hub.errors import Conflict, Invalid
from hub.event import Basis
from hub.state import States

_UPDATE_RULE = "D-01"
_FOUNDING_ID = "departments.founding:city"


def authority_over(states: States, org_id: str) -> str:
    """Return the authority answerable for an organisation: who is late when a review is late.

    Its named deputy, else its superior authority, else the city's first one. The rule must load
    the organisation, its `superior_id` and the command's `founding_id`.
    """
    org = states.the(Organization, org_id)
    if org.deputy_id:
        return org.deputy_id
    superior = states.maybe(Organization, org.superior_id) if org.superior_id else None
    if superior is not None and superior.kind is OrganizationKind.AUTHORITY:
        return org.superior_id
    founding = states.maybe(Founding, _FOUNDING_ID)
    return founding.authority_id if founding else ""


def raise_update_duty(
    command: RaiseCatalogUpdateDuty, states: States, by: Actor, at: datetime
) -> CatalogUpdateDutyRaised:
    """Start the update term of an entry in force on the day of the change itself (D-01)."""
    entry = states.the(CatalogEntry, command.entry_id)
    content = entry.in_force()
    if command.changed_on > local_day(at):
        raise Invalid(
            f"{command.changed_on} has not come yet; the duty starts with the change",
            f"{command.changed_on}尚未到来，更新时限自变化之日起算",
            where="changed_on",
        )
    ref = command.basis
    basis = Basis(ref.legal_basis_id, ref.article) if ref else None
    # A reader raises the duty on every entry that cites a changed basis, and only on those.
    if by.role is Role.CLOCK and (basis is None or basis.legal_basis_id not in content.basis_ids):
        raise Invalid(
            "the entry does not cite the basis that changed",
            "该目录未引用发生变化的依据",
            where="basis",
        )
    moment = noon(command.changed_on)
    term = due(states, Duty.UPDATE, _UPDATE_RULE, entry.provider_id, command.changed_on, moment)
    if entry.update_due is not None and entry.update_due.ends_at <= term.ends_at:
        raise Conflict(
            f"an update is due by {entry.update_due.on} already; one update answers both",
            f"该目录已有{entry.update_due.on}前完成的更新任务，一并更新即可",
        )
    return CatalogUpdateDutyRaised(
        at=at,
        by=by,
        basis=basis,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        changed_on=command.changed_on,
        cause=command.cause,
        due=term,
    )


def extend(
    command: ExtendCatalogUpdate, states: States, by: Actor, at: datetime
) -> CatalogUpdateExtended:
    """Give more time, once, before the term ends; a late extension does not cure (D-02)."""
    entry = states.the(CatalogEntry, command.entry_id)
    before = entry.update_due
    if before is None:
        raise Conflict("no update term is running", "该目录没有正在计算的更新时限")
    if entry.extension_days is not None:
        raise Conflict(
            "the term was extended already; it can be extended once", "更新时限已延长过一次"
        )
    if at >= before.ends_at:
        raise Conflict(
            f"the term ended on {before.on}; it could be extended only before (Decree 809 §17)",
            f"更新时限已于{before.on}届满，不能再延长（条例第十七条）",
        )
    rule = rules_of(states).in_force(_UPDATE_RULE, before.started_on)
    if command.days > rule.extension:
        raise Invalid(
            f"an update can be extended by at most {rule.extension} working days",
            f"更新时限最多延长{rule.extension}个工作日",
            where="days",
        )
    return CatalogUpdateExtended(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        days=command.days,
        reason=command.reason,
        due=_counted(states, before, command.days),
    )


def record_update_overdue(
    command: RecordUpdateOverdue, states: States, by: Actor, at: datetime
) -> CatalogUpdateOverdue:
    """Record that the department was late, also where it submitted before the clock noticed."""
    entry = states.the(CatalogEntry, command.entry_id)
    return CatalogUpdateOverdue(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        missed=_missed(entry, Duty.UPDATE, at),
    )


def record_review_overdue(
    command: RecordReviewOverdue, states: States, by: Actor, at: datetime
) -> CatalogReviewOverdue:
    """Record that the authority was late, also where it decided before the clock noticed."""
    entry = states.the(CatalogEntry, command.entry_id)
    return CatalogReviewOverdue(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        missed=_missed(entry, Duty.REVIEW, at),
    )


def confirm_due(
    command: ConfirmCatalogEntryDue, states: States, by: Actor, at: datetime
) -> tuple[CatalogEntryDueConfirmed, ...]:
    """Make provisional terms final where the calendars they touch are now published."""
    entry = states.the(CatalogEntry, command.entry_id)
    running = [d for d in (entry.update_due, entry.review_due) if d is not None and d.provisional]
    if not running:
        raise Conflict("no provisional term is running here", "此处没有暂定时限")
    days = {Duty.UPDATE: entry.extension_days or 0}
    counted = [_counted(states, term, days.get(term.duty, 0)) for term in running]
    final = [term for term in counted if not term.provisional]
    if not final:
        raise Conflict(
            f"a work calendar the term to {counted[0].on} touches is still not published",
            f"至{counted[0].on}的时限所涉工作日历仍未发布",
        )
    return tuple(
        CatalogEntryDueConfirmed(
            at=at, by=by, entry_id=command.entry_id, provider_id=entry.provider_id, due=term
        )
        for term in final
    )


def _counted(states: States, term: Due, more_days: int) -> Due:
    """Count a term anew from its own start, with so many days more."""
    rule = rules_of(states).in_force(term.rule, term.started_on)
    return due(
        states,
        Duty(term.duty),
        term.rule,
        term.owner_id,
        term.started_on,
        noon(term.started_on),
        days=rule.term + more_days,
    )


def _missed(entry: CatalogEntry, duty: Duty, at: datetime) -> Due:
    done_late = next((d for d in entry.missed if d.duty == duty and at >= d.ends_at), None)
    if done_late is not None:
        return done_late
    running = entry.update_due if duty is Duty.UPDATE else entry.review_due
    return require_lapsed(running, None, at, recorded=running in entry.overdue)
