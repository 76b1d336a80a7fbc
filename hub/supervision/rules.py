"""The chapter's lines of the write side: command → function, what it loads, who may (§3.4).

`hub.decide` puts them beside the other chapters'; it explains how to read a line.
"""

from hub.actor import Role
from hub.command import Command
from hub.permit import anywhere, own
from hub.rule import Rule, rule
from hub.state import Evolve
from hub.supervision import annual_report, audit, audit_work, log_origin, report_duty
from hub.supervision import commands as s

HEAD = Role.DEPARTMENT_HEAD
SHARING_HEAD = Role.SHARING_HEAD
CATALOGUER = Role.CATALOGUER
REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR
AUDITOR = Role.AUDITOR
OPERATOR = Role.OPERATOR
CLOCK = Role.CLOCK

STATES: dict[str, Evolve] = {
    annual_report.AnnualReport.STREAM: annual_report.evolve,
    audit.AuditEngagement.STREAM: audit.evolve,
    log_origin.SealedLog.STREAM: log_origin.evolve,
}

SUPERVISION: dict[type[Command], Rule] = {
    s.RaiseReportDuty: rule(report_duty.raise_duty, "report_id org_id @time", anywhere(CLOCK)),
    s.DraftReport: rule(
        annual_report.draft,
        "report_id org_id",
        own("org_id", SHARING_HEAD, CATALOGUER, SUPERVISOR, REVIEWER),
        anywhere(OPERATOR),
    ),
    # Figures are counted by the report adapter, which speaks as the operator, never by a person.
    s.FreezeReport: rule(annual_report.freeze, "report_id", anywhere(OPERATOR)),
    s.ReviewReport: rule(
        annual_report.review,
        "report_id",
        own("report_id.org_id", SHARING_HEAD, SUPERVISOR, REVIEWER),
    ),
    s.SignReport: rule(annual_report.sign, "report_id", own("report_id.org_id", HEAD)),
    s.FileReport: rule(
        annual_report.file,
        "report_id addressee_id",
        own("report_id.org_id", SHARING_HEAD, SUPERVISOR, HEAD),
    ),
    s.AmendReport: rule(
        annual_report.amend, "report_id", own("report_id.org_id", SHARING_HEAD, SUPERVISOR, HEAD)
    ),
    s.RecordReportOverdue: rule(report_duty.record_overdue, "report_id", anywhere(CLOCK)),
    s.OpenAudit: rule(
        audit.open_audit, "audit_id auditor_id audited_id @time", own("auditor_id", AUDITOR)
    ),
    s.GrantAuditAccess: rule(audit.grant_access, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    s.RecordReplayRun: rule(audit_work.replay, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    s.RecordAuditExport: rule(audit_work.export, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    s.RecordAuditFinding: rule(audit_work.find, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    s.ServeAuditDraft: rule(
        audit.serve_draft, "audit_id @time", own("audit_id.auditor_id", AUDITOR)
    ),
    s.FileAuditResponse: rule(
        audit.respond, "audit_id", own("audit_id.audited_id", HEAD, SHARING_HEAD, SUPERVISOR)
    ),
    s.RecordAuditAnswerOverdue: rule(audit.record_answer_overdue, "audit_id", anywhere(CLOCK)),
    s.StartLogOrigin: rule(log_origin.start, "log_id", anywhere(OPERATOR)),
    s.CloseAudit: rule(audit.close, "audit_id", own("audit_id.auditor_id", AUDITOR)),
}
