"""What may be asked of annual reports and audit engagements."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from hub.command import (
    NUMBER_MAX,
    AuditId,
    Code,
    Command,
    Day,
    Line,
    Note,
    OrgId,
    PersonId,
    Reason,
    ReportId,
    Sha256,
    clean,
)
from hub.supervision.kinds import ScopeKind, Severity

Year = Annotated[int, Field(ge=2000, le=2100)]
LogId = Annotated[str, Field(pattern=r"^supervision\.log:(sha256|sm3)$")]
LogName = Annotated[str, BeforeValidator(clean), Field(pattern=r"^[^\s+]{1,200}$")]
"""The name of a log in its checkpoints (C2SP: no blank and no plus sign)."""
LogKey = Annotated[str, Field(pattern=r"^[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{1,400}$")]
"""A public key as Go's sumdb/note writes it: name+id+base64."""
Position = Annotated[int, Field(ge=1, le=NUMBER_MAX)]
Digest = Annotated[str, BeforeValidator(clean), Field(pattern=r"^(sha256:[0-9a-f]{64})?$")]
"""A digest, or nothing where there is no document."""


class _OfYear(Command):
    org_id: OrgId
    year: Year

    @property
    def report_id(self) -> str:
        """Return the one stream of this organisation's report on this year."""
        return f"supervision.report:{self.year}-{self.org_id.partition(':')[2]}"


class RaiseReportDuty(_OfYear):
    """Record that a year ended and the report on it is due (D-17 departments, D-18 authority)."""


class DraftReport(_OfYear):
    """Write the words of a report: overview, problems, next steps (sections 1 and 15)."""

    overview: Note = ""
    problems: Note = ""
    next_steps: Note = ""


class FreezeReport(Command):
    """Fix the figures at a position; who computes them is the report adapter, never a person."""

    report_id: ReportId
    last_event_position: Position
    indicator_set: Code
    figures_sha256: Sha256


class ReviewReport(Command):
    """Say that the report was checked."""

    report_id: ReportId
    note: Note = ""


class SignReport(Command):
    """Sign the report with the figures named by their digest."""

    report_id: ReportId
    figures_sha256: Sha256


class FileReport(Command):
    """Hand the report in under a filing number."""

    report_id: ReportId
    addressee_id: OrgId
    filing_number: Line


class AmendReport(Command):
    """Open a new version and explain how it will differ from the one kept."""

    report_id: ReportId
    explanation: Reason


class RecordReportOverdue(Command):
    """Record that the term for filing ended without a filed report."""

    report_id: ReportId


class Scope(BaseModel):
    """What an engagement looks at; the kind says which of the other fields are needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ScopeKind
    subjects: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    period_from: Day | None = None
    period_to: Day | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Scope":
        dated = self.period_from is not None and self.period_to is not None
        named = self.kind in {ScopeKind.CASE, ScopeKind.ENTRY, ScopeKind.DEPARTMENT}
        if named != bool(self.subjects):
            kind, words = (
                "scope_subjects",
                "a scope of cases, entries or departments names their ids, another names none",
            )
            raise PydanticCustomError(kind, words)
        if (self.kind is ScopeKind.PERIOD and not dated) or (
            self.period_from and self.period_to and self.period_to < self.period_from
        ):
            kind, words = "scope_period", "a period needs its first and its last day, in this order"
            raise PydanticCustomError(kind, words)
        return self


class StartLogOrigin(Command):
    """Record that the sealed log begins anew under another name; `hub seal restart` sends it."""

    log_id: LogId
    origin: LogName
    key: LogKey
    reason: Reason
    previous_origin: Line | Literal[""] = ""
    previous_size: Annotated[int, Field(ge=0, le=NUMBER_MAX)] = 0
    previous_root: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class OpenAudit(Command):
    """Serve the audit notice: whom, what, why, by which persons."""

    audit_id: AuditId
    auditor_id: OrgId
    audited_id: OrgId
    scope: Scope
    purpose: Reason
    notice_number: Line
    team: Annotated[tuple[PersonId, ...], Field(min_length=1, max_length=50)]


class GrantAuditAccess(Command):
    """Let the team read; before the three days are over only with a special approval."""

    audit_id: AuditId
    approval_document: Note = ""
    approval_reason: Note = ""


class RecordReplayRun(Command):
    """Record that the auditor rebuilt the hub as it stood at a position."""

    audit_id: AuditId
    until_position: Position
    purpose: Note = ""


class RecordAuditExport(Command):
    """Record that the auditor took a copy, with its digest."""

    audit_id: AuditId
    query: Reason
    rows: Annotated[int, Field(ge=0, le=NUMBER_MAX)]
    sha256: Sha256


class RecordAuditFinding(Command):
    """Record a finding with the events it rests on."""

    audit_id: AuditId
    finding_key: Code
    severity: Severity
    finding: Reason
    about_id: Code
    evidence_positions: Annotated[tuple[Position, ...], Field(max_length=500)] = ()


class ServeAuditDraft(Command):
    """Serve the draft audit report on the audited (D-23 begins)."""

    audit_id: AuditId
    document_sha256: Sha256


class FileAuditResponse(Command):
    """Answer the draft audit report in writing."""

    audit_id: AuditId
    response: Reason
    document_sha256: Digest = ""


class RecordAuditAnswerOverdue(Command):
    """Record that the ten days ended without a written answer."""

    audit_id: AuditId


class CloseAudit(Command):
    """End the engagement with its conclusion."""

    audit_id: AuditId
    conclusion: Reason
