"""审计项目 Audit engagements: notice, access, what the auditor did, what was found and answered.

Audit Law §35, §42, §44. The acts themselves stand in the audit trail; here they are counted.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
import psycopg

from hub.record import Recorded
from hub.supervision import events as e
from hub.supervision.kinds import AuditStatus, ScopeKind, Severity
from projections.projection import Key, Projection
from projections.query import as_row


class EngagementRow(msgspec.Struct, frozen=True, kw_only=True):
    """An engagement as it stands; `approval` is the document of a special approval, if any."""

    audit_id: str
    auditor_id: str
    audited_id: str
    scope: ScopeKind
    subjects: tuple[str, ...]
    period_from: date | None
    period_to: date | None
    purpose: str
    notice_number: str
    team: tuple[str, ...]
    status: AuditStatus
    opened_at: datetime
    access_from: date
    access_granted_at: datetime | None = None
    approval: str = ""
    replays: int = 0
    exports: int = 0
    findings: int = 0
    due_on: date | None = None
    answered_at: datetime | None = None
    overdue: bool = False
    closed_at: datetime | None = None
    conclusion: str = ""


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with the positions of the events it rests on."""

    audit_id: str
    finding_key: str
    severity: Severity
    finding: str
    about_id: str
    evidence_positions: tuple[int, ...]
    found_at: datetime


def keys(event: e.AuditEvent, recorded: Recorded) -> Iterable[Key]:
    """Return the engagement."""
    del recorded
    return ((event.audit_id,),)


def fold(
    key: Key, row: EngagementRow | None, event: e.AuditEvent, recorded: Recorded
) -> EngagementRow | None:
    """Fold one event into the engagement."""
    del key, recorded
    if isinstance(event, e.AuditOpened):
        return _opened(event)
    if row is None:
        return None
    change = msgspec.structs.replace
    match event:
        case e.AuditAccessGranted():
            return change(
                row,
                status=AuditStatus.IN_PROGRESS,
                access_granted_at=event.at,
                approval=event.approval_document,
            )
        case e.AuditReplayRun():
            return change(row, replays=row.replays + 1)
        case e.AuditExported():
            return change(row, exports=row.exports + 1)
        case e.AuditFindingRecorded():
            return change(row, findings=row.findings + 1)
        case e.AuditDraftServed():
            return change(row, status=AuditStatus.DRAFT_SERVED, due_on=event.due.on)
        case e.AuditResponseFiled():
            return change(row, status=AuditStatus.ANSWERED, answered_at=event.at)
        case e.AuditAnswerOverdue():
            return change(row, overdue=True)
        case e.AuditClosed():
            return change(
                row, status=AuditStatus.CLOSED, closed_at=event.at, conclusion=event.conclusion
            )
        case _:
            return row


def _opened(event: e.AuditOpened) -> EngagementRow:
    return EngagementRow(
        audit_id=event.audit_id,
        auditor_id=event.auditor_id,
        audited_id=event.audited_id,
        scope=event.scope.kind,
        subjects=event.scope.subjects,
        period_from=event.scope.period_from,
        period_to=event.scope.period_to,
        purpose=event.purpose,
        notice_number=event.notice_number,
        team=event.team,
        status=AuditStatus.NOTIFIED,
        opened_at=event.at,
        access_from=event.access_from,
    )


def finding_keys(event: e.AuditFindingRecorded, recorded: Recorded) -> Iterable[Key]:
    """Return the finding."""
    del recorded
    return ((event.audit_id, event.finding_key),)


def finding_fold(
    key: Key, row: FindingRow | None, event: e.AuditFindingRecorded, recorded: Recorded
) -> FindingRow | None:
    """Return the finding as recorded; it never changes."""
    del key, row, recorded
    return FindingRow(
        audit_id=event.audit_id,
        finding_key=event.finding_key,
        severity=event.severity,
        finding=event.finding,
        about_id=event.about_id,
        evidence_positions=event.evidence_positions,
        found_at=event.at,
    )


ENGAGEMENTS = Projection(
    name="engagements",
    version=1,
    row=EngagementRow,
    key=("audit_id",),
    reads=(e.AuditEvent,),
    keys=keys,
    fold=fold,
)
AUDIT_FINDINGS = Projection(
    name="audit_findings",
    version=1,
    row=FindingRow,
    key=("audit_id", "finding_key"),
    reads=(e.AuditFindingRecorded,),
    keys=finding_keys,
    fold=finding_fold,
    insert_only=True,
)


def engagement(connection: psycopg.Connection, audit_id: str) -> EngagementRow | None:
    """Return one engagement."""
    with connection.cursor(row_factory=as_row(EngagementRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM engagements
             WHERE audit_id = %s
            """,
            (audit_id,),
        ).fetchone()


def engagements(
    connection: psycopg.Connection,
    *,
    org_id: str = "",
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[EngagementRow]:
    """Return engagements, the newest first: of one auditor or audited, or all.

    The next page begins `after` (opened_at, audit_id) of this one's last line.
    """
    moment, audit_id = after or (None, "")
    with connection.cursor(row_factory=as_row(EngagementRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM engagements
             WHERE (%(org_id)s = '' OR %(org_id)s IN (auditor_id, audited_id))
               AND (%(moment)s::timestamptz IS NULL
                    OR (opened_at, audit_id) < (%(moment)s, %(audit_id)s))
             ORDER BY opened_at DESC, audit_id DESC
             LIMIT %(limit)s
            """,
            {"org_id": org_id, "moment": moment, "audit_id": audit_id, "limit": limit},
        ).fetchall()


def findings_of(connection: psycopg.Connection, audit_id: str) -> list[FindingRow]:
    """Return the findings of an engagement in the order they were made."""
    with connection.cursor(row_factory=as_row(FindingRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM audit_findings
             WHERE audit_id = %s
             ORDER BY found_at, finding_key
            """,
            (audit_id,),
        ).fetchall()
