"""The whole write side on one page: the command, what answers it, what it loads, who may send it.

Read a line as: command → rule(function, "paths it loads", permits…). The first path is what the
command is about; `hub.rule` explains paths and `hub.permit` the permits.
"""

from hub.actor import Role
from hub.catalog import code, drafting, duties, ending, entry, importing, release, review, use
from hub.catalog import commands as c
from hub.command import Command
from hub.convergence import batch, freshness, intake, resource, serving, termination
from hub.convergence import commands as v
from hub.departments import calendar, founding, legal_basis, organization, ruleset
from hub.departments import commands as d
from hub.feedback import rules as feedback
from hub.permit import anywhere, over, own, region
from hub.rule import Rule, rule
from hub.sharing import rules as sharing
from hub.state import Evolve
from hub.supervision import rules as supervision

HEAD = Role.DEPARTMENT_HEAD
REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR
CATALOGUER = Role.CATALOGUER
SHARING_HEAD = Role.SHARING_HEAD
BUSINESS = Role.BUSINESS_USER
ADAPTER = Role.ADAPTER
CLOCK = Role.CLOCK
SECURITY = Role.SECURITY_OFFICER
OPERATOR = Role.OPERATOR

STATES: dict[str, Evolve] = {
    organization.Organization.STREAM: organization.evolve,
    founding.Founding.STREAM: founding.evolve,
    legal_basis.LegalBasis.STREAM: legal_basis.evolve,
    calendar.WorkCalendar.STREAM: calendar.evolve,
    ruleset.RuleSet.STREAM: ruleset.evolve,
    entry.CatalogEntry.STREAM: entry.evolve,
    code.CatalogCode.STREAM: code.evolve_code,
    code.CatalogTitle.STREAM: code.evolve_title,
    use.CatalogUse.STREAM: use.evolve,
    release.CatalogRelease.STREAM: release.evolve,
    resource.Resource.STREAM: resource.evolve,
    batch.DataBatch.STREAM: batch.evolve,
    **sharing.STATES,
    **feedback.STATES,
    **supervision.STATES,
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

_PROVIDER = "entry_id.provider_id"
_CHECKED = "entry_id.basis_ids entry_id.code_id entry_id.title_id.holder_ids"
"""What the machine check of an entry looks at."""

CATALOG: dict[type[Command], Rule] = {
    c.DraftCatalogEntry: rule(
        drafting.draft, "entry_id provider_id", own("provider_id", CATALOGUER)
    ),
    c.ReviseCatalogEntry: rule(drafting.revise, "entry_id", own(_PROVIDER, CATALOGUER)),
    c.ChangeShareType: rule(
        drafting.change_share_type, "entry_id", own(_PROVIDER, CATALOGUER, SHARING_HEAD)
    ),
    c.ChangeClassification: rule(
        drafting.change_classification, "entry_id", own(_PROVIDER, CATALOGUER, SECURITY)
    ),
    c.CheckCatalogEntry: rule(
        drafting.check,
        f"entry_id {_CHECKED}",
        own(_PROVIDER, CATALOGUER, SHARING_HEAD, HEAD),
        over(_PROVIDER, REVIEWER, SUPERVISOR),
    ),
    c.AttachRiskAssessment: rule(
        drafting.attach_assessment, "entry_id", own(_PROVIDER, SECURITY, HEAD)
    ),
    c.ApproveCatalogEntryInternally: rule(
        review.approve_internally, f"entry_id {_CHECKED}", own(_PROVIDER, HEAD)
    ),
    c.SubmitCatalogEntry: rule(
        review.submit,
        f"entry_id entry_id.provider_id.superior_id founding_id {_CHECKED} @time",
        own(_PROVIDER, CATALOGUER, SHARING_HEAD, HEAD),
    ),
    c.ReturnCatalogEntry: rule(review.send_back, "entry_id", over(_PROVIDER, REVIEWER)),
    c.ApproveCatalogEntry: rule(review.approve, f"entry_id {_CHECKED}", over(_PROVIDER, REVIEWER)),
    c.PublishCatalogEntry: rule(review.publish, f"entry_id {_CHECKED}", over(_PROVIDER, REVIEWER)),
    c.RaiseCatalogUpdateDuty: rule(
        duties.raise_update_duty,
        "entry_id calendar_ids @time",
        own(_PROVIDER, CATALOGUER, SHARING_HEAD, HEAD),
        region(_PROVIDER, REVIEWER, SUPERVISOR),
        anywhere(CLOCK),
    ),
    c.ExtendCatalogUpdate: rule(
        duties.extend, "entry_id entry_id.calendar_ids @time", over(_PROVIDER, REVIEWER)
    ),
    c.RecordUpdateOverdue: rule(duties.record_update_overdue, "entry_id", anywhere(CLOCK)),
    c.RecordReviewOverdue: rule(duties.record_review_overdue, "entry_id", anywhere(CLOCK)),
    c.ConfirmCatalogEntryDue: rule(
        duties.confirm_due, "entry_id entry_id.calendar_ids @time", anywhere(CLOCK)
    ),
    c.WithdrawCatalogEntry: rule(
        ending.withdraw,
        "entry_id entry_id.use_id",
        own(_PROVIDER, HEAD),
        over(_PROVIDER, REVIEWER),
    ),
    c.HandOverCatalogEntry: rule(
        ending.hand_over,
        "entry_id entry_id.provider_id receiver_id entry_id.published_title_id.holder_ids",
        region(_PROVIDER, REVIEWER),
    ),
    c.ImportCatalogEntry: rule(
        importing.take_over,
        "entry_id provider_id basis_ids code_id title_id.holder_ids",
        region("provider_id", REVIEWER),
    ),
    c.ImportCatalogRemoval: rule(
        importing.take_over_removal, "entry_id use_id", region(_PROVIDER, REVIEWER)
    ),
    c.CompileCatalogRelease: rule(
        release.compile_release,
        "release_id org_id entry_ids.provider_id",
        own("org_id", REVIEWER),
    ),
    c.PublishCatalogRelease: rule(
        release.publish_release, "release_id", own("release_id.org_id", REVIEWER)
    ),
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

RULES: dict[type[Command], Rule] = {
    **DEPARTMENTS,
    **CATALOG,
    **CONVERGENCE,
    **sharing.SHARING,
    **feedback.FEEDBACK,
    **supervision.SUPERVISION,
}
"""Every command the hub takes."""
