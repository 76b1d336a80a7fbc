"""What happens to reports and audit engagements (Decree 809 §38; Audit Law §35, §42, §44)."""

from datetime import date, datetime

import msgspec

from hub.codec import register
from hub.departments.due import Due
from hub.event import Event
from hub.supervision.kinds import ScopeKind, Severity


class ReportEvent(Event, frozen=True, kw_only=True):
    """An event of the report of one organisation for one year."""

    STREAM = "report_id"

    report_id: str
    org_id: str
    year: int


class ReportDutyRaised(ReportEvent, frozen=True, kw_only=True):
    """The year ended: the report on it must be filed (D-17, D-18)."""

    TOPIC = "supervision.report.duty_raised"

    due: Due


class ReportDrafted(ReportEvent, frozen=True, kw_only=True):
    """The words of the report were written or rewritten; the figures are not in it yet."""

    TOPIC = "supervision.report.drafted"

    overview: str = ""
    problems: str = ""
    next_steps: str = ""


class ReportFrozen(ReportEvent, frozen=True, kw_only=True):
    """The figures of this version stand for good: computed from the record up to a position.

    `figures_sha256` is the digest of the canonical JSON of all figures, `indicator_set` the
    version of their definitions: the same position and set give the same bytes.
    """

    TOPIC = "supervision.report.frozen"

    version: int
    as_of: datetime
    last_event_position: int
    indicator_set: str
    figures_sha256: str


class ReportReviewed(ReportEvent, frozen=True, kw_only=True):
    """Somebody who did not write it checked the report."""

    TOPIC = "supervision.report.reviewed"

    version: int
    note: str = ""


class ReportSigned(ReportEvent, frozen=True, kw_only=True):
    """The head of the department or authority signed the version with these figures."""

    TOPIC = "supervision.report.signed"

    version: int
    figures_sha256: str


class ReportFiled(ReportEvent, frozen=True, kw_only=True):
    """The report went to the authority, the city's own to the government (Decree 809 §38)."""

    TOPIC = "supervision.report.filed"
    STOPS = ("report",)

    version: int
    addressee_id: str
    filing_number: str


class ReportAmended(ReportEvent, frozen=True, kw_only=True):
    """A new version was opened; the one before is kept and the difference explained (trap 10)."""

    TOPIC = "supervision.report.amended"

    version: int
    explanation: str


class ReportOverdue(ReportEvent, frozen=True, kw_only=True):
    """The term for filing ended without a filed report."""

    TOPIC = "supervision.report.overdue"
    LAPSES = "report"

    due_on: date


class AuditScope(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the auditor may read: these cases, entries or departments, these days, or all."""

    kind: ScopeKind
    subjects: tuple[str, ...] = ()
    period_from: date | None = None
    period_to: date | None = None


class AuditEvent(Event, frozen=True, kw_only=True):
    """An event of one audit engagement."""

    STREAM = "audit_id"

    audit_id: str
    auditor_id: str
    audited_id: str

    @property
    def department_id(self) -> str:
        """Return the audited: the engagement concerns it, whoever acts."""
        return self.audited_id


class AuditOpened(AuditEvent, frozen=True, kw_only=True):
    """The audit notice was served; reading begins after three calendar days (D-24)."""

    TOPIC = "supervision.audit.opened"

    scope: AuditScope
    purpose: str
    notice_number: str
    team: tuple[str, ...]
    access_from: date


class AuditAccessGranted(AuditEvent, frozen=True, kw_only=True):
    """The team may read, replay and export within the scope from now on."""

    TOPIC = "supervision.audit.access_granted"

    approval_document: str = ""
    approval_reason: str = ""


class AuditReplayRun(AuditEvent, frozen=True, kw_only=True):
    """The auditor rebuilt the hub as it stood at a position."""

    TOPIC = "supervision.audit.replay_run"

    until_position: int
    purpose: str


class AuditExported(AuditEvent, frozen=True, kw_only=True):
    """The auditor took a copy: the question, how many rows, the digest of the file."""

    TOPIC = "supervision.audit.exported"

    query: str
    rows: int
    sha256: str


class AuditFindingRecorded(AuditEvent, frozen=True, kw_only=True):
    """The auditor found something wrong; the evidence is positions of the record."""

    TOPIC = "supervision.audit.finding_recorded"

    finding_key: str
    severity: Severity
    finding: str
    about_id: str
    evidence_positions: tuple[int, ...] = ()


class AuditDraftServed(AuditEvent, frozen=True, kw_only=True):
    """The draft audit report was served; the audited has ten calendar days to answer (D-23)."""

    TOPIC = "supervision.audit.draft_served"

    document_sha256: str
    due: Due


class AuditResponseFiled(AuditEvent, frozen=True, kw_only=True):
    """The audited answered the draft in writing."""

    TOPIC = "supervision.audit.response_filed"
    STOPS = ("audit_answer",)

    response: str
    document_sha256: str = ""


class AuditAnswerOverdue(AuditEvent, frozen=True, kw_only=True):
    """The ten days ended without a written answer (Audit Law §44: then there is no objection)."""

    TOPIC = "supervision.audit.answer_overdue"
    LAPSES = "audit_answer"

    due_on: date


class AuditClosed(AuditEvent, frozen=True, kw_only=True):
    """The engagement ended; the team reads no more."""

    TOPIC = "supervision.audit.closed"

    conclusion: str


class LogOriginStarted(Event, frozen=True, kw_only=True):
    """A sealed log under a new name and key covers the record from its first event on.

    `previous_origin` ended at `previous_size` events with `previous_root` (hex); what it signed
    stays with its readers and witnesses, and `reason` says why it could not go on.
    """

    STREAM = "log_id"
    TOPIC = "supervision.log.origin_started"

    log_id: str
    origin: str
    key: str
    reason: str
    previous_origin: str = ""
    previous_size: int = 0
    previous_root: str = ""


ReportEvents = (
    ReportDutyRaised
    | ReportDrafted
    | ReportFrozen
    | ReportReviewed
    | ReportSigned
    | ReportFiled
    | ReportAmended
    | ReportOverdue
)
AuditEvents = (
    AuditOpened
    | AuditAccessGranted
    | AuditReplayRun
    | AuditExported
    | AuditFindingRecorded
    | AuditDraftServed
    | AuditResponseFiled
    | AuditAnswerOverdue
    | AuditClosed
)

register(
    ReportDutyRaised,
    ReportDrafted,
    ReportFrozen,
    ReportReviewed,
    ReportSigned,
    ReportFiled,
    ReportAmended,
    ReportOverdue,
    AuditOpened,
    AuditAccessGranted,
    AuditReplayRun,
    AuditExported,
    AuditFindingRecorded,
    AuditDraftServed,
    AuditResponseFiled,
    AuditAnswerOverdue,
    AuditClosed,
    LogOriginStarted,
)
