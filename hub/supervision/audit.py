"""审计 Audit engagement: the auditor reads everything in scope, and every act of his is an event.

Audit Law §34–35, §38, §42, §44; S-48. The right to read comes from statute: no authority grants or
withholds it (trap 9); only the three days between notice and reading protect the audited.
"""

from datetime import date, datetime, timedelta
from typing import Any, assert_never

import msgspec

from hub.actor import Actor, Role
from hub.departments.calendar import local_day
from hub.departments.due import Due, Duty
from hub.departments.lapse import require_lapsed
from hub.departments.organization import Organization
from hub.departments.ruleset import due, rules_of
from hub.errors import Conflict, Forbidden, Invalid
from hub.state import State, States, begun
from hub.supervision import commands as c
from hub.supervision import events as e
from hub.supervision.kinds import AuditStatus, ScopeKind
from hub.term import zh

_READING = frozenset({AuditStatus.IN_PROGRESS, AuditStatus.DRAFT_SERVED, AuditStatus.ANSWERED})


class AuditEngagement(State, frozen=True, kw_only=True):
    """An engagement as it stands; `findings` are the keys recorded so far."""

    STREAM = "supervision.audit"

    auditor_id: str
    audited_id: str
    scope: e.AuditScope
    team: frozenset[str]
    access_from: date
    status: AuditStatus = AuditStatus.NOTIFIED
    access_granted_at: datetime | None = None
    closed_at: datetime | None = None
    findings: frozenset[str] = frozenset()
    due: Due | None = None
    answered_at: datetime | None = None
    overdue: bool = False


class Subject(msgspec.Struct, frozen=True):
    """What somebody wants to read: a case, an entry, departments concerned, the day it happened."""

    case_id: str = ""
    entry_id: str = ""
    department_ids: tuple[str, ...] = ()
    on: date | None = None


def may_read(engagement: AuditEngagement, subject: Subject, at: datetime) -> bool:
    """Say whether the team may read a subject now: access granted, not closed, within the scope.

    Drafts and withdrawn cases are in scope like everything else (Audit Law §35).
    """
    begun, ended = engagement.access_granted_at, engagement.closed_at
    if begun is None or at < begun or (ended is not None and at >= ended):
        return False
    scope = engagement.scope
    if not _in_period(scope, subject.on):
        return False
    match scope.kind:
        case ScopeKind.ALL | ScopeKind.PERIOD:
            return True
        case ScopeKind.CASE:
            return subject.case_id in scope.subjects
        case ScopeKind.ENTRY:
            return subject.entry_id in scope.subjects
        case ScopeKind.DEPARTMENT:
            return not set(scope.subjects).isdisjoint(subject.department_ids)
        case _:
            assert_never(scope.kind)


def _in_period(scope: e.AuditScope, on: date | None) -> bool:
    """Say whether a day lies in the period of a scope; what has no day lies in none."""
    first, last = scope.period_from, scope.period_to
    if first is None and last is None:
        return True
    return on is not None and (first or on) <= on <= (last or on)


def evolve(state: AuditEngagement | None, event: e.AuditEvents) -> AuditEngagement:
    """Fold an engagement's events."""
    if isinstance(event, e.AuditOpened):
        return AuditEngagement(
            auditor_id=event.auditor_id,
            audited_id=event.audited_id,
            scope=event.scope,
            team=frozenset(event.team),
            access_from=event.access_from,
        )
    state = begun(state, event)
    change = msgspec.structs.replace
    match event:
        case e.AuditAccessGranted():
            return change(state, status=AuditStatus.IN_PROGRESS, access_granted_at=event.at)
        case e.AuditReplayRun() | e.AuditExported():
            return state
        case e.AuditFindingRecorded():
            return change(state, findings=state.findings | {event.finding_key})
        case e.AuditDraftServed():
            return change(state, status=AuditStatus.DRAFT_SERVED, due=event.due)
        case e.AuditResponseFiled():
            return change(state, status=AuditStatus.ANSWERED, answered_at=event.at)
        case e.AuditAnswerOverdue():
            return change(state, overdue=True)
        case e.AuditClosed():
            return change(state, status=AuditStatus.CLOSED, closed_at=event.at)
        case _:
            assert_never(event)


def open_audit(command: c.OpenAudit, states: States, by: Actor, at: datetime) -> e.AuditOpened:
    """Serve the notice; the team may read from three calendar days later (Audit Law §42)."""
    if states.maybe(AuditEngagement, command.audit_id) is not None:
        raise Conflict(
            f"{command.audit_id} was opened already", f"{command.audit_id}已立项", where="audit_id"
        )
    office = states.the(Organization, command.auditor_id)
    states.the(Organization, command.audited_id)
    if command.audited_id == command.auditor_id:
        raise Invalid(
            "an audit office does not audit itself", "审计机关不得审计自身", where="audited_id"
        )
    strange = sorted(
        person
        for person in command.team
        if Role.AUDITOR not in office.officers.get(person, frozenset())
    )
    if strange:
        raise Invalid(
            f"{strange[0]} is not an auditor of {office.name}; appoint the person first",
            f"{strange[0]}不是{office.name}的审计人员，请先任命",
            where="team",
        )
    notice = timedelta(days=rules_of(states).in_force("D-24", local_day(at)).term)
    scope = command.scope
    return e.AuditOpened(
        at=at,
        by=by,
        audit_id=command.audit_id,
        auditor_id=command.auditor_id,
        audited_id=command.audited_id,
        scope=e.AuditScope(scope.kind, scope.subjects, scope.period_from, scope.period_to),
        purpose=command.purpose,
        notice_number=command.notice_number,
        team=command.team,
        access_from=local_day(at) + notice,
    )


def grant_access(
    command: c.GrantAuditAccess, states: States, by: Actor, at: datetime
) -> e.AuditAccessGranted:
    """Begin to read; earlier than three days only with the government's approval and its reason."""
    audit = _engagement(states, command.audit_id, by)
    if audit.status is not AuditStatus.NOTIFIED:
        raise Conflict("access was granted already", "审计访问权限已开通")
    early = local_day(at) < audit.access_from
    if early and not (command.approval_document and command.approval_reason):
        raise Conflict(
            f"the notice term is not over; wait until {audit.access_from} or"
            " name the special approval and its reason (Audit Law §42)",
            f"审计通知期限未满，请于{audit.access_from}后实施，"
            "或填写特殊批准文件及理由(审计法第四十二条)",
            where="approval_document",
        )
    return e.AuditAccessGranted(
        approval_document=command.approval_document,
        approval_reason=command.approval_reason,
        **about(command.audit_id, audit, by, at),
    )


def require_reading(states: States, audit_id: str, by: Actor) -> AuditEngagement:
    """Return the engagement when this person may read in it now; refuse otherwise."""
    audit = _engagement(states, audit_id, by)
    if audit.status not in _READING:
        raise Conflict(
            f"the engagement is {audit.status}; the team does not read now",
            f"审计项目处于“{zh(audit.status)}”状态，当前不可调阅",
        )
    return audit


def serve_draft(
    command: c.ServeAuditDraft, states: States, by: Actor, at: datetime
) -> e.AuditDraftServed:
    """Serve the draft; the audited has ten calendar days to answer (Audit Law §44)."""
    audit = require_reading(states, command.audit_id, by)
    if audit.status is not AuditStatus.IN_PROGRESS:
        raise Conflict("the draft was served already", "审计报告征求意见稿已送达")
    return e.AuditDraftServed(
        document_sha256=command.document_sha256,
        due=due(states, Duty.AUDIT_ANSWER, "D-23", audit.audited_id, local_day(at), at),
        **about(command.audit_id, audit, by, at),
    )


def respond(
    command: c.FileAuditResponse, states: States, by: Actor, at: datetime
) -> e.AuditResponseFiled:
    """Answer the draft; a late answer is taken too, the delay stays recorded."""
    audit = states.the(AuditEngagement, command.audit_id)
    if audit.status is not AuditStatus.DRAFT_SERVED:
        raise Conflict(
            f"the engagement is {audit.status}; there is no draft to answer",
            f"审计项目处于“{zh(audit.status)}”状态，没有待反馈的征求意见稿",
        )
    return e.AuditResponseFiled(
        response=command.response,
        document_sha256=command.document_sha256,
        **about(command.audit_id, audit, by, at),
    )


def record_answer_overdue(
    command: c.RecordAuditAnswerOverdue, states: States, by: Actor, at: datetime
) -> e.AuditAnswerOverdue:
    """Record that the audited did not answer in term."""
    audit = states.the(AuditEngagement, command.audit_id)
    lapsed = require_lapsed(audit.due, audit.answered_at, at, recorded=audit.overdue)
    return e.AuditAnswerOverdue(
        due_on=lapsed.on,
        **about(command.audit_id, audit, by, at),
    )


def close(command: c.CloseAudit, states: States, by: Actor, at: datetime) -> e.AuditClosed:
    """End the engagement: after the answer, or when the ten days ended in silence."""
    audit = require_reading(states, command.audit_id, by)
    silent = audit.due is not None and at >= audit.due.ends_at
    if audit.status is not AuditStatus.ANSWERED and not silent:
        raise Conflict(
            "the audited has not answered a draft and its ten days are not over",
            "被审计单位尚未反馈意见且十日期限未满，不能结项",
        )
    return e.AuditClosed(
        conclusion=command.conclusion,
        **about(command.audit_id, audit, by, at),
    )


def about(audit_id: str, audit: AuditEngagement, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what every event of an engagement says."""
    return {
        "at": at,
        "by": by,
        "audit_id": audit_id,
        "auditor_id": audit.auditor_id,
        "audited_id": audit.audited_id,
    }


def _engagement(states: States, audit_id: str, by: Actor) -> AuditEngagement:
    audit = states.the(AuditEngagement, audit_id)
    if by.person_id not in audit.team:
        raise Forbidden(
            f"{by.person_id} is not in the team of this engagement; the notice names the team",
            f"{by.person_id}不在审计通知书所列审计组内",
        )
    return audit
