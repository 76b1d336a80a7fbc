"""The whole write side on one page: the command, what answers it, what it loads, who may send it.

Read a line as: command → rule(function, "paths it loads", permits…). The first path is what the
command is about; `hub.rule` explains paths and `hub.permit` the permits.
"""

from hub.actor import Role
from hub.command import Command
from hub.departments import calendar, founding, legal_basis, organization, ruleset
from hub.departments import commands as d
from hub.permit import anywhere, own, region
from hub.rule import Rule, rule
from hub.state import Evolve

HEAD = Role.DEPARTMENT_HEAD
REVIEWER = Role.AUTHORITY_REVIEWER
SUPERVISOR = Role.AUTHORITY_SUPERVISOR
CATALOGUER = Role.CATALOGUER
SHARING_HEAD = Role.SHARING_HEAD
BUSINESS = Role.BUSINESS_USER
ADAPTER = Role.ADAPTER
AUDITOR = Role.AUDITOR
CLOCK = Role.CLOCK

STATES: dict[str, Evolve] = {
    organization.Organization.STREAM: organization.evolve,
    founding.Founding.STREAM: founding.evolve,
    legal_basis.LegalBasis.STREAM: legal_basis.evolve,
    calendar.WorkCalendar.STREAM: calendar.evolve,
    ruleset.RuleSet.STREAM: ruleset.evolve,
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

RULES: dict[type[Command], Rule] = {**DEPARTMENTS}
"""Every command the hub takes."""
