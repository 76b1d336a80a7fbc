"""The whole write side on one page: the command, what answers it, what it loads, who may send it.

Read a line as: command → rule(function, "paths it loads", permits…). The first path is what the
command is about; `hub.rule` explains paths and `hub.permit` the permits.
"""

from hub.actor import Role
from hub.command import Command
from hub.convergence import batch, freshness, intake, resource, serving, termination
from hub.convergence import commands as v
from hub.departments import calendar, founding, legal_basis, organization, ruleset
from hub.departments import commands as d
from hub.permit import anywhere, over, own, region
from hub.rule import Rule, rule
from hub.state import Evolve
from hub.supervision import annual_report, audit, audit_work, report_duty
from hub.supervision import commands as su

HEAD = Role.DEPARTMENT_HEAD
REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR
CATALOGUER = Role.CATALOGUER
SHARING_HEAD = Role.SHARING_HEAD
BUSINESS = Role.BUSINESS_USER
ADAPTER = Role.ADAPTER
AUDITOR = Role.AUDITOR
CLOCK = Role.CLOCK
OPERATOR = Role.OPERATOR

STATES: dict[str, Evolve] = {
    organization.Organization.STREAM: organization.evolve,
    founding.Founding.STREAM: founding.evolve,
    legal_basis.LegalBasis.STREAM: legal_basis.evolve,
    calendar.WorkCalendar.STREAM: calendar.evolve,
    ruleset.RuleSet.STREAM: ruleset.evolve,
    resource.Resource.STREAM: resource.evolve,
    batch.DataBatch.STREAM: batch.evolve,
    annual_report.AnnualReport.STREAM: annual_report.evolve,
    audit.AuditEngagement.STREAM: audit.evolve,
}
"""Stream id prefix -> how the stream's state is folded."""

DEPARTMENTS: dict[type[Command], Rule] = {
    d.EstablishAuthority: rule(founding.establish, "founding_id org_id", anywhere(Role.OPERATOR)),
    d.RegisterOrganization: rule(
        organization.register, "org_id superior_id authorized_by", anywhere(REVIEWER)
    ),
    d.RenameOrganization: rule(organization.rename, "org_id", region("org_id", REVIEWER)),
    d.MergeOrganization: rule(
        organization.merge, "org_id successor_id", region("org_id", REVIEWER)
    ),
    d.TransferDuties: rule(
        organization.transfer_duties, "org_id receiver_id", region("org_id", REVIEWER)
    ),
    d.DesignateSharingUnit: rule(
        organization.designate_sharing_unit, "org_id", own("org_id", HEAD)
    ),
    d.AppointOfficer: rule(
        organization.appoint, "org_id", own("org_id", HEAD), region("org_id", REVIEWER)
    ),
    d.RelieveOfficer: rule(
        organization.relieve, "org_id", own("org_id", HEAD), region("org_id", REVIEWER)
    ),
    d.AssignJurisdiction: rule(
        organization.assign_jurisdiction, "org_id", region("org_id", REVIEWER)
    ),
    d.NameDeputy: rule(organization.name_deputy, "org_id deputy_id", region("org_id", REVIEWER)),
    d.DeactivateOrganization: rule(organization.deactivate, "org_id", region("org_id", REVIEWER)),
    d.RegisterLegalBasis: rule(
        legal_basis.register, "legal_basis_id", anywhere(REVIEWER, Role.OPERATOR)
    ),
    d.AmendLegalBasis: rule(legal_basis.amend, "legal_basis_id", anywhere(REVIEWER)),
    d.RepealLegalBasis: rule(legal_basis.repeal, "legal_basis_id", anywhere(REVIEWER)),
    d.PublishWorkCalendar: rule(calendar.publish, "calendar_id", anywhere(REVIEWER, Role.OPERATOR)),
    d.AmendWorkCalendar: rule(calendar.amend, "calendar_id", anywhere(REVIEWER)),
    d.SetDeadlineRule: rule(ruleset.set_deadline, "rule_set_id", anywhere(REVIEWER)),
    d.ChangePolicy: rule(ruleset.change_policy, "rule_set_id", anywhere(REVIEWER)),
}

SUPERVISION: dict[type[Command], Rule] = {
    su.RaiseReportDuty: rule(report_duty.raise_duty, "report_id org_id @time", anywhere(CLOCK)),
    su.DraftReport: rule(
        annual_report.draft,
        "report_id org_id",
        own("org_id", SHARING_HEAD, CATALOGUER, SUPERVISOR, REVIEWER),
        anywhere(OPERATOR),
    ),
    su.FreezeReport: rule(
        annual_report.freeze,
        "report_id",
        own("report_id.org_id", SHARING_HEAD, SUPERVISOR, REVIEWER),
        anywhere(OPERATOR),
    ),
    su.ReviewReport: rule(
        annual_report.review,
        "report_id",
        own("report_id.org_id", SHARING_HEAD, SUPERVISOR, REVIEWER),
    ),
    su.SignReport: rule(annual_report.sign, "report_id", own("report_id.org_id", HEAD)),
    su.FileReport: rule(
        annual_report.file,
        "report_id addressee_id",
        own("report_id.org_id", SHARING_HEAD, SUPERVISOR, HEAD),
    ),
    su.AmendReport: rule(
        annual_report.amend, "report_id", own("report_id.org_id", SHARING_HEAD, SUPERVISOR, HEAD)
    ),
    su.RecordReportOverdue: rule(report_duty.record_overdue, "report_id", anywhere(CLOCK)),
    su.OpenAudit: rule(
        audit.open_audit, "audit_id auditor_id audited_id", own("auditor_id", AUDITOR)
    ),
    su.GrantAuditAccess: rule(audit.grant_access, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    su.RecordReplayRun: rule(audit_work.replay, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    su.RecordAuditExport: rule(audit_work.export, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    su.RecordAuditFinding: rule(audit_work.find, "audit_id", own("audit_id.auditor_id", AUDITOR)),
    su.ServeAuditDraft: rule(
        audit.serve_draft, "audit_id @time", own("audit_id.auditor_id", AUDITOR)
    ),
    su.FileAuditResponse: rule(
        audit.respond, "audit_id", own("audit_id.audited_id", HEAD, SHARING_HEAD, SUPERVISOR)
    ),
    su.RecordAuditAnswerOverdue: rule(audit.record_answer_overdue, "audit_id", anywhere(CLOCK)),
    su.CloseAudit: rule(audit.close, "audit_id", own("audit_id.auditor_id", AUDITOR)),
}

_SERVED = "resource_id.entry_id.provider_id"
"""Who provides a resource: its entry's provider, to whom duties may have moved."""

CONVERGENCE: dict[type[Command], Rule] = {
    v.MountResource: rule(
        resource.mount, "resource_id entry_id", own("entry_id.provider_id", CATALOGUER)
    ),
    v.TestResource: rule(
        resource.test, "resource_id resource_id.entry_id", own(_SERVED, CATALOGUER, ADAPTER)
    ),
    v.ChangeResource: rule(
        resource.change,
        "resource_id resource_id.entry_id",
        own(_SERVED, CATALOGUER, SHARING_HEAD),
    ),
    v.ActivateResource: rule(
        serving.activate,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD, CATALOGUER),
    ),
    v.SuspendResource: rule(
        serving.suspend,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD),
        over(_SERVED, SUPERVISOR, REVIEWER),
    ),
    v.ResumeResource: rule(
        serving.resume,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD),
        over(_SERVED, SUPERVISOR, REVIEWER),
    ),
    v.NotifyResourceTermination: rule(
        termination.notify, "resource_id resource_id.entry_id", own(_SERVED, SHARING_HEAD)
    ),
    v.RecordTerminationNegotiation: rule(
        termination.record_negotiation,
        "resource_id resource_id.entry_id.use_id requester_id",
        own(_SERVED, SHARING_HEAD),
    ),
    v.FileResourceTermination: rule(
        termination.file, "resource_id resource_id.entry_id.use_id", own(_SERVED, SHARING_HEAD)
    ),
    v.UnmountResource: rule(
        termination.unmount,
        "resource_id resource_id.entry_id @time",
        own(_SERVED, SHARING_HEAD),
    ),
    v.RecordFreshnessBreach: rule(
        freshness.record_breach, "resource_id resource_id.entry_id @time", anywhere(CLOCK)
    ),
    v.DeliverBatch: rule(
        intake.deliver,
        "batch_id resource_id.entry_id supersedes @time",
        own(_SERVED, ADAPTER, CATALOGUER),
    ),
    v.ReceiveBatch: rule(intake.receive, "batch_id", anywhere(OPERATOR)),
    v.VerifyBatch: rule(intake.verify, "batch_id", anywhere(OPERATOR)),
    v.AcceptBatch: rule(intake.accept, "batch_id", anywhere(OPERATOR)),
    v.RejectBatch: rule(
        intake.reject,
        "batch_id batch_id.resource_id.entry_id",
        anywhere(OPERATOR),
        over("batch_id.resource_id.entry_id.provider_id", REVIEWER),
    ),
    v.PublishBatch: rule(
        intake.publish, "batch_id batch_id.resource_id.entry_id @time", anywhere(OPERATOR)
    ),
    v.ReconcileBatch: rule(
        intake.reconcile,
        "batch_id batch_id.resource_id.entry_id",
        own("batch_id.resource_id.entry_id.provider_id", ADAPTER, CATALOGUER),
    ),
}

RULES: dict[type[Command], Rule] = {**DEPARTMENTS, **CONVERGENCE, **SUPERVISION}
"""Every command the hub takes."""
